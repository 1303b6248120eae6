//! What entries add to views, before any store knows of it.
//!
//! A row is a function of its one event, and a digest does not depend on the order of rows. So entries can be cut into runs, and
//! what each run adds be made at the same time; only [`crate::Projector`] must take the runs in their order.

use hefu_types::DecodedEntry;

use crate::cursor::RowsDigest;
use crate::error::ViewError;
use crate::row::{Origin, RowWriter};
use crate::store::{Changes, KeyValue};
use crate::view::View;

/// The rows that entries add to a view, and their digest.
#[derive(Debug)]
pub(crate) struct Addition {
    pub(crate) changes: Changes,
    pub(crate) digest: RowsDigest,
}

/// What entries add to each of these views, in the order of the views.
///
/// # Errors
/// As for [`View::apply`]; `Overwrite` when a row is written twice.
pub(crate) fn additions(views: &[&dyn View], entries: &[DecodedEntry]) -> Result<Vec<Addition>, ViewError> {
    let mut rows: Vec<Vec<KeyValue>> = views.iter().map(|_| vec![]).collect();
    for (origin, event) in entries.iter().flat_map(Origin::of_events) {
        for (view, rows) in views.iter().zip(&mut rows) {
            view.apply(event, &mut RowWriter::new(origin, rows))?;
        }
    }
    views.iter().zip(rows).map(|(view, rows)| Ok(addition(*view, Changes::new(rows)?))).collect()
}

fn addition(view: &dyn View, changes: Changes) -> Addition {
    let mut digest = RowsDigest::of(&view.id());
    changes.iter().for_each(|(key, value)| digest.add(key, value));
    Addition { changes, digest }
}
