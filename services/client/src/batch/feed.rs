//! Events as they occur: producers push, a writer submits.

use std::future::Future as _;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use hefu_types::event::membership::LedgerLimits;
use tokio::sync::mpsc;
use tokio::time::{Instant, Sleep};
use tokio_stream::Stream;

use super::mend::Numbers;
use super::packer::Packer;
use super::{FEED_GROUPS_MAX, Group};
use crate::stream::Batch;

/// Opens a feed. The oldest event of a batch waits for others for as long as `linger`, usually [`super::LINGER`]. The feed goes
/// to [`Writer::submit_feed`](crate::Writer::submit_feed), and ends when every producer is gone.
#[must_use]
pub fn feed(linger: Duration) -> (Producer, Feed) {
    let (sender, receiver) = mpsc::channel(FEED_GROUPS_MAX);
    (Producer { sender, next: Arc::default() }, Feed { receiver, linger })
}

/// Pushes events into a feed. Clones push into the same feed; the order of each is kept.
#[derive(Clone, Debug)]
pub struct Producer {
    sender: mpsc::Sender<Pushed>,
    /// The number of the next push. Locked only while one is put in line, so that numbers are in the order of the line.
    next: Arc<Mutex<u64>>,
}

/// What comes out of a feed, as batches.
#[derive(Debug)]
pub struct Feed {
    receiver: mpsc::Receiver<Pushed>,
    linger: Duration,
}

/// Nobody submits what is pushed any more: [`Writer::submit_feed`](crate::Writer::submit_feed) has returned, and says why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nobody submits what is pushed any more")]
pub struct FeedClosed;

#[derive(Debug)]
enum Pushed {
    Group(u64, Group),
    Flush,
}

impl Producer {
    /// Puts an event, or a group, in line, and returns its number: 0, 1, 2, … over all producers of the feed. Its outcome is
    /// reported under it. Waits while the feed is full, so a producer is never further ahead than the server can follow.
    ///
    /// Dropping the call before it returns takes nothing in.
    ///
    /// # Errors
    /// When nobody submits any more; the event was not taken.
    pub async fn push(&self, group: impl Into<Group>) -> Result<u64, FeedClosed> {
        let place = self.sender.reserve().await.map_err(|_| FeedClosed)?;
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let number = *next;
        place.send(Pushed::Group(number, group.into()));
        *next += 1;
        Ok(number)
    }

    /// Closes the batch that everything pushed so far is in, without waiting for others.
    ///
    /// # Errors
    /// When nobody submits any more.
    pub async fn flush(&self) -> Result<(), FeedClosed> {
        self.sender.send(Pushed::Flush).await.map_err(|_| FeedClosed)
    }
}

/// The batches of a feed.
pub(super) struct Batches {
    feed: Feed,
    packer: Packer,
    /// When the batch that takes events is closed.
    due: Pin<Box<Sleep>>,
}

impl Feed {
    pub(super) fn batches(self, limits: LedgerLimits) -> Batches {
        let due = Box::pin(tokio::time::sleep(self.linger));
        Batches { feed: self, packer: Packer::new(limits), due }
    }
}

impl Stream for Batches {
    type Item = Batch<Numbers>;

    /// What was pushed comes before the clock: a batch that waited for the window is filled up before it leaves.
    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            if let Some(batch) = this.packer.take() {
                return Poll::Ready(Some(batch));
            }
            match this.feed.receiver.poll_recv(context) {
                Poll::Ready(Some(Pushed::Group(number, group))) => this.add(number, group),
                Poll::Ready(Some(Pushed::Flush)) => this.packer.close(),
                Poll::Ready(None) if this.packer.is_empty() => return Poll::Ready(None),
                Poll::Ready(None) => this.packer.close(),
                Poll::Pending if this.packer.is_empty() => return Poll::Pending,
                Poll::Pending => match this.due.as_mut().poll(context) {
                    Poll::Ready(()) => this.packer.close(),
                    Poll::Pending => return Poll::Pending,
                },
            }
        }
    }
}

impl Batches {
    fn add(&mut self, number: u64, group: Group) {
        self.packer.add(number, group);
        if self.packer.has_begun() {
            self.due.as_mut().reset(Instant::now() + self.feed.linger);
        }
    }
}

#[cfg(test)]
mod tests;
