//! A long log beside a short one: starting with it, the server's memory, and proofs.

use std::collections::VecDeque;
use std::fmt;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use hdrhistogram::Histogram;
use hefu_client::{Retry, Server};
use hefu_journal::{Journal, Options, Ticket};
use hefu_proto::v1::{GetInclusionProofRequest, ListViewsRequest};
use hefu_rules::{Admitted, admit};
use hefu_tests::Rng;
use hefu_tests::child::Hefud;
use hefu_tests::server::{config, seed};
use hefu_types::{Reason, SignedSubmission};
use hefud::server::open_journal;
use rayon::prelude::*;
use serde::Serialize;
use tokio::runtime::Runtime;

use crate::ledger::Bench;
use crate::load::{self, Way};

/// Entries of the log that the long one is compared with.
const SHORT: usize = 100_000;

/// Submissions that are signed and checked at a time.
const CHUNK: usize = 50_000;

/// How long the views may take.
const PATIENCE: Duration = Duration::from_secs(600);

/// Submissions that a started server is sent before its memory is read.
const SUBMISSIONS: usize = 50_000;

/// Inclusion proofs that are asked for, one after another.
const PROOFS: usize = 5_000;

/// A short and a long log.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Long {
    pub(crate) short: Sized,
    pub(crate) long: Sized,
}

/// What was measured with a log.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Sized {
    pub(crate) entries: u64,
    /// Writing them, without gRPC: signing, checking, sequencing, syncing.
    pub(crate) write_seconds: f64,
    /// The first start: views are built from nothing.
    pub(crate) first: Start,
    /// The second start: views are there.
    pub(crate) second: Start,
    /// Then, submissions a second over one stream.
    pub(crate) submissions_per_second: f64,
    /// Inclusion proofs of random entries under the head, one after another over gRPC.
    pub(crate) proof_p50_micros: u64,
    pub(crate) proof_p99_micros: u64,
    /// Peak memory after all that.
    pub(crate) peak_mib: u64,
}

/// A start.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Start {
    /// Until submissions are taken: every entry was replayed through the rules.
    pub(crate) ready_seconds: f64,
    /// Peak memory by then.
    pub(crate) ready_peak_mib: u64,
    /// Until the views answer up to the last entry, from the start on.
    pub(crate) views_seconds: f64,
    /// Peak memory by then.
    pub(crate) views_peak_mib: u64,
}

impl fmt::Display for Long {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { short, long } = self;
        write!(f, "\n{short}\n{long}\nlong against short     ")?;
        let throughput = long.submissions_per_second / short.submissions_per_second;
        let peak = |sized: &Sized| i128::from(sized.first.views_peak_mib.max(sized.peak_mib));
        write!(f, "{throughput:.2} of the throughput, {:+} MiB at the peak", peak(long) - peak(short))
    }
}

impl fmt::Display for Sized {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} entries, one event each; written in {:.1} s", self.entries, self.write_seconds)?;
        writeln!(f, "first start           {}", self.first)?;
        writeln!(f, "second start          {}", self.second)?;
        writeln!(
            f,
            "then                  {:.0} submissions/s; inclusion proofs in {} µs (p50), {} µs (p99); peak {} MiB",
            self.submissions_per_second, self.proof_p50_micros, self.proof_p99_micros, self.peak_mib
        )
    }
}

impl fmt::Display for Start {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ready_seconds, ready_peak_mib, views_seconds, views_peak_mib } = self;
        write!(
            f,
            "takes submissions after {ready_seconds:.1} s (peak {ready_peak_mib} MiB), views complete after \
             {views_seconds:.1} s (peak {views_peak_mib} MiB)"
        )
    }
}

/// Measures a short log, then one of so many entries.
pub(crate) fn measure(folder: &Path, entries: usize, runtime: &Runtime) -> anyhow::Result<Long> {
    let short = sized(&folder.join("short"), SHORT.min(entries), runtime)?;
    println!("\n{short}");
    Ok(Long { short, long: sized(&folder.join("long"), entries, runtime)? })
}

