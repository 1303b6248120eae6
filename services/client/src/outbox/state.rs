//! What the server knows of the key against what is stored here.

use hefu_types::{KeySeq, SubmissionHash};

use super::{Link, Outbox, OutboxError};

impl Outbox {
    /// Whether nothing was ever stored here.
    #[must_use]
    pub fn is_fresh(&self) -> bool {
        self.last == Link::NONE
    }

    /// Starts a fresh outbox after a submission that was not sent from it: the genesis of the ledger, which this key signed.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn start_after(&mut self, base: Link) -> Result<(), OutboxError> {
        assert!(self.is_fresh(), "only a fresh outbox starts after something else");
        self.folder.set_base(base)?;
        (self.answered, self.last) = (base, base);
        Ok(())
    }

    /// Compares with the last submission of this key that the server has recorded.
    ///
    /// # Errors
    /// When the server knows more than was stored here, something else, or less than it has answered.
    pub fn compare(&self, recorded: Link) -> Result<(), OutboxError> {
        let path = || self.folder.path().to_owned();
        if recorded.key_seq > self.last.key_seq {
            return Err(OutboxError::Behind { path: path(), recorded: recorded.key_seq, stored: self.last.key_seq });
        }
        if recorded.key_seq < self.answered.key_seq {
            let answered = self.answered.key_seq;
            return Err(OutboxError::RolledBack { path: path(), recorded: recorded.key_seq, answered });
        }
        match self.hash_of(recorded.key_seq) {
            Some(stored) if stored != recorded.hash => {
                Err(OutboxError::Diverged { path: path(), key_seq: recorded.key_seq })
            }
            _ => Ok(()),
        }
    }

    pub(super) fn hash_of(&self, key_seq: KeySeq) -> Option<SubmissionHash> {
        if key_seq == self.answered.key_seq {
            return Some(self.answered.hash);
        }
        self.pending.get(&key_seq).map(hefu_types::SignedSubmission::hash)
    }
}
