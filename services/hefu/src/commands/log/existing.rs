//! What an export directory holds already. It is only ever continued: a copy that says something else than the server is
//! evidence, so everything in it is looked at before a byte is written.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use hefu_client::EntryChecker;
use hefu_types::limits::BUNDLE_ENTRIES;
use hefu_types::tile::{Contents, Tile};
use hefu_types::{Checkpoint, Note, Seq, Size, tree};
use hefu_verify::{Bundle, Export, TileRows};

use super::files::frame;
use super::keys::Keys;
use crate::failure::{Exit, Failure};
use crate::lang::both;

/// An export as it is found.
pub(super) struct Existing {
    pub(super) directory: PathBuf,
    /// `None` when there is nothing yet.
    export: Option<Export>,
    /// The number of entries that were checked.
    size: Size,
    /// Tiles of the tree over its entries that are not there, as after an interruption.
    pub(super) missing: Vec<(Tile, Vec<u8>)>,
}

/// What its entries amount to.
pub(super) struct Checked {
    pub(super) checker: EntryChecker,
    pub(super) rows: TileRows,
    /// The log's checkpoint keys, as the entries name them.
    pub(super) keys: Keys,
    /// The bundle that is not full.
    pub(super) bundle: Vec<u8>,
}

impl Existing {
    /// Nothing, in a directory that is new or empty. One that holds something else than an export is refused.
    pub(super) fn open(directory: &Path) -> Result<Self, Failure> {
        let export = Export::open(directory).ok();
        let existing = Self { directory: directory.to_owned(), export, size: Size::EMPTY, missing: vec![] };
        if existing.export.is_some() || existing.is_vacant()? { Ok(existing) } else { Err(existing.no_export()) }
    }

    /// Checks every entry and link, every tile, and the checkpoint.
    pub(super) fn check(mut self) -> Result<(Self, Checked), Failure> {
        let (checker, rows, keys) = (EntryChecker::start(), TileRows::default(), Keys::default());
        let mut checked = Checked { checker, rows, keys, bundle: vec![] };
        let kept = self.kept()?;
        let mut filled = vec![];
        for number in 0.. {
            for entry in self.bundle(number)? {
                let entry = checked.checker.check(entry).map_err(|e| self.differs(&e.to_string()))?;
                checked.keys.learn(&entry);
                checked.rows.push(tree::leaf(entry.bytes()), |tile, bytes| filled.push((tile, bytes.to_vec())));
                frame(&mut checked.bundle, entry.bytes());
                self.check_kept(kept.as_ref(), &checked.rows)?;
            }
            std::mem::take(&mut filled).into_iter().try_for_each(|(tile, bytes)| self.compare(tile, bytes))?;
            if checked.bundle.is_empty() || !checked.rows.size().get().is_multiple_of(BUNDLE_ENTRIES) {
                break;
            }
            checked.bundle.clear();
        }
        let partial: Vec<_> = checked.rows.partial().map(|(tile, bytes)| (tile, bytes.to_vec())).collect();
        partial.into_iter().try_for_each(|(tile, bytes)| self.compare(tile, bytes))?;
        self.size = checked.rows.size();
        self.nothing_beyond(self.size, kept.as_ref())?;
        Ok((self, checked))
    }

    /// The entries of a bundle; none after the last one.
    fn bundle(&self, number: u64) -> Result<Vec<Bytes>, Failure> {
        let Some(export) = &self.export else { return Ok(vec![]) };
        let widths = export.widths(Contents::Entries, number)?;
        let Bundle { entries, leftover, differing } = export.bundle(number, Size::EMPTY)?;
        let widest = widths.last().copied().unwrap_or_default();
        let wrong = differing.or((leftover > 0 || entries.len() != usize::from(widest)).then_some(widest));
        match wrong {
            None => Ok(entries),
            Some(width) => {
                let tile = Tile { contents: Contents::Entries, number, width };
                Err(self.differs(&format!("{tile} is no such bundle")))
            }
        }
    }

    /// Holds the files of a tile's number against it.
    fn compare(&mut self, tile: Tile, bytes: Vec<u8>) -> Result<(), Failure> {
        let Some(export) = &self.export else { return Ok(()) };
        let widths = export.widths(tile.contents, tile.number)?;
        for &width in &widths {
            let file = Tile { width, ..tile };
            let found = export.tile(file)?.unwrap_or_default();
            if found.len() != usize::from(width) * 32 || !bytes.starts_with(&found) {
                return Err(self.differs(&format!("{file} is not of the tree over its entries")));
            }
        }
        if !widths.contains(&tile.width) {
            self.missing.push((tile, bytes));
        }
        Ok(())
    }

