//! Mirrors of a log: folders of static files, honest or not, each served by a `hefu log serve` of its own.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use bytes::Bytes;
use hefu_types::note::NoteSigner;
use hefu_types::{Checkpoint, SignedCheckpoint};
use tempfile::TempDir;

use crate::child::program;
use crate::export;
use crate::world::{ORIGIN, keys};

/// A mirror that shows what it is told to. Killed when dropped.
pub struct Mirror {
    child: Child,
    dir: TempDir,
    /// Where it is: `http://127.0.0.1:PORT`.
    pub url: String,
}

impl Mirror {
    /// Serves these entries, under a checkpoint that the log signed.
    ///
    /// # Panics
    /// When it can't.
    #[must_use]
    pub fn of(entries: &[Bytes]) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        fill(&dir, entries);
        let mut command = Command::new(program("hefu"));
        command.args(["log", "serve", "--listen", "127.0.0.1:0"]).arg(dir.path());
        let mut child = command.stdout(Stdio::piped()).spawn().expect("a process");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
        let url = line.trim().strip_prefix("files on ").expect("a server that listens").to_owned();
        Self { child, dir, url }
    }

    /// Shows these entries instead, under a checkpoint that the log signed.
    ///
    /// # Panics
    /// When the folder can't be written.
    pub fn show(&self, entries: &[Bytes]) {
        std::fs::remove_dir_all(self.dir.path().join("tile")).expect("removed");
        fill(&self.dir, entries);
    }

    /// Shows another file at a path.
    ///
    /// # Panics
    /// When the folder can't be written.
    pub fn put(&self, path: &str, bytes: &[u8]) {
        std::fs::write(self.dir.path().join(path), bytes).expect("written");
    }

    /// Shows a file no more.
    ///
    /// # Panics
    /// When it is not there.
    pub fn hide(&self, path: &str) {
        std::fs::remove_file(self.dir.path().join(path)).expect("there");
    }

    /// A file that it shows.
    ///
    /// # Panics
    /// When it is not there.
    #[must_use]
    pub fn file(&self, path: &str) -> Vec<u8> {
        std::fs::read(self.dir.path().join(path)).expect("there")
    }
}

impl Drop for Mirror {
    fn drop(&mut self) {
        // It may be gone already.
        let _gone = self.child.kill();
        let _status = self.child.wait();
    }
}

fn fill(dir: &TempDir, entries: &[Bytes]) {
    export::write(dir.path(), entries);
    let rows = export::write_tree(dir.path(), entries);
    let checkpoint = Checkpoint::new(ORIGIN, rows.size(), rows.root()).expect("a name");
    let signer = NoteSigner::new(ORIGIN, keys("checkpoint")).expect("a name");
    let signed = SignedCheckpoint::sign(&checkpoint, &signer).expect("its log");
    std::fs::write(dir.path().join("checkpoint"), signed.to_bytes()).expect("written");
}
