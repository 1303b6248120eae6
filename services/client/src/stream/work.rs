//! One run of streams, until nothing is unanswered and nothing is left to send.

use std::collections::{BTreeMap, VecDeque};
use std::future::poll_fn;
use std::ops::ControlFlow;
use std::task::Poll;

use hefu_proto::{convert, status, v1};
use hefu_types::{KeySeq, Reason, Refusal, SignedSubmission, Submission};
use tokio::sync::mpsc;
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

use super::{Answer, Batch, Report, Source, Then};
use crate::outbox::predecessor_refused;
use crate::retry::Backoff;
use crate::server::Verdict;
use crate::writer::{Recovered, now};
use crate::{ClientError, Outbox, Position, Writer};

/// Bytes of submissions that may be unanswered at once: as many as a server takes from one stream before it reads on.
const WINDOW_BYTES: usize = 3 << 20;

/// How a stream ended.
enum End {
    /// Everything that was sent is answered, or was refused with a submission before it.
    Answered,
    /// It broke; what is unanswered is sent again.
    Broken(Box<dyn std::error::Error + Send + Sync>),
}

/// What is to be sent, and what was.
pub(super) struct Work<'a, T> {
    writer: &'a mut Writer,
    source: Source<'a, T>,
    report: Report<'a, T>,
    /// The source has no more.
    ended: bool,
    /// Batches to be signed, before the source goes on.
    ready: VecDeque<Batch<T>>,
    /// What each unanswered submission is to the caller; one of an earlier run is nothing.
    sent: BTreeMap<KeySeq, T>,
    /// How many submissions may be unanswered: the writer's window, fewer after a refusal.
    window: usize,
    /// The last submission that went out on an earlier stream.
    sent_before: KeySeq,
    /// The receiver of outcomes wants no more.
    stopped: bool,
    backoff: Backoff,
}

impl<'a, T: Send> Work<'a, T> {
    pub(super) fn new(writer: &'a mut Writer, source: Source<'a, T>, report: Report<'a, T>) -> Self {
        let (backoff, window) = (Backoff::new(writer.retry()), writer.window);
        Self {
            writer,
            source,
            report,
            ended: false,
            ready: VecDeque::new(),
            sent: BTreeMap::new(),
            window,
            sent_before: KeySeq::NONE,
            stopped: false,
            backoff,
        }
    }

    pub(super) async fn run(&mut self) -> Result<(), ClientError> {
        loop {
            match self.stream().await? {
                End::Answered => {
                    if self.is_done().await? {
                        return Ok(());
                    }
                }
                End::Broken(source) => {
                    if !self.backoff.wait().await {
                        let first = self.writer.outbox.pending().keys().next();
                        let key_seq = first.map_or(0, |n| n.get());
                        return Err(ClientError::OutcomeUnknown { key_seq, source });
                    }
                }
            }
        }
    }

    /// Whether nothing is unanswered and nothing is left to send. Waits for the source, when all depends on it.
    pub(super) async fn is_done(&mut self) -> Result<bool, ClientError> {
        if !self.writer.outbox.pending().is_empty() {
            return Ok(false);
        }
        if self.ready.is_empty() && !self.stopped && !self.ended {
            let next = self.source.next().await;
            self.came(next);
            // Patience is for the server, and nobody waited for it.
            self.backoff.reset();
        }
        Ok(self.stopped || self.ready.is_empty())
    }

    /// Puts what came from the source last in line; nothing came when it has ended.
    fn came(&mut self, next: Option<Batch<T>>) {
        self.ended |= next.is_none();
        self.ready.extend(next);
    }

    /// What is to be sent next, if it is there.
    async fn take(&mut self) -> Option<Batch<T>> {
        if self.stopped {
            return None;
        }
        if self.ready.is_empty() && !self.ended {
            let source = &mut self.source;
            let next = poll_fn(|context| Poll::Ready(source.as_mut().poll_next(context))).await;
            if let Poll::Ready(next) = next {
                self.came(next);
            }
        }
        self.ready.pop_front()
    }

