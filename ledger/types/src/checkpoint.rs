//! Checkpoints: a log's tree at one size, signed by the log and cosigned by witnesses.
//!
//! ```text
//! origin
//! size, decimal
//! root, base64
//! [extension lines, not ours]
//!
//! — origin base64(…)
//! — witness base64(…)
//! ```
//!
//! Source: C2SP tlog-checkpoint, <https://c2sp.org/tlog-checkpoint>.

use crate::cosignature::{self, Cosignature, CosignatureError};
use crate::ids::{RootHash, Size};
use crate::lines::{decimal, from_base64, is_clean, to_base64};
use crate::note::{Note, NoteError, NoteSignature, NoteSigner};
use crate::vkey::VerifierKey;

/// Which log, how many entries, and the root of the tree over them. Nothing says that the log signed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    origin: String,
    size: Size,
    root: RootHash,
}

/// A checkpoint whose log signature was verified, in the note that carries it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedCheckpoint {
    checkpoint: Checkpoint,
    note: Note,
}

/// Why a checkpoint can't be read, signed or trusted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The text is not of the form.
    #[error("not the lines origin, size and root, and none that is empty")]
    Malformed,
    /// The origin is not the name of the log's key.
    #[error("the checkpoint is of {origin}, the key of {key}")]
    OriginWrong {
        /// The checkpoint's origin.
        origin: String,
        /// The key's name.
        key: String,
    },
    /// The note can't be read, or the log did not sign it.
    #[error("the checkpoint's note is not in order")]
    Note(#[from] NoteError),
}

impl Checkpoint {
    /// A checkpoint of a log.
    ///
    /// # Errors
    /// `Malformed` when the origin is empty or holds control characters.
    pub fn new(origin: &str, size: Size, root: RootHash) -> Result<Self, CheckpointError> {
        let fits = !origin.is_empty() && is_clean(origin) && !origin.contains('\n');
        if fits { Ok(Self { origin: origin.to_owned(), size, root }) } else { Err(CheckpointError::Malformed) }
    }

    /// Reads a note's text. Extension lines are allowed and are not part of the result: who signs or cosigns what was read
    /// must sign the text, not [`Checkpoint::body`].
    ///
    /// # Errors
    /// `Malformed`.
    pub fn parse_body(body: &str) -> Result<Self, CheckpointError> {
        Self::parse(body).ok_or(CheckpointError::Malformed)
    }

    fn parse(body: &str) -> Option<Self> {
        let lines: Vec<&str> = body.strip_suffix('\n')?.split('\n').collect();
        let [origin, size, root, ..] = lines[..] else { return None };
        if !is_clean(body) || lines.contains(&"") {
            return None;
        }
        let root = RootHash::from_slice(&from_base64(root)?)?;
        Self::new(origin, Size::new(decimal(size)?), root).ok()
    }

    /// The log's name.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The number of entries.
    #[must_use]
    pub const fn size(&self) -> Size {
        self.size
    }

    /// The root of the tree over the entries.
    #[must_use]
    pub const fn root(&self) -> RootHash {
        self.root
    }

    /// The note's text, without extension lines: `origin "\n" size "\n" base64(root) "\n"`.
    #[must_use]
    pub fn body(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, to_base64(self.root.as_bytes()))
    }
}

impl SignedCheckpoint {
    /// Signs a checkpoint as its log, which the signer must be named after.
    ///
    /// # Errors
    /// `OriginWrong`, or `Note` for the signer of a witness or an origin that fills a note.
    pub fn sign(checkpoint: &Checkpoint, signer: &NoteSigner) -> Result<Self, CheckpointError> {
        check_origin(checkpoint, signer.vkey())?;
        let body = checkpoint.body();
        let signature = signer.sign_note(&body)?;
        Ok(Self { checkpoint: checkpoint.clone(), note: Note::new(body, vec![signature])? })
    }

    /// Signs the same as another key of the log: while one key replaces another, both sign.
    ///
    /// # Errors
    /// As with [`SignedCheckpoint::sign`].
    pub fn signed_also_by(&self, signer: &NoteSigner) -> Result<Self, CheckpointError> {
        check_origin(&self.checkpoint, signer.vkey())?;
        let mut signatures = self.note.signatures().to_vec();
        signatures.push(signer.sign_note(self.body())?);
        let note = Note::new(self.body().to_owned(), signatures)?;
        Ok(Self { checkpoint: self.checkpoint.clone(), note })
    }

