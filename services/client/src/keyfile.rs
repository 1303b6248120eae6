//! Keys as files, in the formats of OpenSSL.
//!
//! A private key is PKCS#8 PEM (RFC 5958, RFC 8410), version 1: without the public key, with which OpenSSL 3.0 refuses it.
//! With a passphrase it is encrypted as `openssl pkcs8 -topk8` does it: PBES2 (RFC 8018) with PBKDF2-HMAC-SHA-256, here
//! 600,000 rounds, and AES-256-CBC. A public key is 64 hex digits, or SubjectPublicKeyInfo PEM.
//!
//! So `openssl genpkey -algorithm ed25519` makes a usable key, and `openssl pkey` opens ours.

mod error;

use std::fs;
use std::path::{Path, PathBuf};

use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::{EncodePrivateKey as _, EncodePublicKey as _, KeypairBytes, PublicKeyBytes};
use hefu_types::PublicKey;
use hefu_types::sign::Keypair;
use pkcs8::pkcs5::pbes2::Parameters;
use pkcs8::{EncryptedPrivateKeyInfoRef, LineEnding, PrivateKeyInfoRef, SecretDocument};
use zeroize::Zeroizing;

pub use error::KeyFileError;

const PLAIN: &str = "PRIVATE KEY";
const ENCRYPTED: &str = "ENCRYPTED PRIVATE KEY";
const PUBLIC: &str = "PUBLIC KEY";

/// A private key's file, read.
#[derive(Debug)]
pub enum KeyFile {
    /// It is not encrypted.
    Plain(Keypair),
    /// It needs its passphrase.
    Encrypted(EncryptedKey),
}

/// A private key that needs its passphrase.
#[derive(Debug)]
pub struct EncryptedKey {
    path: PathBuf,
    document: SecretDocument,
}

/// A new key, from the operating system's randomness.
///
/// # Panics
/// When the operating system has none to give.
#[must_use]
pub fn generate() -> Keypair {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *seed).expect("randomness of the operating system");
    Keypair::from_seed(&seed)
}

/// Writes a private key to a new file that only its owner may read.
///
/// # Errors
/// When the file exists, which it survives, or can't be written.
pub fn create(path: &Path, keys: &Keypair, passphrase: Option<&str>) -> Result<(), KeyFileError> {
    let pem = to_pem(keys, passphrase);
    crate::files::create_new(path, pem.as_bytes()).map_err(|source| KeyFileError::write(path, source))
}

/// A private key as PEM.
///
/// # Panics
/// When the operating system has no randomness to give for a salt.
#[must_use]
pub fn to_pem(keys: &Keypair, passphrase: Option<&str>) -> Zeroizing<String> {
    let bytes = KeypairBytes { secret_key: keys.signing_key().to_bytes(), public_key: None };
    let plain = bytes.to_pkcs8_der().expect("32 bytes encode");
    let (label, document) = match passphrase {
        None => (PLAIN, plain),
        Some(passphrase) => (ENCRYPTED, encrypt(&plain, passphrase)),
    };
    document.to_pem(label, LineEnding::LF).expect("DER is PEM")
}

fn encrypt(plain: &SecretDocument, passphrase: &str) -> SecretDocument {
    let parameters = Parameters::generate_pbkdf2(&mut getrandom::SysRng).expect("randomness of the operating system");
    let info = PrivateKeyInfoRef::try_from(plain.as_bytes()).expect("encoded just now");
    info.encrypt_with_params(parameters, passphrase).expect("a small document encrypts")
}

/// Reads a private key's file.
///
/// # Errors
/// When it can't be read or holds no Ed25519 private key in PKCS#8 PEM.
pub fn read(path: &Path) -> Result<KeyFile, KeyFileError> {
    let text = fs::read_to_string(path).map(Zeroizing::new);
    let text = text.map_err(|source| KeyFileError::read(path, source))?;
    let start = text.find("-----BEGIN").unwrap_or(0);
    let (label, document) = SecretDocument::from_pem(&text[start..]).map_err(|_| KeyFileError::not_pem(path))?;
    match label {
        PLAIN => parse(path, &document).map(KeyFile::Plain),
        ENCRYPTED => Ok(KeyFile::Encrypted(EncryptedKey { path: path.to_owned(), document })),
        other => Err(KeyFileError::Label { path: path.to_owned(), label: other.to_owned() }),
    }
}

impl EncryptedKey {
    /// Opens the key.
    ///
    /// # Errors
    /// When the passphrase is wrong, or the file is encrypted in a way that this program does not know.
    pub fn open(&self, passphrase: &str) -> Result<Keypair, KeyFileError> {
        let wrong = || KeyFileError::Passphrase { path: self.path.clone() };
        let info = EncryptedPrivateKeyInfoRef::try_from(self.document.as_bytes())
            .map_err(|_| KeyFileError::Encryption { path: self.path.clone() })?;
        let plain = info.decrypt(passphrase).map_err(|_| wrong())?;
        parse(&self.path, &plain)
    }
}

fn parse(path: &Path, document: &SecretDocument) -> Result<Keypair, KeyFileError> {
    let info = PrivateKeyInfoRef::try_from(document.as_bytes());
    let key = info.and_then(SigningKey::try_from);
    key.map(Keypair::new).map_err(|_| KeyFileError::Algorithm { path: path.to_owned() })
}

/// Whether others than the owner may read the file; worth a warning.
#[must_use]
pub fn is_exposed(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & 0o077 != 0)
}

/// A public key as SubjectPublicKeyInfo PEM.
///
/// # Panics
/// Never: 32 bytes encode.
#[must_use]
pub fn public_pem(key: &PublicKey) -> String {
    PublicKeyBytes(*key.as_bytes()).to_public_key_pem(LineEnding::LF).expect("32 bytes encode")
}

/// A public key from 64 hex digits or SubjectPublicKeyInfo PEM.
#[must_use]
pub fn parse_public(text: &str) -> Option<PublicKey> {
    let text = text.trim();
    if let Ok(key) = text.parse() {
        return Some(key);
    }
    let (PUBLIC, document) = pkcs8::Document::from_pem(text).ok()? else { return None };
    PublicKeyBytes::try_from(document.as_bytes()).ok().map(|key| PublicKey::from_bytes(key.to_bytes()))
}

#[cfg(test)]
mod tests;
