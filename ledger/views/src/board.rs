//! The board: every indicator and area with its latest value, against its targets.

use std::collections::BTreeMap;

use hefu_types::event::Name;
use hefu_types::event::assurance::Opinion;
use hefu_types::event::plan::Measure;
use hefu_types::{Code, Text};

use crate::assurance;
use crate::error::ViewError;
use crate::flow::{self, Amount};
use crate::key::AsOf;
use crate::line::{self, Point};
use crate::members;
use crate::plan::{self, Indicator, Target};
use crate::progress::{self, Gauge, Progress, Status};
use crate::rollup::{self, Frame, RolledUp};
use crate::row::Row;
use crate::series::{self, Observation, ObservationFact};
use crate::view::Tables;

/// One row of the board: an indicator in an area.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardRow {
    /// The indicator's code.
    pub indicator: Code,
    /// Its name.
    pub name: Name,
    /// The part of the plan.
    pub part: Code,
    /// The area.
    pub area: Code,
    /// The unit of measure.
    pub unit: Text,
    /// The latest observation with a value, shown or withheld; `None` for no report.
    pub latest: Option<Observation>,
    /// Without an observation of its own, the value that the areas below amount to, in the latest period that one of them has a
    /// value of.
    pub rolled_up: Option<RolledUp>,
    /// The targets by year and strength, and how it stands against each.
    pub targets: Vec<Progress>,
    /// What auditors think of the latest observation: the worst of their last opinions.
    pub opinion: Option<Opinion>,
    /// Challenges of any period that have not ended.
    pub open_challenges: usize,
}

/// The board of a plan, or of all plans; of an area, or of all areas; by indicator and area. A retired indicator is off
/// the board, from its retirement on.
///
/// # Errors
/// When the store fails, or a row's plan or key is `Missing` at `as_of`.
pub fn list(
    tables: &Tables<'_>,
    plan: Option<&Code>,
    area: Option<&Code>,
    as_of: AsOf,
) -> Result<Vec<BoardRow>, ViewError> {
    let indicators = plan::indicators(&*tables.plan, plan, as_of)?;
    let (mut frames, mut rows) = (BTreeMap::new(), Vec::new());
    for indicator in indicators.iter().filter(|indicator| !indicator.retired) {
        let plan = &indicator.definition.plan;
        if !frames.contains_key(plan) {
            frames.insert(plan.clone(), Frame::read(tables, plan, as_of)?);
        }
        let subject = Subject { indicator, frame: frames[plan].as_ref() };
        for area in areas_of(indicator).into_iter().filter(|own| area.is_none_or(|area| area == *own)) {
            rows.push(row(tables, subject, area, as_of)?);
        }
    }
    Ok(rows)
}

/// An indicator, retired or not, with its board rows by area; `None` when it is not defined.
///
/// # Errors
/// As for [`list`].
pub fn indicator(
    tables: &Tables<'_>,
    indicator: &Code,
    as_of: AsOf,
) -> Result<Option<(Indicator, Vec<BoardRow>)>, ViewError> {
    let Some(found) = plan::indicator(&*tables.plan, indicator, as_of)? else { return Ok(None) };
    let frame = Frame::read(tables, &found.definition.plan, as_of)?;
    let subject = Subject { indicator: &found, frame: frame.as_ref() };
    let rows = areas_of(&found).into_iter().map(|area| row(tables, subject, area, as_of)).collect::<Result<_, _>>()?;
    Ok(Some((found, rows)))
}

/// An indicator, and what its plan says.
#[derive(Clone, Copy)]
pub(crate) struct Subject<'a> {
    pub(crate) indicator: &'a Indicator,
    /// `None` when the plan was never published.
    pub(crate) frame: Option<&'a Frame>,
}

impl<'a> Subject<'a> {
    /// What numbers need to know of the plan.
    fn frame(self) -> Result<&'a Frame, ViewError> {
        let missing = || ViewError::Missing { what: "plan", name: self.indicator.definition.plan.to_string() };
        self.frame.ok_or_else(missing)
    }
}

/// What a board row shows as the value.
pub(crate) enum Shown {
    /// An observation, which has a value.
    Observed(Row<ObservationFact>),
    /// What the areas below amount to.
    RolledUp(RolledUp),
    /// Nothing.
    Nothing,
}

impl Shown {
    /// An observation of the area itself, or else what the areas below amount to.
    pub(crate) fn of(observed: Option<Row<ObservationFact>>, rolled_up: Option<RolledUp>) -> Self {
        observed.map(Self::Observed).or(rolled_up.map(Self::RolledUp)).unwrap_or(Self::Nothing)
    }

    /// The value that is held against targets; a part of the areas is not.
    fn point(&self) -> Option<Point> {
        match self {
            Self::Observed(row) => point(row),
            Self::RolledUp(rolled) => rolled.complete().map(|value| Point::at_end_of(rolled.period, value)),
            Self::Nothing => None,
        }
    }
}

fn areas_of(indicator: &Indicator) -> Vec<&Code> {
    let mut areas: Vec<&Code> = indicator.definition.areas.iter().collect();
    areas.sort_unstable();
    areas
}

