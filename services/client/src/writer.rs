//! The one writer of a key: store, send, note the answer; and first of all, send again what was never answered.

use std::ops::ControlFlow;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use hefu_proto::{convert, v1};
use hefu_types::sign::Keypair;
use hefu_types::{Event, KeySeq, LedgerId, Millis, PublicKey, Refusal, Seq, Size, SubmissionHash};

use crate::outbox::Link;
use crate::retry::Backoff;
use crate::server::{KeyState, Verdict};
use crate::{ClientError, Outbox, Position, Reader, Server};

/// Submissions of a stream that may be unanswered at once, unless [`Writer::set_window`] says otherwise: enough to keep a
/// server's batches full over a slow line, few enough to be sent again without notice.
pub const WINDOW: usize = 256;

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
        let mut writer = Self { server, keys, outbox, window: WINDOW, recovered: vec![] };
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

    /// Records one submission and returns its position, once it is durable.
    ///
    /// # Errors
    /// A refusal, after which nothing was written and the number is free; or `OUTCOME_UNKNOWN`, after which the stored bytes
    /// are sent again before anything else.
    pub async fn submit(&mut self, events: Vec<Event>) -> Result<Position, ClientError> {
        self.settle().await?;
        let key_seq = self.outbox.enclose(&self.keys, events, now())?;
        let mut backoff = Backoff::new(self.server.retry());
        loop {
            let source = match self.try_submit(key_seq, &backoff).await? {
                Ok(position) => return Ok(position),
                Err(Verdict::Refused(refusal)) => {
                    self.outbox.refuse(key_seq, &refusal)?;
                    return Err(ClientError::Refused(refusal));
                }
                Err(Verdict::Stop(refusal)) => return Err(ClientError::Refused(refusal)),
                Err(Verdict::Again(source)) => source,
            };
            if !backoff.wait().await {
                return Err(ClientError::OutcomeUnknown { key_seq: key_seq.get(), source });
            }
        }
    }

    async fn try_submit(
        &mut self,
        key_seq: KeySeq,
        backoff: &Backoff,
    ) -> Result<Result<Position, Verdict>, ClientError> {
        let signed = convert::signed_to_wire(&self.outbox.pending()[&key_seq]);
        let mut submissions = self.server.submissions();
        match backoff
            .attempt(submissions.submit(v1::SubmitRequest { signed: Some(signed), ..Default::default() }))
            .await
        {
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
        self.submit_all(std::iter::empty(), |_, _| ControlFlow::Continue(())).await
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
