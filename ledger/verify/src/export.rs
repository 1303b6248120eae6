//! A directory of tlog-tiles entry bundles, read one bundle at a time.
//!
//! `tile/entries/<N>` holds 256 entries, `tile/entries/<N>.p/<W>` the first W of them; each entry is a 16-bit big-endian
//! length and its bytes. N is written in groups of three digits, all but the last with an `x` before them.
//! Source: C2SP tlog-tiles, <https://c2sp.org/tlog-tiles>.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use bytes::{Buf as _, Bytes};
use hefu_types::limits::{BUNDLE_ENTRIES, ENTRY_BYTES_MAX};

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
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
}

/// An export directory.
#[derive(Clone, Debug)]
pub struct Export {
    root: PathBuf,
}

/// The entries of one bundle, and what its files hold beside them.
#[derive(Debug, Default)]
pub struct Bundle {
    /// At most 256.
    pub entries: Vec<Bytes>,
    /// Bytes after them: of an entry that is cut off, or after the 256th.
    pub leftover: usize,
    /// The width of a partial file of this bundle that holds something else than its first entries.
    pub differing: Option<u64>,
}

impl Bundle {
    /// Whether it is nothing but entries, the same in each of its files.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.leftover == 0 && self.differing.is_none()
    }

    /// Splits a file into entries.
    fn split(mut rest: Bytes) -> Self {
        let mut entries = Vec::new();
        while rest.len() >= 2 && (entries.len() as u64) < BUNDLE_ENTRIES {
            let len = usize::from(u16::from_be_bytes([rest[0], rest[1]]));
            if rest.len() < 2 + len {
                break;
            }
            rest.advance(2);
            entries.push(rest.split_to(len));
        }
        Self { entries, leftover: rest.len(), differing: None }
    }
}

/// The path of bundle `n` below `tile/entries/`, for a full bundle or the first `width` entries of one.
///
/// ```
/// assert_eq!(hefu_verify::export::bundle_path(1_234_067, None), "x001/x234/067");
/// assert_eq!(hefu_verify::export::bundle_path(0, Some(12)), "000.p/12");
/// ```
#[must_use]
pub fn bundle_path(n: u64, width: Option<u64>) -> String {
    let mut groups = vec![format!("{:03}", n % 1_000)];
    let mut rest = n / 1_000;
    while rest > 0 {
        groups.insert(0, format!("x{:03}", rest % 1_000));
        rest /= 1_000;
    }
    let path = groups.join("/");
    width.map_or(path.clone(), |w| format!("{path}.p/{w}"))
}

impl Export {
    /// Opens an export directory.
    ///
    /// # Errors
    /// When it holds no `tile/entries`.
    pub fn open(root: &Path) -> Result<Self, ExportError> {
        if root.join("tile/entries").is_dir() {
            Ok(Self { root: root.to_owned() })
        } else {
            Err(ExportError::NoExport(root.to_owned()))
        }
    }

    /// Tells every file that is named as a bundle: its number and, for a partial one, its width. In no order.
    ///
    /// # Errors
    /// When a folder can't be read.
    pub fn each_bundle(&self, tell: &mut dyn FnMut(u64, Option<u64>)) -> Result<(), ExportError> {
        each_below(&self.root.join("tile/entries"), "", tell)
    }

    /// The number of the last bundle that is there, full or partial, whether or not those before it are.
    pub(crate) fn last_bundle(&self) -> Result<Option<u64>, ExportError> {
        let mut last = None;
        self.each_bundle(&mut |n, _| last = last.max(Some(n)))?;
        Ok(last)
    }

    /// All entries' bytes in order, one bundle in memory at a time; ends where the bundles end, or with an error at a bundle
    /// that is damaged.
    pub fn entries(&self) -> impl Iterator<Item = Result<Bytes, ExportError>> + '_ {
        let mut n = 0;
        let mut open = true;
        std::iter::from_fn(move || {
            if !open {
                return None;
            }
            let bundle = self.bundle(n).and_then(|b| if b.is_whole() { Ok(b) } else { Err(ExportError::Damaged(n)) });
            n += 1;
            open = bundle.as_ref().is_ok_and(|b| b.entries.len() as u64 == BUNDLE_ENTRIES);
            Some(match bundle {
                Ok(bundle) => bundle.entries.into_iter().map(Ok).collect::<Vec<_>>(),
                Err(e) => vec![Err(e)],
            })
        })
        .flatten()
    }

    /// Bundle `n`: the full file, else the widest partial one, else nothing; narrower ones are held against it. What is no
    /// regular file is not there, and of a file that is too long no more is read than tells so.
    ///
    /// # Errors
    /// When a file can't be read.
    pub fn bundle(&self, n: u64) -> Result<Bundle, ExportError> {
        let mut widths = self.widths(n)?;
        if self.path(n, None).is_file() {
            widths.insert(BUNDLE_ENTRIES);
        }
        let Some(widest) = widths.pop_last() else { return Ok(Bundle::default()) };
        let file = |width| self.read(n, Some(width).filter(|w| *w != BUNDLE_ENTRIES));
        let mut bundle = Bundle::split(file(widest)?);
        for width in widths {
            let narrower = Bundle::split(file(width)?);
            let same = narrower.leftover == 0
                && narrower.entries.len() as u64 == width
                && bundle.entries.starts_with(&narrower.entries);
            if !same {
                bundle.differing = Some(width);
            }
        }
        Ok(bundle)
    }

    /// The bytes of a bundle's file, as they are.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn read(&self, n: u64, width: Option<u64>) -> Result<Bytes, ExportError> {
        let path = self.path(n, width);
        let mut bytes = vec![];
        let read = File::open(&path).and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes));
        read.map_err(|source| ExportError::Io { path, source })?;
        Ok(bytes.into())
    }

    /// The widths of the partial files of bundle `n`.
    fn widths(&self, n: u64) -> Result<BTreeSet<u64>, ExportError> {
        let mut widths = BTreeSet::new();
        let dir = self.root.join("tile/entries").join(format!("{}.p", bundle_path(n, None)));
        if dir.is_dir() {
            let path = format!("{}.p/", bundle_path(n, None));
            each_below(&dir, &path, &mut |_, width| widths.extend(width))?;
        }
        Ok(widths)
    }

    fn path(&self, n: u64, width: Option<u64>) -> PathBuf {
        self.root.join("tile/entries").join(bundle_path(n, width))
    }
}

