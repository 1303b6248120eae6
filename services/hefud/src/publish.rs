//! Checkpoints for the world: the log signs one for each block, and shows one a second, with the cosignatures that it got.

use std::sync::{Arc, Weak};

use hefu_journal::store::StoreError;
use hefu_journal::{Journal, Published, RocksCheckpoints, Tip};
use hefu_types::{Note, Refusal, SignedCheckpoint, Size};
use tokio::sync::watch;

use crate::config::{CHECKPOINTS_MAX, PUBLISH_INTERVAL};
use crate::lifetime::Lifetime;
use crate::quorum::Quorum;
use crate::thinning;
use crate::witnesses::{Evidence, Gate, PUBLISHING_WAIT, Standing, WITNESS_RETRY_INTERVAL, WITNESS_WAIT, Witnesses};

/// The published checkpoints, the latest at hand.
#[derive(Clone)]
pub struct Publisher {
    kept: RocksCheckpoints,
    latest: watch::Sender<Published>,
    witnesses: Arc<Witnesses>,
    quorum: Quorum,
    gate: Gate,
}

/// What the task that publishes starts from.
struct Running {
    journal: Weak<Journal>,
    tip: watch::Receiver<Tip>,
    latest: SignedCheckpoint,
    lifetime: Lifetime,
}

impl Publisher {
    /// Asks the witnesses, publishes the checkpoint of the journal's head, and then, in the background, whatever comes, until
    /// the server stops. Opens the gate when enough witnesses have answered, now or later.
    ///
    /// # Errors
    /// [`Evidence`] when a witness has seen more of the log, or another one; when the journal is empty, the policy is about
    /// other logs, or the store can't be used.
    pub async fn start(
        journal: &Arc<Journal>,
        kept: RocksCheckpoints,
        witnesses: Witnesses,
        gate: Gate,
        lifetime: &Lifetime,
    ) -> anyhow::Result<Self> {
        let mut tip = journal.tip();
        let seal = tip.borrow_and_update().seal.clone().ok_or_else(|| StoreError::new("the log is empty"))?;
        witnesses.check_log(&journal.log_keys())?;
        let log = journal.past_keys();
        let before = kept.up_to(seal.size(), 1)?.pop().filter(|before| before.size == seal.size());
        let open = |kept: &Published| SignedCheckpoint::from_note_by_any(Note::from_bytes(&kept.note).ok()?, &log).ok();
        let base = before.as_ref().and_then(open);
        let first = witnesses.ask_all(journal, base.unwrap_or_else(|| seal.checkpoint.clone())).await;
        if let Some(evidence) = witnesses.evidence(seal.size()) {
            return Err(evidence.into());
        }
        let published = published(&first);
        if before.as_ref() != Some(&published) {
            kept.put(&published)?;
        }
        let quorum = Quorum::of(witnesses.policy().cloned());
        // Also one of an earlier run: the witnesses may be away now.
        let earlier = kept.up_to(seal.size(), CHECKPOINTS_MAX)?;
        earlier.iter().filter_map(open).for_each(|checkpoint| quorum.shown(&checkpoint));
        quorum.shown(&first);
        let latest = watch::channel(published).0;
        let publisher = Self { kept, latest, witnesses: Arc::new(witnesses), quorum, gate };
        publisher.mind_the_gate(seal.size());
        if !publisher.gate.is_open() {
            tracing::warn!("too few witnesses answer: writes are refused until a quorum does");
        }
        let (journal, lifetime) = (Arc::downgrade(journal), lifetime.clone());
        tokio::spawn(thinning::run(publisher.kept.clone(), journal.clone(), lifetime.clone()));
        tokio::spawn(publisher.clone().run(Running { journal, tip, latest: first, lifetime }));
        Ok(publisher)
    }

    /// The latest one.
    #[must_use]
    pub fn latest(&self) -> Published {
        self.latest.borrow().clone()
    }

    /// The latest one, as soon as it has this size.
    pub async fn at_least(&self, size: Size) -> Published {
        let mut latest = self.latest.subscribe();
        match latest.wait_for(|published| published.size >= size).await {
            Ok(published) => published.clone(),
            // The sender is this publisher's own.
            Err(_) => self.latest(),
        }
    }

