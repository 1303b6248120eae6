//! Many signatures of submissions at once, with the verdict of verifying each strictly.
//!
//! A signature (R, S) by the key A over M is accepted strictly when S is canonical, R and A are not of small order, and R is
//! the canonical encoding of `[S]B − [h]A` with `h = SHA-512(R || A || M)`. A batch holds when
//!
//! 1. each A may be enrolled ([`crate::key::check`]), so that A and `[S]B − [h]A` are in the group of prime order,
//! 2. each S is canonical, and each R is the canonical encoding of a point other than the identity,
//! 3. each R is in the group of prime order, too, and
//! 4. `[8] Σ z (R + [h]A − [S]B)` is the identity, for random 128-bit z.
//!
//! By 4 every `R + [h]A − [S]B` has no part of prime order, by 1 and 3 it has no other part: it is the identity, and each R is
//! what strict verification computes, not of small order by 2 and 3. The other way round, what is accepted strictly under keys
//! that may be enrolled fulfils all four.
//!
//! 3 and 4 are tested by chance. A forgery passes 4 with a probability of at most 2^-128. For 3, [`SUBSETS`] random subsets of
//! the R are summed, and each sum is multiplied by the group's order: one R that is outside passes each of them with a
//! probability of at most 1/2, so that all pass with at most 2^-64. The coefficients come from a random seed that whoever wrote
//! the signatures can't know, hashed together with everything that is verified.
//!
//! A batch that does not hold says nothing of any one signature: then [`crate::sign::verify_submission`] decides each.
//! Source: Bernstein, Duif, Lange, Schwabe and Yang, "High-speed high-security signatures", 2011, section 5 (the batch);
//! Chalkias, Garillot and Nikolaenko, "Taming the many EdDSAs", 2020 (where verifiers disagree).

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

use curve25519_dalek::edwards::CompressedEdwardsY;
use curve25519_dalek::traits::{Identity as _, IsIdentity as _, VartimeMultiscalarMul as _};
use curve25519_dalek::{EdwardsPoint, Scalar};

use crate::ids::PublicKey;
pub use crate::sign::Claim;
use crate::sign::halves;

/// The fewest claims that are worth a batch: below about a hundred, verifying each takes no longer.
pub const CLAIMS_MIN: usize = 256;

/// Random subsets of the R whose sums are looked at: each halves the probability that one outside the group passes.
const SUBSETS: usize = 64;

/// Context of the coefficients; they are nobody's format.
const CONTEXT: &str = "hefu v1 batch verification";

/// What a coefficient is made of: the bytes that say which subsets a point is in, and the rest.
const COEFFICIENT: usize = 16;

/// Keys that were looked at, each once.
#[derive(Debug, Default)]
pub struct Keys(RwLock<BTreeMap<PublicKey, Option<EdwardsPoint>>>);

impl Keys {
    /// The point of a key that may be enrolled.
    fn point(&self, key: &PublicKey) -> Option<EdwardsPoint> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner).get(key).copied();
        known.unwrap_or_else(|| {
            let checked = crate::key::check(key).ok();
            let point = checked.and_then(|()| CompressedEdwardsY(*key.as_bytes()).decompress());
            self.0.write().unwrap_or_else(PoisonError::into_inner).insert(*key, point);
            point
        })
    }
}

