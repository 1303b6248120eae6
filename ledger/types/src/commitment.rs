//! Commitments: a confidential value enters the ledger as a hash; its opening lives where it can be erased.

use crate::decimal::Decimal;
use crate::hash::{COMMITMENT_CONTEXT, derive};
pub use crate::ids::Commitment;
use crate::wire;

/// What opens a commitment: 32 random bytes and the value.
#[derive(Clone, PartialEq, Eq, zeroize::ZeroizeOnDrop)]
pub struct Opening {
    salt: [u8; 32],
    value: Vec<u8>,
}

impl Commitment {
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

    /// An opening of an observed value, whose bytes are those of the message `Decimal`; the salt as for [`Opening::new`].
    #[must_use]
    pub fn of_number(salt: [u8; 32], number: Decimal) -> Self {
        Self::new(salt, wire::to_bytes(&number))
    }

    /// The observed value; `None` when the value's bytes are not the canonical form of a `Decimal`.
    #[must_use]
    pub fn number(&self) -> Option<Decimal> {
        wire::from_bytes(&self.value).ok()
    }

    /// As a file holds it: the salt, then the value's bytes.
    #[must_use]
    pub fn to_file(&self) -> zeroize::Zeroizing<Vec<u8>> {
        zeroize::Zeroizing::new([&self.salt[..], &self.value].concat())
    }

    /// What a file holds; `None` when it is too short for a salt.
    #[must_use]
    pub fn from_file(bytes: &[u8]) -> Option<Self> {
        let (salt, value) = bytes.split_first_chunk()?;
        Some(Self::new(*salt, value.to_vec()))
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
        Commitment::from_bytes(derive(COMMITMENT_CONTEXT, &bytes))
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
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_number_is_opened_as_it_was_written(salt: [u8; 32], units: i64, scale in 0_u32..=12) {
            let number = Decimal::new(units, scale).unwrap();
            let opening = Opening::of_number(salt, number);
            prop_assert_eq!(opening.number(), Some(number));
            prop_assert!(Opening::from_file(&opening.to_file()) == Some(opening));
        }

        #[test]
        fn bytes_that_are_read_as_a_number_are_its_only_ones(value in prop::collection::vec(any::<u8>(), 0..6)) {
            let opening = Opening::new([0; 32], value);
            if let Some(number) = opening.number() {
                prop_assert!(opening == Opening::of_number([0; 32], number));
            }
        }
    }

    #[test]
    fn only_salt_and_value_open_a_commitment() {
        let opening = Opening::new([7; 32], b"confidential".to_vec());
        let commitment = opening.commitment();
        assert!(commitment.is_opened_by(&opening));
        assert!(Opening::from_file(&[7; 31]).is_none());
        assert!(!commitment.is_opened_by(&Opening::new([8; 32], b"confidential".to_vec())));
        assert!(!commitment.is_opened_by(&Opening::new([7; 32], b"confidentia!".to_vec())));
    }
}
