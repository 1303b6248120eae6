//! Inclusion proofs of neighbours: what two paths to the root share is looked up, and verified, once.

use crate::ids::{NodeHash, RootHash, Seq};
use crate::tree::{Edge, ProofError, Range, inclusion_path, parent};

/// Makes the inclusion proofs of leaves that were added to an edge since it was trimmed, and verifies each before it gives it
/// away: as [`Edge::inclusion`] and [`crate::tree::verify_inclusion`] would, with two hashes for most leaves instead of
/// dozens.
#[derive(Debug)]
pub struct Prover {
    edge: Edge,
    last: Path,
}

/// A verified path, from the root down.
#[derive(Debug, Default)]
struct Path {
    /// What stands beside each step.
    beside: Vec<Range>,
    siblings: Vec<NodeHash>,
    /// The hashes on the path itself, before each step: the root's first.
    hashes: Vec<NodeHash>,
}

impl Prover {
    /// Proofs that lead to this root.
    #[must_use]
    pub fn new(edge: Edge, root: RootHash) -> Self {
        let top = NodeHash::from_bytes(*root.as_bytes());
        Self { edge, last: Path { hashes: vec![top], ..Path::default() } }
    }

    /// The proof that a leaf is in the tree, from its sibling up; `None` when the edge does not have it.
    ///
    /// # Errors
    /// When the proof does not hold.
    pub fn prove(&mut self, seq: Seq, leaf: NodeHash) -> Result<Option<Vec<NodeHash>>, ProofError> {
        let Some(beside) = inclusion_path(seq, self.edge.size()) else { return Ok(None) };
        let shared = beside.iter().zip(&self.last.beside).take_while(|(a, b)| a == b).count();
        let mut siblings = self.last.siblings[..shared].to_vec();
        for range in &beside[shared..] {
            match range.hash(&mut |node| self.edge.node(node).ok_or(())) {
                Ok(hash) => siblings.push(hash),
                Err(()) => return Ok(None),
            }
        }
        let steps = beside[shared..].iter().zip(&siblings[shared..]).rev();
        let mut below = vec![leaf];
        for (beside, sibling) in steps {
            let hash = *below.last().expect("the leaf at least");
            let hash = if beside.begin > seq.get() { parent(hash, *sibling) } else { parent(*sibling, hash) };
            below.push(hash);
        }
        // What the paths share has led to the root before.
        if below.pop() != Some(self.last.hashes[shared]) {
            return Err(ProofError::Root);
        }
        let mut hashes = self.last.hashes[..=shared].to_vec();
        hashes.extend(below.into_iter().rev());
        let proof = siblings.iter().rev().copied().collect();
        self.last = Path { beside, siblings, hashes };
        Ok(Some(proof))
    }
}
