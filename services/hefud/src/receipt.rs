//! Receipts: the proof that a submission is in the log, as a file that verifies offline.

use std::sync::Arc;

use bytes::Bytes;
use hefu_journal::store::StoreError;
use hefu_journal::{Journal, Receipt, Recorded, Seal};
use hefu_proto::v1;
use hefu_types::limits::{ENTRY_HEADER_BYTES, SIGNATURE_BYTES};
use hefu_types::{Entry, NodeHash, Reason, Refusal, Seq, SignedCheckpoint, SignedSubmission, hash, tlog_proof, tree};
use tokio::time::Instant;

use crate::lifetime::Lifetime;
use crate::quorum::Quorum;

/// What is told with a position.
#[derive(Clone)]
pub struct Receipts {
    /// Where the tree is.
    pub journal: Arc<Journal>,
    /// Who may be waited for.
    pub quorum: Quorum,
    /// Ends waits when the server stops.
    pub lifetime: Lifetime,
}

/// What a caller wants with the answer.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    receipt: bool,
    /// Until when to wait for a quorum.
    quorum: Option<Instant>,
}

impl Wanted {
    /// Whether the answer may have to wait for a quorum.
    #[must_use]
    pub const fn waits(&self) -> bool {
        self.quorum.is_some()
    }
}

impl Receipts {
    /// Reads what a caller wants; `until` is when its patience ends.
    ///
    /// # Errors
    /// When it is not known here, or can't be had.
    pub fn wanted(&self, decline_receipt: bool, wait_for: i32, until: Instant) -> Result<Wanted, Refusal> {
        let quorum = match v1::WaitFor::try_from(wait_for) {
            Ok(v1::WaitFor::Unspecified) => None,
            Ok(v1::WaitFor::Quorum) => self.quorum.check().map(|()| Some(until))?,
            Err(_) => return Err(Refusal::new(Reason::UnknownEnum, "wait_for", format!("{wait_for} is not known"))),
        };
        Ok(Wanted { receipt: !decline_receipt, quorum })
    }

    /// The receipt for what was just recorded, under its block's checkpoint, after the wait that is wanted; empty when it is
    /// not wanted. Neither that there is no quorum nor that there is no receipt may hide that the submission is recorded.
    pub async fn make(
        &self,
        signed: &SignedSubmission,
        recorded: &Recorded,
        seal: Option<Arc<Seal>>,
        wanted: Wanted,
    ) -> Bytes {
        let cosigned = match wanted.quorum {
            Some(until) => self.cosigned(recorded.seq, until).await,
            None => None,
        };
        if !wanted.receipt {
            return Bytes::new();
        }
        let made = match (cosigned, seal) {
            // From memory: nothing to wait for.
            (None, Some(seal)) => of_block(signed, recorded, &seal),
            (cosigned, seal) => {
                let Recorded { seq, recorded_at, prev, .. } = *recorded;
                let entry = seal.map(|_| Entry::new(seq, recorded_at, prev, signed));
                let journal = Arc::clone(&self.journal);
                let read = move || from_store(&journal, seq, entry, cosigned.as_deref());
                tokio::task::spawn_blocking(read).await.unwrap_or_else(|e| Err(StoreError::new(e)))
            }
        };
        made.unwrap_or_else(|error| {
            tracing::error!(%error, seq = %recorded.seq, "no receipt can be made");
            Bytes::new()
        })
    }

    /// A checkpoint that holds the entry and that a quorum cosigned, if one comes in time.
    async fn cosigned(&self, seq: Seq, until: Instant) -> Option<Arc<SignedCheckpoint>> {
        tokio::select! {
            cosigned = self.quorum.at_least(seq.size(), until) => cosigned,
            () = self.lifetime.stopping() => None,
        }
    }
}

/// The receipt of an entry under a checkpoint, or that of the head. An entry that was recorded before is read: its signature
/// may differ from that of the bytes sent now.
fn from_store(
    journal: &Journal,
    seq: Seq,
    entry: Option<Entry>,
    cosigned: Option<&SignedCheckpoint>,
) -> Result<Bytes, StoreError> {
    let entry = match entry {
        Some(entry) => entry,
        None => {
            let bytes = journal.read(seq, 1, usize::MAX)?.pop();
            Entry::parse(bytes.ok_or_else(|| StoreError::new("the entry is not there"))?).map_err(StoreError::new)?
        }
    };
    let before = &entry.bytes()[..ENTRY_HEADER_BYTES + SIGNATURE_BYTES];
    match cosigned {
        Some(cosigned) => Ok(file(before, seq, &path(journal, &entry, cosigned)?, &cosigned.note().to_string())),
        None => {
            let Receipt { hashes, seal, .. } = journal.receipt(&entry)?;
            Ok(file(before, seq, &hashes, &seal.text))
        }
    }
}

/// The receipt of an entry of a block that was just sealed.
fn of_block(signed: &SignedSubmission, recorded: &Recorded, seal: &Seal) -> Result<Bytes, StoreError> {
    let Recorded { seq, recorded_at, prev, .. } = *recorded;
    let before = Entry::before_submission(seq, recorded_at, prev, &signed.signature);
    let leaf = hash::leaf_hash_of([&before[..], &signed.submission]);
    let hashes = seal.prove(seq, NodeHash::from_bytes(*leaf.as_bytes()))?;
    Ok(file(&before, seq, &hashes, &seal.text))
}

/// The path of an entry up to the root of a published checkpoint; verified here, before anybody else does.
fn path(journal: &Journal, entry: &Entry, checkpoint: &SignedCheckpoint) -> Result<Vec<NodeHash>, StoreError> {
    let (seq, of) = (entry.seq(), checkpoint.checkpoint());
    let absent = || StoreError::new(format!("entry {seq} is not in a tree of {}", of.size()));
    let hashes = journal.inclusion(seq, of.size())?.ok_or_else(absent)?;
    tree::verify_inclusion(tree::leaf(entry.bytes()), seq, of.size(), of.root(), &hashes).map_err(StoreError::new)?;
    Ok(hashes)
}

/// The file; `extra` is what the member does not have of the entry.
fn file(extra: &[u8], seq: Seq, hashes: &[NodeHash], checkpoint: &str) -> Bytes {
    tlog_proof::write(Some(extra), seq, hashes, checkpoint).into()
}
