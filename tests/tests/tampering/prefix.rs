//! An older head and a newer export: the entries up to the head are verified, the others must at least go on from there.

use std::fs;
use std::path::Path;

use bytes::Bytes;
use hefu_tests::export::{self, BUNDLE};
use hefu_types::{Entry, Size};
use hefu_verify::FailureKind::{self, Head as HeadKind, Layout, Link, Missing, Surplus};
use hefu_verify::{Export, Head, Report, verify_prefix};

use crate::log::{Copy, SIZE, verdict, world};

fn head(copy: &Copy, size: usize) -> Head {
    let last = Entry::parse(copy.entries[size - 1].clone()).expect("an entry");
    Head { size: Size::new(size as u64), chain_hash: last.chain_hash() }
}

fn report(dir: &Path, head: Head) -> Report {
    verify_prefix(&Export::open(dir).expect("an export"), head, &mut |_| {}).expect("a readable export")
}

fn prefix_verdict(dir: &Path, head: Head) -> Option<(u64, FailureKind)> {
    report(dir, head).failure.map(|failure| (failure.seq.get(), failure.kind))
}

fn of(entries: &[Bytes], head: Head) -> Option<(u64, FailureKind)> {
    let dir = tempfile::tempdir().expect("a folder");
    export::write(dir.path(), entries);
    prefix_verdict(dir.path(), head)
}

#[test]
fn an_older_head_fits_a_newer_export_when_that_is_asked_for() {
    let copy = Copy::of(&world());
    for size in [1, 10, 255, 256, 257, 512, 900, 999, SIZE] {
        let head = head(&copy, size);
        let report = report(copy.dir.path(), head);
        assert_eq!(report.failure, None, "{size}");
        assert_eq!((report.entries, report.entries_after_head), (size as u64, (SIZE - size) as u64));
        let at = Entry::parse(copy.entries[size - 1].clone()).expect("an entry").recorded_at();
        assert_eq!(report.recorded_at, at, "of the last entry that the head covers");
        let strictly = (size < SIZE).then_some((size as u64, Surplus));
        assert_eq!(verdict(copy.dir.path(), head), strictly, "{size}");
    }
}

#[test]
fn what_no_log_goes_on_with_is_found_behind_an_older_head() {
    let copy = Copy::of(&world());
    let changed = |edit: &dyn Fn(&mut Vec<Bytes>)| {
        let mut entries = copy.entries.clone();
        edit(&mut entries);
        of(&entries, head(&copy, 300))
    };
    let flipped = |entries: &mut Vec<Bytes>, at: usize| {
        let mut bytes = entries[at].to_vec();
        *bytes.last_mut().expect("a byte") ^= 1;
        entries[at] = bytes.into();
    };
    assert_eq!(changed(&|entries| flipped(entries, 600)), Some((601, Link)));
    assert_eq!(changed(&|entries| drop(entries.remove(600))), Some((600, FailureKind::Seq)));
    assert_eq!(changed(&|entries| entries[600] = Bytes::new()), Some((600, Layout)));
    assert_eq!(changed(&|entries| entries.truncate(600)), None, "cut after the head is an older export");
    assert!(changed(&|entries| flipped(entries, 299)).is_some(), "the head's own entry");
    assert_eq!(changed(&|entries| entries.truncate(299)), Some((299, Missing)));
    let wrong = Head { chain_hash: head(&copy, 301).chain_hash, ..head(&copy, 300) };
    assert_eq!(of(&copy.entries, wrong), Some((299, HeadKind)));
}

#[test]
fn bytes_that_are_no_entry_and_gaps_are_found_behind_an_older_head() {
    let copy = Copy::of(&world());
    let file = |n: usize| export::bundle_file(copy.dir.path(), n as u64, copy.bundle(n * BUNDLE).len());
    let head = head(&copy, 300);
    let with = |n: usize, more: &[u8]| {
        let good = fs::read(file(n)).expect("a bundle");
        fs::write(file(n), [&good[..], more].concat()).expect("a bundle");
        let verdict = prefix_verdict(copy.dir.path(), head);
        fs::write(file(n), good).expect("a bundle");
        verdict
    };
    for more in [&[0][..], &[0, 9, 1]] {
        assert_eq!(with(3, more), Some((1_000, Surplus)));
        assert_eq!(with(2, more), Some((768, Surplus)));
    }
    assert_eq!(with(3, &[0, 0]), Some((1_000, Layout)));
    assert_eq!(with(1, &export::framed(&copy.entries[512..513])), Some((512, Surplus)));
    fs::remove_file(file(2)).expect("a bundle");
    assert_eq!(prefix_verdict(copy.dir.path(), head), Some((512, Missing)), "bundle 3 behind a gap");
}

/// A bundle that stands apart from the log is surplus to a head that the export otherwise ends in.
#[test]
fn a_bundle_behind_a_gap_is_surplus() {
    let copy = Copy::of(&world());
    let file = export::bundle_file(copy.dir.path(), 1_005, BUNDLE);
    fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
    fs::write(file, "").expect("a file");
    assert_eq!(verdict(copy.dir.path(), copy.head), Some((SIZE as u64, Surplus)));
}
