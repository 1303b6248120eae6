use std::collections::BTreeSet;
use std::fs;

use hefu_types::event::membership::MemberSuspended;
use hefu_types::{ChainHash, Checkpoint, Code, NoteSigner, RootHash, Seq, SignedCheckpoint, Size, Text, sign};
use tempfile::TempDir;

use super::*;

const LEDGER: LedgerId = LedgerId::from_bytes([7; 32]);

fn keys() -> Keypair {
    Keypair::from_seed(&[1; 32])
}

fn event(n: usize) -> Event {
    let reason = Text::new(&format!("reason {n}")).unwrap();
    Event::from(MemberSuspended { member: Code::new("member").unwrap(), reason })
}

fn open(folder: &TempDir) -> Outbox {
    Outbox::open(folder.path(), LEDGER, keys().public()).unwrap()
}

/// An outbox with this many submissions stored and unanswered.
fn stored(folder: &TempDir, count: usize) -> Outbox {
    let mut outbox = open(folder);
    for n in 0..count {
        outbox.enclose(&keys(), vec![event(n)], Millis::new(5)).unwrap();
    }
    outbox
}

fn answer(outbox: &Outbox, key_seq: u64) -> Position {
    Position {
        seq: Seq::new(100 + key_seq),
        recorded_at: Millis::new(9),
        chain_hash: ChainHash::from_bytes([3; 32]),
        submission_hash: outbox.pending()[&KeySeq::new(key_seq)].hash(),
        already_recorded: false,
    }
}

fn acknowledge(outbox: &mut Outbox, key_seq: u64) {
    let position = answer(outbox, key_seq);
    outbox.acknowledge(KeySeq::new(key_seq), &position, &[]).unwrap();
}

fn numbers(outbox: &Outbox) -> Vec<u64> {
    outbox.pending().keys().map(|n| n.get()).collect()
}

fn files(folder: &TempDir, extension: &str) -> usize {
    let names = fs::read_dir(folder.path()).unwrap().map(|f| f.unwrap().path());
    names.filter(|path| path.extension().is_some_and(|e| e == extension)).count()
}

fn refusal() -> Refusal {
    Refusal::new(Reason::RoleMissing, "events[0]", "no role")
}

#[test]
fn submissions_are_numbered_linked_and_signed() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = stored(&folder, 3);
    let mut prev = SubmissionHash::NONE;
    for (key_seq, signed) in outbox.pending() {
        let submission = Submission::decode(&signed.submission).unwrap();
        assert_eq!((submission.key_seq, submission.key_prev), (*key_seq, prev));
        assert_eq!((submission.ledger_id, submission.key), (Some(LEDGER), keys().public()));
        assert_eq!(sign::verify_submission(&submission.key, &signed.submission, &signed.signature), Ok(()));
        prev = signed.hash();
    }
    assert_eq!(numbers(&outbox), [1, 2, 3]);
}

#[test]
fn unanswered_submissions_come_back_with_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let mut outbox = stored(&folder, 4);
    acknowledge(&mut outbox, 1);
    acknowledge(&mut outbox, 3);
    let before = outbox.pending().clone();
    drop(outbox);
    let mut outbox = open(&folder);
    assert_eq!(outbox.pending(), &before);
    assert_eq!(numbers(&outbox), [2, 4]);
    assert_eq!(outbox.enclose(&keys(), vec![event(9)], Millis::new(5)).unwrap(), KeySeq::new(5));
}

#[test]
fn a_torn_or_foreign_answer_counts_as_none() {
    let folder = tempfile::tempdir().unwrap();
    let mut outbox = stored(&folder, 3);
    (1..=3).for_each(|n| acknowledge(&mut outbox, n));
    drop(outbox);
    let ack = |n: u64| folder.path().join(format!("{n:020}.ack"));
    let whole = fs::read_to_string(ack(2)).unwrap();
    fs::write(ack(2), &whole[..whole.len() / 2]).unwrap();
    fs::write(ack(3), &whole).unwrap();
    assert_eq!(numbers(&open(&folder)), [2, 3]);
}

#[test]
fn a_refused_submission_frees_its_number_and_later_ones() {
    let folder = tempfile::tempdir().unwrap();
    let mut outbox = stored(&folder, 5);
    acknowledge(&mut outbox, 1);
    let expected: Vec<_> = [4, 5].map(|n| outbox.pending()[&KeySeq::new(n)].clone()).into();
    assert_eq!(outbox.refuse(KeySeq::new(3), &refusal()).unwrap(), expected);
    assert_eq!((numbers(&outbox), outbox.last().key_seq), (vec![2], KeySeq::new(2)));
    assert_eq!((files(&folder, "refused"), files(&folder, "reason")), (3, 3));
    assert_eq!(outbox.enclose(&keys(), vec![event(9)], Millis::new(5)).unwrap(), KeySeq::new(3));
    drop(outbox);
    assert_eq!(numbers(&open(&folder)), [2, 3]);
}

