//! Rows of the views as the messages of the wire.
//!
//! What the server answers and what an auditor's replay writes down are made by the same lines: a table that a replay wrote can be
//! compared with a server's answer byte by byte, because nobody has said the same thing twice.
//!
//! This crate has no opinion: it asks nothing, calculates nothing, and refuses nothing. A function takes what a query of
//! `hefu-views` returned and gives the message of `hefu-proto` that says the same.
//!
//! It never reads a store, a clock or a request: that is for `services/hefud` (`query.rs`, `reports.rs`) and for `hefu replay`.
//!
//! Read next: [`board_row`] for the board, [`report`] for reports.

mod assurance;
mod changes;
mod groups;
mod reports;
mod targets;

use bytes::Bytes;
use hefu_proto::{convert, v1};
use hefu_types::{Code, PublicKey, Size, SubmissionHash};
use hefu_views::board::BoardRow;
use hefu_views::explain::{EvidenceRole, Explanation};
use hefu_views::members::{Member, MemberKey, MemberStatus};
use hefu_views::series::{Observation, ObservationFact};
use hefu_views::{Cursor, ViewId};

pub use assurance::{attestation, challenge, flagged_observation, flagged_step};
pub use changes::change;
pub use groups::working_group;
pub use reports::{cycle, delegation, rate, report, report_cell};
pub use targets::{rolled_up, target_check};

fn bytes(slice: &[u8]) -> Bytes {
    Bytes::copy_from_slice(slice)
}

/// A row of the board.
#[must_use]
pub fn board_row(row: &BoardRow) -> v1::BoardRow {
    v1::BoardRow {
        indicator: row.indicator.to_string(),
        name: Some(convert::to_wire(&row.name)),
        part: row.part.to_string(),
        area: row.area.to_string(),
        unit: row.unit.to_string(),
        latest: row.latest.as_ref().map(observation),
        targets: row.targets.iter().map(targets::progress).collect(),
        opinion: row.opinion.map_or(0, |opinion| opinion.number().cast_signed()),
        open_challenges: u32::try_from(row.open_challenges).unwrap_or(u32::MAX),
        rolled_up: row.rolled_up.as_ref().map(rolled_up),
    }
}

/// A vintage of an observation.
#[must_use]
pub fn observation(observation: &Observation) -> v1::Observation {
    let (fact, origin) = (&observation.fact, &observation.origin);
    let common = v1::Observation {
        indicator: fact.indicator().to_string(),
        area: fact.area().to_string(),
        period: fact.period().to_string(),
        value: fact.value().as_ref().map(convert::to_wire),
        member: observation.member.to_string(),
        delegate: observation.delegate.as_ref().map(Code::to_string).unwrap_or_default(),
        key_compromised: observation.key_compromised,
        key: bytes(origin.key.as_bytes()),
        recorded_at: origin.recorded_at.get(),
        seq: origin.seq.get(),
        event_index: origin.event_index,
        submission_hash: bytes(origin.submission_hash.as_bytes()),
        retracted: fact.is_retraction(),
        ..v1::Observation::default()
    };
    match fact {
        ObservationFact::Reported(reported) => v1::Observation {
            obs_status: reported.obs_status.number().cast_signed(),
            qualifier: reported.qualifier.map_or(0, |q| q.number().cast_signed()),
            as_of_date: reported.as_of_date.map(|d| d.to_string()).unwrap_or_default(),
            source: reported.source.as_ref().map(convert::to_wire),
            note: reported.note.to_string(),
            reason: reported.reason.to_string(),
            conf_status: reported.conf_status.map_or(0, |status| status.number().cast_signed()),
            method: reported.method.to_string(),
            evidence: reported.evidence.iter().map(convert::to_wire).collect(),
            embargo_until: reported.embargo_until.get(),
            commitment: reported.commitment.map(|commitment| bytes(commitment.as_bytes())).unwrap_or_default(),
            readers: reported.readers.iter().map(ToString::to_string).collect(),
            ..common
        },
        ObservationFact::Retracted(retracted) => v1::Observation { reason: retracted.reason.to_string(), ..common },
    }
}

