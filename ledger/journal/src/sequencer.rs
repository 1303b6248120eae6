//! The owner of the tail: position, time, decision, chain.

use std::collections::{HashMap, HashSet};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, PoisonError};

use hefu_rules::{Admitted, Position, State};
use hefu_types::tree::{self, Edge};
use hefu_types::{
    ChainHash, Entry, Event, KeySeq, Millis, PublicKey, Reason, Refusal, Seq, Size, SubmissionHash, VerifierKey,
};
use tokio::sync::{mpsc, oneshot};

use crate::clock::SteadyClock;
use crate::committer::{Answer, Work};
use crate::journal::{FaultHook, Latch, Shared};
use crate::nodes;
use crate::recovery::Recovered;
use crate::seal::{Seal, Signers};
use crate::store::{Block, Fault, Sequenced, Store};

/// Submissions in one block: bounds the time that the first of them waits for the last.
const BLOCK_SUBMISSIONS_MAX: usize = 1_024;
/// Bytes in one block: bounds the write that is synced at once.
const BLOCK_BYTES_MAX: usize = 4 << 20;

/// The durable end of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The number of entries.
    pub size: Size,
    /// The chain hash of the last one.
    pub chain_hash: ChainHash,
    /// When the last one was recorded.
    pub recorded_at: Millis,
}

/// Where a submission stands, durably.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Its position.
    pub seq: Seq,
    /// When it was recorded.
    pub recorded_at: Millis,
    /// What its entry links to.
    pub prev: ChainHash,
    /// Its entry's chain hash.
    pub chain_hash: ChainHash,
    /// Its hash.
    pub submission_hash: SubmissionHash,
    /// It had been recorded before.
    pub already_recorded: bool,
}

/// The submissions of one stream: once one of a key is refused, the key's later ones are refused, too.
#[derive(Debug, Default)]
pub struct Lane(Mutex<HashSet<PublicKey>>);

impl Lane {
    /// Notes a refusal.
    pub fn refused(&self, key: PublicKey) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key);
    }

    /// Refuses what follows a refusal.
    ///
    /// # Errors
    /// `PREDECESSOR_REFUSED`.
    pub fn check(&self, key: &PublicKey) -> Result<(), Refusal> {
        if !self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(key) {
            return Ok(());
        }
        let detail = format!("an earlier submission of key {key} in this stream was refused");
        Err(Refusal::new(Reason::PredecessorRefused, "", detail))
    }
}

/// A submission on its way, and who waits for the answer.
pub(crate) struct Waiting {
    pub(crate) admitted: Admitted,
    pub(crate) lane: Option<Arc<Lane>>,
    pub(crate) reply: oneshot::Sender<Outcome>,
}

/// What a caller is told: the position, and the seal of the block that it came in, unless it had been recorded before.
pub(crate) type Outcome = Result<(Recorded, Option<Arc<Seal>>), Refusal>;

/// Everything below belongs to the sequencer's thread alone.
pub(crate) struct Sequencer {
    pub(crate) queue: mpsc::Receiver<Waiting>,
    pub(crate) committer: SyncSender<Work>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) latch: Arc<Latch>,
    pub(crate) fault: FaultHook,
    pub(crate) clock: SteadyClock,
    state: State,
    size: Size,
    chain_hash: ChainHash,
    /// The tree up to the end of the block that is being cut.
    edge: Edge,
    signers: Signers,
    /// Submissions handed to the committer that the store may not hold yet.
    in_flight: HashMap<(PublicKey, KeySeq), Recorded>,
}

impl Sequencer {
    pub(crate) fn new(
        recovered: Recovered,
        signers: Signers,
        queue: mpsc::Receiver<Waiting>,
        committer: SyncSender<Work>,
        shared: Shared,
        clock: SteadyClock,
    ) -> Self {
        let Shared { store, latch, fault } = shared;
        let Recovered { state, size, chain_hash, edge, .. } = recovered;
        let in_flight = HashMap::new();
        Self { queue, committer, store, latch, fault, clock, state, size, chain_hash, edge, signers, in_flight }
    }

    /// Runs until every handle of the journal is gone and the queue is empty.
    pub(crate) fn run(mut self) {
        while let Some(first) = self.queue.blocking_recv() {
            let work = self.cut(first);
            let stopped = (self.fault)(Fault::Cut).is_err();
            if stopped || self.committer.send(work).is_err() {
                self.latch.set(Refusal::new(Reason::StorageLatched, "", "the committer stopped"));
            }
            if self.in_flight.len() > BLOCK_SUBMISSIONS_MAX {
                let durable = self.latch.durable_size();
                self.in_flight.retain(|_, recorded| recorded.seq.size() > durable);
            }
        }
    }

    /// Takes what is waiting, without delay, and decides it in order.
    fn cut(&mut self, first: Waiting) -> Work {
        let block = Block { begin: self.size, entries: Vec::new(), nodes: Vec::new() };
        let mut work = Work { block, edge: Edge::default(), keys: Vec::new(), answers: Vec::new() };
        let mut bytes = 0;
        let mut next = Some(first);
        while let Some(waiting) = next.take() {
            bytes += waiting.admitted.signed().submission.len();
            self.take(waiting, &mut work);
            if work.answers.len() < BLOCK_SUBMISSIONS_MAX && bytes < BLOCK_BYTES_MAX {
                next = self.queue.try_recv().ok();
            }
        }
        work.edge = self.edge.clone();
        work.keys = self.state.checkpoint_keys();
        self.edge.trim();
        work
    }

