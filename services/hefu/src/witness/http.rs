//! The witness over HTTP: reads bodies, writes answers, decides nothing.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::serve::ListenerExt as _;
use hefu_types::add_checkpoint::{SIZE_CONTENT_TYPE, size_body};
use hefu_types::limits::ADD_CHECKPOINT_BYTES_MAX;
use tokio::net::TcpListener;

use super::{AddError, Rejection, Witness};

/// How long a request's body may take to arrive.
const BODY_WAIT: Duration = Duration::from_secs(10);

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

/// Serves a witness until `stop` ends.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    witness: Arc<Witness>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    // Small answers should not wait for more to come; a connection without it still works.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    axum::serve(listener, routes(witness)).with_graceful_shutdown(stop).await
}

fn routes(witness: Arc<Witness>) -> Router {
    Router::new()
        .route("/add-checkpoint", post(add_checkpoint))
        .route("/{origin_hash}/checkpoint", get(checkpoint))
        .with_state(witness)
}

async fn add_checkpoint(State(witness): State<Arc<Witness>>, body: Body) -> Response {
    let body = match tokio::time::timeout(BODY_WAIT, to_bytes(body, ADD_CHECKPOINT_BYTES_MAX)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return StatusCode::PAYLOAD_TOO_LARGE.into_response(),
        Err(_) => return StatusCode::REQUEST_TIMEOUT.into_response(),
    };
    // The file is synced before the answer, so this waits for the disk.
    let adding = tokio::task::spawn_blocking(move || witness.add_checkpoint(&body, now()));
    match adding.await {
        Ok(Ok(cosignature)) => ([(header::CONTENT_TYPE, TEXT)], format!("{cosignature}\n")).into_response(),
        Ok(Err(AddError::Rejected(rejection))) => rejected(&rejection),
        Ok(Err(error @ (AddError::Kept(_) | AddError::Cosignature(_)))) => {
            eprintln!("error: {error}");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

fn rejected(rejection: &Rejection) -> Response {
    let status = StatusCode::from_u16(rejection.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let (kind, body) = match rejection {
        Rejection::OldWrong(size) => (HeaderValue::from_static(SIZE_CONTENT_TYPE), size_body(*size)),
        other => (TEXT, format!("{other}\n")),
    };
    (status, [(header::CONTENT_TYPE, kind)], body).into_response()
}

async fn checkpoint(State(witness): State<Arc<Witness>>, Path(origin_hash): Path<String>) -> Response {
    // Waits at most for a sync in progress.
    match tokio::task::spawn_blocking(move || witness.checkpoint(&origin_hash)).await {
        Ok(Some(note)) => ([(header::CONTENT_TYPE, TEXT)], note).into_response(),
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

/// Seconds since the Unix epoch; never 0, which a cosignature must not carry.
fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(1, |since| since.as_secs().max(1))
}

#[cfg(test)]
mod tests;
