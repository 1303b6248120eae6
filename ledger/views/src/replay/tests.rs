use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::Projector;
use crate::cursor::Cursor;
use crate::history::{Step, log_of, steps};
use crate::testing::{Log, OPERATOR, REPORTER, code, observed};

/// The digest of a view at a size, found without what is tested here.
/// The place of the view of observations in [`VIEWS`].
const SERIES: usize = VIEWS.len() - 1;

fn digest(log: &Log, view: usize, size: u64) -> ViewDigest {
    let memory = log.replay(usize::try_from(size).unwrap());
    Projector::new(&memory).cursor(VIEWS[view]).unwrap().digest()
}

/// What an honest operator records.
fn honest(log: &Log, view: usize, size: u64) -> ViewsRecorded {
    let id = VIEWS[view].id();
    let (view, digest) = (code(id.name), digest(log, view, size));
    ViewsRecorded { size: Size::new(size), view, version: id.version, digest }
}

fn forged(record: ViewsRecorded) -> ViewsRecorded {
    ViewsRecorded { digest: ViewDigest::from_bytes([7; 32]), ..record }
}

fn replay(log: &Log, batches: &[usize]) -> Result<Replayed, ViewError> {
    let mut records = Records::default();
    log.0.iter().try_for_each(|entry| records.note(entry))?;
    let (mut replay, mut rest) = (Replay::new(records), &log.0[..]);
    for len in batches.iter().cycle() {
        let (batch, later) = rest.split_at(rest.len().min(*len));
        replay.apply(batch)?;
        rest = later;
        if rest.is_empty() {
            break;
        }
    }
    replay.finish()
}

fn difference(log: &Log) -> Option<Difference> {
    replay(log, &[3]).unwrap().difference
}

fn at(found: Option<Difference>) -> Option<(u64, u32)> {
    found.map(|found| (found.seq.get(), found.event_index))
}

fn small() -> Log {
    let mut log = log_of(&[]);
    for month in ["2024-01", "2024-02", "2024-03"] {
        log.say(REPORTER, [observed("i", "52", month, "1")]);
    }
    log
}

#[test]
fn runs_end_where_they_must_and_follow_one_another() {
    let log = small();
    let ends = |stops: &[u64]| -> Vec<(u64, u64)> {
        let stops: Vec<Size> = stops.iter().map(|size| Size::new(*size)).collect();
        let runs = Run::all(&log.0[1..], &stops).unwrap();
        runs.iter().map(|run| (run.before.get(), run.size.get())).collect()
    };
    let last = log.0.len() as u64;
    assert_eq!(ends(&[]), [(1, last)]);
    assert_eq!(ends(&[1, 2, 5, last, last + 3]), [(1, 2), (2, 5), (5, last)]);

    let swapped = [log.0[1].clone(), log.0[0].clone()];
    assert!(matches!(Run::all(&swapped, &[]), Err(ViewError::Gap { .. })));
    let mut replay = Replay::new(Records::default());
    let mut runs = Run::all(&log.0, &[Size::new(2), Size::new(3)]).unwrap();
    let third = runs.pop().unwrap();
    replay.take(runs.remove(0)).unwrap();
    let gap = replay.take(third);
    assert!(
        matches!(gap, Err(ViewError::Gap { expected, found }) if (expected.get(), found.get()) == (2, 3)),
        "{gap:?}"
    );
    replay.take(runs.remove(0)).unwrap();
    let memory = replay.finish().unwrap().memory;
    assert_eq!(cursors(&memory), cursors(&log.replay(3)));
}

#[test]
fn the_first_record_that_differs_is_named_whatever_size_it_speaks_of() {
    let mut log = small();
    let good = honest(&log, SERIES, 6);
    let first = log.say(OPERATOR, [good.clone().into(), forged(honest(&log, SERIES, 5)).into()]);
    log.say(OPERATOR, [forged(honest(&log, 0, 1)).into()]);
    let expected = Difference {
        seq: first,
        event_index: 1,
        view: VIEWS[SERIES].id(),
        size: Size::new(5),
        recorded: ViewDigest::from_bytes([7; 32]),
        replayed: digest(&log, SERIES, 5),
    };
    assert_eq!(difference(&log), Some(expected));
}

#[test]
fn each_of_two_records_that_contradict_each_other_is_compared() {
    for order in [[true, false], [false, true]] {
        let mut log = small();
        let say = |good| if good { honest(&log, SERIES, 6) } else { forged(honest(&log, SERIES, 6)) };
        let events = order.map(|good| say(good).into());
        let seq = log.say(OPERATOR, events);
        assert_eq!(at(difference(&log)), Some((seq.get(), u32::from(order[0]))), "{order:?}");
    }
}

#[test]
fn what_this_program_does_not_have_is_counted_and_not_compared() {
    let mut log = small();
    let record = honest(&log, SERIES, 6);
    let former = ViewsRecorded { view: code("former"), ..forged(record.clone()) };
    let former_version = former.version;
    let later = ViewsRecorded { version: 9, ..forged(record.clone()) };
    log.say(OPERATOR, [former.clone().into(), later.into(), record.clone().into()]);
    log.say(OPERATOR, [former.into(), record.into()]);
    let replayed = replay(&log, &[100]).unwrap();
    assert_eq!(replayed.difference, None);
    let counts: Vec<_> =
        replayed.recorded.iter().map(|r| (r.view.as_str(), r.version, r.records, r.replayed)).collect();
    let now = VIEWS[SERIES].id().version;
    let expected = [("former", former_version, 2, false), ("series", now, 2, true), ("series", 9, 1, false)];
    assert_eq!(counts, expected);
}

