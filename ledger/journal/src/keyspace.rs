//! The key space as a table: what is stored where.
//!
//! | column family | key | value | changes |
//! |---|---|---|---|
//! | `entries` | seq (8) of the first | entries, each its length (2) and its bytes | appended, never changed |
//! | `keys` | public key (32), key_seq (8) of the first | seqs (8) | appended, never changed |
//! | `nodes` | level of the tree (1), index (8) of the first | node hashes (32) | appended, never changed; levels 0, 8, 16 … |
//! | `checkpoints` | size (8) | signed checkpoint | published ones; cosignatures are added, uncosigned ones thinned |
//! | `meta` | `format` | 2 (4) | written once |
//! | `meta` | `head` | size (8), chain hash (32) | with every block |
//! | `rows` | view prefix, 0x00 or 0x02, row key | row value | appended; deleted with the view |
//! | `rows` | view prefix, 0x01 or 0x03 | cursor | with every commit of the view |
//! | `rows` | view prefix, 0x04 | 0 (1) for the first of each pair, 1 for the second: what is read; the other is being built | when a rebuilt view takes over |
//!
//! Numbers are big-endian, so that keys sort as positions do. The first three families hold *runs*: what one block brought of
//! consecutive entries, of consecutive counts of a key, of consecutive nodes of a level, is one value under the key of its
//! first. A block of hundreds of entries is then a few dozen writes instead of thousands. From the first release on, names and
//! layouts never change; a new layout is a new column family.

use hefu_types::{ChainHash, KeySeq, PublicKey, Seq, Size};

/// A column family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Entries,
    Keys,
    Nodes,
    Checkpoints,
    Meta,
    Rows,
}

impl Family {
    pub(crate) const ALL: [Self; 6] =
        [Self::Entries, Self::Keys, Self::Nodes, Self::Checkpoints, Self::Meta, Self::Rows];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Entries => "entries",
            Self::Keys => "keys",
            Self::Nodes => "nodes",
            Self::Checkpoints => "checkpoints",
            Self::Meta => "meta",
            Self::Rows => "rows",
        }
    }
}

/// The version of this table.
pub(crate) const FORMAT: u32 = 2;
pub(crate) const FORMAT_KEY: &[u8] = b"format";
pub(crate) const HEAD_KEY: &[u8] = b"head";

pub(crate) const fn entry_key(seq: Seq) -> [u8; 8] {
    seq.get().to_be_bytes()
}

pub(crate) fn node_key(level: u8, index: u64) -> [u8; 9] {
    let mut out = [level; 9];
    out[1..].copy_from_slice(&index.to_be_bytes());
    out
}

pub(crate) const fn checkpoint_key(size: Size) -> [u8; 8] {
    size.get().to_be_bytes()
}

pub(crate) fn index_key(key: &PublicKey, key_seq: KeySeq) -> [u8; 40] {
    let mut out = [0; 40];
    out[..32].copy_from_slice(key.as_bytes());
    out[32..].copy_from_slice(&key_seq.get().to_be_bytes());
    out
}

pub(crate) fn read_index_key(bytes: &[u8]) -> Option<(PublicKey, KeySeq)> {
    let (key, key_seq) = bytes.split_at_checked(32)?;
    Some((PublicKey::from_slice(key)?, KeySeq::new(u64::from_be_bytes(key_seq.try_into().ok()?))))
}

/// The level and index of a key that [`node_key`] made.
pub(crate) fn read_node_key(bytes: &[u8]) -> Option<(u8, u64)> {
    let (level, index) = bytes.split_first()?;
    Some((*level, u64::from_be_bytes(index.try_into().ok()?)))
}

pub(crate) fn read_seq(bytes: &[u8]) -> Option<Seq> {
    Some(Seq::new(u64::from_be_bytes(bytes.try_into().ok()?)))
}

pub(crate) fn head_value(size: Size, chain_hash: ChainHash) -> [u8; 40] {
    let mut out = [0; 40];
    out[..8].copy_from_slice(&size.get().to_be_bytes());
    out[8..].copy_from_slice(chain_hash.as_bytes());
    out
}

pub(crate) fn read_head(bytes: &[u8]) -> Option<(Size, ChainHash)> {
    let (size, hash) = bytes.split_at_checked(8)?;
    Some((Size::new(u64::from_be_bytes(size.try_into().ok()?)), ChainHash::from_slice(hash)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn keys_round_trip_and_sort_like_what_they_name(a: (u8, u64), b: (u8, u64), hash: [u8; 32]) {
            let key = |n: u8| PublicKey::from_bytes([n; 32]);
            let index = |(k, n): (u8, u64)| index_key(&key(k), KeySeq::new(n));
            prop_assert_eq!(read_index_key(&index(a)), Some((key(a.0), KeySeq::new(a.1))));
            prop_assert_eq!(index(a).cmp(&index(b)), a.cmp(&b));
            prop_assert_eq!(entry_key(Seq::new(a.1)).cmp(&entry_key(Seq::new(b.1))), a.1.cmp(&b.1));
            prop_assert_eq!(node_key(a.0, a.1).cmp(&node_key(b.0, b.1)), a.cmp(&b));
            prop_assert_eq!(read_node_key(&node_key(a.0, a.1)), Some(a));
            prop_assert_eq!(read_seq(&entry_key(Seq::new(a.1))), Some(Seq::new(a.1)));
            let head = (Size::new(a.1), ChainHash::from_bytes(hash));
            prop_assert_eq!(read_head(&head_value(head.0, head.1)), Some(head));
        }
    }

    #[test]
    fn names_never_change() {
        assert_eq!(Family::ALL.map(Family::name), ["entries", "keys", "nodes", "checkpoints", "meta", "rows"]);
    }
}
