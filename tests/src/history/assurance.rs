//! What may be said about opinions and challenges.

use hefu_rules::MemberStatus;
use hefu_types::event::assurance::{
    ChallengeAnswered, ChallengeOutcome, ChallengeResolved, ObservationAttested, ObservationChallenged, Opinion,
};
use hefu_types::event::membership::Role;
use hefu_types::{Code, EventRef, Millis, Period};

use crate::history::cast::{Actor, Challenge, Said, Scene, Series};
use crate::history::deeds::{because, standing};
use crate::history::reports::FAR;

/// An observation that stands, and who reported it.
pub(super) struct Standing<'a> {
    series: &'a Series,
    period: Period,
    named: EventRef,
    owner: Code,
    reporter: Code,
}

impl Standing<'_> {
    /// Whether a unit may judge it.
    fn is_others(&self, unit: &Code) -> bool {
        *unit != self.owner && *unit != self.reporter
    }
}

pub(super) fn some_standing<'a>(scene: &mut Scene<'a>) -> Option<Standing<'a>> {
    let cast = scene.cast;
    let series = scene.rng.find(&cast.series, |series| !series.cells.is_empty())?;
    let (period, _) = *scene.rng.pick(&series.cells)?;
    let (named, owner) = standing(scene, series, period)?;
    let reporter = scene.state.standing(&(series.indicator.clone(), series.area.clone(), period))?.reporter;
    Some(Standing { series, period, named, owner, reporter })
}

fn judges(record: &hefu_rules::Key) -> bool {
    [Role::Auditor, Role::Approver, Role::Office].into_iter().any(|role| record.roles.has(role))
}

pub(super) fn attested(scene: &mut Scene<'_>, of: &Standing<'_>) -> ObservationAttested {
    ObservationAttested {
        indicator: of.series.indicator.clone(),
        area: of.series.area.clone(),
        period: of.period,
        observation: of.named.clone(),
        opinion: *scene.rng.pick(Opinion::ALL).expect("opinions"),
        reason: because(scene),
    }
}

pub(super) fn challenged(scene: &mut Scene<'_>, of: &Standing<'_>) -> ObservationChallenged {
    ObservationChallenged {
        indicator: of.series.indicator.clone(),
        area: of.series.area.clone(),
        period: of.period,
        observation: of.named.clone(),
        reason: because(scene),
        answer_by: Millis::new(FAR),
    }
}

pub(super) fn attest(scene: &mut Scene<'_>) -> Option<Said> {
    let of = some_standing(scene)?;
    let auditor = scene.actor(|actor, record| record.roles.has(Role::Auditor) && of.is_others(&actor.member))?;
    Some(Said::by(auditor, attested(scene, &of)))
}

pub(super) fn challenge(scene: &mut Scene<'_>) -> Option<Said> {
    let of = some_standing(scene)?;
    let known = scene.cast;
    let other = scene.actor(|actor, record| {
        judges(record)
            && of.is_others(&actor.member)
            && !known.challenges.iter().any(|c| is_live(c, &of.named, &actor.member))
    })?;
    Some(Said::by(other, challenged(scene, &of)))
}

/// Whether a unit challenges an observation already.
fn is_live(challenge: &Challenge, observation: &EventRef, unit: &Code) -> bool {
    !challenge.ended && challenge.observation == *observation && challenge.challenger.0 == *unit
}

/// A challenge that stands as asked for.
fn known<'a>(scene: &mut Scene<'a>, fits: impl Fn(&Challenge) -> bool) -> Option<&'a Challenge> {
    let cast = scene.cast;
    scene.rng.find(&cast.challenges, fits)
}

fn answers<'a>(scene: &mut Scene<'a>, challenge: &Challenge, own: bool) -> Option<&'a Actor> {
    scene.actor(|actor, record| {
        let may = record.roles.has(Role::Reporter) || record.roles.has(Role::Approver);
        may && (actor.member == challenge.owner) == own
    })
}

fn answered(scene: &mut Scene<'_>, challenge: &Challenge) -> ChallengeAnswered {
    ChallengeAnswered { challenge: challenge.named.clone(), answer: because(scene) }
}

fn resolved(scene: &mut Scene<'_>, challenge: &Challenge, outcome: ChallengeOutcome) -> ChallengeResolved {
    ChallengeResolved { challenge: challenge.named.clone(), outcome, reason: because(scene) }
}