    /// Whether one more may be unanswered.
    fn has_room(&self) -> bool {
        let pending = self.writer.outbox.pending();
        let bytes: usize = pending.values().map(|signed| signed.submission.len()).sum();
        pending.len() < self.window && bytes < WINDOW_BYTES
    }

    /// One stream: what is unanswered first, then new batches as far as the window allows, until nothing is left.
    async fn stream(&mut self) -> Result<End, ClientError> {
        let unanswered = self.writer.outbox.pending().len();
        let (sender, receiver) = mpsc::channel(self.writer.window.max(unanswered));
        let wait_for = self.writer.wait_for;
        for &key_seq in self.writer.outbox.pending().keys() {
            send(&sender, key_seq, &self.writer.outbox, wait_for);
            self.sent_before = key_seq;
        }
        self.fill(&sender).await?;
        if self.writer.outbox.pending().is_empty() {
            return Ok(End::Answered);
        }
        let mut submissions = self.writer.server.submissions();
        let mut answers = match self.backoff.attempt(submissions.submit_stream(ReceiverStream::new(receiver))).await {
            Ok(response) => response.into_inner(),
            Err(status) => return broken(status),
        };
        let mut refused = false;
        while !self.writer.outbox.pending().is_empty() {
            let may_send = !refused && !self.stopped && !self.ended && self.has_room();
            let answer = tokio::select! {
                biased;
                answer = self.backoff.attempt(next(&mut answers)) => answer,
                next = self.source.next(), if may_send => {
                    self.came(next);
                    self.fill(&sender).await?;
                    continue;
                }
            };
            let answer = match answer {
                Ok(answer) => answer,
                Err(status) => return broken(status),
            };
            match self.handle(answer)? {
                ControlFlow::Continue(was_refused) => refused |= was_refused,
                ControlFlow::Break(end) => return Ok(end),
            }
            if !refused {
                self.fill(&sender).await?;
            }
        }
        Ok(End::Answered)
    }

    /// Signs, stores and sends batches until the window is full.
    async fn fill(&mut self, sender: &mpsc::Sender<v1::SubmitStreamRequest>) -> Result<(), ClientError> {
        while self.has_room() {
            let Some(Batch { tag, events }) = self.take().await else { break };
            match self.writer.outbox.try_enclose(&self.writer.keys, events, now()) {
                Ok(key_seq) => {
                    self.sent.insert(key_seq, tag);
                    send(sender, key_seq, &self.writer.outbox, self.writer.wait_for);
                    // The disk took its time: patience is for the server. No endless one, as the window fills up.
                    self.backoff.reset();
                }
                Err((ClientError::Refused(refusal), events)) => {
                    let instead = self.tell(tag, Answer::Refused(refusal, events));
                    self.put_first(instead);
                }
                Err((other, _)) => return Err(other),
            }
        }
        Ok(())
    }

    /// Notes an answer; tells whether it was a refusal, or that the stream is to be opened anew.
    fn handle(&mut self, answer: v1::SubmitStreamResponse) -> Result<ControlFlow<End, bool>, ClientError> {
        use v1::submit_stream_response::Outcome;
        let key_seq = KeySeq::new(answer.correlation);
        let Some(signed) = self.writer.outbox.pending().get(&key_seq).cloned() else {
            return Ok(ControlFlow::Continue(false));
        };
        match answer.outcome {
            Some(Outcome::Position(position)) => {
                let position = Position::from_wire(Some(&position))?;
                self.writer.outbox.acknowledge(key_seq, &position, &answer.receipt)?;
                self.backoff.reset();
                self.window = self.writer.window.min(self.window * 2);
                drop(self.answered(key_seq, &signed, Ok(position)));
                Ok(ControlFlow::Continue(false))
            }
            Some(Outcome::Refusal(refusal)) => self.refused(key_seq, &signed, status::from_message(&refusal)),
            None => Err(ClientError::Protocol("an answer without an outcome".into())),
        }
    }

