use hefu_proto::{convert, v1};
use hefu_types::event::assurance::ChallengeOutcome;
use hefu_types::{Code, Millis};
use hefu_views::Origin;
use hefu_views::assurance::{Attestation, Challenge, ChallengeState};
use hefu_views::compromised::{FlaggedObservation, FlaggedStep};

use crate::reports::step;
use crate::{bytes, observation};

/// A challenge, as it stands at a time.
#[must_use]
pub fn challenge(challenge: &Challenge, now: Millis) -> v1::Challenge {
    let (answer, ending) = (challenge.answer.as_ref(), challenge.ending.as_ref().map(|(_, word)| word));
    v1::Challenge {
        challenged: Some(convert::to_wire(&challenge.challenged)),
        said: Some(said(&challenge.member, &challenge.origin)),
        owner: challenge.owner.to_string(),
        state: state(challenge.state(now)).into(),
        answer: answer.map(|word| word.text.to_string()).unwrap_or_default(),
        answered_at: answer.map_or(0, |word| word.origin.recorded_at.get()),
        answered: answer.map(|word| said(&word.member, &word.origin)),
        reason: ending.map(|word| word.text.to_string()).unwrap_or_default(),
        ended_at: ending.map_or(0, |word| word.origin.recorded_at.get()),
        ended: ending.map(|word| said(&word.member, &word.origin)),
    }
}

/// An auditor's opinion.
#[must_use]
pub fn attestation(attestation: &Attestation) -> v1::Attestation {
    v1::Attestation {
        attested: Some(convert::to_wire(&attestation.attested)),
        said: Some(said(&attestation.member, &attestation.origin)),
    }
}

/// A standing observation of a compromised key.
#[must_use]
pub fn flagged_observation(flagged: &FlaggedObservation) -> v1::FlaggedObservation {
    v1::FlaggedObservation {
        observation: Some(observation(&flagged.observation)),
        revoked_seq: flagged.revocation.origin.seq.get(),
        attestation: flagged.attestation.as_ref().map(attestation),
        reattested: flagged.is_reattested(),
    }
}

/// A step taken with a compromised key.
#[must_use]
pub fn flagged_step(flagged: &FlaggedStep) -> v1::FlaggedStep {
    v1::FlaggedStep {
        cycle: flagged.cycle.to_string(),
        unit: flagged.unit.to_string(),
        step: Some(step(&flagged.taken)),
        revoked_seq: flagged.revocation.origin.seq.get(),
    }
}

const fn state(state: ChallengeState) -> v1::ChallengeState {
    match state {
        ChallengeState::Open => v1::ChallengeState::Open,
        ChallengeState::Overdue => v1::ChallengeState::Overdue,
        ChallengeState::Answered => v1::ChallengeState::Answered,
        ChallengeState::Ended(ChallengeOutcome::Upheld) => v1::ChallengeState::Upheld,
        ChallengeState::Ended(ChallengeOutcome::Dismissed) => v1::ChallengeState::Dismissed,
        ChallengeState::Ended(ChallengeOutcome::Withdrawn) => v1::ChallengeState::Withdrawn,
    }
}

pub(crate) fn said(member: &Code, origin: &Origin) -> v1::Said {
    v1::Said {
        member: member.to_string(),
        key: bytes(origin.key.as_bytes()),
        recorded_at: origin.recorded_at.get(),
        seq: origin.seq.get(),
        event_index: origin.event_index,
        submission_hash: bytes(origin.submission_hash.as_bytes()),
    }
}
