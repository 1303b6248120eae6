//! Signatures of a thousand entries are verified in batches, and what is found is what verifying each strictly finds: the same
//! entry, for the same reason. The member itself is the forger here, who knows its key's scalar.

use curve25519_dalek::constants::EIGHT_TORSION;
use curve25519_dalek::traits::Identity as _;
use curve25519_dalek::{EdwardsPoint, Scalar};
use hefu_rules::admit;
use hefu_tests::export;
use hefu_tests::world::keys;
use hefu_types::sign::{SUBMISSION_TYPE, pre_authentication_encoding};
use hefu_types::{Entry, Signature, SignedSubmission};
use hefu_verify::Failure;
use hefu_verify::FailureKind::{Link, Signature as Forged};
use sha2::{Digest as _, Sha512};

use crate::log::{SIZE, bytes_of, chain, failure, parts, world};

/// Entries of `alpha-reporter`: at the start and the end of bundles and of the log.
const PLACES: [usize; 4] = [6, 258, 300, 990];

fn scalar() -> Scalar {
    keys("alpha-reporter").signing_key().to_scalar()
}

/// A signature whose R is off by a point of small order, or is such a point: right for all but a strict verifier.
fn sign(submission: &[u8], nonce: Scalar, torsion: EdwardsPoint) -> Signature {
    let r = (EdwardsPoint::mul_base(&nonce) + torsion).compress().to_bytes();
    let message = pre_authentication_encoding(SUBMISSION_TYPE, submission);
    let key = keys("alpha-reporter").public();
    let hash = Sha512::new().chain_update(r).chain_update(key.as_bytes()).chain_update(message).finalize();
    let s = nonce + Scalar::from_bytes_mod_order_wide(&hash.into()) * scalar();
    Signature::from_slice(&[r, s.to_bytes()].concat()).expect("64 bytes")
}

/// What the auditor says when these entries have these signatures, and everything is chained anew.
fn audit(entries: &[Entry], signatures: &[(usize, Signature)]) -> Option<Failure> {
    let mut parts = parts(entries);
    signatures.iter().for_each(|(at, signature)| parts[*at].1.signature = *signature);
    let (forged, dir) = (chain(&parts), tempfile::tempdir().expect("a folder"));
    export::write(dir.path(), &bytes_of(&forged));
    failure(dir.path(), export::head_of(&forged))
}

#[test]
fn what_only_a_strict_verifier_refuses_is_named_as_it_names_it() {
    let world = world();
    let submission = |at: usize| world.entries[at].signed().submission;
    let cases = PLACES.into_iter().zip([1, 2, 4, 7]).flat_map(|(at, torsion)| {
        let (torsion, nonce) = (EIGHT_TORSION[torsion], Scalar::from(at as u64));
        let mut flipped = *world.entries[at].signed().signature.as_bytes();
        flipped[40] ^= 1;
        [
            (at, sign(&submission(at), nonce, torsion)),
            (at, sign(&submission(at), Scalar::ZERO, torsion)),
            (at, sign(&submission(at), Scalar::ZERO, EdwardsPoint::identity())),
            (at, Signature::from_bytes(flipped)),
            (at, Signature::from_bytes([0xff; 64])),
        ]
    });
    for (at, signature) in cases {
        let refusal = admit(SignedSubmission { submission: submission(at), signature }).expect_err("a strict verifier");
        let found = audit(&world.entries, &[(at, signature)]).expect("a failure");
        assert_eq!((found.seq.get(), found.kind), (at as u64, Forged), "{found}");
        assert_eq!(found.actual, format!("{refusal} (field signature)"), "entry {at}");
    }
    let right = sign(&submission(PLACES[0]), Scalar::from(5_u64), EdwardsPoint::identity());
    assert_eq!(audit(&world.entries, &[(PLACES[0], right)]), None, "what this forger signs is right without torsion");
}

#[test]
fn of_several_faults_the_first_is_named() {
    let world = world();
    let wrong = Signature::from_bytes([1; 64]);
    let found = |places: &[usize]| {
        let signatures: Vec<(usize, Signature)> = places.iter().map(|at| (*at, wrong)).collect();
        audit(&world.entries, &signatures).map(|failure| (failure.seq.get(), failure.kind))
    };
    assert_eq!(found(&[999, 511, 512]), Some((511, Forged)));
    assert_eq!(found(&[SIZE - 1]), Some((SIZE as u64 - 1, Forged)));
    let all: Vec<usize> = (0..SIZE).collect();
    assert_eq!(found(&all), Some((0, Forged)));

    // An earlier fault of another kind comes first, although it is looked for later.
    let dir = tempfile::tempdir().expect("a folder");
    let mut entries = bytes_of(&world.entries);
    let mut moved = entries[100].to_vec();
    moved[20] ^= 1;
    entries[100] = moved.into();
    let mut forged = entries[700].to_vec();
    forged[60] ^= 1;
    entries[700] = forged.into();
    export::write(dir.path(), &entries);
    let found = failure(dir.path(), export::head_of(&world.entries)).expect("a failure");
    assert_eq!((found.seq.get(), found.kind), (100, Link));
}
