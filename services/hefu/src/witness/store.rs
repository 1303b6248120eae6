//! What a witness cosigned last of each log: one file a log, replaced as a whole.
//!
//! `logs/<SHA-256 of the origin, hex>` holds the checkpoint's note with the signatures of the log and the witness. A crash
//! leaves the old file or the new one; nobody has the cosignature of the new one before the file is there for good.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use hefu_types::{Checkpoint, Note, VerifierKey, cosignature};
use sha2::{Digest as _, Sha256};

use super::WitnessError;
use crate::durable::replace;

/// The checkpoint of one log.
#[derive(Debug)]
pub(super) struct Kept {
    path: PathBuf,
    latest: Option<(Checkpoint, Note)>,
    failed: bool,
}

/// How a log's file is named, and where it is served.
pub(crate) fn origin_hash(origin: &str) -> String {
    hex::encode(Sha256::digest(origin))
}

impl Kept {
    /// Reads what is kept of a log, cosigned by this witness.
    pub(super) fn open(folder: &Path, origin: &str, witness: &VerifierKey) -> Result<Self, WitnessError> {
        let path = folder.join(origin_hash(origin));
        let latest = match fs::read(&path) {
            Ok(bytes) => Some(read(&bytes, origin, witness).ok_or(WitnessError::Damaged { path: path.clone() })?),
            Err(e) if e.kind() == io::ErrorKind::NotFound => None,
            Err(source) => return Err(WitnessError::File { path, source }),
        };
        Ok(Self { path, latest, failed: false })
    }

    /// The last one.
    pub(super) fn latest(&self) -> Option<&Checkpoint> {
        self.latest.as_ref().map(|(checkpoint, _)| checkpoint)
    }

    /// The last one's note.
    pub(super) fn note(&self) -> Option<&Note> {
        self.latest.as_ref().map(|(_, note)| note)
    }

    /// Keeps the next one: it survives a power cut when this returns. After a failure nobody knows what the disk holds, so
    /// nothing is kept, nor may anything be cosigned, until a start reads the file again.
    pub(super) fn keep(&mut self, checkpoint: Checkpoint, note: Note) -> io::Result<()> {
        if self.failed {
            return Err(io::Error::other("an earlier checkpoint could not be kept; mend the disk and restart"));
        }
        replace(&self.path, &note.to_bytes()).inspect_err(|_| self.failed = true)?;
        self.latest = Some((checkpoint, note));
        Ok(())
    }
}

fn read(bytes: &[u8], origin: &str, witness: &VerifierKey) -> Option<(Checkpoint, Note)> {
    let note = Note::from_bytes(bytes).ok()?;
    let checkpoint = Checkpoint::parse_body(note.text()).ok()?;
    let ours: Vec<_> = note.signatures_by(witness).collect();
    let cosigned = !ours.is_empty() && ours.iter().all(|line| cosignature::verify(note.text(), line, witness).is_ok());
    if cosigned && checkpoint.origin() == origin { Some((checkpoint, note)) } else { None }
}
