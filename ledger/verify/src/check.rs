//! The order of checks, and which entry is the first that does not fit.

use bytes::Bytes;
use hefu_rules::{Admitted, Position, State};
use hefu_types::limits::BUNDLE_ENTRIES;
use hefu_types::tile::{Contents, Tile};
use hefu_types::{ChainHash, Entry, Millis, NodeHash, Seq, Size, hash, tree};
use rayon::prelude::*;

use crate::alone::{Checked, check_alone, describe, kind_of_rule, parse};
use crate::export::{Bundle, Export, ExportError};
use crate::report::{End, Failure, FailureKind, Mark, Report};
use crate::rows::TileRows;

/// Verifies that the export is the log that ends in `end`, a head or a checkpoint, and nothing more. `progress` is told how many entries fit so
/// far.
///
/// # Errors
/// When a file can't be read. Whatever is wrong with its contents is a [`Failure`] in the report.
pub fn verify(export: &Export, end: impl Into<End>, progress: &mut dyn FnMut(u64)) -> Result<Report, ExportError> {
    let mut run = up_to(export, end.into(), true, progress)?;
    if run.report.failure.is_none() {
        run.nothing_after(export)?;
    }
    if run.report.failure.is_none() {
        run.ends_in_head();
    }
    Ok(run.report)
}

/// Verifies that the export begins with the log that ends in `end`. What follows must be linked entries to the end of the
/// export; they are counted, but the head does not cover them: neither their signatures nor the rules are looked at.
///
/// # Errors
/// As with [`verify`].
pub fn verify_prefix(
    export: &Export,
    end: impl Into<End>,
    progress: &mut dyn FnMut(u64),
) -> Result<Report, ExportError> {
    let mut run = up_to(export, end.into(), false, progress)?;
    if run.report.failure.is_none() {
        run.ends_in_head();
    }
    if run.report.failure.is_none() {
        run.linked_after(export)?;
    }
    Ok(run.report)
}

/// Verifies the entries before the head, and their tiles.
fn up_to<'e>(
    export: &'e Export,
    end: End,
    is_whole: bool,
    progress: &mut dyn FnMut(u64),
) -> Result<Run<'e>, ExportError> {
    let mut run = Run::new(export, end, is_whole);
    if end.size == Size::EMPTY {
        run.fail(FailureKind::Head, "a head of at least the genesis entry", "size 0");
    }
    let mut number = 0;
    while run.report.failure.is_none() && run.size < end.size {
        let bundle = export.bundle(number, end.size)?;
        let wanted = (end.size.get() - number * BUNDLE_ENTRIES).min(BUNDLE_ENTRIES);
        let next = || export.bundle(number + 1, end.size).ok();
        let following = || next().and_then(|next| next.entries.into_iter().next());
        run.bundle(&bundle.entries, wanted, &following);
        if run.report.failure.is_none() {
            run.files(number, wanted, &bundle);
        }
        run.full_tiles()?;
        number += 1;
        progress(run.report.entries);
    }
    if run.report.failure.is_none() {
        run.partial_tiles()?;
    }
    Ok(run)
}

struct Run<'e> {
    export: &'e Export,
    end: End,
    /// The export must end where the log does.
    is_whole: bool,
    state: State,
    size: Size,
    chain_hash: ChainHash,
    tree: TileRows,
    /// Tiles that the entries have filled, to be compared with the files.
    filled: Vec<(Tile, Vec<u8>)>,
    report: Report,
}

