//! Commitments: a confidential value enters the ledger as a hash; its opening lives where it can be erased.

use serde::{Deserialize, Serialize};

use crate::hash::{COMMITMENT_CONTEXT, derive};

/// `B3("hefu v1 commitment", salt || value)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commitment([u8; 32]);

/// What opens a commitment: 32 random bytes and the value.
#[derive(Clone, PartialEq, Eq, zeroize::ZeroizeOnDrop)]
pub struct Opening {
    salt: [u8; 32],
    value: Vec<u8>,
}

impl Commitment {
    /// Wraps the hash.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The hash.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whether the opening belongs to this commitment.
    #[must_use]
    pub fn is_opened_by(&self, opening: &Opening) -> bool {
        opening.commitment() == *self
    }
}

impl Opening {
    /// An opening of `value`; the salt must be fresh random bytes, or the value can be guessed from the commitment.
    #[must_use]
    pub const fn new(salt: [u8; 32], value: Vec<u8>) -> Self {
        Self { salt, value }
    }

    /// The value.
    #[must_use]
    pub fn value(&self) -> &[u8] {
        &self.value
    }

    /// The salt.
    #[must_use]
    pub const fn salt(&self) -> &[u8; 32] {
        &self.salt
    }

    /// The commitment that it opens.
    #[must_use]
    pub fn commitment(&self) -> Commitment {
        let mut bytes = zeroize::Zeroizing::new(Vec::with_capacity(32 + self.value.len()));
        bytes.extend_from_slice(&self.salt);
        bytes.extend_from_slice(&self.value);
        Commitment(derive(COMMITMENT_CONTEXT, &bytes))
    }
}

impl std::fmt::Debug for Opening {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Opening(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_salt_and_value_open_a_commitment() {
        let opening = Opening::new([7; 32], b"confidential".to_vec());
        let commitment = opening.commitment();
        assert!(commitment.is_opened_by(&opening));
        assert!(!commitment.is_opened_by(&Opening::new([8; 32], b"confidential".to_vec())));
        assert!(!commitment.is_opened_by(&Opening::new([7; 32], b"confidentia!".to_vec())));
    }
}
