//! Witnesses: ours seen by a program in Go that is made of other people's modules, tests/go/witness, and theirs seen by us.
//!
//! Ours must do for their clients and logs what C2SP tlog-witness says, and its cosignatures must verify there. Theirs must
//! cosign our log, and keep it from being served once it was rolled back or forked.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;

use super::forgery;
use super::go::{self, Checks};
use super::running::{self, Server, Witness, hefu};
use crate::shell;
use crate::tally::Tally;

/// The program's source.
const SOURCE: &str = "tests/go/witness";

/// What the witnesses are called in policies.
const OURS: &str = "ours";
const THEIRS: &str = "theirs";

/// Units of the plan that are admitted, one entry and one checkpoint each.
const UNITS: [&str; 3] = ["dept-science", "dept-industry", "party-cyberspace-office"];

/// Another unit, for another history.
const OTHER_UNIT: &str = "development-reform-commission";

/// Runs it; the workspace must be built.
pub(super) fn run_all() -> anyhow::Result<Tally> {
    go::check(SOURCE, |checks, folder| Scene { checks, folder }.all())
}

struct Scene<'a> {
    checks: &'a mut Checks,
    folder: &'a Path,
}

/// Our log, and its witnesses as they run.
struct Log {
    key: String,
    ours: Witness,
    theirs: Witness,
    /// It needs both of them.
    policy: PathBuf,
}

