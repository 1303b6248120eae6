//! What may be said about cycles and reports. Their periods are months that nothing else speaks of, so that what was approved is in
//! nobody's way.

use hefu_rules::MemberStatus;
use hefu_types::event::cycle::{
    LockExceptionGranted, NilReportDeclared, ReportAccepted, ReportApproved, ReportReturned, ReportSubmitted,
    ReportingCycleOpened,
};
use hefu_types::event::membership::Role;
use hefu_types::event::plan::Measure;
use hefu_types::event::reporting::ObservationRetracted;
use hefu_types::report::ReportStatus;
use hefu_types::{Code, ContentHash, Millis, Period};

use crate::history::cast::{Actor, Said, Scene, Series, definition};
use crate::history::deeds::{because, moved_to, next_observation, standing};
use crate::world::code;

/// The first year that a cycle may be about.
const CYCLE_YEAR: usize = 2_100;

/// Cycles, at most: a month each.
const CYCLES_MAX: usize = 12 * 99;

/// Later than any clock that a history is recorded by: its own, or a server's.
pub(super) const FAR: i64 = 9_000_000_000_000;

/// When cycles open, are due and lock, so that what may be said does not hang on the clock: four open ones, a late one, a locked
/// one, and one that has not begun.
const TIMES: [[i64; 3]; 7] =
    [[1, FAR, FAR], [1, FAR, FAR], [1, FAR, FAR], [1, FAR, FAR], [1, 2, FAR], [1, 2, 3], [FAR, FAR + 1, FAR + 2]];

/// Cycles that are looked at: those opened last.
const CYCLES_RECENT: usize = 6;

/// Whether observations of a period belong to cycles.
pub(super) fn is_of_cycles(period: Period) -> bool {
    usize::from(period.last_day().0) >= CYCLE_YEAR
}

/// A unit's report, as it stands.
pub(super) struct Known<'a> {
    pub(super) cycle: &'a ReportingCycleOpened,
    pub(super) unit: &'a Code,
    pub(super) status: ReportStatus,
    pub(super) content: Option<ContentHash>,
}

impl Known<'_> {
    fn step<E>(&self, event: impl FnOnce(Code, Code) -> E) -> E {
        event(self.cycle.cycle.clone(), self.unit.clone())
    }
}

fn millis(scene: &mut Scene<'_>, most: usize) -> i64 {
    i64::try_from(scene.rng.below(most)).expect("small")
}

/// A cycle about the n-th month.
pub(super) fn cycle_of(scene: &mut Scene<'_>, n: usize) -> Option<(Said, ReportingCycleOpened)> {
    let office = scene.office()?;
    let asked = scene.indicator(|i| i.measure != Measure::Stock)?;
    let [opens_at, due_at, locks_at] = *scene.rng.pick(&TIMES)?;
    let opened = ReportingCycleOpened {
        cycle: code(&format!("c{n}")),
        plan: asked.plan.clone(),
        period: format!("{}-{:02}", CYCLE_YEAR + n / 12, n % 12 + 1).parse().expect("a month"),
        opens_at: Millis::new(opens_at),
        due_at: Millis::new(due_at),
        locks_at: Millis::new(locks_at),
        indicators: vec![asked.indicator.clone()],
        units: here(scene, &asked.reporting_units, 1 + scene.rng.clone().below(3)),
        accepting_units: here(scene, &scene.cast.members, scene.rng.clone().below(3)),
    };
    if opened.units.is_empty() {
        return None;
    }
    Some((Said::by(office, opened.clone()), opened))
}

/// The first few of these that have not left, without those that run the ledger: nobody could accept a report of the office.
fn here(scene: &Scene<'_>, units: &[Code], most: usize) -> Vec<Code> {
    let stays = |unit: &&Code| scene.state.member(unit).is_some_and(|known| known.status != MemberStatus::Withdrawn);
    units.iter().filter(stays).filter(|unit| scene.ordinary(unit)).take(most).cloned().collect()
}

