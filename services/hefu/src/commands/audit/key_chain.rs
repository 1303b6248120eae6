//! What an export alone says of a key: where its submissions stand, and whether they follow each other.

use hefu_client::outbox::Link;
use hefu_types::{ChainHash, DecodedEntry, Entry, KeySeq, Millis, Seq, SubmissionHash};

use super::FindingRow;
use crate::output::Hash;

/// A submission of the key, where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) link: Link,
    /// The submission before it, as it says itself.
    pub(super) key_prev: SubmissionHash,
    pub(super) seq: Seq,
    pub(super) recorded_at: Millis,
    pub(super) chain_hash: ChainHash,
}

impl Place {
    pub(super) fn of(entry: &Entry, decoded: &DecodedEntry) -> Self {
        let link = Link { key_seq: decoded.submission.key_seq, hash: decoded.submission_hash };
        Self {
            link,
            key_prev: decoded.submission.key_prev,
            seq: entry.seq(),
            recorded_at: entry.recorded_at(),
            chain_hash: entry.chain_hash(),
        }
    }
}

/// A submission that does not continue the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The numbers don't run on.
    Gap { expected: KeySeq, found: Link, key_prev: SubmissionHash, seq: Seq },
    /// It names another submission as the one before it than the one that stands before it.
    Link { found: Link, key_prev: SubmissionHash, before: SubmissionHash, seq: Seq },
}

/// Everything that does not follow, in the order of the log. The first one must be number 1 and link to nothing.
pub(super) fn faults(places: &[Place]) -> Vec<Fault> {
    let mut before = Link::NONE;
    let mut faults = vec![];
    for place in places {
        let (found, key_prev, seq) = (place.link, place.key_prev, place.seq);
        if found.key_seq != before.key_seq.next() {
            faults.push(Fault::Gap { expected: before.key_seq.next(), found, key_prev, seq });
        } else if key_prev != before.hash {
            faults.push(Fault::Link { found, key_prev, before: before.hash, seq });
        }
        before = found;
    }
    faults
}

impl Fault {
    pub(super) fn row(&self) -> FindingRow {
        let (finding, found, seq, expected, actual) = match self {
            Self::Gap { expected, found, key_prev, seq } => {
                (format!("gap: number {expected} comes next"), found, seq, key_prev, None)
            }
            Self::Link { found, key_prev, before, seq } => {
                ("link: follows another submission".to_owned(), found, seq, key_prev, Some(before))
            }
        };
        FindingRow {
            number: found.key_seq.get(),
            finding,
            expected_seq: None,
            found_seq: Some(seq.get()),
            expected: Hash::of(expected.as_bytes()),
            found: actual.map(|hash| Hash::of(hash.as_bytes())),
            receipt: None,
        }
    }
}
