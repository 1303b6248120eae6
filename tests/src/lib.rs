//! What the cross-room tests share: a small ledger with known keys, a server, an export, and a random history.
//!
//! The tests themselves are in `tests/`, one file a promise: `tour.rs` walks one submission through every room and is the
//! one to read first. Real parts throughout: RocksDB in a temporary folder, a server on a free port, signatures by real
//! keys. Every test that writes ends with [`export::verify_log`]: what was written verifies offline.
//!
//! Nothing here is shipped, and nothing here decides what is right: expectations stand in the tests. A test never waits for
//! time to pass: it waits for a head, an answer, or a process.
//!
//! Read next: [`world`] (members and keys), `tests/tour.rs`.

pub mod altered;
pub mod child;
pub mod dump;
pub mod export;
pub mod forge;
pub mod gated;
pub mod history;
pub mod load;
pub mod mirror;
pub mod operator;
pub mod prover;
pub mod rng;
pub mod scene;
pub mod server;
pub mod witness;
pub mod world;

pub use history::History;
pub use rng::Rng;
pub use server::TestServer;
pub use world::{Signer, World};
