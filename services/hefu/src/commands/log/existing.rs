//! What an export directory holds already. It is only ever continued: a copy that says something else than the server is
//! evidence, so everything in it is looked at before a byte is written.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use hefu_client::EntryChecker;
use hefu_types::Seq;
use hefu_types::limits::BUNDLE_ENTRIES;
use hefu_verify::export::bundle_path;
use hefu_verify::{Bundle, Export};

use crate::failure::{Exit, Failure};

/// The bundles of an export.
#[derive(Debug)]
pub(super) struct Existing {
    directory: PathBuf,
    /// Full bundles; perhaps a partial one follows.
    pub(super) full: u64,
    /// The widths of each bundle's files; narrower ones stay when an export is interrupted.
    widths: BTreeMap<u64, BTreeSet<u64>>,
}

impl Existing {
    /// Finds the bundles: none in a directory that is new or empty. One that holds something else is refused.
    pub(super) fn open(directory: &Path) -> Result<Self, Failure> {
        let mut existing = Self { directory: directory.to_owned(), full: 0, widths: BTreeMap::new() };
        let Ok(export) = Export::open(directory) else {
            return if existing.is_vacant()? { Ok(existing) } else { Err(existing.no_export()) };
        };
        export.each_bundle(&mut |number, width| {
            existing.widths.entry(number).or_default().insert(width.unwrap_or(BUNDLE_ENTRIES));
        })?;
        let is_full = |number: &u64| existing.widest(*number) == Some(BUNDLE_ENTRIES);
        existing.full = (0..).take_while(is_full).count() as u64;
        match existing.widths.last_key_value() {
            Some((last, _)) if *last > existing.full => {
                let detail = format!("it holds bundle {last}, and not all of bundle {}", existing.full);
                Err(existing.differs(&detail))
            }
            _ => Ok(existing),
        }
    }

    /// Checks every entry and link.
    pub(super) fn check(&self) -> Result<EntryChecker, Failure> {
        let mut checker = EntryChecker::start();
        for (&number, widths) in &self.widths {
            let Bundle { entries, leftover, differing } = self.export()?.bundle(number)?;
            let widest = widths.last().copied().unwrap_or_default();
            let wrong = differing.or((leftover > 0 || entries.len() as u64 != widest).then_some(widest));
            if let Some(width) = wrong {
                return Err(self.differs(&format!("{} is no such bundle", path(number, width))));
            }
            for entry in entries {
                checker.check(entry).map_err(|e| self.differs(&e.to_string()))?;
            }
        }
        Ok(checker)
    }

    /// An entry that is there.
    pub(super) fn entry(&self, seq: Seq) -> Result<Bytes, Failure> {
        let index = usize::try_from(seq.get() % BUNDLE_ENTRIES).expect("below 256");
        let bundle = self.export()?.bundle(seq.get() / BUNDLE_ENTRIES)?;
        bundle.entries.get(index).cloned().ok_or_else(|| self.differs(&format!("entry {seq} is missing")))
    }

    /// The bytes of the widest partial bundle after the full ones, and the widths of all of them.
    pub(super) fn partial(&self) -> Result<(Bytes, BTreeSet<u64>), Failure> {
        let widths = self.widths.get(&self.full).cloned().unwrap_or_default();
        let Some(&widest) = widths.last() else { return Ok((Bytes::new(), widths)) };
        Ok((self.export()?.read(self.full, Some(widest))?, widths))
    }

