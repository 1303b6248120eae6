use std::io;

use hefu_rules::State;
use hefu_types::{Refusal, Submission};

/// What is kept beside the log, and must be there before an entry is recorded: the log itself is public and for ever.
pub trait Beside: Send + Sync {
    /// Told once, before anything is recorded, what the entries amount to.
    ///
    /// # Errors
    /// When what is kept can't be read or written: then the journal does not open.
    fn recovered(&self, state: &State) -> io::Result<()>;

    /// Whether all that a submission needs beside it is here, durably. Not asked of what was recorded before.
    ///
    /// # Errors
    /// The refusal, when something is not.
    fn check(&self, submission: &Submission) -> Result<(), Refusal>;

    /// Told of each submission that [`Beside::check`] let pass, before the next one is checked: whether it was recorded. Until then
    /// what it needs stays. Called by the sequencer, so it may not wait for a disk.
    fn decided(&self, submission: &Submission, recorded: bool);
}

/// A log that needs nothing beside it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Alone;

impl Beside for Alone {
    fn recovered(&self, _: &State) -> io::Result<()> {
        Ok(())
    }

    fn check(&self, _: &Submission) -> Result<(), Refusal> {
        Ok(())
    }

    fn decided(&self, _: &Submission, _: bool) {}
}
