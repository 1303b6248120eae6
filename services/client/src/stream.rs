//! Many submissions at once: a window of unanswered ones over one stream, which is opened anew whenever it breaks.
//!
//! A refused submission takes those behind it along, as they link to it. They are signed anew, with new numbers, on a new
//! stream, once everything before the refused one is answered; so one bad submission costs a moment and not the rest. Where
//! one was refused, others often are: the next goes alone, and each recorded one doubles the window again.

mod work;

use std::ops::ControlFlow;
use std::pin::{Pin, pin};

use hefu_types::{Event, Refusal};
use tokio_stream::Stream;

use crate::{ClientError, Position, Writer};
use work::Work;

/// The events of a submission to be, and by what its caller knows it.
#[derive(Debug)]
pub(crate) struct Batch<T> {
    tag: T,
    pub(crate) events: Vec<Event>,
}

/// What became of a batch.
#[derive(Debug)]
pub(crate) enum Answer {
    /// It is recorded and durable.
    Recorded(Position),
    /// It was refused, with these events; nothing was written.
    Refused(Refusal, Vec<Event>),
}

/// What is to be done after an answer.
#[derive(Debug)]
pub(crate) enum Then<T> {
    /// The rest.
    GoOn,
    /// Nothing more.
    Stop,
    /// These in the place of the refused one, then the rest.
    Instead(Vec<Batch<T>>),
}

type Source<'a, T> = Pin<&'a mut (dyn Stream<Item = Batch<T>> + Send + 'a)>;
type Report<'a, T> = &'a mut (dyn FnMut(T, Answer) -> Then<T> + Send + 'a);

impl Writer {
    /// Records a submission for each batch of events, many at a time, and reports each outcome by the batch's index, in the
    /// order of answers. Batches are taken from the iterator as the window allows.
    ///
    /// A refused batch changes nothing for the others, unless `report` breaks: then nothing more is sent, and those behind
    /// the refused one are reported as `PREDECESSOR_REFUSED`.
    ///
    /// # Errors
    /// `OUTCOME_UNKNOWN` when the server stays away: everything sent stays in the outbox. Batches that were not reported
    /// are in the outbox or were never taken.
    pub async fn submit_all(
        &mut self,
        batches: impl IntoIterator<Item = Vec<Event>, IntoIter: Send>,
        report: impl FnMut(usize, Result<Position, Refusal>) -> ControlFlow<()> + Send,
    ) -> Result<(), ClientError> {
        self.send_all(batches, report).await?;
        self.check_receipts().await
    }

    pub(crate) async fn send_all(
        &mut self,
        batches: impl IntoIterator<Item = Vec<Event>, IntoIter: Send>,
        mut report: impl FnMut(usize, Result<Position, Refusal>) -> ControlFlow<()> + Send,
    ) -> Result<(), ClientError> {
        let batches = batches.into_iter().enumerate().map(|(index, events)| Batch::new(index, events));
        let mut report = |index, answer| {
            let outcome = match answer {
                Answer::Recorded(position) => Ok(position),
                Answer::Refused(refusal, _) => Err(refusal),
            };
            if report(index, outcome).is_break() { Then::Stop } else { Then::GoOn }
        };
        self.send_from(pin!(tokio_stream::iter(batches)), &mut report).await
    }

    /// The same for batches that come when they come: it waits for the next one as long as there may be one.
    pub(crate) async fn send_from<T: Send>(
        &mut self,
        source: Source<'_, T>,
        report: Report<'_, T>,
    ) -> Result<(), ClientError> {
        let mut work = Work::new(self, source, report);
        if !work.is_done().await? {
            work.run().await?;
        }
        Ok(())
    }
}

impl<T> Batch<T> {
    pub(crate) const fn new(tag: T, events: Vec<Event>) -> Self {
        Self { tag, events }
    }

    #[cfg(test)]
    pub(crate) fn into_parts(self) -> (T, Vec<Event>) {
        (self.tag, self.events)
    }
}
