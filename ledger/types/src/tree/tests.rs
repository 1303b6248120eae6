//! Against the definitions of RFC 6962, taken literally.

use proptest::prelude::*;

use super::*;

/// MTH(D[n]) by the definition.
fn naive_root(leaves: &[NodeHash]) -> NodeHash {
    match leaves {
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(naive_split(leaves.len()));
            parent(naive_root(left), naive_root(right))
        }
    }
}

/// The largest power of two smaller than n.
fn naive_split(n: usize) -> usize {
    let mut k = 1;
    while k * 2 < n {
        k *= 2;
    }
    k
}

/// PATH(m, D[n]) by the definition.
fn naive_path(m: usize, leaves: &[NodeHash]) -> Vec<NodeHash> {
    if leaves.len() == 1 {
        return vec![];
    }
    let (left, right) = leaves.split_at(naive_split(leaves.len()));
    let (mut path, beside) = if m < left.len() {
        (naive_path(m, left), naive_root(right))
    } else {
        (naive_path(m - left.len(), right), naive_root(left))
    };
    path.push(beside);
    path
}

/// SUBPROOF(m, D[n], b) by the definition.
fn naive_subproof(m: usize, leaves: &[NodeHash], whole: bool) -> Vec<NodeHash> {
    if m == leaves.len() {
        return if whole { vec![] } else { vec![naive_root(leaves)] };
    }
    let (left, right) = leaves.split_at(naive_split(leaves.len()));
    let (mut proof, beside) = if m <= left.len() {
        (naive_subproof(m, left, whole), naive_root(right))
    } else {
        (naive_subproof(m - left.len(), right, false), naive_root(left))
    };
    proof.push(beside);
    proof
}

fn leaves(count: u64) -> Vec<NodeHash> {
    (0..count).map(|n| leaf(&n.to_be_bytes())).collect()
}

/// All complete nodes, by level.
struct Full(Vec<Vec<NodeHash>>);

impl Full {
    fn of(leaves: &[NodeHash]) -> Self {
        let mut levels = vec![leaves.to_vec()];
        while let Some(above) = levels.last().filter(|level| level.len() > 1) {
            levels.push(above.chunks_exact(2).map(|pair| parent(pair[0], pair[1])).collect());
        }
        Self(levels)
    }

    fn read(&self) -> impl FnMut(Node) -> Result<NodeHash, Node> {
        move |node| {
            let level = self.0.get(usize::from(node.level)).ok_or(node)?;
            level.get(usize::try_from(node.index).unwrap()).copied().ok_or(node)
        }
    }
}

fn as_root(hash: NodeHash) -> RootHash {
    RootHash::from_bytes(*hash.as_bytes())
}

/// Up to here, every position of every size is tried; above, some of every size.
const DENSE: usize = 140;

