//! The order of checks, and which entry is the first that does not fit.

mod files;

use bytes::Bytes;
use hefu_rules::State;
use hefu_types::tile::Tile;
use hefu_types::{ChainHash, Entry, Event, Millis, Seq, Size, hash, tree};

use crate::ahead::{Ahead, Chunk, Work, wanted};
use crate::alone::{Checked, Fit, Signatures, describe, kind_of_rule, parse};
use crate::end::{End, Mark};
use crate::export::{Export, ExportError};
use crate::report::{Committed, Failure, FailureKind, Report};
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
    let size = end.size;
    let mut run = Run::new(export, end, is_whole);
    if size == Size::EMPTY {
        run.fail(FailureKind::Head, "a head of at least the genesis entry", "size 0");
    }
    let signatures = Signatures::in_batches();
    let check: &Work<'_, Vec<Checked>> = &|entries| signatures.check(entries);
    rayon::in_place_scope(|scope| {
        let mut ahead = Ahead::new(export, size, check, scope);
        while run.report.failure.is_none() && run.size < size {
            let Some(chunk) = ahead.next()? else { break };
            run.chunk(chunk)?;
            progress(run.report.entries);
        }
        Ok(())
    })?;
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

    /// Everything that depends on order, in order.
    fn chunk(&mut self, chunk: Chunk<Vec<Checked>>) -> Result<(), ExportError> {
        let mut checked = chunk.made.into_iter();
        for (bundle, number) in chunk.bundles.iter().zip(chunk.first..) {
            let wanted = wanted(number, self.end.size);
            let (export, size) = (self.export, self.end.size);
            let next = || export.bundle(number + 1, size).ok();
            let following = || next().and_then(|next| next.entries.into_iter().next());
            self.bundle(&bundle.entries, checked.by_ref().take(wanted), &following);
            if self.report.failure.is_none() {
                self.files(number, wanted as u64, bundle);
            }
            self.full_tiles()?;
            if self.report.failure.is_some() {
                break;
            }
        }
        Ok(())
    }

    fn bundle(
        &mut self,
        entries: &[Bytes],
        checked: impl Iterator<Item = Checked>,
        following: &dyn Fn() -> Option<Bytes>,
    ) {
        for (index, item) in checked.enumerate() {
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
        let fit = match item {
            Ok(fit) => fit,
            Err((kind, expected, actual)) => {
                self.position(bytes)?;
                if kind == FailureKind::NewerThanTool && self.is_linked(seq, bytes, after()) != Some(true) {
                    return fail(FailureKind::Link, "the bytes that were chained".to_owned(), actual);
                }
                return fail(kind, expected, actual);
            }
        };
        let entry = &fit.entry;
        self.position(bytes)?;
        if entry.prev() != self.chain_hash {
            return Err(self.broken_link(entry, after()));
        }
        if entry.recorded_at() < self.report.recorded_at {
            let expected = format!("recorded at or after {}", self.report.recorded_at);
            return fail(FailureKind::Time, expected, entry.recorded_at().to_string());
        }
        self.end.check_time(seq, entry.recorded_at())?;
        if let Err(refusal) = self.state.record(&fit.submission, &fit.position) {
            let kind = kind_of_rule(refusal.reason);
            return fail(kind, "a submission that the rules accept".to_owned(), describe(&refusal));
        }
        self.accept(&fit);
        if self.size < self.end.size {
            self.end.check_passed(self.size, &self.state, || self.tree.root())?;
        }
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

    fn accept(&mut self, fit: &Fit) {
        let entry = &fit.entry;
        if entry.seq() == Seq::FIRST {
            self.report.ledger_id = self.state.ledger().map(|ledger| ledger.id);
            self.report.origin = self.state.ledger().map(|ledger| ledger.origin.clone());
        }
        self.size = entry.seq().size();
        self.chain_hash = fit.chain_hash;
        self.report.entries = self.size.get();
        self.report.bytes += entry.bytes().len() as u64;
        self.report.events += fit.submission.events.len() as u64;
        for (event, event_index) in fit.submission.events.iter().zip(0..) {
            self.committed(entry.seq(), event, event_index);
        }
        self.report.recorded_at = entry.recorded_at();
        self.report.chain_hash = Some(self.chain_hash);
        self.tree.push(fit.leaf, |tile, bytes| self.filled.push((tile, bytes.to_vec())));
    }

    fn committed(&mut self, seq: Seq, event: &Event, event_index: u32) {
        match event {
            Event::ObservationReported(e) => {
                let new = |commitment| (commitment, Committed { seq, event_index, erased: None });
                self.report.commitments.extend(e.commitment.map(new));
            }
            Event::ValueErased(e) => {
                if let Some(known) = self.report.commitments.get_mut(&e.commitment) {
                    known.erased = Some(seq);
                }
            }
            _ => {}
        }
    }

    /// A failure at the next position.
    fn fail(&mut self, kind: FailureKind, expected: impl Into<String>, actual: impl Into<String>) {
        let (seq, expected, actual) = (self.size.next_seq(), expected.into(), actual.into());
        self.report.failure = Some(Failure { seq, kind, expected, actual });
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
            return;
        }
        match self.end.check_passed(self.size, &self.state, || root) {
            Ok(signers) => self.report.signed_by = signers,
            Err(failure) => self.report.failure = Some(failure),
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
        self.end.check_time(seq, entry.recorded_at())?;
        Ok(entry)
    }
}
