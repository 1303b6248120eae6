//! What is behind a number: the events that a board row came from, each with its position, its signer and what it said.

mod summary;
#[cfg(test)]
mod tests;

use hefu_types::{Code, Period};

use crate::board::{self, BoardRow};
use crate::error::ViewError;
use crate::key::AsOf;
use crate::members::{self, MemberFact};
use crate::plan::{self, Indicator};
use crate::row::{Origin, Row};
use crate::series::{self, ObservationFact};
use crate::view::Tables;

/// Vintages of the cell that an explanation names, the standing one included: a cell may have millions.
pub const VINTAGES_MAX: usize = 1_000;

/// What an event contributes to a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EvidenceRole {
    /// It published the plan as it stood.
    Plan,
    /// It defined, revised or retired the indicator.
    Definition,
    /// It set or adjusted a target.
    Target,
    /// It admitted the member that reported, or said something about the key that it reported with.
    Authority,
    /// It reported the value that the line to the targets starts at.
    Baseline,
    /// It reported what stands.
    Value,
    /// It reported or retracted what no longer stands.
    Superseded,
}

/// One event behind a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// What it contributes.
    pub role: EvidenceRole,
    /// Position, kind, time, submission hash and key.
    pub origin: Origin,
    /// The member whose key signed it.
    pub member: Code,
    /// What it says, in a few English words.
    pub summary: String,
}

/// A number and what is behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The board row; for a given period, the row as if that period's observation were the latest.
    pub row: BoardRow,
    /// The events behind it, by position.
    pub evidence: Vec<Evidence>,
    /// Whether every vintage of the cell is named; the oldest are left out beyond [`VINTAGES_MAX`].
    pub complete: bool,
}

/// What is behind a number of the board: the latest of an indicator in an area, or that of a period. `None` when the
/// indicator is not defined.
///
/// # Errors
/// When the store fails, or a row's plan or key is `Missing` at `as_of`.
pub fn value(
    tables: &Tables<'_>,
    indicator: &Code,
    area: &Code,
    period: Option<Period>,
    as_of: AsOf,
) -> Result<Option<Explanation>, ViewError> {
    let Some(found) = plan::indicator(&*tables.plan, indicator, as_of)? else { return Ok(None) };
    let shown = shown(tables, indicator, area, period, as_of)?;
    let cell = period.or_else(|| shown.as_ref().map(|row| row.fact.period()));
    let mut trace = Trace { tables, as_of, found: Vec::new() };
    trace.plan(&found.definition.plan)?;
    trace.definition(indicator)?;
    trace.targets(indicator, area)?;
    if shown.is_some() {
        trace.baseline(&found, area)?;
    }
    let complete = cell.map_or(Ok(true), |period| trace.cell(indicator, area, period))?;
    let row = board::row_with(tables, &found, area, shown, as_of)?;
    Ok(Some(Explanation { row, evidence: trace.sorted(), complete }))
}

fn shown(
    tables: &Tables<'_>,
    indicator: &Code,
    area: &Code,
    period: Option<Period>,
    as_of: AsOf,
) -> Result<Option<Row<ObservationFact>>, ViewError> {
    let Some(period) = period else { return series::latest(&*tables.series, indicator, area, as_of) };
    let standing = series::standing(&*tables.series, indicator, area, period, as_of)?;
    Ok(standing.filter(|row| row.fact.has_value()))
}

/// Collects evidence.
struct Trace<'a> {
    tables: &'a Tables<'a>,
    as_of: AsOf,
    found: Vec<Evidence>,
}

impl Trace<'_> {
    fn add(&mut self, role: EvidenceRole, origin: Origin, summary: String) -> Result<(), ViewError> {
        let member = members::speaker(&*self.tables.members, &origin.key, self.as_of)?;
        self.found.push(Evidence { role, origin, member, summary });
        Ok(())
    }

    fn plan(&mut self, code: &Code) -> Result<(), ViewError> {
        let plan = plan::plan(&*self.tables.plan, code, self.as_of)?;
        plan.map_or(Ok(()), |row| self.add(EvidenceRole::Plan, row.origin, summary::plan(&row.fact)))
    }

    fn definition(&mut self, indicator: &Code) -> Result<(), ViewError> {
        for row in plan::indicator_facts(&*self.tables.plan, indicator, self.as_of)? {
            self.add(EvidenceRole::Definition, row.origin, summary::indicator(&row.fact))?;
        }
        Ok(())
    }

    fn targets(&mut self, indicator: &Code, area: &Code) -> Result<(), ViewError> {
        for row in plan::target_facts(&*self.tables.plan, indicator, area, self.as_of)? {
            self.add(EvidenceRole::Target, row.origin, summary::target(&row.fact))?;
        }
        Ok(())
    }

    fn baseline(&mut self, indicator: &Indicator, area: &Code) -> Result<(), ViewError> {
        let baseline = board::baseline(self.tables, indicator, area, self.as_of)?;
        baseline.map_or(Ok(()), |row| self.observation(EvidenceRole::Baseline, &row))
    }

    /// The vintages of a cell; `false` when the oldest are left out.
    fn cell(&mut self, indicator: &Code, area: &Code, period: Period) -> Result<bool, ViewError> {
        let most = VINTAGES_MAX + 1;
        let vintages = series::vintages(&*self.tables.series, indicator, area, period, most, self.as_of)?;
        for (row, newest) in vintages.iter().take(VINTAGES_MAX).zip([true].into_iter().chain(std::iter::repeat(false)))
        {
            let stands = newest && !row.fact.is_retraction();
            self.observation(if stands { EvidenceRole::Value } else { EvidenceRole::Superseded }, row)?;
        }
        Ok(vintages.len() < most)
    }

    fn observation(&mut self, role: EvidenceRole, row: &Row<ObservationFact>) -> Result<(), ViewError> {
        self.add(role, row.origin, summary::observation(&row.fact))?;
        if role == EvidenceRole::Superseded { Ok(()) } else { self.authority(&row.origin) }
    }

    /// The reporting member's admission, and the life of the key that it reported with.
    fn authority(&mut self, reported: &Origin) -> Result<(), ViewError> {
        let rows = &*self.tables.members;
        let member = members::speaker(rows, &reported.key, self.as_of)?;
        let admitted = |fact: &MemberFact| matches!(fact, MemberFact::Admitted { .. });
        for row in members::member_facts(rows, &member, self.as_of)?.iter().filter(|row| admitted(&row.fact)) {
            self.add(EvidenceRole::Authority, row.origin, summary::admission(&member))?;
        }
        for row in members::key_facts(rows, &reported.key, self.as_of)? {
            self.add(EvidenceRole::Authority, row.origin, summary::key(&reported.key, &row.fact))?;
        }
        Ok(())
    }

    /// By position. What two observations share, such as the admission of their member, stands once.
    fn sorted(mut self) -> Vec<Evidence> {
        self.found
            .sort_by(|a, b| (a.origin.position(), a.role, &a.summary).cmp(&(b.origin.position(), b.role, &b.summary)));
        self.found.dedup();
        self.found
    }
}
