//! The owner of the tail: position, time, decision, chain.

use std::collections::HashMap;
use std::sync::Arc;

use hefu_rules::{Admitted, Position, State};
use hefu_types::tree;
use hefu_types::{
    ChainHash, DecodedEntry, Entry, Event, KeySeq, Millis, PublicKey, Reason, Refusal, RootHash, Seq, Size,
    SubmissionHash, VerifierKey,
};
use tokio::sync::mpsc;

use crate::beside::Beside;
use crate::clock::SteadyClock;
use crate::committer::{Answer, Decided};
use crate::journal::{FaultHook, Latch, Reply, Shared};
use crate::lane::Lane;
use crate::nodes;
use crate::open_block::{BLOCK_SUBMISSIONS_MAX, OpenBlock, Parts};
use crate::recent::Room;
use crate::recovery::Recovered;
use crate::seal::{Seal, Signers};
use crate::snapshot::Snapshot;
use crate::snapshots::Snapshots;
use crate::store::{Fault, Sequenced, Store};

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

/// The durable end of the log, and what is signed of it. They change together.
#[derive(Clone, Debug)]
pub struct Tip {
    /// The head.
    pub head: Head,
    /// The signed checkpoint of it; `None` before the genesis.
    pub seal: Option<Arc<Seal>>,
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

/// A submission that was refused before it got in line, in the place that it would have had.
#[derive(Clone, Debug)]
pub struct Rejected {
    /// The key that it names, if it can be read: its later ones in the same lane are refused, too.
    pub key: Option<PublicKey>,
    /// Why.
    pub refusal: Refusal,
}

/// Submissions of one caller, to be decided one after another in one block and answered together.
#[derive(Debug)]
pub struct Offer {
    /// In the order in which they are decided.
    pub items: Vec<Result<Admitted, Rejected>>,
    /// In a lane, the refusal of one refuses its key's later ones.
    pub lane: Option<Arc<Lane>>,
    /// Who waits.
    pub reply: Reply,
}

/// What a caller is told of a submission: the position, and the seal of the block that it came in, unless it had been recorded
/// before.
pub type Outcome = Result<(Recorded, Option<Arc<Seal>>), Refusal>;

/// Everything below belongs to the sequencer's thread alone.
pub(crate) struct Sequencer {
    pub(crate) queue: mpsc::Receiver<Vec<Offer>>,
    pub(crate) open: Arc<OpenBlock>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) latch: Arc<Latch>,
    pub(crate) fault: FaultHook,
    pub(crate) clock: SteadyClock,
    room: Arc<Room>,
    beside: Arc<dyn Beside>,
    state: State,
    size: Size,
    chain_hash: ChainHash,
    recorded_at: Millis,
    snapshots: Option<Snapshots>,
    signers: Signers,
    /// Submissions handed to the committer that the store may not hold yet.
    in_flight: HashMap<(PublicKey, KeySeq), Recorded>,
}

impl Sequencer {
    pub(crate) fn new(
        recovered: Recovered,
        signers: Signers,
        queue: mpsc::Receiver<Vec<Offer>>,
        shared: Shared,
        clock: SteadyClock,
        room: Arc<Room>,
        snapshots: Option<Snapshots>,
    ) -> Self {
        let Shared { open, store, latch, beside, fault } = shared;
        let Recovered { state, size, chain_hash, recorded_at, .. } = recovered;
        let in_flight = HashMap::new();
        Self {
            queue,
            open,
            store,
            latch,
            fault,
            clock,
            room,
            beside,
            state,
            size,
            chain_hash,
            recorded_at,
            snapshots,
            signers,
            in_flight,
        }
    }

    /// Runs until every handle of the journal is gone and the queue is empty.
    pub(crate) fn run(mut self) {
        let open = Arc::clone(&self.open);
        while let Some(offers) = self.queue.blocking_recv() {
            open.fill(|parts| {
                offers.into_iter().for_each(|offer| self.take(offer, parts));
                parts.keys = self.state.checkpoint_keys();
                if let Some(mut snapshots) = self.snapshots.take_if(|of| of.is_due(self.size, &self.state)) {
                    snapshots.take(self.snapshot(self.state.clone(), parts.edge.root()));
                    self.snapshots = Some(snapshots);
                }
            });
            if self.in_flight.len() > BLOCK_SUBMISSIONS_MAX {
                let durable = self.latch.durable_size();
                self.in_flight.retain(|_, recorded| recorded.seq.size() > durable);
            }
        }
        if let Some(mut snapshots) = self.snapshots.take() {
            let state = std::mem::take(&mut self.state);
            let root = open.root();
            snapshots.finish(self.snapshot(state, root));
        }
    }

