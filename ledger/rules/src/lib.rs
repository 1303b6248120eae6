//! What decides whether a submission may enter the ledger.
//!
//! [`admit`] checks what needs no state: canonical form, limits, the signature under the key that the submission names.
//! [`State::record`] decides the rest against the state that the entries so far amount to, event by event, each seeing its
//! predecessors' effects; it takes the whole submission or leaves the state as it was. The server, recovery and the offline
//! verifier all call these two functions and nothing else, so that an auditor decides exactly what the server decided.
//!
//! The state is a pure function of the entries. Nothing here reads a clock (the only "now" is `recorded_at`), draws
//! randomness, does I/O or keeps history: values and texts for people are the views' business.
//!
//! One file per context: `membership` (who may speak), `plan` and `trajectory` (what was planned), `reporting` (what was
//! observed), `confidential` (what is not free), `delegation` (who reports for whom), `cycle` and `report` (what is due, and how far
//! it has come), `assurance` (what others think), `platform` (who signs checkpoints, what views amount to). Each holds `decide` (reads the state, may refuse) and
//! `apply` (total, never refuses), which `event.rs` calls one after the other.
//!
//! Read next: `state.rs` (the order of checks), `event.rs`, then one context, then `hefu-journal`, which calls them in order.

mod admit;
mod assurance;
mod confidential;
mod cycle;
mod delegation;
mod event;
mod genesis;
mod membership;
mod plan;
mod platform;
mod report;
mod reporting;
mod state;
mod table;
mod trajectory;

pub use admit::{Admitted, admit, admit_all};
pub use confidential::ValueState;
pub use membership::{Key, Member, MemberStatus, Roles};
pub use platform::CheckpointKey;
pub use reporting::{Cell, Standing, is_missing};
pub use state::{Ledger, Position, RULES_VERSIONS, STATE_VERSION, State};
