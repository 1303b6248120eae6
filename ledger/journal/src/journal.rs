//! The handle that everybody else holds.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;

use bytes::Bytes;
use hefu_rules::{Admitted, Ledger};
use hefu_types::note::NoteSigner;
use hefu_types::tile::{Contents, Tile};
use hefu_types::{Entry, Millis, NodeHash, PublicKey, Reason, Refusal, Seq, Size, VerifierKey, tree};
use tokio::sync::{mpsc, oneshot, watch};

use crate::clock::{Clock, SteadyClock, SystemClock};
use crate::committer::Committer;
use crate::error::OpenError;
use crate::nodes::Nodes;
use crate::recovery::{Recovered, recover};
use crate::seal::{Keeper, Seal, Sealer, Signers};
use crate::sequencer::{Head, Lane, Outcome, Recorded, Sequencer, Waiting};
use crate::store::{Fault, Store, StoreError};

/// Called at each step of the write path; `Err` makes the journal fail there. A server's hook does nothing.
pub(crate) type FaultHook = Arc<dyn Fn(Fault) -> Result<(), Refusal> + Send + Sync>;

/// How a journal is opened.
pub struct Options {
    /// Submissions that may wait for the sequencer; more are refused with `OVERLOADED`.
    pub queue_submissions: usize,
    /// How long after the last entry the clock may stand at start, in milliseconds.
    pub clock_gap_max: i64,
    /// The operator looked at the clock and accepts the gap.
    pub accept_clock_gap: bool,
    /// The clock.
    pub clock: Box<dyn Clock>,
    /// For tests: fails at a step of the write path.
    pub fault: Arc<dyn Fn(Fault) -> Result<(), Refusal> + Send + Sync>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            queue_submissions: 4_096,
            clock_gap_max: 90 * 24 * 3_600_000,
            accept_clock_gap: false,
            clock: Box::new(SystemClock::default()),
            fault: Arc::new(|_| Ok(())),
        }
    }
}

/// The first failure, for ever; and how far the log is durable.
#[derive(Default)]
pub(crate) struct Latch {
    reason: OnceLock<Refusal>,
    durable: AtomicU64,
}

impl Latch {
    pub(crate) fn set(&self, refusal: Refusal) {
        // The first reason wins.
        let _later = self.reason.set(refusal);
    }

    pub(crate) fn check(&self) -> Result<(), Refusal> {
        self.reason.get().map_or(Ok(()), |refusal| Err(refusal.clone()))
    }

    pub(crate) fn set_durable_size(&self, size: Size) {
        self.durable.store(size.get(), Ordering::Release);
    }

    pub(crate) fn durable_size(&self) -> Size {
        Size::new(self.durable.load(Ordering::Acquire))
    }
}

/// What both threads work on.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) latch: Arc<Latch>,
    pub(crate) fault: FaultHook,
}

/// An open journal. Dropping it stops its threads after what is queued was committed.
pub struct Journal {
    queue: Option<mpsc::Sender<Waiting>>,
    head: watch::Receiver<Head>,
    seal: watch::Receiver<Option<Arc<Seal>>>,
    store: Arc<dyn Store>,
    latch: Arc<Latch>,
    ledger: Option<Ledger>,
    signers: Signers,
    threads: Vec<JoinHandle<()>>,
}

/// A submission that waits for its place in the log.
#[must_use = "the answer comes here"]
pub struct Ticket(oneshot::Receiver<Outcome>);

impl Ticket {
    /// Waits until the submission is durable or refused.
    ///
    /// # Errors
    /// The refusal; `OUTCOME_UNKNOWN` when the journal stopped before it answered.
    pub async fn outcome(self) -> Result<Recorded, Refusal> {
        self.sealed().await.map(|(recorded, _)| recorded)
    }

    /// The same, with the seal of its block; `None` when it had been recorded before.
    ///
    /// # Errors
    /// The refusal; `OUTCOME_UNKNOWN` when the journal stopped before it answered.
    pub async fn sealed(self) -> Result<(Recorded, Option<Arc<Seal>>), Refusal> {
        self.0.await.unwrap_or_else(|_| Err(unanswered()))
    }

