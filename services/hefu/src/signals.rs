//! What commands that serve or watch have in common: where they listen, and when they stop.

use std::future::Future;
use std::io;
use std::net::SocketAddr;

use tokio::signal::unix::{SignalKind, signal};

use crate::failure::Failure;
use crate::lang::both;

/// Ends when the process is told to stop; from now on it does not die of it.
pub(crate) fn stop() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = term.recv() => {}
            _ = int.recv() => {}
        }
    })
}

pub(crate) fn cannot_listen(address: SocketAddr, source: &io::Error) -> Failure {
    Failure::usage(
        format!("can't listen on {address}"),
        both!("Choose another address or port.", "请换一个地址或端口。"),
    )
    .because(source)
}
