//! Wire messages to domain types and back.

use hefu_types::limits::SUBMISSION_BYTES_MAX;
use hefu_types::wire::{self, DecodeError, Value};
use hefu_types::{Opening, PublicKey, Reason, Refusal, Signature, SignedSubmission};
use prost::Message;

use crate::v1;

/// A domain value as its generated message: both have the same bytes.
///
/// # Panics
/// When the two schemas disagree, which the tests of this crate exclude.
#[must_use]
pub fn to_wire<W: Message + Default>(value: &impl Value) -> W {
    W::decode(wire::to_bytes(value).as_slice()).expect("the same schema")
}

/// A generated message as its domain value.
///
/// # Errors
/// When the message breaks the rules of the canonical form or of a field.
pub fn from_wire<T: Value>(message: &impl Message) -> Result<T, DecodeError> {
    wire::from_bytes(&message.encode_to_vec())
}

/// The submission of a request, not yet decoded.
///
/// # Errors
/// `SUBMISSION_EMPTY` when there is none, `SUBMISSION_TOO_LARGE` when it is longer than any can be, `SIGNATURE_LENGTH` when the signature is not 64 bytes.
pub fn signed(message: Option<v1::SignedSubmission>) -> Result<SignedSubmission, Refusal> {
    let message = message
        .filter(|m| !m.submission.is_empty())
        .ok_or_else(|| Refusal::new(Reason::SubmissionEmpty, "submission", "no submission was sent"))?;
    if message.submission.len() > SUBMISSION_BYTES_MAX {
        let detail = format!("a submission of {} bytes, at most {SUBMISSION_BYTES_MAX}", message.submission.len());
        return Err(Refusal::new(Reason::SubmissionTooLarge, "", detail));
    }
    let signature = Signature::from_slice(&message.signature).ok_or_else(|| {
        let detail = format!("a signature of {} bytes", message.signature.len());
        Refusal::new(Reason::SignatureLength, "signature", detail)
    })?;
    Ok(SignedSubmission { submission: message.submission, signature })
}

/// A submission as a request carries it.
#[must_use]
pub fn signed_to_wire(signed: &SignedSubmission) -> v1::SignedSubmission {
    v1::SignedSubmission {
        submission: signed.submission.clone(),
        signature: signed.signature.as_bytes().to_vec().into(),
    }
}

/// An opening as a request carries it.
#[must_use]
pub fn opening_to_wire(opening: &Opening) -> v1::Opening {
    v1::Opening { salt: opening.salt().to_vec().into(), value: opening.value().to_vec().into() }
}

/// The opening of an answer; `None` when it has no salt of 32 bytes.
#[must_use]
pub fn opening(message: &v1::Opening) -> Option<Opening> {
    Some(Opening::new(<[u8; 32]>::try_from(&message.salt[..]).ok()?, message.value.to_vec()))
}

/// A public key of a request.
///
/// # Errors
/// `LENGTH_INVALID` when it is not 32 bytes.
pub fn public_key(bytes: &[u8]) -> Result<PublicKey, Refusal> {
    PublicKey::from_slice(bytes)
        .ok_or_else(|| Refusal::new(Reason::LengthInvalid, "key", format!("a key of {} bytes", bytes.len())))
}
