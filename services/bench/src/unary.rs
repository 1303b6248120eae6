//! A call each, several at a time.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use anyhow::Context as _;
use tokio::task::JoinSet;

use crate::frames::Frames;
use crate::grpc::{Caller, Check};
use crate::load::{Clock, Counter};

pub(crate) async fn connect(address: &str, method: &str, connections: usize) -> anyhow::Result<Vec<Caller>> {
    let mut callers = vec![];
    for _ in 0..connections {
        callers.push(Caller::connect(address, method).await?);
    }
    Ok(callers)
}

/// As many callers as there are lists of requests: each sends, waits for the answer, sends the next. They share a counter, which
/// stays in the core's cache; they share a thread, too, so that nobody waits for it.
pub(crate) async fn closed(
    callers: &[Caller],
    frames: Vec<Frames>,
    check: Check,
    clock: Clock,
) -> anyhow::Result<Counter> {
    let counter = Arc::new(Mutex::new(Counter::new(clock)));
    let mut tasks = JoinSet::new();
    for (n, frames) in frames.into_iter().enumerate() {
        tasks.spawn(one_by_one(callers[n % callers.len()].clone(), frames, check, clock, Arc::clone(&counter)));
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    let counter = Arc::into_inner(counter).context("a caller that is still there")?;
    Ok(counter.into_inner().unwrap_or_else(PoisonError::into_inner))
}

async fn one_by_one(
    mut caller: Caller,
    frames: Frames,
    check: Check,
    clock: Clock,
    counter: Arc<Mutex<Counter>>,
) -> anyhow::Result<()> {
    for n in 0..frames.len() {
        let sent = Instant::now();
        if sent >= clock.ends {
            return Ok(());
        }
        caller.call(frames.slice(n..n + 1), check).await?;
        counter.lock().unwrap_or_else(PoisonError::into_inner).answered(sent, Instant::now());
    }
    counter.lock().unwrap_or_else(PoisonError::into_inner).ran_out();
    Ok(())
}