    fn refused(
        &mut self,
        key_seq: KeySeq,
        signed: &SignedSubmission,
        refusal: Refusal,
    ) -> Result<ControlFlow<End, bool>, ClientError> {
        // The predecessor's own refusal is not known here: it was one that does not last.
        if refusal.reason == Reason::PredecessorRefused {
            return Ok(ControlFlow::Break(End::Broken(refusal.into())));
        }
        match Verdict::of_refusal(refusal) {
            Verdict::Again(source) => Ok(ControlFlow::Break(End::Broken(source))),
            Verdict::Stop(refusal) => Err(self.writer.stop(key_seq, refusal, key_seq <= self.sent_before)),
            Verdict::Refused(refusal) => {
                let behind = self.writer.outbox.refuse(key_seq, &refusal)?;
                self.backoff.reset();
                self.window = 1;
                let instead = self.answered(key_seq, signed, Err(refusal));
                self.sign_anew(key_seq, &behind);
                self.put_first(instead);
                Ok(ControlFlow::Continue(true))
            }
        }
    }

    /// Puts the batches behind a refused one first in line; those of earlier runs end here.
    fn sign_anew(&mut self, refused: KeySeq, behind: &[SignedSubmission]) {
        let mut sent = self.sent.split_off(&refused.next());
        for signed in behind.iter().rev() {
            let Submission { key_seq, events, .. } = decode(signed);
            match sent.remove(&key_seq) {
                Some(tag) if !self.stopped => self.ready.push_front(Batch { tag, events }),
                Some(tag) => drop(self.tell(tag, Answer::Refused(predecessor_refused(), events))),
                None => {
                    let outcome = Err(predecessor_refused());
                    self.writer.recovered.push(Recovered { key_seq, events, outcome });
                }
            }
        }
    }

    /// Puts these first in line, in their order.
    fn put_first(&mut self, batches: Vec<Batch<T>>) {
        batches.into_iter().rev().for_each(|batch| self.ready.push_front(batch));
    }

    /// Tells what became of a submission; returns what is to be submitted in its place.
    fn answered(
        &mut self,
        key_seq: KeySeq,
        signed: &SignedSubmission,
        outcome: Result<Position, Refusal>,
    ) -> Vec<Batch<T>> {
        let Some(tag) = self.sent.remove(&key_seq) else {
            self.writer.recovered.push(Recovered { key_seq, events: decode(signed).events, outcome });
            return vec![];
        };
        self.tell(
            tag,
            match outcome {
                Ok(position) => Answer::Recorded(position),
                Err(refusal) => Answer::Refused(refusal, decode(signed).events),
            },
        )
    }

    fn tell(&mut self, tag: T, answer: Answer) -> Vec<Batch<T>> {
        match (self.report)(tag, answer) {
            Then::GoOn => vec![],
            Then::Stop => {
                self.stopped = true;
                vec![]
            }
            Then::Instead(batches) => batches,
        }
    }
}

fn decode(signed: &SignedSubmission) -> Submission {
    Submission::decode(&signed.submission).expect("encoded by the outbox")
}

fn broken(status: Status) -> Result<End, ClientError> {
    match Verdict::of_status(status) {
        Verdict::Again(source) => Ok(End::Broken(source)),
        Verdict::Refused(refusal) | Verdict::Stop(refusal) => Err(ClientError::Refused(refusal)),
    }
}

/// Never blocks: the channel holds a whole window. A closed channel shows in the answers.
fn send(sender: &mpsc::Sender<v1::SubmitStreamRequest>, key_seq: KeySeq, outbox: &Outbox, wait_for: v1::WaitFor) {
    let (correlation, signed) = (key_seq.get(), Some(convert::signed_to_wire(&outbox.pending()[&key_seq])));
    let openings = outbox.openings(key_seq).into_iter().map(convert::opening_to_wire).collect();
    let wait_for = wait_for.into();
    let request = v1::SubmitStreamRequest { correlation, signed, wait_for, openings, ..Default::default() };
    let _closed = sender.try_send(request);
}

async fn next(answers: &mut Streaming<v1::SubmitStreamResponse>) -> Result<v1::SubmitStreamResponse, Status> {
    answers.message().await?.ok_or_else(|| Status::unavailable("the server ended the stream"))
}
