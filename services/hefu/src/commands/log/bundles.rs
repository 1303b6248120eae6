//! An export directory: tlog-tiles entry bundles, whole or not at all.
//!
//! Source: C2SP tlog-tiles, <https://c2sp.org/tlog-tiles>. A bundle appears by a rename, so an interrupted export is a
//! shorter export; a partial bundle stays until a wider one stands.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use bytes::{Bytes, BytesMut};
use hefu_types::limits::BUNDLE_ENTRIES;
use hefu_verify::export::bundle_path;

/// The bundles of an export that is being written.
#[derive(Debug)]
pub(super) struct Bundles {
    root: PathBuf,
    /// The bundle in hand.
    number: u64,
    width: u64,
    bytes: BytesMut,
}

impl Bundles {
    /// Continues after the full bundles that the directory holds; returns their number too.
    pub(super) fn open(directory: &Path) -> io::Result<(Self, u64)> {
        let root = directory.join("tile/entries");
        fs::create_dir_all(&root)?;
        let mut number = 0;
        while root.join(bundle_path(number, None)).is_file() {
            number += 1;
        }
        Ok((Self { root, number, width: 0, bytes: BytesMut::new() }, number))
    }

    /// The entries of a full bundle.
    pub(super) fn read(&self, number: u64) -> io::Result<Vec<Bytes>> {
        let path = self.root.join(bundle_path(number, None));
        let entries = split(fs::read(&path)?.into());
        entries.filter(|e| e.len() as u64 == BUNDLE_ENTRIES).ok_or_else(|| {
            let detail = format!("{} is no bundle of {BUNDLE_ENTRIES} entries", path.display());
            io::Error::new(io::ErrorKind::InvalidData, detail)
        })
    }

    /// Adds an entry; a full bundle is written at once, and what was there of its beginning is removed.
    pub(super) fn add(&mut self, entry: &[u8]) -> io::Result<()> {
        let len = u16::try_from(entry.len()).expect("an entry is at most 65,535 bytes");
        self.bytes.extend_from_slice(&len.to_be_bytes());
        self.bytes.extend_from_slice(entry);
        self.width += 1;
        if self.width < BUNDLE_ENTRIES {
            return Ok(());
        }
        self.write(None)?;
        remove_dir(&self.partials())?;
        (self.number, self.width) = (self.number + 1, 0);
        self.bytes.clear();
        Ok(())
    }

    /// Writes what is left as a partial bundle, and removes stale ones.
    pub(super) fn finish(self) -> io::Result<()> {
        if self.width == 0 {
            return remove_dir(&self.partials());
        }
        self.write(Some(self.width))?;
        for file in fs::read_dir(self.partials())? {
            let path = file?.path();
            if path.file_name().is_some_and(|name| *name != *self.width.to_string()) {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }

    fn partials(&self) -> PathBuf {
        self.root.join(format!("{}.p", bundle_path(self.number, None)))
    }

    fn write(&self, width: Option<u64>) -> io::Result<()> {
        let path = self.root.join(bundle_path(self.number, width));
        let folder = path.parent().expect("below tile/entries");
        fs::create_dir_all(folder)?;
        let mut file = tempfile::Builder::new().permissions(readable()).tempfile_in(folder)?;
        file.write_all(&self.bytes)?;
        file.as_file().sync_all()?;
        file.persist(&path)?;
        File::open(folder)?.sync_all()
    }
}

/// An export is public.
fn readable() -> fs::Permissions {
    use std::os::unix::fs::PermissionsExt as _;
    fs::Permissions::from_mode(0o644)
}

fn remove_dir(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// The entries of a bundle; `None` when it is cut off.
fn split(mut bundle: Bytes) -> Option<Vec<Bytes>> {
    let mut entries = vec![];
    while !bundle.is_empty() {
        let len = usize::from(u16::from_be_bytes([*bundle.first()?, *bundle.get(1)?]));
        if bundle.len() < 2 + len {
            return None;
        }
        entries.push(bundle.slice(2..2 + len));
        bundle = bundle.slice(2 + len..);
    }
    Some(entries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hefu_verify::Export;

    fn entry(n: u64) -> Vec<u8> {
        n.to_string().into_bytes()
    }

    /// Adds the entries up to a size, after what is there.
    fn export(directory: &Path, size: u64) {
        let (mut bundles, full) = Bundles::open(directory).unwrap();
        (full * BUNDLE_ENTRIES..size).for_each(|n| bundles.add(&entry(n)).unwrap());
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
        let (mut bundles, _) = Bundles::open(folder.path()).unwrap();
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
        let bundles =
            Bundles { root: root.clone(), number: 1_234_067, width: 1, bytes: BytesMut::from(&b"\0\x01x"[..]) };
        bundles.finish().unwrap();
        assert!(root.join("x001/x234/067.p/1").is_file());
    }

    #[test]
    fn a_cut_off_bundle_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        export(folder.path(), 256);
        let path = folder.path().join("tile/entries/000");
        let bytes = fs::read(&path).unwrap();
        for len in [0, 1, bytes.len() - 1] {
            fs::write(&path, &bytes[..len]).unwrap();
            let (bundles, full) = Bundles::open(folder.path()).unwrap();
            assert_eq!(full, 1);
            assert_eq!(bundles.read(0).unwrap_err().kind(), io::ErrorKind::InvalidData, "{len}");
        }
    }
}
