//! What a key said, stored before it is sent: a directory with one writer.
//!
//! ```text
//! me.outbox/
//!   lock                                   held, as an OS file lock, while a program writes with this key
//!   identity                               the ledger and the key, as lines `name value`
//!   base                                   (rarely) where the key stood before its first submission from here
//!   00000000000000000007.sub               a submission: 64 bytes of signature, then the submission's bytes
//!   00000000000000000007.openings          what opens its commitments, until it is answered or refused
//!   00000000000000000007.tlog-proof        its receipt, if it got one; later the same under a cosigned checkpoint
//!   00000000000000000007-3c….tlog-proof    another receipt that was given under this number before
//!   00000000000000000007.ack               its position; missing as long as it is unanswered
//!   00000000000000000008-9f….refused       a refused submission, moved aside: its number is free again
//!   00000000000000000008-9f….reason        why
//!   evidence/                              what the log showed that contradicts a receipt, see [`crate::receipts`]
//! ```
//!
//! A `.sub` file is synced before its bytes leave, and nothing but openings is ever deleted; only a receipt gives way to a better one. A crash leaves, at any step, a submission
//! that is there whole or not at all; an `.ack` that is missing or torn, and then the same bytes are sent again; or
//! submissions behind a refused one, which can never be recorded any more, as they link to it, and are moved aside too.

mod error;
mod folder;
mod receipts;
mod state;
mod stored;

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::path::{Path, PathBuf};

use hefu_types::sign::Keypair;
use hefu_types::{
    Commitment, Event, KeySeq, LedgerId, Millis, Opening, PublicKey, Reason, Refusal, SignedSubmission, Submission,
    SubmissionHash, TlogProof, receipt,
};

pub use error::OutboxError;
pub use receipts::Kept;
pub use stored::{Stored, stored};

use crate::{ClientError, Position};
use folder::Folder;

/// A key's number and the hash of the submission under it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// The key's own count.
    pub key_seq: KeySeq,
    /// The submission hash.
    pub hash: SubmissionHash,
}

impl Link {
    /// Before a key's first submission.
    pub const NONE: Self = Self { key_seq: KeySeq::NONE, hash: SubmissionHash::NONE };
}

/// The stored submissions of one key on one ledger. Open for one writer at a time.
#[derive(Debug)]
pub struct Outbox {
    folder: Folder,
    ledger: LedgerId,
    key: PublicKey,
    /// The last answered one.
    answered: Link,
    /// The last stored one, answered or not.
    last: Link,
    /// Those without an answer.
    pending: BTreeMap<KeySeq, SignedSubmission>,
    /// What opens commitments of what is stored and unanswered, or of what is to be stored.
    openings: HashMap<Commitment, Opening>,
    _lock: File,
}

impl Outbox {
    /// Where the outbox of a key file is: `me.pem` → `me.outbox`.
    #[must_use]
    pub fn beside(key_file: &Path) -> PathBuf {
        key_file.with_extension("outbox")
    }

    /// Opens an outbox that belongs to a key, whichever it is.
    ///
    /// # Errors
    /// When it is not there, another program has it open, or it is damaged.
    pub fn reopen(path: &Path) -> Result<Self, OutboxError> {
        let folder = Folder::at(path);
        let (ledger, key) = folder.identity()?.ok_or_else(|| folder.damaged("identity"))?;
        Self::open(path, ledger, key)
    }

    /// Opens an outbox, or makes an empty one.
    ///
    /// # Errors
    /// When another program has it open, when it belongs to another ledger or key, or when it is damaged.
    pub fn open(path: &Path, ledger: LedgerId, key: PublicKey) -> Result<Self, OutboxError> {
        let (folder, lock) = Folder::open(path)?;
        folder.check_identity(ledger, key)?;
        let base = folder.base()?.unwrap_or(Link::NONE);
        let (pending, openings) = (BTreeMap::new(), HashMap::new());
        let mut outbox = Self { folder, ledger, key, answered: base, last: base, pending, openings, _lock: lock };
        outbox.load()?;
        Ok(outbox)
    }

