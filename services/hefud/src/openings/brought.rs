use std::sync::{Arc, Mutex, PoisonError};

use hefu_journal::{Outcome, Ticket};
use hefu_proto::{convert, v1};
use hefu_types::{Class, Commitment, Opening, Reason, Refusal, Submission};

use super::{Openings, commitments};

/// What one request brought beside its submission, until it is known what became of that.
#[derive(Debug)]
pub struct Brought {
    store: Arc<Openings>,
    openings: Vec<Opening>,
    held: Mutex<Vec<Commitment>>,
}

impl Brought {
    /// The openings of a request; `None` when it brought none, as most do.
    ///
    /// # Errors
    /// `OPENING_WRONG` when one has no salt of 32 bytes, or no number.
    pub fn of(store: &Arc<Openings>, openings: &[v1::Opening]) -> Result<Option<Arc<Self>>, Refusal> {
        if openings.is_empty() {
            return Ok(None);
        }
        let openings = openings.iter().zip(0..).map(|(opening, n)| read(opening, n)).collect::<Result<_, _>>()?;
        Ok(Some(Arc::new(Self { store: Arc::clone(store), openings, held: Mutex::default() })))
    }

    /// Keeps the openings of a submission whose signature holds. Touches the disk.
    ///
    /// # Errors
    /// `OPENING_WRONG` when one fits no commitment, or not alone; `NOT_WRITTEN` when they can't be kept.
    pub fn keep(&self, submission: &Submission) -> Result<(), Refusal> {
        let mut wanted: Vec<Commitment> = commitments(submission).map(|(_, commitment)| commitment).collect();
        for (opening, n) in self.openings.iter().zip(0..) {
            match wanted.iter().position(|wanted| *wanted == opening.commitment()) {
                Some(at) => drop(wanted.swap_remove(at)),
                None => return Err(wrong(n, "it fits no commitment of the submission, or another one does already")),
            }
        }
        let failed = |e: std::io::Error| match e.kind() {
            std::io::ErrorKind::QuotaExceeded => {
                Refusal::new(Reason::Overloaded, "", "too many openings wait to be decided")
            }
            _ => Refusal::new(Reason::NotWritten, "", format!("an opening can't be kept: {e}")),
        };
        self.store.hold(&self.openings.iter().collect::<Vec<_>>()).map_err(failed)?;
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) =
            self.openings.iter().map(Opening::commitment).collect();
        Ok(())
    }

    /// Lets go of them, and removes what nobody wants. Touches the disk.
    pub fn settle(&self, outcome: &Outcome) {
        let recorded = match outcome {
            Ok((recorded, _)) => !recorded.already_recorded,
            // Perhaps it is recorded all the same: a start knows, later.
            Err(refusal) if !is_certain(refusal) => return,
            Err(_) => false,
        };
        let held = std::mem::take(&mut *self.held.lock().unwrap_or_else(PoisonError::into_inner));
        if let Err(error) = self.store.release(&held, recorded) {
            tracing::error!(%error, "openings of a refused submission stay until the next start");
        }
    }

    /// Waits for the outcome and settles, also when nobody else waits any more.
    pub async fn outcome(self: Arc<Self>, ticket: Ticket) -> Outcome {
        let stopped = |_| Err(Refusal::new(Reason::OutcomeUnknown, "", "the server stopped before it answered"));
        let settled = tokio::spawn(async move {
            let outcome = ticket.sealed().await;
            self.settled(outcome).await
        });
        settled.await.unwrap_or_else(stopped)
    }

    /// Settles off the async threads, and gives the outcome back.
    pub async fn settled(self: Arc<Self>, outcome: Outcome) -> Outcome {
        let unknown = |_| Err(Refusal::new(Reason::OutcomeUnknown, "", "the server is stopping"));
        let settle = move || {
            self.settle(&outcome);
            outcome
        };
        tokio::task::spawn_blocking(settle).await.unwrap_or_else(unknown)
    }
}

/// Whether nothing was recorded, for certain.
fn is_certain(refusal: &Refusal) -> bool {
    !matches!(refusal.reason.class(), Class::Unavailable | Class::Unknown | Class::DataLoss)
}

fn read(opening: &v1::Opening, n: usize) -> Result<Opening, Refusal> {
    let short = || wrong(n, &format!("a salt of {} bytes instead of 32", opening.salt.len()));
    let opening = convert::opening(opening).ok_or_else(short)?;
    match opening.number() {
        Some(_) => Ok(opening),
        None => Err(wrong(n, "its value is no Decimal in canonical form")),
    }
}

fn wrong(n: usize, detail: &str) -> Refusal {
    Refusal::new(Reason::OpeningWrong, format!("openings[{n}]"), detail)
}
