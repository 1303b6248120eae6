//! A batch holds exactly when each of its signatures verifies strictly, whatever was done to them.

use curve25519_dalek::constants::EIGHT_TORSION;
use proptest::prelude::*;

use super::*;
use crate::ids::Signature;
use crate::reason::Reason;
use crate::sign::verify_submission;

/// A key whose scalar is known, and so everything that its owner could do.
#[derive(Clone, Copy)]
struct Forger {
    scalar: Scalar,
    key: PublicKey,
}

#[derive(Clone)]
struct Signed {
    key: PublicKey,
    submission: Vec<u8>,
    signature: Signature,
}

impl Forger {
    fn new(n: u8) -> Self {
        Self::beside(n, EdwardsPoint::identity())
    }

    /// With a point of small order added to the public key.
    fn beside(n: u8, torsion: EdwardsPoint) -> Self {
        let scalar = secret(&[n]);
        let point = EdwardsPoint::mul_base(&scalar) + torsion;
        Self { scalar, key: PublicKey::from_bytes(point.compress().to_bytes()) }
    }

    fn sign(&self, submission: &[u8]) -> Signed {
        self.sign_beside(submission, EdwardsPoint::identity())
    }

    /// With a point of small order added to R.
    fn sign_beside(&self, submission: &[u8], torsion: EdwardsPoint) -> Signed {
        let nonce = secret(submission);
        let r = EdwardsPoint::mul_base(&nonce) + torsion;
        self.sign_with(submission, r.compress().to_bytes(), nonce)
    }

    /// With R as these bytes.
    fn sign_with(&self, submission: &[u8], r: [u8; 32], nonce: Scalar) -> Signed {
        let unsigned = Signed { key: self.key, submission: submission.to_vec(), signature: signature(r, [0; 32]) };
        let s = nonce + unsigned.claim().challenge(&r) * self.scalar;
        Signed { signature: signature(r, s.to_bytes()), ..unsigned }
    }
}

impl Signed {
    fn claim(&self) -> Claim<'_> {
        Claim { key: &self.key, submission: &self.submission, signature: &self.signature }
    }

    fn strict(&self) -> Result<(), Reason> {
        verify_submission(&self.key, &self.submission, &self.signature)
    }

    /// With another S, or another R.
    fn with(&self, change: impl FnOnce(&mut [u8; 64])) -> Self {
        let mut bytes = *self.signature.as_bytes();
        change(&mut bytes);
        Self { signature: Signature::from_bytes(bytes), ..self.clone() }
    }
}

fn signature(r: [u8; 32], s: [u8; 32]) -> Signature {
    Signature::from_slice(&[r, s].concat()).expect("64 bytes")
}

fn secret(from: &[u8]) -> Scalar {
    Scalar::from_bytes_mod_order(crate::hash::derive("batch test", from))
}

/// As many submissions by three keys, rightly signed.
fn honest(count: usize) -> Vec<Signed> {
    (0..count).map(|n| Forger::new((n % 3) as u8).sign(format!("submission {n}").as_bytes())).collect()
}

fn batch(signed: &[Signed], seed: u8) -> bool {
    let claims: Vec<Claim<'_>> = signed.iter().map(Signed::claim).collect();
    all_verify(&claims, &Keys::default(), &[seed; 32])
}

/// Signatures that one may not accept, and why a lax verifier might.
fn forgeries() -> Vec<(&'static str, Signed)> {
    let forger = Forger::new(9);
    let honest = forger.sign(b"honest");
    let mut forged = vec![
        ("another submission", Signed { submission: b"other".to_vec(), ..honest.clone() }),
        ("another key", Signed { key: Forger::new(8).key, ..honest.clone() }),
        ("S plus the order", honest.with(|bytes| add_order(&mut bytes[32..]))),
        ("S with a high bit", honest.with(|bytes| bytes[63] |= 0x80)),
        ("R with the other sign", honest.with(|bytes| bytes[31] ^= 0x80)),
        ("R off the curve", honest.with(|bytes| bytes[..32].copy_from_slice(&[2; 32]))),
    ];
    for torsion in &EIGHT_TORSION[1..] {
        forged.push(("R with a part of small order", forger.sign_beside(b"torsion", *torsion)));
        forged.push(("R of small order", forger.sign_with(b"small", torsion.compress().to_bytes(), Scalar::ZERO)));
        let unordinary = Forger::beside(7, *torsion);
        forged.push(("a key with a part of small order", unordinary.sign(b"key")));
        let key = PublicKey::from_bytes(torsion.compress().to_bytes());
        forged.push(("a key of small order", Forger { scalar: Scalar::ZERO, key }.sign(b"small key")));
    }
    // The identity, and the point of order 4 with y = 0, in every encoding that some decoder takes.
    for (low, rest, high) in
        [(1, 0, 0), (1, 0, 0x80), (0xee, 0xff, 0x7f), (0xee, 0xff, 0xff), (0xed, 0xff, 0x7f), (0xed, 0xff, 0xff)]
    {
        let mut r = [rest; 32];
        (r[0], r[31]) = (low, high);
        forged.push(("R of small order, oddly encoded", forger.sign_with(b"odd", r, Scalar::ZERO)));
        let odd = Forger { scalar: Scalar::ZERO, key: PublicKey::from_bytes(r) };
        forged.push(("a key of small order, oddly encoded", odd.sign(b"odd key")));
    }
    forged
}

