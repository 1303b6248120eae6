//! What a member signs.

use bytes::Bytes;

use crate::event::Event;
use crate::hash;
use crate::ids::{KeySeq, LedgerId, Millis, PublicKey, Signature, SubmissionHash};
use crate::limits::{EVENTS_MAX, SUBMISSION_BYTES_MAX};
use crate::reason::{Reason, Refusal};
use crate::sign::Keypair;
use crate::wire::{self, DecodeError, Reader, Value as _, WireType, message};

/// The field number of a submission's events.
const EVENTS: u32 = 15;

message! {
    /// One or more events of one key under one signature; recorded whole or not at all.
    pub struct Submission {
        /// The ledger; absent only in the genesis submission.
        1 => ledger_id: Option<LedgerId>,
        /// The signer.
        2 => key: PublicKey,
        /// The signer's own count: 1, 2, 3, …
        3 => key_seq: KeySeq,
        /// The submission hash of the signer's previous recorded submission; zeros for the first.
        4 => key_prev: SubmissionHash,
        /// The signer's clock; information only.
        5 => created_at: Millis,
        /// Never recorded later than this; 0 for no bound.
        6 => not_after: Millis,
        /// The facts, decided in order.
        15 => events: Vec<Event>,
    }
}

impl Submission {
    /// Decodes canonical bytes within the format's limits.
    ///
    /// # Errors
    /// A refusal that names the field and the byte offset.
    pub fn decode(bytes: &[u8]) -> Result<Self, Refusal> {
        check_size(bytes.len())?;
        let submission: Self = wire::from_bytes(bytes)?;
        match submission.events.len() {
            _ if submission.key_seq == KeySeq::NONE => {
                Err(Refusal::new(Reason::FieldMissing, "key_seq", "a key counts its submissions from 1"))
            }
            0 => Err(Refusal::new(Reason::EventsMissing, "events", "a submission without events")),
            n if n > EVENTS_MAX => {
                Err(Refusal::new(Reason::EventsTooMany, "events", format!("{n} events, at most {EVENTS_MAX}")))
            }
            _ => Ok(submission),
        }
    }

    /// The canonical bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        wire::to_bytes(self)
    }

    /// Encodes and signs.
    #[must_use]
    pub fn sign(&self, keys: &Keypair) -> SignedSubmission {
        let submission = Bytes::from(self.encode());
        let signature = keys.sign_submission(&submission);
        SignedSubmission { submission, signature }
    }
}

fn check_size(len: usize) -> Result<(), Refusal> {
    match len {
        0 => Err(Refusal::new(Reason::SubmissionEmpty, "", "a submission of no bytes")),
        n if n > SUBMISSION_BYTES_MAX => {
            let detail = format!("a submission of {n} bytes, at most {SUBMISSION_BYTES_MAX}");
            Err(Refusal::new(Reason::SubmissionTooLarge, "", detail))
        }
        _ => Ok(()),
    }
}

/// A submission exactly as its author serialised it, with its signature. Nothing is checked yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedSubmission {
    /// The serialised submission.
    pub submission: Bytes,
    /// The signature.
    pub signature: Signature,
}

impl SignedSubmission {
    /// The submission hash.
    #[must_use]
    pub fn hash(&self) -> SubmissionHash {
        hash::submission_hash(&self.submission)
    }
    /// Whether it has an event of a kind, as [`Event::kind`] names it; far cheaper than decoding. Of a submission that does not
    /// decode the answer means nothing.
    #[must_use]
    pub fn says(&self, kind: &str) -> bool {
        let kinds = Event::MESSAGE.into_iter().flat_map(|event| event.fields);
        let number = kinds.into_iter().find(|field| field.name == kind).map(|field| field.number);
        number.is_some_and(|number| says(&mut Reader::new(&self.submission), number).unwrap_or(false))
    }
}

/// Whether an event under the cursor has this field number.
fn says(r: &mut Reader<'_>, number: u32) -> Result<bool, DecodeError> {
    while let Some(tag) = r.tag()? {
        if tag.wire == WireType::Varint {
            r.varint()?;
            continue;
        }
        let mut field = r.nested()?;
        if tag.number == EVENTS && field.tag_is(number, WireType::Length) {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::membership::{Role, RoleGranted};
    use crate::event::platform::ViewsRecorded;
    use crate::ids::{Size, ViewDigest};
    use crate::text::Code;

    fn signed(events: Vec<Event>) -> SignedSubmission {
        let (key, key_prev) = (PublicKey::from_bytes([1; 32]), SubmissionHash::NONE);
        let (created_at, not_after) = (Millis::new(5), Millis::new(0));
        let ledger_id = Some(LedgerId::from_bytes([2; 32]));
        let submission =
            Submission { ledger_id, key, key_seq: KeySeq::new(1), key_prev, created_at, not_after, events };
        SignedSubmission { submission: submission.encode().into(), signature: Signature::from_bytes([0; 64]) }
    }

    #[test]
    fn kinds_of_events_are_told_without_decoding() {
        let granted = || Event::from(RoleGranted { key: PublicKey::from_bytes([3; 32]), role: Role::Admin });
        let view = Code::new("series").expect("a code");
        let recorded = ViewsRecorded { size: Size::new(9), view, version: 1, digest: ViewDigest::from_bytes([4; 32]) };
        let recorded = || Event::from(recorded.clone());
        let cases =
            [vec![granted()], vec![recorded()], vec![granted(), recorded(), granted()], vec![granted(), granted()]];
        for events in cases {
            let signed = signed(events.clone());
            for kind in Event::KINDS {
                assert_eq!(signed.says(kind), events.iter().any(|event| event.kind() == *kind), "{kind} in {events:?}");
            }
            assert!(!signed.says("nothing"));
        }
    }

    #[test]
    fn what_does_not_decode_says_something_or_nothing_and_harms_nobody() {
        let whole = signed(vec![Event::from(RoleGranted { key: PublicKey::from_bytes([3; 32]), role: Role::Admin })]);
        for len in 0..whole.submission.len() {
            let cut = SignedSubmission { submission: whole.submission.slice(..len), ..whole.clone() };
            assert!(!cut.says("role_granted"), "{len}");
        }
    }
}
