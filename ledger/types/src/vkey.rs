//! Verifier keys of signed notes: `name+hash+base64(type || key)`.
//!
//! Two types: Ed25519 over a note's text (0x01), with which a log signs, and Ed25519 over a timestamped checkpoint (0x04),
//! with which a witness cosigns.
//! Sources: C2SP signed-note, <https://c2sp.org/signed-note>, and tlog-cosignature, <https://c2sp.org/tlog-cosignature>.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::ids::PublicKey;
use crate::limits::ORIGIN_BYTES_MAX;

/// What a key signs: the signature type of its verifier key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// A note's text: the key of a log.
    Note,
    /// A timestamp and a checkpoint, `cosignature/v1`: the key of a witness.
    Cosignature,
}

impl KeyKind {
    /// Its byte in a verifier key and in what the key id hashes.
    #[must_use]
    pub const fn byte(self) -> u8 {
        match self {
            Self::Note => 0x01,
            Self::Cosignature => 0x04,
        }
    }

    /// The kind of this byte.
    #[must_use]
    pub const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0x01 => Some(Self::Note),
            0x04 => Some(Self::Cosignature),
            _ => None,
        }
    }
}

/// A name and an Ed25519 key that sign notes together, in one way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct VerifierKey {
    kind: KeyKind,
    name: String,
    key: PublicKey,
}

/// The text is no verifier key of a type that is known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a verifier key `name+hash+base64` of type Ed25519, 0x01 or 0x04")]
pub struct VerifierKeyError;

impl VerifierKey {
    /// The verifier key of a log, type 0x01; the name must not be empty, be longer than 255 bytes, or hold spaces, control
    /// characters or '+'.
    ///
    /// # Errors
    /// When the name does not fit.
    pub fn new(name: &str, key: PublicKey) -> Result<Self, VerifierKeyError> {
        Self::of_kind(KeyKind::Note, name, key)
    }

    /// The verifier key of a witness, type 0x04; names as for [`VerifierKey::new`].
    ///
    /// # Errors
    /// When the name does not fit.
    pub fn cosigner(name: &str, key: PublicKey) -> Result<Self, VerifierKeyError> {
        Self::of_kind(KeyKind::Cosignature, name, key)
    }

    fn of_kind(kind: KeyKind, name: &str, key: PublicKey) -> Result<Self, VerifierKeyError> {
        if is_name(name) { Ok(Self { kind, name: name.to_owned(), key }) } else { Err(VerifierKeyError) }
    }

    /// What it signs.
    #[must_use]
    pub const fn kind(&self) -> KeyKind {
        self.kind
    }

    /// Whether it may be the key of a log's checkpoints: type 0x01.
    #[must_use]
    pub const fn is_log_key(&self) -> bool {
        matches!(self.kind, KeyKind::Note)
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

    /// The first four bytes of `SHA-256(name || "\n" || type || key)`.
    #[must_use]
    pub fn id(&self) -> [u8; 4] {
        let hash = Sha256::new()
            .chain_update(&self.name)
            .chain_update([b'\n', self.kind.byte()])
            .chain_update(self.key.as_bytes());
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
        let key = [[self.kind.byte()].as_slice(), self.key.as_bytes()].concat();
        write!(f, "{}+{}+{}", self.name, hex::encode(self.id()), STANDARD.encode(key))
    }
}

impl std::str::FromStr for VerifierKey {
    type Err = VerifierKeyError;

    fn from_str(text: &str) -> Result<Self, VerifierKeyError> {
        let (name, rest) = text.split_once('+').ok_or(VerifierKeyError)?;
        let (id, key) = rest.split_once('+').ok_or(VerifierKeyError)?;
        let bytes = STANDARD.decode(key).map_err(|_| VerifierKeyError)?;
        let (&kind, key) = bytes.split_first().ok_or(VerifierKeyError)?;
        let kind = KeyKind::from_byte(kind).ok_or(VerifierKeyError)?;
        let vkey = Self::of_kind(kind, name, PublicKey::from_slice(key).ok_or(VerifierKeyError)?)?;
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
        assert!(vkey.is_log_key());
    }

    #[test]
    fn a_cosigner_s_key_is_another_key() {
        // Accepted by NewVerifierForCosignatureV1 of the Go package github.com/transparency-dev/formats/note.
        let text = "witness.example.com/w1+745fb5e8+BIE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU";
        let vkey: VerifierKey = text.parse().unwrap();
        assert_eq!((vkey.kind(), vkey.is_log_key()), (KeyKind::Cosignature, false));
        assert_eq!(vkey.to_string(), text);
        assert_eq!(VerifierKey::cosigner(vkey.name(), vkey.key()), Ok(vkey.clone()));
        let log = VerifierKey::new(vkey.name(), vkey.key()).unwrap();
        assert_ne!((&log, log.id()), (&vkey, vkey.id()));
    }

    #[test]
    fn only_known_types_are_read() {
        for byte in 0..=u8::MAX {
            let body = [[byte].as_slice(), &[7; 32]].concat();
            let id = hex::encode(&Sha256::digest([b"a\n".as_slice(), &body].concat())[..4]);
            let read = format!("a+{id}+{}", STANDARD.encode(body)).parse::<VerifierKey>();
            assert_eq!(read.ok().map(|vkey| vkey.kind().byte()), matches!(byte, 1 | 4).then_some(byte));
        }
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
