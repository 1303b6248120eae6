//! What may be said about plans, indicators and targets.

use hefu_types::event::plan::{
    Area, Comparator, Direction, IndicatorDefined, IndicatorRetired, IndicatorRevised, Measure, MilestoneSet, PlanPart,
    PlanPublished, RollUp, Strength, TargetAdjusted, TargetSet, TaskDefined, TrajectoryDeclared, TrajectoryPoint,
};
use hefu_types::{PeriodType, Text};

use crate::history::cast::{Said, Scene};
use crate::history::deeds::{FIRST_YEAR, because, number};
use crate::world::{code, name, text};

const INDICATORS_MAX: usize = 24;

/// A new plan, or a known one with one more part and area.
pub(super) fn publish(scene: &mut Scene<'_>) -> Option<Said> {
    let office = scene.office()?;
    let plans = &scene.cast.plans;
    let mut plan = if plans.len() < 2 {
        PlanPublished {
            plan: code(&format!("plan{}", plans.len())),
            title: name("a plan"),
            issuer: name("office"),
            first_year: u32::from(FIRST_YEAR),
            last_year: u32::from(FIRST_YEAR) + 3,
            parts: vec![],
            areas: vec![],
            provenance: None,
        }
    } else {
        scene.rng.pick(plans)?.clone()
    };
    let (parts, areas) = (plan.parts.len(), plan.areas.len());
    plan.parts.push(PlanPart { code: code(&format!("part{parts}")), title: name("a part"), lead_units: vec![] });
    let parent = plan.areas.first().map(|area| area.code.clone());
    let overlaps = scene.rng.percent(20);
    let code = code(&format!("{}", 520_000 + areas));
    plan.areas.push(Area { code, name: name("an area"), parent, overlaps });
    Some(Said::by(office, plan))
}

pub(super) fn define_task(scene: &mut Scene<'_>) -> Option<Said> {
    let (office, plan) = (scene.office()?, scene.rng.pick(&scene.cast.plans)?);
    let number = scene.cast.tasks.len();
    let task = TaskDefined {
        plan: plan.plan.clone(),
        task: code(&format!("task{number}")),
        part: scene.rng.pick(&plan.parts)?.code.clone(),
        number: text(&number.to_string()),
        title: name("a task"),
        lead_units: vec![],
        supporting_units: vec![],
        provenance: None,
    };
    Some(Said::by(office, task))
}

pub(super) fn set_milestone(scene: &mut Scene<'_>) -> Option<Said> {
    let (office, plan) = (scene.office()?, scene.rng.pick(&scene.cast.plans)?);
    let milestone = MilestoneSet {
        plan: plan.plan.clone(),
        milestone: code(&format!("goal{}", scene.cast.milestones.len())),
        part: scene.rng.pick(&plan.parts)?.code.clone(),
        title: name("a goal"),
        year: if scene.rng.percent(50) { 2024 } else { 0 },
        task: scene.rng.find(&scene.cast.tasks, |(of, _)| *of == plan.plan).map(|(_, task)| task.clone()),
        lead_units: vec![],
        provenance: None,
    };
    Some(Said::by(office, milestone))
}

pub(super) fn define_indicator(scene: &mut Scene<'_>) -> Option<Said> {
    let (office, plan) = (scene.office()?, scene.rng.pick(&scene.cast.plans)?);
    if scene.cast.indicators.len() - scene.cast.retired.len() >= INDICATORS_MAX {
        return None;
    }
    let measure = *scene.rng.pick(Measure::ALL)?;
    let weight = scene.indicator(|_| true).map(|i| i.indicator.clone()).filter(|_| scene.rng.percent(30));
    let sum_or_last = if measure == Measure::Ratio { RollUp::Last } else { RollUp::Sum };
    let defined = IndicatorDefined {
        indicator: code(&format!("i{}", scene.cast.indicators.len())),
        plan: plan.plan.clone(),
        part: scene.rng.pick(&plan.parts)?.code.clone(),
        name: name("an indicator"),
        unit: text("count"),
        measure,
        direction: *scene.rng.pick(Direction::ALL)?,
        roll_up: if weight.is_some() { RollUp::WeightedMean } else { sum_or_last },
        weight,
        decimals: u32::try_from(scene.rng.below(4)).expect("small"),
        lead_units: vec![],
        reporting_units: scene.cast.members.iter().rev().take(1 + scene.rng.below(8)).cloned().collect(),
        areas: plan.areas.iter().take(1 + scene.rng.below(3)).map(|area| area.code.clone()).collect(),
        period_types: vec![PeriodType::Year, PeriodType::Quarter, PeriodType::Month],
        provenance: None,
    };
    Some(Said::by(office, defined))
}

