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
use hefu_types::{Refusal, Submission};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

use crate::admission::{Admission, Pending};
use crate::config::STREAM_IN_FLIGHT_MAX;
use crate::submit::position;

type Answers = ReceiverStream<Result<v1::SubmitStreamResponse, Status>>;
/// A client's number and what became of its submission so far.
type Step<T> = (u64, Result<T, Refusal>);
/// A check on its way, and the bytes that are checked.
type Check = (Pending, Bytes);

/// Serves one stream until the client closes it or goes away. What was handed to the sequencer is recorded all the same.
#[must_use]
pub fn serve(
    requests: Streaming<v1::SubmitStreamRequest>,
    admission: Arc<Admission>,
    journal: Arc<Journal>,
) -> Answers {
    let (checks, checking) = channel(STREAM_IN_FLIGHT_MAX);
    let (tickets, ticketed) = channel(STREAM_IN_FLIGHT_MAX);
    let (answers, answered) = channel(STREAM_IN_FLIGHT_MAX);
    tokio::spawn(check(requests, admission, checks));
    tokio::spawn(sequence(checking, journal, tickets));
    tokio::spawn(answer(ticketed, answers));
    ReceiverStream::new(answered)
}

async fn check(mut requests: Streaming<v1::SubmitStreamRequest>, admission: Arc<Admission>, next: Sender<Step<Check>>) {
    while let Some(Ok(request)) = requests.next().await {
        let check = begin(request.signed, &admission).await;
        if next.send((request.correlation, check)).await.is_err() {
            return;
        }
    }
}

async fn begin(signed: Option<v1::SignedSubmission>, admission: &Admission) -> Result<Check, Refusal> {
    let signed = convert::signed(signed)?;
    let bytes = signed.submission.clone();
    Ok((admission.begin(signed).await?, bytes))
}

async fn sequence(mut checks: Receiver<Step<Check>>, journal: Arc<Journal>, next: Sender<Step<Ticket>>) {
    let lane = Arc::new(Lane::default());
    while let Some((correlation, check)) = checks.recv().await {
        let ticket = match check {
            Ok(check) => enqueue(check, &journal, &lane).await,
            Err(refusal) => Err(refusal),
        };
        if next.send((correlation, ticket)).await.is_err() {
            return;
        }
    }
}

async fn enqueue((pending, bytes): Check, journal: &Journal, lane: &Arc<Lane>) -> Result<Ticket, Refusal> {
    let admitted = pending.outcome().await.inspect_err(|_| {
        // The key is only claimed here, but the claim can do no more than refuse the rest of the client's own stream.
        if let Ok(submission) = Submission::decode(&bytes) {
            lane.refused(submission.key);
        }
    })?;
    journal.submit_in_turn(admitted, lane).await
}

async fn answer(mut tickets: Receiver<Step<Ticket>>, answers: Sender<Result<v1::SubmitStreamResponse, Status>>) {
    while let Some((correlation, ticket)) = tickets.recv().await {
        let outcome = match ticket {
            Ok(ticket) => ticket.outcome().await,
            Err(refusal) => Err(refusal),
        };
        if answers.send(Ok(response(correlation, &outcome))).await.is_err() {
            return;
        }
    }
}

fn response(correlation: u64, outcome: &Result<Recorded, Refusal>) -> v1::SubmitStreamResponse {
    let outcome = match outcome {
        Ok(recorded) => Outcome::Position(position(recorded)),
        Err(refusal) => Outcome::Refusal(status::to_message(refusal)),
    };
    v1::SubmitStreamResponse { correlation, outcome: Some(outcome) }
}
