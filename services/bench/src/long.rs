//! A long log beside a short one: starting with it, the server's memory, throughput, and proofs.

use std::fmt;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::bail;
use hdrhistogram::Histogram;
use hefu_client::{Retry, Server};
use hefu_proto::v1::GetInclusionProofRequest;
use hefu_tests::Rng;
use serde::Serialize;

use crate::figure::{Figure, Number};
use crate::fill;
use crate::ledger::{Ledger, Shape};
use crate::load::{Load, histogram, runtime};
use crate::process::usage;
use crate::report::{Details, Outcome};
use crate::serving::Serving;
use crate::suite::WIDE;
use crate::trial::{self, Run};

/// Entries of the log that the long one is compared with.
const SHORT: usize = 100_000;

/// Submissions of each load that a started server is sent.
const SUBMISSIONS: usize = 100_000;

/// How long such a load may take.
const PATIENCE: Duration = Duration::from_secs(600);

/// A server that writes nothing for so long has nothing to tidy up.
const STILL: Duration = Duration::from_secs(3);

/// Inclusion proofs that are asked for, one after another.
const PROOFS: usize = 5_000;

/// What was measured with a log.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Sized {
    pub(crate) entries: u64,
    /// Writing them, without gRPC: signing, checking, sequencing, syncing.
    pub(crate) write_seconds: f64,
    /// Bytes of the data folder before the first start.
    pub(crate) disk_bytes: u64,
    /// The first start: views are built from nothing.
    pub(crate) first: Start,
    /// Further starts: views are there.
    pub(crate) later: Vec<Start>,
    /// Until it wrote nothing more by itself.
    pub(crate) settled_seconds: f64,
    /// Then, submissions over one stream.
    pub(crate) loads: Vec<Run>,
    /// Inclusion proofs of random entries under the head, one after another over gRPC.
    pub(crate) proof_p50_micros: u64,
    pub(crate) proof_p99_micros: u64,
    /// Peak memory after all that.
    pub(crate) peak_mib: u64,
}

/// A start.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Start {
    /// Until submissions are taken.
    pub(crate) ready_seconds: f64,
    /// Peak memory by then.
    pub(crate) ready_peak_mib: u64,
    /// Until the views answer up to the last entry, from the start on.
    pub(crate) views_seconds: f64,
    /// Peak memory by then.
    pub(crate) views_peak_mib: u64,
}

impl fmt::Display for Sized {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { entries, write_seconds, first, later, .. } = self;
        writeln!(f, "            {entries} entries, written in {} s", Number(*write_seconds))?;
        for start in std::iter::once(first).chain(later) {
            writeln!(f, "            {start}")?;
        }
        write!(
            f,
            "            settled after {} s; then inclusion proofs in {} µs (p50), {} µs (p99); peak {} MiB",
            Number(self.settled_seconds),
            self.proof_p50_micros,
            self.proof_p99_micros,
            self.peak_mib
        )
    }
}

impl fmt::Display for Start {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ready_seconds, ready_peak_mib, views_seconds, views_peak_mib } = self;
        write!(
            f,
            "takes submissions after {} s (peak {ready_peak_mib} MiB), views complete after {} s (peak {views_peak_mib} MiB)",
            Number(*ready_seconds),
            Number(*views_seconds)
        )
    }
}

/// Measures a short log beside one of so many entries. Loads take turns between the two, so that a machine that slows down
/// slows down both.
pub(crate) fn measure(folder: &Path, entries: usize, runs: usize) -> anyhow::Result<Outcome> {
    let mut short = Stage::prepare(&folder.join("short"), SHORT.min(entries), runs)?;
    let mut long = Stage::prepare(&folder.join("long"), entries, runs)?;
    for _ in 0..runs {
        short.load()?;
        long.load()?;
    }
    let (short, long) = (short.finish()?, long.finish()?);
    let later = |value: fn(&Start) -> f64| long.later.iter().map(value).collect();
    let rates = |sized: &Sized| sized.loads.iter().map(|run| run.submissions_per_second).collect::<Vec<_>>();
    let shares = rates(&long).iter().zip(rates(&short)).map(|(long, short)| long / short).collect();
    let figures = vec![
        Figure::plain("first start, takes submissions", "s", vec![long.first.ready_seconds]),
        Figure::plain("first start, views complete", "s", vec![long.first.views_seconds]),
        Figure::plain("start, takes submissions", "s", later(|start| start.ready_seconds)).at_most(5.0, 2.0),
        Figure::plain("start, peak memory", "MiB", later(|start| start.views_peak_mib as f64)).at_most(600.0, 300.0),
        Figure::speed("submissions, short log", "/s", rates(&short)),
        Figure::speed("submissions, long log", "/s", rates(&long)),
        Figure::plain("long, of short", "", shares).at_least(0.85, 0.95),
    ];
    Ok(Outcome {
        row: "long",
        about: "a long log beside one of 100,000 entries",
        setting: format!("28 keys, an event each; {} and {} entries", short.entries, long.entries),
        figures,
        details: Details::Long(Box::new([short, long])),
    })
}

