//! Receipts that somebody keeps: the log signed a checkpoint in each, and must not have forgotten it.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use hefu_types::receipt::check_path;
use hefu_types::{SignedCheckpoint, TlogProof, VerifierKey};

use super::{Evidence, Finding};
use crate::commands::receipt::submission;
use crate::failure::Failure;

/// A folder of receipts, `*.tlog-proof`; a submission beside one, `*.sub`, must be what it proves.
pub(super) struct Receipts {
    folder: PathBuf,
    /// Those whose checkpoint is in the history that was seen.
    proved: HashSet<PathBuf>,
}

impl Receipts {
    pub(super) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), proved: HashSet::new() }
    }

    /// Those that are not proved yet, in the order of their names.
    pub(super) fn open(&self) -> Result<Vec<PathBuf>, Failure> {
        let read = || -> io::Result<Vec<PathBuf>> {
            fs::read_dir(&self.folder)?.map(|file| file.map(|file| file.path())).collect()
        };
        let mut paths = read().map_err(|e| Failure::file(&self.folder, &e))?;
        paths.retain(|path| path.extension().is_some_and(|e| e == "tlog-proof") && !self.proved.contains(path));
        paths.sort();
        Ok(paths)
    }

    pub(super) fn is_proved(&mut self, path: PathBuf) {
        self.proved.insert(path);
    }
}

/// The checkpoint of a receipt that holds; the finding otherwise.
pub(super) fn read(path: &Path, keys: &[VerifierKey]) -> Result<Result<SignedCheckpoint, Finding>, Failure> {
    let bytes = fs::read(path).map_err(|e| Failure::file(path, &e))?;
    let beside = match fs::read(path.with_extension("sub")) {
        Ok(bytes) => Some(bytes),
        Err(e) if e.kind() == io::ErrorKind::NotFound => None,
        Err(e) => return Err(Failure::file(path, &e)),
    };
    Ok(check(&bytes, beside, keys).map_err(|what| Finding {
        code: "RECEIPT_INVALID",
        at: path.display().to_string(),
        what,
        evidence: vec![Evidence { size: None, bytes }],
    }))
}

fn check(bytes: &[u8], beside: Option<Vec<u8>>, keys: &[VerifierKey]) -> Result<SignedCheckpoint, String> {
    let receipt = TlogProof::from_bytes(bytes).map_err(|e| e.to_string())?;
    if let Some(beside) = beside {
        let signed = submission(beside).ok_or("the file beside it is no submission")?;
        check_path(&receipt, &signed.submission).map_err(|e| e.to_string())?;
    }
    SignedCheckpoint::from_note_by_any(receipt.checkpoint().clone(), keys)
        .map_err(|e| format!("its checkpoint is not signed by the log: {e}"))
}
