//! The auditor's half: is this export the log that ends in that head, and does every entry follow from the rules?
//!
//! [`Export`] reads the log's static files (C2SP tlog-tiles), from a directory or any other [`Source`]. [`verify()`] checks them
//! entry by entry against a [`Head`] or a signed checkpoint that the auditor got from elsewhere ([`verify_prefix`] takes an
//! older one): layout, position, time, link, canonical form, strict signature, the signer's own chain, and the rules
//! (`State::record`, the same function that the server ran; signatures are verified in batches with the verdict of
//! `hefu_rules::admit`, which names what does not hold); and that each checkpoint on the way was
//! signed by a key that the entries say signs it ([`LogKeys`] follows them from one key to the next). It stops at the first entry that does not fit and says which one, what was expected and what was found.
//!
//! It trusts nothing but the head and its own code. It never opens the server's database, asks nobody, repairs nothing, and
//! its memory does not grow with the log (the rules' state does, with the number of members, indicators and observations).
//! What a newer program may have written is reported as newer than the tool: a newer one must tell whether it fits.
//!
//! Read next: [`export`] (the layout), `check.rs` (the order of checks), `ahead.rs` (what is done on all cores), then `docs/format.md`.

mod ahead;
mod alone;
mod as_of;
mod check;
mod directory;
mod end;
pub mod export;
mod log_keys;
mod report;
mod rows;

pub use check::{verify, verify_prefix};
pub use end::{End, Head};
pub use export::{Bundle, Export, ExportError, Source};
pub use log_keys::LogKeys;
pub use report::{Committed, Failure, FailureKind, Report};
pub use rows::TileRows;
