//! A second process that cleans up when the demo ends, however it ends: Ctrl-C and SIGKILL included.
//!
//! It reads lines from the demo's pipe. When the pipe closes, the demo is gone: what still runs is killed, the folder is
//! removed. Its own process group keeps it out of the reach of Ctrl-C.

use std::io::{BufRead as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

/// The hidden command that this process is started as.
pub(crate) const NAME: &str = "janitor";

/// How long a killed server may go on writing into the folder.
const PATIENCE: Duration = Duration::from_secs(10);

/// The demo's end of the pipe.
pub(super) struct Janitor {
    child: Child,
    pipe: Option<ChildStdin>,
}

impl Janitor {
    /// Starts one for a folder.
    pub(super) fn start(folder: &Path) -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(NAME).arg(folder).stdin(Stdio::piped()).process_group(0);
        let mut child = command.spawn().context("the process that cleans up can't be started")?;
        let pipe = child.stdin.take();
        Ok(Self { child, pipe })
    }

    /// A process runs.
    pub(super) fn runs(&mut self, id: u32) -> anyhow::Result<()> {
        self.say(&format!("runs {id}"))
    }

    /// A process has ended.
    pub(super) fn ended(&mut self, id: u32) -> anyhow::Result<()> {
        self.say(&format!("ended {id}"))
    }

    /// Everything stays.
    pub(super) fn dismiss(&mut self) -> anyhow::Result<()> {
        self.say("dismissed")
    }

    fn say(&mut self, line: &str) -> anyhow::Result<()> {
        let pipe = self.pipe.as_mut().context("the pipe is closed")?;
        writeln!(pipe, "{line}").context("the process that cleans up is gone")
    }
}

impl Drop for Janitor {
    /// Closes the pipe and waits until everything is clean.
    fn drop(&mut self) {
        self.pipe = None;
        let _status = self.child.wait();
    }
}

/// The janitor's own work.
pub(crate) fn clean_up_after(arguments: &[String]) -> anyhow::Result<()> {
    let folder = PathBuf::from(arguments.first().context("which folder?")?);
    let mut running: Vec<String> = vec![];
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        match line.split_once(' ') {
            Some(("runs", id)) => running.push(id.to_owned()),
            Some(("ended", gone)) => running.retain(|id| id != gone),
            _ if line == "dismissed" => return Ok(()),
            _ => bail!("{line:?} is no word between the two"),
        }
    }
    for id in running {
        // It may be gone already: Ctrl-C reaches it, too.
        let _status = Command::new("sh").args(["-c", "kill -KILL \"$1\" 2>/dev/null", "sh", &id]).status();
    }
    remove(&folder)
}

/// Removes the folder; a server that is just dying may still write into it.
fn remove(folder: &Path) -> anyhow::Result<()> {
    let since = Instant::now();
    while let Err(e) = std::fs::remove_dir_all(folder) {
        if !folder.exists() {
            break;
        }
        if since.elapsed() > PATIENCE {
            return Err(e).with_context(|| format!("{} can't be removed", folder.display()));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}
