use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;
use std::ops::ControlFlow;

use hefu_types::{Code, Period, PublicKey};

use super::{ObservationFact, cell, cells_of};
use crate::error::ViewError;
use crate::key::{self, AsOf, Key};
use crate::members::{self, Signer};
use crate::row::{self, Origin, Row};
use crate::store::Rows;
use crate::view::Tables;

/// One vintage of an observation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// What was said.
    pub fact: ObservationFact,
    /// The unit whose observation it is.
    pub member: Code,
    /// The member whose key signed it, when it is another: the unit's delegate.
    pub delegate: Option<Code>,
    /// Whether the key was revoked as compromised since before that: somebody else may have signed it.
    pub key_compromised: bool,
    /// Where it came from.
    pub origin: Origin,
}

impl Observation {
    pub(crate) fn new(Row { origin, fact }: Row<ObservationFact>, signer: &Signer) -> Self {
        let signed_by = signer.member.clone();
        let (member, delegate) = match fact.on_behalf_of() {
            Some(unit) => (unit.clone(), Some(signed_by)),
            None => (signed_by, None),
        };
        Self { member, delegate, key_compromised: signer.is_compromised(&origin), fact, origin }
    }
}

/// Which observations are asked for.
#[derive(Clone, Debug)]
pub struct Selection<'a> {
    /// The indicator.
    pub indicator: &'a Code,
    /// The area; `None` for all.
    pub area: Option<&'a Code>,
    /// Every vintage, instead of those that stand.
    pub history: bool,
    /// The most observations that the caller can take: a cell may have millions of vintages.
    pub limit: usize,
}

/// Where an observation stands.
pub(crate) struct Cell<'a> {
    pub(crate) indicator: &'a Code,
    pub(crate) area: &'a Code,
    pub(crate) period: Period,
}

/// The newest vintage of a cell; it may be a retraction.
pub(crate) fn newest(rows: &dyn Rows, of: &Cell<'_>, as_of: AsOf) -> Result<Option<Row<ObservationFact>>, ViewError> {
    row::last(rows, &cell(of.indicator, of.area, of.period), as_of)
}

/// The vintage of a cell that was the newest just before an event; it may be a retraction.
pub(crate) fn before(
    rows: &dyn Rows,
    of: &Cell<'_>,
    event: &Origin,
) -> Result<Option<Row<ObservationFact>>, ViewError> {
    row::before(rows, &cell(of.indicator, of.area, of.period), event)
}

/// The observations of an indicator by area, period and position.
///
/// # Errors
/// `TooMany` beyond the limit; or when the store fails.
pub fn query(tables: &Tables<'_>, select: &Selection<'_>, as_of: AsOf) -> Result<Vec<Observation>, ViewError> {
    let prefix = cells_of(select.indicator, select.area);
    let rows = if select.history {
        row::at_most(&*tables.series, &prefix, select.limit, as_of)?
    } else {
        standing_of_each(&*tables.series, &prefix, select.limit, as_of)?
    };
    let mut members = HashMap::new();
    rows.into_iter().map(|row| named(tables, &mut members, row, as_of)).collect()
}

/// The standing observation of a cell; it may say that the value is missing.
///
/// # Errors
/// When the store fails.
pub fn standing(
    rows: &dyn Rows,
    indicator: &Code,
    area: &Code,
    period: Period,
    as_of: AsOf,
) -> Result<Option<Row<ObservationFact>>, ViewError> {
    let newest = newest(rows, &Cell { indicator, area, period }, as_of)?;
    Ok(newest.filter(|row| !row.fact.is_retraction()))
}

/// The standing observation with a value, shown or withheld, of the greatest period. Seeks twice for each period that it passes; never reads
/// the vintages of a cell one by one.
///
/// # Errors
/// When the store fails.
pub fn latest(
    rows: &dyn Rows,
    indicator: &Code,
    area: &Code,
    as_of: AsOf,
) -> Result<Option<Row<ObservationFact>>, ViewError> {
    let prefix = cells_of(indicator, Some(area));
    let mut upto = key::after_stem(prefix.bytes());
    while let Some((found, _)) = rows.seek_back(prefix.bytes(), &upto)? {
        let (stem, _) = key::split(&found)?;
        let newest = row::last::<ObservationFact>(rows, &Key::from_stem(stem), as_of)?;
        if newest.as_ref().is_some_and(|row| row.fact.has_value()) {
            return Ok(newest);
        }
        upto = stem.to_vec();
    }
    Ok(None)
}

/// The standing observation with a value, shown or withheld, of the smallest period. Reads one row and seeks once for each period that
/// it passes.
///
/// # Errors
/// When the store fails.
pub fn earliest(
    rows: &dyn Rows,
    indicator: &Code,
    area: &Code,
    as_of: AsOf,
) -> Result<Option<Row<ObservationFact>>, ViewError> {
    let mut found = None;
    each_newest(rows, &cells_of(indicator, Some(area)), as_of, |row| {
        found = row.fact.has_value().then_some(row);
        Ok(if found.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    Ok(found)
}

/// The newest vintages of a cell, at most `limit`, from the newest to the oldest.
///
/// # Errors
/// When the store fails.
pub fn vintages(
    rows: &dyn Rows,
    indicator: &Code,
    area: &Code,
    period: Period,
    limit: usize,
    as_of: AsOf,
) -> Result<Vec<Row<ObservationFact>>, ViewError> {
    let stem = cell(indicator, area, period);
    let (mut upto, mut found) = (stem.bound(as_of), Vec::new());
    while found.len() < limit {
        let Some((_, value)) = rows.seek_back(stem.bytes(), &upto)? else { break };
        let row = Row::<ObservationFact>::decode(&value)?;
        upto = key::before(&stem, &row.origin);
        found.push(row);
    }
    Ok(found)
}

fn standing_of_each(
    rows: &dyn Rows,
    prefix: &Key,
    limit: usize,
    as_of: AsOf,
) -> Result<Vec<Row<ObservationFact>>, ViewError> {
    let mut found = Vec::new();
    each_newest(rows, prefix, as_of, |row| {
        if !row.fact.is_retraction() {
            found.push(row);
        }
        if found.len() > limit { Err(ViewError::TooMany(limit)) } else { Ok(ControlFlow::Continue(())) }
    })?;
    Ok(found)
}

/// Visits the newest seen vintage of every cell, by area and period, leaping over the vintages before it.
fn each_newest(
    rows: &dyn Rows,
    prefix: &Key,
    as_of: AsOf,
    mut visit: impl FnMut(Row<ObservationFact>) -> Result<ControlFlow<()>, ViewError>,
) -> Result<(), ViewError> {
    let mut from = prefix.bytes().to_vec();
    while let Some((found, _)) = row::first_from(rows, prefix, &from)? {
        let (stem, _) = key::split(&found)?;
        if let Some(row) = row::last(rows, &Key::from_stem(stem), as_of)?
            && visit(row)?.is_break()
        {
            return Ok(());
        }
        from = key::after_stem(stem);
    }
    Ok(())
}

/// An observation with its unit. A series is reported by few keys, so each one is looked up once.
pub(crate) fn named(
    tables: &Tables<'_>,
    known: &mut HashMap<PublicKey, Signer>,
    row: Row<ObservationFact>,
    as_of: AsOf,
) -> Result<Observation, ViewError> {
    let signer = match known.entry(row.origin.key) {
        Slot::Occupied(slot) => slot.into_mut(),
        Slot::Vacant(slot) => slot.insert(members::signer(&*tables.members, &row.origin.key, as_of)?),
    };
    Ok(Observation::new(row, signer))
}
