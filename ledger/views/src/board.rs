//! The board: every indicator and area with its latest value, against its targets.

use hefu_types::event::Name;
use hefu_types::event::assurance::Opinion;
use hefu_types::{Code, Text};

use crate::assurance;
use crate::error::ViewError;
use crate::key::AsOf;
use crate::members;
use crate::plan::{self, Indicator};
use crate::progress::{self, Point, Progress, Status};
use crate::row::Row;
use crate::series::{self, Observation, ObservationFact};
use crate::store::Rows;
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
    let mut rows = Vec::new();
    for indicator in indicators.iter().filter(|indicator| !indicator.retired) {
        for area in areas_of(indicator).into_iter().filter(|own| area.is_none_or(|area| area == *own)) {
            rows.push(row(tables, indicator, area, as_of)?);
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
    let rows = areas_of(&found).into_iter().map(|area| row(tables, &found, area, as_of)).collect::<Result<_, _>>()?;
    Ok(Some((found, rows)))
}

fn areas_of(indicator: &Indicator) -> Vec<&Code> {
    let mut areas: Vec<&Code> = indicator.definition.areas.iter().collect();
    areas.sort_unstable();
    areas
}

fn row(tables: &Tables<'_>, indicator: &Indicator, area: &Code, as_of: AsOf) -> Result<BoardRow, ViewError> {
    let latest = series::latest(&*tables.series, &indicator.definition.indicator, area, as_of)?;
    row_with(tables, indicator, area, latest, as_of)
}

/// The board row that shows this observation as the latest; it must have a value.
pub(crate) fn row_with(
    tables: &Tables<'_>,
    indicator: &Indicator,
    area: &Code,
    latest: Option<Row<ObservationFact>>,
    as_of: AsOf,
) -> Result<BoardRow, ViewError> {
    let definition = &indicator.definition;
    let targets = progress_of(tables, indicator, area, latest.as_ref(), as_of)?;
    let latest = latest.map(|row| observation(&*tables.members, row, as_of)).transpose()?;
    let opinion = latest.as_ref().map(|latest| assurance::opinion_of(tables, latest, as_of)).transpose()?.flatten();
    Ok(BoardRow {
        indicator: definition.indicator.clone(),
        name: definition.name.clone(),
        part: definition.part.clone(),
        area: area.clone(),
        unit: definition.unit.clone(),
        targets,
        latest,
        opinion,
        open_challenges: assurance::count_open(tables, &definition.indicator, area, as_of)?,
    })
}

fn progress_of(
    tables: &Tables<'_>,
    indicator: &Indicator,
    area: &Code,
    latest: Option<&Row<ObservationFact>>,
    as_of: AsOf,
) -> Result<Vec<Progress>, ViewError> {
    let direction = indicator.definition.direction;
    let targets = plan::targets(&*tables.plan, &indicator.definition.indicator, area, as_of)?;
    let now = latest.and_then(point);
    let start = match now {
        Some(_) if !targets.is_empty() => {
            let first_day = first_day(&*tables.plan, indicator, as_of)?;
            let baseline = baseline(tables, indicator, area, as_of)?;
            progress::line_start(direction, first_day, baseline.as_ref().and_then(point))
        }
        _ => None,
    };
    let withheld = latest.is_some_and(|row| row.fact.is_withheld());
    let shown = |progress| if withheld { Progress { status: Status::Withheld, ..progress } } else { progress };
    Ok(targets.into_iter().map(|target| shown(progress::progress(direction, target, now, start))).collect())
}

/// The earliest standing observation with a value that is shown, whose period ended by the plan's first day.
pub(crate) fn baseline(
    tables: &Tables<'_>,
    indicator: &Indicator,
    area: &Code,
    as_of: AsOf,
) -> Result<Option<Row<ObservationFact>>, ViewError> {
    let first_day = first_day(&*tables.plan, indicator, as_of)?;
    let earliest = series::earliest(&*tables.series, &indicator.definition.indicator, area, as_of)?;
    Ok(earliest.filter(|row| point(row).is_some_and(|point| point.day <= first_day)))
}

fn first_day(rows: &dyn Rows, indicator: &Indicator, as_of: AsOf) -> Result<i64, ViewError> {
    let code = &indicator.definition.plan;
    let plan = plan::plan(rows, code, as_of)?;
    let missing = || ViewError::Missing { what: "plan", name: code.to_string() };
    Ok(progress::first_day_of(plan.ok_or_else(missing)?.fact.first_year))
}

fn point(row: &Row<ObservationFact>) -> Option<Point> {
    row.fact.value().map(|value| Point::at_end_of(row.fact.period(), value))
}

fn observation(
    members: &dyn Rows,
    Row { origin, fact }: Row<ObservationFact>,
    as_of: AsOf,
) -> Result<Observation, ViewError> {
    let member = members::speaker(members, &origin.key, as_of)?;
    Ok(Observation { fact, member, origin })
}

#[cfg(test)]
mod tests;
