//! UmaDB's server as its crate offers it, with its own options and their defaults.

use std::process::ExitCode;

use umadb::{parse_cli_options, start_server_with_cli_options};

fn main() -> ExitCode {
    match parse_cli_options(std::env::args()).and_then(start_server_with_cli_options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("{e}");
            ExitCode::FAILURE
        }
    }
}