#[test]
fn the_roots_of_the_test_vectors_of_certificate_transparency() {
    // The inputs and roots of the reference tests of the CT project for trees of 0 to 8 leaves.
    let inputs: [&[u8]; 8] = [
        &[],
        &[0x00],
        &[0x10],
        &[0x20, 0x21],
        &[0x30, 0x31],
        &[0x40, 0x41, 0x42, 0x43],
        &[0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
        &[0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f],
    ];
    let roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    let mut edge = Edge::default();
    assert_eq!(edge.root().to_string(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    for (input, root) in inputs.iter().zip(roots) {
        edge.push(leaf(input), |_, _| ());
        assert_eq!(edge.root().to_string(), root);
    }
}

#[test]
fn roots_and_inclusion_proofs_are_those_of_the_definition() {
    let all = leaves(1_200);
    let full = Full::of(&all);
    for size in 1..=all.len() {
        let tree = &all[..size];
        let (size, expected) = (Size::new(size as u64), as_root(naive_root(tree)));
        assert_eq!(root(size, &mut full.read()), Ok(expected));
        for m in (0..tree.len()).step_by(if tree.len() <= DENSE { 1 } else { 211 }).chain([tree.len() - 1]) {
            let seq = Seq::new(m as u64);
            let proof = inclusion(seq, size, &mut full.read()).unwrap().unwrap();
            assert_eq!(proof, naive_path(m, tree), "{m} of {size}");
            assert_eq!(verify_inclusion(tree[m], seq, size, expected, &proof), Ok(()));
        }
        assert_eq!(inclusion(Seq::new(size.get()), size, &mut full.read()), Ok(None));
    }
}

#[test]
fn consistency_proofs_are_those_of_the_definition() {
    let all = leaves(1_200);
    let full = Full::of(&all);
    let of = |size: usize| (Size::new(size as u64), root(Size::new(size as u64), &mut full.read()).unwrap());
    for new in 1..=all.len() {
        for old in (0..=new).filter(|old| new <= DENSE || old % 211 == 0 || old % 256 == 0 || new - old < 3) {
            let proof = consistency(of(old).0, of(new).0, &mut full.read()).unwrap().unwrap();
            let expected = if old == 0 { vec![] } else { naive_subproof(old, &all[..new], true) };
            assert_eq!(proof, expected, "{old} to {new}");
            assert_eq!(verify_consistency(of(old), of(new), &proof), Ok(()), "{old} to {new}");
            let other = as_root(leaf(b"other"));
            if old > 0 {
                assert_eq!(verify_consistency((of(old).0, other), of(new), &proof), Err(ProofError::Root));
            }
            if old > 0 && old < new {
                assert_eq!(verify_consistency(of(old), (of(new).0, other), &proof), Err(ProofError::Root));
            }
        }
    }
    assert_eq!(consistency(Size::new(3), Size::new(2), &mut full.read()), Ok(None));
    assert_eq!(verify_consistency(of(3), of(2), &[]), Err(ProofError::Position));
}

#[test]
fn the_edge_has_what_was_added_and_goes_on_after_a_trim() {
    let all = leaves(1_200);
    let full = Full::of(&all);
    let mut edge = Edge::default();
    let mut told = 0;
    for (n, block) in all.chunks(37).enumerate() {
        let begin = n * 37;
        for leaf in block {
            edge.push(*leaf, |node, hash| {
                told += 1;
                assert_eq!(full.read()(node), Ok(hash));
            });
        }
        let size = Size::new((begin + block.len()) as u64);
        assert_eq!((edge.size(), edge.root()), (size, root(size, &mut full.read()).unwrap()));
        for m in begin..begin + block.len() {
            assert_eq!(
                edge.inclusion(Seq::new(m as u64)),
                inclusion(Seq::new(m as u64), size, &mut full.read()).unwrap()
            );
        }
        edge.trim();
        assert_eq!(edge, { Edge::read(size, &mut full.read()).unwrap() }, "{size}");
        assert!(edge.levels.iter().all(|level| level.nodes.len() <= 1));
    }
    assert_eq!(told, full.0.iter().map(Vec::len).sum::<usize>());
}

proptest! {
    /// Whatever is asked for in whatever order, after whatever was trimmed.
    #[test]
    fn neighbours_are_proved_as_each_alone_would_be(
        trimmed in 0..300_u64,
        added in 1..300_u64,
        asked in prop::collection::vec(any::<prop::sample::Index>(), 1..40),
    ) {
        let leaves = leaves(trimmed + added);
        let mut edge = Edge::default();
        for (leaf, n) in leaves.iter().zip(0..) {
            if n == trimmed {
                edge.trim();
            }
            edge.push(*leaf, |_, _| ());
        }
        let mut prover = Prover::new(edge.clone(), edge.root());
        let wrong = leaf(b"wrong");
        for at in asked {
            let at = at.index(leaves.len());
            let (seq, right) = (Seq::new(at as u64), leaves[at]);
            let alone = edge.inclusion(seq);
            if alone.is_some() {
                prop_assert_eq!(prover.prove(seq, wrong), Err(ProofError::Root));
            }
            prop_assert_eq!(prover.prove(seq, right), Ok(alone));
        }
        prop_assert_eq!(prover.prove(Seq::new(trimmed + added), wrong), Ok(None));
        let mut elsewhere = Prover::new(edge.clone(), as_root(wrong));
        prop_assert_eq!(elsewhere.prove(Seq::new(trimmed), leaves[trimmed as usize]), Err(ProofError::Root));
    }

    /// Large trees, whose nodes are made up: a path of any length must hold, and hold for nothing else.
    #[test]
    fn proofs_of_large_trees_hold_and_nothing_else_does(
        size in 1..=u64::MAX >> 1,
        at in any::<prop::sample::Index>(),
        old in any::<prop::sample::Index>(),
        flip: (prop::sample::Index, u8),
    ) {
        // Every leaf is the same, so a node is a function of its level.
        let levels: Vec<NodeHash> =
            std::iter::successors(Some(leaf(b"same")), |below| Some(parent(*below, *below))).take(64).collect();
        let read = &mut |node: Node| levels.get(usize::from(node.level)).copied().ok_or(());
        let of = |size: u64| (Size::new(size), root(Size::new(size), &mut |n: Node| levels.get(usize::from(n.level)).copied().ok_or(())).unwrap());
        let index = |i: &prop::sample::Index| u64::try_from(i.index(usize::try_from(size).unwrap())).unwrap();
        let (seq, (tree, top)) = (Seq::new(index(&at)), of(size));
        let proof = inclusion(seq, tree, read).unwrap().unwrap();
        prop_assert_eq!(verify_inclusion(levels[0], seq, tree, top, &proof), Ok(()));
        let old = of(index(&old) + 1);
        let steps = consistency(old.0, tree, read).unwrap().unwrap();
        prop_assert_eq!(verify_consistency(old, (tree, top), &steps), Ok(()));
        for bad in damaged(&proof, &flip) {
            prop_assert!(verify_inclusion(levels[0], seq, tree, top, &bad).is_err());
        }
        for bad in damaged(&steps, &flip) {
            prop_assert!(verify_consistency(old, (tree, top), &bad).is_err());
        }
    }
}

/// One bit changed, one hash more, one hash less.
fn damaged(proof: &[NodeHash], (at, bit): &(prop::sample::Index, u8)) -> Vec<Vec<NodeHash>> {
    let mut all = vec![[proof, &[leaf(b"more")]].concat()];
    if !proof.is_empty() {
        let mut bytes = *proof[at.index(proof.len())].as_bytes();
        bytes[usize::from(bit >> 3)] ^= 1 << (bit & 7);
        let mut flipped = proof.to_vec();
        flipped[at.index(proof.len())] = NodeHash::from_bytes(bytes);
        all.extend([flipped, proof[1..].to_vec()]);
    }
    all
}
