//! The files of an export that is being written: tlog-tiles, each whole or not there at all.
//!
//! Source: C2SP tlog-tiles, <https://c2sp.org/tlog-tiles>. A file appears by a rename, so an interrupted export is a shorter
//! export; a partial file stays until a wider one stands, and the checkpoint comes last.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use hefu_types::tile::{Contents, TILE_WIDTH, Tile};
use hefu_types::{RootHash, Size, tree};
use hefu_verify::{Export, TileRows};

use super::existing::Existing;
use crate::failure::Failure;

/// An export that grows.
pub(super) struct Files {
    /// What was there, and what it lacks.
    there: Existing,
    rows: TileRows,
    /// The bundle in hand.
    bundle: Vec<u8>,
}

impl Files {
    /// Continues after what was there, and completes it.
    pub(super) fn after(there: Existing, rows: TileRows, bundle: Vec<u8>) -> Result<Self, Failure> {
        let mut files = Self { there, rows, bundle };
        while let Some((tile, bytes)) = files.there.missing.last().cloned() {
            files.put(tile, &bytes)?;
            files.there.missing.pop();
        }
        Ok(files)
    }

    /// The number of entries.
    pub(super) const fn size(&self) -> Size {
        self.rows.size()
    }

    /// The root of the tree over them.
    pub(super) fn root(&self) -> RootHash {
        self.rows.root()
    }

    /// Adds an entry; what it fills is written at once.
    pub(super) fn add(&mut self, entry: &[u8]) -> Result<(), Failure> {
        frame(&mut self.bundle, entry);
        let mut full = vec![];
        self.rows.push(tree::leaf(entry), |tile, bytes| full.push((tile, bytes.to_vec())));
        if self.rows.size().get().is_multiple_of(TILE_WIDTH) {
            let tile = Tile::at(Contents::Entries, self.rows.size().get() / TILE_WIDTH - 1, self.rows.size());
            self.put(tile, &self.bundle)?;
            self.bundle.clear();
        }
        full.into_iter().try_for_each(|(tile, bytes)| self.put(tile, &bytes))
    }

    /// Writes what is not full, and then the checkpoint, if there is one of this size.
    pub(super) fn finish(&self, checkpoint: Option<&[u8]>) -> Result<(), Failure> {
        if !self.bundle.is_empty() {
            let tile = Tile::at(Contents::Entries, self.size().get() / TILE_WIDTH, self.size());
            self.put(tile, &self.bundle)?;
        }
        for (tile, bytes) in self.rows.partial() {
            self.put(tile, bytes)?;
        }
        let directory = &self.there.directory;
        let path = directory.join("checkpoint");
        // Without a new one, an older one stays: it is still true, and names its size.
        let written = checkpoint.map_or(Ok(()), |note| write(directory, &path, note, true));
        written.map_err(|e| Failure::file(&path, &e))
    }

    /// Writes a file that nobody may have written meanwhile, and removes the narrower ones that it makes superfluous.
    fn put(&self, tile: Tile, bytes: &[u8]) -> Result<(), Failure> {
        let directory = &self.there.directory;
        let path = directory.join(tile.to_string());
        let failed = |e: io::Error| Failure::file(&path, &e);
        if !self.there.holds(tile) {
            write(directory, &path, bytes, false).map_err(failed)?;
        }
        let Ok(export) = Export::open(directory) else { return Ok(()) };
        for width in export.widths(tile.contents, tile.number)?.into_iter().filter(|width| *width < tile.width) {
            fs::remove_file(directory.join(Tile { width, ..tile }.to_string())).map_err(failed)?;
        }
        if tile.is_full() {
            match fs::remove_dir(directory.join(format!("{tile}.p"))) {
                Err(e) if !matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::DirectoryNotEmpty) => {
                    return Err(failed(e));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// An entry as it stands in a bundle: after its length.
pub(super) fn frame(bundle: &mut Vec<u8>, entry: &[u8]) {
    let len = u16::try_from(entry.len()).expect("an entry is at most 65,535 bytes");
    bundle.extend_from_slice(&len.to_be_bytes());
    bundle.extend_from_slice(entry);
}

fn write(root: &Path, path: &Path, bytes: &[u8], replace: bool) -> io::Result<()> {
    let folder = path.parent().expect("below the export");
    fs::create_dir_all(folder)?;
    let mut file = tempfile::Builder::new().permissions(readable()).tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    if replace {
        file.persist(path)?
    } else {
        file.persist_noclobber(path)?
    };
    folder.ancestors().take_while(|folder| folder.starts_with(root)).try_for_each(|f| File::open(f)?.sync_all())
}

/// An export is public.
fn readable() -> fs::Permissions {
    use std::os::unix::fs::PermissionsExt as _;
    fs::Permissions::from_mode(0o644)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::log::existing::testing::{files_of, log, write as export};

    #[test]
    fn an_export_grows_and_leaves_nothing_stale() {
        let folder = tempfile::tempdir().unwrap();
        let steps: [(u64, &[&str]); 5] = [
            (3, &["entries/000.p/3", "0/000.p/3"]),
            (200, &["entries/000.p/200", "0/000.p/200"]),
            (256, &["entries/000", "0/000", "1/000.p/1"]),
            (300, &["entries/000", "entries/001.p/44", "0/000", "0/001.p/44", "1/000.p/1"]),
            (513, &["entries/000", "entries/001", "entries/002.p/1", "0/000", "0/001", "0/002.p/1", "1/000.p/2"]),
        ];
        for (size, expected) in steps {
            export(folder.path(), size);
            let mut expected: Vec<String> = expected.iter().map(|path| format!("tile/{path}")).collect();
            expected.sort();
            assert_eq!(files_of(folder.path()), expected, "{size}");
            let there: Vec<_> = Export::open(folder.path()).unwrap().entries(None).map(Result::unwrap).collect();
            assert_eq!(there, log(size).iter().map(|e| e.bytes().clone()).collect::<Vec<_>>(), "{size}");
        }
    }

    #[test]
    fn a_bundle_is_its_lengths_and_entries() {
        let mut bundle = vec![];
        frame(&mut bundle, &[7; 300]);
        frame(&mut bundle, b"x");
        assert_eq!(bundle, [&[1, 44][..], &[7; 300], &[0, 1], b"x"].concat());
    }

    /// A wider file that can't be written leaves the narrower one, and nobody's file is overwritten.
    #[test]
    fn what_is_there_stays_until_its_successor_stands() {
        let folder = tempfile::tempdir().unwrap();
        export(folder.path(), 3);
        let (existing, checked) = Existing::open(folder.path()).and_then(Existing::check).unwrap();
        let mut files = Files::after(existing, checked.rows, checked.bundle).unwrap();
        files.add(log(4)[3].bytes()).unwrap();
        let taken = folder.path().join("tile/entries/000.p/4");
        fs::write(&taken, "another export").unwrap();
        assert_eq!(files.finish(None).unwrap_err().code, "FILE_IO");
        assert_eq!(fs::read(&taken).unwrap(), b"another export");
        fs::remove_file(&taken).unwrap();
        assert_eq!(files_of(folder.path()), ["tile/0/000.p/3", "tile/entries/000.p/3"]);
        export(folder.path(), 5);
        assert_eq!(files_of(folder.path()), ["tile/0/000.p/5", "tile/entries/000.p/5"]);
    }
}
