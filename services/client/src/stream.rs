//! Many submissions at once: a window of unanswered ones over one stream, which is opened anew whenever it breaks.
//!
//! A refused submission takes those behind it along, as they link to it. They are signed anew, with new numbers, on a new
//! stream, once everything before the refused one is answered; so one bad submission costs a moment and not the rest.

use std::collections::{BTreeMap, VecDeque};
use std::ops::ControlFlow;

use hefu_proto::{convert, status, v1};
use hefu_types::{Event, KeySeq, Reason, Refusal, SignedSubmission, Submission};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

use crate::outbox::predecessor_refused;
use crate::retry::Backoff;
use crate::server::Verdict;
use crate::writer::{Recovered, now};
use crate::{ClientError, Position, Writer};

type Source<'a> = &'a mut (dyn Iterator<Item = Vec<Event>> + Send);
type Report<'a> = &'a mut (dyn FnMut(usize, Result<Position, Refusal>) -> ControlFlow<()> + Send);

/// How a stream ended.
enum End {
    /// Everything is answered and nothing is left to send.
    Done,
    /// A submission was refused, and everything before it is answered.
    Refused,
    /// It broke; what is unanswered is sent again.
    Broken(Box<dyn std::error::Error + Send + Sync>),
}

impl Writer {
    /// Records a submission for each batch of events, many at a time, and reports each outcome by the batch's index, in the
    /// order of answers. Batches are taken from the iterator as the window allows.
    ///
    /// A refused batch changes nothing for the others, unless `report` breaks: then nothing more is sent, and those behind
    /// the refused one are reported as `PREDECESSOR_REFUSED`.
    ///
    /// # Errors
    /// `OUTCOME_UNKNOWN` when the server stays away: everything sent stays in the outbox. Batches that were not reported
    /// are in the outbox or were never taken.
    pub async fn submit_all(
        &mut self,
        batches: impl IntoIterator<Item = Vec<Event>, IntoIter: Send>,
        report: impl FnMut(usize, Result<Position, Refusal>) -> ControlFlow<()> + Send,
    ) -> Result<(), ClientError> {
        self.send_all(batches, report).await?;
        self.check_receipts().await
    }

    pub(crate) async fn send_all(
        &mut self,
        batches: impl IntoIterator<Item = Vec<Event>, IntoIter: Send>,
        mut report: impl FnMut(usize, Result<Position, Refusal>) -> ControlFlow<()> + Send,
    ) -> Result<(), ClientError> {
        let mut source = batches.into_iter();
        let mut work = Work::new(self, &mut source, &mut report);
        if !work.is_done()? {
            work.run().await?;
        }
        Ok(())
    }
}

struct Work<'a> {
    writer: &'a mut Writer,
    source: Source<'a>,
    report: Report<'a>,
    /// The index of the next batch of the source.
    next: usize,
    /// Batches to be signed, before the source goes on.
    ready: VecDeque<(usize, Vec<Event>)>,
    /// Which batch each unanswered submission holds; one of an earlier run holds none.
    batches: BTreeMap<KeySeq, usize>,
    /// The last submission that went out on an earlier stream.
    sent_before: KeySeq,
    /// The receiver of outcomes wants no more.
    stopped: bool,
    backoff: Backoff,
}

impl<'a> Work<'a> {
    fn new(writer: &'a mut Writer, source: Source<'a>, report: Report<'a>) -> Self {
        let backoff = Backoff::new(writer.retry());
        Self {
            writer,
            source,
            report,
            next: 0,
            ready: VecDeque::new(),
            batches: BTreeMap::new(),
            sent_before: KeySeq::NONE,
            stopped: false,
            backoff,
        }
    }

