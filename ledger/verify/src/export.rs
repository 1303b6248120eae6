//! An export: the log's static files, read one at a time.
//!
//! `tile/entries/<N>` holds 256 entries, `tile/entries/<N>.p/<W>` the first W of them; each entry is a 16-bit big-endian
//! length and its bytes. `tile/<L>/<N>` holds 256 nodes of the tree. N is written in groups of three digits, all but the last
//! with an `x` before them. Source: C2SP tlog-tiles, <https://c2sp.org/tlog-tiles>.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use hefu_types::Size;
use hefu_types::limits::{BUNDLE_ENTRIES, ENTRY_BYTES_MAX, NOTE_BYTES_MAX};
use hefu_types::tile::{Contents, TILE_WIDTH, Tile};

use crate::directory::Directory;

mod bundle;

pub use bundle::Bundle;

/// An export that can't be read. Damaged contents are no error but a finding, see [`crate::verify()`].
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The directory holds no entry bundles.
    #[error("{0} holds no tile/entries; is it an export?")]
    NoExport(PathBuf),
    /// A bundle that is no bundle; `hefu verify` says what is wrong with it.
    #[error("bundle {0} is damaged: it is cut off, too long, or its files differ; run `hefu verify`")]
    Damaged(u64),
    /// A file can't be read.
    #[error("{path} can't be read")]
    Io {
        /// The file.
        path: String,
        /// The cause.
        #[source]
        source: io::Error,
    },
}

/// Where the files of a log are.
pub trait Source: Send + Sync {
    /// A file's bytes, no more than one beyond `max`; `None` when it is not there.
    ///
    /// # Errors
    /// When it can't be read.
    fn read(&self, path: &str, max: u64) -> io::Result<Option<Bytes>>;

    /// The widths of the files of this number, 256 for a full one; none when files can't be listed.
    ///
    /// # Errors
    /// When a folder can't be read.
    fn widths(&self, contents: Contents, number: u64) -> io::Result<BTreeSet<u16>>;

    /// The number of the last file, full or partial, whether or not those before it are there; `None` without one, or when
    /// files can't be listed.
    ///
    /// # Errors
    /// When a folder can't be read.
    fn last(&self, contents: Contents) -> io::Result<Option<u64>>;

    /// Whether it has tiles of the tree, so that each of them must be there.
    fn has_tree(&self) -> bool;

    /// What it is called in messages.
    fn name(&self) -> String;
}

/// An export.
pub struct Export {
    source: Box<dyn Source>,
}

/// A file, and the others of its number.
pub(crate) struct Found {
    pub(crate) width: u16,
    pub(crate) bytes: Bytes,
    narrower: BTreeSet<u16>,
}

impl Export {
    /// Opens an export directory.
    ///
    /// # Errors
    /// When it holds no `tile/entries`.
    pub fn open(root: &Path) -> Result<Self, ExportError> {
        let directory = Directory::open(root).ok_or_else(|| ExportError::NoExport(root.to_owned()))?;
        Ok(Self::of(Box::new(directory)))
    }

    /// An export that is somewhere else.
    #[must_use]
    pub fn of(source: Box<dyn Source>) -> Self {
        Self { source }
    }