    /// What a quorum of witnesses cosigned last.
    #[must_use]
    pub const fn quorum(&self) -> &Quorum {
        &self.quorum
    }

    /// Those up to a size, the largest first.
    ///
    /// # Errors
    /// When the store can't be read.
    pub fn up_to(&self, size: Size, limit: usize) -> Result<Vec<Published>, StoreError> {
        self.kept.up_to(size, limit)
    }

    /// How each witness stands, by its name in the policy.
    #[must_use]
    pub fn witnesses(&self) -> Vec<(String, Standing)> {
        self.witnesses.standings()
    }

    /// Whether writes are let in: enough witnesses have answered, or none need to.
    #[must_use]
    pub fn takes_writes(&self) -> bool {
        self.gate.is_open()
    }

    async fn run(self, mut running: Running) {
        let stopping = running.lifetime.stopping();
        tokio::pin!(stopping);
        let mut tick = tokio::time::interval(PUBLISH_INTERVAL);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                more = self.publish_next(&mut running, &mut tick) => if !more { return },
                () = &mut stopping => return,
            }
        }
    }

    /// Waits for something to publish, publishes it, and says whether more may come.
    async fn publish_next(&self, running: &mut Running, tick: &mut tokio::time::Interval) -> bool {
        let Running { journal, tip, latest, .. } = running;
        let changed = tokio::select! {
            changed = tip.changed() => changed.is_ok(),
            () = self.retry(latest) => true,
        };
        if !changed {
            return false;
        }
        tick.tick().await;
        let Some(journal) = journal.upgrade() else { return false };
        let Some(mut seal) = tip.borrow_and_update().seal.clone() else { return true };
        // Nothing new: then those witnesses that lack it are asked again, until there is.
        let again = if seal.size() == latest.checkpoint().size() {
            tokio::select! {
                again = self.witnesses.cosign(&journal, latest.clone(), WITNESS_WAIT) => Some(again),
                _ = tip.changed() => {
                    seal = tip.borrow_and_update().seal.clone().unwrap_or(seal);
                    None
                }
            }
        } else {
            None
        };
        let next = match again {
            Some(again) => again,
            None => self.witnesses.cosign(&journal, seal.checkpoint.clone(), PUBLISHING_WAIT).await,
        };
        self.mind_the_gate(seal.size());
        if next != *latest && self.show(published(&next)).await {
            self.quorum.shown(&next);
            *latest = next;
        }
        true
    }

    /// Ends when it is time to ask witnesses that lack the latest checkpoint again.
    async fn retry(&self, latest: &SignedCheckpoint) {
        if self.witnesses.lack(latest) {
            tokio::time::sleep(WITNESS_RETRY_INTERVAL).await;
        } else {
            std::future::pending().await
        }
    }

    /// Keeps a checkpoint and shows it; says whether that went well.
    async fn show(&self, published: Published) -> bool {
        let (kept, keeping) = (self.kept.clone(), published.clone());
        match tokio::task::spawn_blocking(move || kept.put(&keeping)).await {
            Ok(Ok(())) => {
                self.latest.send_replace(published);
                true
            }
            // The next one will do: nothing depends on any single one.
            Ok(Err(e)) => {
                tracing::error!(error = %e, "a checkpoint could not be published");
                false
            }
            Err(_) => false,
        }
    }

    /// Opens the gate once a quorum has answered, unless a witness holds something against the log.
    fn mind_the_gate(&self, ours: Size) {
        if self.gate.is_open() {
            return;
        }
        match self.witnesses.evidence(ours) {
            Some(evidence) => self.gate.bar(refusal(&evidence)),
            None if self.witnesses.have_answered() => {
                self.gate.lift();
                tracing::info!("enough witnesses have answered: writes are taken");
            }
            None => {}
        }
    }
}

fn refusal(evidence: &Evidence) -> Refusal {
    Refusal::new(evidence.code(), "", evidence.to_string())
}

fn published(checkpoint: &SignedCheckpoint) -> Published {
    Published { size: checkpoint.checkpoint().size(), note: checkpoint.to_bytes().into() }
}
