//! The one writer of a key: store, send, note the answer; and first of all, send again what was never answered.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hefu_proto::{convert, v1};
use hefu_types::event::membership::LedgerLimits;
use hefu_types::sign::Keypair;
use hefu_types::{
    Event, KeySeq, LedgerId, Millis, Opening, Policy, PublicKey, Reason, Refusal, Seq, Size, SubmissionHash,
};
use tokio::time::Instant;

use crate::outbox::Link;
use crate::receipts::{self, Checked, Report, State};
use crate::retry::Backoff;
use crate::server::{KeyState, Verdict};
use crate::{ClientError, Outbox, Position, Reader, Retry, Server};

/// Submissions of a stream that may be unanswered at once, unless [`Writer::set_window`] says otherwise: enough to keep a
/// server's batches full over a slow line, few enough to be sent again without notice.
pub const WINDOW: usize = 256;

/// How long the log is asked about receipts when nobody asked for that: what it has not answered by then stays pending.
pub const CHECK_WAIT: Duration = Duration::from_secs(2);

/// How long a server waits for a quorum before it answers, 10 seconds, and a little for the way.
const QUORUM_WAIT: Duration = Duration::from_secs(12);

/// What became of a submission that an earlier run had stored and never seen answered.
#[derive(Debug)]
pub struct Recovered {
    /// The key's own count of it.
    pub key_seq: KeySeq,
    /// What it says.
    pub events: Vec<Event>,
    /// Its position, or why it was refused.
    pub outcome: Result<Position, Refusal>,
}

/// Writes with one key to one ledger.
#[derive(Debug)]
pub struct Writer {
    pub(crate) server: Server,
    pub(crate) keys: Keypair,
    pub(crate) outbox: Outbox,
    pub(crate) window: usize,
    pub(crate) recovered: Vec<Recovered>,
    pub(crate) wait_for: v1::WaitFor,
    /// Events that share a signature at most.
    pub(crate) batch: u32,
    /// The ledger's limits, once they were asked for.
    pub(crate) limits: Option<LedgerLimits>,
    held: Held,
}

/// What is known of the outbox's receipts.
#[derive(Debug, Default)]
struct Held {
    policy: Option<Policy>,
    /// By position.
    receipts: BTreeMap<Seq, Checked>,
    /// All up to this number are cosigned, and not looked at again.
    settled: KeySeq,
}

impl Writer {
    /// Opens the outbox of a key, compares it with what the server knows of the key, and sends again what was not answered.
    ///
    /// # Errors
    /// When the server does not answer; when the outbox is in use, or another ledger's; when the server knows more of this
    /// key than the outbox, something else, or less than it had answered.
    pub async fn open(server: Server, keys: Keypair, outbox: &Path) -> Result<Self, ClientError> {
        let state = server.key_state(&keys.public()).await?;
        let mut outbox = Outbox::open(outbox, state.ledger, keys.public())?;
        let recorded = recorded(&state)?;
        if outbox.is_fresh() && recorded.key_seq == KeySeq::NONE.next() && signed_genesis(&server, recorded).await? {
            outbox.start_after(recorded)?;
        }
        outbox.compare(recorded)?;
        let wait_for = v1::WaitFor::Unspecified;
        let (batch, limits, held) = (u32::MAX, None, Held::default());
        let mut writer =
            Self { server, keys, outbox, window: WINDOW, recovered: vec![], wait_for, batch, limits, held };
        writer.settle().await?;
        Ok(writer)
    }

    /// The ledger.
    #[must_use]
    pub const fn ledger(&self) -> LedgerId {
        self.outbox.ledger()
    }

    /// The key.
    #[must_use]
    pub const fn key(&self) -> PublicKey {
        self.outbox.key()
    }

    /// What became of earlier runs' unanswered submissions.
    #[must_use]
    pub fn recovered(&self) -> &[Recovered] {
        &self.recovered
    }

    /// How many submissions of a stream may be unanswered at once, at least 1.
    pub fn set_window(&mut self, window: usize) {
        self.window = window.max(1);
    }

    /// Holds the outbox's receipts to a policy, now and after each [`Writer::submit_all`]: those whose checkpoint no quorum has
    /// cosigned are proved under one that it has, as far as the log shows it within [`CHECK_WAIT`]. See [`crate::receipts`].
    /// What is found stops no submission: [`Writer::contradicted`] tells it.
    ///
    /// # Errors
    /// When the policy names no log, or the outbox can't be read or written.
    pub async fn hold_to(&mut self, policy: Policy) -> Result<(), ClientError> {
        self.held = Held { policy: Some(policy), ..Held::default() };
        self.check_receipts().await
    }

    /// Takes what opens commitments of events that are to be submitted. It is stored beside their submission, travels beside it, and is
    /// deleted here once that is answered: whoever wants to keep it does so before.
    pub fn know(&mut self, openings: impl IntoIterator<Item = Opening>) {
        self.outbox.know(openings);
    }

    /// Lets answers wait until the server's quorum of witnesses has cosigned the entry, ten seconds at most; then they come
    /// without. What was stored before and never answered is sent without waiting.
    pub const fn wait_for_quorum(&mut self) {
        self.wait_for = v1::WaitFor::Quorum;
    }

    /// How the receipt of an answer stands, as far as a policy was given.
    #[must_use]
    pub fn receipt(&self, position: &Position) -> Option<&Checked> {
        self.held.receipts.get(&position.seq)
    }

    /// The receipts that are neither cosigned nor contradicted yet, as far as a policy was given.
    #[must_use]
    pub fn pending_receipts(&self) -> usize {
        self.held.receipts.values().filter(|checked| checked.state == State::Pending).count()
    }