    /// The checkpoint's bytes, if it has one.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn checkpoint(&self) -> Result<Option<Bytes>, ExportError> {
        self.read("checkpoint", NOTE_BYTES_MAX as u64)
    }

    /// The bytes of a file; `None` when it is not there, or no regular file.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn tile(&self, tile: Tile) -> Result<Option<Bytes>, ExportError> {
        self.read(&tile.to_string(), longest(tile))
    }

    /// The bytes of a file, or what it would hold out of a wider one of its number, which takes its place as the log grows.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn tile_or_beginning(&self, tile: Tile) -> Result<Option<Bytes>, ExportError> {
        if let Some(bytes) = self.tile(tile)? {
            return Ok(Some(bytes));
        }
        let found = self.widest(tile.contents, tile.number, tile.width)?;
        Ok(found.filter(|found| found.width > tile.width).map(|found| beginning(tile, &found.bytes)))
    }

    /// The widths of the files of a number.
    ///
    /// # Errors
    /// When a folder can't be read.
    pub fn widths(&self, contents: Contents, number: u64) -> Result<BTreeSet<u16>, ExportError> {
        self.source.widths(contents, number).map_err(|e| self.io("", e))
    }

    /// The number of the last file, see [`Source::last`].
    ///
    /// # Errors
    /// When a folder can't be read.
    pub fn last(&self, contents: Contents) -> Result<Option<u64>, ExportError> {
        self.source.last(contents).map_err(|e| self.io("", e))
    }

    pub(crate) fn name(&self) -> String {
        self.source.name()
    }

    pub(crate) fn has_tree(&self) -> bool {
        self.source.has_tree()
    }

    /// All entries' bytes in order, one bundle in memory at a time, up to a size or else the end of what is there; ends with an
    /// error at a bundle that is damaged.
    pub fn entries(&self, size: Option<Size>) -> impl Iterator<Item = Result<Bytes, ExportError>> + '_ {
        let mut n = 0;
        let mut open = true;
        let end = usize::try_from(size.map_or(u64::MAX, Size::get)).unwrap_or(usize::MAX);
        std::iter::from_fn(move || {
            if !open {
                return None;
            }
            let hint = size.unwrap_or(Size::new(u64::MAX));
            let bundle = self.bundle(n, hint);
            let bundle = bundle.and_then(|b| if b.is_whole() { Ok(b) } else { Err(ExportError::Damaged(n)) });
            n += 1;
            open = bundle.as_ref().is_ok_and(|b| b.entries.len() as u64 == BUNDLE_ENTRIES);
            Some(match bundle {
                Ok(bundle) => bundle.entries.into_iter().map(Ok).collect::<Vec<_>>(),
                Err(e) => vec![Err(e)],
            })
        })
        .flatten()
        .take(end)
    }

    /// Bundle `n` of a log of this size: the full file, else the widest partial one, else nothing; narrower ones are held
    /// against it. What is no regular file is not there, and of a file that is too long no more is read than tells so.
    ///
    /// # Errors
    /// When a file can't be read.
    pub fn bundle(&self, n: u64, size: Size) -> Result<Bundle, ExportError> {
        let hint = size.get().saturating_sub(n.saturating_mul(BUNDLE_ENTRIES)).min(TILE_WIDTH);
        let hint = u16::try_from(hint).expect("at most 256");
        let Some(found) = self.widest(Contents::Entries, n, hint)? else { return Ok(Bundle::default()) };
        let mut bundle = Bundle::split(found.bytes.clone());
        for (width, file) in self.narrower(Contents::Entries, n, &found)? {
            let narrower = Bundle::split(file);
            let same = narrower.leftover == 0
                && narrower.entries.len() == usize::from(width)
                && bundle.entries.starts_with(&narrower.entries);
            if !same {
                bundle.differing = Some(width);
            }
        }
        Ok(bundle)
    }

    /// The widest file of a number; `hint` is a width to try where files can't be listed.
    pub(crate) fn widest(&self, contents: Contents, number: u64, hint: u16) -> Result<Option<Found>, ExportError> {
        let mut widths = self.widths(contents, number)?;
        let listed = widths.clone();
        widths.extend([hint, TILE_WIDTH as u16]);
        while let Some(width) = widths.pop_last().filter(|width| *width > 0) {
            if let Some(bytes) = self.tile(Tile { contents, number, width })? {
                let narrower = listed.into_iter().filter(|other| *other < width).collect();
                return Ok(Some(Found { width, bytes, narrower }));
            }
        }
        Ok(None)
    }

    /// The other files of a number.
    pub(crate) fn narrower(
        &self,
        contents: Contents,
        number: u64,
        found: &Found,
    ) -> Result<Vec<(u16, Bytes)>, ExportError> {
        let read = |width: &u16| Ok((*width, self.tile(Tile { contents, number, width: *width })?.unwrap_or_default()));
        found.narrower.iter().map(read).collect()
    }

    fn read(&self, path: &str, max: u64) -> Result<Option<Bytes>, ExportError> {
        self.source.read(path, max).map_err(|e| self.io(path, e))
    }

    fn io(&self, path: &str, source: io::Error) -> ExportError {
        ExportError::Io { path: format!("{}/{path}", self.source.name()), source }
    }
}

/// The most bytes that a file can have.
const fn longest(tile: Tile) -> u64 {
    match tile.contents {
        Contents::Entries => BUNDLE_ENTRIES * (2 + ENTRY_BYTES_MAX as u64),
        Contents::Nodes(_) => 32 * TILE_WIDTH,
    }
}

/// What a file holds, out of a wider one.
fn beginning(tile: Tile, wider: &Bytes) -> Bytes {
    let width = usize::from(tile.width);
    let len = match tile.contents {
        Contents::Nodes(_) => 32 * width,
        Contents::Entries => Bundle::split(wider.clone()).entries.iter().take(width).map(|entry| 2 + entry.len()).sum(),
    };
    wider.slice(..len.min(wider.len()))
}

#[cfg(test)]
mod tests;
