//! Signing and strict verification: pure Ed25519 over the DSSE v1 pre-authentication encoding.
//!
//! Source: the DSSE protocol, <https://github.com/secure-systems-lab/dsse/blob/master/protocol.md>.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use curve25519_dalek::constants::EIGHT_TORSION;
use curve25519_dalek::edwards::CompressedEdwardsY;
use curve25519_dalek::{EdwardsPoint, Scalar};
use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha512};

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

/// The payload type of a request to read a value that is not free.
pub const READ_REQUEST_TYPE: &str = "application/vnd.hefu.read-request.v1+protobuf";

/// `"DSSEv1 " || len(type) || " " || type || " " || len(body) || " " || body`, lengths in ASCII decimal.
#[must_use]
pub fn pre_authentication_encoding(payload_type: &str, body: &[u8]) -> Vec<u8> {
    let head = pre_authentication_head(payload_type, body.len());
    let mut out = Vec::with_capacity(head.len() + body.len());
    out.extend_from_slice(head.as_bytes());
    out.extend_from_slice(body);
    out
}

/// What stands before a body of this length.
pub(crate) fn pre_authentication_head(payload_type: &str, len: usize) -> String {
    format!("DSSEv1 {} {payload_type} {len} ", payload_type.len())
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

    /// Signs a serialised request to read.
    #[must_use]
    pub fn sign_read_request(&self, request: &[u8]) -> Signature {
        self.sign(READ_REQUEST_TYPE, request)
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

/// Verifies the signature of a request to read strictly.
///
/// # Errors
/// As [`verify_submission`].
pub fn verify_read_request(key: &PublicKey, request: &[u8], signature: &Signature) -> Result<(), Reason> {
    verify(key, READ_REQUEST_TYPE, request, signature)
}

/// That a key signed a submission.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    /// The key.
    pub key: &'a PublicKey,
    /// The submission's bytes.
    pub submission: &'a [u8],
    /// What is said to be the signature.
    pub signature: &'a Signature,
}

impl Claim<'_> {
    /// `SHA-512(R || A || M)`, M being the pre-authentication encoding.
    pub(crate) fn challenge(&self, r: &[u8; 32]) -> Scalar {
        let head = pre_authentication_head(SUBMISSION_TYPE, self.submission.len());
        let hash = Sha512::new().chain_update(r).chain_update(self.key.as_bytes()).chain_update(head);
        Scalar::from_bytes_mod_order_wide(&hash.chain_update(self.submission).finalize().into())
    }
}

/// The encoding of R, and S; `None` unless S is canonical, that is below the order.
pub(crate) fn halves(signature: &Signature) -> ([u8; 32], Option<Scalar>) {
    let (r, s) = signature.as_bytes().split_at(32);
    let [r, s] = [r, s].map(|half| half.try_into().expect("half of 64 bytes"));
    (r, Scalar::from_canonical_bytes(s).into())
}

/// Keys that signed before, as points: whoever verifies many submissions of few keys need not parse each key each time, which
/// is a tenth of a verification.
#[derive(Clone, Debug, Default)]
pub struct KnownKeys(BTreeMap<PublicKey, EdwardsPoint>);

impl KnownKeys {
    /// Forgotten all at once when there are more: anybody can make keys, and one costs 192 bytes and its place in the map.
    const MAX: usize = 4_096;

