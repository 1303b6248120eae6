//! Nodes of a log's tree, out of the tiles that it serves.

use std::collections::HashMap;

use hefu_types::tile::{TILE_LEVELS, TILE_WIDTH, Tile};
use hefu_types::tree::{Node, parent};
use hefu_types::{NodeHash, Size};
use hefu_verify::{Export, ExportError};

/// The nodes of the tree of a size. Each tile is read once.
pub(super) struct Nodes<'e> {
    export: &'e Export,
    size: Size,
    tiles: HashMap<Tile, Vec<NodeHash>>,
}

/// Why a node can't be told.
#[derive(Debug, thiserror::Error)]
pub(super) enum NodeError {
    /// A tile that the size says must be there is not, or is no tile.
    #[error("{0} is not there, or not as long as it must be")]
    Tile(Tile),
    /// Nobody knows what is there.
    #[error(transparent)]
    Read(#[from] ExportError),
}

impl<'e> Nodes<'e> {
    pub(super) fn new(export: &'e Export, size: Size) -> Self {
        Self { export, size, tiles: HashMap::new() }
    }

    /// The hash of a node: in its tile, or folded from those below it there.
    pub(super) fn read(&mut self, node: Node) -> Result<NodeHash, NodeError> {
        let tile = Tile::of_node(node, self.size);
        let row = self.row(tile)?;
        let levels = node.level % TILE_LEVELS;
        let first = usize::try_from((node.index << levels) % TILE_WIDTH).expect("below 256");
        let below = row.get(first..first + (1 << levels)).ok_or(NodeError::Tile(tile))?;
        let up = |row: Vec<NodeHash>| row.chunks(2).map(|pair| parent(pair[0], pair[1])).collect();
        let top = (0..levels).fold(below.to_vec(), |row, _| up(row));
        Ok(top[0])
    }

    fn row(&mut self, tile: Tile) -> Result<&[NodeHash], NodeError> {
        if !self.tiles.contains_key(&tile) {
            let bytes = self.export.tile_or_beginning(tile)?.ok_or(NodeError::Tile(tile))?;
            let row: Option<Vec<NodeHash>> = bytes.chunks(NodeHash::LEN).map(NodeHash::from_slice).collect();
            let row = row.filter(|row| row.len() == usize::from(tile.width)).ok_or(NodeError::Tile(tile))?;
            self.tiles.insert(tile, row);
        }
        Ok(&self.tiles[&tile])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hefu_types::{RootHash, tree};
    use hefu_verify::TileRows;
    use std::path::Path;

    fn write(folder: &Path, size: u64) -> RootHash {
        let put = |tile: Tile, bytes: &[u8]| {
            let path = folder.join(tile.to_string());
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        };
        std::fs::create_dir_all(folder.join("tile/entries")).unwrap();
        let mut rows = TileRows::default();
        (0..size).for_each(|n| rows.push(tree::leaf(&n.to_be_bytes()), put));
        rows.partial().for_each(|(tile, bytes)| put(tile, bytes));
        rows.root()
    }

    #[test]
    fn tiles_are_the_tree_at_every_size() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), 70_000);
        let export = Export::open(folder.path()).unwrap();
        let mut rows = TileRows::default();
        for size in 1..=70_000_u64 {
            rows.push(tree::leaf(&(size - 1).to_be_bytes()), |_, _| ());
            if size % 9_973 == 1 || [255, 256, 257, 65_535, 65_536, 65_537, 70_000].contains(&size) {
                let mut nodes = Nodes::new(&export, Size::new(size));
                let root = tree::root(Size::new(size), &mut |node| nodes.read(node)).unwrap();
                assert_eq!(root, rows.root(), "{size}");
            }
        }
    }

    #[test]
    fn a_tile_that_is_missing_or_short_is_said() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), 5);
        let export = Export::open(folder.path()).unwrap();
        let read = |size| Nodes::new(&export, Size::new(size)).read(Node { level: 0, index: 1 });
        assert!(read(5).is_ok());
        assert!(matches!(read(9), Err(NodeError::Tile(_))));
        std::fs::write(folder.path().join("tile/0/000.p/5"), [0; 5 * 32 - 1]).unwrap();
        assert!(matches!(read(5), Err(NodeError::Tile(_))));
    }
}
