//! What is behind a number: the events that a board row came from, each with its position, its signer and what it said.

mod summary;
#[cfg(test)]
mod tests;

use hefu_types::event::plan::Measure;
use hefu_types::{Code, Period};

use crate::board::{self, BoardRow, Shown, Subject};
use crate::error::ViewError;
use crate::flow;
use crate::key::AsOf;
use crate::members::{self, MemberFact};
use crate::plan;
use crate::rollup::{self, Frame, RolledUp};
use crate::row::{Origin, Row};
use crate::series::{self, ObservationFact};
use crate::view::Tables;

pub(crate) use summary::sign;

/// Vintages of the cell that an explanation names, the standing one included: a cell may have millions.
pub const VINTAGES_MAX: usize = 1_000;

/// What an event contributes to a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EvidenceRole {
    /// It published the plan as it stood.
    Plan,
    /// It defined, revised or retired the indicator.
    Definition,
    /// It set or adjusted a target, or declared the way to it.
    Target,
    /// It admitted the member that reported, or said something about the key that it reported with.
    Authority,
    /// It reported the value that the line to the targets starts at.
    Baseline,
    /// It reported the value, or the weight, of an area that the number is made of; or a flow's amount of another period of a
    /// target's year.
    Part,
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
    let frame = Frame::read(tables, &found.definition.plan, as_of)?;
    let subject = Subject { indicator: &found, frame: frame.as_ref() };
    let shown = shown(tables, subject, area, period, as_of)?;
    let mut trace = Trace { tables, as_of, found: Vec::new() };
    trace.plan(&found.definition.plan)?;
    trace.definition(indicator)?;
    trace.targets(indicator, area)?;
    let cell = match &shown {
        Shown::Observed(row) => Some(row.fact.period()),
        Shown::RolledUp(_) | Shown::Nothing => None,
    };
    trace.shown(subject, area, &shown)?;
    let complete = period.or(cell).map_or(Ok(true), |period| trace.cell(indicator, area, period))?;
    let row = board::row_with(tables, subject, area, shown, as_of)?;
    Ok(Some(Explanation { row, evidence: trace.sorted(), complete }))
}

fn shown(
    tables: &Tables<'_>,
    subject: Subject<'_>,
    area: &Code,
    period: Option<Period>,
    as_of: AsOf,
) -> Result<Shown, ViewError> {
    let indicator = &subject.indicator.definition.indicator;
    let observed = match period {
        None => series::latest(&*tables.series, indicator, area, as_of)?,
        Some(period) => series::standing(&*tables.series, indicator, area, period, as_of)?,
    };
    let observed = observed.filter(|row| row.fact.has_value());
    let rolled_up = match (subject.frame, period) {
        (Some(frame), None) if observed.is_none() => rollup::latest(tables, (subject.indicator, frame), area, as_of)?,
        (Some(frame), Some(period)) if observed.is_none() => {
            rollup::at(tables, (subject.indicator, frame), area, period, as_of)?
        }
        _ => None,
    };
    Ok(Shown::of(observed, rolled_up.filter(|rolled| !rolled.parts.is_empty())))
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
        for row in plan::trajectory_facts(&*self.tables.plan, indicator, area, self.as_of)? {
            self.add(EvidenceRole::Target, row.origin, summary::trajectory(&row.fact))?;
        }
        Ok(())
    }

    /// The baseline of what is shown, and the parts of what areas below amount to. The vintages of an observation are named with
    /// its cell.
    fn shown(&mut self, subject: Subject<'_>, area: &Code, shown: &Shown) -> Result<(), ViewError> {
        match shown {
            Shown::Nothing => return Ok(()),
            Shown::Observed(_) => {}
            Shown::RolledUp(rolled) => self.parts(EvidenceRole::Part, rolled)?,
        }
        if subject.indicator.definition.measure == Measure::Flow {
            return self.amounts(&subject.indicator.definition.indicator, area, shown);
        }
        match board::baseline(self.tables, subject, area, shown, self.as_of)? {
            Shown::Observed(row) => self.observation(EvidenceRole::Baseline, &row),
            Shown::RolledUp(rolled) => self.parts(EvidenceRole::Baseline, &rolled),
            Shown::Nothing => Ok(()),
        }
    }

    /// What else makes the amounts that are held against targets.
    fn amounts(&mut self, indicator: &Code, area: &Code, shown: &Shown) -> Result<(), ViewError> {
        let Shown::Observed(latest) = shown else { return Ok(()) };
        for target in plan::targets(&*self.tables.plan, indicator, area, self.as_of)? {
            let year = (target.year, latest.fact.period());
            let parts = flow::of_year(&*self.tables.series, indicator, area, year, self.as_of)?;
            for row in parts.iter().filter(|row| row.origin != latest.origin) {
                self.observation(EvidenceRole::Part, row)?;
            }
        }
        Ok(())
    }

    fn parts(&mut self, role: EvidenceRole, rolled: &RolledUp) -> Result<(), ViewError> {
        for part in &rolled.parts {
            for row in [Some(&part.observation), part.weight.as_ref()].into_iter().flatten() {
                self.add(role, row.origin, format!("{} in {}", summary::observation(&row.fact), part.area))?;
                self.authority(&row.origin)?;
            }
        }
        Ok(())
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
        if role == EvidenceRole::Superseded {
            return Ok(());
        }
        if let Some(unit) = row.fact.on_behalf_of() {
            self.delegations(unit, &row.origin)?;
        }
        self.authority(&row.origin)
    }

    /// What the unit had let the signer's unit report by then.
    fn delegations(&mut self, unit: &Code, reported: &Origin) -> Result<(), ViewError> {
        let delegate = members::speaker(&*self.tables.members, &reported.key, self.as_of)?;
        for known in members::delegations(&*self.tables.members, Some(unit), self.as_of)? {
            let delegated = &known.delegated;
            if (&delegated.unit, &delegated.delegate) == (unit, &delegate) && known.origin.seq <= reported.seq {
                self.add(EvidenceRole::Authority, known.origin, summary::delegation(delegated))?;
            }
        }
        Ok(())
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
