//! The handle that everybody else holds.

mod keys;
mod read;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;

use hefu_rules::{Admitted, Ledger};
use hefu_types::{Reason, Refusal, Size};
use tokio::sync::{mpsc, oneshot, watch};

use crate::beside::{Alone, Beside};
use crate::clock::{Clock, SteadyClock, SystemClock};
use crate::committer::Committer;
use crate::error::OpenError;
use crate::open_block::OpenBlock;
use crate::recent::{self, Recent};
use crate::recheck::Recheck;
use crate::recovery::{Recovered, recover};
use crate::seal::{Keeper, Seal, Sealer, Signers};
use crate::sequencer::{Head, Offer, Outcome, Recorded, Sequencer, Tip};
use crate::snapshot::{self, SnapshotOptions};
use crate::snapshots::Snapshots;
use crate::store::{Fault, Store};

pub use read::Receipt;

/// Called at each step of the write path; `Err` makes the journal fail there. A server's hook does nothing.
pub(crate) type FaultHook = Arc<dyn Fn(Fault) -> Result<(), Refusal> + Send + Sync>;

/// How a journal is opened.
pub struct Options {
    /// Submissions, or offers of several, that may wait for the sequencer; more are refused with `OVERLOADED`.
    pub queue_submissions: usize,
    /// How long after the last entry the clock may stand at start, in milliseconds.
    pub clock_gap_max: i64,
    /// The operator looked at the clock and accepts the gap.
    pub accept_clock_gap: bool,
    /// Where snapshots of the rules' state are kept; without, every start replays every entry.
    pub snapshots: Option<SnapshotOptions>,
    /// Bytes of durable entries that are kept as they were decoded until one follower takes them; what finds no room is left
    /// to the log.
    pub recent_bytes: usize,
    /// What is kept beside the log.
    pub beside: Arc<dyn Beside>,
    /// The clock.
    pub clock: Box<dyn Clock>,
    /// Gives a block's answers to those who wait, from the committer's thread or wherever it takes them.
    pub answer: Box<dyn FnMut(Answers) + Send>,
    /// For tests: fails at a step of the write path.
    pub fault: Arc<dyn Fn(Fault) -> Result<(), Refusal> + Send + Sync>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            queue_submissions: 4_096,
            clock_gap_max: 90 * 24 * 3_600_000,
            accept_clock_gap: false,
            snapshots: None,
            recent_bytes: 0,
            beside: Arc::new(Alone),
            clock: Box::new(SystemClock::default()),
            answer: Box::new(Answers::give),
            fault: Arc::new(|_| Ok(())),
        }
    }
}

/// The first failure, for ever; and how far the log is durable.
#[derive(Debug, Default)]
pub(crate) struct Latch {
    reason: OnceLock<Refusal>,
    durable: AtomicU64,
}

impl Latch {
    pub(crate) fn set(&self, refusal: Refusal) {
        // The first reason wins.
        let _later = self.reason.set(refusal);
    }

    /// For the end of a thread that writes can't go on without.
    pub(crate) fn set_if_panicking(&self, what: &str) {
        if std::thread::panicking() {
            self.set(Refusal::new(Reason::StorageLatched, "", what));
        }
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
    pub(crate) open: Arc<OpenBlock>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) latch: Arc<Latch>,
    pub(crate) beside: Arc<dyn Beside>,
    pub(crate) fault: FaultHook,
}

/// An open journal. Dropping it stops its threads after what is queued was committed.
pub struct Journal {
    queue: Option<mpsc::Sender<Vec<Offer>>>,
    tip: watch::Receiver<Tip>,
    store: Arc<dyn Store>,
    latch: Arc<Latch>,
    ledger: Option<Ledger>,
    signers: Signers,
    recent: Recent,
    threads: Vec<JoinHandle<()>>,
    /// Entries replayed at the start.
    replayed: u64,
    /// Whether the snapshot that the start went on from, if it did, was derived once more.
    rechecked: Arc<AtomicBool>,
    /// Open for as long as the recheck may go on.
    recheck: Option<std::sync::mpsc::Sender<()>>,
}

/// A submission that waits for its place in the log.
#[must_use = "the answer comes here"]
#[derive(Debug)]
pub struct Ticket(Tickets);

