//! A unit's report in a cycle: the hash of exactly what it says, and its state, a pure function of what was said and a time.

use serde::{Deserialize, Serialize};

use crate::event::cycle::ReportingCycleOpened;
use crate::hash::{REPORT_CONTEXT, derive};
use crate::ids::{ContentHash, Millis, SubmissionHash};
use crate::text::Code;

/// An observation that stands in a cell of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reported<'a> {
    /// The indicator.
    pub indicator: &'a Code,
    /// The area.
    pub area: &'a Code,
    /// The submission that reported it.
    pub submission_hash: SubmissionHash,
    /// The event within it.
    pub index: u32,
}

/// The hash over a unit's standing observations in a cycle: BLAKE3 in derive-key mode over cycle and unit, then, by indicator
/// and area, indicator, area, submission hash and index (4 bytes, big-endian). A code stands after its length (1 byte).
/// `None` without any observation.
#[must_use]
pub fn content_hash(cycle: &Code, unit: &Code, mut observations: Vec<Reported<'_>>) -> Option<ContentHash> {
    observations.sort_unstable();
    let mut bytes = Vec::new();
    [cycle, unit].into_iter().for_each(|code| push(code, &mut bytes));
    for Reported { indicator, area, submission_hash, index } in &observations {
        [indicator, area].into_iter().for_each(|code| push(code, &mut bytes));
        bytes.extend_from_slice(submission_hash.as_bytes());
        bytes.extend_from_slice(&index.to_be_bytes());
    }
    (!observations.is_empty()).then(|| ContentHash::from_bytes(derive(REPORT_CONTEXT, &bytes)))
}

fn push(code: &Code, bytes: &mut Vec<u8>) {
    bytes.push(u8::try_from(code.as_str().len()).expect("a code of at most 64 bytes"));
    bytes.extend_from_slice(code.as_str().as_bytes());
}

/// The times of a cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Times {
    /// From when on units may report.
    pub opens_at: Millis,
    /// From when on a report is late.
    pub due_at: Millis,
    /// From when on units may no longer report.
    pub locks_at: Millis,
}

impl From<&ReportingCycleOpened> for Times {
    fn from(e: &ReportingCycleOpened) -> Self {
        Self { opens_at: e.opens_at, due_at: e.due_at, locks_at: e.locks_at }
    }
}

/// The last thing that was said about a unit's report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    /// Nothing.
    #[default]
    Silent,
    /// That there is nothing to report.
    Nil,
    /// That these observations are all.
    Submitted(ContentHash),
    /// That an approver stands for them.
    Approved(ContentHash),
    /// That they, or that there is nothing, were accepted.
    Accepted(Option<ContentHash>),
    /// That something is to be mended.
    Returned,
}

/// The state of a unit's report in a cycle, at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReportStatus {
    /// The cycle has not begun.
    NotDue,
    /// It may be reported, and is not late.
    Open,
    /// The unit has reported.
    Submitted,
    /// An approver of the unit stands for it.
    Approved,
    /// It was taken.
    Accepted,
    /// It went back to the reporters.
    Returned,
    /// Observations changed since it was submitted, approved or accepted.
    Stale,
    /// Nothing was reported in time, or it went back, and nothing may be reported any more.
    Locked,
    /// Nothing was reported, and it is late.
    Overdue,
    /// The unit has said that there is nothing.
    Nil,
}

