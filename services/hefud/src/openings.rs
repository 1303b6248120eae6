//! Openings of commitments: plain files beside the log, which can be erased at once.
//!
//! ```text
//! openings/
//!   3c…                    (64 hex digits, the commitment) 32 bytes of salt, then the value's bytes
//!   .3c….new               one that is being written; a crash may leave it, the next start removes it
//! ```
//!
//! An opening is written and synced before its entry is sequenced, so a receipt implies that it is kept. What a refused submission
//! brought is removed at the refusal; what no entry has, at a start when it is a month old. A file whose value the log says is
//! erased goes as soon as the projection sees that entry, and, after a crash in between, at the next start.

use std::collections::HashMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use hefu_journal::Beside;
use hefu_rules::{State, ValueState};
use hefu_types::{Commitment, Event, Opening, Reason, Refusal, Submission};

use crate::config::{OPENINGS_HELD_MAX, OPENINGS_UNKNOWN_FOR};

mod brought;
mod service;

pub use brought::Brought;
pub use service::OpeningsReader;

/// The openings of a ledger.
#[derive(Debug)]
pub struct Openings {
    folder: PathBuf,
    /// Those of submissions whose outcome is not known yet. Locked for a moment only: the sequencer asks.
    held: Mutex<HashMap<Commitment, Holding>>,
    /// Whoever writes or removes files does so alone.
    writing: Mutex<()>,
}

/// An opening that some submissions under way brought.
#[derive(Debug)]
struct Holding {
    submissions: usize,
    /// It stays when the last of them is refused: it was here before, or one of them was recorded.
    stays: bool,
    /// The sequencer is deciding a submission that needs it, whoever brought it.
    needed: bool,
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
        Ok(Self { folder: folder.to_owned(), held: Mutex::default(), writing: Mutex::default() })
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
    ///
    /// # Errors
    /// When they can't be written, or too many wait to be decided (`QuotaExceeded`); then none of them is held.
    fn hold(&self, openings: &[&Opening]) -> io::Result<()> {
        let _alone = self.alone();
        if self.held().len() + openings.len() > OPENINGS_HELD_MAX {
            return Err(io::ErrorKind::QuotaExceeded.into());
        }
        let commitments: Vec<Commitment> = openings.iter().map(|opening| opening.commitment()).collect();
        for (opening, commitment) in openings.iter().zip(&commitments) {
            let known = self.held().get_mut(commitment).map(|holding| holding.submissions += 1);
            if known.is_none() {
                let stays = self.path(commitment).try_exists()?;
                let written = if stays { Ok(()) } else { self.write(commitment, opening) };
                self.held().insert(*commitment, Holding { submissions: 1, stays, needed: false });
                if let Err(error) = written {
                    let upto = commitments.iter().position(|held| held == commitment).map_or(0, |at| at + 1);
                    self.let_go(&commitments[..upto], false)?;
                    return Err(error);
                }
            }
        }
        self.sync()
    }

    /// Ends the holding of what one submission brought, which stays if it was recorded.
    fn release(&self, commitments: &[Commitment], recorded: bool) -> io::Result<()> {
        let _alone = self.alone();
        self.let_go(commitments, recorded)
    }

    fn let_go(&self, commitments: &[Commitment], recorded: bool) -> io::Result<()> {
        let mut left = vec![];
        {
            let mut held = self.held();
            for commitment in commitments {
                let Some(holding) = held.get_mut(commitment) else { continue };
                holding.stays |= recorded;
                holding.submissions -= 1;
            }
            // Also what nobody held any more while the sequencer needed it.
            held.retain(|commitment, holding| {
                let over = holding.submissions == 0 && !holding.needed;
                if over && !holding.stays {
                    left.push(*commitment);
                }
                !over
            });
        }
        // Still alone: another submission that brings the same writes it anew.
        self.remove(&left)
    }

    fn alone(&self) -> MutexGuard<'_, ()> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
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
    /// Removes what was erased, and what no entry has had for a while: an older log than the newest may have been started by mistake,
    /// and whoever brings the newest back shall find what belongs to it.
    fn recovered(&self, state: &State) -> io::Result<()> {
        let mut unwanted = vec![];
        for file in fs::read_dir(&self.folder)? {
            let path = file?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            match name.parse::<Commitment>() {
                Ok(commitment) => match state.value_state(&commitment) {
                    Some(ValueState::Kept) => {}
                    None if !is_old(&path)? => {}
                    Some(ValueState::Erased) | None => unwanted.push(commitment),
                },
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
        let mut held = self.held();
        let missing = commitments.find(|(_, commitment)| !held.contains_key(commitment));
        if missing.is_none() {
            mark(&mut held, submission, |holding| holding.needed = true);
        }
        missing.map_or(Ok(()), |(index, commitment)| {
            let field = format!("events[{index}].observation_reported.commitment");
            Err(Refusal::new(Reason::OpeningMissing, field, format!("no opening of {commitment} came")))
        })
    }

    fn decided(&self, submission: &Submission, recorded: bool) {
        if commitments(submission).next().is_some() {
            mark(&mut self.held(), submission, |holding| {
                holding.needed = false;
                holding.stays |= recorded;
            });
        }
    }
}

/// Does something to what is held of a submission.
fn mark(held: &mut HashMap<Commitment, Holding>, submission: &Submission, change: impl Fn(&mut Holding)) {
    for (_, commitment) in commitments(submission) {
        held.get_mut(&commitment).into_iter().for_each(&change);
    }
}

/// Whether a file was written long ago.
fn is_old(path: &Path) -> io::Result<bool> {
    let age = SystemTime::now().duration_since(fs::metadata(path)?.modified()?);
    Ok(age.is_ok_and(|age| age >= OPENINGS_UNKNOWN_FOR))
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
