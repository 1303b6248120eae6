//! Many submissions over one call: checked in parallel, sequenced in the order sent, answered in order of commit.
//!
//! Two tasks, joined by bounded queues, so that a client that sends faster than the disk is slowed down by flow control:
//! the first starts signature checks as requests arrive, the second takes verdicts in order and hands them to the sequencer;
//! a third awaits the outcomes in order and answers.

use std::sync::Arc;

use hefu_journal::{Journal, Lane, Recorded, Ticket};
use hefu_proto::v1::submit_stream_response::Outcome;
use hefu_proto::{convert, status, v1};
use hefu_types::Refusal;
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

async fn check(
    mut requests: Streaming<v1::SubmitStreamRequest>,
    admission: Arc<Admission>,
    next: Sender<Step<Pending>>,
) {
    while let Some(Ok(request)) = requests.next().await {
        let pending = match convert::signed(request.signed) {
            Ok(signed) => admission.begin(signed).await,
            Err(refusal) => Err(refusal),
        };
        if next.send((request.correlation, pending)).await.is_err() {
            return;
        }
    }
}

async fn sequence(mut checks: Receiver<Step<Pending>>, journal: Arc<Journal>, next: Sender<Step<Ticket>>) {
    let lane = Arc::new(Lane::default());
    while let Some((correlation, pending)) = checks.recv().await {
        let ticket = match pending {
            Ok(pending) => enqueue(pending, &journal, &lane).await,
            Err(refusal) => Err(refusal),
        };
        if next.send((correlation, ticket)).await.is_err() {
            return;
        }
    }
}

async fn enqueue(pending: Pending, journal: &Journal, lane: &Arc<Lane>) -> Result<Ticket, Refusal> {
    journal.submit_in_turn(pending.outcome().await?, lane).await
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
