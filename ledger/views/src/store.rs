//! What a row store must promise: sorted bytes, and one atomic commit a batch.
//!
//! The journal implements this over its database, [`crate::memory`] over a map. Both are driven by the same
//! [`crate::Projector`].

use std::error::Error;
use std::ops::ControlFlow;

use crate::cursor::Cursor;
use crate::error::ViewError;
use crate::key;

/// A view and the version of its rows. A version is raised whenever the same entries would give other rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ViewId {
    /// The name: lower-case ASCII.
    pub name: &'static str,
    /// The version, from 1.
    pub version: u32,
}

impl ViewId {
    /// What every key of this view begins with in a store that several views share: name, 0x00, version (4 bytes,
    /// big-endian). No prefix begins another one.
    #[must_use]
    pub fn prefix(&self) -> Vec<u8> {
        [self.name.as_bytes(), &[0], &self.version.to_be_bytes()].concat()
    }
}

/// The cause of a store's failure.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct StoreError(Box<dyn Error + Send + Sync>);

impl StoreError {
    /// Wraps the cause.
    #[must_use]
    pub fn new(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(cause.into())
    }
}

/// A key and its row.
pub type KeyValue = (Vec<u8>, Vec<u8>);

/// Takes a key and its row, and says whether to go on.
pub type Visit<'a> = dyn FnMut(&[u8], &[u8]) -> ControlFlow<()> + 'a;

/// The rows of one view, sorted by key. Keys are within the view's own key space, without [`ViewId::prefix`].
///
/// No snapshot is needed: rows are never overwritten or deleted, and a reader looks away from positions beyond its `as_of`.
pub trait Rows {
    /// The row with the greatest key that begins with `prefix` and is not greater than `upto`; `upto` begins with `prefix`.
    ///
    /// # Errors
    /// When the store fails.
    fn seek_back(&self, prefix: &[u8], upto: &[u8]) -> Result<Option<KeyValue>, StoreError>;

    /// Visits the rows whose keys begin with `prefix` and are not less than `from`, ascending, until `visit` breaks. `from`
    /// begins with `prefix`. `visit` must not call the store.
    ///
    /// # Errors
    /// When the store fails.
    fn scan(&self, prefix: &[u8], from: &[u8], visit: &mut Visit<'_>) -> Result<(), StoreError>;
}

/// A store of the rows of many views, with a cursor for each. One writer, any number of readers.
pub trait RowStore: Send + Sync {
    /// The rows of a view; none when it was never built.
    fn rows(&self, view: &ViewId) -> Box<dyn Rows + '_>;

    /// Where a view stands; `None` when it was never built, or was dropped.
    ///
    /// # Errors
    /// When the store fails or the cursor is damaged.
    fn cursor(&self, view: &ViewId) -> Result<Option<Cursor>, StoreError>;

    /// Adds rows and moves the cursor in one atomic batch. A crash leaves both or neither; it may also leave an earlier
    /// commit as the last one, for the log is durable and views are not: what is lost is applied again.
    ///
    /// # Errors
    /// When the store fails; then neither rows nor cursor are changed.
    fn commit(&self, view: &ViewId, changes: &Changes, cursor: &Cursor) -> Result<(), StoreError>;

    /// Deletes a view: its cursor before or together with its rows. A crash may leave rows without a cursor, never a
    /// cursor without its rows; [`crate::Projector`] drops a view without a cursor once more before it builds it.
    ///
    /// # Errors
    /// When the store fails.
    fn drop_view(&self, view: &ViewId) -> Result<(), StoreError>;
}

/// A store that can hold a view twice: the one that is read, and one that is being built beside it.
pub trait Rebuild: RowStore {
    /// The same store, but of the views that are being built. Nobody else reads or writes them.
    fn beside(&self) -> Box<dyn RowStore + '_>;

    /// What was built beside is read from now on, and what was read before is gone, in one atomic batch. Nobody may be reading the
    /// view.
    ///
    /// # Errors
    /// When the store fails; then nothing is changed.
    fn take_over(&self, view: &ViewId) -> Result<(), StoreError>;
}

/// Rows to be added, sorted by key, each key once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes(Vec<KeyValue>);

impl Changes {
    /// Sorts rows by key.
    ///
    /// # Errors
    /// `Overwrite` when a key stands twice.
    pub(crate) fn new(mut rows: Vec<KeyValue>) -> Result<Self, ViewError> {
        // Stable, for that sort knows runs: the rows of one submission mostly are one.
        rows.sort_by(|(a, _), (b, _)| a.cmp(b));
        match rows.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            Some(pair) => Err(ViewError::Overwrite(key::split(&pair[0].0)?.1)),
            None => Ok(Self(rows)),
        }
    }

    /// The keys and values, ascending.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.0.iter().map(|(key, value)| (key.as_slice(), value.as_slice()))
    }

    /// The number of rows.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is nothing to add.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The keys and values, ascending.
    pub(crate) fn into_rows(self) -> impl Iterator<Item = KeyValue> {
        self.0.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_prefix_begins_another_one() {
        let prefix = |name, version| ViewId { name, version }.prefix();
        assert_eq!(prefix("plan", 1), b"plan\0\0\0\0\x01");
        assert!(!prefix("planner", 1).starts_with(&prefix("plan", 1)));
        assert!(!prefix("plan", 256).starts_with(&prefix("plan", 1)));
    }

    #[test]
    fn changes_are_sorted_and_have_each_key_once() {
        let rows = |keys: &[u8]| keys.iter().map(|key| (vec![*key; 12], vec![])).collect::<Vec<_>>();
        let changes = Changes::new(rows(&[3, 1, 2])).unwrap();
        assert!(changes.iter().map(|(key, _)| key[0]).eq([1, 2, 3]));
        assert!(matches!(Changes::new(rows(&[3, 1, 3])), Err(ViewError::Overwrite(_))));
    }
}
