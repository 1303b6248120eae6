//! The store of entries over RocksDB.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use hefu_types::{ChainHash, KeySeq, NodeHash, PublicKey, Seq, Size};
use rocksdb::{ColumnFamily, DB, Direction, IteratorMode, ReadOptions, WriteBatch};

use crate::checkpoints::RocksCheckpoints;
use crate::keyspace::{self, FORMAT, FORMAT_KEY, Family, HEAD_KEY};
use crate::options;
use crate::rows::RocksRows;
use crate::store::{AppendError, Block, Store, StoreError};

/// When an append returns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// After the block survives a power cut.
    #[default]
    Synced,
    /// Before; for the test that shows that the sync is really there. Breaks promise P1.
    Unsynced,
}

/// Entries, index and view rows in one RocksDB database.
#[derive(Clone)]
pub struct RocksStore {
    db: Arc<DB>,
    durability: Durability,
}

impl RocksStore {
    /// Creates the database of a new ledger in a folder that has none.
    ///
    /// # Errors
    /// When there is one, or the folder can't be used.
    pub fn create(path: &Path) -> Result<Self, StoreError> {
        // RocksDB deletes what it does not know in a folder that it takes for a new one.
        if path.read_dir().is_ok_and(|mut files| files.next().is_some()) {
            return Err(StoreError::new(format!("{} is not empty", path.display())));
        }
        Self::start(path, Durability::Synced, true)
    }

    /// Opens the database in a folder. Only one process can have it open.
    ///
    /// # Errors
    /// When there is none, another process has it, it is damaged, or it has a newer format.
    pub fn open(path: &Path, durability: Durability) -> Result<Self, StoreError> {
        if !path.join("CURRENT").is_file() {
            return Err(StoreError::new("the file CURRENT is missing"));
        }
        Self::start(path, durability, false)
    }

    fn start(path: &Path, durability: Durability, create: bool) -> Result<Self, StoreError> {
        let cache = options::cache();
        let options = options::database(create);
        let db = DB::open_cf_descriptors(&options, path, options::families(&cache)).map_err(StoreError::new)?;
        let store = Self { db: Arc::new(db), durability };
        store.check_format()?;
        Ok(store)
    }

    /// The rows of the views, in the same database.
    #[must_use]
    pub fn rows(&self) -> RocksRows {
        RocksRows::new(Arc::clone(&self.db))
    }

    /// The published checkpoints, in the same database.
    #[must_use]
    pub fn checkpoints(&self) -> RocksCheckpoints {
        RocksCheckpoints::new(Arc::clone(&self.db))
    }

    fn check_format(&self) -> Result<(), StoreError> {
        match self.db.get_cf(self.family(Family::Meta), FORMAT_KEY).map_err(StoreError::new)? {
            None => self
                .db
                .put_cf_opt(self.family(Family::Meta), FORMAT_KEY, FORMAT.to_be_bytes(), &options::synced(true))
                .map_err(StoreError::new),
            Some(found) if found == FORMAT.to_be_bytes() => Ok(()),
            Some(found) => {
                Err(StoreError::new(format!("the folder has format {found:?}; this program knows {FORMAT}")))
            }
        }
    }

    fn family(&self, family: Family) -> &ColumnFamily {
        self.db.cf_handle(family.name()).expect("opened with every family")
    }

    fn batch(&self, block: &Block) -> WriteBatch {
        let (entries, keys) = (self.family(Family::Entries), self.family(Family::Keys));
        let mut batch = WriteBatch::default();
        for item in &block.entries {
            let seq = keyspace::entry_key(item.entry.seq());
            batch.put_cf(entries, seq, item.entry.bytes());
            batch.put_cf(keys, keyspace::index_key(&item.key, item.key_seq), seq);
        }
        let nodes = self.family(Family::Nodes);
        for (node, hash) in &block.nodes {
            batch.put_cf(nodes, keyspace::node_key(node.level, node.index), hash.as_bytes());
        }
        if let Some(last) = block.entries.last() {
            let head = keyspace::head_value(last.entry.seq().size(), last.chain_hash);
            batch.put_cf(self.family(Family::Meta), HEAD_KEY, head);
        }
        batch
    }
}

fn damaged(what: &str) -> StoreError {
    StoreError::new(format!("{what} can't be read back"))
}

impl Store for RocksStore {
    fn tail(&self) -> Result<(Size, ChainHash), StoreError> {
        match self.db.get_cf(self.family(Family::Meta), HEAD_KEY).map_err(StoreError::new)? {
            None => Ok((Size::EMPTY, ChainHash::NONE)),
            Some(bytes) => keyspace::read_head(&bytes).ok_or_else(|| damaged("the head")),
        }
    }

    fn append(&self, block: &Block) -> Result<(), AppendError> {
        let (found, _) = self.tail().map_err(AppendError::Unknown)?;
        if found != block.begin {
            return Err(AppendError::Conflict { expected: block.begin, found });
        }
        let sync = self.durability == Durability::Synced;
        self.db
            .write_opt(self.batch(block), &options::synced(sync))
            .map_err(|e| AppendError::Unknown(StoreError::new(e)))
    }

    fn read(&self, from: Seq, limit: usize, max_bytes: usize) -> Result<Vec<Bytes>, StoreError> {
        let start = keyspace::entry_key(from);
        let mode = IteratorMode::From(&start, Direction::Forward);
        let mut out = Vec::new();
        let mut bytes = 0;
        for item in self.db.iterator_cf(self.family(Family::Entries), mode).take(limit) {
            let (_, value) = item.map_err(StoreError::new)?;
            bytes += value.len();
            out.push(Bytes::from(value));
            if bytes >= max_bytes {
                break;
            }
        }
        Ok(out)
    }

    fn nodes(&self, level: u8, from: u64, count: usize) -> Result<Vec<NodeHash>, StoreError> {
        let start = keyspace::node_key(level, from);
        let mut options = ReadOptions::default();
        options.set_iterate_upper_bound(keyspace::node_key(level, from.saturating_add(count as u64)));
        let mode = IteratorMode::From(&start, Direction::Forward);
        let items = self.db.iterator_cf_opt(self.family(Family::Nodes), options, mode).take(count);
        let values = items.map(|item| item.map(|(_, value)| value).map_err(StoreError::new));
        let hash = |value: Box<[u8]>| NodeHash::from_slice(&value).ok_or_else(|| damaged("a node of the tree"));
        values.map(|value| value.and_then(hash)).collect()
    }

    fn find(&self, key: &PublicKey, key_seq: KeySeq) -> Result<Option<Seq>, StoreError> {
        let found =
            self.db.get_cf(self.family(Family::Keys), keyspace::index_key(key, key_seq)).map_err(StoreError::new)?;
        found.map(|bytes| keyspace::read_seq(&bytes).ok_or_else(|| damaged("the key index"))).transpose()
    }

    fn last_of(&self, key: &PublicKey) -> Result<Option<(KeySeq, Seq)>, StoreError> {
        let last = keyspace::index_key(key, KeySeq::new(u64::MAX));
        let mode = IteratorMode::From(&last, Direction::Reverse);
        let Some(item) = self.db.iterator_cf(self.family(Family::Keys), mode).next() else { return Ok(None) };
        let (index, seq) = item.map_err(StoreError::new)?;
        let (found, key_seq) = keyspace::read_index_key(&index).ok_or_else(|| damaged("the key index"))?;
        let seq = keyspace::read_seq(&seq).ok_or_else(|| damaged("the key index"))?;
        Ok((found == *key).then_some((key_seq, seq)))
    }
}