/// Submissions that wait for theirs.
#[must_use = "the answers come here"]
#[derive(Debug)]
pub struct Tickets {
    count: usize,
    answers: oneshot::Receiver<Vec<Outcome>>,
}

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
    pub async fn sealed(self) -> Outcome {
        only(self.0.outcomes().await)
    }

    /// The same, from a thread.
    ///
    /// # Errors
    /// The refusal; `OUTCOME_UNKNOWN` when the journal stopped before it answered.
    pub fn wait(self) -> Result<Recorded, Refusal> {
        let answers = self.0.answers.blocking_recv();
        only(answers.unwrap_or_else(|_| vec![Err(unanswered())])).map(|(recorded, _)| recorded)
    }
}

impl Tickets {
    /// Waits until all are durable or refused; in the order of the offer. `OUTCOME_UNKNOWN` for each when the journal stopped
    /// before it answered.
    pub async fn outcomes(self) -> Vec<Outcome> {
        let Self { count, answers } = self;
        answers.await.unwrap_or_else(|_| (0..count).map(|_| Err(unanswered())).collect())
    }
}

fn only(answers: Vec<Outcome>) -> Outcome {
    answers.into_iter().next().expect("one answer to one submission")
}

fn unanswered() -> Refusal {
    Refusal::new(Reason::OutcomeUnknown, "", "the journal stopped before it answered")
}

/// Answers whoever holds the tickets.
#[derive(Debug)]
pub struct Reply(oneshot::Sender<Vec<Outcome>>);

impl Reply {
    /// For so many submissions of one caller.
    pub fn to(count: usize) -> (Self, Tickets) {
        let (reply, answers) = oneshot::channel();
        (Self(reply), Tickets { count, answers })
    }

    /// For one.
    pub fn to_one() -> (Self, Ticket) {
        let (reply, tickets) = Self::to(1);
        (reply, Ticket(tickets))
    }

    /// Answers, in the order of the submissions. A caller that went away can resend; nothing is lost by it.
    pub fn send(self, outcomes: Vec<Outcome>) {
        let _gone = self.0.send(outcomes);
    }
}

/// What is told to everybody who waits for one block.
#[derive(Debug)]
pub struct Answers(pub(crate) Vec<(Reply, Vec<Outcome>)>);

impl Answers {
    /// Tells them, in the order of their offers.
    pub fn give(self) {
        self.0.into_iter().for_each(|(reply, outcomes)| reply.send(outcomes));
    }
}

impl Journal {
    /// Recovers what is stored and starts the write path.
    ///
    /// # Errors
    /// When the store can't be read, does not follow from its own entries, lacks what the head file says was told, or the
    /// clock can't be right.
    pub fn open(store: Arc<dyn Store>, keeper: Keeper, options: Options) -> Result<Self, OpenError> {
        let latch = Arc::new(Latch::default());
        let (stop_recheck, stopping) = std::sync::mpsc::channel();
        let rechecked = Arc::new(AtomicBool::new(true));
        let (mut start, mut recheck) = (None, None);
        if let Some(SnapshotOptions { path, .. }) = &options.snapshots {
            start = snapshot::start(path, &*store)?;
            recheck = start.as_ref().map(|start| Recheck {
                store: Arc::clone(&store),
                latch: Arc::clone(&latch),
                path: path.clone(),
                size: start.size,
                digest: snapshot::digest(&start.state),
                root: start.edge.root(),
                done: Arc::clone(&rechecked),
                stopping,
            });
        }
        let begin = start.as_ref().map_or(Size::EMPTY, |start| start.size);
        let recovered = recover(&*store, start)?;
        let replayed = recovered.size.get() - begin.get();
        check_clock(&recovered, &options)?;
        let (sealer, sealed) = Sealer::open(keeper, &*store, &recovered)?;
        // Only now: the log is not an older one than was told.
        options.beside.recovered(&recovered.state).map_err(OpenError::Beside)?;
        let ledger = recovered.state.ledger().cloned();
        let signers = sealer.signers();
        let Recovered { size, chain_hash, recorded_at, .. } = recovered;
        let head = Head { size, chain_hash, recorded_at };
        let (tip_sender, tip) = watch::channel(Tip { head, seal: sealed });
        let (queue, waiting) = mpsc::channel(options.queue_submissions);
        let open = Arc::new(OpenBlock::new(recovered.edge.clone()));
        latch.set_durable_size(size);
        let clock = SteadyClock::new(options.clock, recorded_at);
        let (beside, fault) = (options.beside, options.fault);
        let shared = Shared { open, store: Arc::clone(&store), latch: Arc::clone(&latch), beside, fault };
        let (snapshots, write) =
            options.snapshots.map(|options| Snapshots::new(options, begin, Arc::clone(&latch))).unzip();
        let (put, recent, room) = recent::recent(options.recent_bytes);
        let sequencer = Sequencer::new(recovered, signers.clone(), waiting, shared.clone(), clock, room, snapshots);
        let committer = Committer { shared, sealer, tip: tip_sender, recent: put, answer: options.answer };
        let mut threads = vec![
            std::thread::Builder::new().name("committer".into()).spawn(|| committer.run())?,
            std::thread::Builder::new().name("sequencer".into()).spawn(|| sequencer.run())?,
        ];
        if let Some(write) = write {
            threads.push(std::thread::Builder::new().name("snapshots".into()).spawn(write)?);
        }
        if let Some(recheck) = recheck {
            rechecked.store(false, Ordering::Release);
            threads.push(std::thread::Builder::new().name("recheck".into()).spawn(|| recheck.run())?);
        }
        let (queue, recheck) = (Some(queue), Some(stop_recheck));
        Ok(Self { queue, tip, store, latch, ledger, signers, recent, threads, replayed, rechecked, recheck })
    }

