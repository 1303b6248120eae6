//! Exports written without the command line, and the verdict on them.

use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use hefu_journal::{Journal, Tip};
use hefu_types::tile::{Contents, Tile};
use hefu_types::{Entry, Seq, tree};
use hefu_verify::{Export, Head, Report, TileRows, verify};

/// Entries of a full bundle, as tlog-tiles says.
pub const BUNDLE: usize = 256;

/// Copies a folder's files and folders; sockets stay behind.
///
/// # Panics
/// When it can't.
pub fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder").map(|entry| entry.expect("an entry")) {
        let (kind, target) = (entry.file_type().expect("a kind"), to.join(entry.file_name()));
        if kind.is_dir() {
            copy_folder(&entry.path(), &target);
        } else if kind.is_file() {
            fs::copy(entry.path(), target).expect("copied");
        }
    }
}

/// Writes entry bundles.
///
/// # Panics
/// When the folder can't be written.
pub fn write(dir: &Path, entries: &[Bytes]) {
    for (bundle, n) in entries.chunks(BUNDLE).zip(0..) {
        let path = bundle_file(dir, n, bundle.len());
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, framed(bundle)).expect("a bundle");
    }
}

/// The file of a bundle of so many entries.
#[must_use]
pub fn bundle_file(dir: &Path, n: u64, entries: usize) -> PathBuf {
    let width = u16::try_from(entries).expect("at most 256");
    dir.join(Tile { contents: Contents::Entries, number: n, width }.to_string())
}

/// Writes the tiles of the tree over the entries.
///
/// # Panics
/// When the folder can't be written.
pub fn write_tree(dir: &Path, entries: &[Bytes]) -> TileRows {
    let put = |tile: Tile, bytes: &[u8]| {
        let path = dir.join(tile.to_string());
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, bytes).expect("a tile");
    };
    let mut rows = TileRows::default();
    entries.iter().for_each(|entry| rows.push(tree::leaf(entry), put));
    rows.partial().for_each(|(tile, bytes)| put(tile, bytes));
    rows
}

/// Entries as they stand in a bundle: each after its length.
///
/// # Panics
/// When an entry is longer than an entry can be.
#[must_use]
pub fn framed(entries: &[Bytes]) -> Vec<u8> {
    let frame = |entry: &Bytes| {
        let len = u16::try_from(entry.len()).expect("an entry's length");
        [&len.to_be_bytes()[..], entry].concat()
    };
    entries.iter().flat_map(frame).collect()
}

/// The head that these entries end in.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn head_of(entries: &[Entry]) -> Head {
    let last = entries.last().expect("an entry");
    Head { size: last.seq().size(), chain_hash: last.chain_hash() }
}

/// Everything durable in a journal.
///
/// # Panics
/// When it can't be read.
#[must_use]
pub fn entries_of(journal: &Journal) -> Vec<Bytes> {
    let mut all = Vec::new();
    loop {
        let batch = journal.read(Seq::new(all.len() as u64), 4_096, usize::MAX).expect("readable entries");
        if batch.is_empty() {
            return all;
        }
        all.extend(batch);
    }
}

/// Exports entries, verifies the export against the head that they end in, and returns the report.
///
/// # Panics
/// When it does not verify.
pub fn verify_entries(entries: &[Entry]) -> Report {
    let dir = tempfile::tempdir().expect("a folder");
    let bytes: Vec<Bytes> = entries.iter().map(|entry| entry.bytes().clone()).collect();
    write(dir.path(), &bytes);
    let export = Export::open(dir.path()).expect("an export");
    let report = verify(&export, head_of(entries), &mut |_| {}).expect("readable");
    assert_eq!(report.failure, None);
    report
}

/// Exports a journal, verifies the export against the journal's own head, and returns the report.
///
/// # Panics
/// When it does not verify.
pub fn verify_log(journal: &Journal) -> Report {
    let dir = tempfile::tempdir().expect("a folder");
    let entries = entries_of(journal);
    write(dir.path(), &entries);
    let rows = write_tree(dir.path(), &entries);
    let Tip { head, seal } = journal.tip().borrow().clone();
    let seal = seal.expect("a sealed log");
    assert_eq!(rows.root(), seal.checkpoint.checkpoint().root(), "the checkpoint signs the tree over the entries");
    assert_eq!(head.size.get(), entries.len() as u64, "the head counts the entries");
    let export = Export::open(dir.path()).expect("an export");
    let report = verify(&export, Head { size: head.size, chain_hash: head.chain_hash }, &mut |_| {}).expect("readable");
    assert_eq!((&report.failure, report.root), (&None, Some(rows.root())));
    report
}
