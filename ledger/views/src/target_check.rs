//! Whether the targets of areas add up to that of the area above them.
//!
//! What is found is a finding: the office may set targets in any order, so nothing is refused for it.

use hefu_types::event::plan::{Direction, RollUp};
use hefu_types::{Code, Decimal};

use crate::error::ViewError;
use crate::key::AsOf;
use crate::plan::{self, Indicator, Target};
use crate::rollup::{self, Frame};
use crate::view::Tables;

/// What the targets of the areas below come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// When all of them are reached, so is the target above.
    Reached,
    /// When all of them are just reached, the target above is not.
    Short,
    /// Some areas have no such target, and it depends on them.
    Incomplete,
    /// It depends on weights, or on which area reports last.
    Undecided,
}

/// A target, and those of the same year and strength in the areas below.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetCheck {
    /// The indicator.
    pub indicator: Code,
    /// The area.
    pub area: Code,
    /// Its target.
    pub target: Target,
    /// How areas make its value.
    pub method: RollUp,
    /// The targets of the areas below, by area.
    pub parts: Vec<(Code, Target)>,
    /// The areas below without one.
    pub missing: Vec<Code>,
    /// What they come to; `None` for a method that does not say it, of nothing, and when it does not fit.
    pub rolled_up: Option<Decimal>,
    /// By how much that is short of the target, negative when it is beyond.
    pub gap: Option<Decimal>,
    /// Whether it is enough. Values are compared, whatever the comparators are.
    pub verdict: Verdict,
}

/// Every target of a plan, or of all plans, whose indicator rolls up from areas below, by indicator, area, year and strength. Retired
/// indicators are left out.
///
/// # Errors
/// When the store fails.
pub fn check(tables: &Tables<'_>, plan: Option<&Code>, as_of: AsOf) -> Result<Vec<TargetCheck>, ViewError> {
    let mut found = Vec::new();
    let rolls_up = |i: &Indicator| !i.retired && i.definition.roll_up != RollUp::None;
    for indicator in plan::indicators(&*tables.plan, plan, as_of)?.into_iter().filter(rolls_up) {
        let Some(frame) = Frame::read(tables, &indicator.definition.plan, as_of)? else { continue };
        let mut areas: Vec<&Code> = indicator.definition.areas.iter().collect();
        areas.sort_unstable();
        for area in areas {
            of_area(tables, (&indicator, &frame), area, as_of, &mut found)?;
        }
    }
    Ok(found)
}

fn of_area(
    tables: &Tables<'_>,
    (indicator, frame): (&Indicator, &Frame),
    area: &Code,
    as_of: AsOf,
    found: &mut Vec<TargetCheck>,
) -> Result<(), ViewError> {
    let code = &indicator.definition.indicator;
    let targets = |area: &Code| plan::targets(&*tables.plan, code, area, as_of);
    let below: Vec<&Code> = frame.parts(indicator, area).collect();
    let above = if below.is_empty() { vec![] } else { targets(area)? };
    if above.is_empty() {
        return Ok(());
    }
    let below = below.into_iter().map(|area| Ok((area, targets(area)?))).collect::<Result<Vec<_>, ViewError>>()?;
    for target in above {
        let (mut parts, mut missing) = (Vec::new(), Vec::new());
        for (area, targets) in &below {
            match targets.iter().find(|t| (t.year, t.strength) == (target.year, target.strength)) {
                Some(part) => parts.push(((*area).clone(), part.clone())),
                None => missing.push((*area).clone()),
            }
        }
        found.push(checked(indicator, area, target, parts, missing));
    }
    Ok(())
}

fn checked(
    indicator: &Indicator,
    area: &Code,
    target: Target,
    parts: Vec<(Code, Target)>,
    missing: Vec<Code>,
) -> TargetCheck {
    let (method, direction) = (indicator.definition.roll_up, indicator.definition.direction);
    let values: Vec<Decimal> = parts.iter().map(|(_, part)| part.value).collect();
    let rolled_up = rollup::of_values(method, &values);
    let gap = rolled_up.and_then(|rolled| match direction {
        Direction::Higher => rollup::less(target.value, rolled),
        Direction::Lower => rollup::less(rolled, target.value),
    });
    let reaches = |value: &Decimal| match direction {
        Direction::Higher => value.compare(target.value).is_ge(),
        Direction::Lower => value.compare(target.value).is_le(),
    };
    let verdict = verdict((method, direction), rolled_up.as_ref().map(reaches), values.iter().map(reaches), &missing);
    let (indicator, area) = (indicator.definition.indicator.clone(), area.clone());
    TargetCheck { indicator, area, target, method, parts, missing, rolled_up, gap, verdict }
}

/// Given whether what the targets come to reaches the target above, and whether each of them does by itself.
fn verdict(
    (method, direction): (RollUp, Direction),
    rolled_up: Option<bool>,
    each: impl Iterator<Item = bool> + Clone,
    missing: &[Code],
) -> Verdict {
    match (method, direction, rolled_up) {
        // The largest of all is not smaller than the largest of some.
        (RollUp::Max, Direction::Higher, Some(true)) => Verdict::Reached,
        (RollUp::Max, Direction::Lower, Some(false)) => Verdict::Short,
        _ if !missing.is_empty() => Verdict::Incomplete,
        (_, _, Some(true)) => Verdict::Reached,
        (_, _, Some(false)) => Verdict::Short,
        // A mean, or any one of them, lies between the smallest and the largest.
        _ if each.clone().all(|reaches| reaches) => Verdict::Reached,
        _ if !each.clone().any(|reaches| reaches) => Verdict::Short,
        _ => Verdict::Undecided,
    }
}

#[cfg(test)]
mod tests;
