//! What was observed: one standing observation for each indicator, area and period.

use std::ops::Bound;

use hefu_types::event::membership::Role;
use hefu_types::event::plan::Measure;
use hefu_types::event::reporting::{ObsStatus, ObservationReported, ObservationRetracted};
use hefu_types::{Code, Decimal, EventRef, Period, PeriodType, Reason, Refusal, SubmissionHash};

use crate::membership::{MemberStatus, check_reason};
use crate::plan::{Indicator, check_area, check_decimals, live_indicator};
use crate::state::{Context, Speaker, State};

/// Indicator, area and period.
pub type Cell = (Code, Code, Period);

/// The observation that stands in a cell, as far as decisions depend on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The submission that reported it.
    pub submission_hash: SubmissionHash,
    /// The event within it.
    pub index: u32,
    /// The member that reported it.
    pub member: Code,
}

/// The value that stands in a cell, and its status; cells without a value have none, so that neighbours are found at once.
pub(crate) type Level = (Decimal, ObsStatus);

/// Whether a status says that the value is missing (SDMX CL_OBS_STATUS); `None` where either fits.
#[must_use]
pub const fn is_missing(status: ObsStatus) -> Option<bool> {
    match status {
        ObsStatus::H | ObsStatus::K | ObsStatus::L | ObsStatus::M | ObsStatus::O | ObsStatus::Q => Some(true),
        ObsStatus::J => None,
        _ => Some(false),
    }
}

fn refuse<T>(reason: Reason, field: &str, detail: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::new(reason, field, detail))
}

pub(crate) fn decide_reported(
    state: &State,
    speaker: &Speaker<'_>,
    e: &ObservationReported,
    context: &Context<'_>,
) -> Result<(), Refusal> {
    speaker.needs(Role::Reporter)?;
    let indicator = live_indicator(state, &e.indicator, "indicator")?;
    check_place(indicator, &speaker.record.member, e)?;
    check_value(indicator, e)?;
    if e.as_of_date.is_some_and(|date| date.kind() != PeriodType::Day || !e.period.contains(date)) {
        return refuse(Reason::AsOfDateInvalid, "as_of_date", format!("a day of {}, such as 2024-07-15", e.period));
    }
    let cell = (e.indicator.clone(), e.area.clone(), e.period);
    let standing = state.cells.get(&cell);
    check_supersedes(standing, e, context)?;
    check_owner(state, indicator, standing, &speaker.record.member)?;
    match e.value {
        Some(value) if indicator.measure == Measure::Stock && e.supersedes.is_none() => {
            check_stock(state, &cell, value, e.obs_status)
        }
        _ => Ok(()),
    }
}

fn check_place(indicator: &Indicator, member: &Code, e: &ObservationReported) -> Result<(), Refusal> {
    if !indicator.reporting_units.contains(member) {
        return refuse(Reason::NotReportingUnit, "indicator", format!("{member} does not report {}", e.indicator));
    }
    check_area(indicator, &e.area)?;
    if !indicator.period_types.contains(&e.period.kind()) {
        let detail = format!("the indicator is not observed by {}", e.period.kind());
        return refuse(Reason::PeriodTypeWrong, "period", detail);
    }
    Ok(())
}

fn check_value(indicator: &Indicator, e: &ObservationReported) -> Result<(), Refusal> {
    match (e.value, is_missing(e.obs_status)) {
        (Some(_), Some(true)) => {
            return refuse(Reason::ValueForbidden, "value", format!("status {} says it is missing", e.obs_status));
        }
        (None, Some(false)) => {
            return refuse(Reason::ValueRequired, "value", format!("status {} needs a value", e.obs_status));
        }
        _ => {}
    }
    match (e.value, e.qualifier) {
        (Some(_), None) => refuse(Reason::ValueRequired, "qualifier", "a value comes with its qualifier"),
        (None, Some(_)) => refuse(Reason::ValueForbidden, "qualifier", "without a value there is nothing to qualify"),
        (Some(value), Some(_)) => check_decimals(indicator, value),
        (None, None) => Ok(()),
    }
}

