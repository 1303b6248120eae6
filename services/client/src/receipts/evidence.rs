//! What shows that a receipt is contradicted: written once, and there whole or not at all.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use hefu_types::SignedCheckpoint;
use hefu_types::limits::PROOF_HASHES_MAX;

use super::Contradiction;
use crate::Outbox;
use crate::files::sync_directory;
use crate::outbox::{Kept, OutboxError};

/// Bytes of what was given as a hash that are kept: enough to see that it is none.
const HASH_BYTES_MAX: usize = 64;

/// A proof as it was given.
pub(super) struct Given {
    /// What was asked, such as `consistency 5 9`.
    pub(super) asked: String,
    /// What should be hashes.
    pub(super) hashes: Vec<Bytes>,
}

impl Given {
    /// In hex, a line each; no more than shows that it is wrong.
    fn text(&self) -> String {
        let mut text = format!("{}\n", self.asked);
        for hash in self.hashes.iter().take(PROOF_HASHES_MAX + 1) {
            hash.iter().take(HASH_BYTES_MAX).for_each(|byte| text.push_str(&format!("{byte:02x}")));
            text.push('\n');
        }
        text
    }
}

/// Keeps the evidence about a receipt and returns its folder. What is there already stays as it is.
pub(super) fn keep(
    outbox: &Outbox,
    kept: &Kept,
    why: Contradiction,
    checkpoint: Option<&SignedCheckpoint>,
    proof: Option<&Given>,
) -> Result<PathBuf, OutboxError> {
    let parent = outbox.path().join("evidence");
    let folder = parent.join(format!("{:020}", kept.key_seq.get()));
    let mut files = vec![
        ("why", format!("{why}\n").into_bytes()),
        ("receipt.tlog-proof", kept.receipt.clone()),
        ("receipt.sub", [kept.signed.signature.as_bytes().as_slice(), &kept.signed.submission].concat()),
    ];
    files.extend(checkpoint.map(|checkpoint| ("checkpoint", checkpoint.to_bytes())));
    files.extend(proof.map(|proof| ("proof", proof.text().into_bytes())));
    write(outbox.path(), &parent, &folder, &files).map_err(|e| OutboxError::io(&folder, e))?;
    Ok(folder)
}

fn write(outbox: &Path, parent: &Path, folder: &Path, files: &[(&str, Vec<u8>)]) -> io::Result<()> {
    if folder.exists() {
        return Ok(());
    }
    DirBuilder::new().recursive(true).mode(0o700).create(parent)?;
    let aside = tempfile::Builder::new().prefix(".hefu-").tempdir_in(parent)?;
    for (name, bytes) in files {
        let mut file = File::create_new(aside.path().join(name))?;
        file.write_all(bytes)?;
        file.sync_all()?;
    }
    sync_directory(aside.path())?;
    fs::rename(aside.path(), folder)?;
    sync_directory(parent)?;
    sync_directory(outbox)
}
