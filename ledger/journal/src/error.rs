//! Why a journal does not open.

use std::path::PathBuf;

use hefu_types::{Millis, Reason, Refusal, Seq, Size, VerifierKey};

use crate::store::StoreError;

/// A journal that does not open, and what to do about it. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The store can't be read.
    #[error("the store can't be read")]
    Store(#[from] StoreError),
    /// An entry does not follow from its predecessors.
    #[error("entry {seq} is damaged ({what}); keep the folder as it is and restore from a verified copy")]
    Damaged {
        /// The position of the first entry that does not fit.
        seq: Seq,
        /// What does not fit.
        what: String,
    },
    /// An entry that the rules refuse.
    #[error("entry {seq} is refused by the rules; keep the folder as it is and restore from a verified copy")]
    Refused {
        /// Its position.
        seq: Seq,
        /// The refusal.
        #[source]
        refusal: Refusal,
    },
    /// The clock stands before the last entry, or too far after it.
    #[error(
        "the clock says {now}, the last entry was recorded at {last}: check the clock; if it is right, accept the gap explicitly"
    )]
    ClockGap {
        /// The clock.
        now: Millis,
        /// When the last entry was recorded.
        last: Millis,
    },
    /// The head file can't be read or written.
    #[error("the head file {} can't be used", path.display())]
    HeadFile {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// What is kept beside the log can't be read or written.
    #[error("what is kept beside the log can't be used")]
    Beside(#[source] std::io::Error),
    /// There are entries, but no checkpoint of this log in the head file.
    #[error(
        "{} holds no checkpoint of this log: nobody can say whether entries are missing; bring the file back, or, if nothing \
         that was answered can be missing, start once with --accept-missing-head",
        path.display()
    )]
    HeadMissing {
        /// The file.
        path: PathBuf,
    },
    /// The head file holds a checkpoint that none of the log's keys signed: that of a key that the log does not know yet.
    #[error(
        "{} holds a checkpoint that no key of this log signed, as beside an old copy from before the key was replaced: bring back \
         the copy that it belongs to; only if nothing that was answered can be missing, start once with --accept-missing-head",
        path.display()
    )]
    HeadUnknown {
        /// The file.
        path: PathBuf,
    },
    /// The log is shorter than what was told to members.
    #[error(
        "the log has {found} entries, but a checkpoint of {kept} was signed: acknowledged entries are missing, as in a restored \
         old copy; bring back a copy with all {kept}, and never serve this one, for it would fork the log"
    )]
    RolledBack {
        /// The size of the checkpoint.
        kept: Size,
        /// The size of the log.
        found: Size,
    },
    /// The log is not the one that was told to members.
    #[error("the first {size} entries are not those of the checkpoint that was signed; bring back the right copy")]
    OtherRoot {
        /// The size of the checkpoint.
        size: Size,
    },
    /// A key that signs this log's checkpoints is not here.
    #[error("{missing} signs the checkpoints of this log, and is not here: bring its file back")]
    CheckpointKey {
        /// The key.
        missing: VerifierKey,
    },
    /// A thread could not be started.
    #[error("a thread could not be started")]
    Thread(#[from] std::io::Error),
}

impl OpenError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> Reason {
        match self {
            Self::Store(_)
            | Self::Damaged { .. }
            | Self::Refused { .. }
            | Self::HeadMissing { .. }
            | Self::HeadUnknown { .. }
            | Self::RolledBack { .. }
            | Self::OtherRoot { .. } => Reason::StorageDamaged,
            Self::ClockGap { .. } => Reason::ClockLatched,
            Self::Beside(_) | Self::HeadFile { .. } | Self::CheckpointKey { .. } | Self::Thread(_) => {
                Reason::NotWritten
            }
        }
    }
}
