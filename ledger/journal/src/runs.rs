//! Runs: what a block brought of consecutive entries, counts of a key, and nodes of a level, each as one value.

use std::collections::BTreeMap;

use bytes::{Buf as _, Bytes};
use hefu_types::tile::TILE_WIDTH;
use hefu_types::{KeySeq, NodeHash, PublicKey, Seq};

use crate::store::Block;

/// Bytes after which a run of entries ends: whoever reads one entry reads its run.
const ENTRIES_BYTES: usize = 32 << 10;

/// A run of entries.
pub(crate) struct Entries {
    pub(crate) first: Seq,
    pub(crate) value: Vec<u8>,
}

/// The runs of a block's entries, in order.
pub(crate) fn entries(block: &Block) -> Vec<Entries> {
    let mut runs: Vec<Entries> = Vec::new();
    for item in &block.entries {
        let bytes = item.entry.bytes();
        let len = u16::try_from(bytes.len()).expect("an entry is at most 65,535 bytes");
        let run = match runs.last_mut() {
            Some(run) if run.value.len() + bytes.len() <= ENTRIES_BYTES => run,
            _ => runs.push_mut(Entries { first: item.entry.seq(), value: Vec::with_capacity(2 + bytes.len()) }),
        };
        run.value.extend_from_slice(&len.to_be_bytes());
        run.value.extend_from_slice(bytes);
    }
    runs
}

/// The runs of a block's keys, each from the first of its counts on: where they stand.
pub(crate) fn keys(block: &Block) -> BTreeMap<PublicKey, (KeySeq, Vec<u8>)> {
    let mut runs = BTreeMap::new();
    for item in &block.entries {
        // The rules let in no other count of a key than the next one.
        let (_, value) = runs.entry(item.key).or_insert_with(|| (item.key_seq, Vec::new()));
        value.extend_from_slice(&item.entry.seq().get().to_be_bytes());
    }
    runs
}

/// The runs of a block's nodes, by level and first index; none reaches over the end of a tile.
pub(crate) fn nodes(block: &Block) -> BTreeMap<(u8, u64), Vec<u8>> {
    let mut runs: BTreeMap<(u8, u64), Vec<u8>> = BTreeMap::new();
    for (node, hash) in &block.nodes {
        let tile = (node.level, node.index - node.index % TILE_WIDTH)..=(node.level, node.index);
        match runs.range_mut(tile).next_back() {
            Some((_, value)) => value.extend_from_slice(hash.as_bytes()),
            None => drop(runs.insert((node.level, node.index), hash.as_bytes().to_vec())),
        }
    }
    runs
}

/// The entries of a run; `None` for one that is cut off.
pub(crate) fn split_entries(mut run: Bytes) -> impl Iterator<Item = Option<Bytes>> {
    std::iter::from_fn(move || {
        if run.is_empty() {
            return None;
        }
        let len = run.try_get_u16().ok().map(usize::from).filter(|len| *len <= run.len());
        let entry = len.map(|len| run.split_to(len));
        if entry.is_none() {
            run.clear();
        }
        Some(entry)
    })
}

/// Where the count of this place in a run stands.
pub(crate) fn seq_at(run: &[u8], place: u64) -> Option<Seq> {
    let at = usize::try_from(place.checked_mul(8)?).ok()?;
    run.get(at..)?.first_chunk().map(|bytes| Seq::new(u64::from_be_bytes(*bytes)))
}

/// The number of counts in a run.
pub(crate) const fn seqs(run: &[u8]) -> u64 {
    run.len() as u64 / 8
}

/// The node hashes of a run; `None` for one that is cut off.
pub(crate) fn split_nodes(run: &[u8]) -> impl Iterator<Item = Option<NodeHash>> + '_ {
    run.chunks(NodeHash::LEN).map(NodeHash::from_slice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Sequenced;
    use hefu_types::tree::Node;
    use hefu_types::{ChainHash, Entry, Millis, Signature, SignedSubmission, Size, SubmissionHash};

    fn item(seq: u64, key: u8, key_seq: u64, len: usize) -> Sequenced {
        let signed = SignedSubmission { submission: vec![key; len].into(), signature: Signature::from_bytes([0; 64]) };
        Sequenced {
            entry: Entry::new(Seq::new(seq), Millis::new(1), ChainHash::NONE, &signed),
            chain_hash: ChainHash::NONE,
            submission_hash: SubmissionHash::NONE,
            key: PublicKey::from_bytes([key; 32]),
            key_seq: KeySeq::new(key_seq),
        }
    }

    fn block(entries: Vec<Sequenced>, nodes: Vec<(Node, NodeHash)>) -> Block {
        Block { begin: Size::new(5), entries, nodes }
    }

    #[test]
    fn entries_come_back_from_runs_of_limited_length() {
        let lens = [10, 20_000, 20_000, 12_000, 65_000, 1, 1];
        let block = block(lens.iter().zip(5..).map(|(len, seq)| item(seq, 1, seq, *len)).collect(), vec![]);
        let runs = entries(&block);
        assert_eq!(runs.iter().map(|run| run.first.get()).collect::<Vec<_>>(), [5, 7, 9, 10]);
        let back: Vec<Bytes> =
            runs.into_iter().flat_map(|run| split_entries(run.value.into())).map(Option::unwrap).collect();
        assert!(back.iter().eq(block.entries.iter().map(|item| item.entry.bytes())));
    }

    #[test]
    fn a_run_that_is_cut_off_says_so_once() {
        let run = entries(&block(vec![item(5, 1, 1, 10), item(6, 1, 2, 10)], vec![])).remove(0).value;
        let second = run.len() / 2;
        for len in 0..run.len() {
            let found: Vec<bool> = split_entries(Bytes::copy_from_slice(&run[..len])).map(|e| e.is_some()).collect();
            let expected = if len < second { vec![false; usize::from(len > 0)] } else { vec![true, false] };
            assert_eq!(found, if len == second { vec![true] } else { expected }, "{len}");
        }
    }

    #[test]
    fn a_key_has_one_run_in_a_block() {
        let runs = keys(&block(vec![item(5, 1, 7, 1), item(6, 2, 1, 1), item(7, 1, 8, 1)], vec![]));
        let (first, run) = &runs[&PublicKey::from_bytes([1; 32])];
        assert_eq!((first.get(), seqs(run)), (7, 2));
        assert_eq!([0, 1, 2].map(|place| seq_at(run, place).map(Seq::get)), [Some(5), Some(7), None]);
        assert_eq!(seq_at(run, u64::MAX), None);
    }

    #[test]
    fn a_run_of_nodes_ends_with_its_tile() {
        let node = |level, index: u64| (Node { level, index }, NodeHash::from_bytes([index as u8; 32]));
        let runs = nodes(&block(vec![], vec![node(0, 254), node(0, 255), node(8, 0), node(0, 256), node(0, 257)]));
        let found: Vec<_> = runs.iter().map(|(key, run)| (*key, split_nodes(run).count())).collect();
        assert_eq!(found, [((0, 254), 2), ((0, 256), 2), ((8, 0), 1)]);
        assert_eq!(split_nodes(&runs[&(0, 254)][..40]).map(|hash| hash.is_some()).collect::<Vec<_>>(), [true, false]);
    }
}
