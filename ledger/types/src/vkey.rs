//! Verifier keys of signed notes: `name+hash+base64(0x01 || key)`.
//!
//! Source: C2SP signed-note, <https://c2sp.org/signed-note>.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::ids::PublicKey;
use crate::limits::ORIGIN_BYTES_MAX;

/// The signature type of Ed25519 in signed notes.
const ED25519: u8 = 0x01;

/// A name and an Ed25519 key that sign notes together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    key: PublicKey,
}

/// The text is no verifier key of type Ed25519.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a verifier key `name+hash+base64` of type Ed25519")]
pub struct VerifierKeyError;

impl VerifierKey {
    /// A verifier key; the name must not be empty or hold spaces or '+'.
    ///
    /// # Errors
    /// When the name does not fit.
    pub fn new(name: &str, key: PublicKey) -> Result<Self, VerifierKeyError> {
        let fits = is_name(name);
        if fits { Ok(Self { name: name.to_owned(), key }) } else { Err(VerifierKeyError) }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its key.
    #[must_use]
    pub const fn key(&self) -> PublicKey {
        self.key
    }

    /// The first four bytes of `SHA-256(name || "\n" || 0x01 || key)`.
    #[must_use]
    pub fn id(&self) -> [u8; 4] {
        let hash =
            Sha256::new().chain_update(&self.name).chain_update([b'\n', ED25519]).chain_update(self.key.as_bytes());
        let hash: [u8; 32] = hash.finalize().into();
        [hash[0], hash[1], hash[2], hash[3]]
    }
}

/// Whether the text can name a signed-note key, and so be a log's origin.
#[must_use]
pub fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= ORIGIN_BYTES_MAX
        && !name.contains(|c: char| c.is_whitespace() || c == '+' || c.is_control())
}

impl std::fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let key = [[ED25519].as_slice(), self.key.as_bytes()].concat();
        write!(f, "{}+{}+{}", self.name, hex::encode(self.id()), STANDARD.encode(key))
    }
}

impl std::str::FromStr for VerifierKey {
    type Err = VerifierKeyError;

    fn from_str(text: &str) -> Result<Self, VerifierKeyError> {
        let (name, rest) = text.split_once('+').ok_or(VerifierKeyError)?;
        let (id, key) = rest.split_once('+').ok_or(VerifierKeyError)?;
        let bytes = STANDARD.decode(key).map_err(|_| VerifierKeyError)?;
        let (&ED25519, key) = bytes.split_first().ok_or(VerifierKeyError)? else { return Err(VerifierKeyError) };
        let vkey = Self::new(name, PublicKey::from_slice(key).ok_or(VerifierKeyError)?)?;
        if hex::encode(vkey.id()) == id { Ok(vkey) } else { Err(VerifierKeyError) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_specification_s_example() {
        // The example of the Go package golang.org/x/mod/sumdb/note.
        let text = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        let vkey: VerifierKey = text.parse().unwrap();
        assert_eq!(vkey.name(), "PeterNeumann");
        assert_eq!(vkey.to_string(), text);
    }

    #[test]
    fn refuses_a_wrong_key_id_or_type() {
        for bad in [
            "",
            "PeterNeumann",
            "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "PeterNeumann+c74f20a3+AhpcQcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW=",
            "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        ] {
            assert!(bad.parse::<VerifierKey>().is_err(), "{bad}");
        }
    }
}
