//! A directory of tlog-tiles entry bundles, read one bundle at a time.
//!
//! `tile/entries/<N>` holds 256 entries, `tile/entries/<N>.p/<W>` the first W of them; each entry is a 16-bit big-endian
//! length and its bytes. N is written in groups of three digits, all but the last with an `x` before them.
//! Source: C2SP tlog-tiles, <https://c2sp.org/tlog-tiles>.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use bytes::{Buf as _, Bytes};
use hefu_types::limits::BUNDLE_ENTRIES;

/// An export that can't be read. Damaged contents are no error but a finding, see [`crate::verify()`].
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The directory holds no entry bundles.
    #[error("{0} holds no tile/entries; is it an export?")]
    NoExport(PathBuf),
    /// A bundle that is no bundle; `hefu verify` says what is wrong with it.
    #[error("bundle {0} is damaged: it is cut off or holds more than 256 entries; run `hefu verify`")]
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

/// The entries of one bundle, and what follows them when the bundle is cut off.
#[derive(Debug, Default)]
pub(crate) struct Bundle {
    pub(crate) entries: Vec<Bytes>,
    /// Bytes after the last whole entry.
    pub(crate) leftover: usize,
}

impl Bundle {
    /// The bundle, when it can be one.
    fn whole(self, n: u64) -> Result<Self, ExportError> {
        let fits = self.leftover == 0 && self.entries.len() as u64 <= BUNDLE_ENTRIES;
        if fits { Ok(self) } else { Err(ExportError::Damaged(n)) }
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
            let bundle = self.bundle(n).and_then(|bundle| bundle.whole(n));
            n += 1;
            open = bundle.as_ref().is_ok_and(|b| b.entries.len() as u64 == BUNDLE_ENTRIES);
            Some(match bundle {
                Ok(bundle) => bundle.entries.into_iter().map(Ok).collect::<Vec<_>>(),
                Err(e) => vec![Err(e)],
            })
        })
        .flatten()
    }

    /// Bundle `n`: the full file, else the widest partial one, else nothing.
    pub(crate) fn bundle(&self, n: u64) -> Result<Bundle, ExportError> {
        let base = self.root.join("tile/entries");
        let full = base.join(bundle_path(n, None));
        if full.is_file() {
            return read_bundle(&full);
        }
        let partial = base.join(format!("{}.p", bundle_path(n, None)));
        match widest(&partial)? {
            Some(path) => read_bundle(&path),
            None => Ok(Bundle::default()),
        }
    }
}

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
        Some((number, width)) => (number, Some(width.parse().ok()?)),
        None => (path, None),
    };
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    let n = digits.parse().ok()?;
    (bundle_path(n, width) == path).then_some((n, width))
}

fn widest(dir: &Path) -> Result<Option<PathBuf>, ExportError> {
    if !dir.is_dir() {
        return Ok(None);
    }
    let io = |source| ExportError::Io { path: dir.to_owned(), source };
    let mut best: Option<(u64, PathBuf)> = None;
    for file in fs::read_dir(dir).map_err(io)? {
        let path = file.map_err(io)?.path();
        let width = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse().ok());
        if let Some(width) = width.filter(|w| best.as_ref().is_none_or(|(b, _)| w > b)) {
            best = Some((width, path));
        }
    }
    Ok(best.map(|(_, path)| path))
}

fn read_bundle(path: &Path) -> Result<Bundle, ExportError> {
    let bytes = fs::read(path).map_err(|source| ExportError::Io { path: path.to_owned(), source })?;
    Ok(split_bundle(bytes.into()))
}

/// Splits a bundle into entries; what is cut off stays as `leftover`.
fn split_bundle(mut rest: Bytes) -> Bundle {
    let mut entries = Vec::new();
    while rest.len() >= 2 {
        let len = usize::from(u16::from_be_bytes([rest[0], rest[1]]));
        if rest.len() < 2 + len {
            break;
        }
        rest.advance(2);
        entries.push(rest.split_to(len));
    }
    Bundle { entries, leftover: rest.len() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_whole_entries_and_keeps_count_of_the_rest() {
        let bundle = split_bundle(Bytes::from_static(&[0, 2, b'a', b'b', 0, 0, 0, 3, b'c']));
        assert_eq!(bundle.entries, [&b"ab"[..], b""]);
        assert_eq!(bundle.leftover, 3);
    }

    #[test]
    fn a_cut_off_bundle_is_no_whole_one() {
        assert!(split_bundle(Bytes::from_static(&[0, 1, b'a'])).whole(0).is_ok());
        assert!(matches!(split_bundle(Bytes::from_static(&[0, 1])).whole(7), Err(ExportError::Damaged(7))));
        assert!(split_bundle(Bytes::from(vec![0; 2 * 257])).whole(0).is_err());
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
