//! Many submissions over one call: checked in parallel, sequenced in the order sent, answered in order of commit.
//!
//! Two tasks, joined by bounded queues, so that a client that sends faster than the disk is slowed down by flow control:
//! the first starts signature checks as requests arrive, the second takes verdicts in order and hands them to the sequencer;
//! a third awaits the outcomes in order and answers.

use std::sync::Arc;

use bytes::Bytes;
use hefu_journal::{Journal, Lane, Recorded, Ticket};
use hefu_proto::v1::submit_stream_response::Outcome;
use hefu_proto::{convert, status, v1};
use hefu_types::{Reason, Refusal, SignedSubmission, Submission};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::Instant;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

use crate::admission::{Admission, Pending};
use crate::config::{ANSWER_WAIT, QUORUM_WAIT, STREAM_BYTES_MAX, STREAM_IN_FLIGHT_MAX};
use crate::lifetime::Lifetime;
use crate::receipt::{Receipts, Wanted};
use crate::submit::position;
use crate::witnesses::Gate;

type Answers = ReceiverStream<Result<v1::SubmitStreamResponse, Status>>;
/// A client's number and what became of its submission so far.
type Step<T> = (u64, Result<T, Refusal>);
/// A check on its way, the bytes that are checked, what is wanted with the answer, and their share of the memory for streams.
type Check = (Pending, SignedSubmission, Result<Wanted, Refusal>, Share);
/// What was sent, and what is wanted with the answer.
type Sent = (SignedSubmission, Wanted);
/// Held until the answer is known: of this stream, and of all.
type Share = (OwnedSemaphorePermit, OwnedSemaphorePermit);

/// A submission in line.
type Line = (Ticket, Sent, Share);

/// Where submissions go, and whether they may.
pub struct Writes {
    /// Gives what was admitted its place.
    pub journal: Arc<Journal>,
    /// Closed while nobody knows whether the log was rolled back.
    pub gate: Gate,
    /// Proves it to the caller.
    pub receipts: Receipts,
}

/// Serves one stream until the client closes it or goes away. What was handed to the sequencer is recorded all the same.
#[must_use]
pub fn serve(
    requests: Streaming<v1::SubmitStreamRequest>,
    admission: Arc<Admission>,
    writes: Writes,
    lifetime: Lifetime,
) -> Answers {
    let (checks, checking) = channel(STREAM_IN_FLIGHT_MAX);
    let (tickets, ticketed) = channel(STREAM_IN_FLIGHT_MAX);
    let (answers, answered) = channel(STREAM_IN_FLIGHT_MAX);
    let (broken, breakage) = oneshot::channel();
    let (stopping, receipts) = (lifetime.stopping(), writes.receipts.clone());
    tokio::spawn(async move {
        let ended = tokio::select! {
            ended = check(requests, admission, receipts, checks) => ended,
            () = stopping => Err(status::to_status(&Refusal::new(Reason::ShuttingDown, "", "the server is stopping"))),
        };
        if let Err(status) = ended {
            // Nobody listens when the client is gone.
            let _gone = broken.send(status);
        }
    });
    let (receipts, alive) = (writes.receipts.clone(), lifetime.clone());
    tokio::spawn(async move {
        sequence(checking, writes, tickets).await;
        drop(alive);
    });
    tokio::spawn(async move {
        answer(ticketed, answers, breakage, receipts).await;
        drop(lifetime);
    });
    ReceiverStream::new(answered)
}

/// Ends well when the client closes the stream, and with the library's status when a message can't be read. Cut off when the
/// server stops: what was read so far is answered.
async fn check(
    mut requests: Streaming<v1::SubmitStreamRequest>,
    admission: Arc<Admission>,
    receipts: Receipts,
    next: Sender<Step<Check>>,
) -> Result<(), Status> {
    let own = Arc::new(Semaphore::new(STREAM_BYTES_MAX));
    while let Some(request) = requests.message().await? {
        let v1::SubmitStreamRequest { correlation, signed, decline_receipt, wait_for } = request;
        // From its arrival on, so that those that wait at the same time also stop waiting at the same time.
        let wanted = receipts.wanted(decline_receipt, wait_for, Instant::now() + QUORUM_WAIT);
        let check = begin(signed, wanted, &admission, &own).await;
        if next.send((correlation, check)).await.is_err() {
            break;
        }
    }
    Ok(())
}

