//! Programs in Go of tests/, made of other people's modules, and whether they say what they should.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};

use super::running::Folder;
use crate::shell::{self, root};
use crate::tally::{self, Tally};

/// Builds the program whose source is in a folder of the workspace, and checks with it in a folder of this run. Without
/// Go, or without the modules and a network, it is skipped.
pub(super) fn check(
    source: &str,
    checks: impl FnOnce(&mut Checks, &Path) -> anyhow::Result<()>,
) -> anyhow::Result<Tally> {
    if let Err(e) = modules(source) {
        let mut tally = Tally::default();
        tally.skip(source, format!("{e:#}"));
        return Ok(tally);
    }
    let folder = Folder::make()?;
    let mut made = Checks { program: build(source)?, tally: Tally::default() };
    checks(&mut made, &folder.0)?;
    println!("{source}: {}", made.tally);
    Ok(made.tally)
}

/// Whether the modules that go.mod names can be had, by a Go that is new enough for them.
fn modules(source: &str) -> anyhow::Result<()> {
    ensure!(shell::is_installed("go"), "go is not installed");
    shell::capture(go(source).args(["mod", "download"])).map(drop).context("its modules can't be had")
}

fn build(source: &str) -> anyhow::Result<PathBuf> {
    let program = shell::cache(source).join("program");
    shell::run(go(source).args(["build", "-buildvcs=false", "-o"]).arg(&program).arg("."))?;
    Ok(program)
}

fn go(source: &str) -> Command {
    let mut command = Command::new("go");
    command.current_dir(root().join(source));
    command
}

/// A program, and what came of the checks with it.
pub(super) struct Checks {
    program: PathBuf,
    tally: Tally,
}

impl Checks {
    /// The program.
    pub(super) fn program(&self) -> Command {
        Command::new(&self.program)
    }

    /// Runs a command, and counts whether exit code and output are as expected; gives the output.
    pub(super) fn expect(
        &mut self,
        what: &str,
        command: &mut Command,
        is_expected: impl Fn(Option<i32>, &str) -> bool,
    ) -> anyhow::Result<String> {
        let output = shell::output(command)?;
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        self.count(what, is_expected(output.status.code(), &said), &format!("{}:\n{said}", output.status));
        Ok(said)
    }

    /// It must end well; gives what it says.
    pub(super) fn accept(&mut self, what: &str, command: &mut Command) -> anyhow::Result<String> {
        self.expect(what, command, |code, said| code == Some(0) && !said.contains("FAILED"))
    }

    /// It must end with the code for a mismatch, not with a crash, and say where.
    pub(super) fn refuse(&mut self, what: &str, command: &mut Command, named: &str) -> anyhow::Result<()> {
        let names = |said: &str| said.lines().any(|l| l.starts_with("FAILED") && l.contains(named));
        self.expect(what, command, |code, said| code == Some(1) && names(said)).map(drop)
    }

    /// Counts a check, and says what was found instead when it failed.
    pub(super) fn count(&mut self, what: &str, passed: bool, found: &str) {
        if passed {
            println!("ok      {what}");
            self.tally.passed += 1;
        } else {
            println!("FAILED  {what}: {}", found.trim_end());
            self.tally.failed += 1;
        }
    }

    /// Runs a command that counts checks itself.
    pub(super) fn counted(&mut self, command: &mut Command) -> anyhow::Result<()> {
        self.tally.add(tally::count(command)?);
        Ok(())
    }
}