/// Writes a journal of single-event submissions, starts the server over it twice, and lets it work.
fn sized(data: &Path, entries: usize, runtime: &Runtime) -> anyhow::Result<Sized> {
    let since = Instant::now();
    let mut bench = write(data, entries)?;
    let write_seconds = since.elapsed().as_secs_f64();
    let (server, _, first) = start(data, runtime)?;
    server.kill();
    let (server, size, second) = start(data, runtime)?;
    let (address, way) = (format!("http://{}", server.address), Way::stream(256));
    let signed = bench.sign(0, SUBMISSIONS);
    let load = runtime.block_on(load::run(&address, way, signed, PATIENCE))?;
    let proofs = runtime.block_on(proofs(&address, size))?;
    let peak_mib = peak_mib(server.id())?;
    server.kill();
    std::fs::remove_dir_all(data)?;
    Ok(Sized {
        entries: size,
        write_seconds,
        first,
        second,
        submissions_per_second: load.latencies.len() as f64 / load.elapsed.as_secs_f64(),
        proof_p50_micros: proofs.value_at_quantile(0.5),
        proof_p99_micros: proofs.value_at_quantile(0.99),
        peak_mib,
    })
}

/// Microseconds from asking for a proof until it is there.
async fn proofs(address: &str, size: u64) -> anyhow::Result<Histogram<u64>> {
    let mut client = Server::new(address, Retry::default())?.proofs();
    let mut rng = Rng::new(1);
    let mut latencies = Histogram::new_with_bounds(1, 600_000_000, 3)?;
    for _ in 0..PROOFS {
        let request = GetInclusionProofRequest { seq: rng.bits() % size, size };
        let since = Instant::now();
        client.get_inclusion_proof(request).await?;
        latencies.saturating_record(u64::try_from(since.elapsed().as_micros())?);
    }
    Ok(latencies)
}

/// Writes a ledger of at least so many entries into a fresh folder, through the journal and its rules.
pub(crate) fn write(data: &Path, entries: usize) -> anyhow::Result<Bench> {
    let mut bench = Bench::new(&[Way::stream(1)]);
    let config = config(data.to_owned());
    seed(&config, &bench.world);
    let (journal, rows) = open_journal(&config)?;
    let (mut written, mut tickets) = (0, VecDeque::new());
    while written < entries {
        let signed = bench.sign(0, CHUNK.min(entries - written));
        let admitted: Vec<Vec<Admitted>> = signed.into_par_iter().map(admit_all).collect::<Result<_, _>>()?;
        for admitted in admitted.into_iter().flatten() {
            record(&journal, admitted, &mut tickets)?;
            written += 1;
        }
    }
    for ticket in tickets {
        ticket.wait()?;
    }
    journal.close();
    drop(rows);
    Ok(bench)
}

fn admit_all(signed: Vec<SignedSubmission>) -> anyhow::Result<Vec<Admitted>> {
    signed.into_iter().map(|signed| Ok(admit(signed)?)).collect()
}

/// Hands a submission over, keeping half of the queue full.
fn record(journal: &Journal, admitted: Admitted, tickets: &mut VecDeque<Ticket>) -> anyhow::Result<()> {
    if tickets.len() >= Options::default().queue_submissions / 2 {
        tickets.pop_front().expect("a ticket").wait()?;
    }
    tickets.push_back(journal.submit(admitted)?);
    Ok(())
}

fn start(data: &Path, runtime: &Runtime) -> anyhow::Result<(Hefud, u64, Start)> {
    let since = Instant::now();
    let server = Hefud::spawn(crate::hefud(data)?);
    let (ready_seconds, ready_peak_mib) = (since.elapsed().as_secs_f64(), peak_mib(server.id())?);
    let size = runtime.block_on(views_complete(&format!("http://{}", server.address)))?;
    let (views_seconds, views_peak_mib) = (since.elapsed().as_secs_f64(), peak_mib(server.id())?);
    Ok((server, size, Start { ready_seconds, ready_peak_mib, views_seconds, views_peak_mib }))
}

/// Waits for the views, and returns the size of the log.
async fn views_complete(address: &str) -> anyhow::Result<u64> {
    let server = Server::new(address, Retry::default())?;
    let size = hefu_client::Reader::new(server.clone()).head().await?.size;
    let min_seq = size.last_seq().context("an empty log")?.get();
    let since = Instant::now();
    while since.elapsed() < PATIENCE {
        match server.views().list_views(ListViewsRequest { min_seq }).await {
            Ok(_) => return Ok(size.get()),
            Err(status) if is_behind(&status) => tokio::time::sleep(Duration::from_millis(20)).await,
            Err(status) => return Err(status.into()),
        }
    }
    bail!("the views did not follow within {PATIENCE:?}")
}

fn is_behind(status: &tonic::Status) -> bool {
    hefu_proto::status::from_status(status).is_some_and(|refusal| refusal.reason == Reason::ViewBehind)
}

/// Peak resident memory of a process.
fn peak_mib(id: u32) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM")?;
    let kib: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kib / 1_024)
}
