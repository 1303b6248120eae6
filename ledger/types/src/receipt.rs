//! Receipts: what a member needs, beside its own submission, to prove to anybody that the submission is in the log.
//!
//! A receipt is a tlog-proof whose `extra` are the entry's bytes before the submission; with the submission after them they
//! are the entry, and so the leaf. Source: C2SP tlog-proof, <https://c2sp.org/tlog-proof>.

use crate::checkpoint::{CheckpointError, SignedCheckpoint};
use crate::cosignature::Cosignature;
use crate::entry::{Entry, EntryError};
use crate::policy::{Policy, QuorumError};
use crate::tlog_proof::TlogProof;
use crate::tree::{self, ProofError};
use crate::vkey::VerifierKey;

/// A receipt that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedReceipt {
    /// The entry: the submission with its position, time and link.
    pub entry: Entry,
    /// The checkpoint that it is under, signed by the log.
    pub checkpoint: SignedCheckpoint,
    /// The cosignatures of the policy's witnesses.
    pub cosignatures: Vec<Cosignature>,
}

/// Why a receipt does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// The bytes before the submission are missing.
    #[error("the receipt has no extra data, so it is no receipt of this log")]
    ExtraMissing,
    /// With the submission they are no entry.
    #[error("the extra data and the submission are no entry")]
    Entry(#[source] EntryError),
    /// The entry names another position.
    #[error("the receipt is for position {index}, the entry says {found}")]
    Position {
        /// The receipt's.
        index: u64,
        /// The entry's.
        found: u64,
    },
    /// The log did not sign the checkpoint.
    #[error("the checkpoint is not signed by this key")]
    Checkpoint(#[source] CheckpointError),
    /// The entry is not in the tree.
    #[error("the entry is not in the tree of the checkpoint")]
    Inclusion(#[source] ProofError),
    /// The witnesses did not cosign it as the policy asks.
    #[error("the checkpoint is not cosigned as the policy asks")]
    Quorum(#[source] QuorumError),
}

/// The entry that a receipt speaks of, if it is in the tree of the receipt's checkpoint. Whether the log signed that is not
/// looked at.
///
/// # Errors
/// `ExtraMissing`, `Entry`, `Position`, `Checkpoint` when it can't be read, `Inclusion`.
pub fn check_path(receipt: &TlogProof, submission: &[u8]) -> Result<Entry, ReceiptError> {
    let extra = receipt.extra().ok_or(ReceiptError::ExtraMissing)?;
    let entry = Entry::parse([extra, submission].concat().into()).map_err(ReceiptError::Entry)?;
    let (index, found) = (receipt.index().get(), entry.seq().get());
    if index != found {
        return Err(ReceiptError::Position { index, found });
    }
    let of = crate::Checkpoint::parse_body(receipt.checkpoint().text()).map_err(ReceiptError::Checkpoint)?;
    let leaf = tree::leaf(entry.bytes());
    tree::verify_inclusion(leaf, receipt.index(), of.size(), of.root(), receipt.hashes())
        .map_err(ReceiptError::Inclusion)?;
    Ok(entry)
}

/// Verifies a receipt with the member's own submission, the log's key, and, if asked, a policy.
///
/// # Errors
/// Any [`ReceiptError`].
pub fn verify(
    receipt: &TlogProof,
    submission: &[u8],
    log: &VerifierKey,
    policy: Option<&Policy>,
) -> Result<VerifiedReceipt, ReceiptError> {
    let entry = check_path(receipt, submission)?;
    let checkpoint = receipt.open_checkpoint(log).map_err(ReceiptError::Checkpoint)?;
    let cosignatures = policy.map_or(Ok(vec![]), |policy| policy.check(&checkpoint)).map_err(ReceiptError::Quorum)?;
    Ok(VerifiedReceipt { entry, checkpoint, cosignatures })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sign::Keypair;
    use crate::tree::Edge;
    use crate::{ChainHash, Checkpoint, Millis, NoteSigner, Seq, Signature, SignedSubmission};

    const SUBMISSION: &[u8] = b"a submission";

    fn signer(name: &str, seed: u8) -> NoteSigner {
        NoteSigner::new(name, Keypair::from_seed(&[seed; 32])).unwrap()
    }

    fn witness() -> NoteSigner {
        NoteSigner::cosigner("w", Keypair::from_seed(&[9; 32])).unwrap()
    }

    fn policy() -> Policy {
        format!("witness w {}\nquorum w\n", witness().vkey()).parse().unwrap()
    }

    fn entry(seq: u64, submission: &'static [u8]) -> Entry {
        let signed = SignedSubmission { submission: submission.into(), signature: Signature::from_bytes([7; 64]) };
        Entry::new(Seq::new(seq), Millis::new(5), ChainHash::NONE, &signed)
    }

    fn receipt(index: u64, cosigned: bool) -> TlogProof {
        let mut edge = Edge::default();
        (0..5).for_each(|seq| edge.push(tree::leaf(entry(seq, SUBMISSION).bytes()), |_, _| ()));
        let checkpoint = Checkpoint::new("log", edge.size(), edge.root()).unwrap();
        let mut signed = SignedCheckpoint::sign(&checkpoint, &signer("log", 1)).unwrap();
        if cosigned {
            let line = witness().cosign(signed.body(), 1_700_000_000).unwrap();
            signed = signed.with_cosignature(&line, witness().vkey()).unwrap();
        }
        let bytes = entry(3, SUBMISSION).bytes().clone();
        let extra = bytes[..bytes.len() - SUBMISSION.len()].to_vec();
        let hashes = edge.inclusion(Seq::new(3)).unwrap();
        TlogProof::new(Some(extra), Seq::new(index), hashes, signed.note().clone()).unwrap()
    }

    #[test]
    fn a_receipt_holds_with_the_submission_and_the_key() {
        let key = signer("log", 1).vkey().clone();
        let found = verify(&receipt(3, false), SUBMISSION, &key, None).unwrap();
        assert_eq!((found.entry, found.checkpoint.checkpoint().size().get()), (entry(3, SUBMISSION), 5));
        let found = verify(&receipt(3, true), SUBMISSION, &key, Some(&policy())).unwrap();
        assert_eq!(found.cosignatures.len(), 1);
    }

    #[test]
    fn anything_else_does_not_hold() {
        let key = signer("log", 1).vkey().clone();
        let of =
            |receipt: &TlogProof, submission, key: &VerifierKey| verify(receipt, submission, key, None).unwrap_err();
        assert!(matches!(of(&receipt(3, false), b"other", &key), ReceiptError::Inclusion(ProofError::Root)));
        assert!(matches!(of(&receipt(2, false), SUBMISSION, &key), ReceiptError::Position { index: 2, found: 3 }));
        for other in [signer("log", 2), signer("other", 1)] {
            assert!(matches!(of(&receipt(3, false), SUBMISSION, other.vkey()), ReceiptError::Checkpoint(_)));
        }
        let good = receipt(3, false);
        let parts = |extra: Option<Vec<u8>>, hashes: &[_]| {
            TlogProof::new(extra, good.index(), hashes.to_vec(), good.checkpoint().clone()).unwrap()
        };
        let extra = good.extra().map(<[u8]>::to_vec);
        assert_eq!(of(&parts(None, good.hashes()), SUBMISSION, &key), ReceiptError::ExtraMissing);
        assert!(matches!(of(&parts(Some(vec![]), good.hashes()), SUBMISSION, &key), ReceiptError::Entry(_)));
        assert!(matches!(of(&parts(extra, &good.hashes()[1..]), SUBMISSION, &key), ReceiptError::Inclusion(_)));
        let quorum = verify(&good, SUBMISSION, &key, Some(&policy())).unwrap_err();
        assert_eq!(quorum, ReceiptError::Quorum(QuorumError::Missing));
    }
}
