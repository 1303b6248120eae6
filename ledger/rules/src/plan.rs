//! What was planned. Everything here is signed by the office.

use std::collections::{BTreeMap, BTreeSet};

use hefu_types::event::membership::Role;
use hefu_types::event::plan::{
    Comparator, Direction, IndicatorDefined, IndicatorRetired, IndicatorRevised, Measure, MilestoneSet, PlanPublished,
    RollUp, Strength, TargetAdjusted, TargetSet, TaskDefined,
};
use hefu_types::limits::{DECIMAL_SCALE_MAX, YEAR_MAX, YEAR_MIN};
use hefu_types::{Code, Decimal, PeriodType, Reason, Refusal, Text};

use serde::{Deserialize, Serialize};

use crate::event::Speaker;
use crate::membership::{check_name, check_reason};
use crate::state::State;

/// A plan, as far as decisions depend on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Plan {
    parts: BTreeSet<Code>,
    pub(crate) areas: BTreeSet<Code>,
}

/// An indicator, as far as decisions depend on it. With its own code and those of its reporting units and areas are their
/// numbers, so that an observation looks each up once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Indicator {
    pub(crate) number: u32,
    pub(crate) plan: Code,
    pub(crate) unit: Text,
    pub(crate) measure: Measure,
    pub(crate) direction: Direction,
    pub(crate) decimals: u32,
    pub(crate) reporting_units: BTreeMap<Code, u32>,
    pub(crate) areas: BTreeMap<Code, u32>,
    pub(crate) period_types: Vec<PeriodType>,
    pub(crate) retired: bool,
}

/// Indicator, area, year and strength.
pub(crate) type TargetKey = (Code, Code, u32, Strength);

fn refuse<T>(reason: Reason, field: &str, detail: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::new(reason, field, detail))
}

fn is_year(year: u32) -> bool {
    (u32::from(YEAR_MIN)..=u32::from(YEAR_MAX)).contains(&year)
}

pub(crate) fn unique(codes: &[Code], field: &str) -> Result<(), Refusal> {
    let mut seen = BTreeSet::new();
    match codes.iter().find(|code| !seen.insert(*code)) {
        Some(twice) => refuse(Reason::ListOrder, field, format!("{twice} stands twice")),
        None => Ok(()),
    }
}

pub(crate) fn known_plan<'a>(state: &'a State, plan: &Code) -> Result<&'a Plan, Refusal> {
    state.plans.get(plan).ok_or_else(|| Refusal::new(Reason::PlanUnknown, "plan", format!("no plan {plan}")))
}

fn check_part(plan: &Plan, part: &Code) -> Result<(), Refusal> {
    if plan.parts.contains(part) { Ok(()) } else { refuse(Reason::PartUnknown, "part", format!("no part {part}")) }
}

/// The indicator, if it is known and not retired.
pub(crate) fn live_indicator<'a>(state: &'a State, code: &Code, field: &str) -> Result<&'a Indicator, Refusal> {
    match state.indicators.get(code) {
        None => refuse(Reason::IndicatorUnknown, field, format!("no indicator {code}")),
        Some(indicator) if indicator.retired => {
            refuse(Reason::IndicatorRetired, field, format!("indicator {code} is retired"))
        }
        Some(indicator) => Ok(indicator),
    }
}

/// The value has no more decimals than the indicator.
pub(crate) fn check_decimals(indicator: &Indicator, value: Decimal) -> Result<(), Refusal> {
    if value.scale() <= indicator.decimals {
        return Ok(());
    }
    refuse(Reason::DecimalsTooMany, "value", format!("{value} has more than {} decimals", indicator.decimals))
}

/// The number of an area that belongs to the indicator.
pub(crate) fn area_of(indicator: &Indicator, area: &Code) -> Result<u32, Refusal> {
    let unknown = || Refusal::new(Reason::AreaNotObserved, "area", format!("the indicator is not observed in {area}"));
    indicator.areas.get(area).copied().ok_or_else(unknown)
}

pub(crate) fn decide_published(state: &State, speaker: &Speaker, e: &PlanPublished) -> Result<(), Refusal> {
    speaker.needs(Role::Office)?;
    check_name(&e.title, "title")?;
    check_name(&e.issuer, "issuer")?;
    let invalid = |field: &str, detail: &str| refuse(Reason::PlanInvalid, field, detail);
    if !is_year(e.first_year) || !is_year(e.last_year) || e.first_year > e.last_year {
        return invalid("first_year", "first_year to last_year within 1900 to 2199");
    }
    let parts: BTreeSet<&Code> = e.parts.iter().map(|p| &p.code).collect();
    if parts.is_empty() || parts.len() != e.parts.len() {
        return invalid("parts", "at least one part, each once");
    }
    check_areas(e)?;
    let areas: BTreeSet<&Code> = e.areas.iter().map(|a| &a.code).collect();
    let keeps =
        |known: &Plan| known.parts.iter().all(|p| parts.contains(p)) && known.areas.iter().all(|a| areas.contains(a));
    match state.plans.get(&e.plan) {
        Some(known) if !keeps(known) => invalid("parts", "a plan published again keeps its parts and areas"),
        _ => Ok(()),
    }
}

