//! The witnesses of the policy: asked for cosignatures of every published checkpoint, and at start whether they have seen
//! more of the log than is here.
//!
//! No witness can hold up the log: all are asked at the same time, and none is waited for longer than [`PUBLISHING_WAIT`] while
//! something new waits to be published, or than [`WITNESS_WAIT`] while nothing does.
//!
//! Read next: `ask.rs` (the protocol), `standing.rs` (what is known of each), `gate.rs` (when writes are refused).

mod ask;
mod gate;
mod standing;

use std::collections::HashSet;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use futures_util::future::join_all;
use hefu_journal::Journal;
use hefu_types::{NoteSignature, Policy, Reason, SignedCheckpoint, Size, VerifierKey};
use tokio::time::timeout;

pub use gate::Gate;
pub use standing::{Standing, Trouble};

use ask::{Address, Asker};

/// How long a witness may take to cosign, a correction of the log's notion of its size included, when nothing new waits to be
/// published: at the start, and when it is asked again.
pub const WITNESS_WAIT: Duration = Duration::from_secs(2);

/// How long it may take when something new does: less than the time between two publications.
pub const PUBLISHING_WAIT: Duration = Duration::from_millis(900);

/// How often witnesses that lack the latest checkpoint are asked again while nothing new is published.
pub const WITNESS_RETRY_INTERVAL: Duration = Duration::from_secs(2);

/// Bytes of a witness's answer: cosignatures of several keys, post-quantum ones among them.
pub const WITNESS_ANSWER_BYTES_MAX: usize = 64 << 10;

/// All witnesses with an address, and the quorum.
pub struct Witnesses {
    policy: Option<Policy>,
    witnesses: Vec<Witness>,
    asker: Asker,
}

/// A witness that can be asked.
struct Witness {
    name: String,
    key: VerifierKey,
    address: Address,
    standing: Mutex<Standing>,
}

/// A witness has seen a log that this one is not: it was rolled back, or forked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Evidence {
    /// It has cosigned a larger size.
    #[error(
        "the log has {ours} entries, but the witness {witness} has cosigned {theirs}: entries are missing, as in a restored \
         old copy; bring back a copy with all {theirs}, and never serve this one, for it would fork the log"
    )]
    Ahead {
        /// The witness's name in the policy.
        witness: String,
        /// What it cosigned.
        theirs: Size,
        /// What is here.
        ours: Size,
    },
    /// It has cosigned another history.
    #[error(
        "the log has {ours} entries, but they do not follow from the {theirs} that the witness {witness} has cosigned; bring \
         back the right copy"
    )]
    Forked {
        /// The witness's name in the policy.
        witness: String,
        /// What it cosigned.
        theirs: Size,
        /// What is here.
        ours: Size,
    },
}

impl Evidence {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> Reason {
        match self {
            Self::Ahead { .. } | Self::Forked { .. } => Reason::StorageDamaged,
        }
    }
}

impl Witnesses {
    /// The witnesses of a policy file, or none.
    ///
    /// # Errors
    /// When the file can't be read, knows other logs only, or a witness's address is not of the form `http://…`.
    pub fn of(policy: Option<&Path>) -> anyhow::Result<Self> {
        let Some(path) = policy else { return Ok(Self { policy: None, witnesses: vec![], asker: Asker::new() }) };
        let bytes = std::fs::read(path).with_context(|| format!("can't read {}", path.display()))?;
        let policy = Policy::from_bytes(&bytes).with_context(|| format!("{} is no policy", path.display()))?;
        let mut witnesses = vec![];
        for witness in policy.witnesses() {
            let Some(url) = &witness.url else { continue };
            let address = Address::parse(&url.to_string()).with_context(|| format!("the witness {}", witness.name))?;
            let standing = Mutex::new(Standing::default());
            witnesses.push(Witness { name: witness.name.to_string(), key: witness.key.clone(), address, standing });
        }
        Ok(Self { policy: Some(policy), witnesses, asker: Asker::new() })
    }

    /// Holds that the policy is about the log of these keys.
    ///
    /// # Errors
    /// When it names logs, and not this one.
    pub fn check_log(&self, log: &[VerifierKey]) -> anyhow::Result<()> {
        let logs = self.policy.as_ref().map_or(&[][..], Policy::logs);
        if logs.is_empty() || logs.iter().any(|known| log.contains(&known.key)) {
            return Ok(());
        }
        anyhow::bail!(
            "the policy is about other logs than {}",
            log.first().map_or_else(String::new, VerifierKey::to_string)
        )
    }

