use std::collections::{BTreeMap, BTreeSet, HashMap};

use hefu_types::event::cycle::{LockExceptionGranted, ReportingCycleOpened};
use hefu_types::report::{ReportStatus, Reported, Step, Times, content_hash};
use hefu_types::{Code, ContentHash, Millis, PublicKey, Text};

use super::{CYCLES, EXCEPTIONS, StepFact, of_cycle, steps_of};
use crate::error::ViewError;
use crate::key::{AsOf, Key};
use crate::members::{self, Enrolment, Signer};
use crate::plan;
use crate::row::{self, Origin, Row};
use crate::series::{self, Observation};
use crate::view::Tables;

/// A cycle and the exceptions from its lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cycle {
    /// What was opened.
    pub opened: ReportingCycleOpened,
    /// Where that came from.
    pub origin: Origin,
    /// The exceptions, from the oldest to the newest.
    pub exceptions: Vec<Row<LockExceptionGranted>>,
}

/// A step, and who took it when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepTaken {
    /// The step.
    pub fact: StepFact,
    /// The member whose key signed it.
    pub member: Code,
    /// The holder of that key.
    pub holder: Text,
    /// Whether the key was revoked as compromised since before that.
    pub key_compromised: bool,
    /// Where it came from.
    pub origin: Origin,
}

/// A cell of a report that is not what it was when the report was last said to be so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What stood then, if anything did.
    pub before: Option<Observation>,
    /// What stands now, if anything does.
    pub now: Option<Observation>,
}

/// A unit's report in a cycle, as it stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The cycle.
    pub cycle: Code,
    /// The unit.
    pub unit: Code,
    /// The cycle's times.
    pub times: Times,
    /// The latest end of the exceptions that cover the unit.
    pub exception: Option<Millis>,
    /// The state at the time that was asked about.
    pub status: ReportStatus,
    /// The hash of what it says; `None` when it says nothing.
    pub content: Option<ContentHash>,
    /// What it says, by indicator and area.
    pub observations: Vec<Observation>,
    /// Cells of the cycle that the unit may report and nobody has, by indicator and area.
    pub missing: Vec<(Code, Code)>,
    /// The steps, from the oldest to the newest.
    pub steps: Vec<StepTaken>,
    /// Of a stale report: what changed since its last step.
    pub changes: Vec<Change>,
}

impl Report {
    /// When the unit first said that the report is complete.
    #[must_use]
    pub fn completed_at(&self) -> Option<Millis> {
        self.steps.iter().find(|taken| taken.fact.completes()).map(|taken| taken.origin.recorded_at)
    }

    /// Whether it counts as reported: said to be complete, and neither returned nor changed since.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        matches!(
            self.status,
            ReportStatus::Submitted | ReportStatus::Approved | ReportStatus::Accepted | ReportStatus::Nil
        )
    }

    /// Whether the unit first said so before it was due.
    #[must_use]
    pub fn is_on_time(&self) -> bool {
        self.completed_at().is_some_and(|at| at < self.times.due_at)
    }
}

/// Which reports are asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Selection<'a> {
    /// The plan; `None` for all.
    pub plan: Option<&'a Code>,
    /// The cycle; `None` for all.
    pub cycle: Option<&'a Code>,
    /// The unit; `None` for all.
    pub unit: Option<&'a Code>,
}

/// The cycles of a plan, or of all plans, by code.
///
/// # Errors
/// When the store fails.
pub fn cycles(tables: &Tables<'_>, plan: Option<&Code>, as_of: AsOf) -> Result<Vec<Cycle>, ViewError> {
    let rows: Vec<Row<ReportingCycleOpened>> = row::all(&*tables.reports, &Key::table(CYCLES), as_of)?;
    let of_plan = rows.into_iter().filter(|row| plan.is_none_or(|plan| row.fact.plan == *plan));
    of_plan.map(|row| with_exceptions(tables, row, as_of)).collect()
}

/// A cycle by its code.
///
/// # Errors
/// When the store fails.
pub fn cycle(tables: &Tables<'_>, cycle: &Code, as_of: AsOf) -> Result<Option<Cycle>, ViewError> {
    let row = row::last(&*tables.reports, &of_cycle(CYCLES, cycle), as_of)?;
    row.map(|row| with_exceptions(tables, row, as_of)).transpose()
}