fn check_areas(e: &PlanPublished) -> Result<(), Refusal> {
    let mut seen = BTreeSet::new();
    for area in &e.areas {
        let parent_known = area.parent.as_ref().is_none_or(|parent| seen.contains(parent));
        if !parent_known || !seen.insert(&area.code) {
            let detail = format!("area {}: each area once, its parent before it", area.code);
            return refuse(Reason::PlanInvalid, "areas", detail);
        }
    }
    if seen.is_empty() { refuse(Reason::PlanInvalid, "areas", "at least one area") } else { Ok(()) }
}

pub(crate) fn decide_task(state: &State, speaker: &Speaker, e: &TaskDefined) -> Result<(), Refusal> {
    speaker.needs(Role::Office)?;
    check_part(known_plan(state, &e.plan)?, &e.part)?;
    check_name(&e.title, "title")?;
    unique(&e.lead_units, "lead_units")?;
    unique(&e.supporting_units, "supporting_units")?;
    if state.tasks.contains(&(e.plan.clone(), e.task.clone())) {
        return refuse(Reason::TaskExists, "task", format!("task {} exists", e.task));
    }
    Ok(())
}

pub(crate) fn decide_milestone(state: &State, speaker: &Speaker, e: &MilestoneSet) -> Result<(), Refusal> {
    speaker.needs(Role::Office)?;
    check_part(known_plan(state, &e.plan)?, &e.part)?;
    check_name(&e.title, "title")?;
    unique(&e.lead_units, "lead_units")?;
    if let Some(task) = e.task.as_ref().filter(|t| !state.tasks.contains(&(e.plan.clone(), (*t).clone()))) {
        return refuse(Reason::TaskUnknown, "task", format!("no task {task}"));
    }
    if e.year != 0 && !is_year(e.year) {
        return refuse(Reason::TargetInvalid, "year", format!("year {}", e.year));
    }
    if state.milestones.contains(&(e.plan.clone(), e.milestone.clone())) {
        return refuse(Reason::MilestoneExists, "milestone", format!("milestone {} exists", e.milestone));
    }
    Ok(())
}

pub(crate) fn decide_indicator(state: &State, speaker: &Speaker, e: &IndicatorDefined) -> Result<(), Refusal> {
    speaker.needs(Role::Office)?;
    if state.indicators.contains(&e.indicator) {
        return refuse(Reason::IndicatorExists, "indicator", format!("indicator {} exists", e.indicator));
    }
    check_definition(state, e)
}

fn check_definition(state: &State, e: &IndicatorDefined) -> Result<(), Refusal> {
    let plan = known_plan(state, &e.plan)?;
    check_part(plan, &e.part)?;
    check_name(&e.name, "name")?;
    if e.unit.is_blank() {
        return refuse(Reason::FieldMissing, "unit", "a unit of measure");
    }
    if e.decimals > DECIMAL_SCALE_MAX {
        return refuse(
            Reason::IndicatorInvalid,
            "decimals",
            format!("{} decimals, at most {DECIMAL_SCALE_MAX}", e.decimals),
        );
    }
    check_roll_up(state, e)?;
    unique(&e.lead_units, "lead_units")?;
    check_lists(state, plan, e)
}

fn check_roll_up(state: &State, e: &IndicatorDefined) -> Result<(), Refusal> {
    if e.measure == Measure::Ratio && e.roll_up == RollUp::Sum {
        return refuse(Reason::IndicatorInvalid, "roll_up", "a ratio is never summed");
    }
    if e.weight.is_some() != (e.roll_up == RollUp::WeightedMean) {
        return refuse(Reason::IndicatorInvalid, "weight", "a weight exactly with a weighted mean");
    }
    match &e.weight {
        Some(weight) if *weight == e.indicator => {
            refuse(Reason::IndicatorInvalid, "weight", "an indicator is not its own weight")
        }
        Some(weight) => live_indicator(state, weight, "weight").map(drop),
        None => Ok(()),
    }
}

fn check_lists(state: &State, plan: &Plan, e: &IndicatorDefined) -> Result<(), Refusal> {
    for (list, field) in [(&e.reporting_units, "reporting_units"), (&e.areas, "areas")] {
        if list.is_empty() {
            return refuse(Reason::FieldMissing, field, "at least one");
        }
        unique(list, field)?;
    }
    if let Some(unit) = e.reporting_units.iter().find(|unit| !state.members.contains(*unit)) {
        return refuse(Reason::MemberUnknown, "reporting_units", format!("no member {unit}"));
    }
    if let Some(area) = e.areas.iter().find(|area| !plan.areas.contains(*area)) {
        return refuse(Reason::AreaUnknown, "areas", format!("no area {area}"));
    }
    if e.period_types.is_empty() {
        return refuse(Reason::FieldMissing, "period_types", "at least one");
    }
    if !e.period_types.is_sorted_by(|a, b| a < b) {
        return refuse(Reason::ListOrder, "period_types", "kinds of period ascending, each once");
    }
    Ok(())
}