impl ReportStatus {
    /// The state, given the last step, the hash of the observations that stand, and until when an exception opens the lock.
    #[must_use]
    pub fn of(step: Step, content: Option<ContentHash>, times: &Times, exception: Option<Millis>, now: Millis) -> Self {
        let is_open = now < times.locks_at || exception.is_some_and(|until| now < until);
        match step {
            Step::Nil if content.is_none() => Self::Nil,
            Step::Submitted(said) | Step::Approved(said) if content != Some(said) => Self::Stale,
            Step::Accepted(said) if content != said => Self::Stale,
            Step::Submitted(_) => Self::Submitted,
            Step::Approved(_) => Self::Approved,
            Step::Accepted(_) => Self::Accepted,
            Step::Returned if is_open => Self::Returned,
            // A nil report that was followed by an observation is no report any more.
            Step::Silent | Step::Nil | Step::Returned if !is_open => Self::Locked,
            _ if now < times.opens_at => Self::NotDue,
            _ if now < times.due_at => Self::Open,
            _ => Self::Overdue,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMES: Times = Times { opens_at: Millis::new(10), due_at: Millis::new(20), locks_at: Millis::new(30) };

    fn code(text: &str) -> Code {
        Code::new(text).unwrap()
    }

    fn hash(byte: u8) -> ContentHash {
        ContentHash::from_bytes([byte; 32])
    }

    fn at(step: Step, content: Option<u8>, exception: Option<i64>, now: i64) -> ReportStatus {
        ReportStatus::of(step, content.map(hash), &TIMES, exception.map(Millis::new), Millis::new(now))
    }

    #[test]
    fn silence_is_open_then_overdue_then_locked() {
        use ReportStatus::{Locked, NotDue, Open, Overdue};
        let silent = |now, exception| at(Step::Silent, None, exception, now);
        let found = [9, 10, 19, 20, 29, 30].map(|now| silent(now, None));
        assert_eq!(found, [NotDue, Open, Open, Overdue, Overdue, Locked]);
        assert_eq!([30, 39, 40].map(|now| silent(now, Some(40))), [Overdue, Overdue, Locked]);
        assert_eq!(silent(25, Some(5)), Overdue, "an exception closes nothing");
    }

    #[test]
    fn a_report_is_what_was_said_of_it_until_what_it_says_changes() {
        use ReportStatus::{Accepted, Approved, Stale, Submitted};
        for now in [15, 25, 35] {
            for (step, status) in [
                (Step::Submitted(hash(1)), Submitted),
                (Step::Approved(hash(1)), Approved),
                (Step::Accepted(Some(hash(1))), Accepted),
            ] {
                assert_eq!(at(step, Some(1), None, now), status);
                assert_eq!([Some(2), None].map(|content| at(step, content, None, now)), [Stale; 2]);
            }
            assert_eq!(at(Step::Accepted(None), None, None, now), Accepted);
            assert_eq!(at(Step::Accepted(None), Some(1), None, now), Stale);
            assert_eq!(at(Step::Nil, None, None, now), ReportStatus::Nil);
        }
    }

    #[test]
    fn what_was_returned_can_be_mended_until_the_lock() {
        let returned = |now, exception| at(Step::Returned, Some(1), exception, now);
        assert_eq!([15, 25].map(|now| returned(now, None)), [ReportStatus::Returned; 2]);
        assert_eq!([returned(30, None), returned(30, Some(31))], [ReportStatus::Locked, ReportStatus::Returned]);
        assert_eq!(at(Step::Nil, Some(1), None, 25), ReportStatus::Overdue, "nil, then an observation");
    }

    #[test]
    fn a_content_hash_sees_everything_but_the_order() {
        let codes = ["a", "ab", "b"].map(code);
        let one = |indicator, area, byte, index| Reported {
            indicator: &codes[indicator],
            area: &codes[area],
            submission_hash: SubmissionHash::from_bytes([byte; 32]),
            index,
        };
        let of = |cycle, observations| content_hash(&codes[cycle], &codes[2], observations);
        let base = of(0, vec![one(0, 1, 1, 0), one(1, 0, 2, 0)]);
        assert_eq!(base, of(0, vec![one(1, 0, 2, 0), one(0, 1, 1, 0)]));
        for other in [
            of(1, vec![one(0, 1, 1, 0), one(1, 0, 2, 0)]),
            of(0, vec![one(0, 1, 1, 0)]),
            of(0, vec![one(0, 1, 1, 1), one(1, 0, 2, 0)]),
            of(0, vec![one(0, 1, 3, 0), one(1, 0, 2, 0)]),
            of(0, vec![one(0, 2, 1, 0), one(1, 0, 2, 0)]),
            content_hash(&codes[0], &codes[1], vec![one(0, 1, 1, 0), one(1, 0, 2, 0)]),
        ] {
            assert_ne!(base, other);
        }
        assert_eq!(of(0, vec![]), None);
    }
}