    /// What the genesis entry fixed; `None` for a journal that was empty when it was opened.
    #[must_use]
    pub const fn ledger(&self) -> Option<&Ledger> {
        self.ledger.as_ref()
    }

    /// Hands a submission to the sequencer, or refuses it when too many are waiting.
    ///
    /// # Errors
    /// `OVERLOADED`, or the reason why writes are refused.
    pub fn submit(&self, admitted: Admitted) -> Result<Ticket, Refusal> {
        let (reply, ticket) = Reply::to_one();
        self.queue()?.try_send(vec![Offer { items: vec![Ok(admitted)], lane: None, reply }]).map_err(|e| match e {
            mpsc::error::TrySendError::Full(_) => {
                Refusal::new(Reason::Overloaded, "", "too many submissions are waiting")
            }
            mpsc::error::TrySendError::Closed(_) => self.stopped(),
        })?;
        Ok(ticket)
    }

    /// Hands offers to the sequencer, in this order, once there is room: from a thread that may wait. When the journal is
    /// stopping, their tickets say so.
    pub fn submit_all(&self, offers: Vec<Offer>) {
        let closed = match &self.queue {
            Some(queue) => queue.blocking_send(offers).err().map_or_else(Vec::new, |closed| closed.0),
            None => offers,
        };
        for Offer { items, reply, .. } in closed {
            reply.send(items.iter().map(|_| Err(self.stopped())).collect());
        }
    }

    fn queue(&self) -> Result<&mpsc::Sender<Vec<Offer>>, Refusal> {
        self.queue.as_ref().ok_or_else(|| self.stopped())
    }

    /// Why nobody takes submissions any more.
    fn stopped(&self) -> Refusal {
        self.latched().unwrap_or_else(|| Refusal::new(Reason::ShuttingDown, "", "the server is stopping"))
    }

    /// The durable head.
    #[must_use]
    pub fn head(&self) -> Head {
        self.tip.borrow().head
    }

    /// The signed checkpoint of the durable head; `None` before the genesis.
    #[must_use]
    pub fn seal(&self) -> Option<Arc<Seal>> {
        self.tip.borrow().seal.clone()
    }

    /// Both, and their changes.
    #[must_use]
    pub fn tip(&self) -> watch::Receiver<Tip> {
        self.tip.clone()
    }

    /// Why writes are refused, if they are.
    #[must_use]
    pub fn latched(&self) -> Option<Refusal> {
        self.latch.check().err()
    }

    /// Stops taking submissions, commits what is queued and answers it.
    pub fn close(mut self) {
        self.stop();
    }

    /// The number of entries that were replayed when it was opened: those behind the snapshot.
    #[must_use]
    pub const fn replayed(&self) -> u64 {
        self.replayed
    }

    /// Whether everything that is stored was replayed since it was opened: at once, or, after a start from a snapshot, beside
    /// the work. A snapshot that is found wrong latches writes instead.
    #[must_use]
    pub fn is_rechecked(&self) -> bool {
        self.rechecked.load(Ordering::Acquire)
    }

    fn stop(&mut self) {
        self.queue = None;
        self.recheck = None;
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

fn check_clock(recovered: &Recovered, options: &Options) -> Result<(), OpenError> {
    let (now, last) = (options.clock.wall(), recovered.recorded_at);
    let gap = now.get().saturating_sub(last.get());
    let empty = recovered.size == Size::EMPTY;
    if empty || options.accept_clock_gap || (0..=options.clock_gap_max).contains(&gap) {
        return Ok(());
    }
    Err(OpenError::ClockGap { now, last })
}
