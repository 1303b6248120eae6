//! Signed notes: a text, a blank line, and lines that sign it.
//!
//! ```text
//! text, ends in a newline
//!
//! — name base64(key id || signature)
//! ```
//!
//! A note that is read was not verified: [`Note::verify`] does that, strictly. The base64 must be the one form of its bytes,
//! so that a note is written again exactly as it was read.
//! Source: C2SP signed-note, <https://c2sp.org/signed-note>.

use std::fmt;
use std::str::FromStr;

use crate::ids::Signature;
use crate::limits::{NOTE_BYTES_MAX, NOTE_SIGNATURES_MAX};
use crate::lines::{from_base64, is_clean, to_base64};
use crate::sign::{Keypair, verify_bytes};
use crate::vkey::{KeyKind, VerifierKey, VerifierKeyError};

/// What begins a signature line: an em dash and a space.
const SIGNATURE_PREFIX: &str = "\u{2014} ";
/// Bytes of a key id, which stand before each signature.
const KEY_ID_BYTES: usize = 4;

/// A text and the signatures below it, of keys known and unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

/// A signature line of a note: `— name base64(key id || signature)`, written without its newline.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NoteSignature {
    name: String,
    id: [u8; KEY_ID_BYTES],
    bytes: Vec<u8>,
}

/// Why a note can't be read, written or trusted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// It is too large.
    #[error("a note of more than {NOTE_BYTES_MAX} bytes")]
    TooLarge,
    /// It is not UTF-8, or holds a control character.
    #[error("not UTF-8 without control characters")]
    NotText,
    /// The text does not end in a newline, or no blank line follows it.
    #[error("no text that ends in a newline and a blank line")]
    TextUnended,
    /// No line, or one that is no signature line ended by a newline.
    #[error("not `— name base64` on each line after the last blank line")]
    SignatureMalformed,
    /// There are too many signatures.
    #[error("more than {NOTE_SIGNATURES_MAX} signatures")]
    SignaturesTooMany,
    /// The key does not sign notes this way.
    #[error("the key {0} is of another type")]
    KeyKindWrong(String),
    /// The key did not sign the note.
    #[error("not signed by {0}")]
    NotSigned(String),
    /// A signature in the name and with the id of the key is not a signature of the key.
    #[error("a signature of {0} is wrong")]
    SignatureWrong(String),
}

impl Note {
    /// A note of a text and its signatures.
    ///
    /// # Errors
    /// Whatever [`Note::from_bytes`] would say of its bytes.
    pub fn new(text: String, signatures: Vec<NoteSignature>) -> Result<Self, NoteError> {
        if !is_clean(&text) {
            return Err(NoteError::NotText);
        }
        if !text.ends_with('\n') {
            return Err(NoteError::TextUnended);
        }
        check_count(signatures.len())?;
        let note = Self { text, signatures };
        if note.to_string().len() > NOTE_BYTES_MAX { Err(NoteError::TooLarge) } else { Ok(note) }
    }

    /// Reads a note. Its signatures are not verified.
    ///
    /// # Errors
    /// Any [`NoteError`] that speaks of the form.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > NOTE_BYTES_MAX {
            return Err(NoteError::TooLarge);
        }
        let note = str::from_utf8(bytes).ok().filter(|note| is_clean(note)).ok_or(NoteError::NotText)?;
        let blank = note.rfind("\n\n").ok_or(NoteError::TextUnended)?;
        let (text, signatures) = note.split_at(blank + 1);
        let signatures = NoteSignature::parse_lines(&signatures[1..])?;
        Ok(Self { text: text.to_owned(), signatures })
    }

    /// The text, with its final newline.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// All signatures in their order; nothing says that any of them is right.
    #[must_use]
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// The signatures that carry the name and the id of the key; nothing says that they are right.
    pub fn signatures_by(&self, key: &VerifierKey) -> impl Iterator<Item = &NoteSignature> {
        self.signatures.iter().filter(|signature| signature.is_by(key))
    }

    /// Verifies that the key, of type 0x01, signed the text. Signatures of other keys are ignored.
    ///
    /// # Errors
    /// `KeyKindWrong`, `NotSigned`, or `SignatureWrong` when any signature in its name and with its id is wrong.
    pub fn verify(&self, key: &VerifierKey) -> Result<(), NoteError> {
        check_kind(key, KeyKind::Note)?;
        let mut signatures = self.signatures_by(key).peekable();
        signatures.peek().ok_or_else(|| NoteError::NotSigned(key.name().to_owned()))?;
        signatures.try_for_each(|signature| verify(key, self.text.as_bytes(), &signature.bytes))
    }

    /// The note's bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.to_string().into_bytes()
    }
}

/// Verifies strictly that the bytes are an Ed25519 signature of the key over the message.
pub(crate) fn verify(key: &VerifierKey, message: &[u8], signature: &[u8]) -> Result<(), NoteError> {
    let wrong = || NoteError::SignatureWrong(key.name().to_owned());
    let signature = Signature::from_slice(signature).ok_or_else(wrong)?;
    verify_bytes(&key.key(), message, &signature).map_err(|_| wrong())
}

