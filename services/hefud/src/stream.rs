//! Many submissions over one call: checked in parallel, sequenced in the order sent, answered in that order.
//!
//! Two tasks, joined by a bounded queue. The first reads requests and puts them in line, as many at a time as have arrived,
//! but never more than the stream may have between arrival and answer, so that a client that sends faster than the disk is
//! slowed down by flow control. The second awaits the outcomes in order and answers.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use futures_util::{FutureExt as _, StreamExt as _};
use hefu_journal::{Outcome as Recorded, Rejected, Tickets};
use hefu_proto::v1::submit_stream_response::Outcome;
use hefu_proto::{convert, status, v1};
use hefu_types::{Reason, Refusal, SignedSubmission};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::Instant;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

use crate::admission::{Admission, Came, Turns, rejected};
use crate::config::{ANSWER_WAIT, QUORUM_WAIT, RUN_MAX, STREAM_BYTES_MAX, STREAM_IN_FLIGHT_MAX, STREAM_RUNS_MAX};
use crate::lifetime::Lifetime;
use crate::openings::{Brought, Openings};
use crate::receipt::{Receipts, Wanted};
use crate::submit::position;

/// What a stream answers.
pub type Answers = BoxStream<'static, Result<v1::SubmitStreamResponse, Status>>;

/// What is remembered of a submission until its answer.
struct Sent {
    correlation: u64,
    /// The bytes and what is wanted with the answer, unless it was refused as it came.
    taken: Option<(SignedSubmission, Wanted)>,
    /// The openings that came beside it.
    brought: Option<Arc<Brought>>,
}

/// A run in line.
struct Run {
    sent: Vec<Sent>,
    tickets: Result<Tickets, Refusal>,
    _share: Share,
}

/// Held until the answers are on their way: places of this stream, bytes of this stream, and bytes of all.
type Share = [OwnedSemaphorePermit; 3];

/// What a stream may have between arrival and answer.
struct Limits([Arc<Semaphore>; 3]);

impl Limits {
    fn new(admission: &Admission) -> Self {
        let [places, bytes] = [STREAM_IN_FLIGHT_MAX, STREAM_BYTES_MAX].map(|max| Arc::new(Semaphore::new(max)));
        Self([places, bytes, Arc::clone(admission.budget())])
    }

    /// The share of one submission, once it can be had.
    async fn share(&self, bytes: u32) -> Result<Share, Refusal> {
        let closed = |_| Refusal::new(Reason::NotWritten, "", "the server is stopping");
        let [places, own, all] = self.0.clone();
        Ok([
            places.acquire_owned().await.map_err(closed)?,
            own.acquire_many_owned(bytes).await.map_err(closed)?,
            all.acquire_many_owned(bytes).await.map_err(closed)?,
        ])
    }

    /// The same, if it can be had at once.
    fn share_now(&self, bytes: u32) -> Option<Share> {
        let [places, own, all] = self.0.clone();
        Some([
            places.try_acquire_owned().ok()?,
            own.try_acquire_many_owned(bytes).ok()?,
            all.try_acquire_many_owned(bytes).ok()?,
        ])
    }
}

