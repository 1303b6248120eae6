//! The receipts of an outbox, for whoever checks them later.

use std::path::{Path, PathBuf};

use hefu_types::{KeySeq, SignedSubmission, TlogProof};

use super::{Link, Outbox, OutboxError};
use crate::Position;

/// The receipt of an answered submission, as its file is.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The key's own count of the submission.
    pub key_seq: KeySeq,
    /// The submission.
    pub signed: SignedSubmission,
    /// What was answered.
    pub position: Position,
    /// The receipt's file.
    pub path: PathBuf,
    /// Its bytes.
    pub receipt: Vec<u8>,
}

impl Outbox {
    /// The directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The receipts of answered submissions after a number, by number, each read when its turn comes.
    ///
    /// # Errors
    /// When the directory can't be read; and, one by one, a file.
    pub fn receipts(&self, after: KeySeq) -> Result<impl Iterator<Item = Result<Kept, OutboxError>>, OutboxError> {
        let numbers = self.folder.numbers()?.into_iter().filter(move |&key_seq| key_seq > after);
        Ok(numbers.filter_map(|key_seq| self.receipt(key_seq).transpose()))
    }

    /// The receipt of a submission, if it was answered with one.
    ///
    /// # Errors
    /// When a file can't be read.
    pub fn receipt(&self, key_seq: KeySeq) -> Result<Option<Kept>, OutboxError> {
        let Some((path, receipt)) = self.folder.read_receipt(key_seq)? else { return Ok(None) };
        let signed = self.folder.read(key_seq)?;
        let position = self.folder.position(Link { key_seq, hash: signed.hash() });
        Ok(position.map(|position| Kept { key_seq, signed, position, path, receipt }))
    }

    /// Replaces a receipt by a better one; it is there, before or after, whole and durable.
    ///
    /// # Errors
    /// When it can't be written; then the one before is still there.
    pub fn replace_receipt(&self, key_seq: KeySeq, receipt: &TlogProof) -> Result<(), OutboxError> {
        self.folder.replace_receipt(key_seq, &receipt.to_bytes())
    }
}
