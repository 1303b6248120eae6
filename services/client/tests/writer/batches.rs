//! Many events under few signatures, against a ledger that refuses, loses and forgets to answer.

use std::fs;

use hefu_client::batch::{Group, LINGER, Outcome, feed};
use hefu_client::{ClientError, Writer};
use hefu_types::{Event, Reason, Text};
use proptest::prelude::*;
use tokio::sync::mpsc;

use crate::ledger::{Fault, event};
use crate::{Desk, FAULTS, PATIENCE};

/// The only plan of a number: accepted, or refused for its year; as long as its title.
fn plan(number: u32, good: bool, bytes: usize) -> Event {
    let Event::PlanPublished(mut plan) = event(if good { 2000 } else { 7 }) else { unreachable!("event says plans") };
    plan.plan = format!("plan-{number}").parse().unwrap();
    plan.title.en = Text::new(&"x".repeat(bytes)).unwrap();
    Event::PlanPublished(plan)
}

/// The numbers of the plans that were recorded, in order.
fn recorded(desk: &Desk) -> Vec<u32> {
    let book = desk.ledger.book();
    book.plans().map(|plan| plan.plan.as_str().strip_prefix("plan-").unwrap().parse().unwrap()).collect()
}

/// How many events each submission holds, without the genesis.
fn sizes(desk: &Desk) -> Vec<usize> {
    let book = desk.ledger.book();
    book.log[1..].iter().map(|entry| entry.decode().unwrap().submission.events.len()).collect()
}

async fn submit_each<G: Into<Group>>(
    writer: &mut Writer,
    groups: impl IntoIterator<Item = G, IntoIter: Send>,
) -> (Vec<(u64, Outcome)>, Result<(), ClientError>) {
    let mut outcomes = vec![];
    let result = writer.submit_each(groups, |number, outcome| outcomes.push((number, outcome))).await;
    (outcomes, result)
}

/// The outcomes are one for each event, in order, each with its own place in the log or the one reason to refuse it.
fn check(desk: &Desk, good: &[bool], outcomes: &[(u64, Outcome)]) {
    assert_eq!(
        outcomes.iter().map(|(number, _)| *number).collect::<Vec<_>>(),
        (0..good.len() as u64).collect::<Vec<_>>()
    );
    for ((number, outcome), good) in outcomes.iter().zip(good) {
        match outcome {
            Ok(place) => {
                assert!(good, "{number} is recorded");
                let seq = usize::try_from(place.position.seq.get()).unwrap();
                let said = desk.ledger.book().log[seq].decode().unwrap().submission.events;
                let Event::PlanPublished(plan) = &said[place.index as usize] else { panic!("another kind") };
                assert_eq!(plan.plan.as_str(), format!("plan-{number}"));
            }
            Err(refusal) => {
                assert!(!good, "{number}: {refusal}");
                let said = (refusal.reason, refusal.field.as_str());
                assert_eq!(said, (Reason::PlanInvalid, "events[0].plan_published.first_year"));
            }
        }
    }
    let expected: Vec<u32> = (0..).zip(good).filter(|(_, good)| **good).map(|(number, _)| number).collect();
    assert_eq!(recorded(desk), expected);
    desk.assert_settled();
}

#[tokio::test]
async fn one_refused_event_costs_the_others_nothing() {
    let desk = Desk::new().await;
    let mut writer = desk.writer().await.unwrap();
    let good: Vec<bool> = (0..1_000).map(|n| n != 617).collect();
    let events = (0..).zip(&good).map(|(n, good)| plan(n, *good, 1));
    let (outcomes, result) = submit_each(&mut writer, events.collect::<Vec<_>>()).await;
    result.unwrap();
    drop(writer);
    check(&desk, &good, &outcomes);
    assert!(sizes(&desk).len() < 5, "full batches: {:?}", sizes(&desk));
}

#[tokio::test]
async fn batches_are_as_full_as_asked_for() {
    let desk = Desk::new().await;
    let mut writer = desk.writer().await.unwrap();
    writer.set_batch(7);
    submit_each(&mut writer, (0..20).map(|n| plan(n, true, 1))).await.1.unwrap();
    assert_eq!(sizes(&desk), [7, 7, 6]);
    writer.set_batch(1);
    submit_each(&mut writer, (20..23).map(|n| plan(n, true, 1))).await.1.unwrap();
    assert_eq!(sizes(&desk), [7, 7, 6, 1, 1, 1]);
}

#[tokio::test]
async fn a_group_stands_or_falls_together() {
    let desk = Desk::new().await;
    let mut writer = desk.writer().await.unwrap();
    let groups = [
        Group::from(plan(0, true, 1)),
        Group::from(vec![plan(1, true, 1), plan(2, false, 1)]),
        Group::from(vec![plan(3, true, 1), plan(4, true, 1)]),
        Group::from(plan(5, true, 1)),
    ];
    let (outcomes, result) = submit_each(&mut writer, groups).await;
    result.unwrap();
    assert_eq!((recorded(&desk), sizes(&desk)), (vec![0, 3, 4, 5], vec![1, 2, 1]));
    let refused = outcomes[1].1.as_ref().unwrap_err();
    assert_eq!(refused.field, "events[1].plan_published.first_year");
    assert_eq!(outcomes[2].1.as_ref().unwrap().position.seq.get(), 2);
}

