//! Cycles: when which observations are due, from whom, and until when they are taken.

use std::collections::{BTreeMap, BTreeSet};

use hefu_types::event::cycle::{LockExceptionGranted, ReportingCycleOpened};
use hefu_types::event::membership::Role;
use hefu_types::report::{Step, Times};
use hefu_types::{Code, Millis, Period, Reason, Refusal};

use serde::{Deserialize, Serialize};

use crate::event::{Context, Speaker};
use crate::membership::{MemberStatus, check_reason};
use crate::plan::{known_plan, live_indicator, unique};
use crate::reporting::Place;
use crate::state::State;

/// A cycle, as far as decisions depend on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cycle {
    pub(crate) number: u32,
    period: Period,
    pub(crate) times: Times,
    /// With their numbers.
    pub(crate) units: BTreeMap<Code, u32>,
    pub(crate) accepting_units: BTreeSet<Code>,
}

/// An indicator's period, which belongs to one cycle at most.
pub(crate) type Due = (u32, u64);

/// An observation that stands in a unit's report: the numbers of cycle and unit, and the cell.
pub(crate) type Filed = (u32, u32, Place);

/// Who may report in a locked cycle, what and until when; none of a list is all of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Exception {
    units: BTreeSet<Code>,
    indicators: BTreeSet<Code>,
    expires_at: Millis,
}

impl Exception {
    fn covers(&self, unit: &Code, indicator: Option<&Code>) -> bool {
        let among = |codes: &BTreeSet<Code>, code: &Code| codes.is_empty() || codes.contains(code);
        among(&self.units, unit) && indicator.is_none_or(|indicator| among(&self.indicators, indicator))
    }
}

fn refuse<T>(reason: Reason, field: &str, detail: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::new(reason, field, detail))
}

pub(crate) fn known_cycle<'a>(state: &'a State, code: &Code) -> Result<&'a Cycle, Refusal> {
    state.cycles.get(code).ok_or_else(|| Refusal::new(Reason::CycleUnknown, "cycle", format!("no cycle {code}")))
}

impl State {
    /// Until when an exception lets a unit report of an indicator, or of any.
    pub(crate) fn exception(&self, cycle: &Code, unit: &Code, indicator: Option<&Code>) -> Option<Millis> {
        let of_cycle = (cycle.clone(), 0)..=(cycle.clone(), u32::MAX);
        let covering = self.exceptions.range(of_cycle).filter(|(_, exception)| exception.covers(unit, indicator));
        covering.map(|(_, exception)| exception.expires_at).max()
    }
}

pub(crate) fn decide_opened(state: &State, speaker: &Speaker, e: &ReportingCycleOpened) -> Result<(), Refusal> {
    speaker.needs(Role::Office)?;
    if state.cycles.contains(&e.cycle) {
        return refuse(Reason::CycleExists, "cycle", format!("cycle {} exists", e.cycle));
    }
    known_plan(state, &e.plan)?;
    if !(e.opens_at < e.due_at && e.due_at <= e.locks_at) {
        return refuse(Reason::CycleInvalid, "due_at", "it opens before it is due, and is due before it locks");
    }
    for (list, field) in [(&e.indicators, "indicators"), (&e.units, "units")] {
        if list.is_empty() {
            return refuse(Reason::FieldMissing, field, "at least one");
        }
        unique(list, field)?;
    }
    unique(&e.accepting_units, "accepting_units")?;
    check_indicators(state, e)?;
    check_units(state, e)
}

