//! A row store in memory: for tests, and for an auditor who replays an export.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::cursor::Cursor;
use crate::store::{Changes, KeyValue, RowStore, Rows, StoreError, ViewId, Visit};

/// Views in memory. Empty at first; a crash leaves nothing.
#[derive(Debug, Default)]
pub struct Memory(RwLock<HashMap<ViewId, Space>>);

#[derive(Debug, Default)]
struct Space {
    rows: BTreeMap<Vec<u8>, Vec<u8>>,
    cursor: Option<Cursor>,
}

struct MemoryRows<'a> {
    memory: &'a Memory,
    view: ViewId,
}

impl Memory {
    /// A store without views.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// As [`RowStore::commit`], of rows that nobody else needs.
    pub(crate) fn take(&self, view: &ViewId, changes: Changes, cursor: &Cursor) {
        let mut spaces = self.write();
        let space = spaces.entry(*view).or_default();
        space.rows.extend(changes.into_rows());
        space.cursor = Some(cursor.clone());
    }

    /// A poisoned lock is taken as it is: no panic can come between the two changes that one commit makes.
    fn read(&self) -> RwLockReadGuard<'_, HashMap<ViewId, Space>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<ViewId, Space>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RowStore for Memory {
    fn rows(&self, view: &ViewId) -> Box<dyn Rows + '_> {
        Box::new(MemoryRows { memory: self, view: *view })
    }

    fn cursor(&self, view: &ViewId) -> Result<Option<Cursor>, StoreError> {
        Ok(self.read().get(view).and_then(|space| space.cursor.clone()))
    }

    fn commit(&self, view: &ViewId, changes: &Changes, cursor: &Cursor) -> Result<(), StoreError> {
        let mut spaces = self.write();
        let space = spaces.entry(*view).or_default();
        space.rows.extend(changes.iter().map(|(key, value)| (key.to_vec(), value.to_vec())));
        space.cursor = Some(cursor.clone());
        Ok(())
    }

    fn drop_view(&self, view: &ViewId) -> Result<(), StoreError> {
        self.write().remove(view);
        Ok(())
    }
}

impl Rows for MemoryRows<'_> {
    fn seek_back(&self, prefix: &[u8], upto: &[u8]) -> Result<Option<KeyValue>, StoreError> {
        let spaces = self.memory.read();
        let Some(space) = spaces.get(&self.view) else { return Ok(None) };
        let last = space.rows.range::<[u8], _>((Bound::Unbounded, Bound::Included(upto))).next_back();
        Ok(last.filter(|(key, _)| key.starts_with(prefix)).map(|(key, value)| (key.clone(), value.clone())))
    }

    fn scan(&self, prefix: &[u8], from: &[u8], visit: &mut Visit<'_>) -> Result<(), StoreError> {
        let spaces = self.memory.read();
        let Some(space) = spaces.get(&self.view) else { return Ok(()) };
        let rows = space.rows.range::<[u8], _>((Bound::Included(from), Bound::Unbounded));
        for (key, value) in rows.take_while(|(key, _)| key.starts_with(prefix)) {
            if visit(key, value).is_break() {
                break;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ops::ControlFlow;

    const VIEW: ViewId = ViewId { name: "test", version: 1 };

    fn store(keys: &[&[u8]]) -> Memory {
        let memory = Memory::new();
        let changes = Changes::new(keys.iter().map(|key| (key.to_vec(), vec![])).collect()).unwrap();
        memory.commit(&VIEW, &changes, &Cursor::start()).unwrap();
        memory
    }

    #[test]
    fn seeks_back_within_the_prefix_only() {
        let memory = store(&[b"a1", b"b1", b"b3", b"c1"]);
        let rows = memory.rows(&VIEW);
        let seek = |prefix: &[u8], upto: &[u8]| rows.seek_back(prefix, upto).unwrap().map(|(key, _)| key);
        assert_eq!(seek(b"b", b"b9"), Some(b"b3".to_vec()));
        assert_eq!(seek(b"b", b"b3"), Some(b"b3".to_vec()));
        assert_eq!(seek(b"b", b"b2"), Some(b"b1".to_vec()));
        assert_eq!(seek(b"b", b"b0"), None);
        assert_eq!(seek(b"d", b"d9"), None);
    }

    #[test]
    fn scans_from_a_key_to_the_end_of_the_prefix_or_a_break() {
        let memory = store(&[b"a1", b"b1", b"b2", b"b3", b"c1"]);
        let scan = |from: &[u8], most: usize| {
            let mut seen = Vec::new();
            let mut visit = |key: &[u8], _: &[u8]| {
                seen.push(key[1]);
                if seen.len() == most { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            };
            memory.rows(&VIEW).scan(b"b", from, &mut visit).unwrap();
            seen
        };
        assert_eq!(scan(b"b", 9), b"123");
        assert_eq!(scan(b"b2", 9), b"23");
        assert_eq!(scan(b"b", 1), b"1");
    }

    #[test]
    fn a_dropped_view_has_neither_rows_nor_cursor() {
        let memory = store(&[b"a"]);
        assert!(memory.cursor(&VIEW).unwrap().is_some());
        memory.drop_view(&VIEW).unwrap();
        assert!(memory.cursor(&VIEW).unwrap().is_none());
        assert_eq!(memory.rows(&VIEW).seek_back(b"a", b"a").unwrap(), None);
    }
}
