//! What may be said: one function a kind of event, each `None` when it does not apply just now.

use hefu_types::event::membership::Role;
use hefu_types::event::plan::IndicatorDefined;
use hefu_types::event::reporting::{ObsStatus, ObservationReported, ObservationRetracted, Qualifier};
use hefu_types::{Code, Decimal, EventRef, Millis, Period, PeriodType, Text};

use crate::history::cast::{Actor, Said, Scene, Series};
use crate::history::{assurance, delegations, members, plans, platform, reports, values};
use crate::rng::Rng;
use crate::world::text;

/// Says something, or finds that it can't be said now.
pub(super) type Deed = fn(&mut Scene<'_>) -> Option<Said>;

/// Every deed with its weight. Bounds keep the cast small, so that a long history has depth instead of width.
pub(super) const DEEDS: &[(usize, Deed)] = &[
    (300, report),
    (60, report_and_correct),
    (300, correct),
    (40, retract),
    (15, members::admit),
    (40, members::enrol),
    (5, members::recover),
    (12, members::revoke),
    (30, members::grant),
    (30, members::take_role),
    (6, members::suspend),
    (12, members::reinstate),
    (1, members::withdraw),
    (2, members::replace_office_key),
    (4, members::activate),
    (4, plans::publish),
    (4, plans::define_task),
    (4, plans::set_milestone),
    (8, plans::define_indicator),
    (8, plans::revise),
    (1, plans::retire),
    (15, plans::set_target),
    (20, plans::adjust_target),
    (15, plans::declare_trajectory),
    (10, reports::open),
    (4, reports::except),
    (120, reports::observe),
    (10, reports::retract),
    (60, reports::submit),
    (60, reports::approve),
    (15, reports::send_back),
    (40, reports::accept),
    (30, assurance::attest),
    (20, assurance::challenge),
    (20, assurance::answer),
    (15, assurance::resolve),
    (5, assurance::withdraw),
    (6, delegations::delegate),
    (20, delegations::report_for),
    (3, delegations::end),
    (40, values::withhold),
    (8, values::erase),
    (2, platform::replace_checkpoint_key),
    (8, platform::record_view),
];

const CELLS_MAX: usize = 48;
pub(super) const FIRST_YEAR: u16 = 2020;

/// A deed by weight.
pub(super) fn any(rng: &mut Rng) -> Deed {
    let total: usize = DEEDS.iter().map(|(weight, _)| weight).sum();
    let mut at = rng.below(total);
    for (weight, deed) in DEEDS {
        match at.checked_sub(*weight) {
            Some(rest) => at = rest,
            None => return *deed,
        }
    }
    unreachable!("below the total")
}

pub(super) fn because(scene: &mut Scene<'_>) -> Text {
    text(&format!("reason {}", scene.rng.below(1_000)))
}

/// The n-th period of a series: months, now and then the quarter, half or year that ends with the month.
fn period(rng: &mut Rng, kinds: &[PeriodType], n: usize) -> Period {
    let (year, month) = (usize::from(FIRST_YEAR) + n / 12, n % 12 + 1);
    let longer = [
        (PeriodType::Year, month == 12, format!("{year}")),
        (PeriodType::Half, month % 6 == 0, format!("{year}-H{}", month.div_ceil(6))),
        (PeriodType::Quarter, month % 3 == 0, format!("{year}-Q{}", month.div_ceil(3))),
    ];
    let fits = longer.into_iter().find(|(kind, ends, _)| *ends && kinds.contains(kind) && rng.percent(40));
    let text = fits.map_or_else(|| format!("{year}-{month:02}"), |(_, _, text)| text);
    text.parse().expect("a period")
}

pub(super) fn number(units: i64, definition: &IndicatorDefined) -> Decimal {
    Decimal::new(units, definition.decimals).expect("few decimals")
}

/// The last value of a series; a new one of a stock may not be below it.
pub(super) fn last_units(series: &Series) -> i64 {
    series.cells.iter().rev().find_map(|(_, value)| *value).map_or(0, Decimal::units)
}

/// A new observation for the period after the last, `ahead` periods on.
pub(super) fn next_observation(
    scene: &mut Scene<'_>,
    (series, definition): (&Series, &IndicatorDefined),
    ahead: usize,
    units: i64,
) -> ObservationReported {
    let period = period(scene.rng, &definition.period_types, series.cells.len() + ahead);
    let statuses = [ObsStatus::A, ObsStatus::A, ObsStatus::B, ObsStatus::E, ObsStatus::P];
    ObservationReported {
        indicator: series.indicator.clone(),
        area: series.area.clone(),
        period,
        value: Some(number(units, definition)),
        obs_status: *scene.rng.pick(&statuses).expect("statuses"),
        qualifier: Some(*scene.rng.pick(Qualifier::ALL).expect("qualifiers")),
        as_of_date: scene.rng.percent(5).then(|| last_day(period)),
        source: None,
        note: if scene.rng.percent(10) { text("a note") } else { Text::default() },
        supersedes: None,
        reason: Text::default(),
        on_behalf_of: None,
        conf_status: None,
        method: Text::default(),
        evidence: vec![],
        embargo_until: Millis::default(),
        commitment: None,
        readers: vec![],
    }
}

/// The last day of a period, as a period.
fn last_day(period: Period) -> Period {
    let (year, month, day) = period.last_day();
    format!("{year}-{month:02}-{day:02}").parse().expect("a day")
}

/// The same observation for another period.
pub(super) fn moved_to(mut observation: ObservationReported, period: Period) -> ObservationReported {
    observation.as_of_date = observation.as_of_date.map(|_| last_day(period));
    ObservationReported { period, ..observation }
}

pub(super) fn with_room<'a>(scene: &mut Scene<'a>) -> Option<(&'a Series, &'a IndicatorDefined, &'a Actor)> {
    scene.reporter_of(|_, series| series.cells.len() + 6 < CELLS_MAX)
}

