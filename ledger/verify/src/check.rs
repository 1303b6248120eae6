//! The order of checks, and what is said about the first entry that does not fit.

use std::fmt;

use bytes::Bytes;
use hefu_rules::{Admitted, Position, State, admit};
use hefu_types::limits::BUNDLE_ENTRIES;
use hefu_types::{ChainHash, Entry, LedgerId, Millis, Reason, Refusal, Seq, Size, hash};
use rayon::prelude::*;
use serde::Serialize;

use crate::export::{Export, ExportError};

/// Where the log ends, as the auditor learned it from elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Head {
    /// The number of entries.
    pub size: Size,
    /// The chain hash of the last one.
    pub chain_hash: ChainHash,
}

/// What kind of fault was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// The export ends before the head, or a bundle is missing or cut off.
    Missing,
    /// The export goes on after the head, or holds bytes that are no entry.
    Surplus,
    /// The bytes don't have the layout of an entry.
    Layout,
    /// A newer program wrote this, or somebody who could chain it: only a newer program can tell.
    NewerThanTool,
    /// The entry names another position.
    Seq,
    /// The entry was recorded before its predecessor.
    Time,
    /// Neighbours don't link: the named entry's bytes are not those that were chained.
    Link,
    /// The submission is not in canonical form.
    NotCanonical,
    /// The signature does not verify under the key.
    Signature,
    /// The submission does not continue its key's own chain.
    KeyChain,
    /// The rules forbid the submission at this position.
    Rules,
    /// The last entry's chain hash is not the head's.
    Head,
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Missing => "missing",
            Self::Surplus => "surplus",
            Self::Layout => "layout",
            Self::NewerThanTool => "newer_than_tool",
            Self::Seq => "seq",
            Self::Time => "time",
            Self::Link => "link",
            Self::NotCanonical => "not_canonical",
            Self::Signature => "signature",
            Self::KeyChain => "key_chain",
            Self::Rules => "rules",
            Self::Head => "head",
        })
    }
}

/// The first entry that does not fit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// Its position.
    pub seq: Seq,
    /// What is wrong.
    pub kind: FailureKind,
    /// What was expected.
    pub expected: String,
    /// What was found.
    pub actual: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "entry {}: {}: expected {}, found {}", self.seq, self.kind, self.expected, self.actual)
    }
}

/// What was verified, up to the first failure.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The ledger's id, from the genesis entry.
    pub ledger_id: Option<LedgerId>,
    /// The log's origin.
    pub origin: Option<String>,
    /// Entries that fit.
    pub entries: u64,
    /// With [`verify_prefix`]: entries after the head, which it says nothing about.
    pub entries_after_head: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Events in them.
    pub events: u64,
    /// When the last of them was recorded.
    pub recorded_at: Millis,
    /// The verdict on signatures: each was verified strictly.
    pub signatures: &'static str,
    /// The first failure; none means that all is well.
    pub failure: Option<Failure>,
}

/// Verifies that the export is the log that ends in `head`, and nothing more. `progress` is told how many entries fit so
/// far.
///
/// # Errors
/// When a file can't be read. Whatever is wrong with its contents is a [`Failure`] in the report.
pub fn verify(export: &Export, head: Head, progress: &mut dyn FnMut(u64)) -> Result<Report, ExportError> {
    let mut run = up_to(export, head, progress)?;
    if run.report.failure.is_none() {
        run.nothing_after(export)?;
    }
    if run.report.failure.is_none() {
        run.ends_in_head();
    }
    Ok(run.report)
}

/// Verifies that the export begins with the log that ends in `head`. What follows must be linked entries to the end of the
/// export; they are counted, but the head does not cover them: neither their signatures nor the rules are looked at.
///
/// # Errors
/// As with [`verify`].
pub fn verify_prefix(export: &Export, head: Head, progress: &mut dyn FnMut(u64)) -> Result<Report, ExportError> {
    let mut run = up_to(export, head, progress)?;
    if run.report.failure.is_none() {
        run.ends_in_head();
    }
    if run.report.failure.is_none() {
        run.linked_after(export)?;
    }
    Ok(run.report)
}

