//! Which public keys may be enrolled.
//!
//! Ed25519 verifiers disagree about odd keys and signatures. A key that is canonical, not of small order and torsion-free,
//! together with strict verification, is where all common verifiers agree.

use curve25519_dalek::edwards::CompressedEdwardsY;

use crate::ids::PublicKey;
use crate::reason::Reason;

/// Checks that a key may be enrolled.
///
/// # Errors
/// `KEY_NOT_CANONICAL`, `KEY_SMALL_ORDER` or `KEY_TORSION`.
pub fn check(key: &PublicKey) -> Result<(), Reason> {
    let compressed = CompressedEdwardsY(*key.as_bytes());
    let point = compressed.decompress().ok_or(Reason::KeyNotCanonical)?;
    if point.compress() != compressed {
        return Err(Reason::KeyNotCanonical);
    }
    if point.is_small_order() {
        return Err(Reason::KeySmallOrder);
    }
    if !point.is_torsion_free() {
        return Err(Reason::KeyTorsion);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use curve25519_dalek::constants::{ED25519_BASEPOINT_POINT, EIGHT_TORSION};

    fn key(point: curve25519_dalek::EdwardsPoint) -> PublicKey {
        PublicKey::from_bytes(point.compress().to_bytes())
    }

    #[test]
    fn accepts_ordinary_keys_only() {
        assert_eq!(check(&key(ED25519_BASEPOINT_POINT)), Ok(()));
        for torsion in EIGHT_TORSION {
            assert_eq!(check(&key(torsion)), Err(Reason::KeySmallOrder));
        }
        for torsion in &EIGHT_TORSION[1..] {
            assert_eq!(check(&key(ED25519_BASEPOINT_POINT + torsion)), Err(Reason::KeyTorsion));
        }
    }

    #[test]
    fn refuses_encodings_that_are_not_canonical() {
        let mut y_is_p_plus_1 = [0xff; 32];
        y_is_p_plus_1[0] = 0xee;
        y_is_p_plus_1[31] = 0x7f;
        assert_eq!(check(&PublicKey::from_bytes(y_is_p_plus_1)), Err(Reason::KeyNotCanonical));
        let mut negative_zero = [0; 32];
        negative_zero[0] = 1;
        negative_zero[31] = 0x80;
        assert_eq!(check(&PublicKey::from_bytes(negative_zero)), Err(Reason::KeyNotCanonical));
        let not_on_curve = (2..).map(|y| {
            let mut b = [0; 32];
            b[0] = y;
            b
        });
        let off = not_on_curve.into_iter().find(|b| CompressedEdwardsY(*b).decompress().is_none()).unwrap();
        assert_eq!(check(&PublicKey::from_bytes(off)), Err(Reason::KeyNotCanonical));
    }
}