#[test]
fn a_record_of_entries_that_are_not_before_it_is_an_error() {
    let with = |size| {
        let mut log = small();
        let record = ViewsRecorded { size: Size::new(size), ..honest(&log, 0, 6) };
        log.say(OPERATOR, [record.into()]);
        replay(&log, &[100]).map(|replayed| at(replayed.difference))
    };
    assert_eq!(with(6).unwrap(), None);
    for size in [0, 7, 1 << 61, u64::MAX] {
        let error = with(size).unwrap_err();
        assert!(matches!(error, ViewError::RecordBeyond { seq, .. } if seq == Seq::new(6)), "{size}: {error}");
    }
}

#[test]
fn other_entries_than_those_noted_are_an_error() {
    let mut log = small();
    log.say(OPERATOR, [honest(&log, 0, 6).into()]);
    let mut records = Records::default();
    log.0.iter().for_each(|entry| records.note(entry).unwrap());
    let missed = |records: &Records, upto: usize| {
        let mut replay = Replay::new(records.clone());
        replay.apply(&log.0[..upto]).unwrap();
        matches!(replay.finish(), Err(ViewError::RecordsMissed { .. }))
    };
    assert!(!missed(&records, 7));
    assert!(missed(&records, 6), "the record is not among them");
    assert!(missed(&Records::default(), 7), "a record that was not noted is");
}

/// What happens: somebody reports, or the operator records views at sizes.
#[derive(Clone, Debug)]
enum Deed {
    Report(Vec<Step>),
    Record(Vec<(usize, prop::sample::Index)>),
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let record = prop::collection::vec((0..VIEWS.len(), any::<prop::sample::Index>()), 1..4);
    let deed = prop_oneof![2 => steps().prop_map(Deed::Report), 1 => record.prop_map(Deed::Record)];
    prop::collection::vec(deed, 1..20)
}

/// A log of an honest operator, and where its records stand.
fn narrate(deeds: &[Deed]) -> (Log, Vec<(usize, usize)>) {
    let (mut log, mut places) = (log_of(&[]), vec![]);
    for deed in deeds {
        let seq = log.0.len();
        match deed {
            Deed::Report(steps) => log.say(REPORTER, steps.iter().map(|step| step.event())),
            Deed::Record(records) => {
                places.extend((0..records.len()).map(|index| (seq, index)));
                let size = |index: &prop::sample::Index| index.index(seq) as u64 + 1;
                let events: Vec<Event> =
                    records.iter().map(|(view, index)| honest(&log, *view, size(index)).into()).collect();
                log.say(OPERATOR, events)
            }
        };
    }
    (log, places)
}

fn cursors(memory: &Memory) -> Vec<Cursor> {
    VIEWS.iter().map(|view| Projector::new(memory).cursor(*view).unwrap()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn an_honest_operator_is_never_accused(deeds in deeds(), batches in prop::collection::vec(1..9_usize, 1..4)) {
        let (log, places) = narrate(&deeds);
        let replayed = replay(&log, &batches).unwrap();
        prop_assert_eq!(replayed.difference, None);
        prop_assert_eq!(cursors(&replayed.memory), cursors(&log.store()));
        let mut counts = BTreeMap::new();
        for (seq, index) in &places {
            let record = recorded(&log.0[*seq].submission.events[*index]).unwrap();
            *counts.entry((record.view.clone(), record.version)).or_insert(0) += 1;
        }
        let found = replayed.recorded.into_iter().map(|r| ((r.view, r.version), r.records)).collect();
        prop_assert_eq!(counts, found);
    }

    /// A bit of the digest, another size, or another view: the first record that then does not say the truth is named.
    #[test]
    fn every_forged_record_is_found(
        deeds in deeds(), batches in prop::collection::vec(1..9_usize, 1..4),
        forgeries in prop::collection::vec((any::<prop::sample::Index>(), 0..3, any::<prop::sample::Index>()), 1..3),
    ) {
        let (mut log, places) = narrate(&deeds);
        prop_assume!(!places.is_empty());
        for (place, what, how) in &forgeries {
            let (seq, index) = places[place.index(places.len())];
            let record = match &mut log.0[seq].submission.events[index] {
                Event::ViewsRecorded(record) => record,
                other => panic!("{other:?}"),
            };
            match what {
                0 => {
                    let mut bytes = *record.digest.as_bytes();
                    bytes[how.index(32)] ^= 1;
                    record.digest = ViewDigest::from_bytes(bytes);
                }
                1 => record.size = Size::new(how.index(seq) as u64 + 1),
                _ => {
                    let id = VIEWS[how.index(VIEWS.len())].id();
                    (record.view, record.version) = (code(id.name), id.version);
                }
            }
        }
        let lies = |(seq, index): &&(usize, usize)| {
            let record = recorded(&log.0[*seq].submission.events[*index]).unwrap();
            let view = VIEWS.iter().position(|view| view.id().name == record.view.as_str()).unwrap();
            record.digest != digest(&log, view, record.size.get())
        };
        let first = places.iter().find(lies).map(|(seq, index)| (*seq as u64, u32::try_from(*index).unwrap()));
        prop_assert_eq!(at(replay(&log, &batches).unwrap().difference), first);
    }
}