fn check_indicators(state: &State, e: &ReportingCycleOpened) -> Result<(), Refusal> {
    for code in &e.indicators {
        let indicator = live_indicator(state, code, "indicators")?;
        if indicator.plan != e.plan {
            return refuse(Reason::CycleInvalid, "indicators", format!("{code} is of plan {}", indicator.plan));
        }
        if !indicator.period_types.contains(&e.period.kind()) {
            let detail = format!("{code} is not observed by {}", e.period.kind());
            return refuse(Reason::PeriodTypeWrong, "indicators", detail);
        }
        if let Some(other) = state.due.get(&due(indicator.number, e.period)) {
            let detail = format!("{code} of {} belongs to {}", e.period, state.numbered(*other));
            return refuse(Reason::CycleOverlaps, "indicators", detail);
        }
    }
    Ok(())
}

fn check_units(state: &State, e: &ReportingCycleOpened) -> Result<(), Refusal> {
    let reports = |unit: &Code| {
        let of = |code| state.indicators.get(code).is_some_and(|i| i.reporting_units.contains_key(unit));
        e.indicators.iter().any(of)
    };
    if let Some(unit) = e.units.iter().find(|unit| !reports(unit)) {
        return refuse(Reason::NotReportingUnit, "units", format!("{unit} reports none of the indicators"));
    }
    for (units, field) in [(&e.units, "units"), (&e.accepting_units, "accepting_units")] {
        units.iter().try_for_each(|unit| check_is_here(state, unit, field))?;
    }
    // Everybody else's report the office can accept.
    let office = &state.ledger().expect("decided after genesis").office;
    if e.units.contains(office) && e.accepting_units.iter().all(|unit| unit == office) {
        return refuse(Reason::CycleInvalid, "accepting_units", format!("nobody could accept the report of {office}"));
    }
    Ok(())
}

fn check_is_here(state: &State, unit: &Code, field: &str) -> Result<(), Refusal> {
    match state.members.get(unit).map(|member| member.status) {
        None => refuse(Reason::MemberUnknown, field, format!("no member {unit}")),
        Some(MemberStatus::Withdrawn) => {
            refuse(Reason::MemberStatusWrong, field, format!("member {unit} has withdrawn"))
        }
        Some(MemberStatus::Active | MemberStatus::Suspended) => Ok(()),
    }
}

fn due(indicator: u32, period: Period) -> Due {
    (indicator, u64::from_be_bytes(period.sort_key()))
}

pub(crate) fn apply_opened(state: &mut State, e: &ReportingCycleOpened) {
    let (number, units) = (state.number(&e.cycle), state.numbers_of(&e.units));
    let indicators: Vec<u32> = e.indicators.iter().map(|code| state.number(code)).collect();
    // A plan never loses an area, so its own are all in which something may stand.
    let areas = state.plans.get(&e.plan).map(|plan| plan.areas.clone()).unwrap_or_default();
    let areas: Vec<u32> = areas.iter().filter_map(|area| state.number_of(area)).collect();
    for indicator in indicators {
        state.due.put(due(indicator, e.period), number);
        // What was reported before the cycle was opened is in its reports.
        let places = areas.iter().map(|area| Place::new(indicator, *area, e.period));
        let standing = places.filter_map(|place| Some((place, state.cells.get(&place)?.member)));
        let of_cycle = standing.filter(|(_, member)| units.values().any(|unit| unit == member));
        let filed: Vec<Filed> = of_cycle.map(|(place, member)| (number, member, place)).collect();
        filed.into_iter().for_each(|filed| state.filed.put(filed, ()));
    }
    let accepting_units = e.accepting_units.iter().cloned().collect();
    state.cycles.put(e.cycle.clone(), Cycle { number, period: e.period, times: e.into(), units, accepting_units });
}

