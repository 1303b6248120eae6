//! What the member kept against what an export says: every answer is a promise of a position.

use std::collections::BTreeMap;
use std::path::PathBuf;

use hefu_client::Position;
use hefu_client::outbox::{Link, Stored};
use hefu_types::{KeySeq, Seq, Size, SubmissionHash};

use super::FindingRow;
use super::key_chain::Place;
use crate::output::Hash;

/// Where a submission is, that is not where it was answered to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Instead {
    /// In no entry of the export.
    Dropped,
    /// At another position.
    Moved(Seq),
    /// Another submission stands under its number.
    Replaced(Seq, SubmissionHash),
    /// It stands there, but what stands before it is not what stood before it when it was answered.
    Rechained(Seq),
}

/// An answer that the export does not keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Omission {
    pub(super) link: Link,
    pub(super) answered: Seq,
    pub(super) instead: Instead,
    /// What proves to others that it was recorded there.
    pub(super) receipt: Option<PathBuf>,
}

/// What became of everything in an outbox.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Comparison {
    /// Submissions in the outbox.
    pub(super) stored: u64,
    /// Those that were answered.
    pub(super) answered: u64,
    /// Those that were answered with a position behind the end of the export, which so says nothing about them.
    pub(super) after_export: u64,
    /// Submissions of the key in the export that are not in the outbox.
    pub(super) not_stored: u64,
    pub(super) omissions: Vec<Omission>,
}

/// Holds an outbox against where the key's submissions stand in an export of this size.
pub(super) fn compare(stored: &[Stored], places: &[Place], size: Size) -> Comparison {
    let index = Index::of(places);
    let mut found = Comparison { stored: stored.len() as u64, ..Comparison::default() };
    for one in stored {
        let Some(answer) = &one.answer else { continue };
        found.answered += 1;
        match index.instead(one.link, answer) {
            None => (),
            Some(Instead::Dropped) if answer.seq.get() >= size.get() => found.after_export += 1,
            Some(instead) => {
                let receipt = one.receipt.clone();
                found.omissions.push(Omission { link: one.link, answered: answer.seq, instead, receipt });
            }
        }
    }
    let is_stored = |place: &&Place| stored.binary_search_by_key(&place.link.key_seq, |one| one.link.key_seq).is_ok();
    found.not_stored = (places.len() - places.iter().filter(is_stored).count()) as u64;
    found
}

/// The places of a key by what stands there.
struct Index<'p> {
    hashes: BTreeMap<SubmissionHash, Vec<&'p Place>>,
    numbers: BTreeMap<KeySeq, &'p Place>,
}

impl<'p> Index<'p> {
    fn of(places: &'p [Place]) -> Self {
        let mut hashes: BTreeMap<SubmissionHash, Vec<&Place>> = BTreeMap::new();
        for place in places {
            hashes.entry(place.link.hash).or_default().push(place);
        }
        Self { hashes, numbers: places.iter().map(|place| (place.link.key_seq, place)).collect() }
    }

    /// Where a submission is instead of where it was answered to be; `None` when it is there.
    fn instead(&self, link: Link, answer: &Position) -> Option<Instead> {
        let same = self.hashes.get(&link.hash).map_or(&[][..], Vec::as_slice);
        if let Some(place) = same.iter().find(|place| place.seq == answer.seq) {
            return (place.chain_hash != answer.chain_hash).then_some(Instead::Rechained(place.seq));
        }
        Some(match (same.first(), self.numbers.get(&link.key_seq)) {
            (Some(place), _) => Instead::Moved(place.seq),
            (None, Some(other)) => Instead::Replaced(other.seq, other.link.hash),
            (None, None) => Instead::Dropped,
        })
    }
}

impl Omission {
    pub(super) fn row(&self) -> FindingRow {
        let (finding, found_seq, found) = match self.instead {
            Instead::Dropped => ("dropped", None, None),
            Instead::Moved(seq) => ("moved", Some(seq), Some(self.link.hash)),
            Instead::Replaced(seq, hash) => ("replaced", Some(seq), Some(hash)),
            Instead::Rechained(seq) => ("rechained: the log before it was changed", Some(seq), Some(self.link.hash)),
        };
        FindingRow {
            number: self.link.key_seq.get(),
            finding: finding.to_owned(),
            expected_seq: Some(self.answered.get()),
            found_seq: found_seq.map(Seq::get),
            expected: Hash::of(self.link.hash.as_bytes()),
            found: found.map(|hash| Hash::of(hash.as_bytes())),
            receipt: self.receipt.as_ref().map(|path| path.display().to_string()),
        }
    }
}
