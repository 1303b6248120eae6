//! The demo's folder, its server, and its way of running commands.

use std::fs::{self, DirBuilder, File};
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, bail, ensure};

use super::janitor::Janitor;
use super::witnesses::POLICY;
use crate::shell;

/// How long views may take to catch up before the demo says that they don't.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where everything happens.
pub(super) struct Stage {
    /// The working folder of every command.
    pub(super) folder: PathBuf,
    /// Units of the plan, and how many published figures each reports.
    pub(super) units: Vec<(String, usize)>,
    /// The log's checkpoint key.
    pub(super) log_key: String,
    /// The head at the end, as printed.
    pub(super) head: String,
    keep: bool,
    port: u16,
    server: Option<Child>,
    /// What runs until the end.
    others: Vec<Child>,
    janitor: Janitor,
}

impl Stage {
    /// Makes a fresh folder that only this user can enter.
    pub(super) fn set(keep: bool, port: u16) -> anyhow::Result<Self> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let folder = std::env::temp_dir().join(format!("hefu-demo-{now}-{}", std::process::id()));
        DirBuilder::new().mode(0o700).create(&folder).with_context(|| format!("can't make {}", folder.display()))?;
        let mut janitor = Janitor::start(&folder)?;
        if keep {
            janitor.dismiss()?;
        }
        fs::create_dir(folder.join("requests"))?;
        fs::create_dir(folder.join("reports"))?;
        let (units, log_key, head) = (vec![], String::new(), String::new());
        Ok(Self { folder, units, log_key, head, keep, port, server: None, others: vec![], janitor })
    }

    /// Prints and runs a command; what it says is shown.
    pub(super) fn show(&self, words: &str) -> anyhow::Result<()> {
        println!("\n$ {words}");
        let status = self.command(words)?.stdin(Stdio::null()).status()?;
        ensure!(status.success(), "`{words}` failed ({status})");
        Ok(())
    }

    /// Prints and runs a command; what it says is shown, and its stdout returned.
    pub(super) fn tell(&self, words: &str) -> anyhow::Result<String> {
        println!("\n$ {words}");
        let output = self.command(words)?.stdin(Stdio::null()).stderr(Stdio::inherit()).output()?;
        let said = String::from_utf8(output.stdout)?;
        print!("{said}");
        ensure!(output.status.success(), "`{words}` failed ({})", output.status);
        Ok(said)
    }

    /// Runs a command without a word and returns its stdout.
    pub(super) fn quiet(&self, words: &str) -> anyhow::Result<String> {
        shell::capture(&mut self.command(words)?)
    }

    /// Prints and runs a command that is expected to fail; returns all that it said.
    pub(super) fn watch(&self, words: &str) -> anyhow::Result<Output> {
        println!("\n$ {words}");
        shell::output(&mut self.command(words)?)
    }

    /// The stdout of a command that is expected to fail.
    pub(super) fn watch_quietly(&self, words: &str) -> anyhow::Result<String> {
        Ok(String::from_utf8(shell::output(&mut self.command(words)?)?.stdout)?)
    }

    /// Runs a command without a word and writes its stdout to a file of the folder.
    pub(super) fn save(&self, words: &str, file: &str) -> anyhow::Result<()> {
        Ok(fs::write(self.folder.join(file), self.quiet(words)?)?)
    }

    /// A command of the workspace from its words; none of them holds a space.
    pub(super) fn command(&self, words: &str) -> anyhow::Result<Command> {
        let mut words = words.split(' ');
        let mut command = Command::new(shell::program(words.next().unwrap_or_default())?);
        command.args(words).current_dir(&self.folder);
        // The user's own settings have no business here.
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("HEFU")) {
            command.env_remove(name);
        }
        command.env("HEFU_SERVER", self.address());
        Ok(command)
    }

    pub(super) fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Starts the server; the first time on a free port unless one was asked for, then on the same.
    pub(super) fn start_server(&mut self) -> anyhow::Result<()> {
        let words = format!(
            "hefud serve --data ledger --listen 127.0.0.1:{} --http-listen 127.0.0.1:0 --policy {POLICY}",
            self.port
        );
        let mut command = self.command(&words)?;
        let log = File::options().create(true).append(true).open(self.folder.join("hefud.log"))?;
        println!("\n$ {words} 2>>hefud.log &");
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn()?;
        self.janitor_knows(child.id())?;
        let said: Vec<String> =
            BufReader::new(child.stdout.take().expect("a pipe")).lines().take(2).collect::<Result<_, _>>()?;
        self.server = Some(child);
        let port = said.first().and_then(|line| line.rsplit(':').next()).and_then(|port| port.parse().ok());
        let Some(port) = port else { bail!("the server did not start:\n{}", self.log()) };
        self.port = port;
        println!("{}", said.join("\n"));
        Ok(())
    }

    /// Keeps a process running until the end.
    pub(super) fn keeps(&mut self, child: Child) -> anyhow::Result<()> {
        let id = child.id();
        self.others.push(child);
        self.janitor_knows(id)
    }

    fn janitor_knows(&mut self, id: u32) -> anyhow::Result<()> {
        if self.keep { Ok(()) } else { self.janitor.runs(id) }
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.join("hefud.log")).unwrap_or_default()
    }

    /// SIGKILL: no goodbye, no last write.
    pub(super) fn kill_server(&mut self) -> anyhow::Result<u32> {
        let mut server = self.server.take().context("no server runs")?;
        server.kill()?;
        server.wait()?;
        if !self.keep {
            self.janitor.ended(server.id())?;
        }
        Ok(server.id())
    }

    /// Asks again until the answer is as expected: views follow the log by moments.
    pub(super) fn until(&self, words: &str, expected: impl Fn(&str) -> bool) -> anyhow::Result<String> {
        let since = Instant::now();
        loop {
            let answer = self.quiet(words)?;
            if expected(&answer) {
                return Ok(answer);
            }
            ensure!(since.elapsed() < PATIENCE, "`{words}` still answers:\n{answer}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Ends the demo; what is kept is described.
    pub(super) fn end(mut self) -> anyhow::Result<()> {
        println!("\nThat was it: every chapter did what it said.");
        if !self.keep {
            println!("Nothing is left of it. To look around in a ledger that stays: cargo xtask demo --keep");
            return Ok(());
        }
        let server = self.server.take().context("no server runs")?;
        println!("The server goes on at {}. To try next:\n", self.address());
        println!("  cd {}", self.folder.display());
        println!("  export HEFU_SERVER={} PATH={}:$PATH", self.address(), shell::programs().display());
        for line in NEXT {
            println!("  {line}");
        }
        let others = std::mem::take(&mut self.others);
        let ids: Vec<String> = others.iter().chain([&server]).map(|child| child.id().to_string()).collect();
        println!("\nTo be rid of it, and of the witnesses: kill {}; rm -r {}", ids.join(" "), self.folder.display());
        Ok(())
    }
}

/// What to try in a kept demo.
const NEXT: &[&str] = &[
    "hefu board",
    "hefu member list",
    "hefu log tail",
    "hefu log watch &                 # then report something, and see it arrive",
    "hefu plan show guizhou",
    "hefu submit --help",
    "hefud view rebuild --data ledger series",
];

impl Drop for Stage {
    /// On success and on failure alike; the janitor, dropped after this, removes the folder.
    fn drop(&mut self) {
        let running: Vec<Child> = self.server.take().into_iter().chain(self.others.drain(..)).collect();
        if self.keep && !running.is_empty() {
            eprintln!("kept, without a server: {}", self.folder.display());
        }
        for mut child in running {
            let _killed = child.kill();
            let _status = child.wait();
        }
    }
}
