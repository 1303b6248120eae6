//! The log as static files over HTTP, for tools that were written elsewhere.
//!
//! `/checkpoint`, `/tile/<level>/<number>[.p/<width>]` and `/tile/entries/<number>[.p/<width>]`, as C2SP tlog-tiles says,
//! <https://c2sp.org/tlog-tiles>. What does not exist is 404 and nothing else.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hefu_journal::Journal;
use hefu_types::tile::Tile;

use crate::lifetime::Lifetime;
use crate::publish::Publisher;

/// What the files are made from.
#[derive(Clone)]
pub struct Tiles {
    /// Where the tree and the entries are.
    pub journal: Arc<Journal>,
    /// Where checkpoints are.
    pub publisher: Publisher,
    /// Held by every connection, so that the database closes after the last one.
    pub _lifetime: Lifetime,
}

/// A checkpoint changes every second, a tile never.
const FRESH: HeaderValue = HeaderValue::from_static("no-cache");
const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// The routes.
pub fn routes(tiles: Tiles) -> Router {
    Router::new().route("/checkpoint", get(checkpoint)).route("/tile/{*path}", get(tile)).with_state(tiles)
}

async fn checkpoint(State(tiles): State<Tiles>) -> Response {
    let kind = HeaderValue::from_static("text/plain; charset=utf-8");
    let headers = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, FRESH)];
    (headers, tiles.publisher.latest().note).into_response()
}

async fn tile(State(Tiles { journal, .. }): State<Tiles>, Path(path): Path<String>) -> Response {
    let Ok(tile) = format!("tile/{path}").parse::<Tile>() else { return StatusCode::NOT_FOUND.into_response() };
    match tokio::task::spawn_blocking(move || journal.tile(tile)).await {
        Ok(Ok(Some(bytes))) => {
            let kind = HeaderValue::from_static("application/octet-stream");
            ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, FOREVER)], bytes).into_response()
        }
        Ok(Ok(None)) => StatusCode::NOT_FOUND.into_response(),
        Ok(Err(e)) => {
            tracing::error!(%tile, error = %e, "a tile can't be read");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}
