//! Signature checks on all cores, behind a bounded queue.

use std::sync::Arc;
use std::thread::JoinHandle;

use flume::{Receiver, Sender, TrySendError};
use hefu_rules::{Admitted, admit};
use hefu_types::{Reason, Refusal, SignedSubmission};
use tokio::sync::{Semaphore, oneshot};

use crate::config::STREAMS_BYTES_MAX;

/// A submission to check, and who waits for it.
struct Job {
    signed: SignedSubmission,
    reply: oneshot::Sender<Result<Admitted, Refusal>>,
}

/// A pool of threads that run [`hefu_rules::admit`]. Dropping it stops them after what is queued was checked.
pub struct Admission {
    queue: Option<Sender<Job>>,
    budget: Arc<Semaphore>,
    threads: Vec<JoinHandle<()>>,
}

/// A check on its way.
#[must_use = "the answer comes here"]
pub struct Pending(oneshot::Receiver<Result<Admitted, Refusal>>);

impl Pending {
    /// Waits for the verdict.
    ///
    /// # Errors
    /// The refusal; `NOT_WRITTEN` when the pool stopped.
    pub async fn outcome(self) -> Result<Admitted, Refusal> {
        self.0.await.unwrap_or_else(|_| Err(stopped()))
    }
}

fn stopped() -> Refusal {
    Refusal::new(Reason::NotWritten, "", "the server is stopping")
}

impl Admission {
    /// Starts the threads.
    ///
    /// # Errors
    /// When a thread can't be started.
    pub fn start(threads: usize, queue: usize) -> std::io::Result<Self> {
        let (sender, receiver) = flume::bounded(queue);
        let threads = (0..threads)
            .map(|n| {
                let jobs = receiver.clone();
                std::thread::Builder::new().name(format!("admission-{n}")).spawn(move || run(&jobs))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { queue: Some(sender), budget: Arc::new(Semaphore::new(STREAMS_BYTES_MAX)), threads })
    }

    /// Checks one submission, or refuses it when too many are waiting.
    ///
    /// # Errors
    /// The refusal; `OVERLOADED`.
    pub async fn admit(&self, signed: SignedSubmission) -> Result<Admitted, Refusal> {
        let (job, pending) = job(signed);
        self.queue()?.try_send(job).map_err(|e| match e {
            TrySendError::Full(_) => Refusal::new(Reason::Overloaded, "", "too many submissions are waiting"),
            TrySendError::Disconnected(_) => stopped(),
        })?;
        pending.outcome().await
    }

    /// Starts a check once there is room: a stream slows down instead of being refused.
    ///
    /// # Errors
    /// `NOT_WRITTEN` when the pool stopped.
    pub async fn begin(&self, signed: SignedSubmission) -> Result<Pending, Refusal> {
        let (job, pending) = job(signed);
        self.queue()?.send_async(job).await.map_err(|_| stopped())?;
        Ok(pending)
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

fn job(signed: SignedSubmission) -> (Job, Pending) {
    let (reply, receiver) = oneshot::channel();
    (Job { signed, reply }, Pending(receiver))
}

fn run(jobs: &Receiver<Job>) {
    for Job { signed, reply } in jobs {
        // A caller that went away needs no verdict; nothing was written.
        drop(reply.send(admit(signed)));
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        self.queue = None;
        for thread in self.threads.drain(..) {
            let _outcome = thread.join();
        }
    }
}
