//! The board, asked for again and again while submissions come in.

use std::path::Path;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use hefu_proto::v1::ListIndicatorsRequest;
use serde::Serialize;
use tokio::time::sleep_until;

use crate::answer;
use crate::frames::Frames;
use crate::grpc::{Caller, LIST_INDICATORS, SUBMIT_STREAM};
use crate::ledger::Ledger;
use crate::load::{Clock, histogram, runtime};
use crate::serving::Serving;
use crate::stream;

/// Boards that are asked for in a second.
pub(crate) const ASKED_PER_SECOND: f64 = 50.0;

/// What one run measured.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Asked {
    pub(crate) boards: u64,
    /// From the moment at which a board was to be asked for, until its answer is there.
    pub(crate) p50_micros: u64,
    pub(crate) p99_micros: u64,
    pub(crate) max_micros: u64,
    /// Submissions that came in beside, and their answers.
    pub(crate) submissions: u64,
    pub(crate) submission_p99_micros: u64,
}

/// Sends so many submissions a second to a fresh server, and asks for boards.
pub(crate) fn run(data: &Path, ledger: &Ledger, per_second: f64, time: Duration) -> anyhow::Result<Asked> {
    let serving = Serving::fresh(data, &ledger.world)?;
    let frames = Frames::streamed(ledger.in_turns(), true);
    let (counter, boards) = runtime()?.block_on(async {
        let mut submitting = Caller::connect(serving.address(), SUBMIT_STREAM).await?;
        let mut asking = Caller::connect(serving.address(), LIST_INDICATORS).await?;
        let clock = Clock::start(time);
        tokio::try_join!(stream::paced(&mut submitting, &frames, per_second, clock), ask(&mut asking, clock))
    })?;
    serving.kill();
    Ok(Asked {
        boards: boards.len(),
        p50_micros: boards.value_at_quantile(0.5),
        p99_micros: boards.value_at_quantile(0.99),
        max_micros: boards.max(),
        submissions: counter.counted,
        submission_p99_micros: counter.latencies.value_at_quantile(0.99),
    })
}

/// Asks for every row of the plan, one board after another, each at its time or late.
async fn ask(caller: &mut Caller, clock: Clock) -> anyhow::Result<Histogram<u64>> {
    let request = Frames::one(&ListIndicatorsRequest { plan: "test".to_owned(), ..Default::default() });
    let mut waits = histogram();
    let mut due = clock.begins;
    while due < clock.ends {
        sleep_until(due.into()).await;
        caller.call(request.clone(), answer::board).await?;
        if due >= clock.counts_from {
            waits.saturating_record(u64::try_from((Instant::now() - due).as_micros())?);
        }
        due += Duration::from_secs_f64(1.0 / ASKED_PER_SECOND);
    }
    Ok(waits)
}
