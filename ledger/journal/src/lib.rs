//! The journal: where accepted submissions become a durable, chained log.
//!
//! One thread, the *sequencer*, owns the tail: it gives each admitted submission its position and time, lets `hefu-rules`
//! decide, chains what was accepted and adds it to the open block. A second thread, the *committer*, takes that block as soon as it is done with the last, writes it
//! in one synced batch, signs a checkpoint of the tree over all entries, keeps it in the head file, and only then answers.
//! So work on the next block overlaps the syncs, and an answer always means that the entry survives a power cut. A storage failure latches: the first reason wins, writes are refused with it, reads
//! go on, and the sync is never tried again.
//!
//! This is the only crate that uses RocksDB, and only two of its files do; behind [`Store`] another engine could stand. It
//! never looks into an event (rules and views do), never verifies a signature (`hefu_rules::admit` did), and knows no gRPC.
//!
//! Opening replays entries through the same `State::record` that admitted them, so that a journal that does not follow from its
//! own entries does not open, nor one that lacks what the head file says was told. Those that a snapshot sums up are replayed
//! beside the work instead, and latch writes when they amount to something else. An empty journal takes one submission: the
//! genesis.
//!
//! Read next: [`store`] (what a store must promise), `sequencer.rs` (the write path), `recovery.rs` (what a crash leaves),
//! `snapshot.rs`, `keyspace.rs` (what is stored where).

mod background;
mod beside;
mod checkpoints;
mod clock;
mod committer;
mod error;
mod head_file;
mod journal;
mod keyspace;
mod lane;
mod nodes;
mod open_block;
mod options;
mod recent;
mod recheck;
mod recovery;
mod rocks;
mod rows;
mod runs;
mod seal;
mod sequencer;
mod snapshot;
mod snapshots;
pub mod store;

pub use background::work_behind_others;
pub use beside::{Alone, Beside};
pub use checkpoints::{Published, RocksCheckpoints};
pub use clock::{Clock, SystemClock};
pub use error::OpenError;
pub use journal::{Answers, Journal, Options, Receipt, Reply, Ticket, Tickets};
pub use lane::Lane;
pub use rocks::{Durability, RocksStore};
pub use rows::RocksRows;
pub use seal::{Keeper, Seal};
pub use sequencer::{Head, Offer, Outcome, Recorded, Rejected, Tip};
pub use snapshot::SnapshotOptions;
pub use store::{AppendError, Block, Fault, Sequenced, Store, StoreError};