/// One to six new periods of a series; now and then a missing value.
pub(super) fn report(scene: &mut Scene<'_>) -> Option<Said> {
    let (series, definition, reporter) = with_room(scene)?;
    let mut units = last_units(series);
    let count = 1 + scene.rng.below(6);
    let observations = (0..count).map(|ahead| {
        units += i64::try_from(scene.rng.below(50)).expect("small");
        let mut reported = next_observation(scene, (series, definition), ahead, units);
        if scene.rng.percent(5) {
            (reported.value, reported.qualifier, reported.obs_status) = (None, None, ObsStatus::O);
        }
        reported.into()
    });
    Some(Said { events: observations.collect(), signer: reporter.name.clone() })
}

/// Two events of one submission, the second of which names the first.
fn report_and_correct(scene: &mut Scene<'_>) -> Option<Said> {
    let (series, definition, reporter) = with_room(scene)?;
    let first = next_observation(scene, (series, definition), 0, last_units(series));
    let mut second = first.clone();
    second.supersedes = Some(EventRef { submission_hash: None, index: 0 });
    second.reason = because(scene);
    Some(Said { signer: reporter.name.clone(), events: vec![first.into(), second.into()] })
}

/// What stands in a cell.
pub(super) fn standing(scene: &Scene<'_>, series: &Series, period: Period) -> Option<(EventRef, Code)> {
    let found = scene.state.standing(&(series.indicator.clone(), series.area.clone(), period))?;
    let named = EventRef { submission_hash: Some(found.submission_hash), index: found.index };
    Some((named, found.member.clone()))
}

/// Corrections of one to four cells of a series.
pub(super) fn correct(scene: &mut Scene<'_>) -> Option<Said> {
    let (series, definition, reporter) = scene.reporter_of(|_, series| !series.cells.is_empty())?;
    let (first, count) = (scene.rng.below(series.cells.len()), 1 + scene.rng.below(4));
    let mut events = Vec::new();
    for (period, value) in series.cells.iter().skip(first).take(count) {
        let Some((named, member)) = standing(scene, series, *period) else { continue };
        if member != reporter.member {
            continue;
        }
        let units = value.map_or(7, Decimal::units) + i64::try_from(scene.rng.below(20)).expect("small") - 10;
        let mut corrected = moved_to(next_observation(scene, (series, definition), 0, units), *period);
        (corrected.supersedes, corrected.reason) = (Some(named), because(scene));
        events.push(corrected.into());
    }
    if events.is_empty() { None } else { Some(Said { signer: reporter.name.clone(), events }) }
}

fn retract(scene: &mut Scene<'_>) -> Option<Said> {
    let (series, _, _) = scene.reporter_of(|_, series| !series.cells.is_empty())?;
    let (period, _) = *scene.rng.pick(&series.cells)?;
    let (observation, member) = standing(scene, series, period)?;
    let reporter = scene.actor(|actor, record| actor.member == member && record.roles.has(Role::Reporter))?;
    let (indicator, area) = (series.indicator.clone(), series.area.clone());
    Some(Said::by(
        reporter,
        ObservationRetracted { indicator, area, period, observation, reason: because(scene), on_behalf_of: None },
    ))
}
