use hefu_client::Position;
use hefu_client::outbox::{Link, Stored};
use hefu_types::{ChainHash, KeySeq, Millis, Seq, SubmissionHash};

use super::omissions::{Instead, compare};
use super::*;

fn link(key_seq: u64, hash: u8) -> Link {
    Link { key_seq: KeySeq::new(key_seq), hash: SubmissionHash::from_bytes([hash; 32]) }
}

/// The submission of this number and hash at a position of the log whose history is `log`.
fn place(seq: u64, key_seq: u64, hash: u8, prev: u8, log: u8) -> Place {
    Place {
        link: link(key_seq, hash),
        key_prev: SubmissionHash::from_bytes([prev; 32]),
        seq: Seq::new(seq),
        recorded_at: Millis::new(5),
        chain_hash: ChainHash::from_bytes([log; 32]),
    }
}

/// A submission that was answered with this position, if any.
fn kept(key_seq: u64, hash: u8, seq: Option<u64>) -> Stored {
    let link = link(key_seq, hash);
    let answer = seq.map(|seq| Position {
        seq: Seq::new(seq),
        recorded_at: Millis::new(5),
        chain_hash: ChainHash::from_bytes([9; 32]),
        submission_hash: link.hash,
        already_recorded: false,
    });
    Stored { link, answer, receipt: Some("receipt".into()) }
}

/// Numbers 1, 2, 3 with hashes 1, 2, 3 at 4, 6, 8.
fn sound() -> [Place; 3] {
    [place(4, 1, 1, 0, 9), place(6, 2, 2, 1, 9), place(8, 3, 3, 2, 9)]
}

#[test]
fn a_chain_runs_from_one_and_each_links_to_the_one_before() {
    let [one, two, three] = sound();
    let said = |places: &[Place]| {
        key_chain::faults(places).iter().map(|fault| (fault.row().number, fault.row().finding)).collect::<Vec<_>>()
    };
    let gap = |number, next: u64| (number, format!("gap: number {next} comes next"));
    assert_eq!(said(&[]), []);
    assert_eq!(said(&[one, two, three]), []);
    assert_eq!(said(&[two, three]), [gap(2, 1)]);
    assert_eq!(said(&[one, three]), [gap(3, 2)]);
    assert_eq!(said(&[one, one, two]), [gap(1, 2)]);
    assert_eq!(said(&[one, three, two]), [gap(3, 2), gap(2, 4)]);
    let other = place(6, 2, 7, 3, 9);
    let unlinked = |number| (number, "link: follows another submission".to_owned());
    assert_eq!(said(&[one, other, three]), [unlinked(2), unlinked(3)]);
}

#[test]
fn every_answer_is_kept_or_named() {
    let [one, two, three] = sound();
    let instead = |places: &[Place], stored: Stored| {
        let found = compare(&[stored], places, Size::new(9));
        assert_eq!((found.stored, found.answered), (1, 1));
        assert!(found.omissions.iter().all(|o| o.receipt.is_some()));
        found.omissions.first().map(|omission| omission.instead)
    };
    let (seq, hash) = (Seq::new, |n| SubmissionHash::from_bytes([n; 32]));
    let second = || kept(2, 2, Some(6));
    assert_eq!(instead(&[one, two, three], second()), None);
    assert_eq!(instead(&[one, three], second()), Some(Instead::Dropped));
    assert_eq!(instead(&[one, place(5, 2, 2, 1, 9)], second()), Some(Instead::Moved(seq(5))));
    assert_eq!(instead(&[one, place(6, 2, 7, 1, 9)], second()), Some(Instead::Replaced(seq(6), hash(7))));
    assert_eq!(instead(&[one, place(6, 2, 2, 1, 8)], second()), Some(Instead::Rechained(seq(6))));
    // Recorded a second time it is still there.
    assert_eq!(instead(&[one, two, place(7, 2, 2, 1, 9)], second()), None);
}

#[test]
fn what_an_export_can_t_know_is_counted_and_nobody_is_accused() {
    let places = sound();
    let stored = [kept(2, 2, Some(6)), kept(3, 3, Some(8)), kept(4, 4, Some(9)), kept(5, 5, None)];
    let found = compare(&stored, &places, Size::new(9));
    assert_eq!((found.stored, found.answered, found.after_export, found.not_stored), (4, 3, 1, 1));
    assert_eq!(found.omissions, []);
    // One entry more, and the answer at 9 was a promise about this export.
    assert_eq!(compare(&stored, &places, Size::new(10)).omissions[0].instead, Instead::Dropped);
}

#[test]
fn what_the_member_can_prove_decides_the_code() {
    let code = |faults, kept: Option<&Comparison>| verdict(faults, kept).err().map(|e| (e.exit, e.code));
    let [one, _, three] = sound();
    let dropped = compare(&[kept(2, 2, Some(6))], &[one, three], Size::new(9));
    assert_eq!(code(0, None), None);
    assert_eq!(code(0, Some(&Comparison::default())), None);
    assert_eq!(code(1, Some(&Comparison::default())), Some((Exit::Broken, "KEY_CHAIN_BROKEN")));
    assert_eq!(code(1, Some(&dropped)), Some((Exit::Broken, "SUBMISSION_OMITTED")));
}