/// Checks that a key signs what it is to be used for.
pub(crate) fn check_kind(key: &VerifierKey, kind: KeyKind) -> Result<(), NoteError> {
    if key.kind() == kind { Ok(()) } else { Err(NoteError::KeyKindWrong(key.name().to_owned())) }
}

fn check_count(signatures: usize) -> Result<(), NoteError> {
    match signatures {
        0 => Err(NoteError::SignatureMalformed),
        1..=NOTE_SIGNATURES_MAX => Ok(()),
        _ => Err(NoteError::SignaturesTooMany),
    }
}

impl FromStr for Note {
    type Err = NoteError;

    fn from_str(note: &str) -> Result<Self, NoteError> {
        Self::from_bytes(note.as_bytes())
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| writeln!(f, "{signature}"))
    }
}

impl NoteSignature {
    /// A signature of 1 or more bytes under a key's name and id.
    ///
    /// # Errors
    /// `SignatureMalformed` when it is empty, or when the name is, or holds spaces, control characters or '+'.
    pub fn new(name: &str, id: [u8; 4], bytes: &[u8]) -> Result<Self, NoteError> {
        if !is_key_name(name) || bytes.is_empty() {
            return Err(NoteError::SignatureMalformed);
        }
        Ok(Self { name: name.to_owned(), id, bytes: bytes.to_owned() })
    }

    /// Reads signature lines, each with its newline: the end of a note, or what a witness answers.
    ///
    /// # Errors
    /// `SignatureMalformed` or `SignaturesTooMany`.
    pub fn parse_lines(lines: &str) -> Result<Vec<Self>, NoteError> {
        let lines = lines.strip_suffix('\n').ok_or(NoteError::SignatureMalformed)?;
        check_count(lines.split('\n').count())?;
        lines.split('\n').map(Self::from_str).collect()
    }

    /// The name of the key that is said to have signed.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The id of the key that is said to have signed.
    #[must_use]
    pub const fn id(&self) -> [u8; 4] {
        self.id
    }

    /// The signature, without the key id.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether it carries the name and the id of the key.
    #[must_use]
    pub fn is_by(&self, key: &VerifierKey) -> bool {
        self.name == key.name() && self.id == key.id()
    }
}

/// Whether the text can name a key in a note. May be longer than [`crate::vkey::is_name`] allows: unknown keys are ignored,
/// not refused.
fn is_key_name(name: &str) -> bool {
    !name.is_empty() && is_clean(name) && !name.contains(|c: char| c.is_whitespace() || c == '+')
}

impl FromStr for NoteSignature {
    type Err = NoteError;

    fn from_str(line: &str) -> Result<Self, NoteError> {
        let (name, base64) = line
            .strip_prefix(SIGNATURE_PREFIX)
            .and_then(|line| line.split_once(' '))
            .ok_or(NoteError::SignatureMalformed)?;
        let blob = from_base64(base64).ok_or(NoteError::SignatureMalformed)?;
        let (id, bytes) = blob.split_first_chunk().ok_or(NoteError::SignatureMalformed)?;
        Self::new(name, *id, bytes)
    }
}

impl fmt::Display for NoteSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let blob = [self.id.as_slice(), &self.bytes].concat();
        write!(f, "{SIGNATURE_PREFIX}{} {}", self.name, to_base64(&blob))
    }
}

/// A key pair that signs notes under a name: as a log, or as a witness ([`NoteSigner::cosign`]).
#[derive(Clone, Debug)]
pub struct NoteSigner {
    vkey: VerifierKey,
    keypair: Keypair,
}

impl NoteSigner {
    /// The signer of a log, type 0x01.
    ///
    /// # Errors
    /// When the name does not fit [`VerifierKey::new`].
    pub fn new(name: &str, keypair: Keypair) -> Result<Self, VerifierKeyError> {
        Ok(Self { vkey: VerifierKey::new(name, keypair.public())?, keypair })
    }

    /// The signer of a witness, type 0x04.
    ///
    /// # Errors
    /// When the name does not fit [`VerifierKey::cosigner`].
    pub fn cosigner(name: &str, keypair: Keypair) -> Result<Self, VerifierKeyError> {
        Ok(Self { vkey: VerifierKey::cosigner(name, keypair.public())?, keypair })
    }

    /// The key that verifies what it signs.
    #[must_use]
    pub const fn vkey(&self) -> &VerifierKey {
        &self.vkey
    }

    /// Signs a note's text, with its final newline.
    ///
    /// # Errors
    /// `KeyKindWrong` for the key of a witness; `NotText` or `TextUnended`.
    pub fn sign_note(&self, text: &str) -> Result<NoteSignature, NoteError> {
        check_kind(&self.vkey, KeyKind::Note)?;
        if !is_clean(text) {
            return Err(NoteError::NotText);
        }
        if !text.ends_with('\n') {
            return Err(NoteError::TextUnended);
        }
        NoteSignature::new(self.vkey.name(), self.vkey.id(), self.sign_bytes(text.as_bytes()).as_bytes())
    }

    pub(crate) fn sign_bytes(&self, message: &[u8]) -> Signature {
        self.keypair.sign_bytes(message)
    }
}

#[cfg(test)]
mod tests;
