//! What plans, indicators and targets forbid.

use hefu_tests::world::{code, decimal, indicator, name, plan_events, target, text};
use hefu_types::event::plan::{
    Comparator, Direction, IndicatorDefined, IndicatorRetired, IndicatorRevised, Measure, MilestoneSet, PlanPublished,
    RollUp, Strength, TargetAdjusted, TargetSet, TaskDefined, TrajectoryDeclared, TrajectoryPoint,
};
use hefu_types::{Event, PeriodType, Reason};

use crate::table::{Bad, milestone, say, task};

const fn row(
    name: &'static str,
    reason: Reason,
    field: &'static str,
    make: fn(&mut hefu_tests::World) -> Vec<Event>,
) -> Bad {
    say(name, "office-1", reason, field, make)
}

pub(crate) fn rows() -> Vec<Bad> {
    [plans(), tasks(), indicators(), lists(), revisions(), targets(), trajectories()].into_iter().flatten().collect()
}

/// Plan `test` published again, changed.
fn published(change: impl FnOnce(&mut PlanPublished)) -> Vec<Event> {
    let Event::PlanPublished(mut plan) = plan_events().swap_remove(0) else { unreachable!("the plan comes first") };
    change(&mut plan);
    vec![(*plan).into()]
}

fn plans() -> Vec<Bad> {
    vec![
        row("plan without a title", Reason::FieldMissing, "events[0].plan_published.title", |_| {
            published(|e| e.title = name(""))
        }),
        row("plan that ends before it begins", Reason::PlanInvalid, "events[0].plan_published.first_year", |_| {
            published(|e| e.last_year = 2021)
        }),
        row("plan in year 3000", Reason::PlanInvalid, "events[0].plan_published.first_year", |_| {
            published(|e| e.last_year = 3000)
        }),
        row("part twice", Reason::PlanInvalid, "events[0].plan_published.parts", |_| {
            published(|e| e.parts.push(e.parts[0].clone()))
        }),
        row("no area", Reason::PlanInvalid, "events[0].plan_published.areas", |_| published(|e| e.areas.clear())),
        row("child before its parent", Reason::PlanInvalid, "events[0].plan_published.areas", |_| {
            published(|e| e.areas.reverse())
        }),
        row("plan loses an area", Reason::PlanInvalid, "events[0].plan_published.parts", |_| {
            published(|e| drop(e.areas.pop()))
        }),
    ]
}

fn tasks() -> Vec<Bad> {
    vec![
        row("task of no plan", Reason::PlanUnknown, "events[0].task_defined.plan", |_| {
            vec![TaskDefined { plan: code("none"), ..task() }.into()]
        }),
        row("task of no part", Reason::PartUnknown, "events[0].task_defined.part", |_| {
            vec![TaskDefined { part: code("none"), ..task() }.into()]
        }),
        row("task exists", Reason::TaskExists, "events[0].task_defined.task", |_| vec![task().into()]),
        row("unit leads twice", Reason::ListOrder, "events[0].task_defined.lead_units", |_| {
            let lead_units = vec![code("beta"), code("beta")];
            vec![TaskDefined { task: code("t2"), lead_units, ..task() }.into()]
        }),
        row("milestone exists", Reason::MilestoneExists, "events[0].milestone_set.milestone", |_| {
            vec![milestone().into()]
        }),
        row("milestone of an unknown task", Reason::TaskUnknown, "events[0].milestone_set.task", |_| {
            vec![MilestoneSet { milestone: code("g2"), task: Some(code("t9")), ..milestone() }.into()]
        }),
        row("milestone in year 5", Reason::TargetInvalid, "events[0].milestone_set.year", |_| {
            vec![MilestoneSet { milestone: code("g2"), year: 5, ..milestone() }.into()]
        }),
    ]
}

fn new_indicator() -> IndicatorDefined {
    indicator("new", Measure::Flow, Direction::Higher, RollUp::Sum, 0, &["alpha"])
}

fn defined(change: impl FnOnce(&mut IndicatorDefined)) -> Vec<Event> {
    let mut new = new_indicator();
    change(&mut new);
    vec![new.into()]
}

