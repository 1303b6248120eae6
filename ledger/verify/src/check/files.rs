//! What the files of an export hold beside the entries: nothing more, and the tiles of their tree.

use hefu_types::limits::BUNDLE_ENTRIES;
use hefu_types::tile::{Contents, Tile};
use hefu_types::{NodeHash, Seq, Size};

use super::Run;
use crate::export::{Bundle, Export, ExportError};
use crate::report::{Failure, FailureKind};

impl Run<'_> {
    /// The files of a bundle whose wanted entries all fit.
    pub(super) fn files(&mut self, number: u64, wanted: u64, bundle: &Bundle) {
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

    /// Nothing follows the head.
    pub(super) fn nothing_after(&mut self, export: &Export) -> Result<(), ExportError> {
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

    /// What follows the head are linked entries, without a gap, to the end of the export.
    pub(super) fn linked_after(&mut self, export: &Export) -> Result<(), ExportError> {
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
    pub(super) fn full_tiles(&mut self) -> Result<(), ExportError> {
        for (tile, bytes) in std::mem::take(&mut self.filled) {
            self.tile(tile, &bytes)?;
        }
        Ok(())
    }

    /// The tiles that are not full at the head; nothing but what is before it when the export ends there.
    pub(super) fn partial_tiles(&mut self) -> Result<(), ExportError> {
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
