//! What was planned: plans, tasks, milestones, indicators and targets.
//!
//! | table | key before the vintage | row |
//! |---|---|---|
//! | 1 | plan, 0 | `PlanPublished`: the newest is the plan |
//! | 2 | plan, 0, task, 0 | `TaskDefined` |
//! | 3 | plan, 0, milestone, 0 | `MilestoneSet` |
//! | 4 | indicator, 0 | [`IndicatorFact`] |
//! | 5 | indicator, 0, area, 0, year (u32), strength (u8) | [`TargetFact`] |
//! | 6 | indicator, 0, area, 0, year (u32), strength (u8) | `TrajectoryDeclared`: the newest counts |

mod query;
#[cfg(test)]
mod tests;

use hefu_types::event::plan::{
    IndicatorDefined, IndicatorRetired, IndicatorRevised, PlanPublished, Strength, TargetAdjusted, TargetSet,
    TrajectoryDeclared,
};
use hefu_types::{Code, Event};
use serde::{Deserialize, Serialize};

pub use query::{
    Indicator, Original, Target, indicator, indicator_facts, indicators, milestones, plan, plans, target_facts,
    targets, tasks, trajectory_facts,
};

use crate::error::ViewError;
use crate::key::Key;
use crate::row::{self, Origin, Row, RowWriter};
use crate::store::{Rows, ViewId};
use crate::view::View;

const PLANS: u8 = 1;
const TASKS: u8 = 2;
const MILESTONES: u8 = 3;
const INDICATORS: u8 = 4;
const TARGETS: u8 = 5;
const TRAJECTORIES: u8 = 6;

/// What was said about an indicator. The order of the variants is part of the view's version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum IndicatorFact {
    /// It was defined.
    Defined(IndicatorDefined),
    /// Its definition was replaced.
    Revised(IndicatorRevised),
    /// It was retired.
    Retired(IndicatorRetired),
}

impl IndicatorFact {
    /// The definition that it gives, if it gives one.
    #[must_use]
    pub const fn definition(&self) -> Option<&IndicatorDefined> {
        match self {
            Self::Defined(definition) => Some(definition),
            Self::Revised(revision) => Some(&revision.definition),
            Self::Retired(_) => None,
        }
    }
}

/// What was said about a target. The order of the variants is part of the view's version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TargetFact {
    /// It was set.
    Set(TargetSet),
    /// It was adjusted.
    Adjusted(TargetAdjusted),
}

/// The view of what was planned.
#[derive(Clone, Copy, Debug)]
pub struct PlanView;

impl View for PlanView {
    fn id(&self) -> ViewId {
        ViewId { name: "plan", version: 2 }
    }

    fn apply(&self, event: &Event, rows: &mut RowWriter<'_>) -> Result<(), ViewError> {
        match event {
            Event::PlanPublished(e) => rows.put(plan_stem(&e.plan), e),
            Event::TaskDefined(e) => rows.put(of_plan(TASKS, &e.plan).code(&e.task), e),
            Event::MilestoneSet(e) => rows.put(of_plan(MILESTONES, &e.plan).code(&e.milestone), e),
            Event::IndicatorDefined(e) => rows.put(indicator_stem(&e.indicator), IndicatorFact::Defined((**e).clone())),
            Event::IndicatorRevised(e) => {
                rows.put(indicator_stem(&e.definition.indicator), IndicatorFact::Revised((**e).clone()))
            }
            Event::IndicatorRetired(e) => rows.put(indicator_stem(&e.indicator), IndicatorFact::Retired((**e).clone())),
            Event::TargetSet(e) => {
                rows.put(target_stem(&e.indicator, &e.area, e.year, e.strength), TargetFact::Set((**e).clone()))
            }
            Event::TargetAdjusted(e) => {
                rows.put(target_stem(&e.indicator, &e.area, e.year, e.strength), TargetFact::Adjusted((**e).clone()))
            }
            Event::TrajectoryDeclared(e) => rows.put(trajectory_stem(e), e),
            _ => Ok(()),
        }
    }
}

/// What was said of a plan before an event.
pub(crate) fn plan_before(
    rows: &dyn Rows,
    plan: &Code,
    event: &Origin,
) -> Result<Option<Row<PlanPublished>>, ViewError> {
    row::before(rows, &plan_stem(plan), event)
}

/// What was said of an indicator before an event.
pub(crate) fn indicator_before(
    rows: &dyn Rows,
    indicator: &Code,
    event: &Origin,
) -> Result<Option<Row<IndicatorFact>>, ViewError> {
    row::before(rows, &indicator_stem(indicator), event)
}

/// What was said of a target before an event.
pub(crate) fn target_before(
    rows: &dyn Rows,
    to: &TargetAdjusted,
    event: &Origin,
) -> Result<Option<Row<TargetFact>>, ViewError> {
    row::before(rows, &target_stem(&to.indicator, &to.area, to.year, to.strength), event)
}

/// The trajectory that was declared just before an event.
pub(crate) fn trajectory_before(
    rows: &dyn Rows,
    to: &TrajectoryDeclared,
    event: &Origin,
) -> Result<Option<Row<TrajectoryDeclared>>, ViewError> {
    row::before(rows, &trajectory_stem(to), event)
}

fn plan_stem(plan: &Code) -> Key {
    of_plan(PLANS, plan)
}

fn of_plan(table: u8, plan: &Code) -> Key {
    Key::table(table).code(plan)
}

fn indicator_stem(indicator: &Code) -> Key {
    Key::table(INDICATORS).code(indicator)
}

fn targets_of(indicator: &Code, area: &Code) -> Key {
    of_area(TARGETS, indicator, area)
}

fn of_area(table: u8, indicator: &Code, area: &Code) -> Key {
    Key::table(table).code(indicator).code(area)
}

fn target_stem(indicator: &Code, area: &Code, year: u32, strength: Strength) -> Key {
    of_target(targets_of(indicator, area), year, strength)
}

fn trajectory_stem(e: &TrajectoryDeclared) -> Key {
    of_target(of_area(TRAJECTORIES, &e.indicator, &e.area), e.year, e.strength)
}

fn of_target(area: Key, year: u32, strength: Strength) -> Key {
    area.fixed(&year.to_be_bytes()).fixed(&[strength as u8])
}
