//! How far a view has come, and the digest of its rows.

use hefu_types::{Size, ViewDigest};

use crate::error::ViewError;
use crate::lattice::Lattice;
use crate::store::ViewId;

/// Context of a row's hash.
pub const ROW_CONTEXT: &str = "hefu v1 view row";

/// How far a view has come. Stored with its rows and moved together with them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    size: Size,
    rows: u64,
    lattice: Lattice,
}

impl Cursor {
    /// Bytes of a stored cursor: size, rows (8 each, big-endian), then the 1,024 elements of the lattice state (2 each).
    pub const LEN: usize = 16 + Lattice::LEN;

    /// The cursor of a view that has applied nothing.
    #[must_use]
    pub fn start() -> Self {
        Self { size: Size::EMPTY, rows: 0, lattice: Lattice::empty() }
    }

    /// The size of the log that the view has applied.
    #[must_use]
    pub const fn size(&self) -> Size {
        self.size
    }

    /// The number of its rows.
    #[must_use]
    pub const fn rows(&self) -> u64 {
        self.rows
    }

    /// The digest of its rows: the BLAKE3 hash of the lattice state. The state's elements are 16-bit little-endian.
    #[must_use]
    pub fn digest(&self) -> ViewDigest {
        ViewDigest::from_bytes(self.lattice.checksum())
    }

    /// Moves on to a larger size.
    pub(crate) fn move_to(&mut self, size: Size) {
        self.size = size;
    }

    /// Counts more rows and mixes them into the digest.
    pub(crate) fn add(&mut self, digest: &RowsDigest) {
        self.rows += digest.rows;
        self.lattice.join(&digest.lattice);
    }

    /// The bytes that a store keeps.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(Self::LEN);
        out.extend_from_slice(&self.size.get().to_be_bytes());
        out.extend_from_slice(&self.rows.to_be_bytes());
        out.extend_from_slice(&self.lattice.to_bytes());
        out
    }

    /// Reads what [`Cursor::to_bytes`] wrote.
    ///
    /// # Errors
    /// `CursorDamaged` when the length is not [`Cursor::LEN`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ViewError> {
        let damaged = || ViewError::CursorDamaged(bytes.len());
        let (size, rest) = bytes.split_first_chunk().ok_or_else(damaged)?;
        let (rows, rest) = rest.split_first_chunk().ok_or_else(damaged)?;
        let lattice = Lattice::from_bytes(rest).ok_or_else(damaged)?;
        Ok(Self { size: Size::new(u64::from_be_bytes(*size)), rows: u64::from_be_bytes(*rows), lattice })
    }
}

/// The digest of some rows of a view, to be mixed into that of others.
///
/// A row is hashed by BLAKE3 in derive-key mode over view name, version, key and value, each after its length (4 bytes,
/// big-endian); its extended output is the row's element of the lattice (LtHash16, Bellare and Micciancio 1997, Lewi et al.
/// 2019).
#[derive(Clone, Debug)]
pub(crate) struct RowsDigest {
    hasher: blake3::Hasher,
    /// The view's name and version, with which every row begins, and then a row.
    row: Vec<u8>,
    /// Where the row begins.
    begin: usize,
    rows: u64,
    lattice: Lattice,
}

impl RowsDigest {
    /// Of no row.
    pub(crate) fn of(view: &ViewId) -> Self {
        let mut row = vec![];
        [view.name.as_bytes(), &view.version.to_be_bytes()].iter().for_each(|part| push(&mut row, part));
        let hasher = blake3::Hasher::new_derive_key(ROW_CONTEXT);
        Self { hasher, begin: row.len(), row, rows: 0, lattice: Lattice::empty() }
    }

    pub(crate) fn add(&mut self, key: &[u8], value: &[u8]) {
        self.row.truncate(self.begin);
        [key, value].iter().for_each(|part| push(&mut self.row, part));
        // A hasher is larger than most rows: begun anew, not copied.
        self.lattice.add(self.hasher.reset().update(&self.row));
        self.rows += 1;
    }
}

fn push(row: &mut Vec<u8>, part: &[u8]) {
    let len = u32::try_from(part.len()).expect("a part of a row below 4 GiB");
    row.extend_from_slice(&len.to_be_bytes());
    row.extend_from_slice(part);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const VIEW: ViewId = ViewId { name: "test", version: 1 };

    fn digest_of(view: ViewId, rows: &[(Vec<u8>, Vec<u8>)]) -> ViewDigest {
        let (mut cursor, mut digest) = (Cursor::start(), RowsDigest::of(&view));
        rows.iter().for_each(|(key, value)| digest.add(key, value));
        cursor.add(&digest);
        cursor.digest()
    }

    #[test]
    fn digest_depends_on_view_version_and_where_a_part_ends() {
        let row = |key: &[u8], value: &[u8]| vec![(key.to_vec(), value.to_vec())];
        let base = digest_of(VIEW, &row(b"ab", b"c"));
        assert_ne!(base, digest_of(VIEW, &row(b"a", b"bc")));
        assert_ne!(base, digest_of(ViewId { version: 2, ..VIEW }, &row(b"ab", b"c")));
        assert_ne!(base, digest_of(ViewId { name: "tes", ..VIEW }, &row(b"ab", b"c")));
        assert_ne!(base, Cursor::start().digest());
    }

    #[test]
    fn stored_cursors_of_another_length_are_damaged() {
        let (mut cursor, mut digest) = (Cursor::start(), RowsDigest::of(&VIEW));
        digest.add(b"key", b"value");
        cursor.add(&digest);
        cursor.move_to(Size::new(7));
        let bytes = cursor.to_bytes();
        assert_eq!(bytes.len(), Cursor::LEN);
        assert_eq!(Cursor::from_bytes(&bytes).unwrap(), cursor);
        for len in [0, 8, 15, 16, Cursor::LEN - 2, Cursor::LEN - 1] {
            assert!(matches!(Cursor::from_bytes(&bytes[..len]), Err(ViewError::CursorDamaged(n)) if n == len));
        }
        assert!(Cursor::from_bytes(&[&bytes[..], &[0, 0]].concat()).is_err());
    }

    proptest! {
        #[test]
        fn digest_sees_every_byte_and_no_order(
            mut rows in prop::collection::vec((any::<[u8; 5]>(), prop::collection::vec(any::<u8>(), 1..9)), 1..9),
            at: prop::sample::Index, byte: prop::sample::Index, flip in 1_u8..,
        ) {
            let own = |rows: &[([u8; 5], Vec<u8>)]| -> Vec<_> { rows.iter().map(|(k, v)| (k.to_vec(), v.clone())).collect() };
            let before = digest_of(VIEW, &own(&rows));
            rows.reverse();
            prop_assert_eq!(before, digest_of(VIEW, &own(&rows)));
            let row = at.index(rows.len());
            let (key, value) = &mut rows[row];
            let cell = byte.index(key.len() + value.len());
            if cell < key.len() { key[cell] ^= flip } else { value[cell - 5] ^= flip }
            prop_assert_ne!(before, digest_of(VIEW, &own(&rows)));
        }
    }
}