    /// The checkpoint of the export; its signature is not looked at here.
    fn kept(&self) -> Result<Option<Checkpoint>, Failure> {
        let Some(note) = self.export.as_ref().map(Export::checkpoint).transpose()?.flatten() else { return Ok(None) };
        let parsed = Note::from_bytes(&note).ok().and_then(|note| Checkpoint::parse_body(note.text()).ok());
        Ok(Some(parsed.ok_or_else(|| self.differs("its checkpoint can't be read"))?))
    }

    fn check_kept(&self, kept: Option<&Checkpoint>, rows: &TileRows) -> Result<(), Failure> {
        match kept {
            Some(kept) if kept.size() == rows.size() && kept.root() != rows.root() => {
                Err(self.differs(&format!("its checkpoint of {} entries has another root", kept.size())))
            }
            _ => Ok(()),
        }
    }

    /// No file belongs to entries that are not there.
    fn nothing_beyond(&self, size: Size, kept: Option<&Checkpoint>) -> Result<(), Failure> {
        let Some(export) = &self.export else { return Ok(()) };
        if let Some(kept) = kept.filter(|kept| kept.size() > size) {
            return Err(self.differs(&format!("it holds {size} entries, its checkpoint says {}", kept.size())));
        }
        for contents in [Contents::Entries].into_iter().chain((0..8).map(Contents::Nodes)) {
            let Some(number) = export.last(contents)? else { continue };
            let widths: BTreeSet<u16> = export.widths(contents, number)?;
            let width = widths.last().copied().unwrap_or_default();
            let file = Tile { contents, number, width };
            if !file.is_within(size) {
                return Err(self.differs(&format!("it holds {file}, and only {size} entries before it")));
            }
        }
        Ok(())
    }

    /// Whether a file was there when it was checked; one that came later is somebody else's.
    pub(super) fn holds(&self, tile: Tile) -> bool {
        tile.is_within(self.size) && !self.missing.iter().any(|(missing, _)| *missing == tile)
    }

    /// An entry that is there.
    pub(super) fn entry(&self, seq: Seq) -> Result<Bytes, Failure> {
        let index = usize::try_from(seq.get() % BUNDLE_ENTRIES).expect("below 256");
        let bundle = self.bundle(seq.get() / BUNDLE_ENTRIES)?;
        bundle.get(index).cloned().ok_or_else(|| self.differs(&format!("entry {seq} is missing")))
    }

    /// What is there is not what the server has, or no log at all.
    pub(super) fn differs(&self, detail: &str) -> Failure {
        Failure::new(
            Exit::Broken,
            "EXPORT_DIFFERS",
            format!("{} is no beginning of the server's log: {detail}", self.directory.display()),
            "It holds another log or changed bytes, or the server's log was changed. Keep it, it may be evidence; export into a \
             fresh folder.",
        )
    }

    fn is_vacant(&self) -> Result<bool, Failure> {
        match fs::read_dir(&self.directory) {
            Ok(mut files) => Ok(files.next().is_none()),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(true),
            Err(e) => Err(Failure::file(&self.directory, &e)),
        }
    }

    fn no_export(&self) -> Failure {
        let detail = format!("{} is not empty, and no export", self.directory.display());
        Failure::usage(
            detail,
            both!(
                "Give a new or empty directory, or one made by `hefu log export`.",
                "请给出新的或空的目录，或由 `hefu log export` 生成的目录。"
            ),
        )
    }
}

#[cfg(test)]
pub(super) mod testing {
    use super::*;
    use crate::commands::log::files::Files;
    use hefu_types::{ChainHash, Entry, Millis, Signature, SignedSubmission};

    /// Entries that are linked, and nothing else.
    pub(crate) fn log(size: u64) -> Vec<Entry> {
        let signed = SignedSubmission { submission: vec![1].into(), signature: Signature::from_bytes([0; 64]) };
        let mut prev = ChainHash::NONE;
        let entry = |seq| {
            let entry = Entry::new(Seq::new(seq), Millis::new(5), prev, &signed);
            prev = entry.chain_hash();
            entry
        };
        (0..size).map(entry).collect()
    }

    /// Continues the export in a directory up to a size.
    pub(crate) fn write(directory: &Path, size: u64) {
        let (existing, checked) = Existing::open(directory).and_then(Existing::check).unwrap();
        let there = usize::try_from(checked.rows.size().get()).unwrap();
        let mut files = Files::after(existing, checked.rows, checked.bundle).unwrap();
        log(size)[there..].iter().for_each(|entry| files.add(entry.bytes()).unwrap());
        files.finish(None).unwrap();
    }

    /// Every file below a directory.
    pub(crate) fn files_of(directory: &Path) -> Vec<String> {
        let mut names = vec![];
        let mut folders = vec![directory.to_owned()];
        while let Some(folder) = folders.pop() {
            for file in fs::read_dir(folder).unwrap() {
                let path = file.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    names.push(path.strip_prefix(directory).unwrap().to_str().unwrap().to_owned());
                }
            }
        }
        names.sort();
        names
    }
}

#[cfg(test)]
mod tests;
