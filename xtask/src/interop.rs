//! `cargo xtask interop`: what other people's tools make of our schema and our server.

mod files;
mod forgery;
mod go;
mod running;
mod witnesses;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

use crate::setup::Purpose;
use crate::shell::{self, root};
use crate::tally::{Tally, count};
use crate::{python, setup};

/// The linter of the .proto files; its npm package ships the program.
const BUF: &str = "@bufbuild/buf@1.75.0";

/// Runs the programs in JavaScript, against a server of its own; it installs the packages that they name.
const RUNNER: &str = "tests/node/run.js";

/// Runs them all, and fails if any did.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<()> {
    crate::no_arguments(arguments)?;
    setup::ensure(Purpose::Interop)?;
    shell::build_all()?;
    let mut tally = lint()?;
    tally.add(javascript()?);
    tally.add(python::run_all()?);
    tally.add(files::run_all()?);
    tally.add(witnesses::run_all()?);
    println!("{tally}");
    match tally.failed {
        0 => Ok(()),
        n => bail!("{n} failed"),
    }
}

fn lint() -> anyhow::Result<Tally> {
    match buf() {
        Ok(buf) => count(Command::new(buf).arg("lint").current_dir(root().join("proto"))),
        Err(e) => {
            let mut tally = Tally::default();
            tally.skip("buf lint", format!("{e:#}"));
            Ok(tally)
        }
    }
}

/// Where buf lies, in a folder outside the repository.
fn buf() -> anyhow::Result<PathBuf> {
    let folder = shell::cache("buf");
    let program = folder.join("node_modules/.bin/buf");
    if !program.is_file() {
        std::fs::create_dir_all(&folder)?;
        let mut npm = npm(&folder)?;
        shell::capture(npm.args(["install", "--no-save", BUF]))?;
    }
    Ok(program)
}

fn javascript() -> anyhow::Result<Tally> {
    if let Err(e) = registry() {
        let mut tally = Tally::default();
        tally.skip(RUNNER, format!("{e:#}"));
        return Ok(tally);
    }
    let mut node = Command::new("node");
    node.arg(RUNNER).current_dir(root()).env("HEFUD", shell::program("hefud")?);
    count(node.env("HEFU_NODE_CACHE", shell::cache("node")))
}

/// Whether published packages can be had.
fn registry() -> anyhow::Result<()> {
    anyhow::ensure!(shell::is_installed("node"), "node is not installed");
    shell::capture(npm(&root())?.args(["view", "long", "version"])).map(drop).context("npm's registry can't be reached")
}

fn npm(folder: &Path) -> anyhow::Result<Command> {
    anyhow::ensure!(shell::is_installed("npm"), "npm is not installed");
    let mut command = Command::new("npm");
    command.args(["--no-audit", "--no-fund", "--loglevel", "error"]).current_dir(folder);
    Ok(command)
}
