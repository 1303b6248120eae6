use std::io;
use std::path::{Path, PathBuf};

use hefu_types::KeySeq;

/// Why an outbox could not be used.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// A file or the directory can't be read or written.
    #[error("{} can't be used", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// Another program has it open.
    #[error("another program is writing with this key: {} is locked", path.display())]
    Busy {
        /// The directory.
        path: PathBuf,
    },
    /// It belongs to another ledger or key.
    #[error("{} belongs to {what} {found}, not to {expected}", path.display())]
    Foreign {
        /// The directory.
        path: PathBuf,
        /// `ledger` or `key`.
        what: &'static str,
        /// What it belongs to.
        found: String,
        /// What it was opened for.
        expected: String,
    },
    /// A file in it is not what this program writes.
    #[error("{} is damaged", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// The server knows submissions of this key that are not stored here.
    #[error("the server has recorded {recorded} submissions of this key, {} holds {stored}", path.display())]
    Behind {
        /// The directory.
        path: PathBuf,
        /// What the server knows.
        recorded: KeySeq,
        /// What is stored here.
        stored: KeySeq,
    },
    /// The server knows another submission under a number of this key.
    #[error("the server has recorded another submission {key_seq} of this key than {} holds", path.display())]
    Diverged {
        /// The directory.
        path: PathBuf,
        /// The number.
        key_seq: KeySeq,
    },
    /// The server has lost a submission that it had answered.
    #[error("the server has lost submissions: it answered {answered} of this key and now knows {recorded}")]
    RolledBack {
        /// The directory.
        path: PathBuf,
        /// What the server knows.
        recorded: KeySeq,
        /// What it had answered.
        answered: KeySeq,
    },
}

impl OutboxError {
    pub(crate) fn io(path: &Path, source: io::Error) -> Self {
        Self::Io { path: path.to_owned(), source }
    }

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "OUTBOX_IO",
            Self::Busy { .. } => "OUTBOX_BUSY",
            Self::Foreign { .. } => "OUTBOX_FOREIGN",
            Self::Damaged { .. } => "OUTBOX_DAMAGED",
            Self::Behind { .. } => "OUTBOX_BEHIND",
            Self::Diverged { .. } => "OUTBOX_DIVERGED",
            Self::RolledBack { .. } => "LEDGER_ROLLED_BACK",
        }
    }

    /// What to do about it.
    #[must_use]
    pub const fn remedy(&self) -> &'static str {
        match self {
            Self::Io { .. } => "Check the path, its permissions and the disk.",
            Self::Busy { .. } => "Wait until it is done: a key has one writer. Two programs need two keys.",
            Self::Foreign { .. } => "Use a key of its own for each ledger.",
            Self::Damaged { .. } => "Restore the outbox from a copy; else enrol a new key and revoke this one.",
            Self::Behind { .. } => {
                "Use the outbox that this key wrote with. If it is lost, enrol a new key and revoke this one."
            }
            Self::Diverged { .. } => {
                "Somebody else wrote with this key: find out who; then enrol a new key and revoke this one."
            }
            Self::RolledBack { .. } => {
                "Keep the outbox, it is evidence; tell the operator and the auditors, and submit nothing."
            }
        }
    }
}
