//! Every change to an export is found, and said to be where it is.
//!
//! The log has 1,000 entries in four bundles. `flips.rs` flips bits, this file moves whole entries and damages files, and
//! `forgeries.rs` does what an operator can do who chains the log anew: whatever bytes can't tell, signatures and rules must.
//! `batches.rs` makes signatures that only a strict verifier refuses. `prefix.rs` holds an older head against a newer export.

mod batches;
mod flips;
mod forgeries;
mod log;
mod prefix;
mod program;

use bytes::Bytes;
use hefu_tests::export::{self, BUNDLE};
use hefu_verify::FailureKind::{self, Layout, Missing, NotCanonical, Surplus};

use log::{Copy, SIZE, verdict, verdict_of};

/// Around both ends and the borders of bundles.
const SAMPLE: [usize; 16] = [0, 1, 2, 100, 254, 255, 256, 257, 511, 512, 513, 767, 768, 997, 998, 999];

const LAST: usize = SIZE - 1;

type Verdict = Option<(u64, FailureKind)>;

/// An edit of whole entries, and what must be said about it.
struct Edit {
    name: &'static str,
    make: fn(&mut Vec<Bytes>, usize),
    expected: fn(usize) -> (usize, FailureKind),
}

const EDITS: &[Edit] = &[
    Edit {
        name: "removed",
        make: |entries, at| drop(entries.remove(at)),
        expected: |at| if at == LAST { (at, Missing) } else { (at, FailureKind::Seq) },
    },
    Edit {
        name: "duplicated",
        make: |entries, at| entries.insert(at, entries[at].clone()),
        expected: |at| if at == LAST { (SIZE, Surplus) } else { (at + 1, FailureKind::Seq) },
    },
    Edit {
        name: "swapped with the next",
        make: |entries, at| if at == LAST { entries.swap(at, 0) } else { entries.swap(at, at + 1) },
        expected: |at| if at == LAST { (0, FailureKind::Seq) } else { (at, FailureKind::Seq) },
    },
    Edit {
        name: "replaced by the one before",
        make: |entries, at| entries[at] = entries[(at + SIZE - 1) % SIZE].clone(),
        expected: |at| (at, FailureKind::Seq),
    },
    Edit {
        name: "one byte shorter",
        make: |entries, at| entries[at] = entries[at].slice(..entries[at].len() - 1),
        expected: |at| (at, NotCanonical),
    },
    Edit {
        name: "cut after the signature",
        make: |entries, at| entries[at] = entries[at].slice(..115),
        expected: |at| (at, Layout),
    },
    Edit { name: "emptied", make: |entries, at| entries[at] = Bytes::new(), expected: |at| (at, Layout) },
    Edit {
        name: "one byte longer",
        make: |entries, at| entries[at] = [&entries[at][..], &[0]].concat().into(),
        expected: |at| (at, NotCanonical),
    },
    Edit {
        name: "an entry inserted before it",
        make: |entries, at| entries.insert(at, entries[(at + 7) % SIZE].clone()),
        expected: |at| (at, FailureKind::Seq),
    },
    Edit {
        name: "everything from here on missing",
        make: |entries, at| entries.truncate(at),
        expected: |at| (at, Missing),
    },
];

#[test]
fn every_moved_or_cut_entry_is_named() {
    let copy = Copy::of(&log::world());
    assert_eq!(verdict_of(&copy.entries, copy.head), None);
    for Edit { name, make, expected } in EDITS {
        for at in SAMPLE {
            let mut entries = copy.entries.clone();
            make(&mut entries, at);
            // Without any entry there is no export at all.
            if entries.is_empty() {
                continue;
            }
            let (seq, kind) = expected(at);
            assert_eq!(verdict_of(&entries, copy.head), Some((seq as u64, kind)), "entry {at} {name}");
        }
    }
}

/// What follows the last entry belongs to nobody's log.
#[test]
fn whatever_follows_the_head_is_surplus() {
    let copy = Copy::of(&log::world());
    let bundle = export::framed(&copy.bundle(LAST));
    let more: [(&str, Vec<u8>); 4] = [
        ("a byte", vec![0]),
        ("half a length", vec![1]),
        ("an entry cut off", vec![0, 9, 1, 2, 3]),
        ("another entry", export::framed(&copy.entries[..1])),
    ];
    for (name, more) in more {
        let verdict = copy.with_file(LAST, &[bundle.clone(), more].concat());
        assert_eq!(verdict, Some((SIZE as u64, Surplus)), "{name}");
    }
}

/// Bytes of a full bundle, and where the auditor must stop.
#[test]
fn damaged_bundles_are_named_by_their_first_entry_at_fault() {
    let copy = Copy::of(&log::world());
    let bundle = copy.bundle(BUNDLE);
    let good = export::framed(&bundle);
    let framed_until = |n: usize| export::framed(&bundle[..n]).len();
    let damages: [(&str, Vec<u8>, usize, FailureKind); 7] = [
        ("emptied", vec![], 256, Missing),
        ("cut in the first length", good[..1].to_vec(), 256, Missing),
        ("cut within entry 300", good[..framed_until(44) + 9].to_vec(), 300, Missing),
        ("cut after entry 300", good[..framed_until(45)].to_vec(), 301, Missing),
        ("without its last byte", good[..good.len() - 1].to_vec(), 511, Missing),
        ("with a byte more", [&good[..], &[0]].concat(), 512, Surplus),
        ("with an entry more", [good.clone(), export::framed(&bundle[..1])].concat(), 512, Surplus),
    ];
    for (name, bytes, seq, kind) in damages {
        assert_eq!(copy.with_file(BUNDLE, &bytes), Some((seq as u64, kind)), "a bundle {name}");
    }
}

#[test]
fn missing_and_swapped_bundles_are_named_by_their_first_entry() {
    let copy = Copy::of(&log::world());
    let file = |n: usize| export::bundle_file(copy.dir.path(), n as u64, copy.bundle(n * BUNDLE).len());
    for n in 0..4 {
        std::fs::remove_file(file(n)).expect("a bundle");
        assert_eq!(verdict(copy.dir.path(), copy.head), Some(((n * BUNDLE) as u64, Missing)), "bundle {n}");
        std::fs::write(file(n), export::framed(&copy.bundle(n * BUNDLE))).expect("a bundle");
    }
    std::fs::write(file(1), export::framed(&copy.bundle(2 * BUNDLE))).expect("a bundle");
    assert_eq!(verdict(copy.dir.path(), copy.head), Some((256, FailureKind::Seq)));
}

/// Every bit of the length before an entry.
#[test]
fn damaged_lengths_are_named_by_their_entry() {
    let copy = Copy::of(&log::world());
    for seq in [0, 100, 255, 256, 998, 999] {
        let bundle = copy.bundle(seq);
        let at = export::framed(&bundle[..seq % BUNDLE]).len();
        for bit in 0..16 {
            let mut bytes = export::framed(&bundle);
            bytes[at + bit / 8] ^= 1 << (bit % 8);
            let verdict: Verdict = copy.with_file(seq, &bytes);
            let fits = |(found, kind): &(u64, FailureKind)| {
                *found == seq as u64 && matches!(kind, Missing | Layout | NotCanonical)
            };
            assert!(verdict.as_ref().is_some_and(fits), "bit {bit} of the length of entry {seq}: {verdict:?}");
        }
    }
}
