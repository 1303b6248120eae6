//! gRPC as the generator speaks it: its frames over HTTP/2 and nothing above, so that sending and counting cost next to nothing
//! of the cores that the server needs. A server sees what it sees of any client that sends all that its window allows.

use anyhow::{Context as _, bail, ensure};
use bytes::{Buf as _, Bytes, BytesMut};
use futures_util::FutureExt as _;
use h2::client::{ResponseFuture, SendRequest};
use h2::{RecvStream, SendStream};
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue, TE};
use http::{Method, Request, Uri};
use tokio::net::TcpStream;

pub(crate) const SUBMIT: &str = "/hefu.v1.SubmissionService/Submit";
pub(crate) const SUBMIT_STREAM: &str = "/hefu.v1.SubmissionService/SubmitStream";
pub(crate) const LIST_INDICATORS: &str = "/hefu.v1.ViewService/ListIndicators";

/// What the server may send before it must wait: more than it ever has to say.
const WINDOW: u32 = 64 << 20;

/// Bytes before each message: whether it is compressed, and its length.
const PREFIX: usize = 5;

/// A connection, as one method is called over it.
#[derive(Clone)]
pub(crate) struct Caller {
    requests: SendRequest<Bytes>,
    method: Uri,
}

impl Caller {
    /// Connects to `HOST:PORT`.
    pub(crate) async fn connect(address: &str, method: &str) -> anyhow::Result<Self> {
        let socket = TcpStream::connect(address).await.with_context(|| format!("can't connect to {address}"))?;
        socket.set_nodelay(true)?;
        let mut settings = h2::client::Builder::new();
        settings.initial_window_size(WINDOW).initial_connection_window_size(WINDOW);
        let (requests, connection) = settings.handshake(socket).await?;
        // It ends with its last handle; what went wrong is told to whoever waits for an answer.
        tokio::spawn(connection);
        Ok(Self { requests, method: format!("http://{address}{method}").parse()? })
    }

    async fn open(&mut self) -> anyhow::Result<(ResponseFuture, SendStream<Bytes>)> {
        let mut request = Request::new(());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.method.clone();
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        headers.insert(TE, HeaderValue::from_static("trailers"));
        let mut requests = self.requests.clone().ready().await?;
        Ok(requests.send_request(request, false)?)
    }

    /// Opens a stream.
    pub(crate) async fn stream(&mut self) -> anyhow::Result<(SendStream<Bytes>, Answers)> {
        let (response, requests) = self.open().await?;
        Ok((requests, Answers::of(response).await?))
    }

    /// Sends one message and hands the answer over.
    pub(crate) async fn call(&mut self, message: Bytes, check: Check) -> anyhow::Result<()> {
        let (response, mut request) = self.open().await?;
        request.send_data(message, true)?;
        let mut answers = Answers::of(response).await?;
        let mut count = 0;
        while let Some(more) = answers.read(check).await? {
            count += more;
        }
        ensure!(count == 1, "a call was answered with {count} messages");
        Ok(())
    }
}

/// Says what is wrong with an answer.
pub(crate) type Check = fn(&[u8]) -> anyhow::Result<()>;

/// The answers to one call.
pub(crate) struct Answers {
    body: RecvStream,
    /// The begin of a message whose end has not arrived.
    rest: BytesMut,
}

impl Answers {
    async fn of(response: ResponseFuture) -> anyhow::Result<Self> {
        let (head, body) = response.await?.into_parts();
        ensure!(head.status == 200, "HTTP status {}", head.status);
        if head.headers.contains_key("grpc-status") {
            check_status(&head.headers)?;
        }
        Ok(Self { body, rest: BytesMut::new() })
    }

    /// Waits for bytes, checks every message that they complete, and counts them; `None` at a good end.
    pub(crate) async fn read(&mut self, check: Check) -> anyhow::Result<Option<usize>> {
        let Some(bytes) = self.body.data().await.transpose()? else {
            ensure!(self.rest.is_empty(), "an answer was cut off");
            check_status(&self.body.trailers().await?.unwrap_or_default())?;
            return Ok(None);
        };
        self.body.flow_control().release_capacity(bytes.len())?;
        if self.rest.is_empty() {
            let (count, taken) = messages(&bytes, check)?;
            self.rest.extend_from_slice(&bytes[taken..]);
            return Ok(Some(count));
        }
        self.rest.extend_from_slice(&bytes);
        let (count, taken) = messages(&self.rest, check)?;
        self.rest.advance(taken);
        Ok(Some(count))
    }

    /// The same with everything that has arrived by now, after waiting for the first of it.
    pub(crate) async fn read_all(&mut self, check: Check) -> anyhow::Result<Option<usize>> {
        let Some(mut count) = self.read(check).await? else { return Ok(None) };
        while let Some(more) = self.read(check).now_or_never() {
            let Some(more) = more? else { bail!("the stream ended before its time") };
            count += more;
        }
        Ok(Some(count))
    }
}

fn check_status(trailers: &HeaderMap) -> anyhow::Result<()> {
    let text = |name| trailers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()));
    match text("grpc-status").as_deref() {
        Some("0") => Ok(()),
        status => bail!("gRPC status {}: {}", status.unwrap_or("none"), text("grpc-message").unwrap_or_default()),
    }
}

/// Checks every whole message, and tells how many there are and how many bytes they take.
fn messages(bytes: &[u8], check: Check) -> anyhow::Result<(usize, usize)> {
    let (mut count, mut taken) = (0, 0);
    while let Some((prefix, rest)) = bytes[taken..].split_first_chunk::<PREFIX>() {
        let [compressed, length @ ..] = *prefix;
        ensure!(compressed == 0, "a compressed answer, which nobody asked for");
        let Some(message) = rest.get(..u32::from_be_bytes(length) as usize) else { break };
        check(message)?;
        taken += PREFIX + message.len();
        count += 1;
    }
    Ok((count, taken))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_counted_whole_and_what_is_left_waits() {
        let bytes = [&[0, 0, 0, 0, 2, 7, 7], &[0, 0, 0, 0, 0][..], &[0, 0, 0, 0, 9, 1]].concat();
        let short: Check = |message| if message.len() == 1 { bail!("too short") } else { Ok(()) };
        assert_eq!(messages(&bytes, short).unwrap(), (2, 12));
        assert_eq!(messages(&bytes[..4], short).unwrap(), (0, 0));
        assert!(messages(&[0, 0, 0, 0, 1, 7], short).is_err());
    }
}
