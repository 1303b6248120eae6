//! Working groups: who works on each part of a plan. A question to the plan view, with no rows of its own.
//!
//! A part of a plan, such as one of its special plans, has lead units; its tasks have lead and supporting units; its milestones and
//! indicators have lead units. All of these together are the part's working group.

use std::collections::BTreeMap;

use hefu_types::Code;
use hefu_types::event::Name;

use crate::error::ViewError;
use crate::key::AsOf;
use crate::plan;
use crate::view::Tables;

/// A unit of a working group, and what it has to do there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupUnit {
    /// Whether the plan names it as a lead unit of the whole part.
    pub leads_part: bool,
    /// Tasks that it leads.
    pub tasks_led: u32,
    /// Tasks that it supports.
    pub tasks_supported: u32,
    /// Milestones that it leads.
    pub milestones_led: u32,
    /// Indicators that it leads, without retired ones.
    pub indicators_led: u32,
}

/// The working group of a part of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkingGroup {
    /// The plan.
    pub plan: Code,
    /// The part.
    pub part: Code,
    /// The part's title.
    pub title: Name,
    /// Its tasks.
    pub tasks: u32,
    /// Its milestones.
    pub milestones: u32,
    /// Its indicators, without retired ones.
    pub indicators: u32,
    /// Its units, by code.
    pub units: BTreeMap<Code, GroupUnit>,
}

impl WorkingGroup {
    fn unit(&mut self, unit: &Code) -> &mut GroupUnit {
        self.units.entry(unit.clone()).or_default()
    }
}

/// The working groups of a plan, or of all plans; those that a unit is in, or all. By plan, and in the order of the plan's parts.
///
/// # Errors
/// When the store fails.
pub fn list(
    tables: &Tables<'_>,
    plan: Option<&Code>,
    unit: Option<&Code>,
    as_of: AsOf,
) -> Result<Vec<WorkingGroup>, ViewError> {
    let mut found = Vec::new();
    for published in plan::plans(&*tables.plan, as_of)? {
        if plan.is_none_or(|plan| *plan == published.fact.plan) {
            found.extend(of_plan(tables, &published.fact, as_of)?);
        }
    }
    found.retain(|group| unit.is_none_or(|unit| group.units.contains_key(unit)));
    Ok(found)
}

fn of_plan(
    tables: &Tables<'_>,
    published: &hefu_types::event::plan::PlanPublished,
    as_of: AsOf,
) -> Result<Vec<WorkingGroup>, ViewError> {
    let code = &published.plan;
    let mut groups: Vec<WorkingGroup> = published.parts.iter().map(|part| empty(code, part)).collect();
    let of_part = |groups: &mut [WorkingGroup], part: &Code, add: &mut dyn FnMut(&mut WorkingGroup)| {
        groups.iter_mut().filter(|group| group.part == *part).for_each(add);
    };
    for task in plan::tasks(&*tables.plan, code, as_of)? {
        of_part(&mut groups, &task.fact.part, &mut |group| {
            group.tasks += 1;
            task.fact.lead_units.iter().for_each(|unit| group.unit(unit).tasks_led += 1);
            task.fact.supporting_units.iter().for_each(|unit| group.unit(unit).tasks_supported += 1);
        });
    }
    for milestone in plan::milestones(&*tables.plan, code, as_of)? {
        of_part(&mut groups, &milestone.fact.part, &mut |group| {
            group.milestones += 1;
            milestone.fact.lead_units.iter().for_each(|unit| group.unit(unit).milestones_led += 1);
        });
    }
    for indicator in plan::indicators(&*tables.plan, Some(code), as_of)?.iter().filter(|indicator| !indicator.retired) {
        of_part(&mut groups, &indicator.definition.part, &mut |group| {
            group.indicators += 1;
            indicator.definition.lead_units.iter().for_each(|unit| group.unit(unit).indicators_led += 1);
        });
    }
    Ok(groups)
}

fn empty(plan: &Code, part: &hefu_types::event::plan::PlanPart) -> WorkingGroup {
    let mut group = WorkingGroup {
        plan: plan.clone(),
        part: part.code.clone(),
        title: part.title.clone(),
        tasks: 0,
        milestones: 0,
        indicators: 0,
        units: BTreeMap::new(),
    };
    part.lead_units.iter().for_each(|unit| group.unit(unit).leads_part = true);
    group
}

#[cfg(test)]
mod tests;
