//! The writer's way with single events.

use std::pin::pin;

use hefu_types::Event;
use hefu_types::event::membership::LedgerLimits;
use hefu_types::{Seq, Size};
use tokio_stream::Stream;

use super::mend::Numbers;
use super::outcomes::Outcomes;
use super::packer::Packer;
use super::{Feed, Group, Outcome};
use crate::stream::Batch;
use crate::{ClientError, Reader, Writer};

impl Writer {
    /// Records events, or groups, in batches as full as the ledger's limits allow, and reports what became of each by its
    /// number (0, 1, 2, …), in order. They are taken from the iterator as the window allows.
    ///
    /// What is refused is reported so and changes nothing for the others.
    ///
    /// # Errors
    /// `OUTCOME_UNKNOWN` when the server stays away, or what it can't do now: batches that were sent stay in the outbox, to be
    /// sent again first by whoever writes with this key next, and [`Writer::recovered`] tells what became of them. What was not
    /// reported is in one of those or was never recorded.
    pub async fn submit_each<G: Into<Group>>(
        &mut self,
        groups: impl IntoIterator<Item = G, IntoIter: Send>,
        report: impl FnMut(u64, Outcome) + Send,
    ) -> Result<(), ClientError> {
        let mut packer = Packer::new(self.batch_limits().await?);
        let mut groups = groups.into_iter().fuse();
        let mut number = 0;
        let batches = std::iter::from_fn(move || {
            loop {
                let batch = packer.take();
                if batch.is_some() {
                    return batch;
                }
                match groups.next() {
                    Some(group) => {
                        packer.add(number, group.into());
                        number += 1;
                    }
                    None if packer.is_empty() => return None,
                    None => packer.close(),
                }
            }
        });
        self.submit_batches(tokio_stream::iter(batches), report).await
    }

    /// Records what is pushed into a feed, until every producer of it is gone; reports as [`Writer::submit_each`] does. A batch
    /// is sent when it is full, when its oldest event has waited for the feed's linger, or when a producer flushes.
    ///
    /// # Errors
    /// As [`Writer::submit_each`]. Producers then get [`super::FeedClosed`]; what they had pushed and was not reported is in the
    /// outbox or was never recorded.
    pub async fn submit_feed(
        &mut self,
        feed: Feed,
        report: impl FnMut(u64, Outcome) + Send,
    ) -> Result<(), ClientError> {
        let limits = self.batch_limits().await?;
        self.submit_batches(feed.batches(limits), report).await
    }

    /// How many events share a signature at most, at least 1; otherwise only the ledger's own limits count.
    pub fn set_batch(&mut self, events_max: u32) {
        self.batch = events_max.max(1);
    }

    async fn submit_batches(
        &mut self,
        batches: impl Stream<Item = Batch<Numbers>> + Send,
        report: impl FnMut(u64, Outcome) + Send,
    ) -> Result<(), ClientError> {
        let mut outcomes = Outcomes::new(report);
        let mut answer = |numbers: Numbers, answer| outcomes.answer(numbers, answer);
        let sent = self.send_from(pin!(batches), &mut answer).await;
        outcomes.finish();
        sent?;
        self.check_receipts().await
    }

    /// The limits that the ledger was opened with, asked for once, and those of this writer.
    async fn batch_limits(&mut self) -> Result<LedgerLimits, ClientError> {
        let of_ledger = match &self.limits {
            Some(limits) => limits.clone(),
            None => self.limits.insert(genesis_limits(Reader::new(self.server.clone())).await?).clone(),
        };
        Ok(LedgerLimits { max_events: of_ledger.max_events.min(self.batch), ..of_ledger })
    }
}

async fn genesis_limits(reader: Reader) -> Result<LedgerLimits, ClientError> {
    let wrong = |detail: String| ClientError::LogBroken { seq: Seq::FIRST, detail };
    let genesis = reader.entries(Seq::FIRST, Size::new(1)).next().await?;
    let genesis = genesis.ok_or_else(|| wrong("there is no genesis entry".into()))?;
    let decoded = genesis.decode().map_err(|e| wrong(e.to_string()))?;
    let opened = decoded.submission.events.iter().find_map(|event| match event {
        Event::LedgerOpened(opened) => Some(opened.limits.clone()),
        _ => None,
    });
    opened.ok_or_else(|| wrong("the genesis entry opens no ledger".into()))
}
