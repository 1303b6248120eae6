//! Signature checks on all cores, behind a bounded queue, and in front of the sequencer.
//!
//! Threads take submissions in runs: what one stream sent together, or what several calls brought, up to [`RUN_MAX`]. Waking a
//! thread costs a good part of a check, so that it is done once a run, and so is the answer. The submissions of one stream
//! are checked by several threads at once, and handed over in the order in which they were sent, see [`Turns`].

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use flume::{Receiver, Sender, TrySendError};
use hefu_journal::{Journal, Lane, Offer, Rejected, Reply, Ticket, Tickets};
use hefu_rules::{Admitted, admit_all};
use hefu_types::sign::KnownKeys;
use hefu_types::{Reason, Refusal, SignedSubmission, Submission};
use tokio::sync::Semaphore;

use crate::config::{RUN_MAX, STREAMS_BYTES_MAX};
use crate::openings::Brought;
use crate::witnesses::Gate;

/// A submission, and the openings that came beside it.
#[derive(Debug)]
pub struct Came {
    /// The bytes and their signature.
    pub signed: SignedSubmission,
    /// What came beside them.
    pub brought: Option<Arc<Brought>>,
}

/// Submissions of one caller.
struct Job {
    run: Vec<Result<Came, Rejected>>,
    reply: Reply,
    turn: Option<(Arc<Turns>, u64)>,
}

/// A pool of threads that check submissions and hand them to the sequencer. Dropping it stops them after what is queued was
/// handed over.
pub struct Admission {
    queue: Option<Sender<Job>>,
    budget: Arc<Semaphore>,
    threads: Vec<JoinHandle<()>>,
}

/// The runs of one stream: handed over in the order of their numbers, whichever was checked first.
#[derive(Default)]
pub struct Turns {
    lane: Arc<Lane>,
    line: Mutex<Line>,
}

#[derive(Default)]
struct Line {
    /// The number of the run that is next.
    next: u64,
    /// Those that were checked before it.
    ready: BTreeMap<u64, Offer>,
}

impl Turns {
    /// Puts a checked run in line, and hands over what has its turn now. The line is held meanwhile: another thread must not
    /// get ahead.
    fn take(&self, number: u64, items: Vec<Result<Admitted, Rejected>>, reply: Reply, journal: &Journal) {
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        line.ready.insert(number, Offer { items, lane: Some(Arc::clone(&self.lane)), reply });
        let mut offers = vec![];
        while let Some(offer) = {
            let next = line.next;
            line.ready.remove(&next)
        } {
            line.next += 1;
            offers.push(offer);
        }
        if !offers.is_empty() {
            journal.submit_all(offers);
        }
    }
}

impl Admission {
    /// Starts the threads.
    ///
    /// # Errors
    /// When a thread can't be started.
    pub fn start(threads: usize, queue: usize, journal: &Arc<Journal>, gate: &Gate) -> std::io::Result<Self> {
        let (sender, receiver) = flume::bounded(queue);
        let threads = (0..threads)
            .map(|n| {
                let worker =
                    Worker { jobs: receiver.clone(), threads, journal: Arc::clone(journal), gate: gate.clone() };
                std::thread::Builder::new().name(format!("admission-{n}")).spawn(|| worker.run())
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { queue: Some(sender), budget: Arc::new(Semaphore::new(STREAMS_BYTES_MAX)), threads })
    }

    /// Puts one submission in line, or refuses it when too many are waiting.
    ///
    /// # Errors
    /// `OVERLOADED`.
    pub fn submit(&self, came: Came) -> Result<Ticket, Refusal> {
        let (reply, ticket) = Reply::to_one();
        self.queue()?.try_send(Job { run: vec![Ok(came)], reply, turn: None }).map_err(|e| match e {
            TrySendError::Full(_) => Refusal::new(Reason::Overloaded, "", "too many submissions are waiting"),
            TrySendError::Disconnected(_) => stopped(),
        })?;
        Ok(ticket)
    }

    /// Puts a run of a stream in line once there is room: a stream slows down instead of being refused. What is refused
    /// already keeps its place.
    ///
    /// # Errors
    /// `NOT_WRITTEN` when the pool stopped.
    pub async fn submit_run(
        &self,
        run: Vec<Result<Came, Rejected>>,
        turn: (Arc<Turns>, u64),
    ) -> Result<Tickets, Refusal> {
        let (reply, tickets) = Reply::to(run.len());
        self.queue()?.send_async(Job { run, reply, turn: Some(turn) }).await.map_err(|_| stopped())?;
        Ok(tickets)
    }

    /// Bytes that all streams together may have between arrival and answer.
    #[must_use]
    pub const fn budget(&self) -> &Arc<Semaphore> {
        &self.budget
    }

    fn queue(&self) -> Result<&Sender<Job>, Refusal> {
        self.queue.as_ref().ok_or_else(stopped)
    }
}

fn stopped() -> Refusal {
    Refusal::new(Reason::NotWritten, "", "the server is stopping")
}

/// A thread of the pool.
struct Worker {
    jobs: Receiver<Job>,
    threads: usize,
    journal: Arc<Journal>,
    gate: Gate,
}

impl Worker {
    fn run(self) {
        let mut known = KnownKeys::default();
        while let Ok(first) = self.jobs.recv() {
            // Its share of what is waiting, so that the other threads get theirs.
            let share = self.jobs.len() / self.threads;
            let mut taken = first.run.len();
            let mut jobs = vec![first];
            while taken <= share && taken < RUN_MAX {
                let Ok(next) = self.jobs.try_recv() else { break };
                taken += next.run.len();
                jobs.push(next);
            }
            self.work(&mut known, jobs);
        }
    }

    /// Checks submissions together and hands over those of each caller.
    fn work(&self, known: &mut KnownKeys, jobs: Vec<Job>) {
        let signed = jobs.iter().flat_map(|job| job.run.iter().flatten().map(|came| came.signed.clone())).collect();
        let mut admitted = admit_all(known, signed).into_iter();
        let mut offers = vec![];
        for Job { run, reply, turn } in jobs {
            let check = |came: Result<Came, Rejected>| {
                let Came { signed, brought } = came?;
                let admitted = admitted.next().expect("an answer to each").and_then(|admitted| {
                    self.gate.check()?;
                    // Behind the signature: nobody else may make the server write.
                    brought.map_or(Ok(()), |brought| brought.keep(admitted.submission()))?;
                    Ok(admitted)
                });
                admitted.map_err(|refusal| rejected(&signed.submission, refusal))
            };
            let items: Vec<_> = run.into_iter().map(check).collect();
            match turn {
                Some((turns, number)) => turns.take(number, items, reply, &self.journal),
                None => match one(items) {
                    Ok(admitted) => offers.push(Offer { items: vec![Ok(admitted)], lane: None, reply }),
                    Err(refusal) => reply.send(vec![Err(refusal)]),
                },
            }
        }
        if !offers.is_empty() {
            self.journal.submit_all(offers);
        }
    }
}

/// The key is only claimed here, but the claim can do no more than refuse the rest of the client's own stream.
pub(crate) fn rejected(submission: &[u8], refusal: Refusal) -> Rejected {
    Rejected { key: Submission::decode(submission).ok().map(|submission| submission.key), refusal }
}

fn one(items: Vec<Result<Admitted, Rejected>>) -> Result<Admitted, Refusal> {
    let item = items.into_iter().next().expect("a call brings one submission");
    item.map_err(|rejected| rejected.refusal)
}

impl Drop for Admission {
    fn drop(&mut self) {
        self.queue = None;
        for thread in self.threads.drain(..) {
            let _outcome = thread.join();
        }
    }
}
