//! What an outbox holds, for whoever only looks: no lock is taken and nothing is written, so that the key's writer may go on.

use std::io;
use std::path::{Path, PathBuf};

use hefu_types::{LedgerId, PublicKey};

use super::folder::Folder;
use super::{Link, OutboxError};
use crate::Position;

/// A submission of an outbox that was not refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its number and hash.
    pub link: Link,
    /// What was answered; `None` as long as nothing was.
    pub answer: Option<Position>,
    /// The file of its receipt, if it got one.
    pub receipt: Option<PathBuf>,
}

/// Reads every submission of an outbox, by number. What its writer changes meanwhile is seen before or after the change.
///
/// # Errors
/// When it can't be read, belongs to another ledger or key, or is damaged.
pub fn stored(path: &Path, ledger: LedgerId, key: PublicKey) -> Result<Vec<Stored>, OutboxError> {
    let folder = Folder::at(path);
    let numbers = folder.numbers()?;
    if !folder.belongs_to(ledger, key)? {
        return Err(folder.damaged("identity"));
    }
    let mut found = vec![];
    for key_seq in numbers {
        let signed = match folder.read(key_seq) {
            Ok(signed) => signed,
            // The writer has just moved it aside: it was refused.
            Err(OutboxError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        let link = Link { key_seq, hash: signed.hash() };
        found.push(Stored { link, answer: folder.position(link), receipt: folder.receipt(key_seq) });
    }
    Ok(found)
}