fn with_exceptions(
    tables: &Tables<'_>,
    Row { origin, fact: opened }: Row<ReportingCycleOpened>,
    as_of: AsOf,
) -> Result<Cycle, ViewError> {
    let exceptions = row::all(&*tables.reports, &of_cycle(EXCEPTIONS, &opened.cycle), as_of)?;
    Ok(Cycle { opened, origin, exceptions })
}

/// The reports of a selection at a time, by cycle and unit.
///
/// # Errors
/// When the store fails, or a row's plan or key is `Missing` at `as_of`.
pub fn list(tables: &Tables<'_>, select: &Selection<'_>, now: Millis, as_of: AsOf) -> Result<Vec<Report>, ViewError> {
    let cycles = match select.cycle {
        Some(code) => cycle(tables, code, as_of)?.into_iter().collect(),
        None => cycles(tables, select.plan, as_of)?,
    };
    let mut found = Vec::new();
    for cycle in cycles.iter().filter(|cycle| select.plan.is_none_or(|plan| cycle.opened.plan == *plan)) {
        found.extend(reports_of(tables, cycle, select.unit, now, as_of)?);
    }
    Ok(found)
}

/// The reports of a cycle, or a unit's one, at a time, by unit.
///
/// # Errors
/// As for [`list`].
pub fn reports_of(
    tables: &Tables<'_>,
    cycle: &Cycle,
    unit: Option<&Code>,
    now: Millis,
    as_of: AsOf,
) -> Result<Vec<Report>, ViewError> {
    let cells = Cells::of(tables, &cycle.opened, as_of)?;
    let mut filed = cells.filed(tables, as_of, |cell| series::newest(&*tables.series, cell, as_of))?;
    let cell_of = |o: &Observation| (o.fact.indicator().clone(), o.fact.area().clone());
    let standing: BTreeSet<(Code, Code)> = filed.values().flatten().map(cell_of).collect();
    let mut units: Vec<&Code> = cycle.opened.units.iter().filter(|own| unit.is_none_or(|unit| unit == *own)).collect();
    units.sort_unstable();
    let report = |unit: &Code| {
        let observations = filed.remove(unit).unwrap_or_default();
        let content = hash(&cycle.opened.cycle, unit, &observations);
        let times = Times::from(&cycle.opened);
        let exception = exception_for(cycle, unit);
        let steps = steps(tables, &cycle.opened.cycle, unit, as_of)?;
        let last = steps.last();
        let step = last.map_or(Step::Silent, |taken| taken.fact.step());
        let status = ReportStatus::of(step, content, &times, exception, now);
        let changes = match last {
            Some(last) if status == ReportStatus::Stale => {
                cells.changes(tables, unit, &last.origin, &observations, as_of)?
            }
            _ => vec![],
        };
        let missing = cells.missing(unit, &standing);
        let (cycle, unit) = (cycle.opened.cycle.clone(), unit.clone());
        Ok(Report { cycle, unit, times, exception, status, content, observations, missing, steps, changes })
    };
    units.into_iter().map(report).collect()
}

fn exception_for(cycle: &Cycle, unit: &Code) -> Option<Millis> {
    let covers = |granted: &LockExceptionGranted| granted.units.is_empty() || granted.units.contains(unit);
    cycle.exceptions.iter().filter(|row| covers(&row.fact)).map(|row| row.fact.expires_at).max()
}

fn hash(cycle: &Code, unit: &Code, observations: &[Observation]) -> Option<ContentHash> {
    let reported = observations.iter().map(|observation| Reported {
        indicator: observation.fact.indicator(),
        area: observation.fact.area(),
        submission_hash: observation.origin.submission_hash,
        index: observation.origin.event_index,
    });
    content_hash(cycle, unit, reported.collect())
}

fn steps(tables: &Tables<'_>, cycle: &Code, unit: &Code, as_of: AsOf) -> Result<Vec<StepTaken>, ViewError> {
    let rows = row::all(&*tables.reports, &steps_of(cycle, unit), as_of)?;
    let taken = |Row { origin, fact }: Row<StepFact>| {
        let Enrolment { member, holder, .. } = members::enrolment(&*tables.members, &origin.key, as_of)?;
        let key_compromised = members::signer(&*tables.members, &origin.key, as_of)?.is_compromised(&origin);
        Ok(StepTaken { fact, member, holder, key_compromised, origin })
    };
    rows.into_iter().map(taken).collect()
}

