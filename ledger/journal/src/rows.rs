//! The row store of the views over RocksDB: same database, other column family, no sync of its own.
//!
//! Views can be rebuilt from entries, so that a lost commit is only applied again, and nothing of them is written to the WAL: after
//! a crash they stand where the family was last written out. That is where some commit ended, for a commit's rows and its
//! cursor are one write to one family, and a family is written out up to a write.

use std::sync::Arc;

use hefu_views::{Changes, Cursor, RowStore, Rows, StoreError, ViewId, Visit};
use rocksdb::{ColumnFamily, DB, Direction, IteratorMode, ReadOptions, WriteBatch};

use crate::keyspace::Family;
use crate::options::unlogged;

/// The rows of all views.
#[derive(Clone)]
pub struct RocksRows {
    db: Arc<DB>,
}

/// Between a view's prefix and a row's key.
const ROW: u8 = 0;
/// After a view's prefix: its cursor.
const CURSOR: u8 = 1;

impl RocksRows {
    pub(crate) fn new(db: Arc<DB>) -> Self {
        Self { db }
    }

    fn family(&self) -> &ColumnFamily {
        self.db.cf_handle(Family::Rows.name()).expect("opened with every family")
    }
}

fn row_prefix(view: &ViewId) -> Vec<u8> {
    [view.prefix().as_slice(), &[ROW]].concat()
}

fn cursor_key(view: &ViewId) -> Vec<u8> {
    [view.prefix().as_slice(), &[CURSOR]].concat()
}

impl RowStore for RocksRows {
    fn rows(&self, view: &ViewId) -> Box<dyn Rows + '_> {
        Box::new(ViewRows { store: self, prefix: row_prefix(view) })
    }

    fn cursor(&self, view: &ViewId) -> Result<Option<Cursor>, StoreError> {
        let found = self.db.get_cf(self.family(), cursor_key(view)).map_err(StoreError::new)?;
        found.map(|bytes| Cursor::from_bytes(&bytes).map_err(StoreError::new)).transpose()
    }

    fn commit(&self, view: &ViewId, changes: &Changes, cursor: &Cursor) -> Result<(), StoreError> {
        let mut batch = WriteBatch::default();
        let (family, mut full) = (self.family(), row_prefix(view));
        let prefix = full.len();
        for (key, value) in changes.iter() {
            full.truncate(prefix);
            full.extend_from_slice(key);
            batch.put_cf(family, &full, value);
        }
        batch.put_cf(family, cursor_key(view), cursor.to_bytes());
        self.db.write_opt(batch, &unlogged()).map_err(StoreError::new)
    }

    fn drop_view(&self, view: &ViewId) -> Result<(), StoreError> {
        let mut batch = WriteBatch::default();
        batch.delete_cf(self.family(), cursor_key(view));
        batch.delete_range_cf(self.family(), row_prefix(view), cursor_key(view));
        self.db.write_opt(batch, &unlogged()).map_err(StoreError::new)
    }
}

struct ViewRows<'a> {
    store: &'a RocksRows,
    prefix: Vec<u8>,
}

impl ViewRows<'_> {
    fn full(&self, key: &[u8]) -> Vec<u8> {
        [self.prefix.as_slice(), key].concat()
    }
}

impl Rows for ViewRows<'_> {
    fn seek_back(&self, prefix: &[u8], upto: &[u8]) -> Result<Option<(Vec<u8>, Vec<u8>)>, StoreError> {
        let (lower, upto) = (self.full(prefix), self.full(upto));
        let mut options = ReadOptions::default();
        options.set_iterate_lower_bound(lower);
        let mode = IteratorMode::From(&upto, Direction::Reverse);
        match self.store.db.iterator_cf_opt(self.store.family(), options, mode).next() {
            None => Ok(None),
            Some(Err(e)) => Err(StoreError::new(e)),
            Some(Ok((key, value))) => Ok(Some((key[self.prefix.len()..].to_vec(), value.into_vec()))),
        }
    }

    fn scan(&self, prefix: &[u8], from: &[u8], visit: &mut Visit<'_>) -> Result<(), StoreError> {
        let (prefix, from) = (self.full(prefix), self.full(from));
        let mode = IteratorMode::From(&from, Direction::Forward);
        for item in self.store.db.iterator_cf(self.store.family(), mode) {
            let (key, value) = item.map_err(StoreError::new)?;
            if !key.starts_with(&prefix) || visit(&key[self.prefix.len()..], &value).is_break() {
                break;
            }
        }
        Ok(())
    }
}
