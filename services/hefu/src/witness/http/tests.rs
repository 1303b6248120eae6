use std::time::Duration;

use hefu_types::Size;
use hefu_types::add_checkpoint::parse_size_body;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use super::*;
use crate::witness::store::origin_hash;
use crate::witness::tests::{first, witness};

/// Sends one request; gives the status, the head and the body.
async fn ask(at: std::net::SocketAddr, line: &str, body: &[u8]) -> (u16, String, Vec<u8>) {
    let mut stream = TcpStream::connect(at).await.unwrap();
    let head = format!("{line} HTTP/1.1\r\nhost: w\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
    stream.write_all(head.as_bytes()).await.unwrap();
    // What is refused unread may be cut off here.
    let _cut_off = stream.write_all(body).await;
    let mut answer = vec![];
    stream.read_to_end(&mut answer).await.unwrap();
    let end = answer.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(answer[..end].to_vec()).unwrap().to_lowercase();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head, answer[end + 4..].to_vec())
}

#[tokio::test]
async fn answers_as_the_specification_says() {
    let dir = tempfile::tempdir().unwrap();
    Witness::init(dir.path(), "w.example.org").unwrap();
    let witness = Arc::new(witness(dir.path()));
    let vkey = witness.vkey().clone();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(serve(listener, witness, Limits::default(), async { drop(stopped.await) }));
    let monitor = format!("GET /{}/checkpoint", origin_hash("example.org/log"));

    assert_eq!(ask(at, &monitor, b"").await.0, 404, "never cosigned");
    let (status, _, body) = ask(at, "POST /add-checkpoint", &first(7, 1).to_bytes()).await;
    assert_eq!(status, 200);
    let lines = hefu_types::NoteSignature::parse_lines(std::str::from_utf8(&body).unwrap()).unwrap();
    let seen = hefu_types::cosignature::verify(first(7, 1).note.text(), &lines[0], &vkey).unwrap();
    assert!(seen.timestamp() > 0);

    let (status, head, body) = ask(at, "POST /add-checkpoint", &first(9, 1).to_bytes()).await;
    assert_eq!((status, parse_size_body(&body)), (409, Some(Size::new(7))));
    assert!(head.contains("content-type: text/x.tlog.size"), "{head}");
    assert_eq!(ask(at, "POST /add-checkpoint", b"old x\n").await.0, 400);
    assert_eq!(ask(at, "GET /add-checkpoint", b"").await.0, 405);
    let (status, _, note) = ask(at, &monitor, b"").await;
    assert_eq!((status, String::from_utf8(note).unwrap().lines().nth(1)), (200, Some("7")));

    drop(stop);
    serving.await.unwrap();
}

#[tokio::test]
async fn whoever_asks_half_holds_nobody_up() {
    let dir = tempfile::tempdir().unwrap();
    Witness::init(dir.path(), "w.example.org").unwrap();
    let witness = Arc::new(witness(dir.path()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let limits = Limits { connections_max: 1, head_wait: Duration::from_millis(200), ..Limits::default() };
    let serving = tokio::spawn(serve(listener, witness, limits, std::future::pending()));
    let mut half = TcpStream::connect(at).await.unwrap();
    half.write_all(b"POST /add-checkpoint HTTP/1.1\r\nhost: w\r\n").await.unwrap();
    let body = first(7, 1).to_bytes();
    let asked = tokio::time::timeout(Duration::from_secs(60), ask(at, "POST /add-checkpoint", &body));
    assert_eq!(asked.await.expect("an answer").0, 200);
    serving.abort();
}