pub(super) fn open(scene: &mut Scene<'_>) -> Option<Said> {
    let n = scene.cast.cycles.len();
    if n < CYCLES_MAX { Some(cycle_of(scene, n)?.0) } else { None }
}

pub(super) fn except(scene: &mut Scene<'_>) -> Option<Said> {
    let (office, cycle) = (scene.office()?, recent(scene)?);
    let granted = LockExceptionGranted {
        cycle: cycle.cycle.clone(),
        units: if scene.rng.percent(50) { vec![cycle.units[0].clone()] } else { vec![] },
        indicators: if scene.rng.percent(50) { cycle.indicators.clone() } else { vec![] },
        expires_at: Millis::new(cycle.locks_at.get() + FAR),
        reason: because(scene),
    };
    Some(Said::by(office, granted))
}

fn recent<'a>(scene: &mut Scene<'a>) -> Option<&'a ReportingCycleOpened> {
    let from = scene.cast.cycles.len().saturating_sub(CYCLES_RECENT);
    scene.rng.pick(&scene.cast.cycles[from..])
}

/// A report that stands as asked for.
pub(super) fn report<'a>(scene: &mut Scene<'a>, fits: impl Fn(ReportStatus) -> bool) -> Option<Known<'a>> {
    let cycle = recent(scene)?;
    let unit = scene.rng.pick(&cycle.units)?;
    let (status, content) = scene.state.report_status(&cycle.cycle, unit, scene.now)?;
    fits(status).then_some(Known { cycle, unit, status, content })
}

/// A key with a role that had no hand in the report yet.
pub(super) fn other_hand<'a>(
    scene: &mut Scene<'a>,
    known: &Known<'_>,
    fits: impl Fn(&Actor, &hefu_rules::Key) -> bool,
) -> Option<&'a Actor> {
    let hands = scene.cast.hands.get(&(known.cycle.cycle.clone(), known.unit.clone()));
    scene.actor(|actor, record| fits(actor, record) && hands.is_none_or(|hands| !hands.contains(&actor.name)))
}

fn of_unit<'a>(scene: &mut Scene<'a>, unit: &Code, role: Role) -> Option<&'a Actor> {
    scene.actor(|actor, record| actor.member == *unit && record.roles.has(role))
}

const fn may_report(status: ReportStatus) -> bool {
    use ReportStatus::{Open, Overdue, Returned, Stale};
    matches!(status, Open | Overdue | Returned | Stale)
}

/// Whether observations may be made in any case: nobody has approved what stands.
const fn is_free(status: ReportStatus) -> bool {
    use ReportStatus::{Nil, Open, Overdue, Returned, Submitted};
    matches!(status, Open | Overdue | Returned | Submitted | Nil)
}

/// A first observation of a cell of a cycle, or a correction.
pub(super) fn observe(scene: &mut Scene<'_>) -> Option<Said> {
    let known = report(scene, |status| is_free(status) || status == ReportStatus::Approved)?;
    if scene.now >= known.cycle.locks_at {
        return None;
    }
    let (series, reporter) = cell(scene, &known)?;
    let indicator = definition(scene.cast, &series.indicator);
    let units = millis(scene, 1_000);
    let observed = next_observation(scene, (series, indicator), 0, units);
    let mut observed = moved_to(observed, known.cycle.period);
    match standing(scene, series, known.cycle.period) {
        Some((_, member)) if member != *known.unit => return None,
        Some((named, _)) => (observed.supersedes, observed.reason) = (Some(named), because(scene)),
        None if !is_free(known.status) => return None,
        None => {}
    }
    Some(Said::by(reporter, observed))
}