    fn snapshot(&self, state: State, root: RootHash) -> Snapshot {
        Snapshot { size: self.size, chain_hash: self.chain_hash, root, recorded_at: self.recorded_at, state }
    }

    /// Decides submissions in order.
    fn take(&mut self, Offer { items, lane, reply }: Offer, parts: &mut Parts) {
        let bytes = items.iter().flatten().map(|admitted| admitted.signed().submission.len()).sum::<usize>();
        let decided: Vec<Decided> = items.into_iter().map(|item| self.decide(item, lane.as_deref(), parts)).collect();
        if decided.iter().any(|one| matches!(one, Decided::Pending(_))) {
            // Only what waits for the block fills it: nobody takes a block that nobody waits for.
            parts.submissions += decided.len();
            parts.bytes += bytes;
            parts.answers.push(Answer { decided, reply });
        } else {
            // What is refused or durable already need not wait for the block, nor mind that writes are refused.
            reply.send(decided.into_iter().map(|one| one.outcome(&Ok(None))).collect());
        }
    }

    fn decide(&mut self, item: Result<Admitted, Rejected>, lane: Option<&Lane>, parts: &mut Parts) -> Decided {
        let (key, refusal) = match item {
            Err(Rejected { key, refusal }) => (key, refusal),
            Ok(admitted) => {
                let key = admitted.submission().key;
                match (self.fault)(Fault::Dequeued).and_then(|()| self.sequence(admitted, lane, parts)) {
                    Ok(recorded) if recorded.seq.size() <= self.latch.durable_size() => {
                        return Decided::Durable(recorded);
                    }
                    Ok(recorded) => return Decided::Pending(recorded),
                    Err(refusal) => (Some(key), refusal),
                }
            }
        };
        if let (Some(lane), Some(key)) = (lane, key) {
            lane.refused(key);
        }
        Decided::Refused(refusal)
    }

    fn sequence(&mut self, admitted: Admitted, lane: Option<&Lane>, parts: &mut Parts) -> Result<Recorded, Refusal> {
        if let Some(before) = self.recorded_before(&admitted)? {
            return Ok(before);
        }
        self.latch.check()?;
        lane.map_or(Ok(()), |lane| lane.check(&admitted.submission().key))?;
        self.check_held(&admitted)?;
        self.beside.check(admitted.submission())?;
        let placed = self.place(&admitted);
        self.beside.decided(admitted.submission(), placed.is_ok());
        Ok(self.append(admitted, &placed?, parts))
    }

    /// The next position, at which the rules let it stand.
    fn place(&mut self, admitted: &Admitted) -> Result<Position, Refusal> {
        let recorded_at = self.clock.now().inspect_err(|refusal| self.latch.set(refusal.clone()))?;
        let at = Position {
            seq: self.size.next_seq(),
            recorded_at,
            submission_hash: admitted.hash(),
            submission_bytes: admitted.signed().submission.len(),
        };
        self.state.record(admitted.submission(), &at)?;
        (self.fault)(Fault::Decided).inspect_err(|refusal| self.latch.set(refusal.clone()))?;
        Ok(at)
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

    fn append(&mut self, admitted: Admitted, at: &Position, parts: &mut Parts) -> Recorded {
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
        let bytes = entry.bytes().len();
        let Parts { block, decoded, edge, .. } = parts;
        edge.push(tree::leaf(entry.bytes()), |node, hash| {
            if nodes::is_kept(node) {
                block.nodes.push((node, hash));
            }
        });
        let submission_hash = admitted.hash();
        block.entries.push(Sequenced { entry, chain_hash, submission_hash, key, key_seq });
        // Without gaps: once an entry of a block finds no room, the rest are left to the log, too.
        if decoded.len() + 1 == block.entries.len() && self.room.take(bytes) {
            let Position { seq, recorded_at, .. } = *at;
            let submission = admitted.into_submission();
            decoded.push(DecodedEntry { seq, recorded_at, submission_hash, submission }, bytes);
        }
        self.in_flight.insert((key, key_seq), recorded);
        self.chain_hash = chain_hash;
        self.recorded_at = at.recorded_at;
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

impl Drop for Sequencer {
    fn drop(&mut self) {
        // First, so that what it was at when it died is not committed.
        self.latch.set_if_panicking("the sequencer stopped");
        self.open.end();
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
