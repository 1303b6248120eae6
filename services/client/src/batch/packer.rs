//! Which events share a submission.

use std::collections::VecDeque;

use hefu_types::Event;
use hefu_types::event::membership::LedgerLimits;
use hefu_types::wire;

use super::Group;
use super::mend::Numbers;
use crate::stream::Batch;

/// Bytes of a submission beside its events: ledger, key and link (34 each), key number and two times (at most 11 each).
const FRAME_BYTES: usize = 3 * 34 + 3 * 11;

/// Bytes that an event costs beside its own: a tag and a length.
const EVENT_FRAME_BYTES: usize = 1 + 3;

/// Collects groups into batches, in order. Knows no time.
#[derive(Debug)]
pub(super) struct Packer {
    limits: LedgerLimits,
    /// The batch that still takes events.
    numbers: Vec<u64>,
    events: Vec<Event>,
    bytes: usize,
    closed: VecDeque<Batch<Numbers>>,
}

impl Packer {
    pub(super) const fn new(limits: LedgerLimits) -> Self {
        Self { limits, numbers: vec![], events: vec![], bytes: FRAME_BYTES, closed: VecDeque::new() }
    }

    /// Whether no event waits for others.
    pub(super) const fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Whether the last event added is the first of its batch.
    pub(super) const fn has_begun(&self) -> bool {
        self.events.len() == 1
    }

    pub(super) fn add(&mut self, number: u64, group: Group) {
        if group.is_alone() {
            self.close();
            self.closed.push_back(Batch::new(Numbers(vec![number]), group.into_events()));
            return;
        }
        for event in group.into_events() {
            let bytes = wire::to_bytes(&event).len() + EVENT_FRAME_BYTES;
            if self.bytes + bytes > self.limits.max_submission_bytes as usize {
                self.close();
            }
            self.bytes += bytes;
            self.numbers.push(number);
            self.events.push(event);
        }
        if self.events.len() >= self.limits.max_events as usize {
            self.close();
        }
    }

    /// Closes the batch that takes events, if it has any.
    pub(super) fn close(&mut self) {
        if !self.is_empty() {
            let numbers = Numbers(std::mem::take(&mut self.numbers));
            self.closed.push_back(Batch::new(numbers, std::mem::take(&mut self.events)));
        }
        self.bytes = FRAME_BYTES;
    }

    /// The next closed batch.
    pub(super) fn take(&mut self) -> Option<Batch<Numbers>> {
        self.closed.pop_front()
    }
}
