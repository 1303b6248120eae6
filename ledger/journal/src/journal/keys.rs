//! Which keys sign a journal's checkpoints.

use hefu_types::VerifierKey;
use hefu_types::note::NoteSigner;

use super::Journal;

impl Journal {
    /// The held keys that sign the checkpoint of the head: two while one replaces the other.
    #[must_use]
    pub fn log_keys(&self) -> Vec<VerifierKey> {
        let Some(seal) = self.seal() else { return vec![] };
        self.signers.keys(|key| seal.keys.iter().any(|(known, record)| *known == key && record.signs(seal.size())))
    }

    /// Every checkpoint key that the log has had.
    #[must_use]
    pub fn past_keys(&self) -> Vec<VerifierKey> {
        let (Some(seal), Some(ledger)) = (self.seal(), &self.ledger) else { return vec![] };
        seal.keys.iter().filter_map(|(key, _)| VerifierKey::new(&ledger.origin, *key).ok()).collect()
    }

    /// The held checkpoint keys that the log does not know: those that may replace the one in force.
    #[must_use]
    pub fn spare_keys(&self) -> Vec<VerifierKey> {
        let seal = self.seal();
        let known = |key| seal.as_ref().is_some_and(|seal| seal.keys.iter().any(|(known, _)| *known == key));
        self.signers.keys(|key| !known(key))
    }

    /// Takes a checkpoint key that is to replace the one in force: only a key that is held may be announced.
    pub fn hold(&self, signer: NoteSigner) {
        self.signers.add(signer);
    }
}