pub(crate) fn decide_exception(
    state: &State,
    speaker: &Speaker,
    e: &LockExceptionGranted,
    context: &Context<'_>,
) -> Result<(), Refusal> {
    speaker.needs(Role::Office)?;
    let cycle = known_cycle(state, &e.cycle)?;
    unique(&e.units, "units")?;
    unique(&e.indicators, "indicators")?;
    if let Some(unit) = e.units.iter().find(|unit| !cycle.units.contains_key(*unit)) {
        return refuse(Reason::UnitNotInCycle, "units", format!("{unit} does not report in {}", e.cycle));
    }
    let cycle_of = |code: &Code| state.due.get(&due(state.number_of(code)?, cycle.period));
    if let Some(code) = e.indicators.iter().find(|code| cycle_of(code) != Some(&cycle.number)) {
        return refuse(Reason::IndicatorUnknown, "indicators", format!("{code} is not reported in {}", e.cycle));
    }
    if e.expires_at <= context.at.recorded_at || e.expires_at <= cycle.times.locks_at {
        let detail =
            format!("it locks at {}, the exception ends at {}", cycle.times.locks_at.utc(), e.expires_at.utc());
        return refuse(Reason::ExceptionInvalid, "expires_at", detail);
    }
    check_reason(&e.reason)
}

pub(crate) fn apply_exception(state: &mut State, e: &LockExceptionGranted) {
    let of_cycle = (e.cycle.clone(), 0)..=(e.cycle.clone(), u32::MAX);
    let next = state.exceptions.range(of_cycle).next_back().map_or(0, |((_, last), _)| last + 1);
    let exception = Exception {
        units: e.units.iter().cloned().collect(),
        indicators: e.indicators.iter().cloned().collect(),
        expires_at: e.expires_at,
    };
    state.exceptions.put((e.cycle.clone(), next), exception);
}

/// Whether a unit may report now, given the end of the exceptions that it has.
pub(crate) fn check_times(times: &Times, exception: Option<Millis>, now: Millis, field: &str) -> Result<(), Refusal> {
    if now < times.opens_at {
        return refuse(Reason::CycleNotOpen, field, format!("the cycle opens at {}", times.opens_at.utc()));
    }
    if now >= times.locks_at && exception.is_none_or(|until| now >= until) {
        return refuse(Reason::CycleLocked, field, format!("the cycle was locked at {}", times.locks_at.utc()));
    }
    Ok(())
}

/// What is done to a cell of a cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// A unit's first word about it, or a successor's correction.
    Made,
    /// A unit's correction of its own.
    Corrected,
    /// A unit's retraction of its own.
    TakenBack,
}

/// An observation of a cycle is made by a unit of the cycle, while it may report. What an approver stands for is corrected, which
/// anybody sees, and neither taken back nor added to. What a unit outside the cycle has said before, it may mend at any time.
pub(crate) fn check_observation(
    state: &State,
    place: Place,
    unit: &Code,
    change: Change,
    now: Millis,
) -> Result<(), Refusal> {
    let Some(number) = state.due.get(&place.due()) else { return Ok(()) };
    let code = state.numbered(*number);
    let cycle = known_cycle(state, code)?;
    if !cycle.units.contains_key(unit) {
        return match change {
            Change::Made => refuse(Reason::UnitNotInCycle, "period", format!("{unit} does not report in {code}")),
            Change::Corrected | Change::TakenBack => Ok(()),
        };
    }
    let exception = (now >= cycle.times.locks_at)
        .then(|| state.exception(code, unit, Some(state.numbered(place.indicator))))
        .flatten();
    check_times(&cycle.times, exception, now, "period")?;
    let report = state.reports.get(&(code.clone(), unit.clone())).copied().unwrap_or_default();
    match report.step {
        Step::Approved(_) | Step::Accepted(_) if change != Change::Corrected => {
            refuse(Reason::ReportApproved, "period", format!("the report of {unit} in {code} was approved"))
        }
        _ => Ok(()),
    }
}

/// Files an observation that stands now, or takes it out.
pub(crate) fn apply_observation(state: &mut State, place: Place, member: u32, stands: bool) {
    let Some(cycle) = state.due.get(&place.due()).copied() else { return };
    let filed = (cycle, member, place);
    match stands {
        true if state.filed.contains(&filed) => {}
        true => state.filed.put(filed, ()),
        false => state.filed.remove(&filed),
    }
}