pub(super) fn answer(scene: &mut Scene<'_>) -> Option<Said> {
    let challenge = known(scene, |challenge| !challenge.answered && !challenge.ended)?;
    Some(Said::by(answers(scene, challenge, true)?, answered(scene, challenge)))
}

pub(super) fn resolve(scene: &mut Scene<'_>) -> Option<Said> {
    let challenge = known(scene, |challenge| challenge.answered && !challenge.ended)?;
    let outcome = if scene.rng.percent(50) { ChallengeOutcome::Upheld } else { ChallengeOutcome::Dismissed };
    let office = scene.actor(|actor, record| {
        record.roles.has(Role::Office) && actor.member != challenge.owner && actor.name != challenge.challenger.1
    })?;
    Some(Said::by(office, resolved(scene, challenge, outcome)))
}

pub(super) fn withdraw(scene: &mut Scene<'_>) -> Option<Said> {
    let challenge = known(scene, |challenge| !challenge.ended)?;
    let own = scene.actor(|actor, record| judges(record) && actor.member == challenge.challenger.0)?;
    Some(Said::by(own, resolved(scene, challenge, ChallengeOutcome::Withdrawn)))
}

pub(super) fn attested_by_owner(scene: &mut Scene<'_>) -> Option<Said> {
    let of = some_standing(scene)?;
    let own = scene.actor(|actor, record| record.roles.has(Role::Auditor) && actor.member == of.owner)?;
    Some(Said::by(own, attested(scene, &of)))
}

pub(super) fn answer_asked_for_too_soon(scene: &mut Scene<'_>) -> Option<Said> {
    let of = some_standing(scene)?;
    let other = scene.actor(|actor, record| judges(record) && of.is_others(&actor.member))?;
    let challenged = ObservationChallenged { answer_by: Millis::new(1), ..challenged(scene, &of) };
    Some(Said::by(other, challenged))
}

pub(super) fn challenged_twice(scene: &mut Scene<'_>) -> Option<Said> {
    let of = some_standing(scene)?;
    let known = scene.cast;
    let again = scene.actor(|actor, record| {
        judges(record) && known.challenges.iter().any(|c| is_live(c, &of.named, &actor.member))
    })?;
    Some(Said::by(again, challenged(scene, &of)))
}

pub(super) fn answer_to_nothing(scene: &mut Scene<'_>) -> Option<Said> {
    let reporter = scene.with_role(Role::Reporter)?;
    let challenge = EventRef { submission_hash: None, index: 7 };
    Some(Said::by(reporter, ChallengeAnswered { challenge, answer: because(scene) }))
}

pub(super) fn answered_twice(scene: &mut Scene<'_>) -> Option<Said> {
    let challenge = known(scene, |challenge| challenge.answered && !challenge.ended)?;
    Some(Said::by(answers(scene, challenge, true)?, answered(scene, challenge)))
}

pub(super) fn answered_after_its_end(scene: &mut Scene<'_>) -> Option<Said> {
    let challenge = known(scene, |challenge| challenge.ended)?;
    Some(Said::by(answers(scene, challenge, true)?, answered(scene, challenge)))
}

pub(super) fn answered_by_another(scene: &mut Scene<'_>) -> Option<Said> {
    let challenge = known(scene, |challenge| !challenge.ended)?;
    Some(Said::by(answers(scene, challenge, false)?, answered(scene, challenge)))
}

pub(super) fn decided_too_soon(scene: &mut Scene<'_>) -> Option<Said> {
    let state = scene.state;
    let here = |unit: &Code| state.member(unit).is_some_and(|known| known.status != MemberStatus::Withdrawn);
    let challenge = known(scene, |challenge| !challenge.answered && !challenge.ended && here(&challenge.owner))?;
    let office = scene.actor(|actor, record| {
        record.roles.has(Role::Office) && actor.member != challenge.owner && actor.name != challenge.challenger.1
    })?;
    Some(Said::by(office, resolved(scene, challenge, ChallengeOutcome::Dismissed)))
}

pub(super) fn withdrawn_by_another(scene: &mut Scene<'_>) -> Option<Said> {
    let challenge = known(scene, |challenge| !challenge.ended)?;
    let other = scene.actor(|actor, record| judges(record) && actor.member != challenge.challenger.0)?;
    Some(Said::by(other, resolved(scene, challenge, ChallengeOutcome::Withdrawn)))
}
