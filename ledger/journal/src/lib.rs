//! The journal: where accepted submissions become a durable, chained log.
//!
//! One thread, the *sequencer*, owns the tail: it gives each admitted submission its position and time, lets `hefu-rules`
//! decide, chains what was accepted and cuts blocks from whatever is waiting. A second thread, the *committer*, writes each
//! block in one synced batch and only then answers. So work on the next block overlaps the sync, and an answer always means
//! that the entry survives a power cut. A storage failure latches: the first reason wins, writes are refused with it, reads
//! go on, and the sync is never tried again.
//!
//! This is the only crate that uses RocksDB, and only two of its files do; behind [`Store`] another engine could stand. It
//! never looks into an event (rules and views do), never verifies a signature (`hefu_rules::admit` did), and knows no gRPC.
//!
//! Opening replays every entry through the same `State::record` that admitted it, so that a journal that does not follow
//! from its own entries does not open. An empty journal takes one submission: the genesis.
//!
//! Read next: [`store`] (what a store must promise), `sequencer.rs` (the write path), `recovery.rs` (what a crash leaves),
//! `keyspace.rs` (what is stored where).

mod clock;
mod committer;
mod error;
mod journal;
mod keyspace;
mod options;
mod recovery;
mod rocks;
mod rows;
mod sequencer;
pub mod store;

pub use clock::{Clock, SystemClock};
pub use error::OpenError;
pub use journal::{Journal, Options, Ticket};
pub use rocks::{Durability, RocksStore};
pub use sequencer::{Head, Lane, Recorded};
pub use store::{AppendError, Block, Fault, Sequenced, Store, StoreError};
