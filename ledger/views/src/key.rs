//! Keys: a table's tag, readable parts, and the vintage at the end.
//!
//! ```text
//! u8  table
//! …   parts: a code and a 0x00 (no code holds one), or a number of fixed width
//! u64 seq            \ the vintage: where the row came from; big-endian, so that
//! u32 event index    / the last row of a stem is the newest
//! ```

use hefu_types::{Code, Seq, Size};

use crate::error::ViewError;
use crate::row::Origin;

/// Bytes of a vintage.
const VINTAGE_LEN: usize = 12;

/// Room for most keys.
const KEY_BYTES: usize = 64;

/// The moment that a question is about, as a size of the log: entries from that position on are not seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AsOf(Size);

impl AsOf {
    /// Everything that the rows hold. A server asks at [`crate::engine::applied`] instead, so that all views speak of one
    /// moment.
    pub const LATEST: Self = Self(Size::new(u64::MAX));

    /// The log of this size.
    #[must_use]
    pub const fn size(size: Size) -> Self {
        Self(size)
    }

    /// After the entry of this position.
    #[must_use]
    pub const fn after(seq: Seq) -> Self {
        Self(Size::new(seq.get().saturating_add(1)))
    }

    /// The size of the log at the moment.
    #[must_use]
    pub const fn get(self) -> Size {
        self.0
    }

    /// Whether an entry of this position is seen.
    #[must_use]
    pub fn sees(self, seq: Seq) -> bool {
        seq < self.0.next_seq()
    }
}

/// A key in the making, or the prefix that several keys share.
#[derive(Clone, Debug)]
pub(crate) struct Key(Vec<u8>);

impl Key {
    pub(crate) fn table(tag: u8) -> Self {
        let mut key = Vec::with_capacity(KEY_BYTES);
        key.push(tag);
        Self(key)
    }

    pub(crate) fn code(mut self, code: &Code) -> Self {
        self.0.extend_from_slice(code.as_str().as_bytes());
        self.0.push(0);
        self
    }

    pub(crate) fn fixed(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// The stem that [`split`] found.
    pub(crate) fn from_stem(stem: &[u8]) -> Self {
        Self(stem.to_vec())
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The whole key of the row that this event adds.
    pub(crate) fn vintage(mut self, origin: &Origin) -> Vec<u8> {
        self.0.extend_from_slice(&origin.seq.get().to_be_bytes());
        self.0.extend_from_slice(&origin.event_index.to_be_bytes());
        self.0
    }

    /// Above every row of this stem that is seen, below every one that is not.
    pub(crate) fn bound(&self, as_of: AsOf) -> Vec<u8> {
        [&self.0[..], &as_of.0.get().to_be_bytes()].concat()
    }
}

/// The greatest key bytes below this row's, and not below those of the vintage before it.
pub(crate) fn before(stem: &Key, origin: &Origin) -> Vec<u8> {
    let seq = stem.clone().fixed(&origin.seq.get().to_be_bytes());
    match origin.event_index.checked_sub(1) {
        Some(index) => seq.fixed(&index.to_be_bytes()).0,
        None => seq.0,
    }
}

/// The stem of a stored key, and the position at its end.
pub(crate) fn split(key: &[u8]) -> Result<(&[u8], Seq), ViewError> {
    let (stem, vintage) = key.split_last_chunk::<VINTAGE_LEN>().ok_or(ViewError::KeyDamaged(key.len()))?;
    let seq = vintage.first_chunk().expect("8 of 12 bytes");
    Ok((stem, Seq::new(u64::from_be_bytes(*seq))))
}

/// Above every row of the stem, below the next stem's first.
pub(crate) fn after_stem(stem: &[u8]) -> Vec<u8> {
    [stem, &[0xff; VINTAGE_LEN + 1]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{code, origin};
    use proptest::prelude::*;

    #[test]
    fn a_code_never_begins_another_ones_prefix() {
        let prefix = |c: &str| Key::table(1).code(&code(c)).bytes().to_vec();
        assert!(!prefix("ab").starts_with(&prefix("a")));
        assert!(!prefix("a-b").starts_with(&prefix("a")));
    }

    #[test]
    fn short_keys_are_damaged() {
        assert!(matches!(split(&[0; 11]), Err(ViewError::KeyDamaged(11))));
    }

    proptest! {
        #[test]
        fn keys_sort_by_vintage_and_split_again(a: (u64, u32), b: (u64, u32)) {
            let key = |(seq, index)| Key::table(1).code(&code("x")).vintage(&origin(seq, index));
            prop_assert_eq!(a.cmp(&b), key(a).cmp(&key(b)));
            let whole = key(a);
            prop_assert_eq!(split(&whole).unwrap(), (&b"\x01x\0"[..], Seq::new(a.0)));
        }

        #[test]
        fn a_bound_parts_seen_from_unseen(seq in 0..u64::MAX, index: u32, size: u64) {
            let (stem, as_of) = (Key::table(1).code(&code("x")), AsOf::size(Size::new(size)));
            let key = stem.clone().vintage(&origin(seq, index));
            prop_assert_eq!(as_of.sees(Seq::new(seq)), key < stem.bound(as_of));
            prop_assert!(key < after_stem(stem.bytes()));
        }
    }
}
