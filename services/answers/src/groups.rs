use hefu_proto::{convert, v1};
use hefu_types::Code;
use hefu_types::event::Name;
use hefu_views::groups::{GroupUnit, WorkingGroup};

/// A working group; `name` gives a member's name.
#[must_use]
pub fn working_group(group: &WorkingGroup, name: impl Fn(&Code) -> Option<Name>) -> v1::WorkingGroup {
    let unit = |(code, unit): (&Code, &GroupUnit)| v1::GroupUnit {
        unit: code.to_string(),
        leads_part: unit.leads_part,
        tasks_led: unit.tasks_led,
        tasks_supported: unit.tasks_supported,
        milestones_led: unit.milestones_led,
        indicators_led: unit.indicators_led,
        name: name(code).as_ref().map(convert::to_wire),
    };
    v1::WorkingGroup {
        plan: group.plan.to_string(),
        part: group.part.to_string(),
        title: Some(convert::to_wire(&group.title)),
        tasks: group.tasks,
        milestones: group.milestones,
        indicators: group.indicators,
        units: group.units.iter().map(unit).collect(),
    }
}
