//! One stream, sent from one task without queues: what the window, or the clock, allows goes out as one slice.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use h2::SendStream;
use tokio::time::sleep_until;

use crate::answer;
use crate::frames::Frames;
use crate::grpc::{Answers, Caller, Check};
use crate::load::{Clock, Counter};

/// The shortest time between two looks at the clock of a paced stream, the finest that timers do.
const STEP: Duration = Duration::from_millis(1);

/// Never more than so many unanswered; as soon as some are answered, as many follow.
pub(crate) async fn closed(
    caller: &mut Caller,
    frames: &Frames,
    in_flight: usize,
    receipts: bool,
    clock: Clock,
) -> anyhow::Result<Counter> {
    let check = if receipts { answer::streamed } else { answer::declined };
    let (mut requests, mut answers) = caller.stream().await?;
    let (mut counter, mut sent, mut next) = (Counter::new(clock), VecDeque::new(), 0);
    loop {
        let now = Instant::now();
        let until = if now < clock.ends { frames.len().min(next + in_flight - sent.len()) } else { next };
        if until > next {
            requests.send_data(frames.slice(next..until), false)?;
            sent.extend(std::iter::repeat_n(now, until - next));
            next = until;
        }
        if next == frames.len() {
            counter.ran_out();
        }
        if sent.is_empty() {
            break;
        }
        let count = answers.read_all(check).await?.context("the stream ended before its time")?;
        let now = Instant::now();
        ensure!(count <= sent.len(), "more answers than requests");
        sent.drain(..count).for_each(|then| counter.answered(then, now));
    }
    close(&mut requests, &mut answers, check).await?;
    Ok(counter)
}

/// So many a second, whatever is answered when. Time counts from the moment at which a submission was to be sent: one that a
/// late generator or a full connection holds up has waited all the same.
pub(crate) async fn paced(
    caller: &mut Caller,
    frames: &Frames,
    per_second: f64,
    clock: Clock,
) -> anyhow::Result<Counter> {
    let (mut requests, mut answers) = caller.stream().await?;
    let (mut counter, mut next, mut answered) = (Counter::new(clock), 0, 0);
    let due = |n: usize| clock.begins + Duration::from_secs_f64(n as f64 / per_second);
    let planned = (clock.ends - clock.begins).as_secs_f64() * per_second;
    let last = frames.len().min(planned as usize);
    if last < planned as usize {
        counter.ran_out();
    }
    while answered < last {
        let now = Instant::now();
        let until = last.min((((now - clock.begins).as_secs_f64() * per_second) as usize).saturating_add(1));
        if until > next {
            requests.send_data(frames.slice(next..until), false)?;
            next = until;
        }
        let count = tokio::select! {
            biased;
            count = answers.read_all(answer::streamed) => count?.context("the stream ended before its time")?,
            () = sleep_until(due(next).max(now + STEP).into()), if next < last => 0,
        };
        let now = Instant::now();
        (answered..answered + count).for_each(|n| counter.answered(due(n), now));
        answered += count;
    }
    close(&mut requests, &mut answers, answer::streamed).await?;
    Ok(counter)
}

async fn close(requests: &mut SendStream<Bytes>, answers: &mut Answers, check: Check) -> anyhow::Result<()> {
    requests.send_data(Bytes::new(), true)?;
    while let Some(count) = answers.read(check).await? {
        ensure!(count == 0, "an answer to nothing");
    }
    Ok(())
}
