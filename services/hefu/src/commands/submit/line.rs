//! A row of a file and what became of it.

use hefu_client::batch;
use hefu_types::Refusal;

use crate::observation::{Draft, Observation};

/// What became of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is recorded now.
    Recorded(u64, u32),
    /// It was recorded before, with the same content.
    Standing(u64, u32),
    /// It says nothing: a row of a template that nobody filled in.
    Blank,
    /// It was refused, here or by the server.
    Refused(Refusal),
}

impl From<batch::Outcome> for Outcome {
    fn from(outcome: batch::Outcome) -> Self {
        match outcome {
            Ok(place) => Self::Recorded(place.position.seq.get(), place.index),
            Err(refusal) => Self::Refused(refusal),
        }
    }
}

/// A row of a file.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// Its line in the file, or its row in the sheet.
    pub(crate) line: u64,
    /// As it was written.
    pub(crate) draft: Draft,
    /// As it was understood; nothing when it was not.
    pub(crate) observation: Option<Observation>,
    /// What became of it; nothing as long as it waits.
    pub(crate) outcome: Option<Outcome>,
}

impl Line {
    pub(crate) fn new(line: u64, draft: Draft) -> Self {
        if draft.is_blank() {
            return Self { line, draft, observation: None, outcome: Some(Outcome::Blank) };
        }
        match draft.parse() {
            Ok(observation) => Self { line, draft, observation: Some(observation), outcome: None },
            Err(refusal) => Self { line, draft, observation: None, outcome: Some(Outcome::Refused(refusal)) },
        }
    }

    /// The observation of a row that waits.
    pub(crate) fn waiting(&self) -> Option<&Observation> {
        self.observation.as_ref().filter(|_| self.outcome.is_none())
    }
}