    /// The policy, if there is one.
    #[must_use]
    pub const fn policy(&self) -> Option<&Policy> {
        self.policy.as_ref()
    }

    /// What is known of each, by its name in the policy.
    #[must_use]
    pub fn standings(&self) -> Vec<(String, Standing)> {
        self.witnesses.iter().map(|witness| (witness.name.clone(), witness.standing().clone())).collect()
    }

    /// Whether a quorum has said, since the start, how far it had seen the log.
    #[must_use]
    pub fn have_answered(&self) -> bool {
        let answered = self.witnesses.iter().filter(|witness| witness.standing().answered).map(|witness| &witness.key);
        self.policy.as_ref().is_none_or(|policy| policy.is_satisfied_by(answered))
    }

    /// What any of them holds against the log.
    #[must_use]
    pub fn evidence(&self, ours: Size) -> Option<Evidence> {
        self.witnesses.iter().find_map(|witness| witness.evidence(ours))
    }

    /// Whether some witness has not cosigned this checkpoint.
    #[must_use]
    pub fn lack(&self, checkpoint: &SignedCheckpoint) -> bool {
        !self.lacking(checkpoint).is_empty()
    }

    fn lacking(&self, checkpoint: &SignedCheckpoint) -> Vec<&Witness> {
        let cosigned = checkpoint.cosignatures(self.witnesses.iter().map(|witness| &witness.key)).unwrap_or_default();
        let cosigned: HashSet<&VerifierKey> = cosigned.iter().map(hefu_types::Cosignature::key).collect();
        self.witnesses.iter().filter(|witness| !cosigned.contains(&witness.key)).collect()
    }

    /// Asks those that have not cosigned the checkpoint, and gives it with the cosignatures that came in time.
    pub async fn cosign(
        &self,
        journal: &Arc<Journal>,
        checkpoint: SignedCheckpoint,
        wait: Duration,
    ) -> SignedCheckpoint {
        self.ask(&self.lacking(&checkpoint), journal, checkpoint, wait).await
    }

    /// Asks all of them, whatever they cosigned before: only so they say how far they have seen the log.
    pub async fn ask_all(&self, journal: &Arc<Journal>, checkpoint: SignedCheckpoint) -> SignedCheckpoint {
        let all: Vec<&Witness> = self.witnesses.iter().collect();
        self.ask(&all, journal, checkpoint, WITNESS_WAIT).await
    }

    async fn ask(
        &self,
        witnesses: &[&Witness],
        journal: &Arc<Journal>,
        checkpoint: SignedCheckpoint,
        wait: Duration,
    ) -> SignedCheckpoint {
        let asked = &checkpoint;
        let answers = join_all(witnesses.iter().map(|witness| witness.cosign(&self.asker, journal, asked, wait))).await;
        let answered = witnesses.iter().zip(answers);
        let lines = answered.filter_map(|(witness, line)| Some((&witness.key, line?)));
        // Each was verified before; a note that is full takes no more.
        lines.fold(checkpoint.clone(), |note, (key, line)| note.with_cosignature(&line, key).unwrap_or(note))
    }
}

impl Witness {
    fn standing(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for a cosignature, and remembers how that went.
    async fn cosign(
        &self,
        asker: &Asker,
        journal: &Arc<Journal>,
        checkpoint: &SignedCheckpoint,
        wait: Duration,
    ) -> Option<NoteSignature> {
        let known = self.standing().size;
        let asked = asker.cosign((&self.address, &self.key), journal, checkpoint, known);
        let asked = timeout(wait, asked).await.unwrap_or_else(|_| Err(ask::late()));
        let size = checkpoint.checkpoint().size();
        let outcome = asked.as_ref().map(|_| size).map_err(Clone::clone);
        self.standing().turn(&self.name, outcome);
        asked.ok()
    }

    fn evidence(&self, ours: Size) -> Option<Evidence> {
        let witness = self.name.clone();
        match self.standing().trouble {
            Some(Trouble::Ahead(theirs)) => Some(Evidence::Ahead { witness, theirs, ours }),
            Some(Trouble::Forked(theirs)) => Some(Evidence::Forked { witness, theirs, ours }),
            Some(Trouble::Silent(_)) | None => None,
        }
    }
}

#[cfg(test)]
mod tests;
