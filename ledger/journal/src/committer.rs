//! Makes blocks durable, in order, and only then answers.

use std::sync::Arc;

use hefu_rules::CheckpointKey;
use hefu_types::tree::Edge;
use hefu_types::{PublicKey, Reason, Refusal};
use tokio::sync::watch;

use crate::journal::{Answers, Reply, Shared};
use crate::recent::{Kept, Put};
use crate::recovery::last_of;
use crate::seal::{Seal, Sealer};
use crate::sequencer::{Head, Outcome, Recorded, Tip};
use crate::store::{AppendError, Block, Fault, StoreError};

/// A block, and who waits for it. The block is empty when every answer is about an earlier one.
pub(crate) struct Work {
    pub(crate) block: Block,
    /// Its first entries as they were decoded: all of them, if there was room.
    pub(crate) decoded: Kept,
    /// The tree up to the end of the block.
    pub(crate) edge: Edge,
    /// The checkpoint keys that the log has had by then.
    pub(crate) keys: Vec<(PublicKey, CheckpointKey)>,
    pub(crate) answers: Vec<Answer>,
}

/// Who waits, and what to say once it is durable.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) decided: Vec<Decided>,
    pub(crate) reply: Reply,
}

/// What the sequencer decided of a submission.
#[derive(Debug)]
pub(crate) enum Decided {
    /// It has a position in this block, or had one before in a block that may not be durable yet.
    Pending(Recorded),
    /// It had been recorded before, durably.
    Durable(Recorded),
    /// It was refused; nothing was written.
    Refused(Refusal),
}

impl Decided {
    /// What its caller is told, now that it is known what became of the block.
    pub(crate) fn outcome(self, block: &Result<Option<Arc<Seal>>, Refusal>) -> Outcome {
        match (self, block) {
            (Self::Refused(refusal), _) => Err(refusal),
            (Self::Durable(recorded), _) => Ok((recorded, None)),
            // Its first copy stands in an earlier block, which may or may not have been written.
            (Self::Pending(recorded), Err(refusal)) if recorded.already_recorded => Err(unknown(&refusal.detail)),
            (Self::Pending(_), Err(refusal)) => Err(refusal.clone()),
            (Self::Pending(recorded), Ok(seal)) => Ok((recorded, seal.clone().filter(|_| !recorded.already_recorded))),
        }
    }
}

pub(crate) struct Committer {
    pub(crate) shared: Shared,
    pub(crate) sealer: Sealer,
    pub(crate) tip: watch::Sender<Tip>,
    pub(crate) recent: Put,
    pub(crate) answer: Box<dyn FnMut(Answers) + Send>,
}

impl Committer {
    /// Runs until the sequencer is gone.
    pub(crate) fn run(mut self) {
        while let Some(Work { block, decoded, edge, keys, answers }) = self.shared.open.take() {
            if (self.shared.fault)(Fault::Cut).is_err() {
                self.shared.latch.set(Refusal::new(Reason::StorageLatched, "", "the committer stopped"));
                self.recent.forget(&decoded);
                continue;
            }
            let outcome = self.shared.latch.check().and_then(|()| self.commit(&block, edge, keys));
            match outcome {
                Ok(_) => self.recent.put(decoded),
                Err(_) => self.recent.forget(&decoded),
            }
            let told = |Answer { decided, reply }: Answer| {
                (reply, decided.into_iter().map(|one| one.outcome(&outcome)).collect())
            };
            (self.answer)(Answers(answers.into_iter().map(told).collect()));
        }
    }

    fn commit(
        &mut self,
        block: &Block,
        edge: Edge,
        keys: Vec<(PublicKey, CheckpointKey)>,
    ) -> Result<Option<Arc<Seal>>, Refusal> {
        let Some((size, chain_hash, recorded_at)) = last_of(&block.entries) else { return Ok(None) };
        let latched = |refusal: &Refusal| self.shared.latch.set(refusal.clone());
        let stopped = |_| unknown("the server stopped");
        (self.shared.fault)(Fault::BeforeAppend).inspect_err(latched)?;
        self.shared.store.append(block).map_err(|e| self.fail(&e))?;
        (self.shared.fault)(Fault::AfterAppend).inspect_err(latched).map_err(stopped)?;
        // Nobody hears of the block before what is said of it is kept apart from it.
        let seal = self.sealer.seal(edge, keys).map(Arc::new).map_err(StoreError::new);
        let seal = seal.map_err(|e| self.fail(&AppendError::Unknown(e)))?;
        (self.shared.fault)(Fault::Sealed).inspect_err(latched).map_err(stopped)?;
        // At once: whoever sees the head finds its seal, and whoever sees the seal finds its entries.
        let head = Head { size, chain_hash, recorded_at };
        self.tip.send_replace(Tip { head, seal: Some(Arc::clone(&seal)) });
        self.shared.latch.set_durable_size(size);
        (self.shared.fault)(Fault::BeforeAnswer).inspect_err(latched).map_err(stopped)?;
        Ok(Some(seal))
    }

    /// Latches the first failure; what was being written may or may not be durable.
    fn fail(&self, error: &AppendError) -> Refusal {
        let cause = std::error::Error::source(error).map_or_else(|| error.to_string(), |s| format!("{error}: {s}"));
        tracing::error!(%cause, "storage failed; writes are refused from now on");
        self.shared.latch.set(Refusal::new(Reason::StorageLatched, "", cause.clone()));
        match error {
            AppendError::Conflict { .. } => Refusal::new(Reason::StorageLatched, "", cause),
            AppendError::Unknown(_) => unknown(&cause),
        }
    }
}

impl Drop for Committer {
    fn drop(&mut self) {
        self.shared.latch.set_if_panicking("the committer stopped");
        self.shared.open.close();
    }
}

fn unknown(cause: &str) -> Refusal {
    Refusal::new(Reason::OutcomeUnknown, "", cause)
}