    /// The same, from a thread.
    ///
    /// # Errors
    /// The refusal; `OUTCOME_UNKNOWN` when the journal stopped before it answered.
    pub fn wait(self) -> Result<Recorded, Refusal> {
        let outcome = self.0.blocking_recv().unwrap_or_else(|_| Err(unanswered()));
        outcome.map(|(recorded, _)| recorded)
    }
}

/// The proof that an entry is in the log.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// Its position.
    pub seq: Seq,
    /// The hashes from the entry's sibling up.
    pub hashes: Vec<NodeHash>,
    /// The checkpoint that they lead to.
    pub seal: Arc<Seal>,
}

fn waiting(admitted: Admitted, lane: Option<Arc<Lane>>) -> (Waiting, Ticket) {
    let (reply, receiver) = oneshot::channel();
    (Waiting { admitted, lane, reply }, Ticket(receiver))
}

fn unanswered() -> Refusal {
    Refusal::new(Reason::OutcomeUnknown, "", "the journal stopped before it answered")
}

impl Journal {
    /// Recovers what is stored and starts the write path.
    ///
    /// # Errors
    /// When the store can't be read, does not follow from its own entries, lacks what the head file says was told, or the
    /// clock can't be right.
    pub fn open(store: Arc<dyn Store>, keeper: Keeper, options: Options) -> Result<Self, OpenError> {
        let recovered = recover(&*store)?;
        check_clock(&recovered, &options)?;
        let (sealer, sealed) = Sealer::open(keeper, &*store, &recovered)?;
        let ledger = recovered.state.ledger().cloned();
        let signers = sealer.signers();
        let Recovered { size, chain_hash, recorded_at, .. } = recovered;
        let (head_sender, head) = watch::channel(Head { size, chain_hash, recorded_at });
        let (seal_sender, seal) = watch::channel(sealed);
        let (queue, waiting) = mpsc::channel(options.queue_submissions);
        // One block is being synced, one is ready, one is being cut.
        let (work_sender, work) = sync_channel(1);
        let latch = Arc::new(Latch::default());
        latch.set_durable_size(size);
        let clock = SteadyClock::new(options.clock, recorded_at);
        let shared = Shared { store: Arc::clone(&store), latch: Arc::clone(&latch), fault: options.fault };
        let sequencer = Sequencer::new(recovered, signers.clone(), waiting, work_sender, shared.clone(), clock);
        let committer = Committer { work, shared, sealer, head: head_sender, seal: seal_sender };
        let threads = vec![
            std::thread::Builder::new().name("committer".into()).spawn(|| committer.run())?,
            std::thread::Builder::new().name("sequencer".into()).spawn(|| sequencer.run())?,
        ];
        Ok(Self { queue: Some(queue), head, seal, store, latch, ledger, signers, threads })
    }

    /// What the genesis entry fixed; `None` for a journal that was empty when it was opened.
    #[must_use]
    pub const fn ledger(&self) -> Option<&Ledger> {
        self.ledger.as_ref()
    }

    /// The held keys that sign the checkpoint of the head: two while one replaces the other.
    #[must_use]
    pub fn log_keys(&self) -> Vec<VerifierKey> {
        let Some(seal) = self.seal.borrow().clone() else { return vec![] };
        self.signers.keys(|key| seal.keys.iter().any(|(known, record)| *known == key && record.signs(seal.size())))
    }

    /// Every checkpoint key that the log has had.
    #[must_use]
    pub fn past_keys(&self) -> Vec<VerifierKey> {
        let (Some(seal), Some(ledger)) = (self.seal.borrow().clone(), &self.ledger) else { return vec![] };
        seal.keys.iter().filter_map(|(key, _)| VerifierKey::new(&ledger.origin, *key).ok()).collect()
    }