/// The length of a bundle of the longest entries, in bytes.
const LONGEST: u64 = BUNDLE_ENTRIES * (2 + ENTRY_BYTES_MAX as u64);

fn each_below(dir: &Path, below: &str, tell: &mut dyn FnMut(u64, Option<u64>)) -> Result<(), ExportError> {
    let io = |source| ExportError::Io { path: dir.to_owned(), source };
    for file in fs::read_dir(dir).map_err(io)? {
        let path = file.map_err(io)?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if path.is_dir() && (name.starts_with('x') || name.ends_with(".p")) {
            each_below(&path, &format!("{below}{name}/"), tell)?;
        } else if let Some((n, width)) = bundle_of(&format!("{below}{name}")).filter(|_| path.is_file()) {
            tell(n, width);
        }
    }
    Ok(())
}

/// The bundle that a path belongs to; `None` when no bundle has this path.
fn bundle_of(path: &str) -> Option<(u64, Option<u64>)> {
    let (number, width) = match path.split_once(".p/") {
        Some((number, width)) => (number, Some(width.parse().ok().filter(|w| (1..BUNDLE_ENTRIES).contains(w))?)),
        None => (path, None),
    };
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    let n = digits.parse().ok()?;
    (bundle_path(n, width) == path).then_some((n, width))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_whole_entries_and_keeps_count_of_the_rest() {
        let bundle = Bundle::split(Bytes::from_static(&[0, 2, b'a', b'b', 0, 0, 0, 3, b'c']));
        assert_eq!(bundle.entries, [&b"ab"[..], b""]);
        assert_eq!(bundle.leftover, 3);
        let zeros = Bundle::split(Bytes::from(vec![0; 2 * 257]));
        assert_eq!((zeros.entries.len(), zeros.leftover, zeros.is_whole()), (256, 2, false));
    }

    fn export(files: &[(&str, &[u8])]) -> (tempfile::TempDir, Export) {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            let path = folder.path().join("tile/entries").join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        let export = Export::open(folder.path()).unwrap();
        (folder, export)
    }

    #[test]
    fn narrower_files_must_hold_the_first_entries_of_the_widest() {
        let three = [0, 1, b'a', 0, 1, b'b', 0, 1, b'c'];
        for (narrower, differing) in
            [(&three[..6], None), (&three[..3], Some(2)), (&three[3..], Some(2)), (&[], Some(2))]
        {
            let (_folder, export) = export(&[("000.p/3", &three), ("000.p/2", narrower)]);
            let bundle = export.bundle(0).unwrap();
            assert_eq!((bundle.entries.len(), bundle.differing), (3, differing));
            assert_eq!(bundle.is_whole(), export.entries().all(|entry| entry.is_ok()));
        }
    }

    #[test]
    fn what_is_no_bundle_is_neither_waited_for_nor_read_whole() {
        let (folder, export) =
            export(&[("000", &[0, 1, b'a']), ("001.p/1", b""), ("002.p/300", b""), ("002.p/0", b"")]);
        let root = folder.path().join("tile/entries");
        let sparse = File::create(root.join("000")).unwrap();
        sparse.set_len(1 << 40).unwrap();
        let bundle = export.bundle(0).unwrap();
        assert_eq!((bundle.entries.len() as u64, bundle.leftover as u64), (256, LONGEST + 1 - 512));
        std::os::unix::fs::symlink("/dev/zero", root.join("001")).unwrap();
        assert_eq!(export.bundle(1).unwrap().entries.len(), 0);
        assert_eq!(export.last_bundle().unwrap(), Some(1));
    }

    #[test]
    fn a_path_names_its_bundle() {
        for (n, width) in [(0, None), (67, Some(3)), (999, None), (1_000, None), (1_234_067, Some(255))] {
            assert_eq!(bundle_of(&bundle_path(n, width)), Some((n, width)));
        }
        for other in
            ["", "0", "0000", "x000/001", "x1/000", "000.p", "000.p/", "000.p/+3", "000.p/03", ".tmpA1", "001~"]
        {
            assert_eq!(bundle_of(other), None, "{other}");
        }
    }

    #[test]
    fn paths_follow_the_specification() {
        assert_eq!(bundle_path(67, None), "067");
        assert_eq!(bundle_path(1_000, None), "x001/000");
        assert_eq!(bundle_path(1_234_067, Some(255)), "x001/x234/067.p/255");
    }
}