pub(crate) fn decide_revised(state: &State, speaker: &Speaker, e: &IndicatorRevised) -> Result<(), Refusal> {
    speaker.needs(Role::Office)?;
    let known = live_indicator(state, &e.definition.indicator, "definition.indicator")?;
    check_meaning(known, &e.definition).map_err(|refusal| refusal.within("definition"))?;
    check_reason(&e.reason)?;
    check_definition(state, &e.definition).map_err(|refusal| refusal.within("definition"))
}

/// What was reported and aimed at keeps its meaning: numbers in another unit belong to another indicator.
fn check_meaning(known: &Indicator, e: &IndicatorDefined) -> Result<(), Refusal> {
    let changed = [
        ("plan", known.plan != e.plan),
        ("unit", known.unit != e.unit),
        ("measure", known.measure != e.measure),
        ("direction", known.direction != e.direction),
    ];
    match changed.into_iter().find(|(_, changed)| *changed) {
        Some((field, _)) => refuse(Reason::IndicatorInvalid, field, format!("a revision does not change the {field}")),
        None => Ok(()),
    }
}

pub(crate) fn decide_retired(state: &State, speaker: &Speaker, e: &IndicatorRetired) -> Result<(), Refusal> {
    speaker.needs(Role::Office)?;
    live_indicator(state, &e.indicator, "indicator")?;
    check_reason(&e.reason)
}

pub(crate) fn decide_target(state: &State, speaker: &Speaker, e: &TargetSet) -> Result<(), Refusal> {
    speaker.needs(Role::Office)?;
    check_target(state, &e.indicator, &e.area, e.year, e.comparator, e.value)?;
    if state.targets.contains(&target_key(&e.indicator, &e.area, e.year, e.strength)) {
        return refuse(Reason::TargetExists, "indicator", format!("a {} target for {} stands", e.strength, e.year));
    }
    Ok(())
}

pub(crate) fn decide_adjusted(state: &State, speaker: &Speaker, e: &TargetAdjusted) -> Result<(), Refusal> {
    speaker.needs(Role::Office)?;
    check_target(state, &e.indicator, &e.area, e.year, e.comparator, e.value)?;
    known_target(state, &e.indicator, &e.area, e.year, e.strength)?;
    check_reason(&e.reason)
}

/// A target stands.
pub(crate) fn known_target(
    state: &State,
    indicator: &Code,
    area: &Code,
    year: u32,
    strength: Strength,
) -> Result<(), Refusal> {
    if state.targets.contains(&target_key(indicator, area, year, strength)) {
        return Ok(());
    }
    refuse(Reason::TargetUnknown, "indicator", format!("no {strength} target for {year} in {area}"))
}

fn check_target(
    state: &State,
    indicator: &Code,
    area: &Code,
    year: u32,
    comparator: Comparator,
    value: Decimal,
) -> Result<(), Refusal> {
    let known = live_indicator(state, indicator, "indicator")?;
    area_of(known, area)?;
    if !is_year(year) {
        return refuse(Reason::TargetInvalid, "year", format!("year {year}"));
    }
    let fits = match known.direction {
        Direction::Higher => !matches!(comparator, Comparator::AtMost | Comparator::LessThan),
        Direction::Lower => !matches!(comparator, Comparator::AtLeast | Comparator::MoreThan),
    };
    if !fits {
        let detail = format!("{comparator} against an indicator where {} is better", known.direction);
        return refuse(Reason::TargetInvalid, "comparator", detail);
    }
    check_decimals(known, value)
}

fn target_key(indicator: &Code, area: &Code, year: u32, strength: Strength) -> TargetKey {
    (indicator.clone(), area.clone(), year, strength)
}

pub(crate) fn apply_published(state: &mut State, e: &PlanPublished) {
    let plan = Plan {
        parts: e.parts.iter().map(|p| p.code.clone()).collect(),
        areas: e.areas.iter().map(|a| a.code.clone()).collect(),
    };
    state.plans.put(e.plan.clone(), plan);
}

pub(crate) fn apply_task(state: &mut State, e: &TaskDefined) {
    state.tasks.put((e.plan.clone(), e.task.clone()), ());
}

pub(crate) fn apply_milestone(state: &mut State, e: &MilestoneSet) {
    state.milestones.put((e.plan.clone(), e.milestone.clone()), ());
}

pub(crate) fn apply_indicator(state: &mut State, e: &IndicatorDefined) {
    let indicator = Indicator {
        number: state.number(&e.indicator),
        plan: e.plan.clone(),
        unit: e.unit.clone(),
        measure: e.measure,
        direction: e.direction,
        decimals: e.decimals,
        reporting_units: state.numbers_of(&e.reporting_units),
        areas: state.numbers_of(&e.areas),
        period_types: e.period_types.clone(),
        retired: false,
    };
    state.indicators.put(e.indicator.clone(), indicator);
}

pub(crate) fn apply_retired(state: &mut State, e: &IndicatorRetired) {
    state.indicators.update(&e.indicator, |indicator| indicator.retired = true);
}

pub(crate) fn apply_target(state: &mut State, e: &TargetSet) {
    state.targets.put(target_key(&e.indicator, &e.area, e.year, e.strength), ());
}
