//! Takes snapshots while the journal runs: the sequencer copies the state now and then, a thread writes it down.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use hefu_rules::State;
use hefu_types::Size;

use crate::background::work_behind_others;
use crate::journal::Latch;
use crate::snapshot::{Snapshot, SnapshotOptions};

/// Nothing is sequenced while rows are copied: with this many entries a row between two copies, that stays a small part of what
/// sequencing them took, however large the state is.
const ENTRIES_PER_ROW: u64 = 4;

/// How often the thread looks whether what it holds is durable, and how long.
const LOOK: Duration = Duration::from_millis(10);
const LOOKS_MAX: u32 = 6_000;

/// The sequencer's side.
#[derive(Debug)]
pub(crate) struct Snapshots {
    every: u64,
    last: Size,
    writer: SyncSender<Snapshot>,
}

impl Snapshots {
    /// Snapshots from this size on, and the thread's work.
    pub(crate) fn new(options: SnapshotOptions, last: Size, latch: Arc<Latch>) -> (Self, impl FnOnce() + Send) {
        let (writer, snapshots) = sync_channel(1);
        let SnapshotOptions { path, every } = options;
        let write = move || write_all(&snapshots, &path, &latch);
        (Self { every, last, writer }, write)
    }

    /// Whether it is time for a snapshot.
    pub(crate) fn is_due(&self, size: Size, state: &State) -> bool {
        let rows = ENTRIES_PER_ROW.saturating_mul(state.rows() as u64);
        size.get() - self.last.get() >= self.every.max(rows)
    }

    /// Hands a snapshot over, unless the one before is still being written.
    pub(crate) fn take(&mut self, snapshot: Snapshot) {
        self.last = snapshot.size;
        match self.writer.try_send(snapshot) {
            Ok(()) | Err(TrySendError::Full(_)) => {}
            Err(TrySendError::Disconnected(_)) => tracing::warn!("snapshots are no longer written"),
        }
    }

    /// Hands over the last one before the end, if anything was recorded since the one before.
    pub(crate) fn finish(&mut self, snapshot: Snapshot) {
        if snapshot.size > self.last {
            // Without the thread there is nothing to be done.
            let _gone = self.writer.send(snapshot);
        }
    }
}

fn write_all(snapshots: &Receiver<Snapshot>, path: &std::path::Path, latch: &Latch) {
    work_behind_others();
    for snapshot in snapshots {
        // A snapshot of more than is durable would be one of another log after a crash.
        if !becomes_durable(snapshot.size, latch) {
            continue;
        }
        match snapshot.write(path) {
            Ok(()) => tracing::debug!(size = %snapshot.size, "snapshot taken"),
            // The next start takes longer; nothing else depends on it.
            Err(error) => tracing::warn!(%error, path = %path.display(), "no snapshot can be written"),
        }
    }
}

fn becomes_durable(size: Size, latch: &Latch) -> bool {
    for _ in 0..LOOKS_MAX {
        // Of a state that writes were latched for, none is kept.
        if latch.check().is_err() {
            return false;
        }
        if latch.durable_size() >= size {
            return true;
        }
        std::thread::sleep(LOOK);
    }
    false
}