/// Verifies the entries before the head.
fn up_to(export: &Export, head: Head, progress: &mut dyn FnMut(u64)) -> Result<Run, ExportError> {
    let mut run = Run::new(head);
    let mut bundle_number = 0;
    while run.report.failure.is_none() && run.size < head.size {
        let bundle = export.bundle(bundle_number)?;
        let wanted = (head.size.get() - bundle_number * BUNDLE_ENTRIES).min(BUNDLE_ENTRIES);
        let complete = bundle.entries.len() as u64 >= wanted;
        let following = || export.bundle(bundle_number + 1).ok().and_then(|next| next.entries.into_iter().next());
        run.bundle(&bundle.entries, wanted, &following);
        let more = (bundle.entries.len() as u64).saturating_sub(BUNDLE_ENTRIES);
        if run.report.failure.is_none() {
            if !complete {
                run.missing(bundle.leftover);
            } else if wanted == BUNDLE_ENTRIES && (more > 0 || bundle.leftover > 0) {
                run.surplus(END_OF_BUNDLE, more, bundle.leftover);
            }
        }
        bundle_number += 1;
        progress(run.report.entries);
    }
    Ok(run)
}

const END_OF_BUNDLE: &str = "the end of a bundle of 256 entries";

/// An entry whose bytes fit in themselves, with its signature verified.
type Checked = Result<(Entry, Admitted), (FailureKind, String, String)>;

struct Run {
    head: Head,
    state: State,
    size: Size,
    chain_hash: ChainHash,
    report: Report,
}

impl Run {
    fn new(head: Head) -> Self {
        let report = Report { signatures: "strict", ..Report::default() };
        Self { head, state: State::default(), size: Size::EMPTY, chain_hash: ChainHash::NONE, report }
    }

    /// Signatures in parallel, then everything that depends on order, in order.
    fn bundle(&mut self, entries: &[Bytes], wanted: u64, following: &dyn Fn() -> Option<Bytes>) {
        let wanted = usize::try_from(wanted).unwrap_or(usize::MAX).min(entries.len());
        let checked: Vec<Checked> = entries[..wanted].par_iter().map(check_alone).collect();
        for (index, item) in checked.into_iter().enumerate() {
            // Whether an entry or its predecessor was changed shows in what comes after it.
            let after = || entries.get(index + 1).cloned().or_else(following);
            if let Err(failure) = self.entry(item, &entries[index], &after) {
                self.report.failure = Some(failure);
                return;
            }
        }
    }

    fn entry(&mut self, item: Checked, bytes: &Bytes, after: &dyn Fn() -> Option<Bytes>) -> Result<(), Failure> {
        let seq = self.size.next_seq();
        let fail = |kind, expected: String, actual: String| Err(Failure { seq, kind, expected, actual });
        let (entry, admitted) = match item {
            Ok(parts) => parts,
            Err((kind, expected, actual)) => {
                self.position(bytes)?;
                let own = hash::chain_hash(bytes);
                if kind == FailureKind::NewerThanTool && self.is_linked(seq, own, after()) == Some(false) {
                    return fail(FailureKind::Link, "the bytes that were chained".to_owned(), actual);
                }
                return fail(kind, expected, actual);
            }
        };
        self.position(bytes)?;
        if entry.prev() != self.chain_hash {
            return Err(self.broken_link(&entry, after()));
        }
        if entry.recorded_at() < self.report.recorded_at {
            let expected = format!("recorded at or after {}", self.report.recorded_at);
            return fail(FailureKind::Time, expected, entry.recorded_at().to_string());
        }
        if let Err(refusal) = self.state.record(admitted.submission(), &Position::of(&entry)) {
            return fail(
                kind_of_rule(refusal.reason),
                "a submission that the rules accept".to_owned(),
                describe(&refusal),
            );
        }
        self.accept(&entry, &admitted);
        Ok(())
    }