/// S + l, without reducing it.
fn add_order(s: &mut [u8]) {
    let order = (-Scalar::ONE).to_bytes();
    let mut carry = 1;
    for (byte, order) in s.iter_mut().zip(order) {
        carry += u16::from(*byte) + u16::from(order);
        *byte = carry as u8;
        carry >>= 8;
    }
}

#[test]
fn what_is_signed_holds() {
    for count in [0, 1, 2, 63, CLAIMS_MIN] {
        assert!(batch(&honest(count), 1), "{count}");
    }
}

#[test]
fn each_forgery_is_refused_alone_and_among_others_as_when_verified_strictly() {
    for (what, forged) in forgeries() {
        for count in [0, 40] {
            let mut signed = honest(count);
            signed.insert(count / 2, forged.clone());
            let strict: Vec<bool> = signed.iter().map(|signed| signed.strict().is_ok()).collect();
            let only_there = strict.iter().enumerate().all(|(at, holds)| *holds == (at != count / 2));
            // A key that may not be enrolled is refused here even where strict verification alone would not look.
            assert!(only_there || what.starts_with("a key with"), "{what}: {strict:?}");
            assert!(!batch(&signed, 1), "{what}, among {count}");
        }
    }
}

#[test]
fn one_wrong_signature_in_thousands_is_noticed() {
    let mut signed = honest(4_096);
    assert!(batch(&signed, 1));
    for at in [0, 2_047, 4_095] {
        let right = signed[at].clone();
        signed[at] = right.with(|bytes| bytes[40] ^= 1);
        assert!(!batch(&signed, 1), "{at}");
        signed[at] = right;
    }
    signed.swap(5, 8);
    assert!(batch(&signed, 1), "the order says nothing");
    let signature = signed[5].signature;
    signed[5].signature = signed[8].signature;
    signed[8].signature = signature;
    assert!(!batch(&signed, 1), "swapped signatures");
}

#[test]
fn errors_that_cancel_one_another_do_not_hold() {
    let forger = Forger::new(9);
    let (one, other) = (forger.sign(b"one"), forger.sign(b"other"));
    let shifted = |signed: &Signed, by: Scalar| {
        signed.with(|bytes| {
            let s = Scalar::from_canonical_bytes(bytes[32..].try_into().expect("32 bytes")).expect("canonical");
            bytes[32..].copy_from_slice(&(s + by).to_bytes());
        })
    };
    for seed in 0..20 {
        assert!(!batch(&[shifted(&one, Scalar::ONE), shifted(&other, -Scalar::ONE)], seed));
    }
    // Two parts of order 2 cancel in every sum that has both points.
    let [_, _, _, _, order_2, ..] = EIGHT_TORSION;
    let pair = [forger.sign_beside(b"one", order_2), forger.sign_beside(b"other", order_2)];
    for seed in 0..20 {
        assert!(!batch(&pair, seed));
    }
}

#[test]
fn points_outside_the_group_pass_a_subset_about_half_the_time() {
    let [_, _, _, _, order_2, ..] = EIGHT_TORSION;
    let forged = Forger::new(9).sign_beside(b"torsion", order_2);
    let passes = |seed: u8| {
        let claims = [forged.claim()];
        let batch = Batch::read(&claims, &Keys::default(), &[seed; 32]).expect("points and scalars");
        let sums = batch.subset_sums();
        assert_eq!(sums.len(), SUBSETS);
        sums.iter().filter(|sum| sum.is_torsion_free()).count()
    };
    let passed: usize = (0..32).map(passes).sum();
    assert!((800..1_248).contains(&passed), "{passed} of {}", 32 * SUBSETS);
}

#[test]
fn a_batch_knows_encodings_as_a_decoder_does() {
    for y in 0..=255 {
        for (rest, high) in [(0, 0), (0, 0x80), (0xff, 0x7f), (0xff, 0xff), (1, 0x7f)] {
            let mut bytes = [rest; 32];
            (bytes[0], bytes[31]) = (y, high);
            let decoded = CompressedEdwardsY(bytes).decompress();
            let canonical = decoded.filter(|point| point.compress().to_bytes() == bytes);
            let expected = canonical.filter(|point| !(point + point).is_identity());
            assert_eq!(decompress(bytes), expected, "{bytes:02x?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn a_batch_says_what_strict_verification_says(
        count in 1..40_usize,
        faults in prop::collection::vec((any::<prop::sample::Index>(), 0..64_usize, 0..8_u8), 0..3),
        torsion in prop::collection::vec((any::<prop::sample::Index>(), 0..8_usize), 0..3),
        seed: [u8; 32],
    ) {
        let mut signed = honest(count);
        for (at, torsion) in torsion {
            let at = at.index(count);
            let forger = Forger::new((at % 3) as u8);
            signed[at] = forger.sign_beside(&signed[at].submission.clone(), EIGHT_TORSION[torsion]);
        }
        for (at, byte, bit) in faults {
            let at = at.index(count);
            signed[at] = signed[at].with(|bytes| bytes[byte] ^= 1 << bit);
        }
        let claims: Vec<Claim<'_>> = signed.iter().map(Signed::claim).collect();
        let strict = signed.iter().all(|signed| signed.strict().is_ok());
        prop_assert_eq!(all_verify(&claims, &Keys::default(), &seed), strict);
    }
}