fn indicators() -> Vec<Bad> {
    vec![
        row("indicator exists", Reason::IndicatorExists, "events[0].indicator_defined.indicator", |_| {
            defined(|e| e.indicator = code("stock"))
        }),
        row("indicator of no plan", Reason::PlanUnknown, "events[0].indicator_defined.plan", |_| {
            defined(|e| e.plan = code("none"))
        }),
        row("indicator of no part", Reason::PartUnknown, "events[0].indicator_defined.part", |_| {
            defined(|e| e.part = code("none"))
        }),
        row("indicator without a unit", Reason::FieldMissing, "events[0].indicator_defined.unit", |_| {
            defined(|e| e.unit = text(""))
        }),
        row("indicator of 13 decimals", Reason::IndicatorInvalid, "events[0].indicator_defined.decimals", |_| {
            defined(|e| e.decimals = 13)
        }),
        row("ratio summed", Reason::IndicatorInvalid, "events[0].indicator_defined.roll_up", |_| {
            defined(|e| e.measure = Measure::Ratio)
        }),
        row("mean without its weight", Reason::IndicatorInvalid, "events[0].indicator_defined.weight", |_| {
            defined(|e| e.roll_up = RollUp::WeightedMean)
        }),
        row("weight without a mean", Reason::IndicatorInvalid, "events[0].indicator_defined.weight", |_| {
            defined(|e| e.weight = Some(code("stock")))
        }),
        row("weight unknown", Reason::IndicatorUnknown, "events[0].indicator_defined.weight", |_| {
            defined(|e| (e.roll_up, e.weight) = (RollUp::WeightedMean, Some(code("none"))))
        }),
        row("weight retired", Reason::IndicatorRetired, "events[0].indicator_defined.weight", |_| {
            defined(|e| (e.roll_up, e.weight) = (RollUp::WeightedMean, Some(code("gone"))))
        }),
    ]
}

fn lists() -> Vec<Bad> {
    vec![
        row("nobody reports", Reason::FieldMissing, "events[0].indicator_defined.reporting_units", |_| {
            defined(|e| e.reporting_units.clear())
        }),
        row("unit reports twice", Reason::ListOrder, "events[0].indicator_defined.reporting_units", |_| {
            defined(|e| e.reporting_units.push(code("alpha")))
        }),
        row("an unknown unit reports", Reason::MemberUnknown, "events[0].indicator_defined.reporting_units", |_| {
            defined(|e| e.reporting_units = vec![code("nobody")])
        }),
        row("observed nowhere", Reason::FieldMissing, "events[0].indicator_defined.areas", |_| {
            defined(|e| e.areas.clear())
        }),
        row("observed in an unknown area", Reason::AreaUnknown, "events[0].indicator_defined.areas", |_| {
            defined(|e| e.areas = vec![code("999999")])
        }),
        row("observed for no period", Reason::FieldMissing, "events[0].indicator_defined.period_types", |_| {
            defined(|e| e.period_types.clear())
        }),
        row("periods out of order", Reason::ListOrder, "events[0].indicator_defined.period_types", |_| {
            defined(|e| e.period_types = vec![PeriodType::Month, PeriodType::Year])
        }),
    ]
}

fn revised(change: impl FnOnce(&mut IndicatorRevised)) -> Vec<Event> {
    let definition = indicator("flow", Measure::Flow, Direction::Higher, RollUp::Sum, 0, &["alpha"]);
    let mut e = IndicatorRevised { definition, reason: text("x") };
    change(&mut e);
    vec![e.into()]
}

fn revisions() -> Vec<Bad> {
    vec![
        row(
            "unknown indicator revised",
            Reason::IndicatorUnknown,
            "events[0].indicator_revised.definition.indicator",
            |_| revised(|e| e.definition.indicator = code("none")),
        ),
        row(
            "retired indicator revised",
            Reason::IndicatorRetired,
            "events[0].indicator_revised.definition.indicator",
            |_| revised(|e| e.definition.indicator = code("gone")),
        ),
        row(
            "indicator moves to another plan",
            Reason::IndicatorInvalid,
            "events[0].indicator_revised.definition.plan",
            |_| revised(|e| e.definition.plan = code("other")),
        ),
        row(
            "indicator counts in another unit",
            Reason::IndicatorInvalid,
            "events[0].indicator_revised.definition.unit",
            |_| revised(|e| e.definition.unit = text("percent")),
        ),
        row(
            "indicator measures something else",
            Reason::IndicatorInvalid,
            "events[0].indicator_revised.definition.measure",
            |_| revised(|e| e.definition.measure = Measure::Stock),
        ),
        row(
            "indicator turns round",
            Reason::IndicatorInvalid,
            "events[0].indicator_revised.definition.direction",
            |_| revised(|e| e.definition.direction = Direction::Lower),
        ),
        row("revision without a reason", Reason::FieldMissing, "events[0].indicator_revised.reason", |_| {
            revised(|e| e.reason = text(""))
        }),
        row("revision with a blank reason", Reason::FieldMissing, "events[0].indicator_revised.reason", |_| {
            revised(|e| e.reason = text(" \u{3000}"))
        }),
        row("retired twice", Reason::IndicatorRetired, "events[0].indicator_retired.indicator", |_| {
            vec![IndicatorRetired { indicator: code("gone"), reason: text("x") }.into()]
        }),
    ]
}

fn set(change: impl FnOnce(&mut TargetSet)) -> Vec<Event> {
    let mut e = TargetSet { year: 2022, ..target("free", Comparator::AtLeast, "5") };
    change(&mut e);
    vec![e.into()]
}

