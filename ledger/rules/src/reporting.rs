//! What was observed: one standing observation for each indicator, area and period.

use std::collections::BTreeMap;

use hefu_types::event::membership::Role;
use hefu_types::event::plan::Measure;
use hefu_types::event::reporting::{ObsStatus, ObservationReported, ObservationRetracted};
use hefu_types::{Code, Decimal, EventRef, Millis, Period, PeriodType, Reason, Refusal, SubmissionHash};

use serde::{Deserialize, Serialize};

use crate::confidential;
use crate::cycle::{self, Change};
use crate::delegation::{check_active, delegates};
use crate::event::{Context, Speaker};
use crate::membership::{MemberStatus, check_reason};
use crate::plan::{Indicator, area_of, check_decimals, live_indicator};
use crate::state::State;

/// Indicator, area and period.
pub type Cell = (Code, Code, Period);

/// The observation that stands in a cell, as far as decisions depend on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The submission that reported it.
    pub submission_hash: SubmissionHash,
    /// The event within it.
    pub index: u32,
    /// The unit whose observation it is.
    pub member: Code,
    /// The member whose key reported it: the unit, or its delegate.
    pub reporter: Code,
}

/// A cell in few bytes: the numbers of its indicator and area, and its period's sort key. A log has millions of them, and
/// each decision looks for some.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) indicator: u32,
    pub(crate) area: u32,
    period: u64,
}

/// What was decided about a report, and looked up for it.
pub(crate) struct Report {
    place: Place,
    member: u32,
    holder: u32,
    /// The member whose key reports it for another.
    delegate: Option<Code>,
    /// A stock has a level.
    is_stock: bool,
}

/// A [`Standing`] whose member is a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stands {
    pub(crate) submission_hash: SubmissionHash,
    pub(crate) index: u32,
    pub(crate) member: u32,
    /// The holder of the key that reported it, as a number.
    pub(crate) holder: u32,
    /// The member whose key reported it, as a number: the member, or its delegate.
    pub(crate) reporter: u32,
}

/// The value of a stock that stands in a cell. Cells without a value have none, nor those with a commitment, so that neighbours are found at once, and
/// neither have flows and ratios, which may rise and fall.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Level {
    period: Period,
    value: Decimal,
    status: ObsStatus,
}

impl State {
    /// The observation that stands in a cell, for whoever wants to correct it.
    #[must_use]
    pub fn standing(&self, (indicator, area, period): &Cell) -> Option<Standing> {
        let stands = self.cells.get(&self.place(indicator, area, *period)?)?;
        let Stands { submission_hash, index, member, reporter, .. } = *stands;
        let [member, reporter] = [member, reporter].map(|number| self.numbered(number).clone());
        Some(Standing { submission_hash, index, member, reporter })
    }

    /// `None` when no definition of an indicator ever named one of them.
    pub(crate) fn place(&self, indicator: &Code, area: &Code, period: Period) -> Option<Place> {
        let number = |code| self.numbers.get(code).copied();
        Some(Place::new(number(indicator)?, number(area)?, period))
    }

    pub(crate) fn numbered(&self, number: u32) -> &Code {
        self.codes.get(&number).expect("every number was given to a code")
    }

    /// The number of a code, if it has one.
    pub(crate) fn number_of(&self, code: &Code) -> Option<u32> {
        self.numbers.get(code).copied()
    }

    /// The number of a code, which gets one when it has none.
    pub(crate) fn number(&mut self, code: &Code) -> u32 {
        if let Some(number) = self.numbers.get(code) {
            return *number;
        }
        let number = u32::try_from(self.codes.len()).expect("fewer than 2^32 codes");
        self.numbers.put(code.clone(), number);
        self.codes.put(number, code.clone());
        number
    }

    pub(crate) fn numbers_of(&mut self, codes: &[Code]) -> BTreeMap<Code, u32> {
        codes.iter().map(|code| (code.clone(), self.number(code))).collect()
    }
}

impl Place {
    pub(crate) const FIRST: Self = Self { indicator: 0, area: 0, period: 0 };
    pub(crate) const LAST: Self = Self { indicator: u32::MAX, area: u32::MAX, period: u64::MAX };

    /// Its indicator and period, which a cycle may ask for.
    pub(crate) const fn due(&self) -> (u32, u64) {
        (self.indicator, self.period)
    }

    pub(crate) const fn new(indicator: u32, area: u32, period: Period) -> Self {
        Self { indicator, area, period: u64::from_be_bytes(period.sort_key()) }
    }

    /// Before and behind this place, those of the same indicator and area.
    fn before(self) -> std::ops::Range<Self> {
        Self { period: 0, ..self }..self
    }

