//! A load: what is sent how, for how long, and what is counted.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use hdrhistogram::Histogram;
use tokio::runtime::Runtime;

use crate::frames::Frames;
use crate::grpc::{self, Caller};
use crate::ledger::Ledger;
use crate::{answer, process, stream, unary};

/// Answers before this are not counted: connections are made, caches filled.
pub(crate) const WARM_UP: Duration = Duration::from_millis(500);

/// How submissions are sent.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Load {
    /// One stream, never more than so many unanswered.
    Stream { in_flight: usize, receipts: bool },
    /// One stream, so many a second whatever is answered when.
    Paced { per_second: f64 },
    /// A call each; each caller has its own key if there are several.
    Unary { in_flight: usize, connections: usize },
}

impl Load {
    pub(crate) const fn connections(self) -> usize {
        match self {
            Self::Stream { .. } | Self::Paced { .. } => 1,
            Self::Unary { connections, .. } => connections,
        }
    }
}

/// What a load counted.
pub(crate) struct Counted {
    /// Microseconds until the answer, of what was sent, or was to be sent, while it counted, however late the answer came.
    pub(crate) latencies: Histogram<u64>,
    /// Answers that came while it counted.
    pub(crate) counted: u64,
    /// From the end of the warm-up to the end of the time, or, when it ran out, to the last answer.
    pub(crate) elapsed: Duration,
    /// Everything that was answered, with warm-up and drain.
    pub(crate) answered: u64,
    /// Everything was sent before the time was over.
    pub(crate) ran_out: bool,
    /// Time of the generator's one thread on a core, for everything that was answered.
    pub(crate) generator: Duration,
}

impl Counted {
    pub(crate) fn per_second(&self) -> f64 {
        self.counted as f64 / self.elapsed.as_secs_f64().max(f64::EPSILON)
    }
}

/// When a load begins to count, and when it ends.
#[derive(Clone, Copy)]
pub(crate) struct Clock {
    pub(crate) begins: Instant,
    pub(crate) counts_from: Instant,
    pub(crate) ends: Instant,
}

impl Clock {
    pub(crate) fn start(time: Duration) -> Self {
        let begins = Instant::now();
        Self { begins, counts_from: begins + WARM_UP, ends: begins + WARM_UP + time }
    }
}

/// Counts answers.
pub(crate) struct Counter {
    clock: Clock,
    pub(crate) latencies: Histogram<u64>,
    pub(crate) counted: u64,
    last: Instant,
    answered: u64,
    ran_out: bool,
}

impl Counter {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, latencies: histogram(), counted: 0, last: clock.counts_from, answered: 0, ran_out: false }
    }

    /// Nothing is left to send.
    pub(crate) fn ran_out(&mut self) {
        self.ran_out |= Instant::now() < self.clock.ends;
    }

    /// An answer arrived to what was sent, or was to be sent, then.
    pub(crate) fn answered(&mut self, sent: Instant, now: Instant) {
        self.answered += 1;
        let counts = self.clock.counts_from..self.clock.ends;
        if counts.contains(&sent) {
            let micros = u64::try_from(now.saturating_duration_since(sent).as_micros()).unwrap_or(u64::MAX);
            self.latencies.saturating_record(micros);
        }
        if counts.contains(&now) {
            self.counted += 1;
            self.last = now;
        }
    }
}

/// Microseconds up to ten minutes, to three digits.
pub(crate) fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 600_000_000, 3).expect("bounds that fit")
}

/// One thread for connections, requests and answers: it shares the cores with the server.
pub(crate) fn runtime() -> anyhow::Result<Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().context("no runtime")
}

/// Sends what was signed until the time is over or all is sent.
pub(crate) fn run(address: &str, ledger: &Ledger, load: Load, time: Duration) -> anyhow::Result<Counted> {
    let laid_out = lay_out(ledger, load);
    count(send(address, laid_out, load, time))
}

/// Runs a load on this thread, and counts what that costs it.
pub(crate) fn count(load: impl Future<Output = anyhow::Result<Counter>>) -> anyhow::Result<Counted> {
    let before = process::own_cpu()?;
    let Counter { clock, latencies, counted, last, answered, ran_out } = runtime()?.block_on(load)?;
    ensure!(!latencies.is_empty() && counted > 0, "nothing was answered after the warm-up");
    let generator = process::own_cpu()?.saturating_sub(before);
    let until = if ran_out { last } else { clock.ends };
    Ok(Counted { latencies, counted, elapsed: until - clock.counts_from, answered, ran_out, generator })
}

/// The requests of each caller.
fn lay_out(ledger: &Ledger, load: Load) -> Vec<Frames> {
    match load {
        Load::Stream { receipts, .. } => vec![Frames::streamed(ledger.in_turns(), receipts)],
        Load::Paced { .. } => vec![Frames::streamed(ledger.in_turns(), true)],
        Load::Unary { in_flight: 1, .. } => vec![Frames::unary(ledger.in_turns())],
        Load::Unary { in_flight, .. } => {
            ledger.signed.iter().take(in_flight).map(|s| Frames::unary(s.iter())).collect()
        }
    }
}

async fn send(address: &str, frames: Vec<Frames>, load: Load, time: Duration) -> anyhow::Result<Counter> {
    if let Load::Unary { in_flight, connections } = load {
        anyhow::ensure!(frames.len() == in_flight, "{} keys for {in_flight} callers", frames.len());
        let callers = unary::connect(address, grpc::SUBMIT, connections).await?;
        return unary::closed(&callers, frames, answer::unary, Clock::start(time)).await;
    }
    let mut caller = Caller::connect(address, grpc::SUBMIT_STREAM).await?;
    let frames = frames.into_iter().next().context("no requests")?;
    let clock = Clock::start(time);
    match load {
        Load::Stream { in_flight, receipts } => stream::closed(&mut caller, &frames, in_flight, receipts, clock).await,
        Load::Paced { per_second } => stream::paced(&mut caller, &frames, per_second, clock).await,
        Load::Unary { .. } => unreachable!("sent above"),
    }
}
