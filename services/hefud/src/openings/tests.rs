use super::*;
use hefu_proto::v1;
use hefu_types::{Decimal, KeySeq, Millis, PublicKey, SubmissionHash};
use std::sync::Arc;

fn opening(n: u8) -> Opening {
    Opening::of_number([n; 32], Decimal::new(4_711, 1).unwrap())
}

fn store() -> (tempfile::TempDir, Openings) {
    let dir = tempfile::tempdir().unwrap();
    let store = Openings::open(&dir.path().join("openings")).unwrap();
    (dir, store)
}

fn files(store: &Openings) -> usize {
    fs::read_dir(&store.folder).unwrap().count()
}

fn empty() -> Submission {
    Submission {
        ledger_id: None,
        key: PublicKey::from_bytes([5; 32]),
        key_seq: KeySeq::new(1),
        key_prev: SubmissionHash::NONE,
        created_at: Millis::new(0),
        not_after: Millis::new(0),
        events: vec![],
    }
}

#[test]
fn what_was_recorded_stays_and_what_was_refused_goes() {
    let (_dir, store) = store();
    let [kept, refused] = [1, 2].map(opening);
    store.hold(&[&kept, &refused]).unwrap();
    assert_eq!(store.get(&kept.commitment()).unwrap(), Some(kept.clone()));
    store.release(&[refused.commitment()], false).unwrap();
    store.release(&[kept.commitment()], true).unwrap();
    assert_eq!(store.get(&refused.commitment()).unwrap(), None);
    assert_eq!((store.get(&kept.commitment()).unwrap(), files(&store)), (Some(kept), 1));
}

#[test]
fn a_refusal_takes_nothing_from_another_submission() {
    let (_dir, store) = store();
    let shared = opening(1);
    let of = [shared.commitment()];
    // Recorded before, and brought again by one that is refused.
    store.hold(&[&shared]).unwrap();
    store.release(&of, true).unwrap();
    store.hold(&[&shared]).unwrap();
    store.release(&of, false).unwrap();
    assert_eq!(files(&store), 1);
    // Two at a time, of which the first is refused.
    let other = opening(2);
    let of = [other.commitment()];
    store.hold(&[&other]).unwrap();
    store.hold(&[&other]).unwrap();
    store.release(&of, false).unwrap();
    assert_eq!(files(&store), 2);
    store.release(&of, false).unwrap();
    assert_eq!(files(&store), 1);
}

/// A submission that commits to a value, without bringing what opens it.
fn committing(opening: &Opening) -> Submission {
    let code = |text| hefu_types::Code::new(text).unwrap();
    let observed = hefu_types::event::reporting::ObservationReported {
        indicator: code("i"),
        area: code("520000"),
        period: "2024".parse().unwrap(),
        value: None,
        obs_status: hefu_types::event::reporting::ObsStatus::A,
        qualifier: None,
        as_of_date: None,
        source: None,
        note: hefu_types::Text::default(),
        supersedes: None,
        reason: hefu_types::Text::default(),
        conf_status: Some(hefu_types::event::reporting::ConfStatus::N),
        method: hefu_types::Text::default(),
        evidence: vec![],
        embargo_until: Millis::default(),
        commitment: Some(opening.commitment()),
        readers: vec![],
        on_behalf_of: None,
    };
    Submission { events: vec![observed.into()], ..empty() }
}

/// Two submissions name one commitment, and the one that brought the opening is refused.
#[test]
fn what_the_sequencer_needs_stays_whoever_brought_it() {
    let (_dir, store) = store();
    for (n, recorded, left) in [(1, true, 1), (2, false, 1)] {
        let opening = opening(n);
        let (of, submission) = ([opening.commitment()], committing(&opening));
        assert_eq!(store.check(&submission).unwrap_err().reason, Reason::OpeningMissing);
        store.hold(&[&opening]).unwrap();
        store.check(&submission).unwrap();
        store.release(&of, false).unwrap();
        assert!(store.get(&of[0]).unwrap().is_some(), "it is needed");
        store.decided(&submission, recorded);
        store.release(&[], false).unwrap();
        assert_eq!(files(&store), left);
        assert_eq!(store.check(&submission).unwrap_err().reason, Reason::OpeningMissing);
    }
}

#[test]
fn a_damaged_opening_is_not_shown() {
    let (_dir, store) = store();
    let opening = opening(1);
    store.hold(&[&opening]).unwrap();
    let mut bytes = opening.to_file().to_vec();
    bytes[40 - 8] ^= 1;
    fs::write(store.path(&opening.commitment()), bytes).unwrap();
    assert!(store.get(&opening.commitment()).is_err());
}

#[test]
fn an_opening_is_read_and_fits() {
    let (_dir, store) = store();
    let store = Arc::new(store);
    let wire = |salt: &[u8], value: &[u8]| v1::Opening { salt: salt.to_vec().into(), value: value.to_vec().into() };
    let refused = |openings: &[v1::Opening]| {
        let brought = Brought::of(&store, openings).map(|brought| brought.expect("some"));
        let refusal = brought.and_then(|brought| brought.keep(&empty())).unwrap_err();
        (refusal.reason, refusal.field)
    };
    let wrong = |n| (Reason::OpeningWrong, format!("openings[{n}]"));
    let good = wire(&[1; 32], &[8, 2]);
    assert_eq!(refused(&[wire(&[1; 31], &[8, 2])]), wrong(0));
    assert_eq!(refused(&[good.clone(), wire(&[1; 32], &[8, 0])]), wrong(1));
    assert_eq!(refused(&[good]), wrong(0), "it fits nothing");
    assert!(Brought::of(&store, &[]).unwrap().is_none());
    assert_eq!(files(&store), 0);
}