    /// Reads what is stored, and moves aside what links to nothing any more.
    fn load(&mut self) -> Result<(), OutboxError> {
        for (key_seq, signed) in self.folder.submissions()? {
            let link = Link { key_seq, hash: signed.hash() };
            if !self.follows(&signed) {
                let refusal = predecessor_refused();
                self.folder.set_aside(link, &refusal)?;
                continue;
            }
            self.last = link;
            if self.folder.position(link).is_some() {
                self.answered = link;
                self.folder.forget_openings(key_seq)?;
            } else {
                self.know(self.folder.openings(key_seq)?);
                self.pending.insert(key_seq, signed);
            }
        }
        Ok(())
    }

    fn follows(&self, signed: &SignedSubmission) -> bool {
        Submission::decode(&signed.submission)
            .is_ok_and(|s| s.key_seq == self.last.key_seq.next() && s.key_prev == self.last.hash)
    }

    /// The ledger.
    #[must_use]
    pub const fn ledger(&self) -> LedgerId {
        self.ledger
    }

    /// The key.
    #[must_use]
    pub const fn key(&self) -> PublicKey {
        self.key
    }

    /// The last stored submission, answered or not.
    #[must_use]
    pub const fn last(&self) -> Link {
        self.last
    }

    /// What was stored and not answered, by number.
    #[must_use]
    pub const fn pending(&self) -> &BTreeMap<KeySeq, SignedSubmission> {
        &self.pending
    }

    /// Takes what opens commitments of events that are to be stored: it is stored with them, and forgotten once they are answered or
    /// refused.
    pub fn know(&mut self, openings: impl IntoIterator<Item = Opening>) {
        self.openings.extend(openings.into_iter().map(|opening| (opening.commitment(), opening)));
    }

    /// What opens the commitments of a submission that is not answered, as far as it is known.
    #[must_use]
    pub fn openings(&self, key_seq: KeySeq) -> Vec<&Opening> {
        if self.openings.is_empty() {
            return vec![];
        }
        let submission = self.pending.get(&key_seq).and_then(|signed| Submission::decode(&signed.submission).ok());
        let commitments = submission.map(|submission| commitments(&submission.events)).unwrap_or_default();
        commitments.iter().filter_map(|commitment| self.openings.get(commitment)).collect()
    }

    /// Numbers, links, signs and stores a submission; it is durable when this returns.
    ///
    /// # Errors
    /// When it exceeds the format's limits, and then nothing is stored; or when it can't be stored.
    pub fn enclose(&mut self, keys: &Keypair, events: Vec<Event>, created_at: Millis) -> Result<KeySeq, ClientError> {
        self.try_enclose(keys, events, created_at).map_err(|(error, _)| error)
    }

    /// The same; events that were not stored come back.
    pub(crate) fn try_enclose(
        &mut self,
        keys: &Keypair,
        events: Vec<Event>,
        created_at: Millis,
    ) -> Result<KeySeq, (ClientError, Vec<Event>)> {
        let key_seq = self.last.key_seq.next();
        let submission = Submission {
            ledger_id: Some(self.ledger),
            key: self.key,
            key_seq,
            key_prev: self.last.hash,
            created_at,
            not_after: Millis::new(0),
            events,
        };
        let signed = submission.sign(keys);
        let openings = commitments(&submission.events);
        let openings: Vec<&Opening> = openings.iter().filter_map(|commitment| self.openings.get(commitment)).collect();
        let store = |folder: &Folder| {
            // First: a submission without them would be refused.
            folder.store_openings(key_seq, &openings)?;
            folder.store(key_seq, &signed)
        };
        let stored =
            Submission::decode(&signed.submission).map_err(ClientError::Refused).and_then(|_| Ok(store(&self.folder)?));
        if let Err(error) = stored {
            return Err((error, submission.events));
        }
        self.last = Link { key_seq, hash: signed.hash() };
        self.pending.insert(key_seq, signed);
        Ok(key_seq)
    }