fn row(tables: &Tables<'_>, subject: Subject<'_>, area: &Code, as_of: AsOf) -> Result<BoardRow, ViewError> {
    let latest = series::latest(&*tables.series, &subject.indicator.definition.indicator, area, as_of)?;
    let rolled_up = match subject.frame {
        Some(frame) if latest.is_none() => rollup::latest(tables, (subject.indicator, frame), area, as_of)?,
        _ => None,
    };
    row_with(tables, subject, area, Shown::of(latest, rolled_up), as_of)
}

/// The board row that shows this as the latest value.
pub(crate) fn row_with(
    tables: &Tables<'_>,
    subject: Subject<'_>,
    area: &Code,
    shown: Shown,
    as_of: AsOf,
) -> Result<BoardRow, ViewError> {
    let definition = &subject.indicator.definition;
    let targets = progress_of(tables, subject, area, &shown, as_of)?;
    let signed = |row: Row<ObservationFact>| {
        let signer = members::signer(&*tables.members, &row.origin.key, as_of)?;
        Ok::<_, ViewError>(Observation::new(row, &signer))
    };
    let (latest, rolled_up) = match shown {
        Shown::Observed(row) => (Some(signed(row)?), None),
        Shown::RolledUp(rolled) => (None, Some(rolled)),
        Shown::Nothing => (None, None),
    };
    let opinion = latest.as_ref().map(|latest| assurance::opinion_of(tables, latest, as_of)).transpose()?.flatten();
    Ok(BoardRow {
        indicator: definition.indicator.clone(),
        name: definition.name.clone(),
        part: definition.part.clone(),
        area: area.clone(),
        unit: definition.unit.clone(),
        targets,
        latest,
        rolled_up,
        opinion,
        open_challenges: assurance::count_open(tables, &definition.indicator, area, as_of)?,
    })
}

fn progress_of(
    tables: &Tables<'_>,
    subject: Subject<'_>,
    area: &Code,
    shown: &Shown,
    as_of: AsOf,
) -> Result<Vec<Progress>, ViewError> {
    let definition = &subject.indicator.definition;
    let gauge = Gauge { direction: definition.direction, decimals: definition.decimals };
    let targets = plan::targets(&*tables.plan, &definition.indicator, area, as_of)?;
    if matches!(shown, Shown::Observed(row) if row.fact.is_withheld()) {
        let progress = |target| progress::progress(gauge, target, None, None);
        return Ok(targets
            .into_iter()
            .map(|target| Progress { status: Status::Withheld, ..progress(target) })
            .collect());
    }
    if definition.measure == Measure::Flow {
        let of_flow = |target: Target| {
            let amount = amount_of(tables, &definition.indicator, area, shown, target.year, as_of)?;
            Ok(progress::of_flow(gauge, target, amount))
        };
        return targets.into_iter().map(of_flow).collect();
    }
    let now = shown.point();
    if now.is_none() || targets.is_empty() {
        return Ok(targets.into_iter().map(|target| progress::progress(gauge, target, now, None)).collect());
    }
    let baseline = baseline(tables, subject, area, shown, as_of)?;
    if matches!(&baseline, Shown::Observed(row) if row.fact.is_withheld()) {
        // Where the way begins is not shown, so neither is how far it has come; but for whoever has arrived.
        let told = |progress: Progress| match progress.status {
            Status::Met => progress,
            _ => Progress { status: Status::Withheld, ..progress },
        };
        return Ok(targets.into_iter().map(|target| told(progress::progress(gauge, target, now, None))).collect());
    }
    let start = progress::line_start(gauge.direction, subject.frame()?.first_day, baseline.point());
    Ok(targets.into_iter().map(|target| progress::progress(gauge, target, now, start)).collect())
}

/// The amount of a year up to what is shown: what was observed from the year's first day on; or what areas below amount to in a
/// period that begins on it.
fn amount_of(
    tables: &Tables<'_>,
    indicator: &Code,
    area: &Code,
    shown: &Shown,
    year: u32,
    as_of: AsOf,
) -> Result<Option<Amount>, ViewError> {
    Ok(match shown {
        Shown::Nothing => None,
        Shown::Observed(row) => {
            let year = (year, row.fact.period());
            flow::amount(&flow::of_year(&*tables.series, indicator, area, year, as_of)?)
        }
        Shown::RolledUp(rolled) => {
            let (first, month, day) = rolled.period.first_day();
            let value = rolled.complete().filter(|_| (u32::from(first), month, day) == (year, 1, 1));
            value.map(|value| Amount { value, until: rolled.period })
        }
    })
}

/// What trajectories start at: the earliest standing observation with a value, shown or withheld, whose period ended by the plan's first day;
/// without one, for a value that areas below amount to, the earliest that they amounted to.
pub(crate) fn baseline(
    tables: &Tables<'_>,
    subject: Subject<'_>,
    area: &Code,
    shown: &Shown,
    as_of: AsOf,
) -> Result<Shown, ViewError> {
    let frame = subject.frame()?;
    let earliest = series::earliest(&*tables.series, &subject.indicator.definition.indicator, area, as_of)?;
    let observed = earliest.filter(|row| line::last_day(row.fact.period()) <= frame.first_day);
    let rolled_up = match shown {
        Shown::RolledUp(_) if observed.is_none() => rollup::baseline(tables, (subject.indicator, frame), area, as_of)?,
        _ => None,
    };
    Ok(Shown::of(observed, rolled_up))
}

fn point(row: &Row<ObservationFact>) -> Option<Point> {
    row.fact.value().map(|value| Point::at_end_of(row.fact.period(), value))
}

#[cfg(test)]
mod tests;