    /// The position is looked at before everything else: a moved entry is called moved, not forged.
    fn position(&self, bytes: &Bytes) -> Result<(), Failure> {
        let seq = self.size.next_seq();
        match Entry::parse(bytes.clone()) {
            Ok(entry) if entry.seq() != seq => Err(Failure {
                seq,
                kind: FailureKind::Seq,
                expected: format!("an entry that names position {seq}"),
                actual: format!("position {}", entry.seq()),
            }),
            _ => Ok(()),
        }
    }

    /// Whether what comes after the entry of this position, an entry or the head, links to these bytes; `None` when what
    /// comes after it can't be read.
    fn is_linked(&self, seq: Seq, own: ChainHash, after: Option<Bytes>) -> Option<bool> {
        if seq.size() == self.head.size {
            return Some(self.head.chain_hash == own);
        }
        after.and_then(|bytes| Entry::parse(bytes).ok()).map(|next| next.prev() == own)
    }

    /// Names the entry that was changed: this one, when its own bytes are not what comes after it links to; its
    /// predecessor otherwise.
    fn broken_link(&self, entry: &Entry, after: Option<Bytes>) -> Failure {
        let linked = self.is_linked(entry.seq(), entry.chain_hash(), after) == Some(true);
        let before = self.size.last_seq().filter(|_| linked);
        match before {
            Some(changed) => Failure {
                seq: changed,
                kind: FailureKind::Link,
                expected: format!("bytes of chain hash {}, as entry {} says", entry.prev(), entry.seq()),
                actual: self.chain_hash.to_string(),
            },
            None => Failure {
                seq: entry.seq(),
                kind: FailureKind::Link,
                expected: format!("prev {}", self.chain_hash),
                actual: entry.prev().to_string(),
            },
        }
    }

    fn accept(&mut self, entry: &Entry, admitted: &Admitted) {
        if entry.seq() == Seq::FIRST {
            self.report.ledger_id = self.state.ledger().map(|ledger| ledger.id);
            self.report.origin = self.state.ledger().map(|ledger| ledger.origin.clone());
        }
        self.size = entry.seq().size();
        self.chain_hash = entry.chain_hash();
        self.report.entries = self.size.get();
        self.report.bytes += entry.bytes().len() as u64;
        self.report.events += admitted.submission().events.len() as u64;
        self.report.recorded_at = entry.recorded_at();
    }

    fn missing(&mut self, leftover: usize) {
        let actual = match leftover {
            0 => "the end of the export".to_owned(),
            n => format!("{n} bytes of an entry that is cut off"),
        };
        let expected = format!("{} entries", self.head.size);
        self.report.failure = Some(Failure { seq: self.size.next_seq(), kind: FailureKind::Missing, expected, actual });
    }

    fn surplus(&mut self, expected: &str, entries: u64, leftover: usize) {
        self.fail(FailureKind::Surplus, expected, format!("{entries} entries more, {leftover} bytes more"));
    }

    /// A failure at the next position.
    fn fail(&mut self, kind: FailureKind, expected: impl Into<String>, actual: impl Into<String>) {
        let (seq, expected, actual) = (self.size.next_seq(), expected.into(), actual.into());
        self.report.failure = Some(Failure { seq, kind, expected, actual });
    }

    /// Nothing follows the head.
    fn nothing_after(&mut self, export: &Export) -> Result<(), ExportError> {
        let size = self.head.size.get();
        let (number, expected_there) = (size / BUNDLE_ENTRIES, size % BUNDLE_ENTRIES);
        let bundle = export.bundle(number)?;
        let more = (bundle.entries.len() as u64).saturating_sub(expected_there);
        let expected = format!("the end after {size} entries");
        if more > 0 || bundle.leftover > 0 {
            self.surplus(&expected, more, bundle.leftover);
        } else if let Some(last) = export.last_bundle()?.filter(|last| *last > number) {
            self.fail(FailureKind::Surplus, expected, format!("bundle {last}"));
        }
        Ok(())
    }

