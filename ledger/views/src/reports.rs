//! What became of reports: the cycles that they belong to, exceptions from their locks, and each step that was taken.
//!
//! | table | key before the vintage | row |
//! |---|---|---|
//! | 1 | cycle, 0 | [`hefu_types::event::cycle::ReportingCycleOpened`] |
//! | 2 | cycle, 0 | [`hefu_types::event::cycle::LockExceptionGranted`] |
//! | 3 | cycle, 0, unit, 0 | [`StepFact`] |
//!
//! What a report says is no row of this view: it is the observations of its unit that stand in the cycle, which [`crate::series`]
//! has. So a report can be read as it stood when a step was taken, and what changed since is the difference.

mod query;
mod rates;

use hefu_types::event::cycle::{NilReportDeclared, ReportAccepted, ReportApproved, ReportReturned, ReportSubmitted};
use hefu_types::report::Step;
use hefu_types::{Code, ContentHash, Event, Text};
use serde::{Deserialize, Serialize};

pub use query::{Change, Cycle, Report, Selection, StepTaken, cycle, cycles, list, reports_of};
pub use rates::{Group, Rate, rates};

use crate::error::ViewError;
use crate::key::Key;
use crate::row::{self, Origin, Row, RowWriter};
use crate::store::{Rows, ViewId};
use crate::view::View;

const CYCLES: u8 = 1;
const EXCEPTIONS: u8 = 2;
const STEPS: u8 = 3;

/// A step of a report. The order of the variants is part of the view's version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StepFact {
    /// The unit has reported.
    Submitted(ReportSubmitted),
    /// The unit has nothing to report.
    Nil(NilReportDeclared),
    /// An approver of the unit stands for it.
    Approved(ReportApproved),
    /// It went back.
    Returned(ReportReturned),
    /// It was taken.
    Accepted(ReportAccepted),
}

impl StepFact {
    /// The step.
    #[must_use]
    pub const fn step(&self) -> Step {
        match self {
            Self::Submitted(e) => Step::Submitted(e.content),
            Self::Nil(_) => Step::Nil,
            Self::Approved(e) => Step::Approved(e.content),
            Self::Returned(_) => Step::Returned,
            Self::Accepted(e) => Step::Accepted(e.content),
        }
    }

    /// The hash that it names.
    #[must_use]
    pub const fn content(&self) -> Option<ContentHash> {
        match self {
            Self::Submitted(e) => Some(e.content),
            Self::Nil(_) => None,
            Self::Approved(e) => Some(e.content),
            Self::Returned(e) => e.content,
            Self::Accepted(e) => e.content,
        }
    }

    /// Why it was taken, where a reason is asked for.
    #[must_use]
    pub const fn reason(&self) -> Option<&Text> {
        match self {
            Self::Nil(e) => Some(&e.reason),
            Self::Returned(e) => Some(&e.reason),
            Self::Submitted(_) | Self::Approved(_) | Self::Accepted(_) => None,
        }
    }

    /// Whether it is the unit's own word that the report is complete.
    #[must_use]
    pub const fn completes(&self) -> bool {
        matches!(self, Self::Submitted(_) | Self::Nil(_))
    }
}

/// The view of what became of reports.
#[derive(Clone, Copy, Debug)]
pub struct ReportsView;

impl View for ReportsView {
    fn id(&self) -> ViewId {
        ViewId { name: "reports", version: 1 }
    }

    fn apply(&self, event: &Event, rows: &mut RowWriter<'_>) -> Result<(), ViewError> {
        match event {
            Event::ReportingCycleOpened(e) => rows.put(of_cycle(CYCLES, &e.cycle), e),
            Event::LockExceptionGranted(e) => rows.put(of_cycle(EXCEPTIONS, &e.cycle), e),
            Event::ReportSubmitted(e) => rows.put(steps_of(&e.cycle, &e.unit), StepFact::Submitted((**e).clone())),
            Event::NilReportDeclared(e) => rows.put(steps_of(&e.cycle, &e.unit), StepFact::Nil((**e).clone())),
            Event::ReportApproved(e) => rows.put(steps_of(&e.cycle, &e.unit), StepFact::Approved((**e).clone())),
            Event::ReportReturned(e) => rows.put(steps_of(&e.cycle, &e.unit), StepFact::Returned((**e).clone())),
            Event::ReportAccepted(e) => rows.put(steps_of(&e.cycle, &e.unit), StepFact::Accepted((**e).clone())),
            _ => Ok(()),
        }
    }
}

/// The step of a report before an event.
pub(crate) fn step_before(
    rows: &dyn Rows,
    (cycle, unit): (&Code, &Code),
    event: &Origin,
) -> Result<Option<Row<StepFact>>, ViewError> {
    row::before(rows, &steps_of(cycle, unit), event)
}

fn of_cycle(table: u8, cycle: &Code) -> Key {
    Key::table(table).code(cycle)
}

fn steps_of(cycle: &Code, unit: &Code) -> Key {
    of_cycle(STEPS, cycle).code(unit)
}
