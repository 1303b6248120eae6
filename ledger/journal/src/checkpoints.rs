//! Published checkpoints, kept by size.

use std::sync::Arc;

use bytes::Bytes;
use hefu_types::Size;
use rocksdb::{ColumnFamily, DB, Direction, IteratorMode};

use crate::keyspace::{self, Family};
use crate::options;
use crate::store::StoreError;

/// A checkpoint that was published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// Its size.
    pub size: Size,
    /// The signed note, with the cosignatures that it got.
    pub note: Bytes,
}

/// The published checkpoints.
#[derive(Clone)]
pub struct RocksCheckpoints {
    db: Arc<DB>,
}

impl RocksCheckpoints {
    pub(crate) fn new(db: Arc<DB>) -> Self {
        Self { db }
    }

    fn family(&self) -> &ColumnFamily {
        self.db.cf_handle(Family::Checkpoints.name()).expect("opened with every family")
    }

    /// Keeps a checkpoint, in place of one of the same size; synced, as it was shown to the world.
    ///
    /// # Errors
    /// When the store can't be written.
    pub fn put(&self, published: &Published) -> Result<(), StoreError> {
        let key = keyspace::checkpoint_key(published.size);
        self.db.put_cf_opt(self.family(), key, &published.note, &options::synced(true)).map_err(StoreError::new)
    }

    /// The last ones up to a size, the largest first: at most `limit`.
    ///
    /// # Errors
    /// When the store can't be read.
    pub fn up_to(&self, size: Size, limit: usize) -> Result<Vec<Published>, StoreError> {
        let key = keyspace::checkpoint_key(size);
        let items = self.db.iterator_cf(self.family(), IteratorMode::From(&key, Direction::Reverse)).take(limit);
        let mut found = vec![];
        for item in items {
            let (key, note) = item.map_err(StoreError::new)?;
            let size = keyspace::read_seq(&key).ok_or_else(|| StoreError::new("a checkpoint's key can't be read"))?;
            found.push(Published { size: Size::new(size.get()), note: note.into() });
        }
        Ok(found)
    }

    /// Forgets one.
    ///
    /// # Errors
    /// When the store can't be written.
    pub fn forget(&self, size: Size) -> Result<(), StoreError> {
        self.db.delete_cf(self.family(), keyspace::checkpoint_key(size)).map_err(StoreError::new)
    }
}
