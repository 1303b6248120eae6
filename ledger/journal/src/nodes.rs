//! Nodes of the tree, read back from the rows of nodes that tiles are cut from.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use hefu_types::NodeHash;
use hefu_types::tile::{TILE_LEVELS, TILE_WIDTH};
use hefu_types::tree::{Node, parent};

use crate::store::{Store, StoreError};

/// The nodes for one proof. On the way up, eight levels lie over one tile, which is read once.
pub(crate) struct Nodes<'s> {
    store: &'s dyn Store,
    tiles: HashMap<(u8, u64), Vec<NodeHash>>,
}

impl<'s> Nodes<'s> {
    pub(crate) fn of(store: &'s dyn Store) -> Self {
        Self { store, tiles: HashMap::new() }
    }

    /// A node that the store has, or has the nodes below of.
    pub(crate) fn read(&mut self, node: Node) -> Result<NodeHash, StoreError> {
        let steps = node.level % TILE_LEVELS;
        let (level, first, count) = (node.level - steps, node.index << steps, 1_usize << steps);
        let tile = match self.tiles.entry((level, first / TILE_WIDTH)) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => {
                let begin = unknown.key().1 * TILE_WIDTH;
                let row = self.store.nodes(level, begin, usize::try_from(TILE_WIDTH).unwrap_or(usize::MAX))?;
                unknown.insert(row)
            }
        };
        let begin = usize::try_from(first % TILE_WIDTH).unwrap_or(usize::MAX);
        let absent = || StoreError::new(format!("{count} nodes of level {level} from {first} on are not all there"));
        let mut row = tile.get(begin..).and_then(|rest| rest.get(..count)).ok_or_else(absent)?.to_vec();
        while row.len() > 1 {
            row = row.chunks_exact(2).map(|pair| parent(pair[0], pair[1])).collect();
        }
        Ok(row[0])
    }
}

/// Whether the store keeps a node itself.
pub(crate) const fn is_kept(node: Node) -> bool {
    node.level.is_multiple_of(TILE_LEVELS)
}