/// A server over a log that was written for it, and what was measured with it so far.
struct Stage {
    serving: Serving,
    ledger: Ledger,
    sized: Sized,
}

impl Stage {
    /// Writes a journal, starts the server over it several times, and waits until it has tidied up behind the first start.
    fn prepare(data: &Path, entries: usize, runs: usize) -> anyhow::Result<Self> {
        let since = Instant::now();
        let ledger = fill::write(data, Shape::SINGLE, entries)?;
        let write_seconds = since.elapsed().as_secs_f64();
        let disk_bytes = crate::process::disk_bytes(data)?;
        let (mut serving, entries, first) = start(data)?;
        let mut later = vec![];
        for _ in 0..runs {
            serving.kill();
            let again;
            (serving, _, again) = start(data)?;
            later.push(again);
        }
        let settled_seconds = settle(&serving)?;
        let sized = Sized {
            entries,
            write_seconds,
            disk_bytes,
            first,
            later,
            settled_seconds,
            loads: vec![],
            proof_p50_micros: 0,
            proof_p99_micros: 0,
            peak_mib: 0,
        };
        Ok(Self { serving, ledger, sized })
    }

    /// Sends a number of submissions, all of them, so that the next load can go on from there.
    fn load(&mut self) -> anyhow::Result<()> {
        self.ledger.signed = self.ledger.sign(SUBMISSIONS);
        let load = Load::Stream { in_flight: WIDE, receipts: true };
        self.sized.loads.push(trial::run_on(&self.serving, &self.ledger, load, PATIENCE)?);
        Ok(())
    }

    fn finish(self) -> anyhow::Result<Sized> {
        let Self { serving, mut sized, .. } = self;
        let proofs = runtime()?.block_on(proofs(&serving.url(), sized.entries))?;
        (sized.proof_p50_micros, sized.proof_p99_micros) =
            (proofs.value_at_quantile(0.5), proofs.value_at_quantile(0.99));
        sized.peak_mib = serving.peak_mib()?;
        let data = serving.data().to_owned();
        serving.kill();
        std::fs::remove_dir_all(data)?;
        Ok(sized)
    }
}

/// Waits until a server writes nothing more by itself, and says after how many seconds: a first start writes all rows of the views,
/// which the store then merges for a while.
fn settle(serving: &Serving) -> anyhow::Result<f64> {
    let since = Instant::now();
    let mut written = usage(serving.id())?.written_bytes;
    while since.elapsed() < PATIENCE {
        std::thread::sleep(STILL);
        let now = usage(serving.id())?.written_bytes;
        if now == written {
            return Ok(since.elapsed().as_secs_f64());
        }
        written = now;
    }
    bail!("the server still writes after {PATIENCE:?}")
}

/// Microseconds from asking for a proof until it is there.
async fn proofs(url: &str, size: u64) -> anyhow::Result<Histogram<u64>> {
    let mut client = Server::new(url, Retry::default())?.proofs();
    let (mut rng, mut latencies) = (Rng::new(1), histogram());
    for _ in 0..PROOFS {
        let request = GetInclusionProofRequest { seq: rng.bits() % size, size };
        let since = Instant::now();
        client.get_inclusion_proof(request).await?;
        latencies.saturating_record(u64::try_from(since.elapsed().as_micros())?);
    }
    Ok(latencies)
}

fn start(data: &Path) -> anyhow::Result<(Serving, u64, Start)> {
    let since = Instant::now();
    let serving = Serving::over(data)?;
    let (ready_seconds, ready_peak_mib) = (since.elapsed().as_secs_f64(), serving.peak_mib()?);
    let size = serving.views_complete()?;
    let (views_seconds, views_peak_mib) = (since.elapsed().as_secs_f64(), serving.peak_mib()?);
    Ok((serving, size, Start { ready_seconds, ready_peak_mib, views_seconds, views_peak_mib }))
}