impl Scene<'_> {
    fn all(&mut self) -> anyhow::Result<()> {
        self.their_logs()?;
        let log = self.our_log()?;
        self.rolled_back(log)
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The program in Go, told to do something; paths are in the folder.
    fn program(&self, words: &[&str]) -> Command {
        let mut command = self.checks.program();
        command.args(words).current_dir(self.folder);
        command
    }

    /// Their client and their log, at our witness.
    fn their_logs(&mut self) -> anyhow::Result<()> {
        let asked = shell::capture(&mut self.program(&["key", "example.org/asked", "asked.key"]))?;
        let grown = shell::capture(&mut self.program(&["key", "example.org/grown", "grown.key"]))?;
        let (asked, grown) = (asked.trim(), grown.trim());
        let ours = self.witness("for-theirs", &[asked, grown])?;
        let mut ask = self.program(&["ask", "--key", "asked.key", "--witness", &ours.key, &ours.address]);
        self.checks.counted(&mut ask)?;
        self.policy("grown.policy", grown, &[(OURS, &ours)])?;
        let mut grow =
            self.program(&["grow", "--key", "grown.key", "--vkey", grown, "--policy", "grown.policy", "grown"]);
        print!("{}", self.checks.accept("a log of Tessera grows as our witness cosigns", &mut grow)?);
        Ok(())
    }

    /// Our log, cosigned by both witnesses while it grows; then what must not pass as cosigned.
    fn our_log(&mut self) -> anyhow::Result<Log> {
        let said = running::open(&self.at("data"), Some(&self.at("keys")))?;
        let key = running::checkpoint_key(&said)?.to_owned();
        forgery::copy(&self.at("data"), &self.at("older"))?;
        forgery::copy(&self.at("keys"), &self.at("older-keys"))?;
        let ours = self.witness("for-ours", &[&key])?;
        let mut theirs = self.program(&["serve", "--name", "theirs.example.org", "--log", &key]);
        // Theirs prints, byte for byte, what it refuses.
        let theirs = Witness::start(theirs.stderr(Stdio::null()))?;
        let policy = self.policy("policy", &key, &[(OURS, &ours), (THEIRS, &theirs)])?;
        let log = Log { key, ours, theirs, policy };
        let server = Server::start(&self.at("data"), Some(&log.policy))?;
        for (unit, size) in UNITS.iter().zip(2_u64..) {
            self.admit(&server, "keys", unit)?;
            self.cosigned(&log, &server, size)?;
        }
        self.forgeries(&log, &server)?;
        Ok(log)
    }

    /// Both sides verify both cosignatures of the next checkpoint.
    fn cosigned(&mut self, log: &Log, server: &Server, size: u64) -> anyhow::Result<()> {
        let wanted = size.to_string();
        let mut go = self.program(&["cosigned", "--vkey", &log.key, "--policy", "policy", "--size", &wanted]);
        let what = format!("both witnesses cosigned {size} entries, says Go");
        print!("{}", self.checks.accept(&what, go.arg(&server.files))?);
        let copy = format!("copy-{size}");
        running::export(&server.grpc, &self.at(&copy))?;
        for (way, source) in [("an export", &copy), ("at its URL", &server.files)] {
            let mut verify = hefu(&server.grpc, "verify --policy policy --key")?;
            verify.args([&log.key, source]).current_dir(self.folder);
            self.checks.accept(&format!("both witnesses cosigned {size} entries, says hefu: {way}"), &mut verify)?;
        }
        Ok(())
    }

    fn forgeries(&mut self, log: &Log, server: &Server) -> anyhow::Result<()> {
        let checkpoint = |copy: &str| fs::read_to_string(self.at(copy).join("checkpoint"));
        let (older, good) = (checkpoint("copy-3")?, checkpoint("copy-4")?);
        let wrong = ("policy", "invalid signature");
        for name in ["ours.example.org", "theirs.example.org"] {
            let flipped = forgery::flipped(&good, name)?;
            self.refused(&format!("a byte of the cosignature of {name}"), &log.key, &flipped, wrong)?;
            let grafted = forgery::grafted(&good, &older, name)?;
            self.refused(&format!("the cosignature of another checkpoint by {name}"), &log.key, &grafted, wrong)?;
        }
        let stranger = self.witness("stranger", &[&log.key])?;
        self.policy("stranger.policy", &log.key, &[(OURS, &stranger), (THEIRS, &log.theirs)])?;
        let missing = ("stranger.policy", "not signed by ours.example.org");
        self.refused("a witness of the same name with another key", &log.key, &good, missing)?;
        let mut hefu = hefu(&server.grpc, "verify copy-4 --policy stranger.policy --key")?;
        let hefu = hefu.arg(&log.key).current_dir(self.folder);
        self.checks.expect("hefu refuses it, too", hefu, |code, _| code == Some(4)).map(drop)
    }

    /// With this policy the program must name what is wrong with a checkpoint.
    fn refused(
        &mut self,
        what: &str,
        key: &str,
        checkpoint: &str,
        (policy, named): (&str, &str),
    ) -> anyhow::Result<()> {
        let folder = self.at("forged");
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("checkpoint"), checkpoint)?;
        let source = format!("file://{}", folder.display());
        let mut go = self.program(&["cosigned", "--vkey", key, "--policy", policy, &source]);
        self.checks.refuse(&format!("Go refuses: {what}"), &mut go, named)
    }

    /// An older copy of our log must not be served, nor another history; now only their witness is there to tell.
    fn rolled_back(&mut self, log: Log) -> anyhow::Result<()> {
        drop(log.ours);
        let size = 1 + UNITS.len();
        let ahead = format!("the witness {THEIRS} has cosigned {size}");
        let forked = format!("do not follow from the {size} that the witness {THEIRS} has cosigned");
        self.not_served("an older copy", &log.policy, &ahead)?;
        self.goes_on(&[OTHER_UNIT])?;
        self.not_served("an older copy that went on", &log.policy, &ahead)?;
        self.goes_on(&UNITS[1..])?;
        self.not_served("another history of the same size", &log.policy, &forked)?;
        self.goes_on(&UNITS[..1])?;
        self.not_served("another history that is longer", &log.policy, &forked)?;
        let right = Server::refusal(&self.at("data"), &log.policy)?;
        self.checks.count("hefud serves the right copy", right.is_none(), right.as_deref().unwrap_or_default());
        Ok(())
    }

    /// The older copy gets entries while no witness is asked.
    fn goes_on(&self, units: &[&str]) -> anyhow::Result<()> {
        let server = Server::start(&self.at("older"), None)?;
        units.iter().try_for_each(|unit| self.admit(&server, "older-keys", unit))
    }

    fn not_served(&mut self, what: &str, policy: &Path, why: &str) -> anyhow::Result<()> {
        let said = Server::refusal(&self.at("older"), policy)?;
        let refused = said.as_ref().is_some_and(|said| said.contains("STORAGE_DAMAGED") && said.contains(why));
        let found = said.as_deref().unwrap_or("it is served");
        self.checks.count(&format!("for their witness hefud does not serve: {what}"), refused, found);
        Ok(())
    }

    /// Our witness, for logs of these keys.
    fn witness(&self, data: &str, logs: &[&str]) -> anyhow::Result<Witness> {
        let hefu = || Ok::<_, anyhow::Error>(Command::new(shell::program("hefu")?));
        let data = self.at(data);
        shell::capture(hefu()?.args(["witness", "init", "--name", "ours.example.org", "--data"]).arg(&data))?;
        let mut serve = hefu()?;
        serve.args(["witness", "serve", "--listen", "127.0.0.1:0", "--data"]).arg(&data);
        Witness::start(serve.args(logs.iter().flat_map(|log| ["--log", log])))
    }

    /// A policy that needs all of these witnesses.
    fn policy(&self, name: &str, log: &str, witnesses: &[(&str, &Witness)]) -> anyhow::Result<PathBuf> {
        let path = self.at(name);
        let lines: String =
            witnesses.iter().map(|(name, w)| format!("witness {name} {} {}\n", w.key, w.address)).collect();
        let names: Vec<&str> = witnesses.iter().map(|(name, _)| *name).collect();
        fs::write(&path, format!("log {log}\n{lines}group all-of-them all {}\nquorum all-of-them\n", names.join(" ")))
            .with_context(|| format!("can't write {}", path.display()))?;
        Ok(path)
    }

    /// Lets a unit in: one entry, signed with the office's key of this folder.
    fn admit(&self, server: &Server, keys: &str, unit: &str) -> anyhow::Result<()> {
        let (key, request) = (format!("{keys}/{unit}.pem"), format!("{keys}/{unit}.json"));
        let steps = [
            format!("key new {key}"),
            format!("key request --key {key} --member {unit} --role admin --holder {unit}-demo -o {request}"),
            format!("member admit --key {keys}/office-1.pem --request {request} --from guizhou"),
        ];
        steps.iter().try_for_each(|words| shell::capture(hefu(&server.grpc, words)?.current_dir(self.folder)).map(drop))
    }
}
