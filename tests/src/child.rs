//! The server as a process of its own, for tests that kill it.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A program of this workspace, built by `cargo xtask test` before the tests run.
///
/// # Panics
/// When it was not built.
#[must_use]
pub fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test program");
    let path = test.parent().and_then(Path::parent).expect("target/<profile>/deps").join(name);
    assert!(path.is_file(), "{} is not built; run `cargo xtask test`, or `cargo build --workspace`", path.display());
    path
}

/// A running `hefud serve`. Killed when dropped.
pub struct Hefud {
    child: Child,
    /// Where it listens: `127.0.0.1:PORT`.
    pub address: String,
    /// Where the log's files are: `http://127.0.0.1:PORT`.
    pub files: String,
}

impl Hefud {
    /// Starts `hefud serve` over a folder and waits until it listens.
    ///
    /// # Panics
    /// When it does not.
    #[must_use]
    pub fn start(data: &Path, more: &[&str]) -> Self {
        let mut command = Command::new(program("hefud"));
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0", "--log", "warn", "--data"])
            .arg(data)
            .args(more);
        Self::spawn(command)
    }

    /// Runs a command that ends up as `hefud serve`, and waits until it listens.
    ///
    /// # Panics
    /// When it does not.
    #[must_use]
    pub fn spawn(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("a process");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let mut after = |words: &str| {
            let line = lines.next().and_then(Result::ok).unwrap_or_default();
            line.strip_prefix(words).unwrap_or_else(|| panic!("{line:?} is not where it listens")).to_owned()
        };
        let (address, files) = (after("listening on "), after("files on "));
        Self { child, address, files }
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it is gone by itself.
    ///
    /// # Panics
    /// When it can't be waited for.
    pub fn wait(mut self) {
        self.child.wait().expect("gone");
    }

    /// SIGTERM, and waits until it has stopped as it should.
    ///
    /// # Panics
    /// When it can't be told, or fails.
    pub fn stop(mut self) {
        let told = Command::new("kill").arg(self.id().to_string()).status().expect("kill");
        assert!(told.success(), "it can't be told to stop");
        assert!(self.child.wait().expect("gone").success(), "it failed");
    }

    /// SIGKILL, and waits until it is gone.
    ///
    /// # Panics
    /// When it can't be killed.
    pub fn kill(mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("gone");
    }
}

impl Drop for Hefud {
    fn drop(&mut self) {
        // It may be gone already.
        let _gone = self.child.kill();
        let _status = self.child.wait();
    }
}
