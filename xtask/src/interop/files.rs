//! The log as static files, checked by a program in Go that is made of other people's modules: tests/go.
//!
//! It must accept a log as it is served and as `hefu log export` writes it, and refuse it when one byte differs.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Context as _;

use super::go::{self, Checks};
use super::running::{self, Server};
use crate::shell;
use crate::tally::Tally;

/// The program's source.
const SOURCE: &str = "tests/go";

/// Ways to check: with golang.org/x/mod, and with Tessera.
const WAYS: [&str; 2] = ["verify", "fsck"];

/// Entries of the long log: tiles on three levels, a full one on the second.
const ENTRIES: &str = "70000";

/// Something that is wrong with a copy of the long log.
struct Damage {
    what: &'static str,
    path: &'static str,
    /// The byte that is flipped; without one, the file is missing.
    byte: Option<usize>,
    /// What both ways must name: the first file that is not what the entries give.
    named: &'static str,
}

const DAMAGES: [Damage; 4] = [
    Damage { what: "a byte of an entry", path: "tile/entries/005", byte: Some(100), named: "tile/0/005" },
    Damage { what: "a byte of a tile of level 0", path: "tile/0/005", byte: Some(8_191), named: "tile/0/005" },
    Damage { what: "a byte of a tile of level 1", path: "tile/1/000", byte: Some(0), named: "tile/1/000" },
    Damage { what: "a partial tile that is missing", path: "tile/2/000.p/1", byte: None, named: "tile/2/000" },
];

/// Runs it; the workspace must be built.
pub(super) fn run_all() -> anyhow::Result<Tally> {
    go::check(SOURCE, |checks, folder| Logs { checks }.all(folder))
}

struct Logs<'a> {
    checks: &'a mut Checks,
}

impl Logs<'_> {
    fn all(&mut self, folder: &Path) -> anyhow::Result<()> {
        let (short, long, copy) = (folder.join("short"), folder.join("long"), folder.join("copy"));
        let short_key = self.served("one entry", &short, &running::open(&short, None)?, None)?;
        let long_key = self.served("tiles on three levels", &long, &fill(&long)?, Some(&copy))?;
        let files = format!("file://{}", copy.display());
        self.accept("an export", &long_key, &files)?;
        self.refuse("a log of another key", &short_key, &files, "checkpoint")?;
        DAMAGES.iter().try_for_each(|damage| self.damaged(damage, &copy, &long_key))
    }

    /// Checks a log over HTTP, and exports it; returns its key.
    fn served(&mut self, what: &str, data: &Path, made: &str, copy: Option<&Path>) -> anyhow::Result<String> {
        let key = running::checkpoint_key(made)?;
        let server = Server::start(data, None)?;
        self.accept(&format!("over HTTP, {what}"), key, &server.files)?;
        copy.map_or(Ok(()), |copy| running::export(&server.grpc, copy))?;
        Ok(key.to_owned())
    }

    fn damaged(&mut self, damage: &Damage, copy: &Path, key: &str) -> anyhow::Result<()> {
        let path = copy.join(damage.path);
        let intact = fs::read(&path).with_context(|| format!("can't read {}", path.display()))?;
        match damage.byte {
            None => fs::remove_file(&path)?,
            Some(byte) => {
                let mut bytes = intact.clone();
                *bytes.get_mut(byte).context("a shorter file")? ^= 1;
                fs::write(&path, bytes)?;
            }
        }
        self.refuse(damage.what, key, &format!("file://{}", copy.display()), damage.named)?;
        Ok(fs::write(&path, intact)?)
    }

    fn accept(&mut self, what: &str, key: &str, source: &str) -> anyhow::Result<()> {
        WAYS.iter().try_for_each(|way| {
            let mut command = self.checks.program();
            let command = command.args([way, "--vkey", key, source]);
            self.checks.accept(&format!("{way} accepts: {what}"), command).map(drop)
        })
    }

    fn refuse(&mut self, what: &str, key: &str, source: &str, named: &str) -> anyhow::Result<()> {
        WAYS.iter().try_for_each(|way| {
            let mut command = self.checks.program();
            self.checks.refuse(&format!("{way} refuses: {what}"), command.args([way, "--vkey", key, source]), named)
        })
    }
}

/// A ledger with many entries; returns what is said about it.
fn fill(data: &Path) -> anyhow::Result<String> {
    let mut bench = Command::new(shell::program("hefu-bench")?);
    shell::capture(bench.args(["--entries", ENTRIES, "--fill"]).arg(data))
}