/// Another list of reporting units: it keeps up with members that come and go.
pub(super) fn revise(scene: &mut Scene<'_>) -> Option<Said> {
    let retired = &scene.cast.retired;
    let weighed = |i: &IndicatorDefined| i.weight.as_ref().is_none_or(|weight| !retired.contains(weight));
    let (office, known) = (scene.office()?, scene.indicator(weighed)?);
    let reporting_units = scene.cast.members.iter().rev().take(2 + scene.rng.below(10)).cloned().collect();
    let definition = IndicatorDefined { reporting_units, ..known.clone() };
    Some(Said::by(office, IndicatorRevised { definition, reason: because(scene) }))
}

pub(super) fn retire(scene: &mut Scene<'_>) -> Option<Said> {
    let (office, known) = (scene.office()?, scene.indicator(|_| true)?);
    if scene.cast.indicators.len() < INDICATORS_MAX || scene.rng.percent(70) {
        return None;
    }
    Some(Said::by(office, IndicatorRetired { indicator: known.indicator.clone(), reason: because(scene) }))
}

fn comparator(scene: &mut Scene<'_>, direction: Direction) -> Comparator {
    let better = match direction {
        Direction::Higher => [Comparator::AtLeast, Comparator::MoreThan, Comparator::Equal],
        Direction::Lower => [Comparator::AtMost, Comparator::LessThan, Comparator::Equal],
    };
    *scene.rng.pick(&better).expect("comparators")
}

pub(super) fn set_target(scene: &mut Scene<'_>) -> Option<Said> {
    let (office, known) = (scene.office()?, scene.indicator(|_| true)?);
    let set = TargetSet {
        indicator: known.indicator.clone(),
        area: scene.rng.pick(&known.areas)?.clone(),
        year: 2022 + u32::try_from(scene.rng.below(3)).expect("small"),
        strength: *scene.rng.pick(Strength::ALL)?,
        comparator: comparator(scene, known.direction),
        value: number(i64::try_from(scene.rng.below(5_000)).expect("small"), known),
        provenance: None,
    };
    let same = |t: &TargetSet| {
        (&t.indicator, &t.area, t.year, t.strength) == (&set.indicator, &set.area, set.year, set.strength)
    };
    if scene.cast.targets.iter().any(same) { None } else { Some(Said::by(office, set)) }
}

pub(super) fn adjust_target(scene: &mut Scene<'_>) -> Option<Said> {
    let cast = scene.cast;
    let (office, set) = (scene.office()?, scene.rng.find(&cast.targets, |t| !cast.retired.contains(&t.indicator))?);
    let known = scene.indicator(|i| i.indicator == set.indicator)?;
    let adjusted = TargetAdjusted {
        indicator: set.indicator.clone(),
        area: set.area.clone(),
        year: set.year,
        strength: set.strength,
        comparator: comparator(scene, known.direction),
        value: number(i64::try_from(scene.rng.below(5_000)).expect("small"), known),
        reason: because(scene),
    };
    Some(Said::by(office, adjusted))
}

/// The way to a target through the ends of one to three years before it.
pub(super) fn declare_trajectory(scene: &mut Scene<'_>) -> Option<Said> {
    let cast = scene.cast;
    let (office, set) = (scene.office()?, scene.rng.find(&cast.targets, |t| !cast.retired.contains(&t.indicator))?);
    let known = scene.indicator(|i| i.indicator == set.indicator)?;
    let first = set.year - 1 - u32::try_from(scene.rng.below(3)).expect("small");
    let points = (first..set.year).map(|year| TrajectoryPoint {
        period: year.to_string().parse().expect("a year"),
        value: number(i64::try_from(scene.rng.below(5_000)).expect("small"), known),
    });
    let points = points.collect();
    Some(Said::by(office, trajectory(set, points, because(scene))))
}

/// The way to a target through these points.
pub(super) fn trajectory(to: &TargetSet, points: Vec<TrajectoryPoint>, reason: Text) -> TrajectoryDeclared {
    let TargetSet { indicator, area, year, strength, .. } = to.clone();
    TrajectoryDeclared { indicator, area, year, strength, points, reason, provenance: None }
}
