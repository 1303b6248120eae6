//! The nouns of hefu and their bytes.
//!
//! A [`Submission`] is what a member signs: one or more [`Event`]s under one signature. An [`Entry`] is a submission given a
//! position. This crate says how both are written as bytes, how they are hashed and signed, and which of the many byte
//! strings that might mean the same is the only one accepted (the canonical form, [`wire`]).
//!
//! It holds no rule about what a member *may* say: that is `hefu-rules`. It reads no clock, draws no randomness and does no
//! I/O; whoever needs a key or a salt hands in the random bytes. It knows neither gRPC nor a database nor async code.
//!
//! Every bound stands in [`limits`], every refusal's stable code in [`Reason`], every hash context in [`hash`]. The byte
//! formats are specified, with worked examples, in `docs/format.md`; `tests/vectors` recomputes them independently.
//!
//! Read next: [`submission`] (what is signed), [`entry`] (what is chained), [`event`] (what can be said), then `hefu-rules`.

pub mod commitment;
pub mod decimal;
pub mod entry;
pub mod event;
pub mod hash;
pub mod ids;
pub mod key;
pub mod limits;
pub mod period;
pub mod reason;
pub mod sign;
pub mod submission;
pub mod text;
pub mod vkey;
pub mod wire;

pub use decimal::Decimal;
pub use entry::{DecodedEntry, Entry};
pub use event::{Event, EventRef, Name, Provenance, Source};
pub use ids::{ChainHash, KeySeq, LeafHash, LedgerId, Millis, PublicKey, Seq, Signature, Size, SubmissionHash};
pub use period::{Period, PeriodType};
pub use reason::{Class, Reason, Refusal};
pub use submission::{SignedSubmission, Submission};
pub use text::{Code, Text};
