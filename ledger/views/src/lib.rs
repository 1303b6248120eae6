//! What the log amounts to: rows derived from entries, and the answers read from them.
//!
//! A [`View`] turns each event into rows, one file a view: [`plan`] (what was planned), [`series`] (what was observed),
//! [`reports`] (what became of reports), [`assurance`] (what others think of it), [`members`] (who may speak). A row is a function of its one event and is a *vintage*: its key ends with the position that
//! it came from, and no row is ever overwritten or deleted. So a question about the past is answered by looking away from
//! later positions ([`AsOf`]), and the answer is, by construction, the one that a replay stopped there would give.
//!
//! A [`Projector`] brings views up to date over a small row store ([`RowStore`]): rows, cursor and digest commit together,
//! so that a crash leaves a view at the end of one batch, never inside. The digest is a lattice hash of the rows: it does
//! not depend on their order or on how the entries were cut into batches, so two parties compare a whole view by 32 bytes.
//!
//! This crate holds no database (the journal has one, [`memory`] stands in for it), reads no clock, calculates with no
//! float and takes no decision: what may enter the log is for `hefu-rules` to say, and every entry that arrives here has
//! entered. It checks no signature either. Any view may be deleted at any time and built again from the entries.
//!
//! A [`Replay`] is the auditor's way: views in memory, held to the digests that the log's operator recorded of them.
//!
//! Read next: [`store`] (what a store must promise), [`view`] (what a view is), [`series`] (the smallest view), [`engine`]
//! (how entries become rows), then [`board`], [`rollup`] and [`explain`] (how rows become numbers, and numbers are traced back).

mod addition;
pub mod assurance;
pub mod board;
pub mod changes;
pub mod compromised;
pub mod cursor;
pub mod engine;
mod error;
pub mod explain;
pub mod flow;
pub mod groups;
mod key;
mod lattice;
pub mod line;
pub mod members;
pub mod memory;
pub mod plan;
pub mod progress;
pub mod replay;
pub mod reports;
pub mod rollup;
pub mod row;
pub mod series;
pub mod store;
pub mod target_check;
pub mod view;

#[cfg(test)]
mod history;
#[cfg(test)]
mod testing;

pub use cursor::Cursor;
pub use engine::Projector;
pub use error::ViewError;
pub use key::AsOf;
pub use memory::Memory;
pub use replay::{Records, Replay, Replayed, Run};
pub use row::{Origin, Row};
pub use store::{Changes, KeyValue, Rebuild, RowStore, Rows, StoreError, ViewId, Visit};
pub use view::{Tables, VIEWS, View};
