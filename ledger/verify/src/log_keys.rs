//! From a checkpoint key that is trusted to those that replaced it: each names its successor under its own signature.

use hefu_types::{Entry, Event, LedgerId, Seq, Size, VerifierKey, hash, sign};

use crate::export::{Export, ExportError};

/// The tag of a `CheckpointKeyReplaced` in an event: field 310, length-delimited. Entries without these bytes hold none.
const TAG: [u8; 2] = [0xb2, 0x13];

/// A checkpoint key and its successors, as far as entries have named them.
///
/// A successor is believed because the key before it signed for it, in this ledger; whether the entry that says so is valid is
/// for [`crate::verify()`].
#[derive(Clone, Debug)]
pub struct LogKeys {
    keys: Vec<VerifierKey>,
    ledger: Option<LedgerId>,
}

impl LogKeys {
    /// Begins with a key that is trusted.
    #[must_use]
    pub fn trusting(key: VerifierKey) -> Self {
        Self { keys: vec![key], ledger: None }
    }

    /// Begins with the key that the genesis entry names; `None` for an entry that is no genesis.
    #[must_use]
    pub fn of_genesis(entry: &Entry) -> Option<Self> {
        match entry.decode().ok()?.submission.events.first()? {
            Event::LedgerOpened(opened) => {
                let mut keys = Self::trusting(opened.checkpoint_key.as_str().parse().ok()?);
                keys.learn(entry);
                Some(keys)
            }
            _ => None,
        }
    }

    /// The keys, the oldest first.
    #[must_use]
    pub fn keys(&self) -> &[VerifierKey] {
        &self.keys
    }

    /// Takes the entries of a log in order, from the genesis on.
    pub fn learn(&mut self, entry: &Entry) {
        let submission = &entry.signed().submission;
        if entry.seq() == Seq::FIRST {
            self.ledger = Some(hash::ledger_id(submission));
        }
        if submission.windows(TAG.len()).any(|bytes| bytes == TAG)
            && let Ok(decoded) = entry.decode()
        {
            decoded.submission.events.iter().for_each(|event| self.follow(event));
        }
    }

    fn follow(&mut self, event: &Event) {
        let (Event::CheckpointKeyReplaced(e), Some(ledger), Some(last)) = (event, &self.ledger, self.keys.last())
        else {
            return;
        };
        let (replaced, replacement): (Result<VerifierKey, _>, Result<VerifierKey, _>) =
            (e.replaced.as_str().parse(), e.replacement.as_str().parse());
        let (Ok(replaced), Ok(replacement)) = (replaced, replacement) else { return };
        let endorsed = sign::verify_replacement(&replaced.key(), ledger, e, e.endorsement.as_ref());
        if replaced == *last && replacement.name() == last.name() && replacement.is_log_key() && endorsed.is_ok() {
            self.keys.push(replacement);
        }
    }
}

impl Export {
    /// A trusted checkpoint key and its successors, as the entries up to a size, or up to a damaged bundle, name them.
    ///
    /// # Errors
    /// When a file can't be read.
    pub fn log_keys(&self, trusted: &VerifierKey, size: Size) -> Result<LogKeys, ExportError> {
        let mut keys = LogKeys::trusting(trusted.clone());
        self.each_entry(size, |entry| keys.learn(entry))?;
        Ok(keys)
    }

    /// The key that the genesis entry names and its successors, in the same way; `None` without a genesis. Whether any of them
    /// can be trusted is another matter: the entries must be verified.
    ///
    /// # Errors
    /// When a file can't be read.
    pub fn own_log_keys(&self, size: Size) -> Result<Option<LogKeys>, ExportError> {
        let mut keys: Option<LogKeys> = None;
        self.each_entry(size, |entry| match &mut keys {
            Some(keys) => keys.learn(entry),
            None if entry.seq() == Seq::FIRST => keys = LogKeys::of_genesis(entry),
            None => {}
        })?;
        Ok(keys)
    }

    fn each_entry(&self, size: Size, mut see: impl FnMut(&Entry)) -> Result<(), ExportError> {
        for bytes in self.entries(Some(size)) {
            match bytes {
                Ok(bytes) => Entry::parse(bytes).iter().for_each(&mut see),
                Err(ExportError::Damaged(_)) => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use hefu_types::event::platform::CheckpointKeyReplaced;
    use hefu_types::sign::Keypair;
    use hefu_types::{
        ChainHash, KeySeq, Millis, PublicKey, Signature, SignedSubmission, Submission, SubmissionHash, Text,
    };

    fn keys(seed: u8) -> Keypair {
        Keypair::from_seed(&[seed; 32])
    }

    fn vkey(seed: u8) -> VerifierKey {
        VerifierKey::new("example.org/log", keys(seed).public()).unwrap()
    }

    fn entry(seq: u64, submission: Vec<u8>) -> Entry {
        let signed =
            SignedSubmission { submission: Bytes::from(submission), signature: Signature::from_bytes([7; 64]) };
        Entry::new(Seq::new(seq), Millis::new(5), ChainHash::NONE, &signed)
    }

    /// An entry in which one key names its successor, endorsed for a ledger.
    fn replacement(seq: u64, (old, new): (u8, u8), ledger: LedgerId, endorser: u8) -> Entry {
        let text = |seed| Text::new(&vkey(seed).to_string()).unwrap();
        let mut event = CheckpointKeyReplaced {
            replaced: text(old),
            replacement: text(new),
            valid_to: Size::new(9),
            endorsement: None,
            proof: None,
        };
        event.endorsement = Some(keys(endorser).sign_replacement(&ledger, &event));
        let submission = Submission {
            ledger_id: Some(ledger),
            key: PublicKey::from_bytes([1; 32]),
            key_seq: KeySeq::new(1),
            key_prev: SubmissionHash::NONE,
            created_at: Millis::new(1),
            not_after: Millis::new(0),
            events: vec![event.into()],
        };
        entry(seq, submission.encode())
    }

    fn learnt(entries: &[Entry]) -> usize {
        let mut known = LogKeys::trusting(vkey(1));
        entries.iter().for_each(|entry| known.learn(entry));
        known.keys().len()
    }

    #[test]
    fn each_key_leads_to_the_next_and_nothing_else_does() {
        let genesis = entry(0, b"the genesis".to_vec());
        let ledger = hash::ledger_id(&genesis.signed().submission);
        let other = LedgerId::from_bytes([3; 32]);
        let first = replacement(1, (1, 2), ledger, 1);
        let second = replacement(2, (2, 3), ledger, 2);
        assert_eq!(learnt(&[genesis.clone(), first.clone(), second.clone()]), 3);
        assert_eq!(learnt(&[genesis.clone(), second.clone(), first.clone()]), 2, "only in their order");
        assert_eq!(learnt(&[first]), 1, "the ledger is not known");
        for stranger in [
            replacement(1, (1, 2), ledger, 2),
            replacement(1, (1, 2), other, 1),
            replacement(1, (4, 2), ledger, 4),
            entry(1, TAG.to_vec()),
        ] {
            assert_eq!(learnt(&[genesis.clone(), stranger]), 1);
        }
    }
}
