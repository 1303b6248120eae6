//! What is read from a journal: entries, proofs, files of the log.

use std::sync::Arc;

use bytes::Bytes;
use hefu_types::tile::{Contents, Tile};
use hefu_types::{DecodedEntry, Entry, Millis, NodeHash, PublicKey, Seq, Size, tree};

use super::Journal;
use crate::nodes::Nodes;
use crate::seal::Seal;
use crate::store::StoreError;

/// The proof that an entry is in the log.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// Its position.
    pub seq: Seq,
    /// The hashes from the entry's sibling up.
    pub hashes: Vec<NodeHash>,
    /// The checkpoint that they lead to.
    pub seal: Arc<Seal>,
}

impl Journal {
    /// The proof that an entry is in the log, under the head's checkpoint; verified here, before anybody else does. For an entry
    /// that was just recorded, see [`Seal::prove`].
    ///
    /// # Errors
    /// When the store can't be read, or the proof does not hold: then the stored tree is damaged.
    pub fn receipt(&self, entry: &Entry) -> Result<Receipt, StoreError> {
        let seal = self.seal().ok_or_else(|| StoreError::new("the log is empty"))?;
        let seq = entry.seq();
        let (size, root) = (seal.size(), seal.checkpoint.checkpoint().root());
        let absent = || StoreError::new(format!("entry {seq} is not in a tree of {size}"));
        let mut nodes = Nodes::of(&*self.store);
        let hashes = tree::inclusion(seq, size, &mut |node| nodes.read(node))?.ok_or_else(absent)?;
        tree::verify_inclusion(tree::leaf(entry.bytes()), seq, size, root, &hashes).map_err(StoreError::new)?;
        Ok(Receipt { seq, hashes, seal })
    }

    /// The inclusion proof of an entry in the tree of a size; `None` when there is no such tree or it is not in it.
    ///
    /// # Errors
    /// When the store can't be read.
    pub fn inclusion(&self, seq: Seq, size: Size) -> Result<Option<Vec<NodeHash>>, StoreError> {
        if size > self.head().size {
            return Ok(None);
        }
        let mut nodes = Nodes::of(&*self.store);
        tree::inclusion(seq, size, &mut |node| nodes.read(node))
    }

    /// The proof that the tree of size `new` begins with that of size `old`; `None` when there is no such tree.
    ///
    /// # Errors
    /// When the store can't be read.
    pub fn consistency(&self, old: Size, new: Size) -> Result<Option<Vec<NodeHash>>, StoreError> {
        if new > self.head().size {
            return Ok(None);
        }
        let mut nodes = Nodes::of(&*self.store);
        tree::consistency(old, new, &mut |node| nodes.read(node))
    }

    /// The bytes of a file of the log; `None` when the log is too small to have it.
    ///
    /// # Errors
    /// When the store can't be read.
    pub fn tile(&self, tile: Tile) -> Result<Option<Vec<u8>>, StoreError> {
        if !tile.is_within(self.head().size) {
            return Ok(None);
        }
        let width = usize::from(tile.width);
        let (found, bytes) = match tile.contents {
            Contents::Nodes(_) => {
                let row = self.store.nodes(tile.level(), tile.begin(), width)?;
                (row.len(), row.iter().flat_map(|hash| *hash.as_bytes()).collect())
            }
            Contents::Entries => {
                let entries = self.store.read(Seq::new(tile.begin()), width, usize::MAX)?;
                let framed = |entry: &Bytes| {
                    [&u16::try_from(entry.len()).expect("an entry is at most 65,535 bytes").to_be_bytes()[..], entry]
                        .concat()
                };
                (entries.len(), entries.iter().flat_map(framed).collect())
            }
        };
        if found == width { Ok(Some(bytes)) } else { Err(StoreError::new(format!("{tile} is not all there"))) }
    }

    /// Durable entry bytes from a position on; see [`crate::Store::read`]. Never beyond the durable head.
    ///
    /// # Errors
    /// When the store can't be read.
    pub fn read(&self, from: Seq, limit: usize, max_bytes: usize) -> Result<Vec<Bytes>, StoreError> {
        let durable = self.head().size.get().saturating_sub(from.get());
        let limit = limit.min(usize::try_from(durable).unwrap_or(usize::MAX));
        if limit == 0 { Ok(Vec::new()) } else { self.store.read(from, limit, max_bytes) }
    }

    /// The entries behind a size, if they were kept as they were decoded to be decided: for one follower, who gets each once; no
    /// more than `limit`, unless the first block has more. Empty when they are not here: then they are to be read.
    #[must_use]
    pub fn take_recent(&self, from: Size, limit: usize) -> Vec<DecodedEntry> {
        self.recent.take(from, limit)
    }

    /// A key's last durable submission.
    ///
    /// # Errors
    /// When the store can't be read.
    pub fn last_of(&self, key: &PublicKey) -> Result<Option<Entry>, StoreError> {
        let Some((_, seq)) = self.store.last_of(key)? else { return Ok(None) };
        let bytes = self.store.read(seq, 1, usize::MAX)?.pop();
        bytes.map(|bytes| Entry::parse(bytes).map_err(StoreError::new)).transpose()
    }

    /// The size of the log after the last entry recorded at or before `time`.
    ///
    /// # Errors
    /// When the store can't be read.
    pub fn size_at(&self, time: Millis) -> Result<Size, StoreError> {
        let (mut low, mut high) = (0, self.head().size.get());
        while low < high {
            let middle = low + (high - low) / 2;
            match self.recorded_at(Seq::new(middle))? {
                Some(recorded_at) if recorded_at <= time => low = middle + 1,
                _ => high = middle,
            }
        }
        Ok(Size::new(low))
    }

    /// When an entry was recorded; `None` beyond the durable head.
    ///
    /// # Errors
    /// When the store can't be read.
    pub fn recorded_at(&self, seq: Seq) -> Result<Option<Millis>, StoreError> {
        let bytes = self.read(seq, 1, usize::MAX)?.pop();
        let entry = bytes.map(Entry::parse).transpose().map_err(StoreError::new)?;
        Ok(entry.map(|entry| entry.recorded_at()))
    }
}
