use hefu_types::event::reporting::{ConfStatus, ObservationReported, ValueErased};
use hefu_types::{Code, Commitment, Millis, Period, Text};
use serde::{Deserialize, Serialize};

use crate::error::ViewError;
use crate::key::{AsOf, Key};
use crate::members;
use crate::row::{self, Origin, Row, RowWriter};
use crate::view::Tables;

const VALUES: u8 = 2;

/// What was said about a value that is not free. The order of the variants is part of the view's version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ValueFact {
    /// An observation has it.
    Committed(Committed),
    /// It was erased, for this reason.
    Erased(Text),
}

/// Where a value that is not free was reported, and who may read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Committed {
    /// The indicator.
    pub indicator: Code,
    /// The area.
    pub area: Code,
    /// The period.
    pub period: Period,
    /// Why it is not free.
    pub conf_status: ConfStatus,
    /// When it becomes free, Unix milliseconds; 0 for never.
    pub embargo_until: Millis,
    /// Who may read it beside the unit whose it is and the office.
    pub readers: Vec<Code>,
    /// The unit whose it is, when a delegate reported it.
    pub on_behalf_of: Option<Code>,
}

/// A value that is not free: what was said about it, by whom, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfidentialValue {
    /// What its observation says about it.
    pub committed: Committed,
    /// The unit whose it is.
    pub member: Code,
    /// The event that reported it.
    pub reported: Origin,
    /// The event that says that it was erased, and why; `None` as long as it was not.
    pub erased: Option<(Origin, Text)>,
}

pub(super) fn put_reported(e: &ObservationReported, rows: &mut RowWriter<'_>) -> Result<(), ViewError> {
    let (Some(commitment), Some(conf_status)) = (&e.commitment, e.conf_status) else { return Ok(()) };
    let committed = Committed {
        indicator: e.indicator.clone(),
        area: e.area.clone(),
        period: e.period,
        conf_status,
        embargo_until: e.embargo_until,
        readers: e.readers.clone(),
        on_behalf_of: e.on_behalf_of.clone(),
    };
    rows.put(of(commitment), ValueFact::Committed(committed))
}

pub(super) fn put_erased(e: &ValueErased, rows: &mut RowWriter<'_>) -> Result<(), ViewError> {
    rows.put(of(&e.commitment), ValueFact::Erased(e.reason.clone()))
}

fn of(commitment: &Commitment) -> Key {
    Key::table(VALUES).fixed(commitment.as_bytes())
}

/// What is known of a value by its commitment; `None` when no observation has it.
///
/// # Errors
/// When the store fails, or the key that reported it is `Missing` at `as_of`.
pub fn value(
    tables: &Tables<'_>,
    commitment: &Commitment,
    as_of: AsOf,
) -> Result<Option<ConfidentialValue>, ViewError> {
    // An observation has it, and one event more erases it.
    let mut facts = row::at_most::<ValueFact>(&*tables.series, &of(commitment), 2, as_of)?.into_iter();
    let Some(Row { origin: reported, fact: ValueFact::Committed(committed) }) = facts.next() else { return Ok(None) };
    let erased = facts.next().and_then(|row| match row.fact {
        ValueFact::Erased(reason) => Some((row.origin, reason)),
        ValueFact::Committed(_) => None,
    });
    let member = match &committed.on_behalf_of {
        Some(unit) => unit.clone(),
        None => members::speaker(&*tables.members, &reported.key, as_of)?,
    };
    Ok(Some(ConfidentialValue { committed, member, reported, erased }))
}
