//! A bundle of entries, as its files hold it.

use bytes::{Buf as _, Bytes};
use hefu_types::limits::BUNDLE_ENTRIES;

/// The entries of one bundle, and what its files hold beside them.
#[derive(Debug, Default)]
pub struct Bundle {
    /// At most 256.
    pub entries: Vec<Bytes>,
    /// Bytes after them: of an entry that is cut off, or after the 256th.
    pub leftover: usize,
    /// The width of a partial file of this bundle that holds something else than its first entries.
    pub differing: Option<u16>,
}

impl Bundle {
    /// Whether it is nothing but entries, the same in each of its files.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.leftover == 0 && self.differing.is_none()
    }

    /// Splits a file into entries.
    pub(super) fn split(mut rest: Bytes) -> Self {
        let mut entries = Vec::new();
        while rest.len() >= 2 && (entries.len() as u64) < BUNDLE_ENTRIES {
            let len = usize::from(u16::from_be_bytes([rest[0], rest[1]]));
            if rest.len() < 2 + len {
                break;
            }
            rest.advance(2);
            entries.push(rest.split_to(len));
        }
        Self { entries, leftover: rest.len(), differing: None }
    }
}
