//! One run of a load: a fresh ledger, a fresh server, the load, and what that cost.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::ensure;
use serde::Serialize;

use crate::ledger::Ledger;
use crate::load::{self, Counted, Load};
use crate::process::{disk_bytes, peak_mib, usage};
use crate::serving::Serving;

/// What one run measured. What it cost is counted for everything that was sent, with warm-up, until the views have it, too.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Run {
    /// Answers that were counted.
    pub(crate) submissions: u64,
    pub(crate) submissions_per_second: f64,
    /// Everything that was answered, with warm-up and drain.
    pub(crate) answered: u64,
    /// The same a second, from the first one sent until all is in the views.
    pub(crate) settled_per_second: f64,
    pub(crate) p50_micros: u64,
    pub(crate) p99_micros: u64,
    pub(crate) max_micros: u64,
    /// Time of the server's threads on cores, a submission.
    pub(crate) server_cpu_micros: f64,
    /// Time of the generator's thread on a core, a submission.
    pub(crate) generator_cpu_micros: f64,
    /// Peak memory of the server.
    pub(crate) peak_mib: u64,
    /// What the server caused to be written to the disk, a submission.
    pub(crate) written_bytes: f64,
    /// What the data folder grew by on the disk, a submission; logs and tables that are not compacted yet included.
    pub(crate) disk_bytes: f64,
    /// Everything was sent before the time was over.
    #[serde(skip)]
    pub(crate) ran_out: bool,
    /// From the last answer until the views have applied everything.
    pub(crate) views_seconds: f64,
}

/// Runs a load once.
pub(crate) fn run(data: &Path, ledger: &Ledger, load: Load, time: Duration) -> anyhow::Result<Run> {
    let serving = Serving::fresh(data, &ledger.world)?;
    let run = run_on(&serving, ledger, load, time)?;
    serving.kill();
    Ok(run)
}

/// Runs a load once on a server that has not been sent any of it.
pub(crate) fn run_on(serving: &Serving, ledger: &Ledger, load: Load, time: Duration) -> anyhow::Result<Run> {
    let before = serving.views_complete()?;
    let send = || load::run(serving.address(), ledger, load, time);
    let (run, after) = cost(serving.id(), serving.data(), send, || serving.views_complete())?;
    ensure!(after - before == run.answered, "{} were answered, the log grew by {}", run.answered, after - before);
    Ok(run)
}

/// What a load costs the process that serves it, until that has settled.
pub(crate) fn cost<T>(
    process: u32,
    folder: &Path,
    load: impl FnOnce() -> anyhow::Result<Counted>,
    settle: impl FnOnce() -> anyhow::Result<T>,
) -> anyhow::Result<(Run, T)> {
    let (before, disk_before) = (usage(process)?, disk_bytes(folder)?);
    let begins = Instant::now();
    let counted = load()?;
    let since = Instant::now();
    let settled = settle()?;
    let (views_seconds, whole) = (since.elapsed().as_secs_f64(), begins.elapsed().as_secs_f64());
    let (after, disk_after) = (usage(process)?, disk_bytes(folder)?);
    let each = |total: f64| total / counted.answered.max(1) as f64;
    let micros = |time: Duration| each(time.as_secs_f64() * 1e6);
    let run = Run {
        submissions: counted.counted,
        answered: counted.answered,
        settled_per_second: counted.answered as f64 / whole,
        submissions_per_second: counted.per_second(),
        p50_micros: counted.latencies.value_at_quantile(0.5),
        p99_micros: counted.latencies.value_at_quantile(0.99),
        max_micros: counted.latencies.max(),
        server_cpu_micros: micros(after.cpu.saturating_sub(before.cpu)),
        generator_cpu_micros: micros(counted.generator),
        peak_mib: peak_mib(process)?,
        written_bytes: each((after.written_bytes - before.written_bytes) as f64),
        disk_bytes: each(disk_after.saturating_sub(disk_before) as f64),
        ran_out: counted.ran_out,
        views_seconds,
    };
    Ok((run, settled))
}
