//! What may be said about who reports for whom.

use hefu_rules::MemberStatus;
use hefu_types::event::delegation::{DelegationEnded, ReportingDelegated};
use hefu_types::event::membership::Role;
use hefu_types::{Code, EventRef, Millis};

use crate::history::cast::{Delegation, Said, Scene, definition};
use crate::history::deeds::{because, last_units, next_observation};
use crate::history::reports::FAR;
use crate::world::keys;

fn delegated(scene: &mut Scene<'_>, unit: &Code, delegate: &Code) -> ReportingDelegated {
    ReportingDelegated {
        unit: unit.clone(),
        delegate: delegate.clone(),
        indicators: vec![],
        expires_at: Millis::new(FAR),
        reason: because(scene),
    }
}

fn is_here(scene: &Scene<'_>, member: &Code, status: MemberStatus) -> bool {
    scene.state.member(member).is_some_and(|known| known.status == status)
}

pub(super) fn delegate(scene: &mut Scene<'_>) -> Option<Said> {
    let (cast, admin) = (scene.cast, scene.with_role(Role::Admin)?);
    let (unit, delegate) = (admin.member.clone(), scene.rng.pick(&cast.members)?.clone());
    let fits = unit != delegate && scene.ordinary(&delegate) && is_here(scene, &delegate, MemberStatus::Active);
    fits.then(|| Said::by(admin, delegated(scene, &unit, &delegate)))
}

fn known<'a>(scene: &mut Scene<'a>, fits: impl Fn(&Delegation) -> bool) -> Option<&'a Delegation> {
    let cast = scene.cast;
    scene.rng.find(&cast.delegations, fits)
}

/// A delegate's first observation of a cell.
pub(super) fn report_for(scene: &mut Scene<'_>) -> Option<Said> {
    let known = known(scene, |known| !known.ended)?;
    let (series, indicator, _) = scene.reporter_of(|indicator, _| indicator.reporting_units.contains(&known.unit))?;
    if !is_here(scene, &known.unit, MemberStatus::Active) {
        return None;
    }
    let reporter = scene.actor(|actor, record| actor.member == known.delegate && record.roles.has(Role::Reporter))?;
    let units = last_units(series);
    let mut observed = next_observation(scene, (series, indicator), 0, units);
    observed.on_behalf_of = Some(known.unit.clone());
    Some(Said::by(reporter, observed))
}

fn ended(scene: &mut Scene<'_>, known: &Delegation) -> DelegationEnded {
    let (unit, delegate, delegation) = (known.unit.clone(), known.delegate.clone(), known.named.clone());
    DelegationEnded { unit, delegate, delegation, reason: because(scene) }
}

pub(super) fn end(scene: &mut Scene<'_>) -> Option<Said> {
    let known = known(scene, |known| !known.ended)?;
    let admin = scene.actor(|actor, record| {
        record.roles.has(Role::Admin) && [&known.unit, &known.delegate].contains(&&actor.member)
    })?;
    Some(Said::by(admin, ended(scene, known)))
}

pub(super) fn to_itself(scene: &mut Scene<'_>) -> Option<Said> {
    let admin = scene.with_role(Role::Admin)?;
    Some(Said::by(admin, delegated(scene, &admin.member, &admin.member)))
}

pub(super) fn ended_twice(scene: &mut Scene<'_>) -> Option<Said> {
    let known = known(scene, |known| known.ended)?;
    let admin = scene.actor(|actor, record| record.roles.has(Role::Admin) && actor.member == known.unit)?;
    Some(Said::by(admin, ended(scene, known)))
}

/// For a unit that lets nobody report.
pub(super) fn not_delegated(scene: &mut Scene<'_>) -> Option<Said> {
    let (series, indicator, _) = scene.reporter_of(|_, _| true)?;
    let unit = scene.rng.pick(&definition(scene.cast, &series.indicator).reporting_units)?.clone();
    let cast = scene.cast;
    let lets = |delegate: &Code| cast.delegations.iter().any(|d| !d.ended && d.unit == unit && d.delegate == *delegate);
    let reporter = scene.actor(|actor, record| record.roles.has(Role::Reporter) && !lets(&actor.member))?;
    let units = last_units(series);
    let mut observed = next_observation(scene, (series, indicator), 0, units);
    observed.on_behalf_of = Some(unit);
    Some(Said::by(reporter, observed))
}

/// A key with the pseudonym of somebody of another member.
pub(super) fn holder_of_another(scene: &mut Scene<'_>) -> Option<Said> {
    let admin = scene.actor(|_, record| record.roles.has(Role::Admin) && !record.roles.has(Role::Office))?;
    let cast = scene.cast;
    let other = scene.rng.find(&cast.live, |actor| actor.member != admin.member && actor.name != "recovery")?;
    let name = cast.fresh_key();
    let mut enrolled = scene.enrolment(&admin.member, &[Role::Reporter]);
    enrolled.holder = crate::world::text(&other.name);
    enrolled.proof = None;
    enrolled.proof = Some(keys(&name).prove_enrolment(&scene.ledger(), &enrolled));
    Some(Said::by(admin, enrolled))
}

/// What the history remembers of a delegation.
pub(super) fn remembered(e: &ReportingDelegated, named: EventRef) -> Delegation {
    Delegation { named, unit: e.unit.clone(), delegate: e.delegate.clone(), ended: false }
}