    fn behind(self) -> std::ops::RangeInclusive<Self> {
        Self { period: self.period.saturating_add(1), ..self }..=Self { period: u64::MAX, ..self }
    }
}

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
    speaker: &Speaker,
    e: &ObservationReported,
    context: &Context<'_>,
) -> Result<Report, Refusal> {
    speaker.needs(Role::Reporter)?;
    let indicator = live_indicator(state, &e.indicator, "indicator")?;
    let now = context.at.recorded_at;
    let unit = e.on_behalf_of.as_ref().unwrap_or(&speaker.member);
    let (place, member) = check_place(indicator, unit, e)?;
    let delegate = check_unit(state, speaker, e.on_behalf_of.as_ref(), &e.indicator, now)?;
    check_value(indicator, e)?;
    confidential::check(state, e, context.at.recorded_at)?;
    if e.as_of_date.is_some_and(|date| date.kind() != PeriodType::Day || !e.period.contains(date)) {
        return refuse(Reason::AsOfDateInvalid, "as_of_date", format!("a day of {}, such as 2024-07-15", e.period));
    }
    let standing = state.cells.get(&place);
    let is_own = e.supersedes.is_some() && standing.is_some_and(|stands| stands.member == member);
    let change = if is_own { Change::Corrected } else { Change::Made };
    cycle::check_observation(state, place, unit, change, now)?;
    check_supersedes(standing, e, context)?;
    check_owner(state, indicator, standing, member)?;
    let is_stock = indicator.measure == Measure::Stock;
    if let Some(value) = e.value.filter(|_| is_stock && e.supersedes.is_none()) {
        check_stock(state, place, e, value)?;
    }
    Ok(Report { place, member, holder: speaker.holder, delegate, is_stock })
}

/// Who reports for another unit is its delegate.
fn check_unit(
    state: &State,
    speaker: &Speaker,
    unit: Option<&Code>,
    indicator: &Code,
    now: Millis,
) -> Result<Option<Code>, Refusal> {
    let Some(unit) = unit else { return Ok(None) };
    if !delegates(state, unit, &speaker.member, Some(indicator), now) {
        let detail = format!("{unit} does not let {} report {indicator} now", speaker.member);
        return refuse(Reason::NotDelegated, "on_behalf_of", detail);
    }
    check_active(state, unit, "on_behalf_of")?;
    Ok(Some(speaker.member.clone()))
}

/// Where it stands, and the member's number.
fn check_place(indicator: &Indicator, member: &Code, e: &ObservationReported) -> Result<(Place, u32), Refusal> {
    let Some(member) = indicator.reporting_units.get(member) else {
        return refuse(Reason::NotReportingUnit, "indicator", format!("{member} does not report {}", e.indicator));
    };
    let area = area_of(indicator, &e.area)?;
    if !indicator.period_types.contains(&e.period.kind()) {
        let detail = format!("the indicator is not observed by {}", e.period.kind());
        return refuse(Reason::PeriodTypeWrong, "period", detail);
    }
    Ok((Place::new(indicator.number, area, e.period), *member))
}

fn check_value(indicator: &Indicator, e: &ObservationReported) -> Result<(), Refusal> {
    let field = confidential::check_form(e)?;
    let has_value = e.value.is_some() || e.commitment.is_some();
    match (has_value, is_missing(e.obs_status)) {
        (true, Some(true)) => {
            return refuse(Reason::ValueForbidden, field, format!("status {} says it is missing", e.obs_status));
        }
        (false, Some(false)) if e.conf_status.is_some() => {
            return refuse(Reason::CommitmentMissing, field, format!("status {} needs a value", e.obs_status));
        }
        (false, Some(false)) => {
            return refuse(Reason::ValueRequired, field, format!("status {} needs a value", e.obs_status));
        }
        _ => {}
    }
    match (has_value, e.qualifier) {
        (true, None) => refuse(Reason::ValueRequired, "qualifier", "a value comes with its qualifier"),
        (false, Some(_)) => refuse(Reason::ValueForbidden, "qualifier", "without a value there is nothing to qualify"),
        _ => e.value.map_or(Ok(()), |value| check_decimals(indicator, value)),
    }
}

