//! What is said about an export.

use std::collections::BTreeMap;
use std::fmt;

use hefu_types::{ChainHash, Commitment, LedgerId, Millis, RootHash, Seq, VerifierKey};
use serde::Serialize;

/// What kind of fault was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// The export ends before the head, or a bundle is missing or cut off.
    Missing,
    /// The export goes on after the head, or holds bytes that are no entry.
    Surplus,
    /// The bytes don't have the layout of an entry.
    Layout,
    /// A newer program wrote this, or somebody who could chain it: only a newer program can tell.
    NewerThanTool,
    /// The entry names another position.
    Seq,
    /// The entry was recorded before its predecessor.
    Time,
    /// Neighbours don't link: the named entry's bytes are not those that were chained.
    Link,
    /// The submission is not in canonical form.
    NotCanonical,
    /// The signature does not verify under the key.
    Signature,
    /// The submission does not continue its key's own chain.
    KeyChain,
    /// The rules forbid the submission at this position.
    Rules,
    /// A tile is not that of the tree over the entries.
    Tile,
    /// The last entry's chain hash, or the root of the tree, is not the head's.
    Head,
    /// The log does not pass through a checkpoint that it must pass through.
    Checkpoint,
    /// No key signed a checkpoint that, as the entries say, signs one of its size.
    Key,
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Missing => "missing",
            Self::Surplus => "surplus",
            Self::Layout => "layout",
            Self::NewerThanTool => "newer_than_tool",
            Self::Seq => "seq",
            Self::Time => "time",
            Self::Link => "link",
            Self::NotCanonical => "not_canonical",
            Self::Signature => "signature",
            Self::KeyChain => "key_chain",
            Self::Rules => "rules",
            Self::Tile => "tile",
            Self::Head => "head",
            Self::Checkpoint => "checkpoint",
            Self::Key => "key",
        })
    }
}

/// The first entry that does not fit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// Its position.
    pub seq: Seq,
    /// What is wrong.
    pub kind: FailureKind,
    /// What was expected.
    pub expected: String,
    /// What was found.
    pub actual: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "entry {}: {}: expected {}, found {}", self.seq, self.kind, self.expected, self.actual)
    }
}

/// A commitment that stands for a value that is not free.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Committed {
    /// The position of the entry that has it.
    pub seq: Seq,
    /// The event within that entry.
    pub event_index: u32,
    /// The position of the entry that says that the value was erased; `None` as long as none does.
    pub erased: Option<Seq>,
}

/// What was verified, up to the first failure.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The ledger's id, from the genesis entry.
    pub ledger_id: Option<LedgerId>,
    /// The log's origin.
    pub origin: Option<String>,
    /// Entries that fit.
    pub entries: u64,
    /// With [`crate::verify_prefix`]: entries after the head, which it says nothing about.
    pub entries_after_head: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Events in them.
    pub events: u64,
    /// The chain hash of the last of them.
    pub chain_hash: Option<ChainHash>,
    /// The root of the tree over them.
    pub root: Option<RootHash>,
    /// The keys that signed the checkpoint at the end, if it ends in one.
    #[serde(skip)]
    pub signed_by: Vec<VerifierKey>,
    /// Tiles of the tree that were there and fit.
    pub tiles: u64,
    /// When the last of them was recorded.
    pub recorded_at: Millis,
    /// The commitments in them.
    pub commitments: BTreeMap<Commitment, Committed>,
    /// The verdict on signatures: the strict one, of many at once or of one ([`hefu_types::batch`]).
    pub signatures: &'static str,
    /// The first failure; none means that all is well.
    pub failure: Option<Failure>,
}
