//! The Merkle tree over the entries: RFC 6962 with SHA-256.
//!
//! A [`Node`] of a level covers `2^level` leaves, all of them there: it never changes. Whatever else has a hash (a root, the
//! rest of the tree on the right of a path) is a [`Range`] of leaves, folded from such nodes. So everything here is said over
//! a function that gives the hash of a node: from tiles, from a store, or from the [`Edge`] that grows in memory.
//!
//! Source: RFC 6962 sections 2.1.1 and 2.1.2, <https://www.rfc-editor.org/rfc/rfc6962>; RFC 9162 section 2.1.3.2 and 2.1.4.2
//! for the verification.

use sha2::{Digest as _, Sha256};

use crate::hash::leaf_hash;
use crate::ids::{NodeHash, RootHash, Seq, Size};

mod prover;

pub use prover::Prover;

/// The node over `2^level` leaves from `index << level` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node {
    /// 0 for a leaf.
    pub level: u8,
    /// Its position among the nodes of its level.
    pub index: u64,
}

/// The leaves from `begin` up to `end`; `begin` is a multiple of the largest power of two below their number, as it is for
/// every subtree of the RFC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The first leaf.
    pub begin: u64,
    /// After the last one.
    pub end: u64,
}

/// A proof that does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The position is not in the tree, or the older tree is not the smaller one.
    #[error("no such position in a tree of this size")]
    Position,
    /// More or fewer hashes than a path of the tree has.
    #[error("{found} hashes, a path of this tree has {expected}")]
    Length {
        /// What the path has.
        expected: usize,
        /// What was given.
        found: usize,
    },
    /// The path leads to another root.
    #[error("the path leads to another root")]
    Root,
}

/// The hash of an entry's bytes as a leaf.
#[must_use]
pub fn leaf(entry: &[u8]) -> NodeHash {
    NodeHash::from_bytes(*leaf_hash(entry).as_bytes())
}

/// The hash of the node above two others: `SHA-256(0x01 || left || right)`.
#[must_use]
pub fn parent(left: NodeHash, right: NodeHash) -> NodeHash {
    let hash = Sha256::new().chain_update([0x01]).chain_update(left.as_bytes()).chain_update(right.as_bytes());
    NodeHash::from_bytes(hash.finalize().into())
}

/// The root of a tree without leaves: `SHA-256("")`.
#[must_use]
pub fn empty_root() -> RootHash {
    RootHash::from_bytes(Sha256::digest([]).into())
}

impl Range {
    /// The complete nodes that the range falls into, from left to right: the larger ones first.
    pub fn nodes(self) -> impl DoubleEndedIterator<Item = Node> {
        let (begin, count) = (self.begin, self.end.saturating_sub(self.begin));
        let levels = (0..64u8).rev().filter(move |level| count >> level & 1 == 1);
        levels.map(move |level| {
            // The leaves before it: those of the larger nodes.
            let before = count.checked_shr(u32::from(level) + 1).unwrap_or(0) << level << 1;
            Node { level, index: (begin + before) >> level }
        })
    }

    /// The hash of the range; it must not be empty.
    ///
    /// # Errors
    /// When a node can't be read.
    ///
    /// # Panics
    /// When the range is empty.
    pub fn hash<E>(self, read: &mut impl FnMut(Node) -> Result<NodeHash, E>) -> Result<NodeHash, E> {
        let mut hash = None;
        for node in self.nodes().rev() {
            let left = read(node)?;
            hash = Some(hash.map_or(left, |right| parent(left, right)));
        }
        Ok(hash.expect("a range has a leaf"))
    }
}

/// The root of a tree.
///
/// # Errors
/// When a node can't be read.
pub fn root<E>(size: Size, read: &mut impl FnMut(Node) -> Result<NodeHash, E>) -> Result<RootHash, E> {
    if size == Size::EMPTY {
        return Ok(empty_root());
    }
    let hash = Range { begin: 0, end: size.get() }.hash(read)?;
    Ok(RootHash::from_bytes(*hash.as_bytes()))
}

/// The hashes of a path, from the leaf up.
fn hashes<E>(path: Vec<Range>, read: &mut impl FnMut(Node) -> Result<NodeHash, E>) -> Result<Vec<NodeHash>, E> {
    path.into_iter().rev().map(|range| range.hash(read)).collect()
}

