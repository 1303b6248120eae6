use bytes::Bytes;
use hefu_types::{ChainHash, Entry, Millis, Seq, Size};

use crate::ClientError;

/// Checks entries as they come: layout, position, time, and the link to the one before.
///
/// Neither signatures nor rules: that is `hefu-verify`.
#[derive(Clone, Debug)]
pub struct EntryChecker {
    size: Size,
    last: Option<(ChainHash, Millis)>,
}

impl EntryChecker {
    /// A checker of a log from its first entry on.
    #[must_use]
    pub const fn start() -> Self {
        Self { size: Size::EMPTY, last: None }
    }

    /// A checker from a position on. The link of that first entry can't be checked, unless it is the genesis entry.
    #[must_use]
    pub const fn from(seq: Seq) -> Self {
        Self { size: Size::new(seq.get()), last: None }
    }

    /// The size of the log so far.
    #[must_use]
    pub const fn size(&self) -> Size {
        self.size
    }

    /// The chain hash of the last entry; `None` before the first.
    #[must_use]
    pub fn chain_hash(&self) -> Option<ChainHash> {
        self.last.map(|(hash, _)| hash)
    }

    /// When the last entry was recorded; 0 before the first.
    #[must_use]
    pub fn recorded_at(&self) -> Millis {
        self.last.map_or(Millis::new(0), |(_, time)| time)
    }

    /// Takes the next entry.
    ///
    /// # Errors
    /// `LOG_BROKEN` when it is not the next entry of the log.
    pub fn check(&mut self, bytes: Bytes) -> Result<Entry, ClientError> {
        let seq = self.size.next_seq();
        let broken = |detail: String| ClientError::LogBroken { seq, detail };
        let entry = Entry::parse(bytes).map_err(|e| broken(e.to_string()))?;
        if entry.seq() != seq {
            return Err(broken(format!("the entry that came says seq {}", entry.seq())));
        }
        let prev = if seq == Seq::FIRST { Some(ChainHash::NONE) } else { self.chain_hash() };
        if let Some(prev) = prev.filter(|prev| *prev != entry.prev()) {
            return Err(broken(format!("it links to {}, the entry before has {prev}", entry.prev())));
        }
        if let Some((_, before)) = self.last.filter(|(_, before)| *before > entry.recorded_at()) {
            return Err(broken(format!("recorded at {}, the entry before at {before}", entry.recorded_at())));
        }
        self.last = Some((entry.chain_hash(), entry.recorded_at()));
        self.size = seq.size();
        Ok(entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hefu_types::{Signature, SignedSubmission};

    fn entry(seq: u64, time: i64, prev: ChainHash) -> Entry {
        let signed = SignedSubmission { submission: vec![1].into(), signature: Signature::from_bytes([0; 64]) };
        Entry::new(Seq::new(seq), Millis::new(time), prev, &signed)
    }

    /// Two entries taken, then this one.
    fn third(seq: u64, time: i64, prev: Option<ChainHash>) -> Result<Entry, ClientError> {
        let mut checker = EntryChecker::start();
        checker.check(entry(0, 5, ChainHash::NONE).bytes().clone()).unwrap();
        let second = entry(1, 7, checker.chain_hash().unwrap());
        checker.check(second.bytes().clone()).unwrap();
        let prev = prev.unwrap_or(second.chain_hash());
        checker.check(entry(seq, time, prev).bytes().clone())
    }

    #[test]
    fn takes_the_next_entry_only() {
        assert_eq!(third(2, 7, None).unwrap().seq(), Seq::new(2));
        for (seq, time, prev) in [(1, 7, None), (3, 7, None), (2, 6, None), (2, 7, Some(ChainHash::NONE))] {
            assert_eq!(third(seq, time, prev).unwrap_err().code(), "LOG_BROKEN", "{seq} {time} {prev:?}");
        }
        let genesis = entry(0, 5, ChainHash::from_bytes([1; 32]));
        assert!(EntryChecker::start().check(genesis.bytes().clone()).is_err());
        assert!(EntryChecker::start().check(genesis.bytes().slice(..9)).is_err());
        let later = entry(9, 5, ChainHash::from_bytes([1; 32]));
        assert!(EntryChecker::from(Seq::new(9)).check(later.bytes().clone()).is_ok());
    }
}
