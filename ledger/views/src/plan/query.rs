use hefu_types::event::Provenance;
use hefu_types::event::plan::{
    Comparator, IndicatorDefined, MilestoneSet, PlanPublished, Strength, TargetAdjusted, TargetSet, TaskDefined,
    TrajectoryDeclared,
};
use hefu_types::{Code, Decimal, Text};

use super::{
    INDICATORS, IndicatorFact, MILESTONES, PLANS, TASKS, TRAJECTORIES, TargetFact, indicator_stem, of_area, of_plan,
    plan_stem, targets_of,
};
use crate::error::ViewError;
use crate::key::{AsOf, Key};
use crate::row::{self, Origin, Row};
use crate::store::Rows;

/// An indicator as it stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Indicator {
    /// Its definition.
    pub definition: IndicatorDefined,
    /// Whether it is retired.
    pub retired: bool,
    /// Where the definition came from.
    pub origin: Origin,
}

/// A target as it stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// By the end of which year.
    pub year: u32,
    /// How firmly it was promised.
    pub strength: Strength,
    /// How a value is compared with it.
    pub comparator: Comparator,
    /// The value, in the indicator's unit.
    pub value: Decimal,
    /// What it was when it was set; `None` when it was never adjusted.
    pub original: Option<Original>,
    /// Why it was last adjusted; empty when it never was.
    pub reason: Text,
    /// Where the original stands.
    pub provenance: Option<Provenance>,
    /// The declared way to it, as it was last declared.
    pub trajectory: Option<Row<TrajectoryDeclared>>,
    /// Where it came from: the setting, or the newest adjustment.
    pub origin: Origin,
}

/// What an adjusted target was when it was set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Original {
    /// How a value was compared with it.
    pub comparator: Comparator,
    /// The value, in the indicator's unit.
    pub value: Decimal,
    /// Where it came from.
    pub origin: Origin,
}

impl Target {
    fn set(set: TargetSet, origin: Origin) -> Self {
        let TargetSet { year, strength, comparator, value, provenance, .. } = set;
        let (original, reason, trajectory) = (None, Text::default(), None);
        Self { year, strength, comparator, value, original, reason, provenance, trajectory, origin }
    }

    fn adjust(&mut self, to: TargetAdjusted, origin: Origin) {
        let before = Original { comparator: self.comparator, value: self.value, origin: self.origin };
        self.original.get_or_insert(before);
        (self.comparator, self.value, self.reason, self.origin) = (to.comparator, to.value, to.reason, origin);
    }
}

/// The plans, by code.
///
/// # Errors
/// When the store fails.
pub fn plans(rows: &dyn Rows, as_of: AsOf) -> Result<Vec<Row<PlanPublished>>, ViewError> {
    row::last_of_each(rows, &Key::table(PLANS), as_of)
}

/// A plan as it was last published.
///
/// # Errors
/// When the store fails.
pub fn plan(rows: &dyn Rows, plan: &Code, as_of: AsOf) -> Result<Option<Row<PlanPublished>>, ViewError> {
    row::last(rows, &plan_stem(plan), as_of)
}

/// The tasks of a plan, by code.
///
/// # Errors
/// When the store fails.
pub fn tasks(rows: &dyn Rows, plan: &Code, as_of: AsOf) -> Result<Vec<Row<TaskDefined>>, ViewError> {
    row::last_of_each(rows, &of_plan(TASKS, plan), as_of)
}

/// The milestones of a plan, by code.
///
/// # Errors
/// When the store fails.
pub fn milestones(rows: &dyn Rows, plan: &Code, as_of: AsOf) -> Result<Vec<Row<MilestoneSet>>, ViewError> {
    row::last_of_each(rows, &of_plan(MILESTONES, plan), as_of)
}

/// The indicators of a plan, or of all plans, by code; retired ones too.
///
/// # Errors
/// When the store fails.
pub fn indicators(rows: &dyn Rows, plan: Option<&Code>, as_of: AsOf) -> Result<Vec<Indicator>, ViewError> {
    let mut found: Vec<Indicator> = Vec::new();
    for row in row::all::<IndicatorFact>(rows, &Key::table(INDICATORS), as_of)? {
        add(&mut found, row);
    }
    found.retain(|indicator| plan.is_none_or(|plan| indicator.definition.plan == *plan));
    Ok(found)
}

/// An indicator by its code.
///
/// # Errors
/// When the store fails.
pub fn indicator(rows: &dyn Rows, indicator: &Code, as_of: AsOf) -> Result<Option<Indicator>, ViewError> {
    let mut found = Vec::new();
    for row in indicator_facts(rows, indicator, as_of)? {
        add(&mut found, row);
    }
    Ok(found.pop())
}

/// Everything that was said about an indicator, from the oldest to the newest.
///
/// # Errors
/// When the store fails.
pub fn indicator_facts(rows: &dyn Rows, indicator: &Code, as_of: AsOf) -> Result<Vec<Row<IndicatorFact>>, ViewError> {
    row::all(rows, &indicator_stem(indicator), as_of)
}

/// Facts come by indicator and, within one, from the oldest to the newest, which is the definition.
fn add(found: &mut Vec<Indicator>, Row { origin, fact }: Row<IndicatorFact>) {
    match (fact, found.last_mut()) {
        (IndicatorFact::Defined(definition), _) => found.push(Indicator { definition, retired: false, origin }),
        (IndicatorFact::Revised(to), Some(last)) => (last.definition, last.origin) = (to.definition, origin),
        (IndicatorFact::Retired(_), Some(last)) => last.retired = true,
        (_, None) => {}
    }
}

/// The targets of an indicator in an area, by year and strength.
///
/// # Errors
/// When the store fails.
pub fn targets(rows: &dyn Rows, indicator: &Code, area: &Code, as_of: AsOf) -> Result<Vec<Target>, ViewError> {
    let mut found: Vec<Target> = Vec::new();
    // Facts come by target and, within one, from the oldest to the newest, which is the setting.
    for Row { origin, fact } in target_facts(rows, indicator, area, as_of)? {
        match (fact, found.last_mut()) {
            (TargetFact::Set(set), _) => found.push(Target::set(set, origin)),
            (TargetFact::Adjusted(to), Some(last)) => last.adjust(to, origin),
            (TargetFact::Adjusted(_), None) => {}
        }
    }
    if !found.is_empty() {
        for row in row::last_of_each::<TrajectoryDeclared>(rows, &of_area(TRAJECTORIES, indicator, area), as_of)? {
            let of_it = |target: &&mut Target| (target.year, target.strength) == (row.fact.year, row.fact.strength);
            if let Some(target) = found.iter_mut().find(of_it) {
                target.trajectory = Some(row);
            }
        }
    }
    Ok(found)
}

/// Everything that was said about the targets of an indicator in an area, by year and strength, then from the oldest.
///
/// # Errors
/// When the store fails.
pub fn target_facts(
    rows: &dyn Rows,
    indicator: &Code,
    area: &Code,
    as_of: AsOf,
) -> Result<Vec<Row<TargetFact>>, ViewError> {
    row::all(rows, &targets_of(indicator, area), as_of)
}

/// The ways to targets of an indicator in an area that were declared, by year and strength, then from the oldest.
///
/// # Errors
/// When the store fails.
pub fn trajectory_facts(
    rows: &dyn Rows,
    indicator: &Code,
    area: &Code,
    as_of: AsOf,
) -> Result<Vec<Row<TrajectoryDeclared>>, ViewError> {
    row::all(rows, &of_area(TRAJECTORIES, indicator, area), as_of)
}