/// The leaves of the left subtree of a tree of `count` leaves: the largest power of two below it.
const fn split(count: u64) -> u64 {
    1 << (u64::BITS - 1 - (count - 1).leading_zeros())
}

/// What stands beside the way from the root down to a leaf.
fn inclusion_path(seq: Seq, size: Size) -> Option<Vec<Range>> {
    let (mut begin, mut end, seq) = (0, size.get(), seq.get());
    if seq >= end {
        return None;
    }
    let mut path = vec![];
    while end - begin > 1 {
        let middle = begin + split(end - begin);
        if seq < middle {
            path.push(Range { begin: middle, end });
            end = middle;
        } else {
            path.push(Range { begin, end: middle });
            begin = middle;
        }
    }
    Some(path)
}

/// The proof that the leaf `seq` is in the tree of `size`, from the leaf's sibling up; `None` when it is not in it.
///
/// # Errors
/// When a node can't be read.
pub fn inclusion<E>(
    seq: Seq,
    size: Size,
    read: &mut impl FnMut(Node) -> Result<NodeHash, E>,
) -> Result<Option<Vec<NodeHash>>, E> {
    inclusion_path(seq, size).map(|path| hashes(path, read)).transpose()
}

/// The root that a leaf and its proof lead to.
///
/// # Errors
/// When the position is not in the tree or the proof is not as long as its path.
pub fn root_of_inclusion(leaf: NodeHash, seq: Seq, size: Size, proof: &[NodeHash]) -> Result<RootHash, ProofError> {
    let path = inclusion_path(seq, size).ok_or(ProofError::Position)?;
    if path.len() != proof.len() {
        return Err(ProofError::Length { expected: path.len(), found: proof.len() });
    }
    let up = path.iter().rev().zip(proof);
    let hash = up.fold(
        leaf,
        |hash, (beside, other)| {
            if beside.begin > seq.get() { parent(hash, *other) } else { parent(*other, hash) }
        },
    );
    Ok(RootHash::from_bytes(*hash.as_bytes()))
}

/// Holds that the leaf `seq` is in the tree of this size and root.
///
/// # Errors
/// When it does not follow.
pub fn verify_inclusion(
    leaf: NodeHash,
    seq: Seq,
    size: Size,
    root: RootHash,
    proof: &[NodeHash],
) -> Result<(), ProofError> {
    if root_of_inclusion(leaf, seq, size, proof)? == root { Ok(()) } else { Err(ProofError::Root) }
}

/// What stands beside the way from the root down to the end of the old tree, and at its end; the last one is left out when
/// it is the old tree itself.
fn consistency_path(old: Size, new: Size) -> Option<Vec<Range>> {
    let (mut begin, mut end, old) = (0, new.get(), old.get());
    if old > end {
        return None;
    }
    let mut path = vec![];
    if old == 0 || old == end {
        return Some(path);
    }
    while end > old {
        let middle = begin + split(end - begin);
        if old <= middle {
            path.push(Range { begin: middle, end });
            end = middle;
        } else {
            path.push(Range { begin, end: middle });
            begin = middle;
        }
    }
    if begin > 0 {
        path.push(Range { begin, end });
    }
    Some(path)
}

/// The proof that the tree of size `new` begins with the one of size `old`; empty for an empty old tree and for equal
/// sizes, `None` when the old one is larger.
///
/// # Errors
/// When a node can't be read.
pub fn consistency<E>(
    old: Size,
    new: Size,
    read: &mut impl FnMut(Node) -> Result<NodeHash, E>,
) -> Result<Option<Vec<NodeHash>>, E> {
    consistency_path(old, new).map(|path| hashes(path, read)).transpose()
}