fn adjusted(change: impl FnOnce(&mut TargetAdjusted)) -> Vec<Event> {
    let TargetSet { indicator, area, year, comparator, .. } = target("free", Comparator::AtLeast, "5");
    let (strength, value, reason) = (Strength::Hard, decimal("6"), text("x"));
    let mut e = TargetAdjusted { indicator, area, year, strength, comparator, value, reason };
    change(&mut e);
    vec![e.into()]
}

fn targets() -> Vec<Bad> {
    vec![
        row("target exists", Reason::TargetExists, "events[0].target_set.indicator", |_| set(|e| e.year = 2024)),
        row("target of an unknown indicator", Reason::IndicatorUnknown, "events[0].target_set.indicator", |_| {
            set(|e| e.indicator = code("none"))
        }),
        row("target of a retired indicator", Reason::IndicatorRetired, "events[0].target_set.indicator", |_| {
            set(|e| e.indicator = code("gone"))
        }),
        row("target elsewhere", Reason::AreaNotObserved, "events[0].target_set.area", |_| {
            set(|e| e.area = code("999999"))
        }),
        row("target in year 1", Reason::TargetInvalid, "events[0].target_set.year", |_| set(|e| e.year = 1)),
        row("at most, where more is better", Reason::TargetInvalid, "events[0].target_set.comparator", |_| {
            set(|e| e.comparator = Comparator::AtMost)
        }),
        row("at least, where less is better", Reason::TargetInvalid, "events[0].target_set.comparator", |_| {
            set(|e| e.indicator = code("pue"))
        }),
        row("target with a decimal too many", Reason::DecimalsTooMany, "events[0].target_set.value", |_| {
            set(|e| e.value = decimal("5.5"))
        }),
        row("target unknown", Reason::TargetUnknown, "events[0].target_adjusted.indicator", |_| {
            adjusted(|e| e.strength = Strength::Stretch)
        }),
        row("adjustment without a reason", Reason::FieldMissing, "events[0].target_adjusted.reason", |_| {
            adjusted(|e| e.reason = text(""))
        }),
        row("good event, then a bad one", Reason::TargetExists, "events[1].target_set.indicator", |_| {
            [set(|_| {}), set(|_| {})].concat()
        }),
    ]
}

/// The way to the target of `free` for 2024, changed.
fn declared(change: impl FnOnce(&mut TrajectoryDeclared)) -> Vec<Event> {
    let TargetSet { indicator, area, year, strength, .. } = target("free", Comparator::AtLeast, "5");
    let points = vec![point("2022", "1"), point("2023", "3")];
    let mut e = TrajectoryDeclared { indicator, area, year, strength, points, reason: text("x"), provenance: None };
    change(&mut e);
    vec![e.into()]
}

fn point(period: &str, value: &str) -> TrajectoryPoint {
    TrajectoryPoint { period: period.parse().expect("a period"), value: decimal(value) }
}

fn trajectories() -> Vec<Bad> {
    vec![
        say("trajectory by a reporter", "alpha-reporter", Reason::RoleMissing, "events[0].trajectory_declared", |_| {
            declared(|_| {})
        }),
        row("trajectory of no indicator", Reason::IndicatorUnknown, "events[0].trajectory_declared.indicator", |_| {
            declared(|e| e.indicator = code("none"))
        }),
        row("trajectory of no target", Reason::TargetUnknown, "events[0].trajectory_declared.indicator", |_| {
            declared(|e| e.year = 2023)
        }),
        row("trajectory elsewhere", Reason::TargetUnknown, "events[0].trajectory_declared.indicator", |_| {
            declared(|e| e.area = code("520100"))
        }),
        row("trajectory without points", Reason::TrajectoryInvalid, "events[0].trajectory_declared.points", |_| {
            declared(|e| e.points.clear())
        }),
        row("trajectory of 121 points", Reason::TrajectoryInvalid, "events[0].trajectory_declared.points", |_| {
            declared(|e| e.points = (1900..2021).map(|year| point(&year.to_string(), "1")).collect())
        }),
        row(
            "trajectory back in time",
            Reason::TrajectoryInvalid,
            "events[0].trajectory_declared.points[1].period",
            |_| declared(|e| e.points.reverse()),
        ),
        row(
            "two points of one day",
            Reason::TrajectoryInvalid,
            "events[0].trajectory_declared.points[1].period",
            |_| declared(|e| e.points[0] = point("2023-12", "1")),
        ),
        row(
            "trajectory up to the target's own day",
            Reason::TrajectoryInvalid,
            "events[0].trajectory_declared.points[2].period",
            |_| declared(|e| e.points.push(point("2024-Q4", "5"))),
        ),
        row(
            "point with a decimal too many",
            Reason::DecimalsTooMany,
            "events[0].trajectory_declared.points[1].value",
            |_| declared(|e| e.points[1] = point("2023", "3.5")),
        ),
        row("trajectory without a reason", Reason::FieldMissing, "events[0].trajectory_declared.reason", |_| {
            declared(|e| e.reason = text(""))
        }),
    ]
}
