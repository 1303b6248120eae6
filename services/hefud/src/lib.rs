//! The server: takes submissions, keeps the journal, brings views up to date and answers.
//!
//! It is a library with a thin binary, so that tests run a real server inside their own process. [`Server::start`] opens the
//! journal, starts the views and listens; [`init`] opens a new ledger in a fresh folder. The write path is [`submit`], one
//! screen, and the table of contents of everything behind it.
//!
//! It holds no rule, no hash and no row layout: those are the ledger crates'. It never speaks for a member: of all keys it
//! has only the checkpoint key, which signs no event. It refuses to listen beyond this machine without encryption unless
//! told so explicitly.
//!
//! Read next: [`submit`], [`server`] (how the parts are joined), [`projection`] (how views follow the log), [`config`]
//! (settings and limits), [`witnesses`] (who else vouches for the log).

pub mod admission;
pub mod assurance;
pub mod changes;
pub mod checkpoint_keys;
pub mod config;
pub mod connections;
pub mod init;
pub mod lifetime;
pub mod log;
pub mod openings;
pub mod operator;
pub mod plans;
pub mod projection;
pub mod proof;
pub mod publish;
pub mod query;
pub mod quorum;
pub mod receipt;
pub mod reports;
pub mod server;
pub mod stream;
pub mod submit;
pub mod telemetry;
mod thinning;
pub mod tiles;
pub mod witnesses;

pub use config::{Config, Settings};
pub use server::Server;
