//! Why a journal does not open.

use hefu_types::{Millis, Reason, Refusal, Seq};

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
    /// A thread could not be started.
    #[error("a thread could not be started")]
    Thread(#[from] std::io::Error),
}

impl OpenError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> Reason {
        match self {
            Self::Store(_) | Self::Damaged { .. } | Self::Refused { .. } => Reason::StorageDamaged,
            Self::ClockGap { .. } => Reason::ClockLatched,
            Self::Thread(_) => Reason::NotWritten,
        }
    }
}
