//! A submission given a position: what is stored, chained, and the tree's leaf.
//!
//! ```text
//! u8  version = 1
//! u64 seq
//! u64 recorded_at            Unix milliseconds
//! 32  prev                   chain hash of the previous entry; zeros for seq 0
//! u16 signature length, then the signature
//! …   submission bytes to the end
//! ```
//! All integers big-endian; at most 65,535 bytes.

use bytes::Bytes;

use crate::hash;
use crate::ids::{ChainHash, LeafHash, Millis, Seq, Signature, SubmissionHash};
use crate::limits::{ENTRY_BYTES_MAX, ENTRY_HEADER_BYTES, SIGNATURE_BYTES};
use crate::reason::Refusal;
use crate::submission::{SignedSubmission, Submission};

/// The version of the entry format.
pub const VERSION: u8 = 1;

/// A submission with its position, time, link and signature. Its bytes are kept as they were read or first written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    bytes: Bytes,
    seq: Seq,
    recorded_at: Millis,
    prev: ChainHash,
}

/// The bytes are no entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// Cut off, or longer than an entry can be.
    #[error("an entry of {0} bytes; an entry has {min} to {ENTRY_BYTES_MAX}", min = ENTRY_HEADER_BYTES + SIGNATURE_BYTES + 1)]
    Length(usize),
    /// Written by a newer program.
    #[error("entry version {0}; this program knows version {VERSION}")]
    Version(u8),
    /// Not an Ed25519 signature.
    #[error("a signature of {0} bytes instead of {SIGNATURE_BYTES}")]
    SignatureLength(u16),
    /// A time outside the calendar.
    #[error("recorded_at {0} does not fit 63 bits")]
    RecordedAt(u64),
}

impl Entry {
    /// Gives a submission its position.
    ///
    /// # Panics
    /// When the submission is longer than [`crate::limits::SUBMISSION_BYTES_MAX`], which decoding has excluded, or the
    /// clock stands before 1970.
    #[must_use]
    pub fn new(seq: Seq, recorded_at: Millis, prev: ChainHash, signed: &SignedSubmission) -> Self {
        let len = ENTRY_HEADER_BYTES + SIGNATURE_BYTES + signed.submission.len();
        assert!(len <= ENTRY_BYTES_MAX, "an entry of {len} bytes");
        let mut bytes = Vec::with_capacity(len);
        bytes.extend_from_slice(&Self::before_submission(seq, recorded_at, prev, &signed.signature));
        bytes.extend_from_slice(&signed.submission);
        Self { bytes: bytes.into(), seq, recorded_at, prev }
    }

    /// The bytes of an entry before its submission: what the member does not have.
    ///
    /// # Panics
    /// When the clock stands before 1970.
    #[must_use]
    pub fn before_submission(
        seq: Seq,
        recorded_at: Millis,
        prev: ChainHash,
        signature: &Signature,
    ) -> [u8; ENTRY_HEADER_BYTES + SIGNATURE_BYTES] {
        let time = u64::try_from(recorded_at.get()).expect("a clock after 1970");
        let mut bytes = [0; ENTRY_HEADER_BYTES + SIGNATURE_BYTES];
        bytes[0] = VERSION;
        bytes[1..9].copy_from_slice(&seq.get().to_be_bytes());
        bytes[9..17].copy_from_slice(&time.to_be_bytes());
        bytes[17..49].copy_from_slice(prev.as_bytes());
        bytes[49..51].copy_from_slice(&(SIGNATURE_BYTES as u16).to_be_bytes());
        bytes[51..].copy_from_slice(signature.as_bytes());
        bytes
    }

    /// Reads an entry; its submission is not decoded yet.
    ///
    /// # Errors
    /// When the bytes don't have the layout above.
    pub fn parse(bytes: Bytes) -> Result<Self, EntryError> {
        let version = *bytes.first().ok_or(EntryError::Length(0))?;
        if version != VERSION {
            return Err(EntryError::Version(version));
        }
        if bytes.len() <= ENTRY_HEADER_BYTES + SIGNATURE_BYTES || bytes.len() > ENTRY_BYTES_MAX {
            return Err(EntryError::Length(bytes.len()));
        }
        let number = |at: usize| u64::from_be_bytes(bytes[at..at + 8].try_into().expect("8 bytes"));
        let recorded_at = i64::try_from(number(9)).map_err(|_| EntryError::RecordedAt(number(9)))?;
        let signature_len = u16::from_be_bytes([bytes[49], bytes[50]]);
        if usize::from(signature_len) != SIGNATURE_BYTES {
            return Err(EntryError::SignatureLength(signature_len));
        }
        let prev = ChainHash::from_slice(&bytes[17..49]).expect("32 bytes");
        Ok(Self { seq: Seq::new(number(1)), recorded_at: Millis::new(recorded_at), prev, bytes })
    }

    /// The entry's bytes.
    #[must_use]
    pub const fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Its position.
    #[must_use]
    pub const fn seq(&self) -> Seq {
        self.seq
    }

    /// When it was recorded.
    #[must_use]
    pub const fn recorded_at(&self) -> Millis {
        self.recorded_at
    }

    /// The chain hash that it links to.
    #[must_use]
    pub const fn prev(&self) -> ChainHash {
        self.prev
    }

    /// The signature and the submission's bytes, as the member sent them.
    #[must_use]
    pub fn signed(&self) -> SignedSubmission {
        let at = ENTRY_HEADER_BYTES;
        SignedSubmission {
            signature: Signature::from_slice(&self.bytes[at..at + SIGNATURE_BYTES]).expect("64 bytes"),
            submission: self.bytes.slice(at + SIGNATURE_BYTES..),
        }
    }

    /// Its chain hash.
    #[must_use]
    pub fn chain_hash(&self) -> ChainHash {
        hash::chain_hash(&self.bytes)
    }

    /// Its leaf hash.
    #[must_use]
    pub fn leaf_hash(&self) -> LeafHash {
        hash::leaf_hash(&self.bytes)
    }

    /// Decodes its submission; the signature is not verified.
    ///
    /// # Errors
    /// When the submission is not canonical.
    pub fn decode(&self) -> Result<DecodedEntry, Refusal> {
        let signed = self.signed();
        Ok(DecodedEntry {
            seq: self.seq,
            recorded_at: self.recorded_at,
            submission_hash: signed.hash(),
            submission: Submission::decode(&signed.submission)?,
        })
    }
}

/// An entry as views see it: position, time and what was said.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct DecodedEntry {
    /// Its position.
    pub seq: Seq,
    /// When it was recorded.
    pub recorded_at: Millis,
    /// The hash of its submission.
    pub submission_hash: SubmissionHash,
    /// What was said.
    pub submission: Submission,
}
