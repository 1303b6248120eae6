//! The store of entries over RocksDB.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use hefu_types::{ChainHash, KeySeq, NodeHash, PublicKey, Seq, Size};
use rocksdb::{ColumnFamily, DB, DBRawIterator, WriteBatch};

use crate::checkpoints::RocksCheckpoints;
use crate::keyspace::{self, FORMAT, FORMAT_KEY, Family, HEAD_KEY};
use crate::options;
use crate::rows::RocksRows;
use crate::runs;
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
    ///
    /// # Errors
    /// When they can't be read.
    pub fn rows(&self) -> Result<RocksRows, StoreError> {
        RocksRows::new(Arc::clone(&self.db)).map_err(StoreError::new)
    }

    /// The published checkpoints, in the same database.
    #[must_use]
    pub fn checkpoints(&self) -> RocksCheckpoints {
        RocksCheckpoints::new(Arc::clone(&self.db))
    }

    /// Writes out what is only in memory and in logs, and compacts every family: then the folder holds what is kept, and no more.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn compact(&self) -> Result<(), StoreError> {
        for family in Family::ALL {
            let family = self.family(family);
            self.db.flush_cf(family).map_err(StoreError::new)?;
            self.db.compact_range_cf(family, None::<&[u8]>, None::<&[u8]>);
        }
        Ok(())
    }

    fn check_format(&self) -> Result<(), StoreError> {
        match self.db.get_cf(self.family(Family::Meta), FORMAT_KEY).map_err(StoreError::new)? {
            None => self
                .db
                .put_cf_opt(self.family(Family::Meta), FORMAT_KEY, FORMAT.to_be_bytes(), &options::synced(true))
                .map_err(StoreError::new),
            Some(found) if found == FORMAT.to_be_bytes() => Ok(()),
            Some(found) => {
                let found = found.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
                Err(StoreError::new(format!("the folder has format {found}; this program knows {FORMAT}")))
            }
        }
    }

    fn family(&self, family: Family) -> &ColumnFamily {
        self.db.cf_handle(family.name()).expect("opened with every family")
    }

    fn batch(&self, block: &Block) -> WriteBatch {
        let mut batch = WriteBatch::default();
        for run in runs::entries(block) {
            batch.put_cf(self.family(Family::Entries), keyspace::entry_key(run.first), run.value);
        }
        for (key, (first, seqs)) in runs::keys(block) {
            batch.put_cf(self.family(Family::Keys), keyspace::index_key(&key, first), seqs);
        }
        for ((level, first), hashes) in runs::nodes(block) {
            batch.put_cf(self.family(Family::Nodes), keyspace::node_key(level, first), hashes);
        }
        if let Some(last) = block.entries.last() {
            let head = keyspace::head_value(last.entry.seq().size(), last.chain_hash);
            batch.put_cf(self.family(Family::Meta), HEAD_KEY, head);
        }
        batch
    }

    /// The runs of a family, from the one on that begins at or before a key.
    fn runs_from(&self, family: Family, key: &[u8]) -> DBRawIterator<'_> {
        let mut runs = self.db.raw_iterator_cf(self.family(family));
        runs.seek_for_prev(key);
        runs
    }

    /// The run of the key's counts that holds this one, if it is there, or the one before it.
    fn run_of(&self, key: &PublicKey, key_seq: KeySeq) -> Result<Option<(KeySeq, Vec<u8>)>, StoreError> {
        let runs = self.runs_from(Family::Keys, &keyspace::index_key(key, key_seq));
        let Some((index, run)) = runs.item() else {
            return runs.status().map(|()| None).map_err(StoreError::new);
        };
        let (found, first) = keyspace::read_index_key(index).ok_or_else(|| damaged("the key index"))?;
        Ok((found == *key).then(|| (first, run.to_vec())))
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
        let mut runs = self.runs_from(Family::Entries, &keyspace::entry_key(from));
        let (mut out, mut bytes, mut next) = (Vec::new(), 0, from.get());
        while let Some((first, run)) = runs.item() {
            let first = keyspace::read_seq(first).ok_or_else(|| damaged("the key of a run of entries"))?.get();
            if first > next {
                return Err(damaged(&format!("entry {next}")));
            }
            for (entry, seq) in runs::split_entries(Bytes::copy_from_slice(run)).zip(first..) {
                if out.len() == limit || (bytes >= max_bytes && !out.is_empty()) {
                    return Ok(out);
                }
                let entry = entry.ok_or_else(|| damaged(&format!("entry {seq}")))?;
                if seq == next {
                    next += 1;
                    bytes += entry.len();
                    out.push(entry);
                }
            }
            runs.next();
        }
        runs.status().map(|()| out).map_err(StoreError::new)
    }

    fn nodes(&self, level: u8, from: u64, count: usize) -> Result<Vec<NodeHash>, StoreError> {
        let mut runs = self.runs_from(Family::Nodes, &keyspace::node_key(level, from));
        let (mut out, mut next) = (Vec::new(), from);
        while let Some((key, run)) = runs.item() {
            let (found, first) = keyspace::read_node_key(key).ok_or_else(|| damaged("the key of a run of nodes"))?;
            // What comes before the row, or after it.
            if found != level || out.len() == count {
                break;
            }
            if first > next {
                return Err(damaged(&format!("node {next} of level {level}")));
            }
            for (hash, index) in runs::split_nodes(run).zip(first..) {
                let hash = hash.ok_or_else(|| damaged(&format!("node {index} of level {level}")))?;
                if index == next && out.len() < count {
                    next += 1;
                    out.push(hash);
                }
            }
            runs.next();
        }
        runs.status().map(|()| out).map_err(StoreError::new)
    }

    fn find(&self, key: &PublicKey, key_seq: KeySeq) -> Result<Option<Seq>, StoreError> {
        let Some((first, run)) = self.run_of(key, key_seq)? else { return Ok(None) };
        Ok(runs::seq_at(&run, key_seq.get() - first.get()))
    }

    fn last_of(&self, key: &PublicKey) -> Result<Option<(KeySeq, Seq)>, StoreError> {
        let Some((first, run)) = self.run_of(key, KeySeq::new(u64::MAX))? else { return Ok(None) };
        let last = runs::seqs(&run).checked_sub(1).ok_or_else(|| damaged("the key index"))?;
        let seq = runs::seq_at(&run, last).ok_or_else(|| damaged("the key index"))?;
        Ok(Some((KeySeq::new(first.get() + last), seq)))
    }
}
