//! An export directory: tlog-tiles entry bundles, whole or not at all.
//!
//! Source: C2SP tlog-tiles, <https://c2sp.org/tlog-tiles>. A bundle appears by a rename, so an interrupted export is a
//! shorter export; a partial bundle stays until a wider one stands.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::PathBuf;

use bytes::BytesMut;
use hefu_types::limits::BUNDLE_ENTRIES;
use hefu_verify::export::bundle_path;

use super::existing::Existing;
use crate::failure::Failure;

/// The bundles of an export that is being written.
#[derive(Debug)]
pub(super) struct Bundles {
    root: PathBuf,
    /// The bundle in hand.
    number: u64,
    width: u64,
    bytes: BytesMut,
    /// The widths of its files that are there.
    written: BTreeSet<u64>,
}

impl Bundles {
    /// Continues after what the directory holds.
    pub(super) fn after(existing: &Existing) -> Result<Self, Failure> {
        let root = existing.root();
        fs::create_dir_all(&root).map_err(|e| Failure::file(&root, &e))?;
        let (bytes, written) = existing.partial()?;
        let width = written.last().copied().unwrap_or_default();
        Ok(Self { root, number: existing.full, width, bytes: BytesMut::from(&bytes[..]), written })
    }

    /// Adds an entry; a full bundle is written at once.
    pub(super) fn add(&mut self, entry: &[u8]) -> io::Result<()> {
        let len = u16::try_from(entry.len()).expect("an entry is at most 65,535 bytes");
        self.bytes.extend_from_slice(&len.to_be_bytes());
        self.bytes.extend_from_slice(entry);
        self.width += 1;
        if self.width < BUNDLE_ENTRIES {
            return Ok(());
        }
        self.write(None)?;
        self.remove_narrower()?;
        (self.number, self.width) = (self.number + 1, 0);
        self.bytes.clear();
        Ok(())
    }

    /// Writes what is left as a partial bundle.
    pub(super) fn finish(mut self) -> io::Result<()> {
        if self.width > 0 && !self.written.contains(&self.width) {
            self.write(Some(self.width))?;
        }
        self.remove_narrower()
    }

    /// Removes what a wider bundle, written and synced, has made superfluous.
    fn remove_narrower(&mut self) -> io::Result<()> {
        for width in std::mem::take(&mut self.written).into_iter().filter(|width| *width != self.width) {
            fs::remove_file(self.root.join(bundle_path(self.number, Some(width))))?;
        }
        match fs::remove_dir(self.root.join(format!("{}.p", bundle_path(self.number, None)))) {
            Err(e) if !matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::DirectoryNotEmpty) => Err(e),
            _ => Ok(()),
        }
    }

    /// Writes the bundle in hand under its name, which nobody may have taken meanwhile.
    fn write(&self, width: Option<u64>) -> io::Result<()> {
        let path = self.root.join(bundle_path(self.number, width));
        let folder = path.parent().expect("below tile/entries");
        fs::create_dir_all(folder)?;
        let mut file = tempfile::Builder::new().permissions(readable()).tempfile_in(folder)?;
        file.write_all(&self.bytes)?;
        file.as_file().sync_all()?;
        file.persist_noclobber(&path)?;
        folder
            .ancestors()
            .take_while(|folder| folder.starts_with(&self.root))
            .try_for_each(|f| File::open(f)?.sync_all())
    }
}

/// An export is public.
fn readable() -> fs::Permissions {
    use std::os::unix::fs::PermissionsExt as _;
    fs::Permissions::from_mode(0o644)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hefu_verify::Export;
    use std::path::Path;

    fn entry(n: u64) -> Vec<u8> {
        n.to_string().into_bytes()
    }

    /// Adds the entries up to a size, after what is there.
    fn export(directory: &Path, size: u64) {
        let mut bundles = Bundles::after(&Existing::open(directory).unwrap()).unwrap();
        let there = bundles.number * BUNDLE_ENTRIES + bundles.width;
        (there..size).for_each(|n| bundles.add(&entry(n)).unwrap());
        bundles.finish().unwrap();
    }

    fn entries(directory: &Path) -> Vec<Vec<u8>> {
        Export::open(directory).unwrap().entries().map(|e| e.unwrap().to_vec()).collect()
    }

    fn files(directory: &Path) -> Vec<String> {
        let mut names = vec![];
        let mut folders = vec![directory.join("tile/entries")];
        while let Some(folder) = folders.pop() {
            for file in fs::read_dir(folder).unwrap() {
                let path = file.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    names.push(path.strip_prefix(directory.join("tile/entries")).unwrap().to_str().unwrap().to_owned());
                }
            }
        }
        names.sort();
        names
    }

    #[test]
    fn an_export_grows_and_leaves_nothing_stale() {
        let folder = tempfile::tempdir().unwrap();
        let steps: [(u64, &[&str]); 6] = [
            (0, &[]),
            (3, &["000.p/3"]),
            (200, &["000.p/200"]),
            (256, &["000"]),
            (300, &["000", "001.p/44"]),
            (513, &["000", "001", "002.p/1"]),
        ];
        for (size, expected) in steps {
            export(folder.path(), size);
            assert_eq!(files(folder.path()), expected, "{size}");
            assert_eq!(entries(folder.path()), (0..size).map(entry).collect::<Vec<_>>(), "{size}");
        }
    }

    #[test]
    fn a_bundle_is_its_lengths_and_entries() {
        let folder = tempfile::tempdir().unwrap();
        let mut bundles = Bundles::after(&Existing::open(folder.path()).unwrap()).unwrap();
        bundles.add(&[7; 300]).unwrap();
        bundles.add(b"x").unwrap();
        bundles.finish().unwrap();
        let bytes = fs::read(folder.path().join("tile/entries/000.p/2")).unwrap();
        assert_eq!(bytes, [&[1, 44][..], &[7; 300], &[0, 1], b"x"].concat());
    }

    #[test]
    fn numbers_beyond_a_thousand_have_folders() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("tile/entries");
        fs::create_dir_all(&root).unwrap();
        let (number, bytes) = (1_234_067, BytesMut::from(&b"\0\x01x"[..]));
        let bundles = Bundles { root: root.clone(), number, width: 1, bytes, written: BTreeSet::new() };
        bundles.finish().unwrap();
        assert!(root.join("x001/x234/067.p/1").is_file());
    }

    /// A wider bundle that can't be written leaves the narrower one, and nobody's file is overwritten.
    #[test]
    fn what_is_there_stays_until_its_successor_stands() {
        let folder = tempfile::tempdir().unwrap();
        export(folder.path(), 3);
        let mut bundles = Bundles::after(&Existing::open(folder.path()).unwrap()).unwrap();
        bundles.add(b"3").unwrap();
        let taken = folder.path().join("tile/entries/000.p/4");
        fs::write(&taken, "another export").unwrap();
        assert_eq!(bundles.finish().unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&taken).unwrap(), b"another export");
        fs::remove_file(&taken).unwrap();
        assert_eq!(entries(folder.path()), (0..3).map(entry).collect::<Vec<_>>());
        export(folder.path(), 3);
        assert_eq!(files(folder.path()), ["000.p/3"]);
    }
}
