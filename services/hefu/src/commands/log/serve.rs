//! `hefu log serve`: an export over HTTP, for whoever verifies or monitors the log through a mirror.
//!
//! `/checkpoint`, `/tile/<level>/<number>[.p/<width>]` and `/tile/entries/<number>[.p/<width>]`, as C2SP tlog-tiles says,
//! <https://c2sp.org/tlog-tiles>. What does not exist is 404 and nothing else. Every file is read anew, so an export that
//! grows is served as it grows.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path as UrlPath, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use hefu_http::Limits;
use hefu_types::tile::Tile;
use hefu_verify::{Export, ExportError};
use tokio::net::TcpListener;

use crate::failure::Failure;
use crate::lang::note;
use crate::signals::{self, cannot_listen};

#[derive(Debug, clap::Args)]
pub(crate) struct ServeArgs {
    /// A directory made by `hefu log export`, or a mirror of the log's tiles.
    dir: PathBuf,
    /// Where to listen; port 0 picks a free one.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:7402")]
    listen: SocketAddr,
}

/// A checkpoint changes as the log grows, a tile never.
const FRESH: HeaderValue = HeaderValue::from_static("no-cache");
const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
const BYTES: HeaderValue = HeaderValue::from_static("application/octet-stream");

/// Serves until told to stop.
pub(super) async fn run(args: &ServeArgs) -> Result<(), Failure> {
    Export::open(&args.dir)?;
    let stop = signals::stop()?;
    let listener = TcpListener::bind(args.listen).await.map_err(|e| cannot_listen(args.listen, &e))?;
    println!("files on http://{}", listener.local_addr()?);
    hefu_http::serve(listener, routes(&args.dir), Limits::default(), stop).await;
    Ok(())
}

fn routes(dir: &Path) -> Router {
    let dir: Arc<Path> = dir.into();
    Router::new().route("/checkpoint", get(checkpoint)).route("/tile/{*path}", get(tile)).with_state(dir)
}

async fn checkpoint(State(dir): State<Arc<Path>>) -> Response {
    let read = move || Export::open(&dir)?.checkpoint();
    answer(read, TEXT, FRESH).await
}

/// A path is read as that of a tile, of which there is one spelling: nothing outside the export has one. Where a wider file
/// took the place of a narrower one, its beginning is what the narrower one held.
async fn tile(State(dir): State<Arc<Path>>, UrlPath(path): UrlPath<String>) -> Response {
    let Ok(tile) = format!("tile/{path}").parse::<Tile>() else { return StatusCode::NOT_FOUND.into_response() };
    let read = move || Export::open(&dir)?.tile_or_beginning(tile);
    answer(read, BYTES, FOREVER).await
}

async fn answer(
    read: impl FnOnce() -> Result<Option<Bytes>, ExportError> + Send + 'static,
    kind: HeaderValue,
    caching: HeaderValue,
) -> Response {
    match tokio::task::spawn_blocking(read).await {
        Ok(Ok(Some(bytes))) => {
            ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, caching)], bytes).into_response()
        }
        Ok(Ok(None) | Err(ExportError::NoExport(_))) => StatusCode::NOT_FOUND.into_response(),
        Ok(Err(error)) => {
            note!("error: {error}", "错误：{error}");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::log::existing::testing::{files_of, write};
    use crate::remote::Url;
    use std::time::Duration;

    #[tokio::test(flavor = "multi_thread")]
    async fn an_export_is_served_as_it_grows_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("export");
        write(&dir, 300);
        std::fs::write(dir.join("checkpoint"), "a note").unwrap();
        std::fs::write(folder.path().join("secret"), "s").unwrap();
        std::fs::write(dir.join("tile/notes"), "n").unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let served = routes(&dir);
        tokio::spawn(async { axum::serve(listener, served).await });
        let read = move |path: &str| {
            let (url, path) = (Url::parse(&url).unwrap(), path.to_owned());
            async move { url.fetch(&path, Duration::from_secs(10)).await.unwrap() }
        };
        for file in files_of(&dir).into_iter().filter(|file| file != "tile/notes") {
            assert_eq!(read(&file).await.unwrap(), std::fs::read(dir.join(&file)).unwrap(), "{file}");
        }
        for absent in [
            "",
            "tile/",
            "tile/notes",
            "../secret",
            "tile/../../secret",
            "tile/..%2F..%2Fsecret",
            "tile/0/002",
            "tile/0/1",
        ] {
            assert_eq!(read(absent).await, None, "{absent}");
        }
        let narrower = read("tile/0/001.p/44").await.unwrap();
        std::fs::remove_file(dir.join("checkpoint")).unwrap();
        write(&dir, 301);
        assert!(!dir.join("tile/0/001.p/44").exists());
        assert_eq!(read("tile/0/001.p/44").await.unwrap(), narrower);
        assert_eq!(read("tile/0/001.p/45").await.unwrap().len(), 45 * 32);
    }
}
