//! What was observed: every vintage of every observation, retractions included.
//!
//! | table | key before the vintage | row |
//! |---|---|---|
//! | 1 | indicator, 0, area, 0, [`Period::sort_key`] (8 bytes) | [`ObservationFact`] |
//! | 2 | commitment (32 bytes) | [`ValueFact`] |
//!
//! Indicator, area and period are a *cell*. The newest vintage of a cell stands, unless it is a retraction: then none does.

mod query;
#[cfg(test)]
mod tests;
mod value;

use hefu_types::event::reporting::{ObservationReported, ObservationRetracted};
use hefu_types::{Code, Decimal, Event, Period};
use serde::{Deserialize, Serialize};

pub(crate) use query::{Cell, before, named, newest};
pub use query::{Observation, Selection, earliest, latest, query, standing, vintages};
pub use value::{Committed, ConfidentialValue, ValueFact, value};

use crate::error::ViewError;
use crate::key::Key;
use crate::row::RowWriter;
use crate::store::ViewId;
use crate::view::View;

const OBSERVATIONS: u8 = 1;

/// What was said about a cell. The order of the variants is part of the view's version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ObservationFact {
    /// A value, or that it is missing.
    Reported(ObservationReported),
    /// That the one before it no longer stands.
    Retracted(ObservationRetracted),
}

/// An [`ObservationFact`] to be written, without a copy of what was said.
#[derive(Serialize)]
enum Said<'a> {
    Reported(&'a ObservationReported),
    Retracted(&'a ObservationRetracted),
}

impl ObservationFact {
    /// The indicator.
    #[must_use]
    pub const fn indicator(&self) -> &Code {
        match self {
            Self::Reported(fact) => &fact.indicator,
            Self::Retracted(fact) => &fact.indicator,
        }
    }

    /// The area.
    #[must_use]
    pub const fn area(&self) -> &Code {
        match self {
            Self::Reported(fact) => &fact.area,
            Self::Retracted(fact) => &fact.area,
        }
    }

    /// The period.
    #[must_use]
    pub const fn period(&self) -> Period {
        match self {
            Self::Reported(fact) => fact.period,
            Self::Retracted(fact) => fact.period,
        }
    }

    /// The value, in the indicator's unit; `None` when it is missing, withheld or retracted.
    #[must_use]
    pub const fn value(&self) -> Option<Decimal> {
        match self {
            Self::Reported(fact) => fact.value,
            Self::Retracted(_) => None,
        }
    }

    /// The unit whose observation it is, when a delegate said it.
    #[must_use]
    pub const fn on_behalf_of(&self) -> Option<&Code> {
        match self {
            Self::Reported(fact) => fact.on_behalf_of.as_ref(),
            Self::Retracted(fact) => fact.on_behalf_of.as_ref(),
        }
    }

    /// Whether a commitment stands for the value, which is not free.
    #[must_use]
    pub const fn is_withheld(&self) -> bool {
        matches!(self, Self::Reported(fact) if fact.commitment.is_some())
    }

    /// Whether there is a value, shown or withheld.
    #[must_use]
    pub const fn has_value(&self) -> bool {
        self.value().is_some() || self.is_withheld()
    }

    /// Whether it took an observation back.
    #[must_use]
    pub const fn is_retraction(&self) -> bool {
        matches!(self, Self::Retracted(_))
    }
}

/// The view of what was observed.
#[derive(Clone, Copy, Debug)]
pub struct SeriesView;

impl View for SeriesView {
    fn id(&self) -> ViewId {
        ViewId { name: "series", version: 2 }
    }

    fn apply(&self, event: &Event, rows: &mut RowWriter<'_>) -> Result<(), ViewError> {
        match event {
            Event::ObservationReported(e) => {
                value::put_reported(e, rows)?;
                rows.put(cell(&e.indicator, &e.area, e.period), Said::Reported(e))
            }
            Event::ValueErased(e) => value::put_erased(e, rows),
            Event::ObservationRetracted(e) => rows.put(cell(&e.indicator, &e.area, e.period), Said::Retracted(e)),
            _ => Ok(()),
        }
    }
}

fn cells_of(indicator: &Code, area: Option<&Code>) -> Key {
    let prefix = Key::table(OBSERVATIONS).code(indicator);
    area.into_iter().fold(prefix, Key::code)
}

fn cell(indicator: &Code, area: &Code, period: Period) -> Key {
    cells_of(indicator, Some(area)).fixed(&period.sort_key())
}
