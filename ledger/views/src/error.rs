use hefu_types::{Seq, Size};

use crate::store::StoreError;

/// Why a view could not be brought up to date or read.
#[derive(Debug, thiserror::Error)]
pub enum ViewError {
    /// The row store failed; nothing of the batch was written.
    #[error("the row store failed")]
    Store(#[from] StoreError),
    /// A row is not what this version of the view writes: the store is damaged, or written by another version.
    #[error("a stored row does not decode")]
    RowDamaged(#[source] postcard::Error),
    /// A stored key is too short to end with a position: the store is damaged.
    #[error("a stored key of {0} bytes does not end with a position")]
    KeyDamaged(usize),
    /// A stored cursor has another length than a cursor's: the store is damaged.
    #[error("a stored cursor of {0} bytes")]
    CursorDamaged(usize),
    /// A row could not be encoded: a defect of the view.
    #[error("a row does not encode")]
    RowUnwritable(#[source] postcard::Error),
    /// A view wrote the same key twice: a defect of the view.
    #[error("a view wrote the same key twice at seq {0}")]
    Overwrite(Seq),
    /// The entries are not those that follow the cursor. Nothing of the batch was written.
    #[error("seq {found} where the view needs {expected}")]
    Gap {
        /// The position that the cursor asks for.
        expected: Seq,
        /// The position of the entry that came.
        found: Seq,
    },
    /// A record of a view's digest speaks of no entry, or of entries that do not stand before it. The rules never let it in.
    #[error("the record at seq {seq} speaks of {size} entries, which is not one to {seq}")]
    RecordBeyond {
        /// The record's position.
        seq: Seq,
        /// The size that it speaks of.
        size: Size,
    },
    /// The entries that were replayed are not those that were looked through for records.
    #[error("{noted} records of views were noted, {met} were met; did the entries change meanwhile?")]
    RecordsMissed {
        /// Records found in the first pass.
        noted: u64,
        /// Records found in the second.
        met: u64,
    },
    /// A row refers to something that no visible row holds: an `as_of` beyond one of the views' cursors.
    #[error("no {what} {name} at this position")]
    Missing {
        /// What is missing: `plan`, `key`, `member`.
        what: &'static str,
        /// Its code, or the key in hex.
        name: String,
    },
    /// The answer would have more rows than the caller allows.
    #[error("more than {0} observations")]
    TooMany(usize),
}
