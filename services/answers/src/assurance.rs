use hefu_proto::{convert, v1};
use hefu_types::event::assurance::ChallengeOutcome;
use hefu_types::{Code, Millis};
use hefu_views::Origin;
use hefu_views::assurance::{Attestation, Challenge, ChallengeState};

use crate::bytes;

/// A challenge, as it stands at a time.
#[must_use]
pub fn challenge(challenge: &Challenge, now: Millis) -> v1::Challenge {
    v1::Challenge {
        challenged: Some(convert::to_wire(&challenge.challenged)),
        said: Some(said(&challenge.member, &challenge.origin)),
        owner: challenge.owner.to_string(),
        state: state(challenge.state(now)).into(),
        answer: challenge.answer.as_ref().map(|(answer, _)| answer.to_string()).unwrap_or_default(),
        answered_at: challenge.answer.as_ref().map_or(0, |(_, origin)| origin.recorded_at.get()),
        reason: challenge.ending.as_ref().map(|(_, reason, _)| reason.to_string()).unwrap_or_default(),
        ended_at: challenge.ending.as_ref().map_or(0, |(_, _, origin)| origin.recorded_at.get()),
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
