//! Reading: the head, and entries that are checked as they come.

use std::collections::VecDeque;

use bytes::Bytes;
use hefu_proto::v1;
use hefu_types::{ChainHash, Entry, LedgerId, Millis, Seq, Size};
use tonic::{Status, Streaming};

use crate::retry::Backoff;
use crate::{ClientError, EntryChecker, Server};

/// The durable end of a log, as the server tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The ledger.
    pub ledger: LedgerId,
    /// The number of entries.
    pub size: Size,
    /// The chain hash of the last entry.
    pub chain_hash: ChainHash,
    /// When the last entry was recorded.
    pub recorded_at: Millis,
    /// The log's origin.
    pub origin: String,
}

/// Reads a log.
#[derive(Clone, Debug)]
pub struct Reader {
    server: Server,
}

impl Reader {
    /// A reader of the log of a server.
    #[must_use]
    pub const fn new(server: Server) -> Self {
        Self { server }
    }

    /// Tells the head.
    ///
    /// # Errors
    /// When the server does not answer, or answers without 32-byte hashes.
    pub async fn head(&self) -> Result<Head, ClientError> {
        let answer = self.server.ask(async |server| server.log().get_head(v1::GetHeadRequest {}).await).await?;
        let v1::GetHeadResponse { ledger_id, size, chain_hash, recorded_at, origin } = answer;
        let damaged = || ClientError::Protocol("a head whose hashes are not 32 bytes".into());
        Ok(Head {
            ledger: LedgerId::from_slice(&ledger_id).ok_or_else(damaged)?,
            size: Size::new(size),
            chain_hash: ChainHash::from_slice(&chain_hash).ok_or_else(damaged)?,
            recorded_at: Millis::new(recorded_at),
            origin,
        })
    }

    /// The latest published checkpoint of at least a size, as a signed note that nobody has verified yet.
    ///
    /// # Errors
    /// When the server refuses or does not answer.
    pub async fn checkpoint(&self, size_min: Size) -> Result<Bytes, ClientError> {
        let request = v1::GetCheckpointRequest { size_min: size_min.get() };
        let answer = self.server.ask(async |server| server.proofs().get_checkpoint(request).await).await?;
        let missing = || ClientError::Protocol("an answer without a checkpoint".into());
        Ok(answer.checkpoint.ok_or_else(missing)?.note)
    }

    /// The published checkpoint of exactly a size, if there is one.
    ///
    /// # Errors
    /// When the server refuses or does not answer.
    pub async fn checkpoint_of(&self, size: Size) -> Result<Option<Bytes>, ClientError> {
        let request = v1::ListCheckpointsRequest { size_max: size.get(), limit: 1 };
        let answer = self.server.ask(async |server| server.proofs().list_checkpoints(request).await).await?;
        Ok(answer.checkpoints.into_iter().find(|found| found.size == size.get()).map(|found| found.note))
    }

    /// The entries from a position up to a size.
    #[must_use]
    pub fn entries(&self, from: Seq, to: Size) -> Entries {
        Entries::new(self.server.clone(), EntryChecker::from(from), Some(to))
    }

    /// The entries that follow those already checked, up to a size.
    #[must_use]
    pub fn entries_after(&self, checker: EntryChecker, to: Size) -> Entries {
        Entries::new(self.server.clone(), checker, Some(to))
    }

    /// The entries from a position on, and then each new one as it becomes durable. Does not end by itself.
    #[must_use]
    pub fn follow(&self, from: Seq) -> Entries {
        Entries::new(self.server.clone(), EntryChecker::from(from), None)
    }
}

/// Entries in their order, each exactly once, across lost connections.
#[derive(Debug)]
pub struct Entries {
    server: Server,
    checker: EntryChecker,
    to: Option<Size>,
    waiting: VecDeque<Bytes>,
    stream: Option<Runs>,
    backoff: Backoff,
}

/// The two streams that runs of entries come from.
#[derive(Debug)]
enum Runs {
    Range(Streaming<v1::ReadEntriesResponse>),
    Watch(Streaming<v1::WatchResponse>),
}

impl Runs {
    async fn next(&mut self) -> Result<Option<(u64, Vec<Bytes>)>, Status> {
        Ok(match self {
            Self::Range(stream) => stream.message().await?.map(|run| (run.first_seq, run.entries)),
            Self::Watch(stream) => stream.message().await?.map(|run| (run.first_seq, run.entries)),
        })
    }
}

impl Entries {
    fn new(server: Server, checker: EntryChecker, to: Option<Size>) -> Self {
        let backoff = Backoff::new(server.retry());
        Self { server, checker, to, waiting: VecDeque::new(), stream: None, backoff }
    }

    /// What was checked so far.
    #[must_use]
    pub const fn checker(&self) -> &EntryChecker {
        &self.checker
    }

    /// The next entry; `None` at the end of the range.
    ///
    /// # Errors
    /// `LOG_BROKEN` when what comes is not the next entry; when the server refuses or stays away.
    pub async fn next(&mut self) -> Result<Option<Entry>, ClientError> {
        loop {
            if self.to.is_some_and(|to| self.checker.size() >= to) {
                return Ok(None);
            }
            if let Some(bytes) = self.waiting.pop_front() {
                return self.checker.check(bytes).map(Some);
            }
            if let Err(status) = self.receive().await? {
                self.stream = None;
                let error = self.server.error(status);
                if !matches!(error, ClientError::Unreachable { .. }) || !self.backoff.wait().await {
                    return Err(error);
                }
            }
        }
    }

    /// Waits for the next run. The inner error means that the stream is over.
    async fn receive(&mut self) -> Result<Result<(), Status>, ClientError> {
        match self.stream {
            // The stream was good so far: patience starts with the waiting, however long its last run was looked at.
            Some(_) => self.backoff.reset(),
            None => match self.backoff.attempt(self.open()).await {
                Ok(stream) => self.stream = Some(stream),
                Err(status) => return Ok(Err(status)),
            },
        }
        let run = match self.stream.as_mut().expect("opened just now") {
            stream @ Runs::Range(_) => self.backoff.attempt(stream.next()).await,
            // A log that does not grow is silent for as long as it likes.
            stream @ Runs::Watch(_) => stream.next().await,
        };
        let (first, entries) = match run {
            Ok(Some(run)) => run,
            Ok(None) => return Ok(Err(Status::unavailable("the server ended the stream"))),
            Err(status) => return Ok(Err(status)),
        };
        let expected = self.checker.size().next_seq();
        if Seq::new(first) != expected {
            let detail = format!("the server sent entries from {first} on");
            return Err(ClientError::LogBroken { seq: expected, detail });
        }
        self.waiting.extend(entries);
        self.backoff.reset();
        Ok(Ok(()))
    }

    async fn open(&self) -> Result<Runs, Status> {
        let from_seq = self.checker.size().next_seq().get();
        let mut log = self.server.log();
        Ok(match self.to {
            Some(to) => {
                let request = v1::ReadEntriesRequest { from_seq, to_size: to.get() };
                Runs::Range(log.read_entries(request).await?.into_inner())
            }
            None => Runs::Watch(log.watch(v1::WatchRequest { from_seq }).await?.into_inner()),
        })
    }
}
