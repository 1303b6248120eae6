//! Openings of commitments: plain files beside the log, which can be erased at once.
//!
//! ```text
//! openings/
//!   3c…                    (64 hex digits, the commitment) 32 bytes of salt, then the value's bytes
//!   .3c….new               one that is being written; a crash may leave it, the next start removes it
//! ```
//!
//! An opening is written and synced before its entry is sequenced, so a receipt implies that it is kept. What a refused submission
//! brought is removed at the refusal; what nobody knows the outcome of, at the next start. A file whose value the log says is
//! erased goes as soon as the projection sees that entry, and, after a crash in between, at the next start.

use std::collections::HashMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use hefu_journal::Beside;
use hefu_rules::{State, ValueState};
use hefu_types::{Commitment, Event, Opening, Reason, Refusal, Submission};

mod brought;
mod service;

pub use brought::Brought;
pub use service::OpeningsReader;

/// The openings of a ledger.
#[derive(Debug)]
pub struct Openings {
    folder: PathBuf,
    /// Those of submissions whose outcome is not known yet.
    held: Mutex<HashMap<Commitment, Holding>>,
}

/// An opening that some submissions under way brought.
#[derive(Debug)]
struct Holding {
    submissions: usize,
    /// It stays when the last of them is refused: it was here before, or one of them was recorded.
    stays: bool,
}

impl Openings {
    /// The openings in a folder, which is made when it is not there.
    ///
    /// # Errors
    /// When it can't be made.
    pub fn open(folder: &Path) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        if let Some(parent) = folder.parent() {
            File::open(parent)?.sync_all()?;
        }
        Ok(Self { folder: folder.to_owned(), held: Mutex::default() })
    }

    /// The opening of a commitment, if it is kept.
    ///
    /// # Errors
    /// When it can't be read, or is not the commitment's.
    pub fn get(&self, commitment: &Commitment) -> io::Result<Option<Opening>> {
        let bytes = match fs::read(self.path(commitment)) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(e),
        };
        let damaged = || io::Error::other(format!("the opening of {commitment} is damaged"));
        let opening = Opening::from_file(&bytes).filter(|opening| commitment.is_opened_by(opening));
        opening.map(Some).ok_or_else(damaged)
    }

    /// Erases what an entry says is erased. One that is not here any more is no fault.
    pub fn erase(&self, submission: &Submission) {
        let erased = submission.events.iter().filter_map(|event| match event {
            Event::ValueErased(e) => Some(e.commitment),
            _ => None,
        });
        let erased: Vec<Commitment> = erased.collect();
        match self.remove(&erased) {
            Ok(()) => erased.iter().for_each(|commitment| tracing::info!(%commitment, "value erased")),
            Err(error) => tracing::error!(%error, "a value is not erased before the next start"),
        }
    }

    fn path(&self, commitment: &Commitment) -> PathBuf {
        self.folder.join(commitment.to_string())
    }

    fn held(&self) -> MutexGuard<'_, HashMap<Commitment, Holding>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps openings, durably, until [`Openings::release`].
    fn hold(&self, openings: &[&Opening]) -> io::Result<()> {
        let mut held = self.held();
        for opening in openings {
            let commitment = opening.commitment();
            if let Some(holding) = held.get_mut(&commitment) {
                holding.submissions += 1;
                continue;
            }
            let stays = self.path(&commitment).try_exists()?;
            if !stays {
                self.write(&commitment, opening)?;
            }
            held.insert(commitment, Holding { submissions: 1, stays });
        }
        self.sync()
    }

    /// Ends the holding of what one submission brought, which stays if it was recorded.
    fn release(&self, commitments: &[Commitment], recorded: bool) -> io::Result<()> {
        let mut held = self.held();
        let mut left = vec![];
        for commitment in commitments {
            let Some(holding) = held.get_mut(commitment) else { continue };
            holding.stays |= recorded;
            holding.submissions -= 1;
            if holding.submissions == 0 && held.remove(commitment).is_some_and(|holding| !holding.stays) {
                left.push(*commitment);
            }
        }
        // Still alone: another submission that brings the same writes it anew.
        self.remove(&left)
    }

    fn write(&self, commitment: &Commitment, opening: &Opening) -> io::Result<()> {
        let new = self.folder.join(format!(".{commitment}.new"));
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        file.write_all(&opening.to_file())?;
        file.sync_all()?;
        fs::rename(new, self.path(commitment))
    }

    fn remove(&self, commitments: &[Commitment]) -> io::Result<()> {
        if commitments.is_empty() {
            return Ok(());
        }
        for commitment in commitments {
            match fs::remove_file(self.path(commitment)) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
                _ => {}
            }
        }
        self.sync()
    }

    /// Makes the names in the folder durable, and the want of them.
    fn sync(&self) -> io::Result<()> {
        File::open(&self.folder)?.sync_all()
    }
}

impl Beside for Openings {
    /// Removes what no entry has, and what was erased.
    fn recovered(&self, state: &State) -> io::Result<()> {
        let mut unwanted = vec![];
        for file in fs::read_dir(&self.folder)? {
            let path = file?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            match name.parse::<Commitment>() {
                Ok(commitment) if state.value_state(&commitment) != Some(ValueState::Kept) => unwanted.push(commitment),
                Err(_) if name.starts_with('.') && name.ends_with(".new") => fs::remove_file(&path)?,
                _ => {}
            }
        }
        unwanted
            .iter()
            .for_each(|commitment| tracing::info!(%commitment, "opening removed: no entry has it, or it was erased"));
        self.remove(&unwanted)
    }

    fn check(&self, submission: &Submission) -> Result<(), Refusal> {
        let mut commitments = commitments(submission).peekable();
        if commitments.peek().is_none() {
            return Ok(());
        }
        let held = self.held();
        let missing = commitments.find(|(_, commitment)| !held.contains_key(commitment));
        missing.map_or(Ok(()), |(index, commitment)| {
            let field = format!("events[{index}].observation_reported.commitment");
            Err(Refusal::new(Reason::OpeningMissing, field, format!("no opening of {commitment} came")))
        })
    }
}

/// What a submission commits to, each with its event's index.
fn commitments(submission: &Submission) -> impl Iterator<Item = (usize, Commitment)> {
    submission.events.iter().enumerate().filter_map(|(index, event)| match event {
        Event::ObservationReported(e) => Some((index, e.commitment?)),
        _ => None,
    })
}

#[cfg(test)]
mod tests;