/// Whether every signature verifies strictly; `false` also when there is a key that may not be enrolled. The seed must be
/// random and unknown to whoever made the signatures.
#[must_use]
pub fn all_verify(claims: &[Claim<'_>], keys: &Keys, seed: &[u8; 32]) -> bool {
    Batch::read(claims, keys, seed).is_some_and(|batch| batch.holds())
}

/// Claims as points and scalars.
struct Batch {
    /// Each R.
    points: Vec<EdwardsPoint>,
    coefficients: Vec<[u8; COEFFICIENT]>,
    /// The sum of z h, for each key.
    of_keys: Vec<(EdwardsPoint, Scalar)>,
    /// The sum of z S.
    of_base: Scalar,
}

/// The scalars of a claim, and the place of its key.
struct Term {
    s: Scalar,
    h: Scalar,
    key: usize,
}

impl Batch {
    /// `None` when a claim fails by itself.
    fn read(claims: &[Claim<'_>], keys: &Keys, seed: &[u8; 32]) -> Option<Self> {
        let (mut points, mut terms) = (Vec::with_capacity(claims.len()), Vec::with_capacity(claims.len()));
        let (mut of_keys, mut places) = (Vec::new(), BTreeMap::new());
        let mut transcript = blake3::Hasher::new_derive_key(CONTEXT);
        transcript.update(seed);
        for claim in claims {
            let place = match places.get(claim.key) {
                Some(place) => *place,
                None => {
                    of_keys.push((keys.point(claim.key)?, Scalar::ZERO));
                    places.insert(claim.key, of_keys.len() - 1);
                    of_keys.len() - 1
                }
            };
            let (r, s) = halves(claim.signature);
            let h = claim.challenge(&r);
            points.push(decompress(r)?);
            terms.push(Term { s: s?, h, key: place });
            transcript.update(claim.signature.as_bytes()).update(claim.key.as_bytes()).update(h.as_bytes());
        }
        let coefficients = coefficients(&transcript, claims.len());
        let mut of_base = Scalar::ZERO;
        for (term, z) in terms.iter().zip(&coefficients) {
            let z = Scalar::from(u128::from_le_bytes(*z));
            of_keys[term.key].1 += z * term.h;
            of_base += z * term.s;
        }
        Some(Self { points, coefficients, of_keys, of_base })
    }

    fn holds(&self) -> bool {
        let sums = self.subset_sums();
        if !sums.iter().all(EdwardsPoint::is_torsion_free) {
            return false;
        }
        // The low half of each coefficient says which subsets a point is in, so that Σ z R is mostly summed already.
        let high = self.coefficients.iter().map(|z| Scalar::from(high(z)));
        let high = EdwardsPoint::vartime_multiscalar_mul(high, &self.points);
        let of_points = sums.iter().rev().fold(high, |sum, subset| sum + sum + subset);
        let (points, scalars): (Vec<_>, Vec<_>) = self.of_keys.iter().copied().unzip();
        let of_keys = EdwardsPoint::vartime_multiscalar_mul(scalars, points);
        let of_base = EdwardsPoint::mul_base(&self.of_base);
        (of_points + of_keys - of_base).mul_by_cofactor().is_identity()
    }

    /// For each low bit of the coefficients, the sum of the points whose coefficient has it. A byte's eight sums come from the
    /// sums for each of its values.
    fn subset_sums(&self) -> Vec<EdwardsPoint> {
        let mut sums = Vec::with_capacity(SUBSETS);
        for byte in 0..SUBSETS / 8 {
            let mut by_value = vec![EdwardsPoint::identity(); 256];
            for (point, z) in self.points.iter().zip(&self.coefficients) {
                by_value[usize::from(z[byte])] += point;
            }
            let mut of_byte: Vec<EdwardsPoint> = (0..8).rev().map(|bit| take_bit(&mut by_value, bit)).collect();
            of_byte.reverse();
            sums.append(&mut of_byte);
        }
        sums
    }
}

/// The sum over the values that have this bit, the highest one; what remains are the sums for values without it.
fn take_bit(by_value: &mut Vec<EdwardsPoint>, bit: u32) -> EdwardsPoint {
    let upper = by_value.split_off(1 << bit);
    by_value.iter_mut().zip(&upper).for_each(|(lower, upper)| *lower += upper);
    upper.iter().sum()
}

fn high(z: &[u8; COEFFICIENT]) -> u64 {
    (u128::from_le_bytes(*z) >> SUBSETS) as u64
}

/// The point of a canonical encoding; neither the identity nor anything else whose x is 0.
fn decompress(bytes: [u8; 32]) -> Option<EdwardsPoint> {
    is_canonical(&bytes).then(|| CompressedEdwardsY(bytes).decompress())?
}

/// Whether y is below p = 2^255 − 19, and none of 1 and p − 1, whose x is 0 and has no sign.
fn is_canonical(bytes: &[u8; 32]) -> bool {
    let middle = |byte: u8| bytes[1..31].iter().all(|b| *b == byte);
    match (bytes[0], bytes[31] & 0x7f) {
        (1, 0) => !middle(0),
        (0xec.., 0x7f) => !middle(0xff),
        _ => true,
    }
}

fn coefficients(transcript: &blake3::Hasher, count: usize) -> Vec<[u8; COEFFICIENT]> {
    let mut bytes = vec![[0; COEFFICIENT]; count];
    transcript.finalize_xof().fill(bytes.as_flattened_mut());
    bytes
}

#[cfg(test)]
mod tests;
