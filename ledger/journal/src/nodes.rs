//! Nodes of the tree, read back from the rows of nodes that tiles are cut from.

use hefu_types::NodeHash;
use hefu_types::tile::TILE_LEVELS;
use hefu_types::tree::{Node, parent};

use crate::store::{Store, StoreError};

/// A node that the store has, or has the nodes below of.
pub(crate) fn read(store: &dyn Store, node: Node) -> Result<NodeHash, StoreError> {
    let steps = node.level % TILE_LEVELS;
    let (level, first, count) = (node.level - steps, node.index << steps, 1_usize << steps);
    let mut row = store.nodes(level, first, count)?;
    if row.len() != count {
        return Err(StoreError::new(format!(
            "{count} nodes of level {level} from {first} on: {} are there",
            row.len()
        )));
    }
    while row.len() > 1 {
        row = row.chunks_exact(2).map(|pair| parent(pair[0], pair[1])).collect();
    }
    Ok(row[0])
}

/// Whether the store keeps a node itself.
pub(crate) const fn is_kept(node: Node) -> bool {
    node.level.is_multiple_of(TILE_LEVELS)
}