    async fn run(&mut self) -> Result<(), ClientError> {
        loop {
            match self.stream().await? {
                End::Refused if !self.is_done()? => {}
                End::Done | End::Refused => return Ok(()),
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

    /// Whether nothing is unanswered and nothing is left to send.
    fn is_done(&mut self) -> Result<bool, ClientError> {
        if !self.writer.outbox.pending().is_empty() {
            return Ok(false);
        }
        if self.ready.is_empty() && !self.stopped {
            let next = self.take();
            self.ready.extend(next);
        }
        Ok(self.ready.is_empty())
    }

    fn take(&mut self) -> Option<(usize, Vec<Event>)> {
        if self.stopped {
            return None;
        }
        let batch = self.ready.pop_front();
        batch.or_else(|| self.source.next().map(|events| (self.next, events)).inspect(|_| self.next += 1))
    }

    /// One stream: what is unanswered first, then new batches as far as the window allows, until nothing is left.
    async fn stream(&mut self) -> Result<End, ClientError> {
        let unanswered = self.writer.outbox.pending().len();
        let (sender, receiver) = mpsc::channel(self.writer.window.max(unanswered));
        let wait_for = self.writer.wait_for;
        for (&key_seq, signed) in self.writer.outbox.pending() {
            send(&sender, key_seq, signed, wait_for);
            self.sent_before = key_seq;
        }
        self.fill(&sender)?;
        let mut submissions = self.writer.server.submissions();
        let mut answers = match self.backoff.attempt(submissions.submit_stream(ReceiverStream::new(receiver))).await {
            Ok(response) => response.into_inner(),
            Err(status) => return broken(status),
        };
        let mut refused = false;
        while !self.writer.outbox.pending().is_empty() {
            let answer = match self.backoff.attempt(next(&mut answers)).await {
                Ok(answer) => answer,
                Err(status) => return broken(status),
            };
            match self.handle(answer)? {
                ControlFlow::Continue(was_refused) => refused |= was_refused,
                ControlFlow::Break(end) => return Ok(end),
            }
            if !refused {
                self.fill(&sender)?;
            }
        }
        Ok(if refused { End::Refused } else { End::Done })
    }

    /// Signs, stores and sends batches until the window is full.
    fn fill(&mut self, sender: &mpsc::Sender<v1::SubmitStreamRequest>) -> Result<(), ClientError> {
        while self.writer.outbox.pending().len() < self.writer.window {
            let Some((index, events)) = self.take() else { break };
            match self.writer.outbox.enclose(&self.writer.keys, events, now()) {
                Ok(key_seq) => {
                    self.batches.insert(key_seq, index);
                    send(sender, key_seq, &self.writer.outbox.pending()[&key_seq], self.writer.wait_for);
                    // The disk took its time: patience is for the server. No endless one, as the window fills up.
                    self.backoff.reset();
                }
                Err(ClientError::Refused(refusal)) => self.tell(index, Err(refusal)),
                Err(other) => return Err(other),
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
                self.answered(key_seq, &signed, Ok(position));
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
                self.answered(key_seq, signed, Err(refusal));
                self.sign_anew(key_seq, &behind);
                Ok(ControlFlow::Continue(true))
            }
        }
    }

    /// Puts the batches behind a refused one first in line; those of earlier runs end here.
    fn sign_anew(&mut self, refused: KeySeq, behind: &[SignedSubmission]) {
        let indices = self.batches.split_off(&refused.next());
        for signed in behind.iter().rev() {
            let submission = decode(signed);
            match indices.get(&submission.key_seq) {
                Some(&index) if !self.stopped => self.ready.push_front((index, submission.events)),
                Some(&index) => self.tell(index, Err(predecessor_refused())),
                None => self.answered(submission.key_seq, signed, Err(predecessor_refused())),
            }
        }
    }

    fn answered(&mut self, key_seq: KeySeq, signed: &SignedSubmission, outcome: Result<Position, Refusal>) {
        match self.batches.remove(&key_seq) {
            Some(index) => self.tell(index, outcome),
            None => self.writer.recovered.push(Recovered { key_seq, events: decode(signed).events, outcome }),
        }
    }

    fn tell(&mut self, index: usize, outcome: Result<Position, Refusal>) {
        self.stopped |= (self.report)(index, outcome).is_break();
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
fn send(
    sender: &mpsc::Sender<v1::SubmitStreamRequest>,
    key_seq: KeySeq,
    signed: &SignedSubmission,
    wait_for: v1::WaitFor,
) {
    let (correlation, signed) = (key_seq.get(), Some(convert::signed_to_wire(signed)));
    let request = v1::SubmitStreamRequest { correlation, signed, wait_for: wait_for.into(), ..Default::default() };
    let _closed = sender.try_send(request);
}

async fn next(answers: &mut Streaming<v1::SubmitStreamResponse>) -> Result<v1::SubmitStreamResponse, Status> {
    answers.message().await?.ok_or_else(|| Status::unavailable("the server ended the stream"))
}