#[test]
fn the_same_number_can_be_refused_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut outbox = open(&folder);
    for n in 0..3 {
        let key_seq = outbox.enclose(&keys(), vec![event(n)], Millis::new(5)).unwrap();
        assert_eq!(key_seq, KeySeq::new(1));
        outbox.refuse(key_seq, &refusal()).unwrap();
    }
    assert_eq!(files(&folder, "refused"), 3);
    assert_eq!(outbox.last(), Link::NONE);
}

/// A crash between the two renames of a refusal: the later one links to what is gone.
#[test]
fn what_links_to_a_refused_submission_is_moved_aside() {
    let folder = tempfile::tempdir().unwrap();
    drop(stored(&folder, 3));
    let at = |name: &str| folder.path().join(name);
    fs::rename(at("00000000000000000002.sub"), at("00000000000000000002-00.refused")).unwrap();
    let outbox = open(&folder);
    assert_eq!((numbers(&outbox), outbox.last().key_seq), (vec![1], KeySeq::new(1)));
    assert_eq!((files(&folder, "sub"), files(&folder, "refused")), (1, 2));
}

#[test]
fn a_receipt_that_does_not_hold_is_kept_as_evidence_and_the_answer_is_not_noted() {
    let folder = tempfile::tempdir().unwrap();
    let mut outbox = stored(&folder, 1);
    let position = answer(&outbox, 1);
    assert_eq!(outbox.acknowledge(KeySeq::new(1), &position, b"no proof").unwrap_err().code(), "RECEIPT_INVALID");
    assert_eq!((numbers(&outbox), files(&folder, "tlog-proof"), files(&folder, "ack")), (vec![1], 1, 0));
}

/// A log that gives two receipts, or refuses what it gave one for, can't make the first one disappear.
#[test]
fn a_receipt_never_gives_way_to_another_answer() {
    let signer = NoteSigner::new("log", Keypair::from_seed(&[4; 32])).unwrap();
    let receipt = |size: u64| {
        let of = Checkpoint::new("log", Size::new(size), RootHash::from_bytes([1; 32])).unwrap();
        let note = SignedCheckpoint::sign(&of, &signer).unwrap().note().clone();
        TlogProof::new(None, Seq::new(0), vec![], note).unwrap().to_bytes()
    };
    let folder = tempfile::tempdir().unwrap();
    let mut outbox = stored(&folder, 1);
    let one = KeySeq::new(1);
    let mut given = |receipt: &[u8]| {
        let position = answer(&outbox, 1);
        assert_eq!(outbox.acknowledge(one, &position, receipt).unwrap_err().code(), "RECEIPT_INVALID");
    };
    let kept = || {
        let files = fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().path());
        let receipts = files.filter(|path| path.extension().is_some_and(|e| e == "tlog-proof"));
        receipts.map(|path| fs::read(path).unwrap()).collect::<BTreeSet<_>>()
    };
    given(&receipt(5));
    given(&receipt(5));
    given(&receipt(9));
    assert_eq!(kept(), BTreeSet::from([receipt(5), receipt(9)]));
    outbox.refuse(one, &refusal()).unwrap();
    outbox.enclose(&keys(), vec![event(2)], Millis::new(5)).unwrap();
    assert!(outbox.receipt(one).unwrap().is_none());
    fs::write(folder.path().join("00000000000000000001.tlog-proof"), "torn").unwrap();
    let position = answer(&outbox, 1);
    assert!(outbox.acknowledge(one, &position, &receipt(11)).is_err());
    assert_eq!(kept(), BTreeSet::from([receipt(5), receipt(9), receipt(11)]));
}

#[test]
fn an_answer_to_something_else_is_not_noted() {
    let folder = tempfile::tempdir().unwrap();
    let mut outbox = stored(&folder, 2);
    let wrong = answer(&outbox, 2);
    assert_eq!(outbox.acknowledge(KeySeq::new(1), &wrong, &[]).unwrap_err().code(), "ANSWER_INVALID");
    assert_eq!(numbers(&outbox), [1, 2]);
}

#[test]
fn what_exceeds_the_limits_is_not_stored() {
    let folder = tempfile::tempdir().unwrap();
    let mut outbox = open(&folder);
    let mut check = |events: Vec<Event>, code: &str| {
        assert_eq!(outbox.enclose(&keys(), events, Millis::new(5)).unwrap_err().code(), code);
    };
    check(vec![], "EVENTS_MISSING");
    check(vec![event(1); 1_001], "EVENTS_TOO_MANY");
    let long = MemberSuspended { member: Code::new("m").unwrap(), reason: Text::new(&"x".repeat(2_000)).unwrap() };
    check(vec![Event::from(long); 40], "SUBMISSION_TOO_LARGE");
    assert!(outbox.is_fresh());
    assert_eq!(files(&folder, "sub"), 0);
}

