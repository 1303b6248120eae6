//! What a witness answers, given what it cosigned last: no clock, no files, no network.
//!
//! The order of the checks is that of C2SP tlog-witness, `add-checkpoint`, <https://c2sp.org/tlog-witness>.

use std::collections::BTreeMap;

use hefu_types::add_checkpoint::{AddCheckpoint, AddCheckpointError};
use hefu_types::note::NoteError;
use hefu_types::{Checkpoint, Note, NoteSignature, RootHash, Size, VerifierKey, tree};

/// The keys of the logs that a witness looks after, by origin.
#[derive(Clone, Debug, Default)]
pub struct Logs(BTreeMap<String, Vec<VerifierKey>>);

/// Why a checkpoint is not cosigned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// The request can't be read.
    #[error("the request is not of the form of add-checkpoint")]
    Malformed(#[from] AddCheckpointError),
    /// The old size is above the checkpoint's.
    #[error("the old size is above that of the checkpoint")]
    OldTooLarge,
    /// The checkpoint is of a log that is not looked after.
    #[error("no log of this origin is looked after")]
    OriginUnknown,
    /// No known key of the log signed the checkpoint, or a signature in its name is wrong.
    #[error("not signed by a known key of the log")]
    NotSigned,
    /// Another size was cosigned last than the request says.
    #[error("the last cosigned checkpoint is of size {0}")]
    OldWrong(Size),
    /// The checkpoint does not follow from the one that was cosigned last.
    #[error("not consistent with the last cosigned checkpoint")]
    Inconsistent,
}

/// A checkpoint that its log signed, and how it is said to follow from an older one.
#[derive(Clone, Debug)]
pub struct Offer {
    request: AddCheckpoint,
    checkpoint: Checkpoint,
    log_signatures: Vec<NoteSignature>,
}

impl Logs {
    /// Logs of these keys; several keys of one name are keys of one log.
    #[must_use]
    pub fn new(keys: &[VerifierKey]) -> Self {
        let mut logs: BTreeMap<String, Vec<VerifierKey>> = BTreeMap::new();
        for key in keys {
            logs.entry(key.name().to_owned()).or_default().push(key.clone());
        }
        Self(logs)
    }

    /// The origins.
    pub fn origins(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Reads a request and verifies the signature of its log.
    ///
    /// # Errors
    /// `Malformed`, `OriginUnknown` or `NotSigned`.
    pub fn read(&self, body: &[u8]) -> Result<Offer, Rejection> {
        let (request, checkpoint) = AddCheckpoint::from_bytes(body)?;
        let keys = self.0.get(checkpoint.origin()).ok_or(Rejection::OriginUnknown)?;
        let log_signatures = signatures_of(&request.note, keys)?;
        Ok(Offer { request, checkpoint, log_signatures })
    }
}

/// The signatures by these keys: at least one, and none that is wrong.
fn signatures_of(note: &Note, keys: &[VerifierKey]) -> Result<Vec<NoteSignature>, Rejection> {
    let mut found = vec![];
    for key in keys {
        match note.verify(key) {
            Ok(()) => found.extend(note.signatures_by(key).cloned()),
            Err(NoteError::NotSigned(_)) => {}
            Err(_) => return Err(Rejection::NotSigned),
        }
    }
    if found.is_empty() { Err(Rejection::NotSigned) } else { Ok(found) }
}

impl Offer {
    /// The checkpoint.
    #[must_use]
    pub const fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// What is to be cosigned.
    #[must_use]
    pub fn body(&self) -> &str {
        self.request.note.text()
    }

    /// The note to keep: signed by the log and cosigned, without signatures that nobody here knows.
    ///
    /// # Errors
    /// When the note has no room for the cosignature.
    pub fn cosigned(&self, cosignature: NoteSignature) -> Result<Note, NoteError> {
        let mut signatures = self.log_signatures.clone();
        signatures.push(cosignature);
        Note::new(self.body().to_owned(), signatures)
    }

    /// Whether it follows from the checkpoint of the same log that was cosigned last.
    ///
    /// # Errors
    /// `OldTooLarge`, `OldWrong` or `Inconsistent`.
    pub fn check(&self, latest: Option<&Checkpoint>) -> Result<(), Rejection> {
        let (old, new) = (self.request.old, (self.checkpoint.size(), self.checkpoint.root()));
        let last = latest.map_or((Size::EMPTY, tree::empty_root()), |last| (last.size(), last.root()));
        if old > new.0 {
            return Err(Rejection::OldTooLarge);
        }
        if old != last.0 {
            return Err(Rejection::OldWrong(last.0));
        }
        if is_empty_but_for_its_root(new) {
            return Err(Rejection::Inconsistent);
        }
        tree::verify_consistency(last, new, &self.request.proof).map_err(|_| Rejection::Inconsistent)
    }
}

fn is_empty_but_for_its_root((size, root): (Size, RootHash)) -> bool {
    size == Size::EMPTY && root != tree::empty_root()
}

impl Rejection {
    /// The HTTP status that the specification asks for.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::Malformed(_) | Self::OldTooLarge => 400,
            Self::NotSigned => 403,
            Self::OriginUnknown => 404,
            Self::OldWrong(_) => 409,
            Self::Inconsistent => 422,
        }
    }
}

#[cfg(test)]
mod tests;
