//! The Rust client of a hefu ledger: sign, submit, stream, retry, read, and keep the state of a key.
//!
//! A key has one writer. [`Writer`] holds the key and its [`Outbox`], a directory beside the key file: a submission is
//! stored and synced there *before* it is sent, and answered submissions keep their position beside them. Whatever happens
//! to the process or the connection, the same bytes can be sent again, and the ledger records them once (P7). A refused
//! submission is moved aside and consumes no number.
//!
//! Given a policy, it also looks after the receipts in the outbox: [`receipts`].
//!
//! [`Reader`] reads entries and checks, as they come, that each follows the one before; [`Server`] hands out the generated
//! clients with this crate's limits. [`Reviewed`] is a report that was compared with the log, before somebody stands for it. [`keyfile`] reads and writes keys in the formats of OpenSSL.
//!
//! | to record | use | a refusal |
//! |---|---|---|
//! | a few events that stand or fall together | [`Writer::submit`] | refuses all of them |
//! | many submissions, each as given | [`Writer::submit_all`] | refuses that submission |
//! | many events, from a list or file | [`Writer::submit_each`] | refuses that event |
//! | events as they occur | [`Writer::submit_feed`], [`batch::feed`] | refuses that event |
//!
//! The last two are the fast path, see [`batch`].
//!
//! This crate never holds a key for somebody else, never signs anything that it did not encode itself, never reuses a key
//! number after an unknown outcome, and never decides what a member may say: that is for the server and, later, for every
//! auditor. It verifies neither signatures nor rules of what it reads: that is `hefu-verify`.
//!
//! Read next: [`outbox`] (what a crash leaves), [`writer`] (the order of steps), then `services/hefu`, which is built on it.

pub mod batch;
mod checker;
mod error;
mod files;
pub mod keyfile;
mod openings;
pub mod outbox;
pub mod position;
pub mod reader;
pub mod receipts;
mod request;
mod retry;
mod reviewed;
pub mod server;
mod stream;
pub mod writer;

pub use checker::EntryChecker;
pub use error::ClientError;
pub use openings::{OpenedValue, opening_of};
pub use outbox::Outbox;
pub use position::Position;
pub use reader::{Head, Reader};
pub use request::CheckpointKeyRequest;
pub use retry::Retry;
pub use reviewed::Reviewed;
pub use server::Server;
pub use writer::Writer;
