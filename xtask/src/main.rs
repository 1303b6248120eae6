//! `cargo xtask`: the only commands that a newcomer needs.
//!
//! It builds, tests, demonstrates, measures and checks the workspace, and installs what that takes on a bare Debian. It
//! depends on `anyhow` alone and on no crate of the workspace, so that it is built in seconds and can build the rest: it
//! drives cargo and the finished programs, `hefud` and `hefu`, as a user would.
//!
//! It never sets a variable that makes cargo compile RocksDB anew, never leaves a process or a folder behind unless told
//! to keep it, and never passes over a check in silence: what can't run here is named as skipped.
//!
//! Read next: `demo.rs` (what the platform does, as a story), `test.rs` (what runs, in which order), `tidy.rs` (the walls
//! of the design, each with its reason).

mod bench;
mod check;
mod demo;
mod errors_md;
mod features;
mod interop;
mod python;
mod setup;
mod shell;
mod tally;
mod test;
mod tidy;

use std::process::ExitCode;

use anyhow::bail;

/// A command: its name, its arguments, what it does, and how.
struct Command {
    name: &'static str,
    arguments: &'static str,
    about: &'static str,
    run: fn(&[String]) -> anyhow::Result<()>,
}

const COMMANDS: &[Command] = &[
    Command {
        name: "demo",
        arguments: "[--keep] [--port N]",
        about: "Build everything and walk through a small ledger for the Guizhou plan, in two minutes of reading.",
        run: demo::run,
    },
    Command { name: "test", arguments: "", about: "Build and run every test, in Rust and in Python.", run: test::run },
    Command {
        name: "bench",
        arguments: "[peers] [--runs N] [--only ROW,…] [--long]",
        about: "Measure submissions, verification and replay beside this machine's own limits.",
        run: bench::run,
    },
    Command {
        name: "check",
        arguments: "",
        about: "Format, lints, documentation, dependencies, and the walls of the design.",
        run: check::run,
    },
    Command {
        name: "interop",
        arguments: "",
        about: "Lint the .proto files, talk to a server from JavaScript and Python, verify a log with Go.",
        run: interop::run,
    },
    Command { name: "setup", arguments: "", about: "Install what the others need, or name it.", run: setup::run },
    Command { name: "tidy", arguments: "", about: "Only the walls of the design.", run: tidy::run },
    Command {
        name: "errors-md",
        arguments: "",
        about: "Print docs/errors.md from the table of codes.",
        run: errors_md::run,
    },
    Command { name: "help", arguments: "", about: "Print this.", run: help },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("\nxtask: {e:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[String]) -> anyhow::Result<()> {
    let Some((name, rest)) = arguments.split_first() else { return help(&[]) };
    if name == demo::JANITOR {
        return demo::clean_up_after(rest);
    }
    match COMMANDS.iter().find(|command| command.name == name.trim_start_matches('-')) {
        Some(command) => (command.run)(rest),
        None => bail!("there is no command {name:?}; `cargo xtask` lists them"),
    }
}

fn help(_: &[String]) -> anyhow::Result<()> {
    println!("cargo xtask COMMAND\n");
    for Command { name, arguments, about, .. } in COMMANDS {
        println!("  {:<46}{about}", format!("{name} {arguments}"));
    }
    Ok(())
}

/// Refuses arguments where none are expected.
fn no_arguments(arguments: &[String]) -> anyhow::Result<()> {
    match arguments.first() {
        None => Ok(()),
        Some(argument) => bail!("{argument:?} is not expected here"),
    }
}