    /// The last entry before the head is the head's.
    fn ends_in_head(&mut self) {
        if self.chain_hash != self.head.chain_hash {
            self.report.failure = Some(Failure {
                seq: self.size.last_seq().unwrap_or(Seq::FIRST),
                kind: FailureKind::Head,
                expected: format!("chain hash {}", self.head.chain_hash),
                actual: self.chain_hash.to_string(),
            });
        }
    }

    /// What follows the head are linked entries, without a gap, to the end of the export.
    fn linked_after(&mut self, export: &Export) -> Result<(), ExportError> {
        let mut recorded_at = self.report.recorded_at;
        let mut number = self.head.size.get() / BUNDLE_ENTRIES;
        loop {
            let bundle = export.bundle(number)?;
            let whole = bundle.entries.iter().zip(number * BUNDLE_ENTRIES..(number + 1) * BUNDLE_ENTRIES);
            for (bytes, _) in whole.filter(|(_, seq)| *seq >= self.head.size.get()) {
                match self.linked(bytes, recorded_at) {
                    Ok(entry) => {
                        (self.size, self.chain_hash) = (entry.seq().size(), entry.chain_hash());
                        recorded_at = entry.recorded_at();
                        self.report.entries_after_head += 1;
                    }
                    Err(failure) => {
                        self.report.failure = Some(failure);
                        return Ok(());
                    }
                }
            }
            let count = bundle.entries.len() as u64;
            if count >= BUNDLE_ENTRIES && (count > BUNDLE_ENTRIES || bundle.leftover > 0) {
                self.surplus(END_OF_BUNDLE, count - BUNDLE_ENTRIES, bundle.leftover);
            } else if bundle.leftover > 0 {
                self.surplus("the end of the last entry", 0, bundle.leftover);
            } else if count == BUNDLE_ENTRIES {
                number += 1;
                continue;
            } else if let Some(last) = export.last_bundle()?.filter(|last| *last > number) {
                self.fail(FailureKind::Missing, format!("all entries before bundle {last}"), "a gap");
            }
            return Ok(());
        }
    }

    /// The next entry, if it has the layout of one and follows the one before.
    fn linked(&self, bytes: &Bytes, not_before: Millis) -> Result<Entry, Failure> {
        self.position(bytes)?;
        let seq = self.size.next_seq();
        let fail = |kind, expected: String, actual: String| Failure { seq, kind, expected, actual };
        let entry = parse(bytes).map_err(|(kind, expected, actual)| fail(kind, expected, actual))?;
        if entry.prev() != self.chain_hash {
            return Err(fail(FailureKind::Link, format!("prev {}", self.chain_hash), entry.prev().to_string()));
        }
        if entry.recorded_at() < not_before {
            let expected = format!("recorded at or after {not_before}");
            return Err(fail(FailureKind::Time, expected, entry.recorded_at().to_string()));
        }
        Ok(entry)
    }
}

fn parse(bytes: &Bytes) -> Result<Entry, (FailureKind, String, String)> {
    Entry::parse(bytes.clone()).map_err(|e| {
        let kind = match e {
            hefu_types::entry::EntryError::Version(_) => FailureKind::NewerThanTool,
            _ => FailureKind::Layout,
        };
        (kind, "an entry of version 1".to_owned(), e.to_string())
    })
}

/// What can be checked without the entries before it.
fn check_alone(bytes: &Bytes) -> Checked {
    let entry = parse(bytes)?;
    let admitted = admit(entry.signed()).map_err(|refusal| {
        (kind_of_bytes(refusal.reason), "a canonical, strictly signed submission".to_owned(), describe(&refusal))
    })?;
    Ok((entry, admitted))
}

fn describe(refusal: &Refusal) -> String {
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
const fn kind_of_rule(reason: Reason) -> FailureKind {
    match reason {
        Reason::RulesVersionUnknown => FailureKind::NewerThanTool,
        Reason::KeySeqGap | Reason::KeySeqUsed | Reason::KeyPrevMismatch => FailureKind::KeyChain,
        _ => FailureKind::Rules,
    }
}