    /// Reads a checkpoint and verifies the signature of its log. Cosignatures are kept, but not verified.
    ///
    /// # Errors
    /// Any [`CheckpointError`].
    pub fn open(bytes: &[u8], log: &VerifierKey) -> Result<Self, CheckpointError> {
        Self::from_note(Note::from_bytes(bytes)?, log)
    }

    /// Verifies that a note is a checkpoint signed by its log.
    ///
    /// # Errors
    /// Any [`CheckpointError`].
    pub fn from_note(note: Note, log: &VerifierKey) -> Result<Self, CheckpointError> {
        Self::from_note_by_any(note, [log])
    }

    /// The same for a log that has had several keys: at least one of them must have signed, and none wrongly.
    ///
    /// # Errors
    /// Any [`CheckpointError`]; `NotSigned` names the last key.
    pub fn from_note_by_any<'k>(
        note: Note,
        logs: impl IntoIterator<Item = &'k VerifierKey>,
    ) -> Result<Self, CheckpointError> {
        let checkpoint = Checkpoint::parse_body(note.text());
        let mut outcome = Err(NoteError::NotSigned("any known key".to_owned()).into());
        for log in logs {
            match note.verify(log) {
                Ok(()) => outcome = Ok(check_origin(checkpoint.as_ref().map_err(Clone::clone)?, log)?),
                Err(absent @ NoteError::NotSigned(_)) if outcome.is_err() => outcome = Err(absent.into()),
                Err(NoteError::NotSigned(_)) => {}
                Err(wrong) => return Err(wrong.into()),
            }
        }
        outcome.and_then(|()| Ok(Self { checkpoint: checkpoint?, note }))
    }

    /// What the log signed, but for extension lines.
    #[must_use]
    pub const fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// What the log signed, byte for byte: what a witness cosigns.
    #[must_use]
    pub fn body(&self) -> &str {
        self.note.text()
    }

    /// The note that carries it, with all signatures.
    #[must_use]
    pub const fn note(&self) -> &Note {
        &self.note
    }

    /// The note's bytes, as they were read.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.note.to_bytes()
    }

    /// Verifies a witness's cosignature and appends it. A witness has one line: of two, the later timestamp stays, in the
    /// place of the first.
    ///
    /// # Errors
    /// Any [`CosignatureError`]; then the checkpoint is as before.
    pub fn with_cosignature(&self, line: &NoteSignature, witness: &VerifierKey) -> Result<Self, CosignatureError> {
        let fresh = cosignature::verify(self.body(), line, witness)?;
        let mut signatures = self.note.signatures().to_vec();
        match signatures.iter_mut().find(|signature| signature.is_by(witness)) {
            None => signatures.push(line.clone()),
            Some(stale) if cosignature::verify(self.body(), stale, witness)?.timestamp() < fresh.timestamp() => {
                *stale = line.clone();
            }
            Some(_) => {}
        }
        let note = Note::new(self.body().to_owned(), signatures)?;
        Ok(Self { checkpoint: self.checkpoint.clone(), note })
    }

    /// The verified cosignatures of these witnesses, in the order of the keys: one, with the latest timestamp, for each key
    /// that cosigned. Signatures of other keys are ignored.
    ///
    /// # Errors
    /// `Note` when a key is of a log, or when any cosignature in its name and with its id is wrong, as the specification asks;
    /// `TimestampTooLate`.
    pub fn cosignatures<'k>(
        &self,
        witnesses: impl IntoIterator<Item = &'k VerifierKey>,
    ) -> Result<Vec<Cosignature>, CosignatureError> {
        witnesses.into_iter().filter_map(|witness| self.cosignature_of(witness).transpose()).collect()
    }

    fn cosignature_of(&self, witness: &VerifierKey) -> Result<Option<Cosignature>, CosignatureError> {
        let lines = self.note.signatures_by(witness);
        let verified: Result<Vec<_>, _> = lines.map(|line| cosignature::verify(self.body(), line, witness)).collect();
        Ok(verified?.into_iter().max_by_key(Cosignature::timestamp))
    }
}

fn check_origin(checkpoint: &Checkpoint, log: &VerifierKey) -> Result<(), CheckpointError> {
    if checkpoint.origin == log.name() {
        return Ok(());
    }
    Err(CheckpointError::OriginWrong { origin: checkpoint.origin.clone(), key: log.name().to_owned() })
}

#[cfg(test)]
mod tests;
