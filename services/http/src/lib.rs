//! HTTP/1.1 for static files and witnesses, which anybody may ask: so many connections and no more, and none for ever.
//!
//! Routes are axum's; what they answer is their own business. This crate accepts connections, and ends them:
//!
//! - one that says nothing, or whose request comes a byte at a time, when the head is late ([`HEAD_WAIT`]) or the body is
//!   ([`BODY_WAIT`]);
//! - one that does not read its answer, or never stops asking, when it is old ([`CONNECTION_AGE_MAX`]), after the answer
//!   that is under way, if that is read in time ([`LAST_ANSWER_WAIT`]).
//!
//! So every place comes free again, and nobody is kept out for long by others who do nothing. It never reads a body that no
//! route asks for, knows no TLS, and keeps no account of who asks how often: that is for a proxy before it.
//!
//! Read next: [`serve`] and [`Limits`].

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::StatusCode;
use bytes::Bytes;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// Connections at a time, unless told otherwise.
pub const CONNECTIONS_MAX: usize = 256;

/// How long the head of a request may take to arrive: from the start of the connection, or from the last answer.
pub const HEAD_WAIT: Duration = Duration::from_secs(10);

/// How long the body of a request may take to arrive.
pub const BODY_WAIT: Duration = Duration::from_secs(10);

/// How old a connection may get; the answer that is then under way is its last.
pub const CONNECTION_AGE_MAX: Duration = Duration::from_secs(300);

/// How long that last answer may take to be read.
pub const LAST_ANSWER_WAIT: Duration = Duration::from_secs(30);

/// How long the listener waits before it accepts again when the system refuses, for want of files for example.
pub const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The limits of one listener.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at a time; the next one waits until another ends.
    pub connections_max: usize,
    /// [`HEAD_WAIT`].
    pub head_wait: Duration,
    /// [`CONNECTION_AGE_MAX`].
    pub connection_age_max: Duration,
    /// [`LAST_ANSWER_WAIT`].
    pub last_answer_wait: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: CONNECTIONS_MAX,
            head_wait: HEAD_WAIT,
            connection_age_max: CONNECTION_AGE_MAX,
            last_answer_wait: LAST_ANSWER_WAIT,
        }
    }
}

/// Serves until `stop` ends; then takes no new connections, and waits for the answers that are under way. Dropped, it ends
/// all connections.
pub async fn serve(listener: TcpListener, routes: Router, limits: Limits, stop: impl Future<Output = ()> + Send) {
    let places = Arc::new(Semaphore::new(limits.connections_max));
    let (running, stopping) = watch::channel(());
    let mut connections = JoinSet::new();
    let mut stop = pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            Some(_ended) = connections.join_next(), if !connections.is_empty() => {}
            (stream, place) = accept(&listener, &places) => {
                connections.spawn(connection(stream, place, routes.clone(), limits, stopping.clone()));
            }
        }
    }
    drop((listener, running));
    while connections.join_next().await.is_some() {}
}

/// The next connection, as soon as there is a place for it.
async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> (TcpStream, OwnedSemaphorePermit) {
    loop {
        let Ok(place) = Arc::clone(places).acquire_owned().await else { return std::future::pending().await };
        match listener.accept().await {
            Ok((stream, _)) => return (stream, place),
            Err(error) => {
                tracing::warn!(%error, "a connection can't be accepted");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Answers one connection's requests. How it ends is its client's business.
async fn connection(
    stream: TcpStream,
    _place: OwnedSemaphorePermit,
    routes: Router,
    limits: Limits,
    mut stopping: watch::Receiver<()>,
) {
    // Small answers should not wait for more to come; a connection without it still works.
    drop(stream.set_nodelay(true));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(limits.head_wait);
    let mut serving = pin!(http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(routes)));
    tokio::select! {
        _ended = &mut serving => return,
        // The sender says nothing; it goes when the listener stops.
        _stops = stopping.changed() => {}
        () = sleep(limits.connection_age_max) => {}
    }
    serving.as_mut().graceful_shutdown();
    drop(timeout(limits.last_answer_wait, serving).await);
}

/// Reads the body of a request.
///
/// # Errors
/// With the status to answer, when it has more than `max` bytes or takes longer than `wait` to arrive, which should be
/// [`BODY_WAIT`].
pub async fn read_body(body: Body, max: usize, wait: Duration) -> Result<Bytes, StatusCode> {
    match timeout(wait, to_bytes(body, max)).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(_)) => Err(StatusCode::PAYLOAD_TOO_LARGE),
        Err(_) => Err(StatusCode::REQUEST_TIMEOUT),
    }
}

#[cfg(test)]
mod tests;
