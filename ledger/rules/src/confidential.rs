//! Values that are not free: a commitment stands in the entry, and the value elsewhere, where it can be erased.

use std::collections::BTreeSet;

use hefu_types::event::membership::Role;
use hefu_types::event::reporting::{ConfStatus, EvidenceFile, ObservationReported, ValueErased};
use hefu_types::limits::{EMBARGO_MILLIS_MAX, EVIDENCE_MAX, READERS_MAX};
use hefu_types::{Commitment, Millis, Reason, Refusal};

use serde::{Deserialize, Serialize};

use crate::event::Speaker;
use crate::membership::check_reason;
use crate::state::State;

/// What is known of a commitment that an observation has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Committed {
    /// The unit that reported it, as a number.
    member: u32,
    erased: bool,
}

/// What became of a committed value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueState {
    /// Its opening is kept, for those who may read it.
    Kept,
    /// It was erased: nobody may keep its opening.
    Erased,
}

impl State {
    /// What became of a committed value; `None` when no observation has the commitment.
    #[must_use]
    pub fn value_state(&self, commitment: &Commitment) -> Option<ValueState> {
        let committed = self.commitments.get(commitment)?;
        Some(if committed.erased { ValueState::Erased } else { ValueState::Kept })
    }
}

fn refuse<T>(reason: Reason, field: &str, detail: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::new(reason, field, detail))
}

/// A free value stands in clear, any other as a commitment. Returns the field that it stands in, or would.
pub(crate) fn check_form(e: &ObservationReported) -> Result<&'static str, Refusal> {
    match (e.conf_status, e.value, e.commitment) {
        (Some(status), Some(_), _) => {
            refuse(Reason::ValueInClear, "value", format!("it is not free: its confidentiality status is {status}"))
        }
        (None, _, Some(_)) => refuse(Reason::CommitmentForbidden, "commitment", "a free value stands in the entry"),
        (Some(_), None, _) => Ok("commitment"),
        (None, _, None) => Ok("value"),
    }
}

/// Embargo, evidence and readers; and that the commitment is a new one.
pub(crate) fn check(state: &State, e: &ObservationReported, now: Millis) -> Result<(), Refusal> {
    check_embargo(e, now)?;
    check_evidence(&e.evidence)?;
    check_readers(state, e)?;
    match e.commitment {
        Some(commitment) if state.commitments.contains(&commitment) => {
            refuse(Reason::CommitmentUsed, "commitment", format!("an observation has {commitment} already"))
        }
        _ => Ok(()),
    }
}

fn check_embargo(e: &ObservationReported, now: Millis) -> Result<(), Refusal> {
    let (until, is_embargoed) = (e.embargo_until, e.conf_status == Some(ConfStatus::E));
    if is_embargoed != (until != Millis::default()) {
        return refuse(Reason::EmbargoInvalid, "embargo_until", "an embargo ends at a time, and only an embargo does");
    }
    let last = now.get().saturating_add(EMBARGO_MILLIS_MAX);
    if is_embargoed && !(until > now && until.get() <= last) {
        let detail = format!("it is {}; an embargo ends later, and by {}", now.utc(), Millis::new(last).utc());
        return refuse(Reason::EmbargoInvalid, "embargo_until", detail);
    }
    Ok(())
}

fn check_evidence(evidence: &[EvidenceFile]) -> Result<(), Refusal> {
    let wrong = |detail: String| refuse(Reason::EvidenceInvalid, "evidence", detail);
    if evidence.len() > EVIDENCE_MAX {
        return wrong(format!("{} files, at most {EVIDENCE_MAX}", evidence.len()));
    }
    let mut seen = BTreeSet::new();
    for (file, n) in evidence.iter().zip(0..) {
        if !seen.insert(file.blake3) {
            return wrong(format!("file {n} stands twice"));
        }
        if file.size == 0 {
            return wrong(format!("file {n} is empty"));
        }
        if !is_media_type(file.media_type.as_str()) {
            return wrong(format!("file {n} has no media type such as text/csv"));
        }
    }
    Ok(())
}

/// Two names with a slash between them, perhaps with parameters behind (RFC 9110, section 8.3.1).
fn is_media_type(text: &str) -> bool {
    let is_name = |name: &str| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
    };
    let kind = text.split(';').next().unwrap_or_default().trim_end();
    kind.split_once('/').is_some_and(|(kind, subtype)| is_name(kind) && is_name(subtype))
}

fn check_readers(state: &State, e: &ObservationReported) -> Result<(), Refusal> {
    let wrong = |detail: String| refuse(Reason::ReadersInvalid, "readers", detail);
    if !e.readers.is_empty() && e.commitment.is_none() {
        return wrong("there is no confidential value to read".into());
    }
    if e.readers.len() > READERS_MAX {
        return wrong(format!("{} readers, at most {READERS_MAX}", e.readers.len()));
    }
    if !e.readers.is_sorted_by(|a, b| a < b) {
        return wrong("readers ascend, each once".into());
    }
    match e.readers.iter().find(|reader| state.member(reader).is_none()) {
        Some(unknown) => wrong(format!("no member {unknown}")),
        None => Ok(()),
    }
}

pub(crate) fn apply(state: &mut State, e: &ObservationReported, member: u32) {
    if let Some(commitment) = e.commitment {
        state.commitments.put(commitment, Committed { member, erased: false });
    }
}

/// The unit that reported it may erase it, as may the office.
pub(crate) fn decide_erased(state: &State, speaker: &Speaker, e: &ValueErased) -> Result<(), Refusal> {
    let is_office = speaker.roles.has(Role::Office);
    if !is_office && !speaker.roles.has(Role::Admin) {
        speaker.needs(Role::Reporter)?;
    }
    let Some(committed) = state.commitments.get(&e.commitment) else {
        return refuse(Reason::CommitmentUnknown, "commitment", format!("no observation has {}", e.commitment));
    };
    let owner = state.numbered(committed.member);
    if !is_office && *owner != speaker.member {
        return refuse(Reason::NotYourObservation, "commitment", format!("{owner} reported it"));
    }
    if committed.erased {
        return refuse(Reason::ValueWasErased, "commitment", "it was erased already");
    }
    check_reason(&e.reason)
}

pub(crate) fn apply_erased(state: &mut State, e: &ValueErased) {
    state.commitments.update(&e.commitment, |committed| committed.erased = true);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_media_type_has_two_names() {
        for good in ["text/csv", "application/vnd.ms-excel", "text/plain; charset=utf-8", "image/svg+xml"] {
            assert!(is_media_type(good), "{good}");
        }
        for bad in ["", "csv", "/csv", "text/", "text/c s v", "表/格"] {
            assert!(!is_media_type(bad), "{bad}");
        }
    }
}