    /// The folder of the bundles.
    pub(super) fn root(&self) -> PathBuf {
        self.directory.join("tile/entries")
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

    fn widest(&self, number: u64) -> Option<u64> {
        self.widths.get(&number).and_then(|widths| widths.last().copied())
    }

    fn export(&self) -> Result<Export, Failure> {
        Ok(Export::open(&self.directory)?)
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
        Failure::usage(detail, "Give a new or empty directory, or one made by `hefu log export`.")
    }
}

fn path(number: u64, width: u64) -> String {
    bundle_path(number, Some(width).filter(|width| *width != BUNDLE_ENTRIES))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::log::bundles::Bundles;
    use hefu_types::{ChainHash, Entry, Millis, Signature, SignedSubmission};
    use tempfile::TempDir;

    fn log(size: u64) -> Vec<Entry> {
        let signed = SignedSubmission { submission: vec![1].into(), signature: Signature::from_bytes([0; 64]) };
        let mut prev = ChainHash::NONE;
        let entry = |seq| {
            let entry = Entry::new(Seq::new(seq), Millis::new(5), prev, &signed);
            prev = entry.chain_hash();
            entry
        };
        (0..size).map(entry).collect()
    }

    fn export(size: u64) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        let mut bundles = Bundles::after(&Existing::open(folder.path()).unwrap()).unwrap();
        log(size).iter().for_each(|entry| bundles.add(entry.bytes()).unwrap());
        bundles.finish().unwrap();
        folder
    }

    fn checked(folder: &TempDir) -> Result<u64, &'static str> {
        let size = Existing::open(folder.path()).and_then(|existing| existing.check()).map(|checker| checker.size());
        size.map(|size| size.get()).map_err(|failure| failure.code)
    }

    #[test]
    fn everything_that_is_there_is_checked() {
        for size in [0, 1, 40, 256, 300] {
            assert_eq!(checked(&export(size)), Ok(size));
        }
        for (size, file) in [(40, "000.p/40"), (300, "000"), (300, "001.p/44")] {
            let folder = export(size);
            let path = folder.path().join("tile/entries").join(file);
            let good = fs::read(&path).unwrap();
            let mut flipped = good.clone();
            flipped[2_000] ^= 1;
            let more = [&good[..], &[0]].concat();
            for bad in [&flipped[..], &good[..good.len() - 1], &good[..good.len() / 40 * 39], &more, &[0], &[]] {
                fs::write(&path, bad).unwrap();
                assert_eq!(checked(&folder), Err("EXPORT_DIFFERS"), "{file} of {size}, {} bytes", bad.len());
            }
        }
    }

    #[test]
    fn gaps_and_files_of_another_width_are_no_export() {
        let folder = export(600);
        let root = folder.path().join("tile/entries");
        fs::rename(root.join("001"), root.join("kept")).unwrap();
        assert_eq!(checked(&folder), Err("EXPORT_DIFFERS"));
        fs::rename(root.join("kept"), root.join("001")).unwrap();
        fs::rename(root.join("002.p/88"), root.join("002.p/89")).unwrap();
        assert_eq!(checked(&folder), Err("EXPORT_DIFFERS"));
    }

    /// What an interrupted export leaves is fine, if it is what the wider bundle begins with.
    #[test]
    fn narrower_bundles_are_checked_too() {
        let folder = export(300);
        let root = folder.path().join("tile/entries");
        let first = log(1)[0].bytes().clone();
        let framed = [&u16::try_from(first.len()).unwrap().to_be_bytes()[..], &first].concat();
        fs::create_dir(root.join("000.p")).unwrap();
        fs::write(root.join("000.p/1"), &framed).unwrap();
        assert_eq!(checked(&folder), Ok(300));
        fs::write(root.join("001.p/1"), &framed).unwrap();
        assert_eq!(checked(&folder), Err("EXPORT_DIFFERS"));
    }

    #[test]
    fn a_folder_with_something_else_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(checked(&folder), Ok(0));
        fs::write(folder.path().join("letter.txt"), "").unwrap();
        assert_eq!(checked(&folder), Err("USAGE"));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        let existing = Existing::open(&folder.path().join("new/copy")).unwrap();
        assert_eq!(existing.check().unwrap().size().get(), 0);
        assert!(!folder.path().join("new").exists());
    }

    #[test]
    fn an_entry_is_found_by_its_position() {
        let existing = Existing::open(export(300).path()).unwrap();
        assert_eq!(existing.full, 1);
        let folder = export(300);
        let existing = Existing::open(folder.path()).unwrap();
        for entry in log(300).iter().step_by(37) {
            assert_eq!(existing.entry(entry.seq()).unwrap(), entry.bytes());
        }
        assert_eq!(existing.entry(Seq::new(300)).unwrap_err().code, "EXPORT_DIFFERS");
    }
}