/// A member with its keys.
#[must_use]
pub fn member(member: &Member) -> v1::Member {
    let status = match member.status {
        MemberStatus::Active => v1::MemberStatus::Active,
        MemberStatus::Suspended => v1::MemberStatus::Suspended,
        MemberStatus::Withdrawn => v1::MemberStatus::Withdrawn,
    };
    v1::Member {
        member: member.member.to_string(),
        name: Some(convert::to_wire(&member.name)),
        member_type: member.member_type.number().cast_signed(),
        conference_role: member.conference_role.map_or(0, |r| r.number().cast_signed()),
        status: status.into(),
        keys: member.keys.iter().map(key).collect(),
        admitted_seq: member.admitted.seq.get(),
    }
}

fn roles(key: &MemberKey) -> Vec<i32> {
    key.roles.iter().map(|role| role.number().cast_signed()).collect()
}

fn key(key: &MemberKey) -> v1::Key {
    let revoked = key.revoked.as_ref();
    v1::Key {
        key: bytes(key.key.as_bytes()),
        roles: roles(key),
        holder: key.holder.to_string(),
        recovery: key.recovery,
        office_recovery: key.office_recovery,
        enrolled_seq: key.enrolled.seq.get(),
        revoked: revoked.is_some(),
        revocation_reason: revoked.map_or(0, |r| r.reason.number().cast_signed()),
        revoked_seq: revoked.map_or(0, |r| r.origin.seq.get()),
        compromised_since_seq: revoked.map_or(0, |r| r.since_seq.get()),
    }
}

/// Where a key stands; `member` is the one that it speaks for, if it is enrolled.
#[must_use]
pub fn key_state(
    member: Option<&Member>,
    key: &PublicKey,
    key_seq: u64,
    last: &SubmissionHash,
    ledger_id: Bytes,
) -> v1::GetKeyStateResponse {
    let record = member.and_then(|m| m.keys.iter().find(|k| k.key == *key));
    let active =
        member.is_some_and(|m| m.status == MemberStatus::Active) && record.is_some_and(|k| k.revoked.is_none());
    v1::GetKeyStateResponse {
        member: member.map(|m| m.member.to_string()).unwrap_or_default(),
        roles: record.map(roles).unwrap_or_default(),
        active,
        key_seq,
        submission_hash: bytes(last.as_bytes()),
        ledger_id,
    }
}

/// A number and the entries behind it, in a log of this size.
#[must_use]
pub fn explanation(explanation: &Explanation, size: Size) -> v1::ExplainValueResponse {
    let evidence = explanation.evidence.iter().map(|item| v1::Evidence {
        role: evidence_role(item.role).into(),
        kind: item.origin.kind().to_owned(),
        seq: item.origin.seq.get(),
        event_index: item.origin.event_index,
        submission_hash: bytes(item.origin.submission_hash.as_bytes()),
        recorded_at: item.origin.recorded_at.get(),
        member: item.member.to_string(),
        key: bytes(item.origin.key.as_bytes()),
        summary: item.summary.clone(),
    });
    v1::ExplainValueResponse {
        row: Some(board_row(&explanation.row)),
        evidence: evidence.collect(),
        size: size.get(),
        complete: explanation.complete,
    }
}

const fn evidence_role(role: EvidenceRole) -> v1::EvidenceRole {
    match role {
        EvidenceRole::Plan => v1::EvidenceRole::Plan,
        EvidenceRole::Definition => v1::EvidenceRole::Definition,
        EvidenceRole::Target => v1::EvidenceRole::Target,
        EvidenceRole::Authority => v1::EvidenceRole::Authority,
        EvidenceRole::Baseline => v1::EvidenceRole::Baseline,
        EvidenceRole::Part => v1::EvidenceRole::Part,
        EvidenceRole::Value => v1::EvidenceRole::Value,
        EvidenceRole::Superseded => v1::EvidenceRole::Superseded,
    }
}

/// A view and how far it has come.
#[must_use]
pub fn view(id: &ViewId, cursor: &Cursor) -> v1::View {
    v1::View {
        name: id.name.to_owned(),
        version: id.version,
        size: cursor.size().get(),
        digest: bytes(cursor.digest().as_bytes()),
        rows: cursor.rows(),
        ..v1::View::default()
    }
}
