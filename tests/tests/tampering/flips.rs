//! Every single bit of small entries: the first, the first of a bundle, the last but one, the last.

use std::collections::{BTreeMap, BTreeSet};

use hefu_types::{Entry, Reason, Submission};
use hefu_verify::FailureKind::{self, Head, Layout, Link, NotCanonical, Signature, Time};

use crate::log::{self, Copy, SIZE};

const SEQS: [usize; 4] = [0, 256, SIZE - 2, SIZE - 1];

/// What must be said when this bit of an entry is flipped, by the field that it lies in.
fn expected(flipped: &[u8], byte: usize, before: u64, last: bool) -> FailureKind {
    let time = u64::from_be_bytes(flipped[9..17].try_into().expect("8 bytes"));
    match byte {
        // It could be a newer program's, had it been chained like that.
        0 => Link,
        1..=8 => FailureKind::Seq,
        9..=16 if time >> 63 == 1 => Layout,
        9..=16 if time < before => Time,
        // The next entry, or else the head, links to what the entry was.
        9..=16 if last => Head,
        9..=48 => Link,
        49..=50 => Layout,
        51..=114 => Signature,
        _ => expected_of_submission(&flipped[115..]),
    }
}

/// A field or number that this program does not know could be a newer program's, had it been chained like that; else the
/// form or the signature is broken.
fn expected_of_submission(bytes: &[u8]) -> FailureKind {
    match Submission::decode(bytes).map_err(|refusal| refusal.reason) {
        Err(Reason::UnknownField | Reason::UnknownEnum) => Link,
        Err(_) => NotCanonical,
        Ok(_) => Signature,
    }
}

/// Flips every bit of an entry, one at a time, and counts the kinds of failure.
fn flip_all(copy: &Copy, seq: usize) -> BTreeMap<String, usize> {
    let good = &copy.entries[seq];
    let before = seq.checked_sub(1).map_or(0, |at| {
        let before = Entry::parse(copy.entries[at].clone()).expect("an entry");
        u64::try_from(before.recorded_at().get()).expect("a time after 1970")
    });
    let mut kinds = BTreeMap::new();
    for bit in 0..good.len() * 8 {
        let mut flipped = good.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let kind = expected(&flipped, bit / 8, before, seq == SIZE - 1);
        assert_eq!(copy.with_entry(seq, flipped), Some((seq as u64, kind)), "bit {bit} of entry {seq}");
        *kinds.entry(kind.to_string()).or_default() += 1;
    }
    kinds
}

#[test]
fn the_sample_has_four_kinds_of_event() {
    let world = log::world();
    assert_eq!(world.entries.len(), SIZE);
    let kinds: BTreeSet<_> = SEQS.map(|seq| world.entries[seq].decode().unwrap().submission.events[0].kind()).into();
    assert_eq!(kinds, ["ledger_opened", "member_suspended", "role_granted", "rules_activated"].into());
}

/// One test an entry, so that they run side by side.
macro_rules! flips {
    ($($name:ident: $at:literal, $kinds:literal;)+) => {$(
        #[test]
        fn $name() {
            let kinds = flip_all(&Copy::of(&log::world()), SEQS[$at]);
            assert_eq!(kinds.len(), $kinds, "{kinds:?}");
        }
    )+};
}

flips! {
    every_flipped_bit_of_the_first_entry_is_found: 0, 5;
    every_flipped_bit_of_the_first_entry_of_a_bundle_is_found: 1, 6;
    every_flipped_bit_of_the_last_entry_but_one_is_found: 2, 6;
    every_flipped_bit_of_the_last_entry_is_found: 3, 7;
}
