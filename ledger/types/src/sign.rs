//! Signing and strict verification: pure Ed25519 over the DSSE v1 pre-authentication encoding.
//!
//! Source: the DSSE protocol, <https://github.com/secure-systems-lab/dsse/blob/master/protocol.md>.

use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};

use crate::event::membership::KeyEnrolled;
use crate::event::platform::CheckpointKeyReplaced;
use crate::ids::{LedgerId, PublicKey, Signature};
use crate::reason::Reason;
use crate::wire;

/// The payload type of a submission.
pub const SUBMISSION_TYPE: &str = "application/vnd.hefu.submission.v1+protobuf";
/// The payload type of an enrolment proof.
pub const ENROLMENT_TYPE: &str = "application/vnd.hefu.key-enrolment.v1+protobuf";
/// The payload type of what both checkpoint keys say when one replaces the other.
pub const CHECKPOINT_KEY_TYPE: &str = "application/vnd.hefu.checkpoint-key.v1+protobuf";

/// `"DSSEv1 " || len(type) || " " || type || " " || len(body) || " " || body`, lengths in ASCII decimal.
#[must_use]
pub fn pre_authentication_encoding(payload_type: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), body.len());
    let mut out = Vec::with_capacity(head.len() + body.len());
    out.extend_from_slice(head.as_bytes());
    out.extend_from_slice(body);
    out
}

/// A private key that signs for the platform's formats. Dropped keys are wiped.
#[derive(Clone)]
pub struct Keypair(SigningKey);

impl Keypair {
    /// The key pair of a 32-byte seed, which must be random and secret.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// Wraps a signing key.
    #[must_use]
    pub const fn new(key: SigningKey) -> Self {
        Self(key)
    }

    /// The signing key, for formats that this module does not write.
    #[must_use]
    pub const fn signing_key(&self) -> &SigningKey {
        &self.0
    }

    /// The public key.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey::from_bytes(self.0.verifying_key().to_bytes())
    }

    /// Signs the serialised submission.
    #[must_use]
    pub fn sign_submission(&self, submission: &[u8]) -> Signature {
        self.sign(SUBMISSION_TYPE, submission)
    }

    /// Proves to the ledger that this key's holder wants this enrolment; the enrolment's own `proof` is ignored.
    #[must_use]
    pub fn prove_enrolment(&self, ledger: &LedgerId, enrolment: &KeyEnrolled) -> Signature {
        self.sign(ENROLMENT_TYPE, &enrolment_body(ledger, enrolment))
    }

    /// Says as either of two checkpoint keys that one replaces the other; the event's own signatures are ignored.
    #[must_use]
    pub fn sign_replacement(&self, ledger: &LedgerId, event: &CheckpointKeyReplaced) -> Signature {
        self.sign(CHECKPOINT_KEY_TYPE, &replacement_body(ledger, event))
    }

    fn sign(&self, payload_type: &str, body: &[u8]) -> Signature {
        self.sign_bytes(&pre_authentication_encoding(payload_type, body))
    }

    /// Signs the bytes as they are: for formats that say themselves what is signed, such as [`crate::note`].
    pub(crate) fn sign_bytes(&self, message: &[u8]) -> Signature {
        Signature::from_bytes(self.0.sign(message).to_bytes())
    }
}

impl std::fmt::Debug for Keypair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keypair({})", self.public())
    }
}

/// Verifies a submission's signature strictly.
///
/// # Errors
/// `SIGNATURE_NOT_CANONICAL`, `SIGNATURE_INVALID`, or one of [`crate::key::check`] for a key that is no ordinary point.
pub fn verify_submission(key: &PublicKey, submission: &[u8], signature: &Signature) -> Result<(), Reason> {
    verify(key, SUBMISSION_TYPE, submission, signature)
}

/// Verifies an enrolment's proof under the key that it enrols.
///
/// # Errors
/// `ENROLMENT_PROOF_INVALID` for a missing or wrong proof; one of [`crate::key::check`] for a key that may not be enrolled.
pub fn verify_enrolment(ledger: &LedgerId, enrolment: &KeyEnrolled) -> Result<(), Reason> {
    crate::key::check(&enrolment.key)?;
    let proof = enrolment.proof.as_ref().ok_or(Reason::EnrolmentProofInvalid)?;
    verify(&enrolment.key, ENROLMENT_TYPE, &enrolment_body(ledger, enrolment), proof)
        .map_err(|_| Reason::EnrolmentProofInvalid)
}

