//! LtHash16: an incremental hash of a set that does not depend on the order of its elements.
//!
//! A state of 1,024 16-bit numbers; an element is the 2,048 bytes of its extended BLAKE3 output, read as little-endian
//! numbers and added modulo 2^16. Source: Bellare and Micciancio 1997; Lewi, Kim, Maykov and Weis, "Securing Update
//! Propagation with Homomorphic Hashing", 2019. The one published crate marks its interface as unstable, so that these lines
//! stand here; `docs/adr/0004-own-lattice-hash.md` says more.

const ELEMENTS: usize = 1_024;

/// The state after adding any number of elements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lattice(Box<[u16; ELEMENTS]>);

impl Lattice {
    /// Bytes of a stored state.
    pub(crate) const LEN: usize = 2 * ELEMENTS;

    /// Of no element.
    pub(crate) fn empty() -> Self {
        Self(Box::new([0; ELEMENTS]))
    }

    /// Adds the element that was fed to `hasher`.
    pub(crate) fn add(&mut self, hasher: &blake3::Hasher) {
        let mut bytes = [0; Self::LEN];
        hasher.finalize_xof().fill(&mut bytes);
        for (number, pair) in self.0.iter_mut().zip(bytes.as_chunks::<2>().0) {
            *number = number.wrapping_add(u16::from_le_bytes(*pair));
        }
    }

    /// Adds all elements of another state.
    pub(crate) fn join(&mut self, other: &Self) {
        for (number, other) in self.0.iter_mut().zip(other.0.iter()) {
            *number = number.wrapping_add(*other);
        }
    }

    /// The BLAKE3 hash of the state.
    pub(crate) fn checksum(&self) -> [u8; 32] {
        blake3::hash(&self.to_bytes()).into()
    }

    /// The numbers, little-endian.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(|number| number.to_le_bytes()).collect()
    }

    /// Reads what [`Lattice::to_bytes`] wrote; `None` for another length.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (pairs, []) = bytes.as_chunks::<2>() else { return None };
        let numbers: Vec<u16> = pairs.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
        numbers.into_boxed_slice().try_into().ok().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(elements: &[&[u8]]) -> Lattice {
        let mut state = Lattice::empty();
        elements.iter().for_each(|bytes| state.add(blake3::Hasher::new().update(bytes)));
        state
    }

    #[test]
    fn order_is_not_seen_and_every_element_is() {
        assert_eq!(of(&[b"a", b"b", b"c"]), of(&[b"c", b"a", b"b"]));
        assert_ne!(of(&[b"a", b"b"]).checksum(), of(&[b"a"]).checksum());
        assert_ne!(of(&[b"a", b"a"]).checksum(), of(&[b"a"]).checksum());
    }

    #[test]
    fn a_stored_state_reads_back() {
        let state = of(&[b"a", b"b"]);
        assert_eq!(Lattice::from_bytes(&state.to_bytes()), Some(state));
        assert_eq!(Lattice::from_bytes(&[0; Lattice::LEN - 1]), None);
    }
}