#[test]
fn an_outbox_has_one_writer_one_ledger_and_one_key() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = open(&folder);
    let again = |ledger: u8, seed: u8| {
        let key = Keypair::from_seed(&[seed; 32]).public();
        Outbox::open(folder.path(), LedgerId::from_bytes([ledger; 32]), key).map(drop)
    };
    assert_eq!(again(7, 1).unwrap_err().code(), "OUTBOX_BUSY");
    drop(outbox);
    assert_eq!(again(8, 1).unwrap_err().code(), "OUTBOX_FOREIGN");
    assert_eq!(again(7, 2).unwrap_err().code(), "OUTBOX_FOREIGN");
    assert!(again(7, 1).is_ok());
    fs::write(folder.path().join("identity"), "what is this").unwrap();
    assert_eq!(again(7, 1).unwrap_err().code(), "OUTBOX_DAMAGED");
}

#[test]
fn the_server_must_know_what_the_outbox_knows() {
    let folder = tempfile::tempdir().unwrap();
    let mut outbox = stored(&folder, 3);
    acknowledge(&mut outbox, 1);
    let hash = |n: u64| outbox.hash_of(KeySeq::new(n)).unwrap();
    let other = SubmissionHash::from_bytes([9; 32]);
    let code = |key_seq: u64, hash| {
        outbox.compare(Link { key_seq: KeySeq::new(key_seq), hash }).map_or_else(|e| e.code(), |()| "")
    };
    assert_eq!([1, 2, 3].map(|n| code(n, hash(n))), ["", "", ""]);
    assert_eq!([1, 2, 3].map(|n| code(n, other)), ["OUTBOX_DIVERGED"; 3]);
    assert_eq!(code(0, SubmissionHash::NONE), "LEDGER_ROLLED_BACK");
    assert_eq!(code(4, other), "OUTBOX_BEHIND");
}

#[test]
fn a_fresh_outbox_can_start_after_the_genesis() {
    let folder = tempfile::tempdir().unwrap();
    let mut outbox = open(&folder);
    let base = Link { key_seq: KeySeq::new(1), hash: SubmissionHash::from_bytes([9; 32]) };
    assert_eq!(outbox.compare(base).unwrap_err().code(), "OUTBOX_BEHIND");
    outbox.start_after(base).unwrap();
    drop(outbox);
    let mut outbox = open(&folder);
    assert!(outbox.compare(base).is_ok());
    assert_eq!(outbox.enclose(&keys(), vec![event(1)], Millis::new(5)).unwrap(), KeySeq::new(2));
    drop(outbox);
    assert_eq!(numbers(&open(&folder)), [2]);
}

#[test]
fn a_reader_needs_no_lock_and_changes_nothing() {
    let folder = TempDir::new().unwrap();
    let mut outbox = stored(&folder, 3);
    acknowledge(&mut outbox, 1);
    fs::write(folder.path().join(format!("{:020}.tlog-proof", 1)), "a receipt").unwrap();
    // Torn: it counts as none.
    fs::write(folder.path().join(format!("{:020}.ack", 2)), "seq 102").unwrap();
    let before = fs::read_dir(folder.path()).unwrap().count();
    let read = |ledger, key| super::stored(folder.path(), ledger, key);
    let found = read(LEDGER, keys().public()).expect("readable while it is open for writing");
    assert_eq!(found.iter().map(|stored| stored.link.key_seq.get()).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(found[2].link, outbox.last());
    assert_eq!(found[0].answer.map(|position| position.seq.get()), Some(101));
    assert!(found[0].receipt.as_ref().is_some_and(|path| path.ends_with(format!("{:020}.tlog-proof", 1))));
    assert!(found[1..].iter().all(|stored| stored.answer.is_none() && stored.receipt.is_none()));
    let other = Keypair::from_seed(&[2; 32]).public();
    assert!(matches!(read(LEDGER, other), Err(OutboxError::Foreign { what: "key", .. })));
    assert!(matches!(read(LedgerId::from_bytes([8; 32]), other), Err(OutboxError::Foreign { what: "ledger", .. })));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), before);
    let empty = TempDir::new().unwrap();
    assert!(matches!(super::stored(empty.path(), LEDGER, other), Err(OutboxError::Damaged { .. })));
    assert_eq!(fs::read_dir(empty.path()).unwrap().count(), 0);
}
