//! What others think of observations: opinions of auditors, and challenges.
//!
//! | table | key before the vintage | row |
//! |---|---|---|
//! | 1 | indicator, 0, area, 0, [`Period::sort_key`] (8 bytes), auditor's key (32 bytes) | [`hefu_types::event::assurance::ObservationAttested`] |
//! | 2 | indicator, 0, area, 0, [`Period::sort_key`] (8 bytes) | [`hefu_types::event::assurance::ObservationChallenged`]: its origin names the challenge |
//! | 3 | submission hash (32 bytes) and event index (4 bytes) of a challenge | [`ChallengeFact`] |

mod query;
#[cfg(test)]
mod tests;

use hefu_types::event::assurance::{ChallengeAnswered, ChallengeResolved, ObservationAttested};
use hefu_types::{Code, Event, EventRef, Period, SubmissionHash};
use serde::{Deserialize, Serialize};

pub(crate) use query::challenge;
pub use query::{
    Attestation, Challenge, ChallengeState, Selection, Word, attested_since, challenges, count_open, opinion_of,
    opinions,
};

use crate::error::ViewError;
use crate::key::Key;
use crate::row::{self, Origin, Row, RowWriter};
use crate::store::{Rows, ViewId};
use crate::view::View;

const OPINIONS: u8 = 1;
const CHALLENGES: u8 = 2;
const ENDINGS: u8 = 3;

/// What became of a challenge. The order of the variants is part of the view's version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChallengeFact {
    /// It was answered.
    Answered(ChallengeAnswered),
    /// It ended.
    Resolved(ChallengeResolved),
}

/// The view of what others think of observations.
#[derive(Clone, Copy, Debug)]
pub struct AssuranceView;

impl View for AssuranceView {
    fn id(&self) -> ViewId {
        ViewId { name: "assurance", version: 1 }
    }

    fn apply(&self, event: &Event, rows: &mut RowWriter<'_>) -> Result<(), ViewError> {
        match event {
            Event::ObservationAttested(e) => {
                let cell = in_cell(OPINIONS, &e.indicator, &e.area, e.period);
                let key = cell.fixed(rows.origin().key.as_bytes());
                rows.put(key, e)
            }
            Event::ObservationChallenged(e) => rows.put(in_cell(CHALLENGES, &e.indicator, &e.area, e.period), e),
            Event::ChallengeAnswered(e) => {
                let of = of_challenge(named(&e.challenge, rows.origin()));
                rows.put(of, ChallengeFact::Answered((**e).clone()))
            }
            Event::ChallengeResolved(e) => {
                let of = of_challenge(named(&e.challenge, rows.origin()));
                rows.put(of, ChallengeFact::Resolved((**e).clone()))
            }
            _ => Ok(()),
        }
    }
}

fn in_area(table: u8, indicator: &Code, area: &Code) -> Key {
    Key::table(table).code(indicator).code(area)
}

fn in_cell(table: u8, indicator: &Code, area: &Code, period: Period) -> Key {
    in_area(table, indicator, area).fixed(&period.sort_key())
}

fn of_challenge((hash, index): (SubmissionHash, u32)) -> Key {
    Key::table(ENDINGS).fixed(hash.as_bytes()).fixed(&index.to_be_bytes())
}

/// The opinion that the same key gave in a cell before an event.
pub(crate) fn opinion_before(
    rows: &dyn Rows,
    said: &ObservationAttested,
    event: &Origin,
) -> Result<Option<Row<ObservationAttested>>, ViewError> {
    let cell = in_cell(OPINIONS, &said.indicator, &said.area, said.period);
    row::before(rows, &cell.fixed(event.key.as_bytes()), event)
}

/// What a reference names, which may be an event of the same submission.
pub(crate) fn named(reference: &EventRef, origin: &Origin) -> (SubmissionHash, u32) {
    (reference.submission_hash.unwrap_or(origin.submission_hash), reference.index)
}
