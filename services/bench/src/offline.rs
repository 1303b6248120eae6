//! What an auditor does with an export, with the program that an auditor runs; and what the ledger takes on the disk.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use hefu_journal::{Durability, RocksStore};
use hefu_tests::server::config;
use hefu_tests::world::{ORIGIN, keys};
use hefu_types::Entry;
use hefu_types::vkey::VerifierKey;
use hefu_verify::Export;
use hefu_views::{Projector, Records, Replay, Run, VIEWS};
use serde::Serialize;

use crate::fill;
use crate::ledger::Shape;
use crate::process::disk_bytes;
use crate::serving::{Serving, program};

/// A ledger that was written without gRPC, served once, and exported.
#[derive(Debug)]
pub(crate) struct Exported {
    pub(crate) shape: Shape,
    /// The export.
    copy: PathBuf,
    pub(crate) facts: Facts,
}

/// How much there is, and what it takes.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Facts {
    pub(crate) entries: u64,
    pub(crate) events: u64,
    /// All entries.
    pub(crate) entry_bytes: u64,
    /// The data folder of the server once the views were complete, as a server leaves it that is stopped.
    pub(crate) data_bytes: u64,
    /// The same, compacted.
    pub(crate) compacted_bytes: u64,
}

impl Exported {
    /// Writes so many submissions, exports them, and keeps the export alone.
    pub(crate) fn new(folder: &Path, shape: Shape, submissions: usize) -> anyhow::Result<Self> {
        let (data, copy) = (folder.join("exported"), folder.join(format!("copy-{}", shape.events)));
        fill::write(&data, shape, submissions)?;
        let serving = Serving::over(&data)?;
        serving.views_complete()?;
        hefu(&["--server", &serving.url(), "log", "export"], &[&copy])?;
        serving.stop();
        let data_bytes = disk_bytes(&data)?;
        compact(&data)?;
        let compacted_bytes = disk_bytes(&data)?;
        std::fs::remove_dir_all(&data)?;
        let (entries, events, entry_bytes) = count(&copy)?;
        Ok(Self { shape, copy, facts: Facts { entries, events, entry_bytes, data_bytes, compacted_bytes } })
    }

    /// Entries a second of `hefu verify`, from its start to its end: canonical form, signatures, chain, tree, rules, and the
    /// checkpoint under the log's key.
    pub(crate) fn verify(&self) -> anyhow::Result<f64> {
        let key = VerifierKey::new(ORIGIN, keys("checkpoint").public())?.to_string();
        let took = hefu(&["verify", "--key", &key], &[&self.copy])?;
        Ok(self.facts.entries as f64 / took.as_secs_f64())
    }

    /// Events a second of `hefu replay`, from its start to its end: every view, and all tables written.
    pub(crate) fn replay(&self) -> anyhow::Result<f64> {
        let tables = self.copy.with_file_name("tables");
        let took = hefu(&["replay", "--to"], &[&tables, &self.copy])?;
        std::fs::remove_dir_all(&tables)?;
        Ok(self.facts.events as f64 / took.as_secs_f64())
    }

    /// Events a second of building all views in memory as `hefu replay` does, without their tables.
    pub(crate) fn build_views(&self) -> anyhow::Result<f64> {
        let since = Instant::now();
        let mut replay = Replay::new(Records::default());
        let stops = replay.stops();
        let work = |entries: &[Bytes]| -> anyhow::Result<Vec<Run>> {
            let decoded = entries.iter().map(|bytes| Ok(Entry::parse(bytes.clone())?.decode()?));
            Ok(Run::all(&decoded.collect::<anyhow::Result<Vec<_>>>()?, &stops)?)
        };
        Export::open(&self.copy)?.work(work, |runs| {
            runs?.into_iter().try_for_each(|run| replay.take(run))?;
            Ok::<_, anyhow::Error>(ControlFlow::Continue(()))
        })?;
        let built = replay.finish()?;
        ensure!(Projector::new(&built.memory).cursor(VIEWS[0])?.size().get() == self.facts.entries, "all entries");
        Ok(self.facts.events as f64 / since.elapsed().as_secs_f64())
    }
}

/// Runs `hefu`, and says how long that took.
fn hefu(arguments: &[&str], paths: &[&Path]) -> anyhow::Result<Duration> {
    let mut command = Command::new(program("hefu")?);
    command.args(arguments).args(paths).stdin(Stdio::null());
    let since = Instant::now();
    let output = command.output().context("hefu can't be started")?;
    let took = since.elapsed();
    ensure!(output.status.success(), "hefu {arguments:?} failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    Ok(took)
}

fn compact(data: &Path) -> anyhow::Result<()> {
    Ok(RocksStore::open(&config(data.to_owned()).journal(), Durability::Synced)?.compact()?)
}

/// Entries, events, and bytes of all entries.
fn count(copy: &Path) -> anyhow::Result<(u64, u64, u64)> {
    let mut all = (0, 0, 0);
    for bytes in Export::open(copy)?.entries(None) {
        let bytes = bytes?;
        let length = bytes.len() as u64;
        let events = Entry::parse(bytes)?.decode()?.submission.events.len() as u64;
        all = (all.0 + 1, all.1 + events, all.2 + length);
    }
    Ok(all)
}