    /// As [`verify_submission`], for each by itself; remembers the keys of signatures that hold.
    ///
    /// This is no batch verification: each equation is computed, and its verdict is certain and nobody else's. What is shared
    /// is one inversion for the encodings of all points, a fifth of a verification. Nor is R parsed: when its bytes are the
    /// canonical encoding of the point that the equation gives, it is of small order exactly when they are those of one of
    /// eight points.
    pub fn verify_all(&mut self, claims: &[Claim<'_>]) -> Vec<Result<(), Reason>> {
        let points: Vec<Option<EdwardsPoint>> = claims.iter().map(|claim| self.point(claim.key)).collect();
        let signed: Vec<Option<EdwardsPoint>> =
            claims.iter().zip(&points).map(|(claim, key)| signed_point(claim, key.as_ref()?)).collect();
        let encoded = EdwardsPoint::compress_batch_alloc(&signed.iter().flatten().copied().collect::<Vec<_>>());
        let mut encoded = encoded.into_iter();
        let mut verdicts = Vec::with_capacity(claims.len());
        for ((claim, key), signed) in claims.iter().zip(points).zip(signed) {
            let r = &claim.signature.as_bytes()[..32];
            let holds = signed.and_then(|_| encoded.next()).is_some_and(|encoded| encoded.as_bytes() == r);
            verdicts.push(match key.filter(|_| holds && !SMALL_ORDER.iter().any(|small| small == r)) {
                Some(point) => {
                    self.remember(claim.key, point);
                    Ok(())
                }
                None => Err(failure(claim.key, claim.signature)),
            });
        }
        verdicts
    }

    /// The point of a key, unless it has none or one of small order.
    fn point(&self, key: &PublicKey) -> Option<EdwardsPoint> {
        let parsed = || CompressedEdwardsY(*key.as_bytes()).decompress().filter(|point| !point.is_small_order());
        self.0.get(key).copied().or_else(parsed)
    }

    fn remember(&mut self, key: &PublicKey, point: EdwardsPoint) {
        if self.0.contains_key(key) {
            return;
        }
        if self.0.len() == Self::MAX {
            self.0.clear();
        }
        self.0.insert(*key, point);
    }
}

/// The points of small order as bytes.
static SMALL_ORDER: LazyLock<[[u8; 32]; 8]> = LazyLock::new(|| EIGHT_TORSION.map(|point| point.compress().to_bytes()));

/// `[S]B − [h]A`, which a signature that holds has the encoding of for its R; `None` when S is not canonical.
fn signed_point(claim: &Claim<'_>, key: &EdwardsPoint) -> Option<EdwardsPoint> {
    let (r, s) = halves(claim.signature);
    Some(EdwardsPoint::vartime_double_scalar_mul_basepoint(&claim.challenge(&r), &-key, &s?))
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
    match crate::key::check(key) {
        Err(reason) => reason,
        Ok(()) if halves(signature).1.is_none() => Reason::SignatureNotCanonical,
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

    /// What `verify_strict` says.
    fn strict(key: &PublicKey, body: &[u8], signature: &Signature) -> bool {
        let message = pre_authentication_encoding(SUBMISSION_TYPE, body);
        let parsed = ed25519_dalek::Signature::from_bytes(signature.as_bytes());
        VerifyingKey::from_bytes(key.as_bytes()).is_ok_and(|point| point.verify_strict(&message, &parsed).is_ok())
    }

    /// A signature whose R has a part of small order, which satisfies the equation up to that part; without a part of its own
    /// it is sound. With a key of small order, and S = 0, the equation holds for R of small order only.
    fn crafted(secret: Scalar, nonce: Scalar, r_part: usize, key_part: usize, body: &[u8]) -> (PublicKey, Signature) {
        let key = (EdwardsPoint::mul_base(&secret) + EIGHT_TORSION[key_part]).compress().to_bytes();
        let r = (EdwardsPoint::mul_base(&nonce) + EIGHT_TORSION[r_part]).compress().to_bytes();
        let message = pre_authentication_encoding(SUBMISSION_TYPE, body);
        let hash = Sha512::new().chain_update(r).chain_update(key).chain_update(message);
        let s = nonce + Scalar::from_hash(hash) * secret;
        let signature = [r, s.to_bytes()].concat();
        (PublicKey::from_bytes(key), Signature::from_slice(&signature).unwrap())
    }

    #[test]
    fn the_verdict_is_that_of_verify_strict() {
        let mut accepted = 0;
        for (secret, nonce) in [(0, 0), (0, 5), (7, 0), (7, 5)] {
            for part in 0..64 {
                for body in 0..16_u8 {
                    let (secret, nonce) = (Scalar::from(secret as u64), Scalar::from(nonce as u64));
                    let (key, signature) = crafted(secret, nonce, part / 8, part % 8, &[body]);
                    let expected = strict(&key, &[body], &signature);
                    let verdict = verify_submission(&key, &[body], &signature);
                    assert_eq!(verdict.is_ok(), expected);
                    let claim = Claim { key: &key, submission: &[body], signature: &signature };
                    let mut known = KnownKeys::default();
                    for _ in 0..2 {
                        // In company, too, and whoever stands before it.
                        let other = Claim { submission: b"another", ..claim };
                        assert_eq!(known.verify_all(&[claim]), [verdict], "{part}");
                        assert_eq!(
                            known.verify_all(&[other, claim, other, claim])[1..],
                            [verdict, Err(failure(&key, &signature)), verdict]
                        );
                    }
                    accepted += u32::from(expected);
                }
            }
        }
        // Those without parts of small order, and by chance some with.
        assert!(accepted > 16 && accepted < 512, "{accepted}");
    }

    #[test]
    fn few_keys_are_kept() {
        let mut known = KnownKeys::default();
        for seed in 0..=KnownKeys::MAX {
            let mut bytes = [0; 32];
            bytes[..8].copy_from_slice(&seed.to_be_bytes());
            let keys = Keypair::from_seed(&bytes);
            let (key, signature) = (keys.public(), keys.sign_submission(b"body"));
            let claims =
                [&b"other"[..], b"body"].map(|submission| Claim { key: &key, submission, signature: &signature });
            assert_eq!(known.verify_all(&claims[..1]), [Err(Reason::SignatureInvalid)]);
            assert!(!known.0.contains_key(&key), "nobody signed with it");
            assert_eq!(known.verify_all(&claims), [Err(Reason::SignatureInvalid), Ok(())]);
        }
        assert_eq!(known.0.len(), 1, "begun anew");
    }

    #[test]
    fn each_verdict_in_a_run_is_its_own() {
        let (keys, others) = (Keypair::from_seed(&[1; 32]), Keypair::from_seed(&[2; 32]));
        let [key, other, none] = [keys.public(), others.public(), PublicKey::from_bytes([0xff; 32])];
        let [signature, theirs] = [keys.sign_submission(b"body"), others.sign_submission(b"theirs")];
        let shifted = plus_order(&signature);
        let claims = [
            Claim { key: &key, submission: b"body", signature: &shifted },
            Claim { key: &key, submission: b"body", signature: &signature },
            Claim { key: &none, submission: b"body", signature: &signature },
            Claim { key: &other, submission: b"theirs", signature: &theirs },
            Claim { key: &other, submission: b"body", signature: &theirs },
            Claim { key: &key, submission: b"body", signature: &signature },
        ];
        let alone = claims.map(|Claim { key, submission, signature }| verify_submission(key, submission, signature));
        assert_eq!(alone.map(|verdict| verdict.is_ok()), [false, true, false, true, false, true]);
        let mut known = KnownKeys::default();
        assert_eq!(known.verify_all(&claims), alone);
        assert_eq!(known.verify_all(&claims), alone, "with keys that are known");
        assert_eq!(known.verify_all(&[]), []);
    }

    #[test]
    fn bytes_that_are_no_point_are_no_key() {
        let signature = Keypair::from_seed(&[1; 32]).sign_submission(b"body");
        // y = 2 is on no point; 2^255 - 1 is no canonical y.
        let two = std::array::from_fn(|i| if i == 0 { 2 } else { 0 });
        for key in [two, [0xff; 32]].map(PublicKey::from_bytes) {
            let claim = Claim { key: &key, submission: b"body", signature: &signature };
            let verdict = verify_submission(&key, b"body", &signature);
            assert_eq!(
                (KnownKeys::default().verify_all(&[claim]), verdict),
                (vec![verdict], Err(Reason::KeyNotCanonical))
            );
        }
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