async fn begin(
    signed: Option<v1::SignedSubmission>,
    wanted: Result<Wanted, Refusal>,
    admission: &Admission,
    own: &Arc<Semaphore>,
) -> Result<Check, Refusal> {
    let signed = convert::signed(signed)?;
    let bytes = signed.submission.len();
    let share = (acquire(own, bytes).await?, acquire(admission.budget(), bytes).await?);
    Ok((admission.begin(signed.clone()).await?, signed, wanted, share))
}

async fn acquire(of: &Arc<Semaphore>, bytes: usize) -> Result<OwnedSemaphorePermit, Refusal> {
    let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
    let closed = |_| Refusal::new(Reason::NotWritten, "", "the server is stopping");
    Arc::clone(of).acquire_many_owned(bytes).await.map_err(closed)
}

async fn sequence(mut checks: Receiver<Step<Check>>, writes: Writes, next: Sender<Step<Line>>) {
    let lanes = Lanes::default();
    while let Some((correlation, check)) = checks.recv().await {
        let ticket = match check {
            Ok(check) => enqueue(check, &writes, &lanes).await,
            Err(refusal) => Err(refusal),
        };
        if next.send((correlation, ticket)).await.is_err() {
            return;
        }
    }
}

/// Two ways to the sequencer. What fails its check never gets in line, so it must not close the lane in which good ones that
/// were sent before it may still stand: it closes a second lane, which the key's later ones take.
#[derive(Default)]
struct Lanes {
    open: Arc<Lane>,
    closed: Arc<Lane>,
}

async fn enqueue((pending, sent, wanted, share): Check, writes: &Writes, lanes: &Lanes) -> Result<Line, Refusal> {
    let passed = |admitted| writes.gate.check().and(wanted).map(|wanted| (admitted, wanted));
    let (admitted, wanted) = pending.outcome().await.and_then(passed).inspect_err(|_| {
        // The key is only claimed here, but the claim can do no more than refuse the rest of the client's own stream.
        if let Ok(submission) = Submission::decode(&sent.submission) {
            lanes.closed.refused(submission.key);
        }
    })?;
    let closed = lanes.closed.check(&admitted.submission().key).is_err();
    let ticket = writes.journal.submit_in_turn(admitted, if closed { &lanes.closed } else { &lanes.open }).await?;
    Ok((ticket, (sent, wanted), share))
}

async fn answer(
    mut tickets: Receiver<Step<Line>>,
    answers: Sender<Result<v1::SubmitStreamResponse, Status>>,
    breakage: oneshot::Receiver<Status>,
    receipts: Receipts,
) {
    while let Some((correlation, ticket)) = tickets.recv().await {
        let answer = match ticket {
            Ok(line) => recorded(line, &receipts).await,
            Err(refusal) => Err(refusal),
        };
        let sent = answers.send_timeout(Ok(response(correlation, answer)), ANSWER_WAIT);
        if sent.await.is_err() {
            return;
        }
    }
    if let Ok(status) = breakage.await {
        // The client may be gone; then it knows.
        let _gone = answers.send(Err(status)).await;
    }
}

async fn recorded((ticket, (signed, wanted), _share): Line, receipts: &Receipts) -> Result<(Recorded, Bytes), Refusal> {
    let (recorded, seal) = ticket.sealed().await?;
    let receipt = receipts.make(&signed, &recorded, seal, wanted).await;
    Ok((recorded, receipt))
}

fn response(correlation: u64, answer: Result<(Recorded, Bytes), Refusal>) -> v1::SubmitStreamResponse {
    let (outcome, receipt) = match answer {
        Ok((recorded, receipt)) => (Outcome::Position(position(&recorded)), receipt),
        Err(refusal) => (Outcome::Refusal(status::to_message(&refusal)), Bytes::new()),
    };
    v1::SubmitStreamResponse { correlation, receipt, outcome: Some(outcome) }
}
