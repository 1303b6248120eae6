//! Whether a checkpoint is cosigned as a policy asks.

use std::collections::HashSet;

use super::{Policy, PolicyMember};
use crate::checkpoint::SignedCheckpoint;
use crate::cosignature::{Cosignature, CosignatureError};
use crate::vkey::VerifierKey;

/// Why a checkpoint is not cosigned as a policy asks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuorumError {
    /// A line in a witness's name does not verify, and then the whole checkpoint counts for nothing.
    #[error("a cosignature does not verify")]
    Cosignature(#[from] CosignatureError),
    /// Too few witnesses cosigned. They still may.
    #[error("the witnesses that cosigned are no quorum of the policy")]
    Missing,
}

impl Policy {
    /// The cosignatures of this policy's witnesses on a checkpoint, if they are a quorum: in the order of the witnesses, one
    /// for each that cosigned.
    ///
    /// # Errors
    /// Any [`QuorumError`].
    pub fn check(&self, checkpoint: &SignedCheckpoint) -> Result<Vec<Cosignature>, QuorumError> {
        let found = checkpoint.cosignatures(self.witness_keys())?;
        if self.is_satisfied_by(found.iter().map(Cosignature::key)) { Ok(found) } else { Err(QuorumError::Missing) }
    }

    /// Whether these witnesses, whose cosignatures of one checkpoint were verified, are a quorum. Unknown ones don't count, and
    /// nobody counts twice.
    #[must_use]
    pub fn is_satisfied_by<'k>(&self, cosigners: impl IntoIterator<Item = &'k VerifierKey>) -> bool {
        let cosigners: HashSet<&VerifierKey> = cosigners.into_iter().collect();
        // A group's members come before it, so one pass in their order knows about all of them.
        let mut groups: Vec<bool> = Vec::with_capacity(self.groups.len());
        let is_met = |member: PolicyMember, groups: &[bool]| match member {
            PolicyMember::Witness(at) => cosigners.contains(&self.witnesses[at].key),
            PolicyMember::Group(at) => groups[at],
        };
        for group in &self.groups {
            let met = group.members.iter().filter(|&&member| is_met(member, &groups)).count();
            groups.push(met >= group.threshold);
        }
        self.quorum.is_none_or(|quorum| is_met(quorum, &groups))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::note::NoteSigner;
    use crate::sign::Keypair;
    use crate::{Checkpoint, RootHash, Size};

    fn witness(n: u8) -> NoteSigner {
        NoteSigner::cosigner(&format!("w{n}"), Keypair::from_seed(&[n; 32])).unwrap()
    }

    fn signed(size: u64) -> SignedCheckpoint {
        let log = NoteSigner::new("log", Keypair::from_seed(&[99; 32])).unwrap();
        SignedCheckpoint::sign(&Checkpoint::new("log", Size::new(size), RootHash::from_bytes([1; 32])).unwrap(), &log)
            .unwrap()
    }

    /// A checkpoint that these witnesses cosigned.
    fn cosigned(by: &[u8]) -> SignedCheckpoint {
        by.iter().fold(signed(5), |signed, &n| {
            let line = witness(n).cosign(signed.body(), 1_700_000_000 + u64::from(n)).unwrap();
            signed.with_cosignature(&line, witness(n).vkey()).unwrap()
        })
    }

    fn two_of_three() -> Policy {
        let witnesses: String = (1..=3).map(|n| format!("witness w{n} {}\n", witness(n).vkey())).collect();
        format!("{witnesses}group g 2 w1 w2 w3\nquorum g\n").parse().unwrap()
    }

    #[test]
    fn a_quorum_is_named_with_its_times() {
        let found = two_of_three().check(&cosigned(&[3, 9, 1])).unwrap();
        let found: Vec<_> = found.iter().map(|found| (found.key().name(), found.timestamp())).collect();
        assert_eq!(found, [("w1", 1_700_000_001), ("w3", 1_700_000_003)], "a stranger counts for nothing");
        let none: Policy = "quorum none\n".parse().unwrap();
        assert_eq!(none.check(&cosigned(&[])), Ok(vec![]));
    }

    #[test]
    fn too_few_are_no_quorum_and_a_false_line_spoils_all() {
        assert_eq!(two_of_three().check(&cosigned(&[2, 8, 9])), Err(QuorumError::Missing));
        // A line that a witness made for another checkpoint, beside two that are good.
        let other = witness(3).cosign(signed(6).body(), 1_700_000_000).unwrap();
        let mut lines = cosigned(&[1, 2]).note().signatures().to_vec();
        lines.push(other);
        let note = crate::Note::new(signed(5).body().to_owned(), lines).unwrap();
        let log = NoteSigner::new("log", Keypair::from_seed(&[99; 32])).unwrap();
        let spoilt = SignedCheckpoint::from_note(note, log.vkey()).unwrap();
        assert!(matches!(two_of_three().check(&spoilt), Err(QuorumError::Cosignature(_))));
    }
}