#[tokio::test]
async fn what_a_crash_left_unanswered_is_sent_again_with_the_same_bytes() {
    for first in [Fault::AnswerLost, Fault::RequestLost] {
        let desk = Desk::new().await;
        let mut writer = desk.writer().await.unwrap();
        desk.ledger.order([first].into_iter().chain([Fault::RequestLost; 1_000]));
        let (outcomes, result) = submit_each(&mut writer, (0..300).map(|n| plan(n, true, 1))).await;
        assert_eq!((outcomes.len(), result.unwrap_err().code()), (0, "OUTCOME_UNKNOWN"));
        drop(writer);
        let stored = fs::read(desk.outbox().join(format!("{:020}.sub", 2))).unwrap();
        desk.ledger.order([]);
        let writer = desk.writer().await.unwrap();
        let [recovered] = writer.recovered() else { panic!("{} of one batch", writer.recovered().len()) };
        assert_eq!(recovered.events.len(), 300);
        // Without the first answer it may still have arrived late, on a stream that was given up.
        assert!(recovered.outcome.as_ref().unwrap().already_recorded || first == Fault::RequestLost);
        assert_eq!(recorded(&desk), (0..300).collect::<Vec<_>>());
        let book = desk.ledger.book();
        let signed = book.log[1].signed();
        assert_eq!([signed.signature.as_bytes().as_slice(), &signed.submission].concat(), stored);
    }
}

#[tokio::test]
async fn what_is_pushed_is_recorded_while_its_producer_waits_for_it() {
    let desk = Desk::new().await;
    let mut writer = desk.writer().await.unwrap();
    let (producer, feed) = feed(LINGER);
    let (told, mut outcomes) = mpsc::unbounded_channel();
    let submitting = tokio::spawn(async move {
        let sent = writer.submit_feed(feed, |number, outcome| told.send((number, outcome)).unwrap()).await;
        drop(writer);
        sent
    });
    let mut seen = vec![];
    let good: Vec<bool> = (0..40).map(|n| n % 9 != 4).collect();
    for (n, good) in (0..).zip(&good) {
        assert_eq!(producer.push(plan(n, *good, 1)).await, Ok(u64::from(n)));
        if n % 10 == 9 {
            // Once by the flush, once by the linger: the next ten are pushed after these are recorded.
            if n % 20 == 9 {
                producer.flush().await.unwrap();
            }
            while seen.len() <= n as usize {
                let outcome = tokio::time::timeout(PATIENCE, outcomes.recv()).await.expect("an outcome in time");
                seen.push(outcome.unwrap());
            }
        }
    }
    drop(producer);
    submitting.await.unwrap().unwrap();
    check(&desk, &good, &seen);
}

#[tokio::test]
async fn producers_keep_their_order_and_get_their_own_outcomes() {
    let desk = Desk::new().await;
    let mut writer = desk.writer().await.unwrap();
    let (producer, feed) = feed(LINGER);
    let push = |from: u32| {
        let producer = producer.clone();
        tokio::spawn(async move {
            let mut numbers = vec![];
            for n in from..from + 1_500 {
                numbers.push((producer.push(plan(n, n % 500 != 3, 1)).await.unwrap(), n));
            }
            numbers
        })
    };
    let pushing = [push(0), push(10_000)];
    drop(producer);
    let mut outcomes = vec![];
    writer.submit_feed(feed, |number, outcome| outcomes.push((number, outcome.is_ok()))).await.unwrap();
    assert_eq!(outcomes.iter().map(|(number, _)| *number).collect::<Vec<_>>(), (0..3_000).collect::<Vec<_>>());
    for (pushing, from) in pushing.into_iter().zip([0, 10_000]) {
        for (number, n) in pushing.await.unwrap() {
            assert_eq!(outcomes[usize::try_from(number).unwrap()], (number, n % 500 != 3), "{n}");
        }
        let mine: Vec<u32> = recorded(&desk).into_iter().filter(|n| (from..from + 1_500).contains(n)).collect();
        assert_eq!(mine, (from..from + 1_500).filter(|n| n % 500 != 3).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_feed_whose_server_is_gone_turns_its_producers_away() {
    let desk = Desk::new().await;
    let mut writer = desk.writer().await.unwrap();
    desk.ledger.order([Fault::RequestLost; 1_000]);
    let (producer, feed) = feed(LINGER);
    producer.push(plan(0, true, 1)).await.unwrap();
    let submitting = writer.submit_feed(feed, |number, _| panic!("{number} has an outcome"));
    let error = tokio::time::timeout(PATIENCE, submitting).await.expect("it gives up").unwrap_err();
    assert_eq!(error.code(), "OUTCOME_UNKNOWN");
    assert!(producer.push(plan(1, true, 1)).await.is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is refused, however long events are, and whatever breaks.
    #[test]
    fn each_event_has_one_outcome_and_exactly_the_good_ones_are_recorded(
        events in prop::collection::vec((prop::bool::weighted(0.8), 1..2_000_usize), 0..120),
        faults in prop::collection::vec(0..12_usize, 0..60),
        batch in 1..40_u32,
        window in 1..6_usize,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let desk = Desk::new().await;
            desk.ledger.order(faults.into_iter().map(|n| FAULTS.get(n).copied().unwrap_or(Fault::None)));
            let mut writer = desk.writer().await.unwrap();
            writer.set_batch(batch);
            writer.set_window(window);
            let good: Vec<bool> = events.iter().map(|(good, _)| *good).collect();
            let plans = (0..).zip(events).map(|(n, (good, bytes))| plan(n, good, bytes));
            let (outcomes, result) = submit_each(&mut writer, plans.collect::<Vec<_>>()).await;
            result.unwrap();
            drop(writer);
            check(&desk, &good, &outcomes);
        });
    }
}
