//! What a member signs.

use bytes::Bytes;

use crate::event::Event;
use crate::hash;
use crate::ids::{KeySeq, LedgerId, Millis, PublicKey, Signature, SubmissionHash};
use crate::limits::{EVENTS_MAX, SUBMISSION_BYTES_MAX};
use crate::reason::{Reason, Refusal};
use crate::sign::Keypair;
use crate::wire::{self, message};

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
}
