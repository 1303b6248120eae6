//! The row store of the views over RocksDB: same database, other column family, no sync of its own.
//!
//! Views can be rebuilt from entries, so that a lost commit is only applied again, and nothing of them is written to the WAL: after
//! a crash they stand where the family was last written out. That is where some commit ended, for a commit's rows and its
//! cursor are one write to one family, and a family is written out up to a write.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use hefu_views::{Changes, Cursor, Rebuild, RowStore, Rows, StoreError, VIEWS, ViewId, Visit};
use rocksdb::{ColumnFamily, DB, Direction, IteratorMode, ReadOptions, WriteBatch};

use crate::keyspace::Family;
use crate::options::unlogged;

/// The rows of all views.
#[derive(Clone)]
pub struct RocksRows {
    db: Arc<DB>,
    read: Arc<[(ViewId, AtomicU8)]>,
    /// Those that are being built, instead of those that are read.
    beside: bool,
}

/// Which of a view's two places is read.
const READ: u8 = 4;

/// One of a view's two places: 0 or 1.
#[derive(Clone, Copy)]
struct Place(u8);

impl Place {
    const fn other(self) -> Self {
        Self(1 - self.0)
    }

    /// What the keys of its rows begin with.
    fn rows(self, view: &ViewId) -> Vec<u8> {
        [view.prefix().as_slice(), &[2 * self.0]].concat()
    }

    /// Behind all of its rows.
    fn cursor(self, view: &ViewId) -> Vec<u8> {
        [view.prefix().as_slice(), &[2 * self.0 + 1]].concat()
    }
}

fn read_key(view: &ViewId) -> Vec<u8> {
    [view.prefix().as_slice(), &[READ]].concat()
}

impl RocksRows {
    pub(crate) fn new(db: Arc<DB>) -> Result<Self, StoreError> {
        let family = db.cf_handle(Family::Rows.name()).expect("opened with every family");
        let known = |view: ViewId| match db.get_cf(family, read_key(&view)).map_err(StoreError::new)?.as_deref() {
            None | Some([0]) => Ok((view, AtomicU8::new(0))),
            Some([1]) => Ok((view, AtomicU8::new(1))),
            Some(_) => Err(StoreError::new(format!("which rows of {} are read is damaged", view.name))),
        };
        let read = VIEWS.iter().map(|view| known(view.id())).collect::<Result<_, _>>()?;
        Ok(Self { db, read, beside: false })
    }

    /// Forgets the views of earlier versions, which nobody reads: those of these numbers, as far as there are any.
    ///
    /// # Errors
    /// When the store fails.
    pub fn drop_earlier_versions(&self) -> Result<(), StoreError> {
        for view in VIEWS.iter().map(|view| view.id()) {
            for version in 1..view.version {
                let (first, last) = (Place(0).rows(&ViewId { version, ..view }), read_key(&ViewId { version, ..view }));
                let mut batch = WriteBatch::default();
                batch.delete_range_cf(self.family(), &first, &last);
                batch.delete_cf(self.family(), &last);
                self.db.write_opt(batch, &unlogged()).map_err(StoreError::new)?;
            }
        }
        Ok(())
    }

    fn family(&self) -> &ColumnFamily {
        self.db.cf_handle(Family::Rows.name()).expect("opened with every family")
    }

    fn place(&self, view: &ViewId) -> Place {
        let read = self.read.iter().find(|(known, _)| known == view);
        let read = Place(read.map_or(0, |(_, place)| place.load(Ordering::Acquire)));
        if self.beside { read.other() } else { read }
    }
}

impl RowStore for RocksRows {
    fn rows(&self, view: &ViewId) -> Box<dyn Rows + '_> {
        Box::new(ViewRows { store: self, prefix: self.place(view).rows(view) })
    }

    fn cursor(&self, view: &ViewId) -> Result<Option<Cursor>, StoreError> {
        let found = self.db.get_cf(self.family(), self.place(view).cursor(view)).map_err(StoreError::new)?;
        found.map(|bytes| Cursor::from_bytes(&bytes).map_err(StoreError::new)).transpose()
    }

    fn commit(&self, view: &ViewId, changes: &Changes, cursor: &Cursor) -> Result<(), StoreError> {
        let mut batch = WriteBatch::default();
        let place = self.place(view);
        let (family, mut full) = (self.family(), place.rows(view));
        let prefix = full.len();
        for (key, value) in changes.iter() {
            full.truncate(prefix);
            full.extend_from_slice(key);
            batch.put_cf(family, &full, value);
        }
        batch.put_cf(family, place.cursor(view), cursor.to_bytes());
        self.db.write_opt(batch, &unlogged()).map_err(StoreError::new)
    }

    fn drop_view(&self, view: &ViewId) -> Result<(), StoreError> {
        let mut batch = WriteBatch::default();
        self.drop_place(&mut batch, view, self.place(view));
        self.db.write_opt(batch, &unlogged()).map_err(StoreError::new)
    }
}

impl Rebuild for RocksRows {
    fn beside(&self) -> Box<dyn RowStore + '_> {
        Box::new(Self { beside: true, ..self.clone() })
    }

    fn take_over(&self, view: &ViewId) -> Result<(), StoreError> {
        let (_, read) = self.read.iter().find(|(known, _)| known == view).expect("a view of this program");
        let (before, now) = (Place(read.load(Ordering::Acquire)), Place(read.load(Ordering::Acquire)).other());
        let mut batch = WriteBatch::default();
        batch.put_cf(self.family(), read_key(view), [now.0]);
        self.drop_place(&mut batch, view, before);
        self.db.write_opt(batch, &unlogged()).map_err(StoreError::new)?;
        read.store(now.0, Ordering::Release);
        Ok(())
    }
}

impl RocksRows {
    fn drop_place(&self, batch: &mut WriteBatch, view: &ViewId, place: Place) {
        batch.delete_cf(self.family(), place.cursor(view));
        batch.delete_range_cf(self.family(), place.rows(view), place.cursor(view));
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
