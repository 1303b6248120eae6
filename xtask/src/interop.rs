//! `cargo xtask interop`: what other people's tools make of our schema and our server.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::bail;

use crate::setup::Purpose;
use crate::shell::{self, root};
use crate::tally::Tally;
use crate::{python, setup};

/// The linter of the .proto files; its npm package ships the program.
const BUF: &str = "@bufbuild/buf@1.75.0";

/// Programs in JavaScript, with the packages of the package.json beside them.
const SCRIPTS: &[&str] = &["tests/node/canonical.js", "tests/node/client.js"];

/// Runs all three, and fails if any did.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<()> {
    crate::no_arguments(arguments)?;
    setup::ensure(Purpose::Interop)?;
    shell::build_all()?;
    let mut tally = Tally::default();
    lint(&mut tally);
    javascript(&mut tally);
    tally.add(python::run_all()?);
    println!("{tally}");
    match tally.failed {
        0 => Ok(()),
        n => bail!("{n} failed"),
    }
}

fn lint(tally: &mut Tally) {
    match buf() {
        Err(e) => tally.skip("buf lint", format!("{e:#}")),
        Ok(buf) => tally.verdict(shell::run(Command::new(buf).arg("lint").current_dir(root().join("proto")))),
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

fn javascript(tally: &mut Tally) {
    match packages() {
        Err(e) => SCRIPTS.iter().for_each(|script| tally.skip(script, format!("{e:#}"))),
        Ok(()) => SCRIPTS.iter().for_each(|script| tally.add_script(script)),
    }
}

/// Installs the published packages that the scripts name, exactly as locked where there is a lock file.
fn packages() -> anyhow::Result<()> {
    let folder = root().join("tests/node");
    anyhow::ensure!(folder.join("package.json").is_file(), "it is not there");
    let how = if folder.join("package-lock.json").is_file() { "ci" } else { "install" };
    shell::capture(npm(&folder)?.args([how, "--ignore-scripts"])).map(drop)
}

fn npm(folder: &Path) -> anyhow::Result<Command> {
    anyhow::ensure!(shell::is_installed("npm"), "npm is not installed");
    let mut command = Command::new("npm");
    command.args(["--no-audit", "--no-fund", "--loglevel", "error"]).current_dir(folder);
    Ok(command)
}

impl Tally {
    fn verdict(&mut self, outcome: anyhow::Result<()>) {
        match outcome {
            Ok(()) => self.passed += 1,
            Err(e) => {
                println!("{e:#}");
                self.failed += 1;
            }
        }
    }

    fn add_script(&mut self, script: &str) {
        if !root().join(script).is_file() {
            return self.skip(script, "it is not there");
        }
        self.verdict(shell::run(
            Command::new("node").arg(script).current_dir(root()).env("HEFU_BIN_DIR", shell::programs()),
        ));
    }
}
