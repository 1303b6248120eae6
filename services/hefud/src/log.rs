//! The log as it is: entry bytes, by position, now and as they come.

use std::sync::Arc;

use bytes::Bytes;
use hefu_journal::{Head, Journal};
use hefu_proto::v1::log_service_server::LogService;
use hefu_proto::{status, v1};
use hefu_types::{Reason, Refusal, Seq};
use tokio::sync::mpsc::{Sender, channel};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use crate::config::{LOG_BYTES_MAX, LOG_ENTRIES_MAX};
use crate::lifetime::Lifetime;

/// Messages prepared ahead of a slow reader.
const AHEAD_MAX: usize = 1;

/// Reads the log.
pub struct Log {
    /// Where entries are.
    pub journal: Arc<Journal>,
    /// Ends watches when the server stops.
    pub lifetime: Lifetime,
}

fn refuse(reason: Reason, detail: String) -> Status {
    status::to_status(&Refusal::new(reason, "", detail))
}

/// One message's worth of entries from a position on.
async fn read(journal: &Arc<Journal>, from: Seq, limit: usize) -> Result<Vec<Bytes>, Status> {
    let journal = Arc::clone(journal);
    let read = move || journal.read(from, limit.min(LOG_ENTRIES_MAX), LOG_BYTES_MAX);
    match tokio::task::spawn_blocking(read).await {
        Ok(Ok(entries)) => Ok(entries),
        Ok(Err(e)) => Err(refuse(Reason::StorageDamaged, e.to_string())),
        Err(_) => Err(refuse(Reason::ShuttingDown, "the server is stopping".to_owned())),
    }
}

#[tonic::async_trait]
impl LogService for Log {
    async fn get_head(&self, _: Request<v1::GetHeadRequest>) -> Result<Response<v1::GetHeadResponse>, Status> {
        let Head { size, chain_hash, recorded_at } = self.journal.head();
        let ledger = self.journal.ledger();
        Ok(Response::new(v1::GetHeadResponse {
            ledger_id: ledger.map(|l| l.id.as_bytes().to_vec().into()).unwrap_or_default(),
            size: size.get(),
            chain_hash: chain_hash.as_bytes().to_vec().into(),
            recorded_at: recorded_at.get(),
            origin: ledger.map(|l| l.origin.clone()).unwrap_or_default(),
        }))
    }

    type ReadEntriesStream = ReceiverStream<Result<v1::ReadEntriesResponse, Status>>;

    async fn read_entries(
        &self,
        request: Request<v1::ReadEntriesRequest>,
    ) -> Result<Response<Self::ReadEntriesStream>, Status> {
        let v1::ReadEntriesRequest { from_seq, to_size } = request.into_inner();
        let size = self.journal.head().size.get();
        let end = if to_size == 0 { size } else { to_size };
        if end > size || from_seq > size {
            return Err(refuse(Reason::SeqBeyondHead, format!("entries {from_seq} to {end} of a log of {size}")));
        }
        if from_seq > end {
            return Err(refuse(
                Reason::ArgumentInvalid,
                format!("entries {from_seq} to {end}: the end is before the start"),
            ));
        }
        let (answers, answered) = channel(AHEAD_MAX);
        let (journal, lifetime) = (Arc::clone(&self.journal), self.lifetime.clone());
        tokio::spawn(send_range(journal, lifetime, from_seq, end, answers));
        Ok(Response::new(ReceiverStream::new(answered)))
    }

    type WatchStream = ReceiverStream<Result<v1::WatchResponse, Status>>;

    async fn watch(&self, request: Request<v1::WatchRequest>) -> Result<Response<Self::WatchStream>, Status> {
        let from = request.into_inner().from_seq;
        let size = self.journal.head().size.get();
        if from > size {
            return Err(refuse(Reason::SeqBeyondHead, format!("position {from} of a log of {size}")));
        }
        let (answers, answered) = channel(AHEAD_MAX);
        tokio::spawn(follow(Arc::clone(&self.journal), self.lifetime.clone(), from, answers));
        Ok(Response::new(ReceiverStream::new(answered)))
    }
}

async fn send_range(
    journal: Arc<Journal>,
    _lifetime: Lifetime,
    from: u64,
    end: u64,
    answers: Sender<Result<v1::ReadEntriesResponse, Status>>,
) {
    let mut next = from;
    while next < end {
        let left = usize::try_from(end - next).unwrap_or(usize::MAX);
        let answer = read(&journal, Seq::new(next), left).await;
        let read = answer.as_ref().map_or(0, Vec::len) as u64;
        let answer = answer.map(|entries| v1::ReadEntriesResponse { first_seq: next, entries });
        if answers.send(answer).await.is_err() || read == 0 {
            return;
        }
        next += read;
    }
}

/// Catches up, then waits for the head to move; both read the same store, so that there is no gap between them.
async fn follow(
    journal: Arc<Journal>,
    lifetime: Lifetime,
    from: u64,
    answers: Sender<Result<v1::WatchResponse, Status>>,
) {
    let (mut next, mut tip) = (from, journal.tip());
    loop {
        let behind = tip.borrow_and_update().head.size.get() > next;
        if !behind {
            tokio::select! {
                moved = tip.changed() => if moved.is_err() { return },
                () = lifetime.stopping() => return,
                () = answers.closed() => return,
            }
            continue;
        }
        let answer = read(&journal, Seq::new(next), LOG_ENTRIES_MAX).await;
        let read = answer.as_ref().map_or(0, Vec::len) as u64;
        let answer = answer.map(|entries| v1::WatchResponse { first_seq: next, entries });
        if answers.send(answer).await.is_err() || read == 0 || lifetime.is_stopping() {
            return;
        }
        next += read;
    }
}