impl<'e> Run<'e> {
    fn new(export: &'e Export, end: End, is_whole: bool) -> Self {
        Self {
            export,
            end,
            is_whole,
            state: State::default(),
            size: Size::EMPTY,
            chain_hash: ChainHash::NONE,
            tree: TileRows::default(),
            filled: vec![],
            report: Report { signatures: "strict", ..Report::default() },
        }
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
        let (entry, admitted, leaf) = match item {
            Ok(parts) => parts,
            Err((kind, expected, actual)) => {
                self.position(bytes)?;
                if kind == FailureKind::NewerThanTool && self.is_linked(seq, bytes, after()) != Some(true) {
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
            let kind = kind_of_rule(refusal.reason);
            return fail(kind, "a submission that the rules accept".to_owned(), describe(&refusal));
        }
        self.accept(&entry, &admitted, leaf);
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
    fn is_linked(&self, seq: Seq, own: &[u8], after: Option<Bytes>) -> Option<bool> {
        if seq.size() == self.end.size {
            return Some(match self.end.mark {
                Mark::Chain(hash) => hash == hash::chain_hash(own),
                Mark::Root(root) => root == self.tree.root_with(tree::leaf(own)),
            });
        }
        let next = after.and_then(|bytes| Entry::parse(bytes).ok());
        next.map(|next| next.prev() == hash::chain_hash(own))
    }

    /// Names the entry that was changed: this one, when its own bytes are not what comes after it links to; its
    /// predecessor otherwise.
    fn broken_link(&self, entry: &Entry, after: Option<Bytes>) -> Failure {
        let linked = self.is_linked(entry.seq(), entry.bytes(), after) == Some(true);
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

    fn accept(&mut self, entry: &Entry, admitted: &Admitted, leaf: NodeHash) {
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
        self.report.chain_hash = Some(self.chain_hash);
        self.tree.push(leaf, |tile, bytes| self.filled.push((tile, bytes.to_vec())));
    }

    /// The files of a bundle whose wanted entries all fit.
    fn files(&mut self, number: u64, wanted: u64, bundle: &Bundle) {
        let cut_off = (bundle.entries.len() as u64) < wanted;
        match (bundle.leftover, bundle.differing) {
            (0, _) if cut_off => {
                self.fail(FailureKind::Missing, format!("{} entries", self.end.size), "the end of the export");
            }
            (bytes, _) if cut_off => {
                let actual = format!("{bytes} bytes of an entry that is cut off");
                self.fail(FailureKind::Missing, format!("{} entries", self.end.size), actual);
            }
            (bytes, _) if bytes > 0 && wanted == BUNDLE_ENTRIES => {
                self.surplus("the end of a bundle of 256 entries", 0, bytes)
            }
            (_, Some(width)) => self.differing(number, width),
            _ => (),
        }
    }

    fn surplus(&mut self, expected: &str, entries: u64, leftover: usize) {
        self.fail(FailureKind::Surplus, expected, format!("{entries} entries more, {leftover} bytes more"));
    }

    /// The same entries are there twice, and not the same.
    fn differing(&mut self, number: u64, width: u16) {
        self.report.failure = Some(Failure {
            seq: Seq::new(number * BUNDLE_ENTRIES),
            kind: FailureKind::Surplus,
            expected: format!(
                "the first {width} entries of bundle {number} in {}",
                Tile { contents: Contents::Entries, number, width }
            ),
            actual: "other bytes".to_owned(),
        });
    }

    /// A failure at the next position.
    fn fail(&mut self, kind: FailureKind, expected: impl Into<String>, actual: impl Into<String>) {
        let (seq, expected, actual) = (self.size.next_seq(), expected.into(), actual.into());
        self.report.failure = Some(Failure { seq, kind, expected, actual });
    }

    /// Nothing follows the head.
    fn nothing_after(&mut self, export: &Export) -> Result<(), ExportError> {
        let size = self.end.size;
        let (number, expected_there) = (size.get() / BUNDLE_ENTRIES, size.get() % BUNDLE_ENTRIES);
        let bundle = export.bundle(number, size)?;
        let more = (bundle.entries.len() as u64).saturating_sub(expected_there);
        let expected = format!("the end after {size} entries");
        if more > 0 || bundle.leftover > 0 {
            self.surplus(&expected, more, bundle.leftover);
        } else if let Some(last) = export.last(Contents::Entries)?.filter(|last| *last > number) {
            self.fail(FailureKind::Surplus, expected, format!("bundle {last}"));
        }
        Ok(())
    }

    /// The last entry before the head is the head's.
    fn ends_in_head(&mut self) {
        let root = self.tree.root();
        self.report.root = Some(root);
        let (fits, expected, actual) = match self.end.mark {
            Mark::Chain(hash) => (hash == self.chain_hash, format!("chain hash {hash}"), self.chain_hash.to_string()),
            Mark::Root(expected) => (expected == root, format!("root {expected}"), root.to_string()),
        };
        if !fits {
            let seq = self.size.last_seq().unwrap_or(Seq::FIRST);
            self.report.failure = Some(Failure { seq, kind: FailureKind::Head, expected, actual });
        }
    }

    /// What follows the head are linked entries, without a gap, to the end of the export.
    fn linked_after(&mut self, export: &Export) -> Result<(), ExportError> {
        let mut recorded_at = self.report.recorded_at;
        let mut number = self.end.size.get() / BUNDLE_ENTRIES;
        loop {
            let bundle = export.bundle(number, Size::new(u64::MAX))?;
            let whole = bundle.entries.iter().zip(number * BUNDLE_ENTRIES..(number + 1) * BUNDLE_ENTRIES);
            for (bytes, _) in whole.filter(|(_, seq)| *seq >= self.end.size.get()) {
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
            if bundle.leftover > 0 {
                self.surplus("the end of the last entry", 0, bundle.leftover);
            } else if let Some(width) = bundle.differing {
                self.differing(number, width);
            } else if bundle.entries.len() as u64 == BUNDLE_ENTRIES {
                number += 1;
                continue;
            } else if let Some(last) = export.last(Contents::Entries)?.filter(|last| *last > number) {
                self.fail(FailureKind::Missing, format!("all entries before bundle {last}"), "a gap");
            }
            return Ok(());
        }
    }

    /// The tiles that were filled since, as they are in the export.
    fn full_tiles(&mut self) -> Result<(), ExportError> {
        for (tile, bytes) in std::mem::take(&mut self.filled) {
            self.tile(tile, &bytes)?;
        }
        Ok(())
    }

    /// The tiles that are not full at the head; nothing but what is before it when the export ends there.
    fn partial_tiles(&mut self) -> Result<(), ExportError> {
        let partial: Vec<_> = self.tree.partial().map(|(tile, bytes)| (tile, bytes.to_vec())).collect();
        for (tile, bytes) in partial {
            self.tile(tile, &bytes)?;
        }
        Ok(())
    }

    /// Compares a tile of the tree with its files. The first failure stays.
    fn tile(&mut self, tile: Tile, expected: &[u8]) -> Result<(), ExportError> {
        if self.report.failure.is_some() || !self.export.has_tree() {
            return Ok(());
        }
        let Tile { contents, number, width } = tile;
        let fault = match self.export.widest(contents, number, width)? {
            None => Some((0, "no file".to_owned())),
            Some(found) => {
                let narrower = self.export.narrower(contents, number, &found)?;
                let longer = (self.is_whole && found.width > width).then(|| format!("{} nodes", found.width));
                let longer = longer.map(|actual| (expected.len(), actual));
                first_difference(expected, &found.bytes)
                    .map(|at| (at, "other bytes".to_owned()))
                    .or(longer)
                    .or_else(|| narrower.into_iter().find_map(|(width, bytes)| narrower_fault(expected, width, &bytes)))
            }
        };
        match fault {
            None => self.report.tiles += 1,
            Some((at, actual)) => {
                let node = tile.begin() + (at / NodeHash::LEN) as u64;
                let expected = format!("{tile} of the tree over the entries");
                let seq = Seq::new(node << tile.level());
                self.report.failure = Some(Failure { seq, kind: FailureKind::Tile, expected, actual });
            }
        }
        Ok(())
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

/// Where a file stops to be what it must begin with.
fn first_difference(expected: &[u8], found: &[u8]) -> Option<usize> {
    let same = expected.iter().zip(found).take_while(|(a, b)| a == b).count();
    (same < expected.len()).then_some(same)
}

fn narrower_fault(expected: &[u8], width: u16, found: &[u8]) -> Option<(usize, String)> {
    let whole = found.len() == usize::from(width) * NodeHash::LEN;
    let fault = if whole { first_difference(found, expected) } else { Some(0) };
    fault.map(|at| (at, format!("other bytes in the file of width {width}")))
}