    fn take(&mut self, waiting: Waiting, work: &mut Work) {
        let Waiting { admitted, lane, reply } = waiting;
        let outcome =
            (self.fault)(Fault::Dequeued).and_then(|()| self.sequence(&admitted, lane.as_deref(), &mut work.block));
        match outcome {
            // What is durable already need not wait for the block, nor mind that writes are refused.
            Ok(recorded) if recorded.seq.size() <= self.latch.durable_size() => drop(reply.send(Ok((recorded, None)))),
            Ok(recorded) => work.answers.push(Answer { recorded, reply }),
            Err(refusal) => {
                if let Some(lane) = lane {
                    lane.refused(admitted.submission().key);
                }
                // A refusal wrote nothing, so it need not wait for the block. A caller that went away loses nothing.
                drop(reply.send(Err(refusal)));
            }
        }
    }

    fn sequence(&mut self, admitted: &Admitted, lane: Option<&Lane>, block: &mut Block) -> Result<Recorded, Refusal> {
        if let Some(before) = self.recorded_before(admitted)? {
            return Ok(before);
        }
        self.latch.check()?;
        lane.map_or(Ok(()), |lane| lane.check(&admitted.submission().key))?;
        self.check_held(admitted)?;
        let recorded_at = self.clock.now().inspect_err(|refusal| self.latch.set(refusal.clone()))?;
        let at = Position {
            seq: self.size.next_seq(),
            recorded_at,
            submission_hash: admitted.hash(),
            submission_bytes: admitted.signed().submission.len(),
        };
        self.state.record(admitted.submission(), &at)?;
        (self.fault)(Fault::Decided).inspect_err(|refusal| self.latch.set(refusal.clone()))?;
        Ok(self.append(admitted, &at, block))
    }

    /// No key takes over that this server can't sign with.
    fn check_held(&self, admitted: &Admitted) -> Result<(), Refusal> {
        let keys = admitted.submission().events.iter().zip(0..).filter_map(|(event, index)| match event {
            Event::LedgerOpened(e) => Some((&e.checkpoint_key, index, "ledger_opened.checkpoint_key")),
            Event::CheckpointKeyReplaced(e) => Some((&e.replacement, index, "checkpoint_key_replaced.replacement")),
            _ => None,
        });
        for (key, index, field) in keys {
            // What is no key at all is the rules' business.
            let vkey = key.as_str().parse::<VerifierKey>().ok().filter(|vkey| !self.signers.hold(vkey));
            if let Some(vkey) = vkey {
                let detail = format!("{vkey} is not here");
                return Err(Refusal::new(Reason::CheckpointKeyNotHeld, format!("events[{index}].{field}"), detail));
            }
        }
        Ok(())
    }

    fn append(&mut self, admitted: &Admitted, at: &Position, block: &mut Block) -> Recorded {
        let entry = Entry::new(at.seq, at.recorded_at, self.chain_hash, admitted.signed());
        let chain_hash = entry.chain_hash();
        let (key, key_seq) = (admitted.submission().key, admitted.submission().key_seq);
        let recorded = Recorded {
            seq: at.seq,
            recorded_at: at.recorded_at,
            prev: self.chain_hash,
            chain_hash,
            submission_hash: admitted.hash(),
            already_recorded: false,
        };
        self.edge.push(tree::leaf(entry.bytes()), |node, hash| {
            if nodes::is_kept(node) {
                block.nodes.push((node, hash));
            }
        });
        block.entries.push(Sequenced { entry, chain_hash, submission_hash: admitted.hash(), key, key_seq });
        self.in_flight.insert((key, key_seq), recorded);
        self.chain_hash = chain_hash;
        self.size = at.seq.size();
        recorded
    }

    /// P7: the same bytes get the same position, other bytes under a recorded count are refused, whatever the key's state is.
    fn recorded_before(&self, admitted: &Admitted) -> Result<Option<Recorded>, Refusal> {
        let (key, key_seq) = (admitted.submission().key, admitted.submission().key_seq);
        let known = self.state.key(&key).is_some_and(|record| key_seq <= record.last_seq && key_seq != KeySeq::NONE);
        if !known {
            return Ok(None);
        }
        let before = match self.in_flight.get(&(key, key_seq)) {
            Some(recorded) => *recorded,
            None => stored(&*self.store, &key, key_seq)?,
        };
        if before.submission_hash == admitted.hash() {
            return Ok(Some(Recorded { already_recorded: true, ..before }));
        }
        let detail = format!("key_seq {key_seq} is recorded at seq {} with other bytes", before.seq);
        Err(Refusal::new(Reason::KeySeqUsed, "key_seq", detail))
    }
}

/// Where a recorded submission stands, read back from its entry.
fn stored(store: &dyn Store, key: &PublicKey, key_seq: KeySeq) -> Result<Recorded, Refusal> {
    let unreadable = |what: String| Refusal::new(Reason::StorageDamaged, "", what);
    let missing = || unreadable(format!("key_seq {key_seq} of {key} is not in the index"));
    let seq = store.find(key, key_seq).map_err(|e| unreadable(e.to_string()))?.ok_or_else(missing)?;
    let bytes = store.read(seq, 1, usize::MAX).map_err(|e| unreadable(e.to_string()))?.pop().ok_or_else(missing)?;
    let entry = Entry::parse(bytes).map_err(|e| unreadable(e.to_string()))?;
    Ok(Recorded {
        seq,
        recorded_at: entry.recorded_at(),
        prev: entry.prev(),
        chain_hash: entry.chain_hash(),
        submission_hash: entry.signed().hash(),
        already_recorded: true,
    })
}
