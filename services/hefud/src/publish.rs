//! Checkpoints for the world: the log signs one for each block, and shows one a second.

use std::sync::Arc;

use hefu_journal::store::StoreError;
use hefu_journal::{Journal, Published, RocksCheckpoints, Seal};
use hefu_types::Size;
use tokio::sync::watch;

use crate::config::PUBLISH_INTERVAL;
use crate::lifetime::Lifetime;

/// The published checkpoints, the latest at hand.
#[derive(Clone)]
pub struct Publisher {
    kept: RocksCheckpoints,
    latest: watch::Sender<Published>,
}

impl Publisher {
    /// Publishes the checkpoint of the journal's head, and then, in the background, whatever comes, until the server
    /// stops.
    ///
    /// # Errors
    /// When the journal is empty, or the store can't be used.
    pub fn start(journal: &Arc<Journal>, kept: RocksCheckpoints, lifetime: Lifetime) -> Result<Self, StoreError> {
        let mut seals = journal.seal();
        let seal = seals.borrow_and_update().clone().ok_or_else(|| StoreError::new("the log is empty"))?;
        let before = kept.up_to(seal.size(), 1)?.pop().filter(|before| before.size == seal.size());
        let first = before.map_or_else(|| put(&kept, &seal), Ok)?;
        let publisher = Self { kept, latest: watch::channel(first).0 };
        tokio::spawn(publisher.clone().run(seals, lifetime));
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

    /// Those up to a size, the largest first.
    ///
    /// # Errors
    /// When the store can't be read.
    pub fn up_to(&self, size: Size, limit: usize) -> Result<Vec<Published>, StoreError> {
        self.kept.up_to(size, limit)
    }

    async fn run(self, mut seals: watch::Receiver<Option<Arc<Seal>>>, lifetime: Lifetime) {
        let mut tick = tokio::time::interval(PUBLISH_INTERVAL);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let next = async {
                tick.tick().await;
                seals.changed().await
            };
            tokio::select! {
                changed = next => if changed.is_err() { return },
                () = lifetime.stopping() => return,
            }
            let Some(seal) = seals.borrow_and_update().clone() else { continue };
            let kept = self.kept.clone();
            match tokio::task::spawn_blocking(move || put(&kept, &seal)).await {
                Ok(Ok(published)) => drop(self.latest.send_replace(published)),
                // The next one will do: nothing depends on any single one.
                Ok(Err(e)) => tracing::error!(error = %e, "a checkpoint could not be published"),
                Err(_) => return,
            }
        }
    }
}

fn put(kept: &RocksCheckpoints, seal: &Seal) -> Result<Published, StoreError> {
    let published = Published { size: seal.size(), note: seal.bytes.clone() };
    kept.put(&published)?;
    Ok(published)
}
