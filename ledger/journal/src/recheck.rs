//! A snapshot is not taken at its word: its state is derived once more from the first entry on, beside the server's work.
//!
//! This is what a start without a snapshot does before it serves. When it finds another state, or an entry that does not follow
//! from those before it, writes are latched, and the snapshot is deleted: the next start finds what is wrong by itself.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};

use hefu_types::{Reason, Refusal, RootHash, Size};

use crate::background::work_behind_others;
use crate::clock::Stopwatch;
use crate::journal::Latch;
use crate::recovery::Recovered;
use crate::snapshot::digest;
use crate::store::Store;

/// It works for this part of the time, so that the log is checked in minutes and nobody notices.
const PART_OF_TIME: u32 = 10;

/// A check on its way.
pub(crate) struct Recheck {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) latch: Arc<Latch>,
    pub(crate) path: PathBuf,
    /// What the snapshot says.
    pub(crate) size: Size,
    pub(crate) digest: [u8; 32],
    pub(crate) root: RootHash,
    /// Set when the snapshot was found right.
    pub(crate) done: Arc<AtomicBool>,
    /// Closed when the journal stops.
    pub(crate) stopping: Receiver<()>,
}

impl Recheck {
    pub(crate) fn run(self) {
        work_behind_others();
        match self.derive() {
            Ok(true) => {
                tracing::info!(size = %self.size, "the snapshot is what the entries amount to");
                self.done.store(true, Ordering::Release);
            }
            Ok(false) => {}
            Err(what) => {
                tracing::error!(what, "the log and its snapshot differ; writes are refused from now on");
                // If it stays, the next start says the same a little later.
                let _still_there = std::fs::remove_file(&self.path);
                self.latch.set(Refusal::new(Reason::StorageDamaged, "", what));
            }
        }
    }

    /// `false` when the journal stops first.
    fn derive(&self) -> Result<bool, String> {
        let mut so_far = Recovered::start();
        while so_far.size < self.size {
            let since = Stopwatch::start();
            let went_on = so_far.advance(&*self.store, self.size).map_err(|e| e.to_string())?;
            if !went_on {
                return Err(format!("entry {} is not there", so_far.size));
            }
            let pause = since.elapsed() * (PART_OF_TIME - 1);
            if self.stopping.recv_timeout(pause) != Err(RecvTimeoutError::Timeout) {
                return Ok(false);
            }
        }
        // The tree as stored has this root, see [`crate::snapshot::Snapshot::resume`].
        if so_far.edge.root() != self.root {
            return Err(format!("the stored tree of {} entries is not that of the entries", self.size));
        }
        if digest(&so_far.state) != self.digest {
            return Err(format!("the snapshot of {} entries is not what they amount to", self.size));
        }
        Ok(true)
    }
}