/// A series that a report is about, and a key that may report it.
fn cell<'a>(scene: &mut Scene<'a>, known: &Known<'a>) -> Option<(&'a Series, &'a Actor)> {
    let cast = scene.cast;
    let asked = |series: &Series| {
        let definition = definition(cast, &series.indicator);
        known.cycle.indicators.contains(&series.indicator)
            && !cast.retired.contains(&series.indicator)
            && definition.reporting_units.contains(known.unit)
            && definition.areas.contains(&series.area)
    };
    let series = scene.rng.find(&cast.series, asked)?;
    Some((series, of_unit(scene, known.unit, Role::Reporter)?))
}

pub(super) fn retract(scene: &mut Scene<'_>) -> Option<Said> {
    let known = report(scene, is_free)?;
    if scene.now >= known.cycle.locks_at {
        return None;
    }
    let (series, reporter) = cell(scene, &known)?;
    let (observation, member) = standing(scene, series, known.cycle.period)?;
    let (indicator, area) = (series.indicator.clone(), series.area.clone());
    let retracted = ObservationRetracted {
        indicator,
        area,
        period: known.cycle.period,
        observation,
        reason: because(scene),
        on_behalf_of: None,
    };
    (member == *known.unit).then(|| Said::by(reporter, retracted))
}

pub(super) fn submit(scene: &mut Scene<'_>) -> Option<Said> {
    let known = report(scene, may_report)?;
    if scene.now >= known.cycle.locks_at {
        return None;
    }
    let reporter = of_unit(scene, known.unit, Role::Reporter)?;
    match known.content {
        Some(content) => Some(Said::by(reporter, known.step(|cycle, unit| ReportSubmitted { cycle, unit, content }))),
        None => {
            let reason = because(scene);
            Some(Said::by(reporter, known.step(|cycle, unit| NilReportDeclared { cycle, unit, reason })))
        }
    }
}

pub(super) fn approve(scene: &mut Scene<'_>) -> Option<Said> {
    let known = report(scene, |status| status == ReportStatus::Submitted)?;
    let own = |actor: &Actor, record: &hefu_rules::Key| actor.member == *known.unit && record.roles.has(Role::Approver);
    let (approver, content) = (other_hand(scene, &known, own)?, known.content?);
    Some(Said::by(approver, known.step(|cycle, unit| ReportApproved { cycle, unit, content })))
}

pub(super) fn send_back(scene: &mut Scene<'_>) -> Option<Said> {
    use ReportStatus::{Accepted, Approved, Nil, Submitted};
    let known = report(scene, |status| matches!(status, Submitted | Approved | Nil | Accepted))?;
    let own = |actor: &Actor, record: &hefu_rules::Key| actor.member == *known.unit && record.roles.has(Role::Approver);
    let within = other_hand(scene, &known, own).filter(|_| known.status != Accepted);
    let office = scene.office().filter(|actor| known.status != Submitted && actor.member != *known.unit);
    let (content, reason) = (known.content, because(scene));
    Some(Said::by(within.or(office)?, known.step(|cycle, unit| ReportReturned { cycle, unit, content, reason })))
}

pub(super) fn accept(scene: &mut Scene<'_>) -> Option<Said> {
    let known = report(scene, |status| matches!(status, ReportStatus::Approved | ReportStatus::Nil))?;
    let accepts = |actor: &Actor, record: &hefu_rules::Key| {
        let lead = record.roles.has(Role::Approver) && known.cycle.accepting_units.contains(&actor.member);
        actor.member != *known.unit && (record.roles.has(Role::Office) || lead)
    };
    let (actor, content) = (other_hand(scene, &known, accepts)?, known.content);
    Some(Said::by(actor, known.step(|cycle, unit| ReportAccepted { cycle, unit, content })))
}

/// A cycle about a month that none was about, changed into one that may not be.
pub(super) fn wrong_cycle(
    scene: &mut Scene<'_>,
    spoil: fn(&mut ReportingCycleOpened, &ReportingCycleOpened),
) -> Option<Said> {
    let known = recent(scene)?;
    let n = scene.cast.cycles.len();
    let (said, mut opened) = cycle_of(scene, n)?;
    spoil(&mut opened, known);
    Some(Said { events: vec![opened.into()], ..said })
}

