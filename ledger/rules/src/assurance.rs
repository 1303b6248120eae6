//! What others think of an observation: opinions of auditors, and challenges that are answered and decided.

use std::collections::BTreeSet;

use hefu_types::event::assurance::{
    ChallengeAnswered, ChallengeOutcome, ChallengeResolved, ObservationAttested, ObservationChallenged, Opinion,
};
use hefu_types::event::membership::Role;
use hefu_types::limits::ANSWER_MILLIS_MIN;
use hefu_types::{Code, EventRef, Millis, Reason, Refusal, SubmissionHash};

use serde::{Deserialize, Serialize};

use crate::event::{Context, Speaker};
use crate::membership::{MemberStatus, check_reason};
use crate::reporting::{Stands, named_standing};
use crate::state::State;

/// An event: one that challenged an observation, or that reported one.
pub(crate) type ChallengeId = (SubmissionHash, u32);

/// A challenge that has not ended: the observation, and whose it is.
pub(crate) type Challenged = (SubmissionHash, u32, Code);

/// A challenge, as far as decisions depend on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Challenge {
    /// The unit that reported what is challenged.
    owner: Code,
    /// The unit whose key reported it: the owner, or its delegate.
    reporter: Code,
    challenger: Code,
    /// The observation.
    observation: ChallengeId,
    /// Who reported, challenged and answered, as numbers.
    hands: BTreeSet<u32>,
    answer_by: Millis,
    answered: bool,
    ended: bool,
}

fn refuse<T>(reason: Reason, field: &str, detail: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::new(reason, field, detail))
}

/// Nobody judges what they reported themselves, be it under another key.
fn check_not_own(state: &State, speaker: &Speaker, stands: &Stands) -> Result<(), Refusal> {
    for number in [stands.member, stands.reporter] {
        if *state.numbered(number) == speaker.member {
            return refuse(Reason::OwnObservation, "observation", format!("{} reported it", speaker.member));
        }
    }
    if stands.holder == speaker.holder {
        return refuse(Reason::SameHolder, "observation", "the same holder reported it");
    }
    Ok(())
}

/// A key that may look into what others report.
fn needs_to_judge(speaker: &Speaker) -> Result<(), Refusal> {
    if [Role::Approver, Role::Office].into_iter().any(|role| speaker.roles.has(role)) {
        return Ok(());
    }
    speaker.needs(Role::Auditor)
}

pub(crate) fn decide_attested(
    state: &State,
    speaker: &Speaker,
    e: &ObservationAttested,
    context: &Context<'_>,
) -> Result<(), Refusal> {
    speaker.needs(Role::Auditor)?;
    let (_, stands) = named_standing(state, (&e.indicator, &e.area, e.period), &e.observation, context)?;
    check_not_own(state, speaker, stands)?;
    if e.opinion == Opinion::Unqualified { Ok(()) } else { check_reason(&e.reason) }
}

pub(crate) fn decide_challenged(
    state: &State,
    speaker: &Speaker,
    e: &ObservationChallenged,
    context: &Context<'_>,
) -> Result<(), Refusal> {
    needs_to_judge(speaker)?;
    let (_, stands) = named_standing(state, (&e.indicator, &e.area, e.period), &e.observation, context)?;
    check_not_own(state, speaker, stands)?;
    if e.answer_by.get() < context.at.recorded_at.get().saturating_add(ANSWER_MILLIS_MIN) {
        return refuse(Reason::AnswerByInvalid, "answer_by", "an answer takes a day at least");
    }
    if state.challenged.contains(&(stands.submission_hash, stands.index, speaker.member.clone())) {
        return refuse(Reason::ChallengeExists, "observation", format!("{} challenges it already", speaker.member));
    }
    check_reason(&e.reason)
}

pub(crate) fn apply_challenged(state: &mut State, speaker: &Speaker, e: &ObservationChallenged, context: &Context<'_>) {
    let place = state.place(&e.indicator, &e.area, e.period);
    let stands = place.and_then(|place| state.cells.get(&place)).expect("decided that it stands");
    let observation = (stands.submission_hash, stands.index);
    let challenge = Challenge {
        owner: state.numbered(stands.member).clone(),
        reporter: state.numbered(stands.reporter).clone(),
        challenger: speaker.member.clone(),
        observation,
        hands: [stands.holder, speaker.holder].into(),
        answer_by: e.answer_by,
        answered: false,
        ended: false,
    };
    state.challenged.put((observation.0, observation.1, speaker.member.clone()), ());
    state.challenges.put((context.at.submission_hash, context.index), challenge);
}