/// The cells that a cycle asks for, by indicator and area.
struct Cells<'a> {
    cycle: &'a ReportingCycleOpened,
    cells: Vec<(Code, Code)>,
    /// Cells that may be reported now, with who may.
    asked: Vec<(Code, Code, Vec<Code>)>,
}

/// Observations by indicator and area.
type ByCell<'a> = BTreeMap<(&'a Code, &'a Code), &'a Observation>;

fn by_cell(observations: &[Observation]) -> ByCell<'_> {
    observations.iter().map(|o| ((o.fact.indicator(), o.fact.area()), o)).collect()
}

/// Observations by unit; of each, by indicator and area.
type Filed = BTreeMap<Code, Vec<Observation>>;

impl<'a> Cells<'a> {
    /// A plan never loses an area, though an indicator may: what was observed there still stands.
    fn of(tables: &Tables<'_>, cycle: &'a ReportingCycleOpened, as_of: AsOf) -> Result<Self, ViewError> {
        let missing = |what, name: &Code| ViewError::Missing { what, name: name.to_string() };
        let plan = plan::plan(&*tables.plan, &cycle.plan, as_of)?.ok_or_else(|| missing("plan", &cycle.plan))?.fact;
        let mut areas: Vec<&Code> = plan.areas.iter().map(|area| &area.code).collect();
        areas.sort_unstable();
        let mut indicators: Vec<&Code> = cycle.indicators.iter().collect();
        indicators.sort_unstable();
        let (mut cells, mut asked) = (vec![], vec![]);
        for code in indicators {
            let known = plan::indicator(&*tables.plan, code, as_of)?.ok_or_else(|| missing("indicator", code))?;
            for area in &areas {
                cells.push((code.clone(), (*area).clone()));
                if !known.retired && known.definition.areas.contains(area) {
                    asked.push((code.clone(), (*area).clone(), known.definition.reporting_units.clone()));
                }
            }
        }
        Ok(Self { cycle, cells, asked })
    }

    /// What `find` finds in the cells, by the unit that said it.
    fn filed(
        &self,
        tables: &Tables<'_>,
        as_of: AsOf,
        find: impl Fn(&series::Cell<'_>) -> Result<Option<Row<series::ObservationFact>>, ViewError>,
    ) -> Result<Filed, ViewError> {
        let (mut filed, mut members) = (Filed::new(), HashMap::<PublicKey, Signer>::new());
        for (indicator, area) in &self.cells {
            let cell = series::Cell { indicator, area, period: self.cycle.period };
            let Some(row) = find(&cell)?.filter(|row| !row.fact.is_retraction()) else { continue };
            let observation = series::named(tables, &mut members, row, as_of)?;
            filed.entry(observation.member.clone()).or_default().push(observation);
        }
        Ok(filed)
    }

    /// What of a unit's report is not as it was just before an event.
    fn changes(
        &self,
        tables: &Tables<'_>,
        unit: &Code,
        event: &Origin,
        now: &[Observation],
        as_of: AsOf,
    ) -> Result<Vec<Change>, ViewError> {
        let mut filed = self.filed(tables, as_of, |cell| series::before(&*tables.series, cell, event))?;
        let before = filed.remove(unit).unwrap_or_default();
        let (before, now) = (by_cell(&before), by_cell(now));
        let in_cell = |observations: &ByCell<'_>, (indicator, area): &(Code, Code)| {
            observations.get(&(indicator, area)).map(|observation| (*observation).clone())
        };
        let change = |cell| Change { before: in_cell(&before, cell), now: in_cell(&now, cell) };
        Ok(self.cells.iter().map(change).filter(|change| change.before != change.now).collect())
    }

    /// What the unit may report, and nobody has.
    fn missing(&self, unit: &Code, standing: &BTreeSet<(Code, Code)>) -> Vec<(Code, Code)> {
        let stands = |indicator: &Code, area: &Code| standing.contains(&(indicator.clone(), area.clone()));
        let open =
            self.asked.iter().filter(|(indicator, area, units)| units.contains(unit) && !stands(indicator, area));
        open.map(|(indicator, area, _)| (indicator.clone(), area.clone())).collect()
    }
}