/// Verifies what a checkpoint key says about its replacement.
///
/// # Errors
/// `CHECKPOINT_KEY_PROOF_INVALID` for a missing or wrong signature; one of [`crate::key::check`] for a key that is no ordinary
/// point.
pub fn verify_replacement(
    key: &PublicKey,
    ledger: &LedgerId,
    event: &CheckpointKeyReplaced,
    signature: Option<&Signature>,
) -> Result<(), Reason> {
    crate::key::check(key)?;
    let signature = signature.ok_or(Reason::CheckpointKeyProofInvalid)?;
    verify(key, CHECKPOINT_KEY_TYPE, &replacement_body(ledger, event), signature)
        .map_err(|_| Reason::CheckpointKeyProofInvalid)
}

fn replacement_body(ledger: &LedgerId, event: &CheckpointKeyReplaced) -> Vec<u8> {
    let unsigned = CheckpointKeyReplaced { endorsement: None, proof: None, ..event.clone() };
    [ledger.as_bytes().as_slice(), &wire::to_bytes(&unsigned)].concat()
}

fn enrolment_body(ledger: &LedgerId, enrolment: &KeyEnrolled) -> Vec<u8> {
    let unproved = KeyEnrolled { proof: None, ..enrolment.clone() };
    [ledger.as_bytes().as_slice(), &wire::to_bytes(&unproved)].concat()
}

fn verify(key: &PublicKey, payload_type: &str, body: &[u8], signature: &Signature) -> Result<(), Reason> {
    verify_bytes(key, &pre_authentication_encoding(payload_type, body), signature)
}

/// Verifies strictly a signature over the bytes as they are.
pub(crate) fn verify_bytes(key: &PublicKey, message: &[u8], signature: &Signature) -> Result<(), Reason> {
    let point = VerifyingKey::from_bytes(key.as_bytes()).map_err(|_| Reason::KeyNotCanonical)?;
    let parsed = ed25519_dalek::Signature::from_bytes(signature.as_bytes());
    point.verify_strict(message, &parsed).map_err(|_| failure(key, signature))
}

/// Says why a signature failed; off the hot path.
fn failure(key: &PublicKey, signature: &Signature) -> Reason {
    let (_, scalar) = signature.as_bytes().split_at(32);
    let scalar: [u8; 32] = scalar.try_into().expect("half of 64 bytes");
    let canonical = curve25519_dalek::Scalar::from_canonical_bytes(scalar).is_some();
    match crate::key::check(key) {
        Err(reason) => reason,
        Ok(()) if !bool::from(canonical) => Reason::SignatureNotCanonical,
        Ok(()) => Reason::SignatureInvalid,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodes_the_published_dsse_example() {
        let encoded = pre_authentication_encoding("http://example.com/HelloWorld", b"hello world");
        assert_eq!(encoded, b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
    }

    #[test]
    fn refuses_what_is_not_exactly_the_signature() {
        let keys = Keypair::from_seed(&[1; 32]);
        let signature = keys.sign_submission(b"body");
        assert_eq!(verify_submission(&keys.public(), b"body", &signature), Ok(()));
        assert_eq!(verify_submission(&keys.public(), b"bodY", &signature), Err(Reason::SignatureInvalid));
        let other = Keypair::from_seed(&[2; 32]).public();
        assert_eq!(verify_submission(&other, b"body", &signature), Err(Reason::SignatureInvalid));
        assert_eq!(
            verify_submission(&keys.public(), b"body", &plus_order(&signature)),
            Err(Reason::SignatureNotCanonical)
        );
    }

    /// The same signature with S + L: accepted by lax verifiers only.
    fn plus_order(signature: &Signature) -> Signature {
        const ORDER: [u8; 32] = [
            0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0,
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
        ];
        let mut bytes = *signature.as_bytes();
        let mut carry = 0;
        for (byte, order) in bytes[32..].iter_mut().zip(ORDER) {
            let sum = u16::from(*byte) + u16::from(order) + carry;
            *byte = (sum & 0xff) as u8;
            carry = sum >> 8;
        }
        Signature::from_bytes(bytes)
    }
}
