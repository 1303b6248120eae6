//! What shows that a receipt is contradicted: written once, and there whole or not at all.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use hefu_types::limits::PROOF_HASHES_MAX;
use hefu_types::{KeySeq, SignedCheckpoint};

use super::Contradiction;
use crate::Outbox;
use crate::files::{fingerprint, sync_directory};
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

/// Keeps the evidence about a receipt and returns its folder. What is there already stays as it is: another contradiction, or
/// another checkpoint, gets another folder, or a proof of nothing would keep out what comes later and proves something. The
/// same with another proof is no more than the same.
pub(super) fn keep(
    outbox: &Outbox,
    kept: &Kept,
    why: Contradiction,
    checkpoint: Option<&SignedCheckpoint>,
    proof: Option<&Given>,
) -> Result<PathBuf, OutboxError> {
    let parent = outbox.path().join("evidence");
    let mut files = vec![
        ("why", format!("{why}\n").into_bytes()),
        ("receipt.tlog-proof", kept.receipt.clone()),
        ("receipt.sub", [kept.signed.signature.as_bytes().as_slice(), &kept.signed.submission].concat()),
    ];
    files.extend(checkpoint.map(|checkpoint| ("checkpoint", checkpoint.to_bytes())));
    let folder = folder_for(&parent, kept.key_seq, &files);
    files.extend(proof.map(|proof| ("proof", proof.text().into_bytes())));
    write(outbox.path(), &parent, &folder, &files).map_err(|e| OutboxError::io(&folder, e))?;
    Ok(folder)
}

/// The folder of these files, if they are there; else one that is free.
fn folder_for(parent: &Path, key_seq: KeySeq, files: &[(&str, Vec<u8>)]) -> PathBuf {
    let first = parent.join(format!("{:020}", key_seq.get()));
    let holds = |name: &str| files.iter().find(|(named, _)| *named == name).map(|(_, bytes)| bytes);
    let is_same = |name: &str| fs::read(first.join(name)).ok().as_ref() == holds(name);
    if !first.exists() || ["why", "receipt.tlog-proof", "checkpoint"].into_iter().all(is_same) {
        return first;
    }
    let all: Vec<u8> = files.iter().flat_map(|(_, bytes)| bytes).copied().collect();
    parent.join(format!("{:020}-{}", key_seq.get(), fingerprint(&all)))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Position;
    use hefu_types::sign::Keypair;
    use hefu_types::{
        ChainHash, Checkpoint, LedgerId, Millis, NoteSigner, RootHash, Seq, Signature, SignedSubmission, Size,
    };

    #[test]
    fn what_proves_nothing_keeps_nothing_out() {
        let dir = tempfile::tempdir().unwrap();
        let key = Keypair::from_seed(&[1; 32]);
        let outbox = Outbox::open(dir.path(), LedgerId::from_bytes([7; 32]), key.public()).unwrap();
        let signed = SignedSubmission { submission: vec![1].into(), signature: Signature::from_bytes([7; 64]) };
        let position = Position {
            seq: Seq::new(5),
            recorded_at: Millis::new(9),
            chain_hash: ChainHash::NONE,
            submission_hash: signed.hash(),
            already_recorded: false,
        };
        let key_seq = KeySeq::new(7);
        let kept = Kept { key_seq, signed, position, path: dir.path().join("r"), receipt: b"receipt".to_vec() };
        let signer = NoteSigner::new("log", key).unwrap();
        let checkpoint = |size: u64| {
            let of = Checkpoint::new("log", Size::new(size), RootHash::from_bytes([1; 32])).unwrap();
            SignedCheckpoint::sign(&of, &signer).unwrap()
        };
        let keep = |why, checkpoint: &SignedCheckpoint, asked: &str| {
            let proof = Given { asked: asked.to_owned(), hashes: vec![] };
            keep(&outbox, &kept, why, Some(checkpoint), Some(&proof)).unwrap()
        };
        let first = keep(Contradiction::Inconsistent, &checkpoint(8), "one");
        assert_eq!(first, dir.path().join("evidence/00000000000000000007"));
        assert_eq!(keep(Contradiction::Inconsistent, &checkpoint(8), "two"), first);
        assert_eq!(fs::read(first.join("proof")).unwrap(), b"one\n");
        let second = keep(Contradiction::OtherTree, &checkpoint(6), "none");
        assert_ne!(second, first);
        assert_eq!(fs::read(second.join("checkpoint")).unwrap(), checkpoint(6).to_bytes());
        assert_eq!(keep(Contradiction::OtherTree, &checkpoint(6), "again"), second);
        assert_eq!(fs::read_dir(dir.path().join("evidence")).unwrap().count(), 2);
    }
}
