//! The tree over entries as they come, and the tiles that it is published in.

use hefu_types::tile::{Contents, TILE_LEVELS, TILE_WIDTH, Tile};
use hefu_types::tree::Edge;
use hefu_types::{NodeHash, RootHash, Size};

/// The rows of nodes that tiles are cut from: of each level of tiles, the one that is not full yet.
#[derive(Clone, Debug, Default)]
pub struct TileRows {
    edge: Edge,
    rows: Vec<Row>,
}

#[derive(Clone, Debug, Default)]
struct Row {
    number: u64,
    bytes: Vec<u8>,
}

impl Row {
    fn tile(&self, level: usize) -> Tile {
        let width = u16::try_from(self.bytes.len() / NodeHash::LEN).expect("at most 256");
        Tile { contents: Contents::Nodes(u8::try_from(level).expect("at most 7")), number: self.number, width }
    }
}

impl TileRows {
    /// Adds a leaf, and tells each tile that it fills.
    pub fn push(&mut self, leaf: NodeHash, mut full: impl FnMut(Tile, &[u8])) {
        let rows = &mut self.rows;
        self.edge.push(leaf, |node, hash| {
            if node.level % TILE_LEVELS != 0 {
                return;
            }
            let level = usize::from(node.level / TILE_LEVELS);
            if rows.len() == level {
                rows.push(Row::default());
            }
            let row = &mut rows[level];
            row.bytes.extend_from_slice(hash.as_bytes());
            let tile = row.tile(level);
            if u64::from(tile.width) == TILE_WIDTH {
                full(tile, &row.bytes);
                *row = Row { number: row.number + 1, bytes: vec![] };
            }
        });
        self.edge.trim();
    }

    /// The tiles that are not full.
    pub fn partial(&self) -> impl Iterator<Item = (Tile, &[u8])> {
        let rows = self.rows.iter().enumerate().filter(|(_, row)| !row.bytes.is_empty());
        rows.map(|(level, row)| (row.tile(level), row.bytes.as_slice()))
    }

    /// The number of leaves.
    #[must_use]
    pub const fn size(&self) -> Size {
        self.edge.size()
    }

    /// The root over the leaves so far.
    #[must_use]
    pub fn root(&self) -> RootHash {
        self.edge.root()
    }

    /// The root that there would be with one more leaf.
    #[must_use]
    pub fn root_with(&self, leaf: NodeHash) -> RootHash {
        let mut edge = self.edge.clone();
        edge.push(leaf, |_, _| ());
        edge.root()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hefu_types::tree;
    use std::collections::BTreeMap;

    #[test]
    fn every_tile_of_every_size_is_told_once() {
        let mut rows = TileRows::default();
        let mut full: BTreeMap<Tile, Vec<u8>> = BTreeMap::new();
        for n in 0..66_000_u64 {
            rows.push(tree::leaf(&n.to_be_bytes()), |tile, bytes| {
                assert!(full.insert(tile, bytes.to_vec()).is_none(), "{tile} twice");
            });
        }
        let mut all = full.clone();
        all.extend(rows.partial().map(|(tile, bytes)| (tile, bytes.to_vec())));
        let expected = Tile::all(rows.size()).filter(|tile| tile.contents != Contents::Entries);
        assert_eq!(all.keys().copied().collect::<Vec<_>>(), expected.collect::<Vec<_>>());
        assert!(all.iter().all(|(tile, bytes)| bytes.len() == 32 * usize::from(tile.width)));
        // A node of the level above is the root of the full tile below it.
        for number in [0, 1, 256] {
            let below = &full[&Tile { contents: Contents::Nodes(0), number, width: 256 }];
            let root = tree::Range { begin: 0, end: 256 }.hash(&mut |node| {
                let mut row: Vec<NodeHash> = below.chunks(32).map(|hash| NodeHash::from_slice(hash).unwrap()).collect();
                (0..node.level).for_each(|_| row = row.chunks(2).map(|pair| tree::parent(pair[0], pair[1])).collect());
                Ok::<_, ()>(row[usize::try_from(node.index).unwrap()])
            });
            let above = all.iter().find(|(tile, _)| tile.contents == Contents::Nodes(1) && tile.number == number / 256);
            let at = usize::try_from(number % 256).unwrap() * 32;
            assert_eq!(above.unwrap().1[at..at + 32], *root.unwrap().as_bytes());
        }
    }
}
