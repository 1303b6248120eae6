//! What became of each push, told in order.

use std::collections::BTreeMap;

use hefu_types::Refusal;

use super::mend::{Mended, Numbers, mend};
use crate::Position;
use crate::stream::{Answer, Then};

/// Where an event stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The position of its submission.
    pub position: Position,
    /// Its 0-based index within the submission; of a group, that of its first event, which is 0.
    pub index: u32,
}

/// What became of an event or a group: its place, or why it was refused. The `field` of a refusal reads as if it had been
/// submitted by itself: `events[0].…`.
pub type Outcome = Result<Place, Refusal>;

/// Holds outcomes back until everything before them has one. What is held back is behind a batch that is being mended, so it
/// is never more than a window.
pub(super) struct Outcomes<F> {
    next: u64,
    waiting: BTreeMap<u64, Outcome>,
    report: F,
}

impl<F: FnMut(u64, Outcome)> Outcomes<F> {
    pub(super) const fn new(report: F) -> Self {
        Self { next: 0, waiting: BTreeMap::new(), report }
    }

    /// Takes the answer to a batch; says what is to be submitted in its place.
    pub(super) fn answer(&mut self, numbers: Numbers, answer: Answer) -> Then<Numbers> {
        match answer {
            Answer::Recorded(position) => {
                for (index, number) in (0..).zip(numbers.0) {
                    self.tell(number, Ok(Place { position, index }));
                }
                Then::GoOn
            }
            Answer::Refused(refusal, events) => {
                let Mended { out, again } = mend(numbers, events, refusal);
                out.into_iter().for_each(|(number, refusal)| self.tell(number, Err(refusal)));
                Then::Instead(again)
            }
        }
    }

    fn tell(&mut self, number: u64, outcome: Outcome) {
        self.waiting.insert(number, outcome);
        while let Some(outcome) = self.waiting.remove(&self.next) {
            (self.report)(self.next, outcome);
            self.next += 1;
        }
    }

    /// Tells what was held back behind something that nobody knows the outcome of.
    pub(super) fn finish(mut self) {
        for (number, outcome) in self.waiting {
            (self.report)(number, outcome);
        }
    }
}
