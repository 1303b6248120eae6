//! The keys that sign checkpoints: files in the data folder, and how one replaces another.
//!
//! The operator prepares a replacement on the running server, which makes the new key and lets both keys say so; the office
//! records it. From then on both sign, up to the announced size; after it the old key's file may go.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use hefu_client::keyfile::{self, KeyFile};
use hefu_journal::Journal;
use hefu_types::event::platform::CheckpointKeyReplaced;
use hefu_types::limits::OVERLAP_ENTRIES_MAX;
use hefu_types::note::NoteSigner;
use hefu_types::sign::Keypair;
use hefu_types::{LedgerId, Reason, Refusal, Size, Text, VerifierKey};

use crate::config::checkpoint_key_of;

/// Every checkpoint key of a data folder: `checkpoint.pem`, and `checkpoint-….pem` of its replacements.
///
/// # Errors
/// When a file can't be read, is no key, or is encrypted: the server must be able to sign by itself.
pub fn signers(data: &Path, origin: &str) -> anyhow::Result<Vec<NoteSigner>> {
    files(data)?.iter().map(|path| Ok(NoteSigner::new(origin, read(path)?)?)).collect()
}

fn files(data: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let folder = std::fs::read_dir(data).with_context(|| format!("can't read {}", data.display()))?;
    let paths: Result<Vec<PathBuf>, _> = folder.map(|file| file.map(|file| file.path())).collect();
    let is_key = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name == "checkpoint.pem" || name.starts_with("checkpoint-") && name.ends_with(".pem")
    };
    let mut found: Vec<PathBuf> = paths?.into_iter().filter(is_key).collect();
    found.sort_unstable();
    Ok(found)
}

fn read(path: &Path) -> anyhow::Result<Keypair> {
    match keyfile::read(path)? {
        KeyFile::Plain(keys) => Ok(keys),
        KeyFile::Encrypted(_) => bail!("{} is encrypted; the server must be able to sign by itself", path.display()),
    }
}

/// Makes the event that announces a new checkpoint key, signed by it and by the one in force. A new key that was made
/// before and is not in use is taken again.
///
/// # Errors
/// `CHECKPOINT_KEY_WRONG` while an earlier replacement is under way, `OVERLAP_INVALID`, `NOT_WRITTEN` when a key can't be
/// read or made.
pub fn prepare(journal: &Journal, data: &Path, valid_to: Size) -> Result<(LedgerId, CheckpointKeyReplaced), Refusal> {
    let ledger = journal.ledger().expect("a server's journal is open");
    let [replaced] = &journal.log_keys()[..] else {
        let detail = "two keys sign until the last overlap ends";
        return Err(Refusal::new(Reason::CheckpointKeyWrong, "", detail));
    };
    let size = journal.head().size;
    if valid_to <= size || valid_to.get() - size.get() > OVERLAP_ENTRIES_MAX {
        let detail = format!("valid_to {valid_to}, the log has {size} entries");
        return Err(Refusal::new(Reason::OverlapInvalid, "valid_to", detail));
    }
    let failed = |error: anyhow::Error| Refusal::new(Reason::NotWritten, "", format!("{error:#}"));
    let old = key_of(data, replaced).map_err(failed)?;
    let (new, replacement) = next_key(journal, data, &ledger.origin).map_err(failed)?;
    let text = |vkey: &VerifierKey| Text::new(&vkey.to_string()).expect("a verifier key is a short text");
    let mut event = CheckpointKeyReplaced {
        replaced: text(replaced),
        replacement: text(&replacement),
        valid_to,
        endorsement: None,
        proof: None,
    };
    let (endorsement, proof) = (old.sign_replacement(&ledger.id, &event), new.sign_replacement(&ledger.id, &event));
    (event.endorsement, event.proof) = (Some(endorsement), Some(proof));
    Ok((ledger.id, event))
}

fn next_key(journal: &Journal, data: &Path, origin: &str) -> anyhow::Result<(Keypair, VerifierKey)> {
    for spare in journal.spare_keys() {
        if let Ok(keys) = key_of(data, &spare) {
            return Ok((keys, spare));
        }
    }
    let keys = keyfile::generate();
    let signer = NoteSigner::new(origin, keys.clone())?;
    let vkey = signer.vkey().clone();
    let name = format!("checkpoint-{}.pem", hex::encode(vkey.id()));
    keyfile::create(&checkpoint_key_of(data).with_file_name(name), &keys, None)?;
    journal.hold(signer);
    Ok((keys, vkey))
}

/// The private key of a verifier key, from its file.
fn key_of(data: &Path, vkey: &VerifierKey) -> anyhow::Result<Keypair> {
    let keys = files(data)?.iter().map(|path| read(path)).collect::<anyhow::Result<Vec<_>>>()?;
    keys.into_iter().find(|keys| keys.public() == vkey.key()).with_context(|| format!("the file of {vkey} is gone"))
}