/// Holds that the tree of size `new` begins with the one of size `old`. An empty old tree begins every tree.
///
/// # Errors
/// When it does not follow.
pub fn verify_consistency(
    (old, old_root): (Size, RootHash),
    (new, new_root): (Size, RootHash),
    proof: &[NodeHash],
) -> Result<(), ProofError> {
    let path = consistency_path(old, new).ok_or(ProofError::Position)?;
    if path.len() != proof.len() {
        return Err(ProofError::Length { expected: path.len(), found: proof.len() });
    }
    if path.is_empty() {
        let same = if old == Size::EMPTY { old_root == empty_root() } else { old_root == new_root };
        return if same { Ok(()) } else { Err(ProofError::Root) };
    }
    let mut up = path.iter().rev().zip(proof).peekable();
    // The end of the old tree: a subtree that is given, or the whole old tree.
    let end = match up.next_if(|(range, _)| range.end == old.get()) {
        Some((_, hash)) => *hash,
        None => NodeHash::from_bytes(*old_root.as_bytes()),
    };
    let (mut in_old, mut in_new) = (end, end);
    for (range, hash) in up {
        if range.end <= old.get() {
            (in_old, in_new) = (parent(*hash, in_old), parent(*hash, in_new));
        } else {
            in_new = parent(in_new, *hash);
        }
    }
    let fits = in_old.as_bytes() == old_root.as_bytes() && in_new.as_bytes() == new_root.as_bytes();
    if fits { Ok(()) } else { Err(ProofError::Root) }
}

/// The right edge of a growing tree: for each level, the nodes that are needed to go on, and those of what was added since
/// the edge was last trimmed. Memory is that of the leaves added, and of a node a level.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edge {
    size: u64,
    levels: Vec<Level>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Level {
    /// The index of the first node here.
    first: u64,
    nodes: Vec<NodeHash>,
}

impl Edge {
    /// The edge of a tree of this size.
    ///
    /// # Errors
    /// When a node can't be read.
    pub fn read<E>(size: Size, read: &mut impl FnMut(Node) -> Result<NodeHash, E>) -> Result<Self, E> {
        let mut edge = Self { size: size.get(), levels: vec![] };
        let depth = u64::BITS - size.get().leading_zeros();
        for level in 0..u8::try_from(depth).expect("at most 64") {
            edge.levels.push(Level { first: size.get() >> level, nodes: vec![] });
        }
        for node in (Range { begin: 0, end: size.get() }).nodes() {
            edge.levels[usize::from(node.level)] = Level { first: node.index, nodes: vec![read(node)?] };
        }
        Ok(edge)
    }

    /// The number of leaves.
    #[must_use]
    pub const fn size(&self) -> Size {
        Size::new(self.size)
    }

    /// Adds a leaf, and tells every node that it completes, from the leaf up.
    pub fn push(&mut self, leaf: NodeHash, mut complete: impl FnMut(Node, NodeHash)) {
        let (mut index, mut hash) = (self.size, leaf);
        for level in 0..=u8::MAX {
            let at = usize::from(level);
            if self.levels.len() == at {
                self.levels.push(Level { first: index, nodes: vec![] });
            }
            self.levels[at].nodes.push(hash);
            complete(Node { level, index }, hash);
            if index % 2 == 0 {
                break;
            }
            let left = self.node(Node { level, index: index - 1 }).expect("the edge keeps every left sibling");
            (index, hash) = (index / 2, parent(left, hash));
        }
        self.size += 1;
    }

    /// A node, if the edge has it: those that completed since it was trimmed, and those left of them.
    #[must_use]
    pub fn node(&self, node: Node) -> Option<NodeHash> {
        let level = self.levels.get(usize::from(node.level))?;
        let at = usize::try_from(node.index.checked_sub(level.first)?).ok()?;
        level.nodes.get(at).copied()
    }

    /// The root.
    #[must_use]
    pub fn root(&self) -> RootHash {
        let read = &mut |node| self.node(node).ok_or(());
        root(self.size(), read).expect("the edge has every node on the right")
    }

    /// The inclusion proof of a leaf that was added since the edge was trimmed; `None` for any other.
    #[must_use]
    pub fn inclusion(&self, seq: Seq) -> Option<Vec<NodeHash>> {
        inclusion(seq, self.size(), &mut |node| self.node(node).ok_or(())).ok().flatten()
    }

    /// Forgets what is not needed to go on.
    pub fn trim(&mut self) {
        for (level, Level { first, nodes }) in self.levels.iter_mut().enumerate() {
            // A node stays until its right sibling is there.
            let count = self.size >> level;
            let keep = count - count % 2;
            let gone = usize::try_from(keep.saturating_sub(*first)).unwrap_or(usize::MAX).min(nodes.len());
            nodes.drain(..gone);
            *first = keep;
        }
    }
}

#[cfg(test)]
mod tests;
