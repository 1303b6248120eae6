//! How long the server's tasks live: until they are told to stop, and the server until they have.

use std::convert::Infallible;
use std::future::Future;

use tokio::sync::{mpsc, watch};

/// Held by every task that uses the journal or the views.
#[derive(Clone, Debug)]
pub struct Lifetime {
    stop: watch::Receiver<bool>,
    _alive: mpsc::Sender<Infallible>,
}

/// The other end: tells the tasks to stop, and knows when the last one has.
#[derive(Debug)]
pub struct Tasks {
    stop: watch::Sender<bool>,
    alive: mpsc::Receiver<Infallible>,
}

/// A lifetime to hand out, and its other end.
#[must_use]
pub fn lifetime() -> (Lifetime, Tasks) {
    let (stop, stopped) = watch::channel(false);
    let (token, alive) = mpsc::channel(1);
    (Lifetime { stop: stopped, _alive: token }, Tasks { stop, alive })
}

impl Lifetime {
    /// Ends when the server stops. Holds nothing alive.
    pub fn stopping(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut stop = self.stop.clone();
        // The other end is dropped only when everything is over.
        async move { drop(stop.wait_for(|stop| *stop).await) }
    }

    /// Whether the server is stopping.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        *self.stop.borrow()
    }
}

impl Tasks {
    /// Tells every task to stop.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Waits until the last lifetime was dropped.
    pub async fn ended(&mut self) {
        while self.alive.recv().await.is_some() {}
    }
}
