//! Signatures and keys that lax verifiers take and strict ones refuse.

use hefu_types::{PublicKey, Signature};

/// The group order L, little-endian (RFC 8032).
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// The same signature with S + L in place of S.
#[must_use]
pub fn malleated(signature: &Signature) -> Signature {
    let mut bytes = *signature.as_bytes();
    let mut carry = 0;
    for (byte, order) in bytes[32..].iter_mut().zip(ORDER) {
        let [high, low] = (u16::from(*byte) + u16::from(order) + carry).to_be_bytes();
        *byte = low;
        carry = u16::from(high);
    }
    Signature::from_bytes(bytes)
}

/// The neutral element: a key for which a lax verifier takes many signatures.
#[must_use]
pub const fn small_order_key() -> PublicKey {
    let mut bytes = [0; 32];
    bytes[0] = 1;
    PublicKey::from_bytes(bytes)
}

/// The neutral element, written as y = p + 1 instead of 1.
#[must_use]
pub const fn key_not_canonical() -> PublicKey {
    let mut bytes = [0xff; 32];
    bytes[0] = 0xee;
    bytes[31] = 0x7f;
    PublicKey::from_bytes(bytes)
}
