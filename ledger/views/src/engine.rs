//! Brings views up to date, a batch of entries at a time.

use std::ops::ControlFlow;

use hefu_types::{DecodedEntry, Size};

use crate::addition::{Addition, additions};
use crate::cursor::{Cursor, RowsDigest};
use crate::error::ViewError;
use crate::store::RowStore;
use crate::view::{VIEWS, View};

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
        let next = next(cursor.size(), batch)?;
        if let Some(size) = size(next) {
            for addition in additions(&[view], next)? {
                self.commit(view, &addition, size, &mut cursor)?;
            }
        }
        Ok(cursor)
    }

    /// Applies entries to every view of [`VIEWS`], one commit a view. After a failure some views may be ahead of others;
    /// feeding the same entries again mends that.
    ///
    /// # Errors
    /// As for [`Projector::apply`]; views after the failing one are not touched.
    pub fn apply_all(&self, batch: &[DecodedEntry]) -> Result<(), ViewError> {
        let Some(mut cursors) = self.abreast()? else {
            return VIEWS.iter().try_for_each(|view| self.apply(*view, batch).map(drop));
        };
        let next = next(cursors[0].size(), batch)?;
        size(next).map_or(Ok(()), |size| self.commit_all(&additions(&VIEWS, next)?, size, &mut cursors))
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
        let mut digest = RowsDigest::of(&id);
        self.store.rows(&id).scan(&[], &[], &mut |key, value| {
            digest.add(key, value);
            ControlFlow::Continue(())
        })?;
        cursor.add(&digest);
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

    /// The cursors of all views, if they stand at one size.
    fn abreast(&self) -> Result<Option<Vec<Cursor>>, ViewError> {
        let cursors = VIEWS.iter().map(|view| self.open(*view)).collect::<Result<Vec<_>, _>>()?;
        let abreast = cursors.windows(2).all(|pair| pair[0].size() == pair[1].size());
        Ok(abreast.then_some(cursors))
    }

    fn commit_all(&self, additions: &[Addition], size: Size, cursors: &mut [Cursor]) -> Result<(), ViewError> {
        let mut of_views = VIEWS.iter().zip(additions).zip(cursors);
        of_views.try_for_each(|((view, addition), cursor)| self.commit(*view, addition, size, cursor))
    }

    fn commit(&self, view: &dyn View, addition: &Addition, size: Size, cursor: &mut Cursor) -> Result<(), ViewError> {
        cursor.add(&addition.digest);
        cursor.move_to(size);
        Ok(self.store.commit(&view.id(), &addition.changes, cursor)?)
    }
}

/// The entries beyond a size that is applied already; they must be the next ones.
pub(crate) fn next(applied: Size, batch: &[DecodedEntry]) -> Result<&[DecodedEntry], ViewError> {
    let mut expected = applied.next_seq();
    let known = batch.iter().take_while(|entry| entry.seq < expected).count();
    for entry in &batch[known..] {
        if entry.seq != expected {
            return Err(ViewError::Gap { expected, found: entry.seq });
        }
        expected = entry.seq.size().next_seq();
    }
    Ok(&batch[known..])
}

/// The size of a log that ends with these entries; `None` without any.
pub(crate) fn size(entries: &[DecodedEntry]) -> Option<Size> {
    entries.last().map(|last| last.seq.size())
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
