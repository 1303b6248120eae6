//! Cosignatures: a witness says that at a time a checkpoint was the largest consistent one it had seen of its log.
//!
//! What is signed, and what stands in the signature line after the key id:
//!
//! ```text
//! cosignature/v1
//! time <seconds, decimal>
//! <the checkpoint's note text, with its extension lines>
//!
//! seconds as u64, big-endian || Ed25519 signature
//! ```
//!
//! Source: C2SP tlog-cosignature, <https://c2sp.org/tlog-cosignature>.

use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::limits::COSIGNATURE_SECONDS_MAX;
use crate::note::{self, NoteError, NoteSignature, NoteSigner};
use crate::vkey::{KeyKind, VerifierKey};

/// A verified cosignature: who, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cosignature {
    key: VerifierKey,
    timestamp: u64,
}

/// Why a cosignature can't be made or trusted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CosignatureError {
    /// The timestamp is beyond 2^63 - 1.
    #[error("a timestamp of more than 2^63 - 1 seconds")]
    TimestampTooLate,
    /// What is to be cosigned is no checkpoint.
    #[error("no checkpoint to cosign")]
    Checkpoint(#[from] CheckpointError),
    /// The key is not of a witness, or the signature is not one of the key, or does not fit the note.
    #[error("the cosignature is not in order")]
    Note(#[from] NoteError),
}

impl Cosignature {
    /// The witness.
    #[must_use]
    pub const fn key(&self) -> &VerifierKey {
        &self.key
    }

    /// When it cosigned: seconds since the Unix epoch, at most 2^63 - 1.
    #[must_use]
    pub const fn timestamp(&self) -> u64 {
        self.timestamp
    }
}

/// The bytes that a witness signs: two lines, and the checkpoint's note text.
#[must_use]
pub fn message(body: &str, timestamp: u64) -> Vec<u8> {
    format!("cosignature/v1\ntime {timestamp}\n{body}").into_bytes()
}

/// Verifies strictly that a signature line is a witness's cosignature of a checkpoint's note text. There is no clock here: a
/// time in the future is for the caller to judge, as is 0, which a witness must not answer with.
///
/// # Errors
/// `TimestampTooLate`, or `Note` with `KeyKindWrong`, `NotSigned` when the line is of another key, or `SignatureWrong`.
pub fn verify(body: &str, line: &NoteSignature, witness: &VerifierKey) -> Result<Cosignature, CosignatureError> {
    note::check_kind(witness, KeyKind::Cosignature)?;
    if !line.is_by(witness) {
        return Err(NoteError::NotSigned(witness.name().to_owned()).into());
    }
    let (timestamp, signature) =
        line.bytes().split_first_chunk().ok_or_else(|| NoteError::SignatureWrong(witness.name().to_owned()))?;
    let timestamp = check_timestamp(u64::from_be_bytes(*timestamp))?;
    note::verify(witness, &message(body, timestamp), signature)?;
    Ok(Cosignature { key: witness.clone(), timestamp })
}

fn check_timestamp(timestamp: u64) -> Result<u64, CosignatureError> {
    if timestamp > COSIGNATURE_SECONDS_MAX { Err(CosignatureError::TimestampTooLate) } else { Ok(timestamp) }
}

impl NoteSigner {
    /// Cosigns a checkpoint's note text, byte for byte with its extension lines, as seen at a time in seconds since the Unix
    /// epoch. The caller has verified that the checkpoint is consistent with all it cosigned before.
    ///
    /// # Errors
    /// `TimestampTooLate`, `Checkpoint` when the text is no checkpoint, or `Note` for the signer of a log.
    pub fn cosign(&self, body: &str, timestamp: u64) -> Result<NoteSignature, CosignatureError> {
        note::check_kind(self.vkey(), KeyKind::Cosignature)?;
        let timestamp = check_timestamp(timestamp)?;
        Checkpoint::parse_body(body)?;
        let signature = self.sign_bytes(&message(body, timestamp));
        let blob = [timestamp.to_be_bytes().as_slice(), signature.as_bytes()].concat();
        Ok(NoteSignature::new(self.vkey().name(), self.vkey().id(), &blob)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sign::Keypair;

    const BODY: &str = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

    fn witness() -> NoteSigner {
        NoteSigner::cosigner("w", Keypair::from_seed(&[2; 32])).unwrap()
    }

    fn wrong() -> CosignatureError {
        NoteError::SignatureWrong("w".into()).into()
    }

    #[test]
    fn the_message_is_that_of_the_specification() {
        let expected = "cosignature/v1
time 1679315147
example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
";
        assert_eq!(message(BODY, 1_679_315_147), expected.as_bytes());
    }

    #[test]
    fn time_and_body_are_signed() {
        let line = witness().cosign(BODY, 1_679_315_147).unwrap();
        let verified = verify(BODY, &line, witness().vkey()).unwrap();
        assert_eq!((verified.key(), verified.timestamp()), (witness().vkey(), 1_679_315_147));
        assert_eq!(verify(&BODY.replace("163", "164"), &line, witness().vkey()), Err(wrong()));
        for index in 0..line.bytes().len() {
            let mut bytes = line.bytes().to_vec();
            bytes[index] ^= 1;
            let changed = NoteSignature::new("w", line.id(), &bytes).unwrap();
            assert_eq!(verify(BODY, &changed, witness().vkey()), Err(wrong()), "byte {index}");
        }
        for length in [1, 7, 8, 71, 73] {
            let mut bytes = line.bytes().to_vec();
            bytes.resize(length, 0);
            let resized = NoteSignature::new("w", line.id(), &bytes).unwrap();
            assert_eq!(verify(BODY, &resized, witness().vkey()), Err(wrong()), "{length} bytes");
        }
    }

    #[test]
    fn the_timestamp_ends_at_63_bits() {
        let last = COSIGNATURE_SECONDS_MAX;
        assert_eq!(last, (1 << 63) - 1);
        let line = witness().cosign(BODY, last).unwrap();
        assert_eq!(verify(BODY, &line, witness().vkey()).unwrap().timestamp(), last);
        assert_eq!(witness().cosign(BODY, last + 1), Err(CosignatureError::TimestampTooLate));
        let signature = witness().sign_bytes(&message(BODY, last + 1));
        let blob = [(last + 1).to_be_bytes().as_slice(), signature.as_bytes()].concat();
        let line = NoteSignature::new("w", line.id(), &blob).unwrap();
        assert_eq!(verify(BODY, &line, witness().vkey()), Err(CosignatureError::TimestampTooLate));
    }

    #[test]
    fn only_witnesses_cosign_and_only_checkpoints() {
        let log = NoteSigner::new("w", Keypair::from_seed(&[2; 32])).unwrap();
        let kind = CosignatureError::Note(NoteError::KeyKindWrong("w".into()));
        assert_eq!(log.cosign(BODY, 1), Err(kind.clone()));
        let line = witness().cosign(BODY, 1).unwrap();
        assert_eq!(verify(BODY, &line, log.vkey()), Err(kind));
        let other = VerifierKey::cosigner("v", witness().vkey().key()).unwrap();
        assert_eq!(verify(BODY, &line, &other), Err(NoteError::NotSigned("v".into()).into()));
        assert_eq!(witness().cosign("text\n", 1), Err(CheckpointError::Malformed.into()));
    }
}
