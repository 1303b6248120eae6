//! Brings views up to date, a batch of entries at a time.

use std::ops::ControlFlow;

use hefu_types::{DecodedEntry, Size};

use crate::cursor::Cursor;
use crate::error::ViewError;
use crate::store::{Changes, RowStore, ViewId};
use crate::view::{self, VIEWS, View};

/// Applies entries to the views of a store. The only writer of that store.
///
/// It dies without harm at any step: a batch is one commit of rows, cursor and digest, and whatever the cursor does not
/// cover is fed again.
#[derive(Clone, Copy)]
pub struct Projector<'a> {
    store: &'a dyn RowStore,
}

impl<'a> Projector<'a> {
    /// A projector for the views of this store.
    #[must_use]
    pub const fn new(store: &'a dyn RowStore) -> Self {
        Self { store }
    }

    /// Where a view stands; [`Cursor::start`] when it was never built.
    ///
    /// # Errors
    /// When the store fails.
    pub fn cursor(&self, view: &dyn View) -> Result<Cursor, ViewError> {
        Ok(self.store.cursor(&view.id())?.unwrap_or_else(Cursor::start))
    }

    /// Applies entries in their order, in one commit, and returns the new cursor. Entries that the view has applied already
    /// are skipped.
    ///
    /// # Errors
    /// `Gap` when an entry is beyond the next one; or when the store fails. Then nothing of the batch is written.
    pub fn apply(&self, view: &dyn View, batch: &[DecodedEntry]) -> Result<Cursor, ViewError> {
        let mut cursor = self.open(view)?;
        let (before, mut changes) = (cursor.size(), Changes::default());
        for entry in batch.iter().filter(|entry| entry.seq >= before.next_seq()) {
            let expected = cursor.size().next_seq();
            if entry.seq != expected {
                return Err(ViewError::Gap { expected, found: entry.seq });
            }
            view::apply(view, entry, &mut changes)?;
            cursor.move_to(entry.seq.size());
        }
        if cursor.size() > before {
            self.commit(&view.id(), &changes, &mut cursor)?;
        }
        Ok(cursor)
    }

    /// Applies entries to every view of [`VIEWS`], one commit a view. After a failure some views may be ahead of others;
    /// feeding the same entries again mends that.
    ///
    /// # Errors
    /// As for [`Projector::apply`]; views after the failing one are not touched.
    pub fn apply_all(&self, batch: &[DecodedEntry]) -> Result<(), ViewError> {
        VIEWS.iter().try_for_each(|view| self.apply(*view, batch).map(drop))
    }

    /// Deletes a view, so that it is built again from the first entry on; it has no rows until then.
    ///
    /// # Errors
    /// When the store fails.
    pub fn rebuild(&self, view: &dyn View) -> Result<(), ViewError> {
        Ok(self.store.drop_view(&view.id())?)
    }

    /// Counts and digests the stored rows from scratch, whatever the cursor says: equal to the cursor of an undamaged view.
    ///
    /// # Errors
    /// When the store fails.
    pub fn recount(&self, view: &dyn View) -> Result<Cursor, ViewError> {
        let (id, mut cursor) = (view.id(), Cursor::start());
        self.store.rows(&id).scan(&[], &[], &mut |key, value| {
            cursor.add(&id, key, value);
            ControlFlow::Continue(())
        })?;
        cursor.move_to(self.cursor(view)?.size());
        Ok(cursor)
    }

    /// A view without a cursor may have rows, left by a drop that a crash cut short: they go first.
    fn open(&self, view: &dyn View) -> Result<Cursor, ViewError> {
        let id = view.id();
        if let Some(cursor) = self.store.cursor(&id)? {
            return Ok(cursor);
        }
        self.store.drop_view(&id)?;
        Ok(Cursor::start())
    }

    fn commit(&self, id: &ViewId, changes: &Changes, cursor: &mut Cursor) -> Result<(), ViewError> {
        changes.iter().for_each(|(key, value)| cursor.add(id, key, value));
        Ok(self.store.commit(id, changes, cursor)?)
    }
}

/// The size of the log that every view has applied: what a question about the present is asked at.
///
/// # Errors
/// When the store fails.
pub fn applied(store: &dyn RowStore) -> Result<Size, ViewError> {
    let projector = Projector::new(store);
    let sizes = VIEWS.iter().map(|view| projector.cursor(*view).map(|cursor| cursor.size()));
    sizes.reduce(|a, b| Ok(a?.min(b?))).expect("there are views")
}

#[cfg(test)]
mod tests;
