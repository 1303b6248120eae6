//! The log as static files, checked by a program in Go that is made of other people's modules: tests/go.
//!
//! It must accept a log as it is served and as `hefu log export` writes it, and refuse it when one byte differs.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, ensure};

use crate::shell::{self, root};
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

/// Runs it; the workspace must be built. Without Go, or without the modules and a network, it is skipped.
pub(super) fn run_all() -> anyhow::Result<Tally> {
    if let Err(e) = modules() {
        let mut tally = Tally::default();
        tally.skip(SOURCE, format!("{e:#}"));
        return Ok(tally);
    }
    let folder = Folder::make()?;
    let mut checks = Checks { program: build()?, tally: Tally::default() };
    checks.all(&folder.0)?;
    println!("{SOURCE}: {}", checks.tally);
    Ok(checks.tally)
}

/// Whether the modules that go.mod names can be had, by a Go that is new enough for them.
fn modules() -> anyhow::Result<()> {
    ensure!(shell::is_installed("go"), "go is not installed");
    shell::capture(go().args(["mod", "download"])).map(drop).context("its modules can't be had")
}

fn build() -> anyhow::Result<PathBuf> {
    let program = shell::cache("go").join("hefu-interop");
    shell::run(go().args(["build", "-buildvcs=false", "-o"]).arg(&program).arg("."))?;
    Ok(program)
}

fn go() -> Command {
    let mut command = Command::new("go");
    command.current_dir(root().join(SOURCE));
    command
}

struct Checks {
    program: PathBuf,
    tally: Tally,
}

impl Checks {
    fn all(&mut self, folder: &Path) -> anyhow::Result<()> {
        let (short, long, copy) = (folder.join("short"), folder.join("long"), folder.join("copy"));
        let short_key = self.served("one entry", &short, &open(&short)?, None)?;
        let long_key = self.served("tiles on three levels", &long, &fill(&long)?, Some(&copy))?;
        let files = format!("file://{}", copy.display());
        self.accept("an export", &long_key, &files)?;
        self.refuse("a log of another key", &short_key, &files, "checkpoint")?;
        DAMAGES.iter().try_for_each(|damage| self.damaged(damage, &copy, &long_key))
    }

    /// Checks a log over HTTP, and exports it; returns its key.
    fn served(&mut self, what: &str, data: &Path, made: &str, copy: Option<&Path>) -> anyhow::Result<String> {
        let key = made.lines().find_map(|line| line.strip_prefix("checkpoint key  ")).context("no checkpoint key")?;
        let server = Server::start(data)?;
        self.accept(&format!("over HTTP, {what}"), key, &server.files)?;
        copy.map_or(Ok(()), |copy| export(&server.grpc, copy))?;
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
        self.both("accepts", what, key, source, |code, said| code == Some(0) && !said.contains("FAILED"))
    }

    /// It must end with the code for a mismatch, not with a crash, and say where.
    fn refuse(&mut self, what: &str, key: &str, source: &str, named: &str) -> anyhow::Result<()> {
        let is_refusal =
            |code, said: &str| code == Some(1) && said.lines().any(|l| l.starts_with("FAILED") && l.contains(named));
        self.both("refuses", what, key, source, is_refusal)
    }

    /// Checks in both ways, and whether exit code and output are as expected.
    fn both(
        &mut self,
        verb: &str,
        what: &str,
        key: &str,
        source: &str,
        is_expected: impl Fn(Option<i32>, &str) -> bool,
    ) -> anyhow::Result<()> {
        for way in WAYS {
            let output = shell::output(Command::new(&self.program).args([way, "--vkey", key, source]))?;
            let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
            if is_expected(output.status.code(), &said) {
                println!("ok      {way} {verb}: {what}");
                self.tally.passed += 1;
            } else {
                println!("FAILED  {way} {verb}: {what} ({}):\n{}", output.status, said.trim_end());
                self.tally.failed += 1;
            }
        }
        Ok(())
    }
}

/// A fresh ledger; returns what is said about it.
fn open(data: &Path) -> anyhow::Result<String> {
    let mut init = Command::new(shell::program("hefud")?);
    shell::capture(init.args(["init", "--origin", "example.org/go", "--data"]).arg(data))
}

/// A ledger with many entries; returns what is said about it.
fn fill(data: &Path) -> anyhow::Result<String> {
    let mut bench = Command::new(shell::program("hefu-bench")?);
    shell::capture(bench.args(["--entries", ENTRIES, "--fill"]).arg(data))
}

/// Puts a log's files into a folder.
fn export(server: &str, to: &Path) -> anyhow::Result<()> {
    let mut hefu = Command::new(shell::program("hefu")?);
    shell::capture(hefu.args(["log", "export"]).arg(to).env("HEFU_SERVER", server)).map(drop)
}

/// A running `hefud serve`. Killed when dropped.
struct Server {
    child: Child,
    /// Where it takes calls, `http://127.0.0.1:PORT`, and where it serves files.
    grpc: String,
    files: String,
}

impl Server {
    fn start(data: &Path) -> anyhow::Result<Self> {
        let mut serve = Command::new(shell::program("hefud")?);
        serve.args(["serve", "--log", "warn", "--listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0", "--data"]);
        let mut child = serve.arg(data).stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
        // Made first, so that the server is killed when it does not say where it is.
        let mut server = Self { child, grpc: String::new(), files: String::new() };
        let mut after = |start: &str| lines.next()?.strip_prefix(start).map(str::to_owned);
        let addresses = after("listening on ").zip(after("files on "));
        let (listening, files) = addresses.context("hefud serve did not say where it is")?;
        (server.grpc, server.files) = (format!("http://{listening}"), files);
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _killed = self.child.kill();
        let _status = self.child.wait();
    }
}

/// A folder for this run. Removed when dropped.
struct Folder(PathBuf);

impl Folder {
    fn make() -> anyhow::Result<Self> {
        let path = std::env::temp_dir().join(format!("hefu-go-{}", std::process::id()));
        fs::create_dir(&path).with_context(|| format!("can't make {}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _removed = fs::remove_dir_all(&self.0);
    }
}