    /// Notes the answer to a submission. Answers to what is not pending are ignored.
    ///
    /// # Errors
    /// When the position is another submission's, the receipt does not hold, or they can't be written.
    pub fn acknowledge(&mut self, key_seq: KeySeq, position: &Position, receipt: &[u8]) -> Result<(), ClientError> {
        let Some(signed) = self.pending.get(&key_seq) else { return Ok(()) };
        let link = Link { key_seq, hash: signed.hash() };
        if position.submission_hash != link.hash {
            let detail = format!("submission {key_seq} was answered with the position of {}", position.submission_hash);
            return Err(ClientError::Protocol(detail));
        }
        if !receipt.is_empty() {
            let held = check_receipt(receipt, signed, position).map(drop);
            // Also one that does not hold: it is evidence.
            self.folder.keep_receipt(key_seq, receipt)?;
            held?;
        }
        self.folder.note_position(key_seq, position)?;
        self.folder.forget_openings(key_seq)?;
        if let Some(signed) = self.pending.remove(&key_seq)
            && !self.openings.is_empty()
            && let Ok(submission) = Submission::decode(&signed.submission)
        {
            commitments(&submission.events).iter().for_each(|commitment| drop(self.openings.remove(commitment)));
        }
        if self.answered.key_seq < key_seq {
            self.answered = link;
        }
        Ok(())
    }

    /// Moves a refused submission aside, and with it all later ones, which link to it. Returns those later ones.
    ///
    /// # Errors
    /// When a file can't be moved; the rest is moved when the outbox is opened again.
    pub fn refuse(&mut self, key_seq: KeySeq, refusal: &Refusal) -> Result<Vec<SignedSubmission>, OutboxError> {
        let mut dead = self.pending.split_off(&key_seq);
        let Some(refused) = dead.remove(&key_seq) else { return Ok(vec![]) };
        self.folder.set_aside(Link { key_seq, hash: refused.hash() }, refusal)?;
        self.last = match self.pending.last_key_value() {
            Some((&key_seq, signed)) if key_seq > self.answered.key_seq => Link { key_seq, hash: signed.hash() },
            _ => self.answered,
        };
        for (&key_seq, signed) in &dead {
            self.folder.set_aside(Link { key_seq, hash: signed.hash() }, &predecessor_refused())?;
        }
        Ok(dead.into_values().collect())
    }
}

/// What events commit to.
fn commitments(events: &[Event]) -> Vec<Commitment> {
    let commitment = |event: &Event| match event {
        Event::ObservationReported(e) => e.commitment,
        _ => None,
    };
    events.iter().filter_map(commitment).collect()
}

/// The receipt is for this submission at this position; whether the log signed it is for [`crate::receipts`] and `hefu receipt
/// verify` to say, which have the key from elsewhere.
pub(crate) fn check_receipt(
    receipt: &[u8],
    signed: &SignedSubmission,
    position: &Position,
) -> Result<TlogProof, ClientError> {
    let wrong = |e: &dyn std::fmt::Display| ClientError::Receipt(e.to_string());
    let proof = TlogProof::from_bytes(receipt).map_err(|e| wrong(&e))?;
    let entry = receipt::check_path(&proof, &signed.submission).map_err(|e| wrong(&e))?;
    if (entry.seq(), entry.chain_hash()) == (position.seq, position.chain_hash) {
        return Ok(proof);
    }
    Err(wrong(&format!("it is for seq {}, the answer names {}", entry.seq(), position.seq)))
}

/// Why a submission behind a refused one is moved aside.
pub(crate) fn predecessor_refused() -> Refusal {
    let reason = Reason::PredecessorRefused;
    Refusal::new(reason, "key_prev", reason.cause().trim())
}

#[cfg(test)]
mod tests;
