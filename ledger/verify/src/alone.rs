//! What can be checked without the entries before it, so on all cores at once.

use bytes::Bytes;
use hefu_rules::{Position, admit};
use hefu_types::batch::{self, Claim};
use hefu_types::sign::verify_submission;
use hefu_types::{ChainHash, Entry, NodeHash, Reason, Refusal, SignedSubmission, Submission, tree};

use crate::report::FailureKind;

/// What is wrong, what was expected, and what was found.
pub(crate) type Misfit = (FailureKind, String, String);

/// An entry whose bytes fit in themselves, with its signature verified.
pub(crate) struct Fit {
    pub(crate) entry: Entry,
    pub(crate) submission: Submission,
    pub(crate) position: Position,
    pub(crate) chain_hash: ChainHash,
    /// Its leaf of the tree.
    pub(crate) leaf: NodeHash,
}

pub(crate) type Checked = Result<Fit, Misfit>;

/// How signatures are verified.
#[derive(Default)]
pub(crate) struct Signatures {
    /// What nobody else knows; without it each is verified alone.
    seed: Option<[u8; 32]>,
    keys: batch::Keys,
}

impl Signatures {
    /// In batches where there are enough of them, unless the system has no randomness to give.
    pub(crate) fn in_batches() -> Self {
        let mut seed = [0; 32];
        Self { seed: getrandom::fill(&mut seed).ok().map(|()| seed), ..Self::default() }
    }

    /// What can be checked without the entries before them, up to the first that does not fit.
    pub(crate) fn check(&self, entries: &[Bytes]) -> Vec<Checked> {
        let decoded: Vec<Unverified> = entries.iter().map_while(decode).collect();
        let verified = self.verified(&decoded);
        let mut checked: Vec<Checked> = decoded.into_iter().take(verified).map(|entry| Ok(entry.fit())).collect();
        checked.extend(entries.get(verified).map(check_alone));
        checked
    }

    /// How many entries there are before the first whose signature does not verify strictly. A batch that does not hold is
    /// halved until each signature of a few is verified alone.
    fn verified(&self, decoded: &[Unverified]) -> usize {
        let Some(seed) = self.seed.filter(|_| decoded.len() >= batch::CLAIMS_MIN) else {
            return decoded.iter().take_while(|entry| entry.verifies()).count();
        };
        let claims: Vec<Claim<'_>> = decoded.iter().map(Unverified::claim).collect();
        if batch::all_verify(&claims, &self.keys, &seed) {
            return decoded.len();
        }
        let (first, second) = decoded.split_at(decoded.len() / 2);
        match self.verified(first) {
            all if all == first.len() => all + self.verified(second),
            some => some,
        }
    }
}

/// An entry of which only the signature is not checked yet.
struct Unverified {
    entry: Entry,
    signed: SignedSubmission,
    submission: Submission,
}

impl Unverified {
    fn claim(&self) -> Claim<'_> {
        Claim { key: &self.submission.key, submission: &self.signed.submission, signature: &self.signed.signature }
    }

    fn verifies(&self) -> bool {
        verify_submission(&self.submission.key, &self.signed.submission, &self.signed.signature).is_ok()
    }

    fn fit(self) -> Fit {
        let Self { entry, signed, submission } = self;
        Fit {
            position: Position {
                seq: entry.seq(),
                recorded_at: entry.recorded_at(),
                submission_hash: signed.hash(),
                submission_bytes: signed.submission.len(),
            },
            chain_hash: entry.chain_hash(),
            leaf: tree::leaf(entry.bytes()),
            entry,
            submission,
        }
    }
}

/// The layout of an entry.
pub(crate) fn parse(bytes: &Bytes) -> Result<Entry, Misfit> {
    Entry::parse(bytes.clone()).map_err(|e| {
        let kind = match e {
            hefu_types::entry::EntryError::Version(_) => FailureKind::NewerThanTool,
            _ => FailureKind::Layout,
        };
        (kind, "an entry of version 1".to_owned(), e.to_string())
    })
}

/// `None` for what [`check_alone`] says more about.
fn decode(bytes: &Bytes) -> Option<Unverified> {
    let entry = parse(bytes).ok()?;
    let signed = entry.signed();
    let submission = Submission::decode(&signed.submission).ok()?;
    Some(Unverified { entry, signed, submission })
}

/// As the server decided, so that what it refuses is named as the server would.
fn check_alone(bytes: &Bytes) -> Checked {
    let entry = parse(bytes)?;
    let admitted = admit(entry.signed()).map_err(|refusal| misfit(&refusal))?;
    let (signed, submission) = (admitted.signed().clone(), admitted.submission().clone());
    Ok(Unverified { entry, signed, submission }.fit())
}

fn misfit(refusal: &Refusal) -> Misfit {
    (kind_of_bytes(refusal.reason), "a canonical, strictly signed submission".to_owned(), describe(refusal))
}

pub(crate) fn describe(refusal: &Refusal) -> String {
    if refusal.field.is_empty() { refusal.to_string() } else { format!("{refusal} (field {})", refusal.field) }
}

/// A refusal of the entry alone: its bytes or its signature.
const fn kind_of_bytes(reason: Reason) -> FailureKind {
    match reason {
        Reason::UnknownField | Reason::UnknownEnum => FailureKind::NewerThanTool,
        Reason::SignatureInvalid
        | Reason::SignatureNotCanonical
        | Reason::KeyNotCanonical
        | Reason::KeySmallOrder
        | Reason::KeyTorsion => FailureKind::Signature,
        _ => FailureKind::NotCanonical,
    }
}

/// A refusal at this position of the log.
pub(crate) const fn kind_of_rule(reason: Reason) -> FailureKind {
    match reason {
        Reason::RulesVersionUnknown => FailureKind::NewerThanTool,
        Reason::KeySeqGap | Reason::KeySeqUsed | Reason::KeyPrevMismatch => FailureKind::KeyChain,
        _ => FailureKind::Rules,
    }
}
