//! What runs while it is checked, and where.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context as _, bail};

use crate::shell;

/// A process. Killed when dropped.
struct Running(Child);

impl Running {
    /// Starts it; the second value is what it prints.
    fn start(command: &mut Command) -> anyhow::Result<(Self, BufReader<ChildStdout>)> {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let said = BufReader::new(child.stdout.take().expect("a pipe"));
        Ok((Self(child), said))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _killed = self.0.kill();
        let _status = self.0.wait();
    }
}

/// A running `hefud serve`. Killed when dropped.
pub(super) struct Server {
    _running: Running,
    /// Where it takes calls, `http://127.0.0.1:PORT`, and where it serves files.
    pub(super) grpc: String,
    pub(super) files: String,
}

impl Server {
    pub(super) fn start(data: &Path, policy: Option<&Path>) -> anyhow::Result<Self> {
        let (running, said) = Running::start(&mut serve(data, policy)?)?;
        let mut lines = said.lines().map_while(Result::ok);
        let mut after = |start: &str| lines.next()?.strip_prefix(start).map(str::to_owned);
        let addresses = after("listening on ").zip(after("files on "));
        let (listening, files) = addresses.context("hefud serve did not say where it is")?;
        Ok(Self { _running: running, grpc: format!("http://{listening}"), files })
    }

    /// Starts one that must not serve; what it says instead. `None` when it does serve.
    pub(super) fn refusal(data: &Path, policy: &Path) -> anyhow::Result<Option<String>> {
        let (mut running, mut said) = Running::start(serve(data, Some(policy))?.stderr(Stdio::piped()))?;
        if said.read_line(&mut String::new())? > 0 {
            return Ok(None);
        }
        let mut why = String::new();
        running.0.stderr.take().expect("a pipe").read_to_string(&mut why)?;
        Ok(Some(why))
    }
}

fn serve(data: &Path, policy: Option<&Path>) -> anyhow::Result<Command> {
    let mut serve = Command::new(shell::program("hefud")?);
    serve.args(["serve", "--log", "warn", "--listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0", "--data"]);
    serve.arg(data).args(policy.iter().flat_map(|policy| [OsStr::new("--policy"), policy.as_os_str()]));
    Ok(serve)
}

/// A running witness. Killed when dropped.
pub(super) struct Witness {
    _running: Running,
    pub(super) address: String,
    pub(super) key: String,
}

impl Witness {
    /// One that says its address and its key in two lines: `hefu witness serve`, or the other one.
    pub(super) fn start(command: &mut Command) -> anyhow::Result<Self> {
        let (running, said) = Running::start(command)?;
        let lines: Vec<String> = said.lines().take(2).collect::<Result<_, _>>()?;
        match lines.as_slice() {
            [first, key] if first.starts_with("witness on ") => {
                Ok(Self { _running: running, address: first["witness on ".len()..].to_owned(), key: key.clone() })
            }
            _ => bail!("a witness did not say where it is"),
        }
    }
}

/// A folder for this run. Removed when dropped.
pub(super) struct Folder(pub(super) PathBuf);

impl Folder {
    pub(super) fn make() -> anyhow::Result<Self> {
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

/// A fresh ledger, its keys in `keys` when given; returns what is said about it.
pub(super) fn open(data: &Path, keys: Option<&Path>) -> anyhow::Result<String> {
    let mut init = Command::new(shell::program("hefud")?);
    init.args(["init", "--origin", "example.org/go", "--data"]).arg(data);
    shell::capture(init.args(keys.iter().flat_map(|keys| [OsStr::new("--keys-dir"), keys.as_os_str()])))
}

/// The checkpoint key among what was said about a ledger.
pub(super) fn checkpoint_key(said: &str) -> anyhow::Result<&str> {
    said.lines().find_map(|line| line.strip_prefix("checkpoint key  ")).context("no checkpoint key")
}

/// `hefu`, for a server.
pub(super) fn hefu(server: &str, words: &str) -> anyhow::Result<Command> {
    let mut command = Command::new(shell::program("hefu")?);
    command.args(words.split(' ')).env("HEFU_SERVER", server);
    Ok(command)
}

/// Puts a log's files into a folder.
pub(super) fn export(server: &str, to: &Path) -> anyhow::Result<()> {
    shell::capture(hefu(server, "log export")?.arg(to)).map(drop)
}
