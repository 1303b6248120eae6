//! The command line of a hefu ledger, for everyone but its operator.
//!
//! `hefu <noun> <verb>`: keys and members, plans, reporting, the board and what is behind it, the log, and the offline
//! checks (`verify`, `replay`) that need nothing but an export. Data goes to stdout as a table, JSON or CSV; everything else
//! (progress, warnings, errors) goes to stderr. An error names its stable code, the field at fault and what to do, and the
//! exit code tells a refusal from an unreachable server and from a failed verification.
//!
//! What is for people is Chinese or English (`lang.rs`); what is for programs never follows the language.
//!
//! It signs with key files of the person who runs it, through `hefu-client`, which stores before it sends. It never talks to
//! a database, never needs RocksDB to be built, never decides whether something may be recorded, and never changes the
//! meaning of what it prints by its form: a table may shorten a hash, JSON and CSV never do.
//!
//! [`witness`] is the one part that serves others: it is public so that tests run witnesses inside their own process.
//!
//! Read next: `commands/` (one file a noun), `output.rs` (the three forms), `lang.rs` (the two languages),
//! `failure.rs` (exit codes).

mod args;
mod cli;
mod codes;
mod commands;
mod context;
mod durable;
mod failure;
mod lang;
mod monitor;
mod observation;
mod output;
mod remote;
mod sheet;
mod signals;
mod signer;
pub mod witness;
mod words;

use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _};

use crate::lang::Lang;

/// Runs the command of the process's arguments.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = std::env::args_os().filter_map(|argument| argument.into_string().ok());
    Lang::wanted(arguments, |name| std::env::var(name).ok()).choose();
    let matches = lang::help::said(cli::Cli::command(), Lang::now()).try_get_matches();
    let cli = match matches.and_then(|matches| cli::Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => {
            if error.use_stderr() && Lang::now() == Lang::Zh {
                lang::note!("the command line is wrong", "命令行有误，详情如下；用 --help 查看用法。");
            }
            error.exit()
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let outcome = runtime.map_err(failure::Failure::from).and_then(|runtime| runtime.block_on(commands::run(cli)));
    match outcome {
        Ok(exit) => exit.into(),
        Err(failure) => failure.report(),
    }
}