    /// The held checkpoint keys that the log does not know: those that may replace the one in force.
    #[must_use]
    pub fn spare_keys(&self) -> Vec<VerifierKey> {
        let seal = self.seal.borrow().clone();
        let known = |key| seal.as_ref().is_some_and(|seal| seal.keys.iter().any(|(known, _)| *known == key));
        self.signers.keys(|key| !known(key))
    }

    /// Takes a checkpoint key that is to replace the one in force: only a key that is held may be announced.
    pub fn hold(&self, signer: NoteSigner) {
        self.signers.add(signer);
    }

    /// Hands a submission to the sequencer, or refuses it when too many are waiting.
    ///
    /// # Errors
    /// `OVERLOADED`, or the reason why writes are refused.
    pub fn submit(&self, admitted: Admitted) -> Result<Ticket, Refusal> {
        let (waiting, ticket) = waiting(admitted, None);
        self.queue()?.try_send(waiting).map_err(|e| match e {
            mpsc::error::TrySendError::Full(_) => {
                Refusal::new(Reason::Overloaded, "", "too many submissions are waiting")
            }
            mpsc::error::TrySendError::Closed(_) => stopped(),
        })?;
        Ok(ticket)
    }

    /// The same for a stream: it waits for room instead of being refused, and a refusal refuses the key's later ones.
    ///
    /// # Errors
    /// The reason why writes are refused.
    pub async fn submit_in_turn(&self, admitted: Admitted, lane: &Arc<Lane>) -> Result<Ticket, Refusal> {
        let (waiting, ticket) = waiting(admitted, Some(Arc::clone(lane)));
        self.queue()?.send(waiting).await.map_err(|_| stopped())?;
        Ok(ticket)
    }

    fn queue(&self) -> Result<&mpsc::Sender<Waiting>, Refusal> {
        self.queue.as_ref().ok_or_else(stopped)
    }

    /// The durable head, and its changes.
    #[must_use]
    pub fn head(&self) -> watch::Receiver<Head> {
        self.head.clone()
    }

    /// The signed checkpoint of the durable head, and its changes; `None` before the genesis.
    #[must_use]
    pub fn seal(&self) -> watch::Receiver<Option<Arc<Seal>>> {
        self.seal.clone()
    }

    /// The proof that an entry is in the log, under its own block's checkpoint, or the head's for one that had been recorded
    /// before; verified here, before anybody else does.
    ///
    /// # Errors
    /// When the store can't be read, or the proof does not hold: then the stored tree is damaged.
    pub fn receipt(&self, entry: &Entry, seal: Option<Arc<Seal>>) -> Result<Receipt, StoreError> {
        let seal = seal.or_else(|| self.seal.borrow().clone()).ok_or_else(|| StoreError::new("the log is empty"))?;
        let seq = entry.seq();
        let (size, root) = (seal.size(), seal.checkpoint.checkpoint().root());
        let absent = || StoreError::new(format!("entry {seq} is not in a tree of {size}"));
        let hashes = seal.inclusion(seq, &*self.store)?.ok_or_else(absent)?;
        tree::verify_inclusion(tree::leaf(entry.bytes()), seq, size, root, &hashes).map_err(StoreError::new)?;
        Ok(Receipt { seq, hashes, seal })
    }

    /// The inclusion proof of an entry in the tree of a size; `None` when there is no such tree or it is not in it.
    ///
    /// # Errors
    /// When the store can't be read.
    pub fn inclusion(&self, seq: Seq, size: Size) -> Result<Option<Vec<NodeHash>>, StoreError> {
        if size > self.head.borrow().size {
            return Ok(None);
        }
        let mut nodes = Nodes::of(&*self.store);
        tree::inclusion(seq, size, &mut |node| nodes.read(node))
    }

    /// The proof that the tree of size `new` begins with that of size `old`; `None` when there is no such tree.
    ///
    /// # Errors
    /// When the store can't be read.
    pub fn consistency(&self, old: Size, new: Size) -> Result<Option<Vec<NodeHash>>, StoreError> {
        if new > self.head.borrow().size {
            return Ok(None);
        }
        let mut nodes = Nodes::of(&*self.store);
        tree::consistency(old, new, &mut |node| nodes.read(node))
    }

