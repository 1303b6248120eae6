use std::net::SocketAddr;

use axum::routing::{get, post};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::*;

/// Longer than any of this takes; whoever waits so long fails.
const DEADLINE: Duration = Duration::from_secs(60);

/// Short times, so that the tests need not wait.
const SHORT: Duration = Duration::from_millis(200);

const SHORT_LIMITS: Limits =
    Limits { connections_max: 2, head_wait: SHORT, connection_age_max: DEADLINE, last_answer_wait: DEADLINE };

/// Bytes that no socket holds.
const LARGE: usize = 64 << 20;

struct Served {
    at: SocketAddr,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

async fn served(limits: Limits) -> Served {
    let routes = Router::new()
        .route("/small", get(async || "small"))
        .route("/late", get(async || sleep(SHORT * 2).await))
        .route("/large", get(async || vec![0; LARGE]))
        .route("/body", post(async |body: Body| read_body(body, 4, SHORT).await));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(serve(listener, routes, limits, async { drop(stopped.await) }));
    Served { at, stop, serving }
}

impl Served {
    async fn says(&self, words: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.at).await.unwrap();
        stream.write_all(words.as_bytes()).await.unwrap();
        stream
    }

    /// Asks on a connection of its own.
    async fn ask(&self, path: &str) -> String {
        rest(self.says(&format!("GET {path} HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n")).await).await
    }

    async fn stop(self) {
        drop(self.stop);
        timeout(DEADLINE, self.serving).await.expect("it stops").unwrap();
    }
}

/// What is said until the other side ends the connection.
async fn rest(mut stream: TcpStream) -> String {
    let mut said = vec![];
    // A connection that is cut off may end so.
    drop(timeout(DEADLINE, stream.read_to_end(&mut said)).await.expect("it ends"));
    String::from_utf8_lossy(&said).into_owned()
}

#[tokio::test]
async fn the_silent_and_the_half_said_give_way_to_the_next() {
    let served = served(SHORT_LIMITS).await;
    let silent = served.says("").await;
    let half = served.says("GET /small HTTP/1.1\r\nhost: h\r\n").await;
    // Both places are taken, by connections that never end by themselves.
    assert!(served.ask("/small").await.ends_with("small"));
    assert_eq!(rest(silent).await, "");
    assert!(!rest(half).await.contains("200 OK"));
    served.stop().await;
}

#[tokio::test]
async fn a_head_that_comes_a_byte_at_a_time_is_not_waited_for() {
    let served = served(SHORT_LIMITS).await;
    let mut slow = served.says("GET /small HTTP/1.1\r\n").await;
    let dripping = async {
        while slow.write_all(b"a: b\r\n").await.is_ok() {
            sleep(SHORT / 10).await;
        }
    };
    timeout(DEADLINE, dripping).await.expect("it is cut off");
    served.stop().await;
}

#[tokio::test]
async fn there_are_never_more_connections_than_allowed() {
    let served = served(Limits { head_wait: DEADLINE, ..SHORT_LIMITS }).await;
    let first = served.says("").await;
    let second = served.says("").await;
    let mut third = served.says("GET /small HTTP/1.1\r\nhost: h\r\n\r\n").await;
    let mut byte = [0];
    assert!(timeout(SHORT, third.read(&mut byte)).await.is_err(), "it waits");
    drop(first);
    assert_eq!(timeout(DEADLINE, third.read(&mut byte)).await.expect("its turn").unwrap(), 1);
    drop((second, third));
    served.stop().await;
}

#[tokio::test]
async fn whoever_does_not_read_is_cut_off() {
    let limits = Limits { connections_max: 1, connection_age_max: SHORT, last_answer_wait: SHORT, ..SHORT_LIMITS };
    let served = served(limits).await;
    let deaf = served.says("GET /large HTTP/1.1\r\nhost: h\r\n\r\n").await;
    assert!(served.ask("/small").await.ends_with("small"));
    assert!(rest(deaf).await.len() < LARGE);
    served.stop().await;
}

#[tokio::test]
async fn an_old_connection_ends_after_a_whole_answer() {
    let limits = Limits { head_wait: DEADLINE, connection_age_max: SHORT, ..SHORT_LIMITS };
    let served = served(limits).await;
    for path in ["/small", "/late"] {
        let kept = served.says(&format!("GET {path} HTTP/1.1\r\nhost: h\r\n\r\n")).await;
        assert!(rest(kept).await.contains("200 OK"), "{path}");
    }
    served.stop().await;
}

#[tokio::test]
async fn stopping_ends_idle_connections_at_once() {
    let served = served(Limits { head_wait: DEADLINE, ..SHORT_LIMITS }).await;
    let kept = served.says("GET /small HTTP/1.1\r\nhost: h\r\n\r\n").await;
    kept.readable().await.unwrap();
    served.stop().await;
    assert!(rest(kept).await.ends_with("small"));
}

#[tokio::test]
async fn a_body_has_a_length_and_a_time() {
    let served = served(SHORT_LIMITS).await;
    let post = |words: &str| format!("POST /body HTTP/1.1\r\nhost: h\r\nconnection: close\r\n{words}");
    let answer = async |words: &str| rest(served.says(&post(words)).await).await;
    assert!(answer("content-length: 4\r\n\r\nfour").await.ends_with("four"));
    assert!(answer("content-length: 5\r\n\r\nfiver").await.contains("413 Payload Too Large"));
    assert!(answer("content-length: 4\r\n\r\nfo").await.contains("408 Request Timeout"));
    served.stop().await;
}