    /// Whether the log contradicts a receipt of this outbox, as far as a policy was given.
    ///
    /// # Errors
    /// `RECEIPT_CONTRADICTED` when it does.
    pub fn contradicted(&self) -> Result<(), ClientError> {
        receipts::contradicted(self.held.receipts.values())
    }

    pub(crate) async fn check_receipts(&mut self) -> Result<(), ClientError> {
        let Some(policy) = &self.held.policy else { return Ok(()) };
        let until = Some(Instant::now() + CHECK_WAIT);
        let report = receipts::check(&self.outbox, self.held.settled, policy, &self.server, until).await?;
        self.held.note(report);
        Ok(())
    }

    /// Looks at the receipts that came since, without asking anybody.
    fn look_at_receipts(&mut self, after: KeySeq) -> Result<(), ClientError> {
        let Some(policy) = &self.held.policy else { return Ok(()) };
        let report = receipts::check_offline(&self.outbox, after, policy)?;
        report.receipts.into_iter().for_each(|checked| drop(self.held.receipts.insert(checked.seq, checked)));
        Ok(())
    }

    /// How patiently a submission is sent: what the server waits for is not held against it.
    pub(crate) fn retry(&self) -> Retry {
        let retry = self.server.retry();
        match self.wait_for {
            v1::WaitFor::Unspecified => retry,
            v1::WaitFor::Quorum => Retry { give_up_after: retry.give_up_after + QUORUM_WAIT, ..retry },
        }
    }

    /// Records one submission and returns its position, once it is durable.
    ///
    /// # Errors
    /// A refusal, after which nothing was written and the number is free; or `OUTCOME_UNKNOWN`, after which the stored bytes
    /// are sent again before anything else.
    pub async fn submit(&mut self, events: Vec<Event>) -> Result<Position, ClientError> {
        self.settle().await?;
        let key_seq = self.outbox.enclose(&self.keys, events, now())?;
        let mut backoff = Backoff::new(self.retry());
        let mut sent_before = false;
        loop {
            let source = match self.try_submit(key_seq, &backoff).await? {
                Ok(position) => {
                    self.look_at_receipts(KeySeq::new(key_seq.get() - 1))?;
                    return Ok(position);
                }
                Err(Verdict::Refused(refusal)) => {
                    self.outbox.refuse(key_seq, &refusal)?;
                    return Err(ClientError::Refused(refusal));
                }
                Err(Verdict::Stop(refusal)) => return Err(self.stop(key_seq, refusal, sent_before)),
                Err(Verdict::Again(source)) => source,
            };
            sent_before = true;
            if !backoff.wait().await {
                return Err(ClientError::OutcomeUnknown { key_seq: key_seq.get(), source });
            }
        }
    }

    /// What the server can't do now. The submission stays in the outbox, to be sent again; but not one that was to wait for
    /// witnesses where there are none: it was never sent before, so it is certain that it is not recorded.
    pub(crate) fn stop(&mut self, key_seq: KeySeq, refusal: Refusal, sent_before: bool) -> ClientError {
        if refusal.reason == Reason::WitnessesNone
            && !sent_before
            && let Err(error) = self.outbox.refuse(key_seq, &refusal)
        {
            return error.into();
        }
        ClientError::Refused(refusal)
    }

    async fn try_submit(
        &mut self,
        key_seq: KeySeq,
        backoff: &Backoff,
    ) -> Result<Result<Position, Verdict>, ClientError> {
        let signed = Some(convert::signed_to_wire(&self.outbox.pending()[&key_seq]));
        let openings = self.outbox.openings(key_seq).into_iter().map(convert::opening_to_wire).collect();
        let mut submissions = self.server.submissions();
        let wait_for = self.wait_for.into();
        let request = v1::SubmitRequest { signed, wait_for, openings, ..Default::default() };
        match backoff.attempt(submissions.submit(request)).await {
            Ok(response) => {
                let v1::SubmitResponse { position, receipt } = response.into_inner();
                let position = Position::from_wire(position.as_ref())?;
                self.outbox.acknowledge(key_seq, &position, &receipt)?;
                Ok(Ok(position))
            }
            Err(status) => Ok(Err(Verdict::of_status(status))),
        }
    }

    /// Sends again whatever is stored and unanswered.
    async fn settle(&mut self) -> Result<(), ClientError> {
        let wait_for = std::mem::take(&mut self.wait_for);
        let settled = self.send_all(std::iter::empty(), |_, _| ControlFlow::Continue(())).await;
        self.wait_for = wait_for;
        settled
    }
}

impl Held {
    fn note(&mut self, report: Report) {
        let cosigned = |checked: &&Checked| matches!(checked.state, State::Cosigned(_));
        if let Some(last) = report.receipts.iter().take_while(cosigned).last() {
            self.settled = last.key_seq;
        }
        self.receipts.extend(report.receipts.into_iter().map(|checked| (checked.seq, checked)));
    }
}

fn recorded(state: &KeyState) -> Result<Link, ClientError> {
    let hash = SubmissionHash::from_slice(&state.answer.submission_hash);
    let hash = hash.ok_or_else(|| ClientError::Protocol("a key state without a hash of 32 bytes".into()))?;
    Ok(Link { key_seq: KeySeq::new(state.answer.key_seq), hash })
}

/// Whether the key's only recorded submission is the genesis, which `hefud init` signs without an outbox.
async fn signed_genesis(server: &Server, recorded: Link) -> Result<bool, ClientError> {
    let mut entries = Reader::new(server.clone()).entries(Seq::FIRST, Size::new(1));
    let genesis = entries.next().await?;
    Ok(genesis.is_some_and(|entry| entry.signed().hash() == recorded.hash))
}

pub(crate) fn now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis::new(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