/// Another cycle for what is due already.
pub(super) fn overlapping_cycle(scene: &mut Scene<'_>) -> Option<Said> {
    let known = recent(scene)?;
    let live = known.indicators.iter().all(|indicator| !scene.cast.retired.contains(indicator));
    let lists =
        known.indicators.iter().all(|code| definition(scene.cast, code).period_types.contains(&known.period.kind()));
    let again = ReportingCycleOpened { cycle: code("again"), ..known.clone() };
    let office = scene.office()?;
    (live && lists).then(|| Said::by(office, again))
}

/// A submitted report, by a reporter of its unit, changed.
pub(super) fn submitted(scene: &mut Scene<'_>, spoil: fn(&mut ReportSubmitted)) -> Option<Said> {
    let known = report(scene, may_report)?;
    let reporter = of_unit(scene, known.unit, Role::Reporter)?;
    let content = known.content.filter(|_| scene.now < known.cycle.locks_at)?;
    let mut submitted = known.step(|cycle, unit| ReportSubmitted { cycle, unit, content });
    spoil(&mut submitted);
    Some(Said::by(reporter, submitted))
}

/// Nothing to report, before it may be said or after.
pub(super) fn untimely(scene: &mut Scene<'_>, when: ReportStatus) -> Option<Said> {
    let known = report(scene, |status| status == when)?;
    let (reporter, reason) = (of_unit(scene, known.unit, Role::Reporter)?, because(scene));
    Some(Said::by(reporter, known.step(|cycle, unit| NilReportDeclared { cycle, unit, reason })))
}

pub(super) fn not_in_cycle(scene: &mut Scene<'_>) -> Option<Said> {
    let cycle = recent(scene)?;
    let other = scene.actor(|actor, key| key.roles.has(Role::Reporter) && !cycle.units.contains(&actor.member))?;
    let (cycle, unit, reason) = (cycle.cycle.clone(), other.member.clone(), because(scene));
    Some(Said::by(other, NilReportDeclared { cycle, unit, reason }))
}

pub(super) fn submitted_twice(scene: &mut Scene<'_>) -> Option<Said> {
    let known = report(scene, |status| status == ReportStatus::Submitted)?;
    let (reporter, content) = (of_unit(scene, known.unit, Role::Reporter)?, known.content?);
    let again = known.step(|cycle, unit| ReportSubmitted { cycle, unit, content });
    (scene.now < known.cycle.locks_at).then(|| Said::by(reporter, again))
}

pub(super) fn approved_stale(scene: &mut Scene<'_>) -> Option<Said> {
    let known = report(scene, |status| status == ReportStatus::Stale)?;
    let (approver, content) = (of_unit(scene, known.unit, Role::Approver)?, known.content?);
    Some(Said::by(approver, known.step(|cycle, unit| ReportApproved { cycle, unit, content })))
}

/// By whoever submitted it, and may approve.
pub(super) fn approved_by_reporter(scene: &mut Scene<'_>) -> Option<Said> {
    let known = report(scene, |status| status == ReportStatus::Submitted)?;
    let submitter = scene.cast.submitters.get(&(known.cycle.cycle.clone(), known.unit.clone()))?;
    let own = scene.actor(|actor, key| actor.name == *submitter && key.roles.has(Role::Approver))?;
    let content = known.content?;
    Some(Said::by(own, known.step(|cycle, unit| ReportApproved { cycle, unit, content })))
}

pub(super) fn accepted_by_unit(scene: &mut Scene<'_>) -> Option<Said> {
    let known = report(scene, |status| status == ReportStatus::Approved)?;
    let (own, content) = (of_unit(scene, known.unit, Role::Approver)?, known.content);
    Some(Said::by(own, known.step(|cycle, unit| ReportAccepted { cycle, unit, content })))
}
