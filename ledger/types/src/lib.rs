//! The nouns of hefu and their bytes.
//!
//! A [`Submission`] is what a member signs: one or more [`Event`]s under one signature. An [`Entry`] is a submission given a
//! position. This crate says how both are written as bytes, how they are hashed and signed, and which of the many byte
//! strings that might mean the same is the only one accepted (the canonical form, [`wire`]).
//!
//! It holds no rule about what a member *may* say: that is `hefu-rules`. It reads no clock, draws no randomness and does no
//! I/O; whoever needs a key or a salt hands in the random bytes. It knows neither gRPC nor a database nor async code.
//!
//! An auditor verifies many signatures at once, with the same verdict ([`batch`]).
//!
//! Every bound stands in [`limits`], every refusal's stable code in [`Reason`], every hash context in [`hash`]. The byte
//! formats are specified, with worked examples, in `docs/format.md`; `tests/vectors` recomputes them independently.
//!
//! What the log shows to others is text in the formats of C2SP: verifier keys ([`vkey`]), signed notes ([`note`]),
//! [`checkpoint`]s with the [`cosignature`]s of witnesses, what is asked of a witness ([`add_checkpoint`]), proofs
//! ([`tlog_proof`]) and whom to trust ([`policy`]).
//!
//! Read next: [`submission`] (what is signed), [`entry`] (what is chained), [`event`] (what can be said), then `hefu-rules`.

pub mod add_checkpoint;
pub mod batch;
pub mod checkpoint;
pub mod commitment;
pub mod cosignature;
pub mod decimal;
pub mod entry;
pub mod event;
pub mod hash;
pub mod ids;
pub mod key;
pub mod limits;
mod lines;
pub mod note;
pub mod period;
pub mod policy;
pub mod read_request;
pub mod reason;
pub mod receipt;
pub mod report;
pub mod sign;
pub mod submission;
pub mod text;
pub mod tile;
pub mod tlog_proof;
pub mod tree;
pub mod vkey;
pub mod wire;

pub use add_checkpoint::AddCheckpoint;
pub use checkpoint::{Checkpoint, SignedCheckpoint};
pub use commitment::Opening;
pub use cosignature::Cosignature;
pub use decimal::Decimal;
pub use entry::{DecodedEntry, Entry};
pub use event::{Event, EventRef, Name, Provenance, Source};
pub use ids::{
    ChainHash, Commitment, ContentHash, FileHash, KeySeq, LeafHash, LedgerId, Millis, NodeHash, PublicKey, RootHash,
    Seq, Signature, Size, SubmissionHash, ViewDigest,
};
pub use note::{Note, NoteSignature, NoteSigner};
pub use period::{Period, PeriodType};
pub use policy::Policy;
pub use read_request::ReadRequest;
pub use reason::{Class, Reason, Refusal};
pub use submission::{SignedSubmission, Submission};
pub use text::{Code, Text};
pub use tlog_proof::TlogProof;
pub use vkey::VerifierKey;
