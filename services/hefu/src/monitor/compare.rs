//! What two signed checkpoints of one log say about each other. Nothing here fetches anything, and nothing is believed of what
//! the nodes of the tree are said to be: they must lead to the newer root.

use hefu_types::tree::{self, Node};
use hefu_types::{Checkpoint, NodeHash, RootHash, Size};

/// How an older checkpoint stands to a newer one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relation {
    /// The newer tree begins with the older one.
    Consistent,
    /// The newer tree begins with another one of that size: the log signed two histories.
    Forked,
    /// The nodes don't lead to the newer root, so they prove nothing.
    Unproven,
}

fn end(checkpoint: &Checkpoint) -> (Size, RootHash) {
    (checkpoint.size(), checkpoint.root())
}

/// Relates two checkpoints, `new` not the smaller one, by nodes of the tree of `new`.
///
/// # Errors
/// When a node can't be read.
pub(super) fn relate<E>(
    old: &Checkpoint,
    new: &Checkpoint,
    read: &mut impl FnMut(Node) -> Result<NodeHash, E>,
) -> Result<Relation, E> {
    if old.size() == new.size() {
        return Ok(if old.root() == new.root() { Relation::Consistent } else { Relation::Forked });
    }
    if old.size() == Size::EMPTY {
        return Ok(if old.root() == tree::empty_root() { Relation::Consistent } else { Relation::Forked });
    }
    let Some(proof) = tree::consistency(old.size(), new.size(), read)? else { return Ok(Relation::Unproven) };
    if tree::verify_consistency(end(old), end(new), &proof).is_ok() {
        return Ok(Relation::Consistent);
    }
    // Whether the log or these nodes are wrong: nodes that lead to the newer root say what it begins with.
    let begins_with = (old.size(), tree::root(old.size(), read)?);
    let proved = tree::verify_consistency(begins_with, end(new), &proof).is_ok();
    Ok(if proved { Relation::Forked } else { Relation::Unproven })
}

#[cfg(test)]
mod tests {
    use super::*;
    use hefu_types::tree::Edge;

    /// A tree that says something else from a position on.
    fn tree_of(size: u64, other_from: u64) -> Edge {
        let mut edge = Edge::default();
        for n in 0..size {
            edge.push(tree::leaf(&[&n.to_be_bytes()[..], &[u8::from(n >= other_from)]].concat()), |_, _| ());
        }
        edge
    }

    fn checkpoint(edge: &Edge) -> Checkpoint {
        Checkpoint::new("log", edge.size(), edge.root()).unwrap()
    }

    fn related(old: &Edge, new: &Edge, nodes: &Edge) -> Relation {
        relate(&checkpoint(old), &checkpoint(new), &mut |node| nodes.node(node).ok_or(())).unwrap()
    }

    const NEVER: u64 = u64::MAX;

    #[test]
    fn one_history_is_consistent_at_all_sizes() {
        for new in 0..20 {
            let grown = tree_of(new, NEVER);
            for old in 0..=new {
                assert_eq!(related(&tree_of(old, NEVER), &grown, &grown), Relation::Consistent, "{old} {new}");
            }
        }
    }

    #[test]
    fn two_histories_are_a_fork_wherever_they_part() {
        for new in 1..20 {
            let grown = tree_of(new, NEVER);
            for (old, from) in (1..=new).flat_map(|old| (0..old).map(move |from| (old, from))) {
                assert_eq!(related(&tree_of(old, from), &grown, &grown), Relation::Forked, "{old} {new} {from}");
            }
        }
        let grown = tree_of(3, NEVER);
        let empty = Checkpoint::new("log", Size::EMPTY, grown.root()).unwrap();
        assert_eq!(relate(&empty, &checkpoint(&grown), &mut |_| Err(())), Ok(Relation::Forked));
    }

    #[test]
    fn nodes_of_another_tree_prove_nothing() {
        let (grown, other) = (tree_of(11, NEVER), tree_of(11, 2));
        for old in 3..11 {
            assert_eq!(related(&tree_of(old, NEVER), &grown, &other), Relation::Unproven, "{old}");
            assert_eq!(related(&tree_of(old, 2), &grown, &other), Relation::Unproven, "{old}");
        }
        let (old, new) = (checkpoint(&tree_of(3, NEVER)), checkpoint(&grown));
        assert_eq!(relate(&old, &new, &mut |_| Err("gone")), Err("gone"));
    }
}
