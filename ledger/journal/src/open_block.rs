//! The block that is being made: the sequencer adds to it for as long as the committer is busy with the one before.
//!
//! So nobody waits for a block to fill, and a block is as large as the time allows that the disk takes: with many callers a
//! sync serves hundreds of submissions, with one caller it serves one.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use hefu_rules::CheckpointKey;
use hefu_types::tree::Edge;
use hefu_types::{PublicKey, RootHash};

use crate::committer::{Answer, Work};
use crate::recent::Kept;
use crate::store::Block;

/// Submissions in one block: bounds the time that the first of them waits for the last.
pub(crate) const BLOCK_SUBMISSIONS_MAX: usize = 1_024;
/// Bytes in one block: bounds the write that is synced at once.
const BLOCK_BYTES_MAX: usize = 4 << 20;

/// Shared by both threads.
#[derive(Debug)]
pub(crate) struct OpenBlock {
    parts: Mutex<Parts>,
    /// There is something to take, or nothing will come any more.
    filled: Condvar,
    /// There is room again, or nobody takes it any more.
    taken: Condvar,
}

/// What the block has so far.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) block: Block,
    /// Its first entries as they were decoded: all of them, if there was room.
    pub(crate) decoded: Kept,
    /// The tree up to its end.
    pub(crate) edge: Edge,
    /// The checkpoint keys that the log has had by then.
    pub(crate) keys: Vec<(PublicKey, CheckpointKey)>,
    pub(crate) answers: Vec<Answer>,
    /// Submissions that wait for it, with those that were offered together with them, and their bytes.
    pub(crate) submissions: usize,
    pub(crate) bytes: usize,
    /// The sequencer adds no more.
    ended: bool,
    /// The committer takes no more.
    closed: bool,
}

impl Parts {
    fn is_empty(&self) -> bool {
        self.block.entries.is_empty() && self.answers.is_empty()
    }

    /// When nobody takes the block any more, whoever waits for it learns that nobody knows.
    fn forget_if_closed(&mut self) {
        if self.closed {
            self.answers.clear();
        }
    }

    const fn is_full(&self) -> bool {
        self.submissions >= BLOCK_SUBMISSIONS_MAX || self.bytes >= BLOCK_BYTES_MAX
    }
}

fn empty(edge: &Edge) -> Block {
    Block { begin: edge.size(), entries: Vec::new(), nodes: Vec::new() }
}

impl OpenBlock {
    /// Goes on from the edge of a tree.
    pub(crate) fn new(edge: Edge) -> Self {
        let parts = Parts {
            block: empty(&edge),
            decoded: Kept::default(),
            edge,
            keys: vec![],
            answers: vec![],
            submissions: 0,
            bytes: 0,
            ended: false,
            closed: false,
        };
        Self { parts: Mutex::new(parts), filled: Condvar::new(), taken: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Parts> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds to the block once it has room, or nobody takes it any more.
    pub(crate) fn fill(&self, add: impl FnOnce(&mut Parts)) {
        let full = |parts: &mut Parts| parts.is_full() && !parts.closed;
        let mut parts = self.taken.wait_while(self.lock(), full).unwrap_or_else(PoisonError::into_inner);
        add(&mut parts);
        parts.forget_if_closed();
        drop(parts);
        self.filled.notify_one();
    }

    /// Takes the block as soon as there is anything in it; `None` when nothing will come any more.
    pub(crate) fn take(&self) -> Option<Work> {
        let idle = |parts: &mut Parts| parts.is_empty() && !parts.ended;
        let mut parts = self.filled.wait_while(self.lock(), idle).unwrap_or_else(PoisonError::into_inner);
        if parts.is_empty() {
            return None;
        }
        let next = empty(&parts.edge);
        let work = Work {
            block: std::mem::replace(&mut parts.block, next),
            decoded: std::mem::take(&mut parts.decoded),
            edge: parts.edge.clone(),
            keys: parts.keys.clone(),
            answers: std::mem::take(&mut parts.answers),
        };
        parts.edge.trim();
        (parts.submissions, parts.bytes) = (0, 0);
        drop(parts);
        self.taken.notify_one();
        Some(work)
    }

    /// The root of the tree up to here.
    pub(crate) fn root(&self) -> RootHash {
        self.lock().edge.root()
    }

    /// The sequencer stops: what is there is still taken.
    pub(crate) fn end(&self) {
        self.lock().ended = true;
        self.filled.notify_one();
    }

    /// The committer stops, in whatever way.
    pub(crate) fn close(&self) {
        let mut parts = self.lock();
        parts.closed = true;
        parts.forget_if_closed();
        drop(parts);
        self.taken.notify_one();
    }
}
