//! What the rows share: the folder, the time, the ledgers that were signed once, the limits, and how fast a stream is here.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use hefu_types::limits::{ENTRY_HEADER_BYTES, SIGNATURE_BYTES};

use crate::figure::median;
use crate::ledger::{Ledger, Shape};
use crate::limits::{self, Limits};
use crate::load::{Load, WARM_UP};
use crate::offline::Exported;
use crate::report::Outcome;
use crate::rows::{CALLERS, CALLS, Row};
use crate::trial::{self, Run};

/// Submissions a second that are signed for a load at first, as a part of *L*; a load that runs out of them is repeated with
/// twice as many.
const SINGLES: f64 = 0.5;
const HUNDREDS: f64 = 0.05;

/// In flight on the stream that others are compared with.
pub(crate) const WIDE: usize = 256;

/// Everything a row needs to run.
pub(crate) struct Suite {
    folder: PathBuf,
    peers: Option<PathBuf>,
    pub(crate) seconds: u64,
    pub(crate) runs: usize,
    pub(crate) before: Limits,
    ledgers: Vec<Ledger>,
    exported: Vec<Exported>,
    /// Submissions a second of the wide stream, a run each.
    stream_rates: Vec<f64>,
    /// The same of unary calls.
    unary_rates: Vec<f64>,
}

impl Suite {
    /// Signs samples and measures the limits.
    pub(crate) fn new(folder: &Path, peers: Option<PathBuf>, seconds: u64, runs: usize) -> anyhow::Result<Self> {
        let mut suite = Self {
            folder: folder.to_owned(),
            peers,
            seconds,
            runs,
            before: Limits::default(),
            ledgers: vec![],
            exported: vec![],
            stream_rates: vec![],
            unary_rates: vec![],
        };
        suite.before = suite.limits()?;
        Ok(suite)
    }

    /// The limits now.
    pub(crate) fn limits(&mut self) -> anyhow::Result<Limits> {
        let folder = self.folder.clone();
        let ledger = self.ledger(Shape::SINGLE, 100_000);
        limits::measure(&folder, &ledger.signed, &ledger.keys())
    }

    /// A ledger of a shape, with at least so many submissions to send.
    pub(crate) fn ledger(&mut self, shape: Shape, count: usize) -> &Ledger {
        let at = self.ledgers.iter().position(|ledger| ledger.shape == shape).unwrap_or_else(|| {
            self.ledgers.push(Ledger::new(shape));
            self.ledgers.len() - 1
        });
        self.ledgers[at].prepare(count);
        &self.ledgers[at]
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.folder.clone()
    }

    /// The programs of other stores.
    pub(crate) fn peers(&self) -> anyhow::Result<PathBuf> {
        self.peers.clone().context("other stores are measured by `cargo xtask bench peers`")
    }

    /// Bytes of a submission and its signature: what a member sends, and what other stores are given.
    pub(crate) fn payload_bytes(&mut self) -> usize {
        self.entry_bytes(Shape::SINGLE) - ENTRY_HEADER_BYTES
    }

    /// Where a fresh ledger may lie; one at a time.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    pub(crate) fn time(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }

    /// How many submissions to sign for a load at first.
    fn guess(&self, shape: Shape, load: Load) -> usize {
        let seconds = (self.time() + WARM_UP).as_secs_f64();
        let share = if shape.events == 1 { SINGLES } else { HUNDREDS };
        let most = self.before.verifications_per_second * share;
        let syncs = 1e6 / self.before.sync_p50_micros.max(1) as f64;
        let (rate, in_flight) = match load {
            Load::Paced { per_second } => (per_second, 1),
            Load::Stream { in_flight, .. } | Load::Unary { in_flight, .. } => {
                (most.min(in_flight as f64 * syncs), in_flight)
            }
        };
        (seconds * rate) as usize + in_flight
    }

    /// A ledger with enough to send.
    pub(crate) fn ledger_for(&mut self, shape: Shape, load: Load) -> &Ledger {
        let count = self.guess(shape, load);
        self.ledger(shape, count)
    }

    /// Runs a load once, on a fresh ledger of this shape.
    pub(crate) fn run(&mut self, shape: Shape, load: Load) -> anyhow::Result<Run> {
        let (data, time) = (self.data(), self.time());
        self.run_with(shape, load, |ledger| trial::run(&data, ledger, load, time))
    }

    /// Runs something like this load once; again, when it ran out of submissions.
    pub(crate) fn run_with(
        &mut self,
        shape: Shape,
        load: Load,
        once: impl Fn(&Ledger) -> anyhow::Result<Run>,
    ) -> anyhow::Result<Run> {
        let mut count = self.guess(shape, load);
        loop {
            let ledger = self.ledger(shape, count);
            let run = once(ledger)?;
            if !run.ran_out {
                return Ok(run);
            }
            count = 2 * ledger.signed.iter().map(Vec::len).sum::<usize>();
        }
    }

    /// Runs a load several times.
    pub(crate) fn runs(&mut self, shape: Shape, load: Load) -> anyhow::Result<Vec<Run>> {
        let runs = (0..self.runs).map(|_| self.run(shape, load)).collect::<anyhow::Result<Vec<_>>>()?;
        let rates = || runs.iter().map(|run| run.submissions_per_second).collect();
        match (shape, load) {
            (Shape::SINGLE, Load::Stream { in_flight: WIDE, receipts: true }) => self.stream_rates = rates(),
            (CALLERS, Load::Unary { in_flight: WIDE, .. }) => self.unary_rates = rates(),
            _ => {}
        }
        Ok(runs)
    }

    /// Submissions a second of the wide stream, as measured in this run; measured now if nobody asked for it.
    pub(crate) fn stream_rate(&mut self) -> anyhow::Result<f64> {
        if self.stream_rates.is_empty() {
            self.runs(Shape::SINGLE, Load::Stream { in_flight: WIDE, receipts: true })?;
        }
        Ok(median(&self.stream_rates))
    }

    /// The same of unary calls.
    pub(crate) fn unary_rate(&mut self) -> anyhow::Result<f64> {
        if self.unary_rates.is_empty() {
            self.runs(CALLERS, CALLS)?;
        }
        Ok(median(&self.unary_rates))
    }

    /// An export of a ledger of this shape, made when it is first asked for.
    pub(crate) fn exported(&mut self, shape: Shape, submissions: usize) -> anyhow::Result<&Exported> {
        if let Some(at) = self.exported.iter().position(|exported| exported.shape == shape) {
            return Ok(&self.exported[at]);
        }
        self.exported.push(Exported::new(&self.folder, shape, submissions)?);
        Ok(self.exported.last().expect("pushed"))
    }

    /// Bytes of an entry of a shape, on average over what is sent.
    pub(crate) fn entry_bytes(&mut self, shape: Shape) -> usize {
        let ledger = self.ledger(shape, shape.keys);
        let (count, bytes) = ledger.in_turns().take(100_000).fold((0, 0), |(count, bytes), signed| {
            (count + 1, bytes + ENTRY_HEADER_BYTES + SIGNATURE_BYTES + signed.submission.len())
        });
        bytes / usize::max(count, 1)
    }

    /// Runs a row, and prints what it measured.
    pub(crate) fn row(&mut self, row: &Row) -> anyhow::Result<Outcome> {
        let outcome = (row.run)(self, row)?;
        println!("{outcome}");
        Ok(outcome)
    }
}
