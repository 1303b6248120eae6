//! The witness over HTTP: reads bodies, writes answers, decides nothing.

use std::future::Future;
use std::sync::Arc;
use std::time::SystemTime;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use hefu_http::{BODY_WAIT, Limits, read_body};
use hefu_types::add_checkpoint::{SIZE_CONTENT_TYPE, size_body};
use hefu_types::limits::ADD_CHECKPOINT_BYTES_MAX;
use tokio::net::TcpListener;

use super::{AddError, Rejection, Witness};
use crate::lang::note;

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

/// Serves a witness until `stop` ends.
pub async fn serve(
    listener: TcpListener,
    witness: Arc<Witness>,
    limits: Limits,
    stop: impl Future<Output = ()> + Send,
) {
    hefu_http::serve(listener, routes(witness), limits, stop).await;
}

fn routes(witness: Arc<Witness>) -> Router {
    Router::new()
        .route("/add-checkpoint", post(add_checkpoint))
        .route("/{origin_hash}/checkpoint", get(checkpoint))
        .with_state(witness)
}

async fn add_checkpoint(State(witness): State<Arc<Witness>>, body: Body) -> Response {
    let body = match read_body(body, ADD_CHECKPOINT_BYTES_MAX, BODY_WAIT).await {
        Ok(body) => body,
        Err(status) => return status.into_response(),
    };
    // The file is synced before the answer, so this waits for the disk.
    let adding = tokio::task::spawn_blocking(move || witness.add_checkpoint(&body, now()));
    match adding.await {
        Ok(Ok(cosignature)) => ([(header::CONTENT_TYPE, TEXT)], format!("{cosignature}\n")).into_response(),
        Ok(Err(AddError::Rejected(rejection))) => rejected(&rejection),
        Ok(Err(error @ (AddError::Kept(_) | AddError::Cosignature(_)))) => {
            note!("error: {error}", "错误：{error}");
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
