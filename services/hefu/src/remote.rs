//! A log's static files over HTTP, as anybody serves them: C2SP tlog-tiles, <https://c2sp.org/tlog-tiles>.
//!
//! Nothing that comes from there is trusted; whoever reads it holds it against a checkpoint or a head.

use std::collections::BTreeSet;
use std::io;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode, Uri};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use hefu_client::ClientError;
use hefu_types::tile::Contents;
use hefu_verify::{Export, Source};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::runtime::Handle;

use crate::failure::Failure;

/// Where the files of a log are served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Url(String);

/// The files at a URL. They are read from threads that may block, never from a task.
struct Remote {
    url: Url,
    client: Client<HttpConnector, Body>,
    handle: Handle,
    wait: Duration,
}

impl Url {
    /// A URL that files can be fetched below: `http://host[:port][/path]`.
    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        let wrong = || Failure::from(ClientError::Address(text.to_owned()));
        let url = text.trim_end_matches('/');
        let uri: Uri = url.parse().map_err(|_| wrong())?;
        match (uri.scheme_str(), uri.host(), uri.query()) {
            (Some("http"), Some(_), None) => Ok(Self(url.to_owned())),
            (Some("https"), ..) => Err(ClientError::Tls(text.to_owned()).into()),
            _ => Err(wrong()),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The log's files there; each answer is waited for so long. Needs a runtime around it.
    pub(crate) fn open(&self, wait: Duration) -> Export {
        Export::of(Box::new(self.remote(wait)))
    }

    fn remote(&self, wait: Duration) -> Remote {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Remote { url: self.clone(), client, handle: Handle::current(), wait }
    }

    /// Fetches any path.
    #[cfg(test)]
    pub(crate) async fn fetch(&self, path: &str, wait: Duration) -> io::Result<Option<Bytes>> {
        self.remote(wait).get(path, 1 << 30).await
    }
}

impl Remote {
    async fn get(&self, path: &str, max: u64) -> io::Result<Option<Bytes>> {
        let request = Request::get(format!("{}/{path}", self.url.0)).body(Body::empty()).map_err(io::Error::other)?;
        let response = self.client.request(request).await.map_err(|e| innermost(&e))?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Ok(None),
            status => return Err(io::Error::other(format!("the answer is {status}"))),
        }
        let mut stream = Body::new(response.into_body()).into_data_stream();
        let most = usize::try_from(max.saturating_add(1)).unwrap_or(usize::MAX);
        let mut bytes = BytesMut::new();
        while let Some(part) = stream.next().await {
            bytes.extend_from_slice(&part.map_err(io::Error::other)?);
            if bytes.len() >= most {
                bytes.truncate(most);
                break;
            }
        }
        Ok(Some(bytes.freeze()))
    }
}

/// The innermost cause says most.
fn innermost(error: &dyn std::error::Error) -> io::Error {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    io::Error::other(cause.to_string())
}

impl Source for Remote {
    #[expect(clippy::disallowed_methods, reason = "whoever reads files does so on a thread that may block")]
    fn read(&self, path: &str, max: u64) -> io::Result<Option<Bytes>> {
        let answer = async { tokio::time::timeout(self.wait, self.get(path, max)).await };
        self.handle.block_on(answer).unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut)))
    }

    fn widths(&self, _: Contents, _: u64) -> io::Result<BTreeSet<u16>> {
        Ok(BTreeSet::new())
    }

    fn last(&self, _: Contents) -> io::Result<Option<u64>> {
        Ok(None)
    }

    fn has_tree(&self) -> bool {
        true
    }

    fn name(&self) -> String {
        self.url.0.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::routing::get;

    #[test]
    fn only_plain_http_is_taken_and_the_path_kept() {
        let taken = |url: &str| Url::parse(url).map(|url| url.0).map_err(|failure| failure.code);
        assert_eq!(taken("http://127.0.0.1:7401").as_deref(), Ok("http://127.0.0.1:7401"));
        assert_eq!(taken("http://mirror.example.org/log/").as_deref(), Ok("http://mirror.example.org/log"));
        for bad in ["https://a", "mirror", "/a", "ftp://a", "http://", "http://a/?q=1"] {
            assert_eq!(taken(bad), Err("SERVER_ADDRESS_INVALID"), "{bad}");
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_not_there_differs_from_what_cannot_be_read() {
        let routes = Router::new().route("/checkpoint", get(async || "x".repeat(2 << 20))).route(
            "/tile/{*path}",
            get(async |path: axum::extract::Path<String>| match path.0.as_str() {
                "0/000" => StatusCode::NOT_FOUND,
                "0/001" => StatusCode::FOUND,
                _ => std::future::pending().await,
            }),
        );
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        tokio::spawn(async { axum::serve(listener, routes).await });
        let remote = url.open(Duration::from_millis(300));
        tokio::task::spawn_blocking(move || {
            let max = hefu_types::limits::NOTE_BYTES_MAX;
            assert_eq!(remote.checkpoint().unwrap().unwrap().len(), max + 1);
            let read = |path: &str| remote.tile(path.parse().unwrap());
            assert_eq!(read("tile/0/000").unwrap(), None);
            assert!(read("tile/0/001").is_err());
            assert!(read("tile/0/002").is_err(), "it does not answer");
        })
        .await
        .unwrap();
    }
}
