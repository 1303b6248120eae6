//! What a store of entries must promise. [`crate::RocksStore`] is one; a replicated engine could be another.

use std::error::Error;

use bytes::Bytes;
use hefu_types::tree::Node;
use hefu_types::{ChainHash, Entry, KeySeq, NodeHash, PublicKey, Seq, Size, SubmissionHash};

/// The cause of a store's failure.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct StoreError(Box<dyn Error + Send + Sync>);

impl StoreError {
    /// Wraps the cause.
    #[must_use]
    pub fn new(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(cause.into())
    }
}

/// Why a block was not appended, or may not have been.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// The tail is not where the block begins; certainly not written.
    #[error("the log ends at {found}, the block begins at {expected}")]
    Conflict {
        /// Where the block begins.
        expected: Size,
        /// Where the log ends.
        found: Size,
    },
    /// The block may or may not be durable.
    #[error("the block may or may not be written")]
    Unknown(#[source] StoreError),
}

/// An entry with what the index needs to know of it.
#[derive(Clone, Debug)]
pub struct Sequenced {
    /// The entry.
    pub entry: Entry,
    /// Its chain hash.
    pub chain_hash: ChainHash,
    /// Its submission's hash.
    pub submission_hash: SubmissionHash,
    /// Its signer.
    pub key: PublicKey,
    /// The signer's own count.
    pub key_seq: KeySeq,
}

/// Entries that are written together or not at all.
#[derive(Clone, Debug)]
pub struct Block {
    /// The size of the log before the block.
    pub begin: Size,
    /// Gapless entries from `begin` on; at least one.
    pub entries: Vec<Sequenced>,
    /// The nodes that they complete, of the levels of the tree that tiles show: 0, 8, 16 …
    pub nodes: Vec<(Node, NodeHash)>,
}

/// A store of entries, with one writer and any number of readers.
pub trait Store: Send + Sync {
    /// The number of durable entries and the last one's chain hash.
    ///
    /// # Errors
    /// When the store can't be read.
    fn tail(&self) -> Result<(Size, ChainHash), StoreError>;

    /// Appends a block in one atomic, synced write: when this returns `Ok`, the block survives a power cut.
    ///
    /// # Errors
    /// `Conflict` when nothing was written; `Unknown` when nobody knows.
    fn append(&self, block: &Block) -> Result<(), AppendError>;

    /// Entry bytes from a position on, in order: at most `limit` entries and about `max_bytes` bytes, at least one if there
    /// is one.
    ///
    /// # Errors
    /// When the store can't be read.
    fn read(&self, from: Seq, limit: usize, max_bytes: usize) -> Result<Vec<Bytes>, StoreError>;

    /// Nodes of a level that tiles show, in order from an index on: at most `count`, fewer where the row ends.
    ///
    /// # Errors
    /// When the store can't be read.
    fn nodes(&self, level: u8, from: u64, count: usize) -> Result<Vec<NodeHash>, StoreError>;

    /// Where a key's submission of this count is recorded.
    ///
    /// # Errors
    /// When the store can't be read.
    fn find(&self, key: &PublicKey, key_seq: KeySeq) -> Result<Option<Seq>, StoreError>;

    /// The count and position of a key's last recorded submission.
    ///
    /// # Errors
    /// When the store can't be read.
    fn last_of(&self, key: &PublicKey) -> Result<Option<(KeySeq, Seq)>, StoreError>;
}

/// A step of the write path at which a test can make the journal fail. What survives is said for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// A submission was taken from the queue. Lost: it was never decided.
    Dequeued,
    /// A submission was decided and applied to the state in memory. Lost.
    Decided,
    /// A block was cut and handed to the committer. Lost.
    Cut,
    /// The block is about to be written. Lost.
    BeforeAppend,
    /// The block is durable, but nobody was told. Kept; a resend gets the same position.
    AfterAppend,
    /// The block's checkpoint is in the head file. Kept.
    Sealed,
    /// The head is published, the answers are not sent. Kept.
    BeforeAnswer,
}

impl Fault {
    /// Every step, in order.
    pub const ALL: &[Self] = &[
        Self::Dequeued,
        Self::Decided,
        Self::Cut,
        Self::BeforeAppend,
        Self::AfterAppend,
        Self::Sealed,
        Self::BeforeAnswer,
    ];

    /// Whether the submission is durable when the process dies at this step.
    #[must_use]
    pub const fn keeps(self) -> bool {
        matches!(self, Self::AfterAppend | Self::Sealed | Self::BeforeAnswer)
    }
}
