//! Everything that the views hold, for comparisons row by row.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use hefu_types::ViewDigest;
use hefu_views::{KeyValue, Projector, RowStore, VIEWS};

/// Every row of every view, by view.
pub type Dump = BTreeMap<&'static str, Vec<KeyValue>>;

/// Reads every row of every view.
///
/// # Panics
/// When the store fails.
#[must_use]
pub fn rows(store: &dyn RowStore) -> Dump {
    VIEWS.iter().map(|view| (view.id().name, rows_of(store, &view.id()))).collect()
}

fn rows_of(store: &dyn RowStore, view: &hefu_views::ViewId) -> Vec<KeyValue> {
    let mut found = Vec::new();
    let mut take = |key: &[u8], value: &[u8]| {
        found.push((key.to_vec(), value.to_vec()));
        ControlFlow::Continue(())
    };
    store.rows(view).scan(&[], &[], &mut take).expect("readable rows");
    found
}

/// The digest of every view, as its cursor says.
///
/// # Panics
/// When the store fails.
#[must_use]
pub fn digests(store: &dyn RowStore) -> Vec<ViewDigest> {
    let projector = Projector::new(store);
    VIEWS.iter().map(|view| projector.cursor(*view).expect("a readable cursor").digest()).collect()
}
