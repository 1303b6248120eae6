//! Just enough of an export's layout to damage one byte on purpose: bundles of entries, each after its length (u16).

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};

/// Flips the lowest bit of one byte in the middle of an entry, and returns the entry's seq, its file and the offset there.
///
/// The demo's log fits into one bundle, so that an entry's place in it is its seq.
pub(super) fn flip(export: &Path) -> anyhow::Result<(usize, PathBuf, usize)> {
    let path = only_bundle(&export.join("tile/entries"))?;
    let mut bytes = fs::read(&path)?;
    let entries = entries(&bytes);
    let seq = entries.len() * 2 / 3;
    let (start, length) = *entries.get(seq).context("the export holds no entry")?;
    let at = start + length * 2 / 3;
    bytes[at] ^= 1;
    fs::write(&path, bytes)?;
    Ok((seq, path, at))
}

/// Bundle 0: the file `000`, or what stands in `000.p/`.
fn only_bundle(folder: &Path) -> anyhow::Result<PathBuf> {
    let full = folder.join("000");
    ensure!(!full.is_file() && !folder.join("001").exists(), "the demo's log has outgrown one bundle; mend the demo");
    let mut partial = fs::read_dir(folder.join("000.p"))?;
    Ok(partial.next().context("an empty export")??.path())
}

/// Where entries start, and how long they are.
fn entries(bundle: &[u8]) -> Vec<(usize, usize)> {
    let (mut entries, mut at) = (vec![], 0);
    while let Some(&[high, low]) = bundle.get(at..at + 2) {
        let length = usize::from(u16::from_be_bytes([high, low]));
        entries.push((at + 2, length));
        at += 2 + length;
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_follow_their_lengths() {
        assert_eq!(entries(&[0, 2, b'a', b'b', 0, 0, 0, 1, b'c']), [(2, 2), (6, 0), (8, 1)]);
        assert_eq!(entries(&[]), []);
    }
}
