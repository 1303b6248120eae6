//! Accepts connections, so many and no more: the next one waits until another ends.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::server::{Connected, TcpConnectInfo};

use crate::config::{ACCEPT_PAUSE, FIRST_BYTE_WAIT, TOGETHER_BYTES};

/// A connection and its place among those allowed.
///
/// A block answers many calls at once, each of them a task of its own, and after each the connection would be written to:
/// a system call an answer. So what is written first waits until whoever is ready now has had its turn, see
/// [`AsyncWrite::poll_flush`] below.
pub struct Connection {
    stream: TcpStream,
    _place: OwnedSemaphorePermit,
    waiting: BytesMut,
    /// Others had their turn since something waits.
    yielded: bool,
}

impl Connection {
    /// Writes what waits.
    fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.waiting.is_empty() {
            match ready!(Pin::new(&mut self.stream).poll_write(cx, &self.waiting))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => self.waiting.advance(written),
            }
        }
        self.yielded = false;
        Poll::Ready(Ok(()))
    }
}

/// Accepts at most `max` connections at a time.
#[must_use]
pub fn accept(listener: TcpListener, max: usize) -> ReceiverStream<io::Result<Connection>> {
    let (accepted, connections) = mpsc::channel(1);
    tokio::spawn(async move {
        let places = Arc::new(Semaphore::new(max));
        while let Ok(place) = Arc::clone(&places).acquire_owned().await {
            let connection = tokio::select! {
                incoming = listener.accept() => incoming,
                () = accepted.closed() => return,
            };
            match connection {
                Ok((stream, _)) => drop(tokio::spawn(greet(stream, place, accepted.clone()))),
                Err(error) => {
                    tracing::warn!(%error, "a connection can't be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    });
    ReceiverStream::new(connections)
}

/// Hands a connection over once its client has said something; a silent one gives its place back.
async fn greet(stream: TcpStream, place: OwnedSemaphorePermit, accepted: mpsc::Sender<io::Result<Connection>>) {
    let spoke = tokio::time::timeout(FIRST_BYTE_WAIT, stream.peek(&mut [0])).await;
    if !matches!(spoke, Ok(Ok(1))) {
        return;
    }
    // Small answers should not wait for more to come.
    let connection = stream.set_nodelay(true).map(|()| Connection {
        stream,
        _place: place,
        waiting: BytesMut::new(),
        yielded: false,
    });
    // The server may have stopped meanwhile.
    let _stopped = accepted.send(connection).await;
}

impl Connected for Connection {
    type ConnectInfo = TcpConnectInfo;

    fn connect_info(&self) -> TcpConnectInfo {
        self.stream.connect_info()
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[io::IoSlice::new(buf)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.waiting.len() >= TOGETHER_BYTES {
            ready!(self.poll_drain(cx))?;
        }
        let mut taken = 0;
        for buf in bufs {
            let room = TOGETHER_BYTES.saturating_sub(self.waiting.len()).min(buf.len());
            self.waiting.extend_from_slice(&buf[..room]);
            taken += room;
        }
        Poll::Ready(Ok(taken))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.waiting.is_empty() && !self.yielded {
            // To the end of the line: behind the tasks that have an answer ready.
            self.yielded = true;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        ready!(self.poll_drain(cx))?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_drain(cx))?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::Waker;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    async fn pair() -> (Connection, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        let place = Arc::new(Semaphore::new(1)).acquire_owned().await.unwrap();
        (Connection { stream, _place: place, waiting: BytesMut::new(), yielded: false }, client)
    }

    #[tokio::test]
    async fn what_comes_before_the_second_turn_is_written_together() {
        let (mut connection, mut client) = pair().await;
        let mut cx = Context::from_waker(Waker::noop());
        for part in [&b"one "[..], b"two"] {
            assert!(
                matches!(Pin::new(&mut connection).poll_write(&mut cx, part), Poll::Ready(Ok(n)) if n == part.len())
            );
            if !connection.yielded {
                assert!(Pin::new(&mut connection).poll_flush(&mut cx).is_pending());
            }
        }
        assert_eq!(connection.waiting, b"one two"[..]);
        connection.flush().await.unwrap();
        let mut read = [0; 16];
        assert_eq!(client.read(&mut read).await.unwrap(), 7, "one segment");
        assert!(connection.waiting.is_empty() && !connection.yielded);
    }

    #[tokio::test]
    async fn a_client_that_reads_late_gets_every_byte_in_order() {
        let (mut connection, mut client) = pair().await;
        let sent: Vec<u8> = (0..3_000_000_u32).flat_map(|n| n.to_le_bytes()).collect();
        let expected = sent.clone();
        let writing = tokio::spawn(async move {
            connection.write_all(&sent).await.unwrap();
            assert!(connection.waiting.len() <= TOGETHER_BYTES);
            connection.shutdown().await.unwrap();
        });
        // The writer is stuck as soon as the socket is full.
        let mut read = vec![];
        client.read_to_end(&mut read).await.unwrap();
        assert!(read == expected);
        writing.await.unwrap();
    }
}