fn id(named: &EventRef, context: &Context<'_>) -> ChallengeId {
    (named.submission_hash.unwrap_or(context.at.submission_hash), named.index)
}

/// A challenge that has not ended.
fn live<'a>(state: &'a State, named: &EventRef, context: &Context<'_>) -> Result<&'a Challenge, Refusal> {
    let (hash, index) = id(named, context);
    match state.challenges.get(&(hash, index)) {
        None => refuse(Reason::ChallengeUnknown, "challenge", format!("{hash} / {index} challenged nothing")),
        Some(challenge) if challenge.ended => refuse(Reason::ChallengeHasEnded, "challenge", "it has ended"),
        Some(challenge) => Ok(challenge),
    }
}

pub(crate) fn decide_answered(
    state: &State,
    speaker: &Speaker,
    e: &ChallengeAnswered,
    context: &Context<'_>,
) -> Result<(), Refusal> {
    if !speaker.roles.has(Role::Approver) {
        speaker.needs(Role::Reporter)?;
    }
    let challenge = live(state, &e.challenge, context)?;
    if challenge.owner != speaker.member {
        return refuse(Reason::AnswerNotYours, "challenge", format!("{} is asked", challenge.owner));
    }
    if challenge.answered {
        return refuse(Reason::ChallengeWasAnswered, "challenge", "it was answered");
    }
    if e.answer.is_blank() {
        return refuse(Reason::FieldMissing, "answer", "an answer for the record");
    }
    Ok(())
}

pub(crate) fn apply_answered(state: &mut State, speaker: &Speaker, e: &ChallengeAnswered, context: &Context<'_>) {
    let holder = speaker.holder;
    state.challenges.update(&id(&e.challenge, context), |challenge| {
        challenge.answered = true;
        challenge.hands.insert(holder);
    });
}

pub(crate) fn decide_resolved(
    state: &State,
    speaker: &Speaker,
    e: &ChallengeResolved,
    context: &Context<'_>,
) -> Result<(), Refusal> {
    needs_to_judge(speaker)?;
    let challenge = live(state, &e.challenge, context)?;
    match e.outcome {
        ChallengeOutcome::Withdrawn if challenge.challenger == speaker.member => {}
        ChallengeOutcome::Withdrawn => {
            return refuse(Reason::OutcomeNotYours, "outcome", format!("{} challenged it", challenge.challenger));
        }
        ChallengeOutcome::Upheld | ChallengeOutcome::Dismissed => check_may_decide(state, speaker, challenge, context)?,
    }
    check_reason(&e.reason)
}

/// The office decides, or an auditor of a third unit what the office reported itself: by a hand that neither reported, challenged
/// nor answered, once the unit had its say, or is gone.
fn check_may_decide(
    state: &State,
    speaker: &Speaker,
    challenge: &Challenge,
    context: &Context<'_>,
) -> Result<(), Refusal> {
    if [&challenge.owner, &challenge.reporter].contains(&&speaker.member) {
        return refuse(Reason::OwnObservation, "challenge", format!("{} reported it", speaker.member));
    }
    let office = &state.ledger().expect("decided after genesis").office;
    if [&challenge.owner, &challenge.reporter].contains(&office) {
        if !speaker.roles.has(Role::Auditor) || speaker.member == challenge.challenger {
            return refuse(Reason::OutcomeNotYours, "outcome", "an auditor of a third unit decides");
        }
    } else if !speaker.roles.has(Role::Office) {
        return refuse(Reason::OutcomeNotYours, "outcome", "the office decides");
    }
    if challenge.hands.contains(&speaker.holder) {
        return refuse(Reason::SameHolder, "challenge", "the same holder reported, challenged or answered it");
    }
    let gone = state.members.get(&challenge.owner).is_none_or(|owner| owner.status == MemberStatus::Withdrawn);
    if !gone && !challenge.answered && context.at.recorded_at < challenge.answer_by {
        return refuse(
            Reason::ChallengeOpen,
            "challenge",
            format!("an answer is due by {}", challenge.answer_by.utc()),
        );
    }
    Ok(())
}

pub(crate) fn apply_resolved(state: &mut State, e: &ChallengeResolved, context: &Context<'_>) {
    let id = id(&e.challenge, context);
    let Challenge { observation: (hash, index), challenger, .. } =
        state.challenges.get(&id).expect("decided that it is").clone();
    state.challenged.remove(&(hash, index, challenger));
    state.challenges.update(&id, |challenge| challenge.ended = true);
}