fn check_supersedes(standing: Option<&Stands>, e: &ObservationReported, context: &Context<'_>) -> Result<(), Refusal> {
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
fn check_owner(state: &State, indicator: &Indicator, standing: Option<&Stands>, member: u32) -> Result<(), Refusal> {
    let Some(standing) = standing.filter(|stands| stands.member != member) else { return Ok(()) };
    let owner = state.numbered(standing.member);
    let gone = state.members.get(owner).is_none_or(|m| m.status == MemberStatus::Withdrawn);
    if gone || !indicator.reporting_units.contains_key(owner) {
        return Ok(());
    }
    refuse(Reason::NotYourObservation, "supersedes", format!("{owner} reported it"))
}

fn check_names(standing: &Stands, named: &EventRef, field: &str, context: &Context<'_>) -> Result<(), Refusal> {
    let hash = named.submission_hash.unwrap_or(context.at.submission_hash);
    if (hash, named.index) == (standing.submission_hash, standing.index) {
        return Ok(());
    }
    let detail =
        format!("{} / {} stands, {hash} / {} was named", standing.submission_hash, standing.index, named.index);
    refuse(Reason::SupersedesWrong, field, detail)
}

/// A cumulative stock rises from period to period, but for flagged breaks.
fn check_stock(state: &State, place: Place, e: &ObservationReported, value: Decimal) -> Result<(), Refusal> {
    // At most a handful of periods end on the same day.
    let other_day = |(_, level): &(&Place, &Level)| level.period.last_day() != e.period.last_day();
    let before = state.levels.range(place.before()).rev().find(other_day);
    let behind = state.levels.range(place.behind()).find(other_day);
    match (before, behind) {
        (Some((_, earlier)), _) if e.obs_status != ObsStatus::B && value.compare(earlier.value).is_lt() => {
            refuse(Reason::StockFell, "value", format!("{value} is below {} of {}", earlier.value, earlier.period))
        }
        (_, Some((_, later))) if later.status != ObsStatus::B && value.compare(later.value).is_gt() => {
            refuse(Reason::StockFell, "value", format!("{value} is above {} of {}", later.value, later.period))
        }
        _ => Ok(()),
    }
}

/// What stands in a cell, if it is what is named. The indicator may be retired, or no longer observed there.
pub(crate) fn named_standing<'a>(
    state: &'a State,
    (indicator, area, period): (&Code, &Code, Period),
    named: &EventRef,
    context: &Context<'_>,
) -> Result<(Place, &'a Stands), Refusal> {
    if !state.indicators.contains(indicator) {
        return refuse(Reason::IndicatorUnknown, "indicator", format!("no indicator {indicator}"));
    }
    let place = state.place(indicator, area, period);
    let Some((place, standing)) = place.and_then(|place| Some((place, state.cells.get(&place)?))) else {
        return refuse(Reason::NothingToSupersede, "observation", "no observation stands there");
    };
    check_names(standing, named, "observation", context)?;
    Ok((place, standing))
}

pub(crate) fn decide_retracted(
    state: &State,
    speaker: &Speaker,
    e: &ObservationRetracted,
    context: &Context<'_>,
) -> Result<Place, Refusal> {
    speaker.needs(Role::Reporter)?;
    let (place, standing) = named_standing(state, (&e.indicator, &e.area, e.period), &e.observation, context)?;
    let owner = state.numbered(standing.member);
    let (unit, now) = (e.on_behalf_of.as_ref().unwrap_or(&speaker.member), context.at.recorded_at);
    if owner != unit {
        return refuse(Reason::NotYourObservation, "observation", format!("{owner} reported it"));
    }
    check_unit(state, speaker, e.on_behalf_of.as_ref(), &e.indicator, now)?;
    cycle::check_observation(state, place, unit, Change::TakenBack, now)?;
    check_reason(&e.reason)?;
    Ok(place)
}

pub(crate) fn apply_reported(state: &mut State, e: &ObservationReported, report: Report, context: &Context<'_>) {
    let Report { place, member, holder, delegate, is_stock } = report;
    let reporter = delegate.map_or(member, |delegate| state.number(&delegate));
    if is_stock {
        match e.value {
            Some(value) => state.levels.put(place, Level { period: e.period, value, status: e.obs_status }),
            None => state.levels.remove(&place),
        }
    }
    let (submission_hash, index) = (context.at.submission_hash, context.index);
    // A successor's correction moves it from the report of the unit that is gone.
    if let Some(before) = state.cells.get(&place).map(|stands| stands.member).filter(|before| *before != member) {
        cycle::apply_observation(state, place, before, false);
    }
    cycle::apply_observation(state, place, member, true);
    confidential::apply(state, e, member);
    state.cells.put(place, Stands { submission_hash, index, member, holder, reporter });
}

pub(crate) fn apply_retracted(state: &mut State, place: Place) {
    if let Some(member) = state.cells.get(&place).map(|stands| stands.member) {
        cycle::apply_observation(state, place, member, false);
    }
    state.levels.remove(&place);
    state.cells.remove(&place);
}