fn check_supersedes(
    standing: Option<&Standing>,
    e: &ObservationReported,
    context: &Context<'_>,
) -> Result<(), Refusal> {
    if e.supersedes.is_some() == e.reason.is_blank() {
        return refuse(Reason::ReasonMismatch, "reason", "a reason exactly with a correction");
    }
    match (standing, &e.supersedes) {
        (None, None) => Ok(()),
        (Some(standing), Some(named)) => check_names(standing, named, "supersedes", context),
        (Some(standing), None) => {
            let detail = format!("{} / {} stands", standing.submission_hash, standing.index);
            refuse(Reason::ObservationStands, "supersedes", detail)
        }
        (None, Some(_)) => refuse(Reason::NothingToSupersede, "supersedes", "no observation stands there"),
    }
}

/// A unit corrects what it reported itself; what a unit reported that reports no more, its successors may correct.
fn check_owner(
    state: &State,
    indicator: &Indicator,
    standing: Option<&Standing>,
    member: &Code,
) -> Result<(), Refusal> {
    let Some(owner) = standing.map(|s| &s.member).filter(|owner| *owner != member) else { return Ok(()) };
    let gone = state.members.get(owner).is_none_or(|m| m.status == MemberStatus::Withdrawn);
    if gone || !indicator.reporting_units.contains(owner) {
        return Ok(());
    }
    refuse(Reason::NotYourObservation, "supersedes", format!("{owner} reported it"))
}

fn check_names(standing: &Standing, named: &EventRef, field: &str, context: &Context<'_>) -> Result<(), Refusal> {
    let hash = named.submission_hash.unwrap_or(context.at.submission_hash);
    if (hash, named.index) == (standing.submission_hash, standing.index) {
        return Ok(());
    }
    let detail =
        format!("{} / {} stands, {hash} / {} was named", standing.submission_hash, standing.index, named.index);
    refuse(Reason::SupersedesWrong, field, detail)
}

/// A cumulative stock rises from period to period, but for flagged breaks.
fn check_stock(state: &State, cell: &Cell, value: Decimal, status: ObsStatus) -> Result<(), Refusal> {
    let same_series = |(other, _): &(&Cell, &Level)| (&other.0, &other.1) == (&cell.0, &cell.1);
    // At most a handful of periods end on the same day.
    let with_value = |(other, level): (&Cell, &Level)| {
        (other.2.last_day() != cell.2.last_day()).then_some((other.2, level.0, level.1))
    };
    let before = state.levels.range(..cell.clone()).rev().take_while(same_series).find_map(with_value);
    let after = (Bound::Excluded(cell.clone()), Bound::Unbounded);
    let after = state.levels.range(after).take_while(same_series).find_map(with_value);
    match (before, after) {
        (Some((period, earlier, _)), _) if status != ObsStatus::B && value.compare(earlier).is_lt() => {
            refuse(Reason::StockFell, "value", format!("{value} is below {earlier} of {period}"))
        }
        (_, Some((period, later, flag))) if flag != ObsStatus::B && value.compare(later).is_gt() => {
            refuse(Reason::StockFell, "value", format!("{value} is above {later} of {period}"))
        }
        _ => Ok(()),
    }
}

pub(crate) fn decide_retracted(
    state: &State,
    speaker: &Speaker<'_>,
    e: &ObservationRetracted,
    context: &Context<'_>,
) -> Result<(), Refusal> {
    speaker.needs(Role::Reporter)?;
    if !state.indicators.contains(&e.indicator) {
        return refuse(Reason::IndicatorUnknown, "indicator", format!("no indicator {}", e.indicator));
    }
    let cell = (e.indicator.clone(), e.area.clone(), e.period);
    let Some(standing) = state.cells.get(&cell) else {
        return refuse(Reason::NothingToSupersede, "observation", "no observation stands there");
    };
    check_names(standing, &e.observation, "observation", context)?;
    if standing.member != speaker.record.member {
        return refuse(Reason::NotYourObservation, "observation", format!("{} reported it", standing.member));
    }
    check_reason(&e.reason)
}

pub(crate) fn apply_reported(state: &mut State, member: &Code, e: &ObservationReported, context: &Context<'_>) {
    let standing =
        Standing { submission_hash: context.at.submission_hash, index: context.index, member: member.clone() };
    let cell = (e.indicator.clone(), e.area.clone(), e.period);
    match e.value {
        Some(value) => state.levels.put(cell.clone(), (value, e.obs_status)),
        None => state.levels.remove(&cell),
    }
    state.cells.put(cell, standing);
}

pub(crate) fn apply_retracted(state: &mut State, e: &ObservationRetracted) {
    let cell = (e.indicator.clone(), e.area.clone(), e.period);
    state.levels.remove(&cell);
    state.cells.remove(&cell);
}