    /// The bytes of a file of the log; `None` when the log is too small to have it.
    ///
    /// # Errors
    /// When the store can't be read.
    pub fn tile(&self, tile: Tile) -> Result<Option<Vec<u8>>, StoreError> {
        if !tile.is_within(self.head.borrow().size) {
            return Ok(None);
        }
        let width = usize::from(tile.width);
        let (found, bytes) = match tile.contents {
            Contents::Nodes(_) => {
                let row = self.store.nodes(tile.level(), tile.begin(), width)?;
                (row.len(), row.iter().flat_map(|hash| *hash.as_bytes()).collect())
            }
            Contents::Entries => {
                let entries = self.store.read(Seq::new(tile.begin()), width, usize::MAX)?;
                let framed = |entry: &Bytes| {
                    [&u16::try_from(entry.len()).expect("an entry is at most 65,535 bytes").to_be_bytes()[..], entry]
                        .concat()
                };
                (entries.len(), entries.iter().flat_map(framed).collect())
            }
        };
        if found == width { Ok(Some(bytes)) } else { Err(StoreError::new(format!("{tile} is not all there"))) }
    }

    /// Why writes are refused, if they are.
    #[must_use]
    pub fn latched(&self) -> Option<Refusal> {
        self.latch.check().err()
    }

    /// Durable entry bytes from a position on; see [`Store::read`]. Never beyond the durable head.
    ///
    /// # Errors
    /// When the store can't be read.
    pub fn read(&self, from: Seq, limit: usize, max_bytes: usize) -> Result<Vec<Bytes>, StoreError> {
        let durable = self.head.borrow().size.get().saturating_sub(from.get());
        let limit = limit.min(usize::try_from(durable).unwrap_or(usize::MAX));
        if limit == 0 { Ok(Vec::new()) } else { self.store.read(from, limit, max_bytes) }
    }

    /// A key's last durable submission.
    ///
    /// # Errors
    /// When the store can't be read.
    pub fn last_of(&self, key: &PublicKey) -> Result<Option<Entry>, StoreError> {
        let Some((_, seq)) = self.store.last_of(key)? else { return Ok(None) };
        let bytes = self.store.read(seq, 1, usize::MAX)?.pop();
        bytes.map(|bytes| Entry::parse(bytes).map_err(StoreError::new)).transpose()
    }

    /// The size of the log after the last entry recorded at or before `time`.
    ///
    /// # Errors
    /// When the store can't be read.
    pub fn size_at(&self, time: Millis) -> Result<Size, StoreError> {
        let (mut low, mut high) = (0, self.head.borrow().size.get());
        while low < high {
            let middle = low + (high - low) / 2;
            let bytes = self.store.read(Seq::new(middle), 1, usize::MAX)?.pop();
            let entry = bytes.map(Entry::parse).transpose().map_err(StoreError::new)?;
            match entry {
                Some(entry) if entry.recorded_at() <= time => low = middle + 1,
                _ => high = middle,
            }
        }
        Ok(Size::new(low))
    }

    /// Stops taking submissions, commits what is queued and answers it.
    pub fn close(mut self) {
        self.stop();
    }

    fn stop(&mut self) {
        self.queue = None;
        for thread in self.threads.drain(..) {
            // A panic there has already been reported by the panic hook, and its callers got OUTCOME_UNKNOWN.
            let _outcome = thread.join();
        }
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.stop();
    }
}

fn stopped() -> Refusal {
    Refusal::new(Reason::ShuttingDown, "", "the server is stopping")
}

fn check_clock(recovered: &Recovered, options: &Options) -> Result<(), OpenError> {
    let (now, last) = (options.clock.wall(), recovered.recorded_at);
    let gap = now.get().saturating_sub(last.get());
    let empty = recovered.size == Size::EMPTY;
    if empty || options.accept_clock_gap || (0..=options.clock_gap_max).contains(&gap) {
        return Ok(());
    }
    Err(OpenError::ClockGap { now, last })
}
