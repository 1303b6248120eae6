//! The stateless half of the decision.

use hefu_types::sign::{Claim, KnownKeys};
use hefu_types::{Refusal, SignedSubmission, Submission, SubmissionHash};

/// A submission whose bytes are canonical, within the format's limits and signed by the key that they name.
/// Only [`admit`] and [`admit_all`] make one.
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
    admit_all(&mut KnownKeys::default(), vec![signed]).pop().expect("an answer to each")
}

/// The same for whoever checks many: each by itself, answered in their order.
pub fn admit_all(known: &mut KnownKeys, signed: Vec<SignedSubmission>) -> Vec<Result<Admitted, Refusal>> {
    let decoded: Vec<_> = signed.iter().map(|signed| Submission::decode(&signed.submission)).collect();
    let claims = signed.iter().zip(&decoded).filter_map(|(SignedSubmission { submission, signature }, decoded)| {
        decoded.as_ref().ok().map(|decoded| Claim { key: &decoded.key, submission, signature })
    });
    let mut verdicts = known.verify_all(&claims.collect::<Vec<_>>()).into_iter();
    let admitted = signed.into_iter().zip(decoded).map(|(signed, decoded)| {
        let submission = decoded?;
        let verdict = verdicts.next().expect("a verdict on each that can be read");
        verdict.map_err(|reason| Refusal::new(reason, "signature", reason.cause().trim()))?;
        Ok(Admitted { hash: signed.hash(), signed, submission })
    });
    admitted.collect()
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

    /// The same for whoever has no use for the bytes any more.
    #[must_use]
    pub fn into_submission(self) -> Submission {
        self.submission
    }

    /// The submission hash.
    #[must_use]
    pub const fn hash(&self) -> SubmissionHash {
        self.hash
    }
}