/// The bytes that count for a request.
fn bytes(request: &v1::SubmitStreamRequest) -> u32 {
    let openings: usize = request.openings.iter().map(|opening| opening.salt.len() + opening.value.len()).sum();
    let bytes = request.signed.as_ref().map_or(0, |signed| signed.submission.len()) + openings;
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

/// With bytes of its own. As it came it keeps the whole buffer that its message was read into, and whatever else stood there,
/// which nothing counts.
fn owned(signed: SignedSubmission) -> SignedSubmission {
    SignedSubmission { submission: Bytes::copy_from_slice(&signed.submission), ..signed }
}

/// Serves one stream until the client closes it or goes away. What was put in line is recorded all the same.
#[must_use]
pub fn serve(
    requests: Streaming<v1::SubmitStreamRequest>,
    (admission, openings, receipts): (Arc<Admission>, Arc<Openings>, Receipts),
    lifetime: Lifetime,
) -> Answers {
    let (runs, running) = channel(STREAM_IN_FLIGHT_MAX);
    let (answers, answered) = channel(STREAM_RUNS_MAX);
    let (broken, breakage) = oneshot::channel();
    let (stopping, alive) = (lifetime.stopping(), lifetime.clone());
    let limits = Limits::new(&admission);
    let reader = Reader { requests, waiting: None, limits, openings, receipts: receipts.clone() };
    tokio::spawn(async move {
        let ended = tokio::select! {
            ended = read(reader, admission, runs) => ended,
            () = stopping => Err(status::to_status(&Refusal::new(Reason::ShuttingDown, "", "the server is stopping"))),
        };
        if let Err(status) = ended {
            // Nobody listens when the client is gone.
            let _gone = broken.send(status);
        }
        drop(alive);
    });
    tokio::spawn(async move {
        answer(running, answers, breakage, receipts).await;
        drop(lifetime);
    });
    ReceiverStream::new(answered).flat_map(stream::iter).boxed()
}

/// Requests as they come.
struct Reader {
    requests: Streaming<v1::SubmitStreamRequest>,
    /// What came and was not taken yet.
    waiting: Option<Result<Option<v1::SubmitStreamRequest>, Status>>,
    limits: Limits,
    openings: Arc<Openings>,
    receipts: Receipts,
}

/// Requests that are checked together.
struct Arrived {
    run: Vec<Result<Came, Rejected>>,
    sent: Vec<Sent>,
    share: Share,
}

impl Reader {
    async fn next(&mut self) -> Result<Option<v1::SubmitStreamRequest>, Status> {
        match self.waiting.take() {
            Some(waiting) => waiting,
            None => self.requests.message().await,
        }
    }

    /// The next request, if it has arrived and there is room for it.
    fn next_now(&mut self) -> Option<(v1::SubmitStreamRequest, Share)> {
        if self.waiting.is_none() {
            self.waiting = self.requests.message().now_or_never();
        }
        let Some(Ok(Some(request))) = &self.waiting else { return None };
        let share = self.limits.share_now(bytes(request))?;
        Some((self.waiting.take()?.ok()??, share))
    }

    /// What has arrived, up to [`RUN_MAX`]; at least one, unless the client closed the stream.
    async fn arrived(&mut self) -> Result<Option<Arrived>, Status> {
        let Some(first) = self.next().await? else { return Ok(None) };
        let share = self.limits.share(bytes(&first)).await.map_err(|r| status::to_status(&r))?;
        let mut arrived = Arrived { run: vec![], sent: vec![], share };
        self.take(first, &mut arrived);
        while arrived.run.len() < RUN_MAX {
            let Some((request, more)) = self.next_now() else { break };
            arrived.share.iter_mut().zip(more).for_each(|(share, more)| share.merge(more));
            self.take(request, &mut arrived);
        }
        Ok(Some(arrived))
    }

    fn take(&self, request: v1::SubmitStreamRequest, arrived: &mut Arrived) {
        let v1::SubmitStreamRequest { correlation, signed, decline_receipt, wait_for, openings } = request;
        // From its arrival on, so that those that wait at the same time also stop waiting at the same time.
        let wanted = self.receipts.wanted(decline_receipt, wait_for, Instant::now() + QUORUM_WAIT);
        let also = wanted.and_then(|wanted| Ok((wanted, Brought::of(&self.openings, &openings)?)));
        let (item, taken, brought) = match (convert::signed(signed).map(owned), also) {
            (Ok(signed), Ok((wanted, brought))) => {
                let came = Came { signed: signed.clone(), brought: brought.clone() };
                (Ok(came), Some((signed, wanted)), brought)
            }
            (Ok(signed), Err(refusal)) => (Err(rejected(&signed.submission, refusal)), None, None),
            (Err(refusal), _) => (Err(Rejected { key: None, refusal }), None, None),
        };
        arrived.run.push(item);
        arrived.sent.push(Sent { correlation, taken, brought });
    }
}

/// Ends well when the client closes the stream, and with the library's status when a message can't be read. Cut off when the
/// server stops: what was put in line so far is answered.
async fn read(mut reader: Reader, admission: Arc<Admission>, next: Sender<Run>) -> Result<(), Status> {
    let turns = Arc::new(Turns::default());
    let mut number = 0;
    while let Some(Arrived { run, sent, share }) = reader.arrived().await? {
        let tickets = admission.submit_run(run, (Arc::clone(&turns), number)).await;
        number += 1;
        if next.send(Run { sent, tickets, _share: share }).await.is_err() {
            break;
        }
    }
    Ok(())
}

async fn answer(
    mut runs: Receiver<Run>,
    answers: Sender<Vec<Result<v1::SubmitStreamResponse, Status>>>,
    breakage: oneshot::Receiver<Status>,
    receipts: Receipts,
) {
    // A client that is gone gets no answers, but what it brought is settled all the same.
    let mut gone = false;
    while let Some(Run { sent, tickets, _share }) = runs.recv().await {
        let outcomes = match tickets {
            Ok(tickets) => tickets.outcomes().await,
            Err(refusal) => sent.iter().map(|_| Err(refusal.clone())).collect(),
        };
        let mut ready = Vec::with_capacity(sent.len());
        for (Sent { correlation, taken, brought }, outcome) in sent.into_iter().zip(outcomes) {
            let outcome = match brought {
                None => outcome,
                Some(brought) => brought.settled(outcome).await,
            };
            let waits = taken.as_ref().is_some_and(|(_, wanted)| wanted.waits());
            if gone {
                continue;
            }
            if waits && answers.send_timeout(std::mem::take(&mut ready), ANSWER_WAIT).await.is_err() {
                gone = true;
                continue;
            }
            ready.push(Ok(response(correlation, taken, outcome, &receipts).await));
        }
        gone = gone || answers.send_timeout(ready, ANSWER_WAIT).await.is_err();
        if gone {
            runs.close();
        }
    }
    if gone {
        return;
    }
    if let Ok(status) = breakage.await {
        // The client may be gone; then it knows.
        let _gone = answers.send(vec![Err(status)]).await;
    }
}

async fn response(
    correlation: u64,
    taken: Option<(SignedSubmission, Wanted)>,
    outcome: Recorded,
    receipts: &Receipts,
) -> v1::SubmitStreamResponse {
    let (outcome, receipt) = match (outcome, taken) {
        (Ok((recorded, seal)), Some((signed, wanted))) => {
            let receipt = receipts.make(&signed, &recorded, seal, wanted).await;
            (Outcome::Position(position(&recorded)), receipt)
        }
        (Ok((recorded, _)), None) => (Outcome::Position(position(&recorded)), Bytes::new()),
        (Err(refusal), _) => (Outcome::Refusal(status::to_message(&refusal)), Bytes::new()),
    };
    v1::SubmitStreamResponse { correlation, receipt, outcome: Some(outcome) }
}
