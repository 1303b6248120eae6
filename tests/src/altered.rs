//! A store that does something else than it should, in one place.

use bytes::Bytes;
use hefu_journal::store::StoreError;
use hefu_journal::{AppendError, Block, RocksStore, Store};
use hefu_types::{ChainHash, Entry, KeySeq, NodeHash, PublicKey, Seq, Size};

type Append = Box<dyn Fn(&RocksStore, &Block) -> Result<(), AppendError> + Send + Sync>;

/// A store that may append otherwise, or show another entry or another leaf than it holds.
pub struct Altered {
    inner: RocksStore,
    append: Append,
    entry: Option<Entry>,
    leaf: Option<(u64, NodeHash)>,
}

impl Altered {
    /// One that appends so.
    #[must_use]
    pub fn appending(
        inner: RocksStore,
        append: impl Fn(&RocksStore, &Block) -> Result<(), AppendError> + Send + Sync + 'static,
    ) -> Self {
        Self { inner, append: Box::new(append), entry: None, leaf: None }
    }

    /// One that shows this entry in its place.
    #[must_use]
    pub fn showing(inner: RocksStore, entry: Entry) -> Self {
        Self { entry: Some(entry), ..Self::appending(inner, RocksStore::append) }
    }

    /// One that shows this leaf of the tree in this place.
    #[must_use]
    pub fn showing_leaf(inner: RocksStore, index: u64, leaf: NodeHash) -> Self {
        Self { leaf: Some((index, leaf)), ..Self::appending(inner, RocksStore::append) }
    }
}

/// Puts something in a place that what was read may have.
fn put<T>(read: &mut [T], from: u64, at: u64, value: T) {
    let place = at.checked_sub(from).and_then(|place| usize::try_from(place).ok());
    if let Some(found) = place.and_then(|place| read.get_mut(place)) {
        *found = value;
    }
}

impl Store for Altered {
    fn tail(&self) -> Result<(Size, ChainHash), StoreError> {
        self.inner.tail()
    }

    fn append(&self, block: &Block) -> Result<(), AppendError> {
        (self.append)(&self.inner, block)
    }

    fn nodes(&self, level: u8, from: u64, count: usize) -> Result<Vec<NodeHash>, StoreError> {
        let mut nodes = self.inner.nodes(level, from, count)?;
        if let Some((at, leaf)) = self.leaf.filter(|_| level == 0) {
            put(&mut nodes, from, at, leaf);
        }
        Ok(nodes)
    }

    fn read(&self, from: Seq, limit: usize, max_bytes: usize) -> Result<Vec<Bytes>, StoreError> {
        let mut entries = self.inner.read(from, limit, max_bytes)?;
        if let Some(entry) = &self.entry {
            put(&mut entries, from.get(), entry.seq().get(), entry.bytes().clone());
        }
        Ok(entries)
    }

    fn find(&self, key: &PublicKey, key_seq: KeySeq) -> Result<Option<Seq>, StoreError> {
        self.inner.find(key, key_seq)
    }

    fn last_of(&self, key: &PublicKey) -> Result<Option<(KeySeq, Seq)>, StoreError> {
        self.inner.last_of(key)
    }
}
