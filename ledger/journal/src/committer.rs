//! Makes blocks durable, in order, and only then answers.

use std::sync::Arc;
use std::sync::mpsc::Receiver;

use hefu_rules::CheckpointKey;
use hefu_types::tree::Edge;
use hefu_types::{PublicKey, Reason, Refusal};
use tokio::sync::{oneshot, watch};

use crate::journal::Shared;
use crate::recovery::last_of;
use crate::seal::{Seal, Sealer};
use crate::sequencer::{Head, Outcome, Recorded};
use crate::store::{AppendError, Block, Fault, StoreError};

/// A block, and who waits for it. The block is empty when every answer is about an earlier one.
pub(crate) struct Work {
    pub(crate) block: Block,
    /// The tree up to the end of the block.
    pub(crate) edge: Edge,
    /// The checkpoint keys that the log has had by then.
    pub(crate) keys: Vec<(PublicKey, CheckpointKey)>,
    pub(crate) answers: Vec<Answer>,
}

/// Who waits, and what to say once it is durable.
pub(crate) struct Answer {
    pub(crate) recorded: Recorded,
    pub(crate) reply: oneshot::Sender<Outcome>,
}

pub(crate) struct Committer {
    pub(crate) work: Receiver<Work>,
    pub(crate) shared: Shared,
    pub(crate) sealer: Sealer,
    pub(crate) head: watch::Sender<Head>,
    pub(crate) seal: watch::Sender<Option<Arc<Seal>>>,
}

impl Committer {
    /// Runs until the sequencer is gone.
    pub(crate) fn run(mut self) {
        while let Ok(Work { block, edge, keys, answers }) = self.work.recv() {
            let outcome = self.shared.latch.check().and_then(|()| self.commit(&block, edge, keys));
            for Answer { recorded, reply } in answers {
                let outcome = match &outcome {
                    // Its first copy stands in an earlier block, which may or may not have been written.
                    Err(refusal) if recorded.already_recorded => Err(unknown(&refusal.detail)),
                    outcome => outcome.clone().map(|seal| (recorded, seal.filter(|_| !recorded.already_recorded))),
                };
                // A caller that went away can resend; nothing is lost by it.
                drop(reply.send(outcome));
            }
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
        // In this order: whoever sees the seal finds its entries, and whoever is told of a durable entry finds its seal.
        self.head.send_replace(Head { size, chain_hash, recorded_at });
        self.seal.send_replace(Some(Arc::clone(&seal)));
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

fn unknown(cause: &str) -> Refusal {
    Refusal::new(Reason::OutcomeUnknown, "", cause)
}
