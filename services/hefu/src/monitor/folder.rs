//! What a monitor keeps: the last good checkpoint of each URL, what is late, and evidence.
//!
//! `seen/<SHA-256 of the URL, hex>` is a signed checkpoint, and `late` a JSON object of what is late since when; both are
//! replaced as a whole. `evidence/<SHA-256 of the bytes, hex>` is never changed. A crash leaves the old file or the new one.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use hefu_types::checkpoint::CheckpointError;
use hefu_types::{Note, SignedCheckpoint, VerifierKey};
use sha2::{Digest as _, Sha256};

use super::overdue::Late;
use crate::durable::replace;
use crate::failure::{Exit, Failure};

/// A monitor's folder.
#[derive(Clone, Debug)]
pub(super) struct Folder(PathBuf);

fn named(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

impl Folder {
    /// Opens a folder, and makes it if it is not there.
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        for folder in ["seen", "evidence"].map(|name| path.join(name)) {
            fs::create_dir_all(&folder).map_err(|e| Failure::file(&folder, &e))?;
        }
        Ok(Self(path.to_owned()))
    }

    fn seen(&self, url: &str) -> PathBuf {
        self.0.join("seen").join(named(url.as_bytes()))
    }

    /// The last good checkpoint of a URL.
    pub(super) fn last(&self, url: &str, keys: &[VerifierKey]) -> Result<Option<SignedCheckpoint>, Failure> {
        let path = self.seen(url);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(Failure::file(&path, &e)),
        };
        let note = Note::from_bytes(&bytes).map_err(CheckpointError::from);
        let opened = note.and_then(|note| SignedCheckpoint::from_note_by_any(note, keys));
        Ok(Some(opened.map_err(|e| {
            let detail = format!("{} is no checkpoint of these keys", path.display());
            let remedy = "Give the key and folder that belong together; an older file would let a fork pass.";
            Failure::new(Exit::Broken, "CHECKPOINT_INVALID", detail, remedy).because(&e)
        })?))
    }

    pub(super) fn keep(&self, url: &str, checkpoint: &SignedCheckpoint) -> Result<(), Failure> {
        let path = self.seen(url);
        replace(&path, &checkpoint.to_bytes()).map_err(|e| Failure::file(&path, &e))
    }

    /// What was late.
    pub(super) fn late(&self) -> Result<Late, Failure> {
        let path = self.0.join("late");
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Late::default()),
            Err(e) => return Err(Failure::file(&path, &e)),
        };
        serde_json::from_slice(&bytes).map_err(|e| {
            let detail = format!("{} is not what this program wrote", path.display());
            Failure::usage(detail, "Remove it: what is late is then late as of now.").because(&e)
        })
    }

    pub(super) fn keep_late(&self, late: &Late) -> Result<(), Failure> {
        if *late == self.late()? {
            return Ok(());
        }
        let path = self.0.join("late");
        let bytes = serde_json::to_vec(late).expect("words and numbers");
        replace(&path, &bytes).map_err(|e| Failure::file(&path, &e))
    }

    /// Keeps evidence; tells where.
    pub(super) fn evidence(&self, bytes: &[u8]) -> Result<PathBuf, Failure> {
        let path = self.0.join("evidence").join(named(bytes));
        replace(&path, bytes).map_err(|e| Failure::file(&path, &e))?;
        Ok(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hefu_types::sign::Keypair;
    use hefu_types::{Checkpoint, NoteSigner, Size, tree};

    #[test]
    fn what_is_kept_comes_back_for_its_url_and_key_only() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::open(&dir.path().join("state")).unwrap();
        let signer = NoteSigner::new("log", Keypair::from_seed(&[1; 32])).unwrap();
        let other = NoteSigner::new("log", Keypair::from_seed(&[2; 32])).unwrap();
        let checkpoint = Checkpoint::new("log", Size::EMPTY, tree::empty_root()).unwrap();
        let signed = SignedCheckpoint::sign(&checkpoint, &signer).unwrap();
        folder.keep("http://a", &signed).unwrap();
        assert_eq!(folder.last("http://a", &[signer.vkey().clone()]).unwrap(), Some(signed));
        assert_eq!(folder.last("http://b", &[signer.vkey().clone()]).unwrap(), None);
        assert_eq!(folder.last("http://a", &[other.vkey().clone()]).unwrap_err().code, "CHECKPOINT_INVALID");
        let path = folder.evidence(b"two notes").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two notes");
        assert_eq!(folder.evidence(b"two notes").unwrap(), path);
    }
}
