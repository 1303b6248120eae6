//! The stateless half of the decision.

use hefu_types::sign::KnownKeys;
use hefu_types::{Refusal, SignedSubmission, Submission, SubmissionHash};

/// A submission whose bytes are canonical, within the format's limits and signed by the key that they name.
/// Only [`admit`] and [`admit_by`] make one.
#[derive(Clone, Debug)]
#[must_use]
pub struct Admitted {
    signed: SignedSubmission,
    submission: Submission,
    hash: SubmissionHash,
}

/// Checks canonical form, limits and the strict signature; needs no state, so that many can be checked at once.
///
/// # Errors
/// A refusal that names the code, the field and, for malformed bytes, the offset.
pub fn admit(signed: SignedSubmission) -> Result<Admitted, Refusal> {
    admit_by(&mut KnownKeys::default(), signed)
}

/// The same for whoever checks many.
///
/// # Errors
/// As with [`admit`].
pub fn admit_by(known: &mut KnownKeys, signed: SignedSubmission) -> Result<Admitted, Refusal> {
    let submission = Submission::decode(&signed.submission)?;
    known
        .verify_submission(&submission.key, &signed.submission, &signed.signature)
        .map_err(|reason| Refusal::new(reason, "signature", reason.cause().trim()))?;
    let hash = signed.hash();
    Ok(Admitted { signed, submission, hash })
}

impl Admitted {
    /// The bytes and the signature, as sent.
    #[must_use]
    pub const fn signed(&self) -> &SignedSubmission {
        &self.signed
    }

    /// What they say.
    #[must_use]
    pub const fn submission(&self) -> &Submission {
        &self.submission
    }

    /// The submission hash.
    #[must_use]
    pub const fn hash(&self) -> SubmissionHash {
        self.hash
    }
}
