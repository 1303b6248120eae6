//! Accepts connections, so many and no more: the next one waits until another ends.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::server::{Connected, TcpConnectInfo};

use crate::config::{ACCEPT_PAUSE, FIRST_BYTE_WAIT};

/// A connection and its place among those allowed.
pub struct Connection {
    stream: TcpStream,
    _place: OwnedSemaphorePermit,
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
    let connection = stream.set_nodelay(true).map(|()| Connection { stream, _place: place });
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
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
