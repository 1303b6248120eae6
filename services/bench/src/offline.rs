//! What an auditor does with what was written: verify, replay.

use std::fmt;
use std::path::Path;
use std::time::Instant;

use bytes::Bytes;
use hefu_client::{Reader, Retry, Server};
use hefu_types::{Entry, Seq};
use hefu_verify::{Export, Head, verify};
use hefu_views::{Memory, Projector};
use serde::Serialize;
use tokio::runtime::Runtime;

/// Entries that are applied to the views at a time.
const BATCH: usize = 1_000;

/// What was measured.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Offline {
    pub(crate) entries: u64,
    pub(crate) events: u64,
    pub(crate) bytes_per_entry: u64,
    pub(crate) verified_entries_per_second: f64,
    pub(crate) replayed_events_per_second: f64,
}

impl fmt::Display for Offline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { entries, bytes_per_entry, verified_entries_per_second: v, replayed_events_per_second: r, .. } = self;
        writeln!(f, "export                {entries} entries of {bytes_per_entry} bytes on average")?;
        writeln!(f, "verify, all cores     {v:.0} entries/s (signatures, chain, rules)")?;
        write!(f, "replay, one core      {r:.0} events/s (all views, in memory)")
    }
}

/// Takes the log from a server, verifies and replays it.
pub(crate) fn measure(address: &str, folder: &Path, runtime: &Runtime) -> anyhow::Result<Offline> {
    let (head, entries) = runtime.block_on(fetch(address))?;
    hefu_tests::export::write(folder, &entries);
    let export = Export::open(folder)?;
    let since = Instant::now();
    let report = verify(&export, head, &mut |_| {})?;
    let verifying = since.elapsed().as_secs_f64();
    anyhow::ensure!(report.failure.is_none(), "what was written does not verify: {:?}", report.failure);
    let since = Instant::now();
    replay(&export)?;
    let replaying = since.elapsed().as_secs_f64();
    Ok(Offline {
        entries: report.entries,
        events: report.events,
        bytes_per_entry: report.bytes / report.entries.max(1),
        verified_entries_per_second: report.entries as f64 / verifying,
        replayed_events_per_second: report.events as f64 / replaying,
    })
}

async fn fetch(address: &str) -> anyhow::Result<(Head, Vec<Bytes>)> {
    let reader = Reader::new(Server::new(address, Retry::default())?);
    let head = reader.head().await?;
    let mut entries = Vec::new();
    let mut log = reader.entries(Seq::FIRST, head.size);
    while let Some(entry) = log.next().await? {
        entries.push(entry.bytes().clone());
    }
    Ok((Head { size: head.size, chain_hash: head.chain_hash }, entries))
}

fn replay(export: &Export) -> anyhow::Result<()> {
    let memory = Memory::new();
    let projector = Projector::new(&memory);
    let mut batch = Vec::with_capacity(BATCH);
    for bytes in export.entries(None) {
        batch.push(Entry::parse(bytes?)?.decode()?);
        if batch.len() == BATCH {
            projector.apply_all(&batch)?;
            batch.clear();
        }
    }
    Ok(projector.apply_all(&batch)?)
}
