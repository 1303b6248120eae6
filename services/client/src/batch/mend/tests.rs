use super::*;
use hefu_types::event::membership::MemberSuspended;
use hefu_types::event::reporting::ObservationRetracted;
use hefu_types::{Code, EventRef, SubmissionHash, Text};

fn event(reason: &str) -> Event {
    let member = Code::new("member").unwrap();
    Event::from(MemberSuspended { member, reason: Text::new(reason).unwrap() })
}

fn observation() -> Event {
    let observation = EventRef { submission_hash: Some(SubmissionHash::NONE), index: 0 };
    let (indicator, area) = (Code::new("a").unwrap(), Code::new("b").unwrap());
    let (period, reason) = ("2024".parse().unwrap(), Text::default());
    ObservationRetracted { indicator, area, period, observation, reason, on_behalf_of: None }.into()
}

/// Whether the event says that it is to be refused.
fn is_bad(event: &Event) -> bool {
    *event == self::event("bad")
}

/// Submits a batch of these, and what is left of it, as a server does that names the event, or none. Returns what was refused,
/// what was recorded, and how many submissions that took.
fn submit(bad: &[bool], named: bool) -> (Vec<u64>, Vec<u64>, usize) {
    let events: Vec<Event> = bad.iter().map(|bad| event(if *bad { "bad" } else { "good" })).collect();
    let mut line = vec![(Numbers((0..bad.len() as u64).collect()), events)];
    let (mut refused, mut recorded, mut submissions) = (vec![], vec![], 0);
    while let Some((numbers, events)) = line.pop() {
        submissions += 1;
        let Some(index) = events.iter().position(is_bad) else {
            recorded.extend(numbers.0);
            continue;
        };
        let field = if named { format!("events[{index}].member_suspended.reason") } else { String::new() };
        let mended = mend(numbers, events, Refusal::new(Reason::MemberSuspended, field, "refused"));
        for (number, refusal) in mended.out {
            assert!(!named || refusal.field == "events[0].member_suspended.reason", "{}", refusal.field);
            refused.push(number);
        }
        line.extend(mended.again.into_iter().rev().map(Batch::into_parts));
    }
    (refused, recorded, submissions)
}

#[test]
fn exactly_the_bad_ones_are_out_and_order_is_kept() {
    for pattern in 0..1_u32 << 9 {
        let bad: Vec<bool> = (0..9).map(|bit| pattern >> bit & 1 == 1).collect();
        let of = |wanted| (0..).zip(&bad).filter(|(_, bad)| **bad == wanted).map(|(n, _)| n).collect::<Vec<u64>>();
        let count = of(true).len();
        let (refused, recorded, submissions) = submit(&bad, true);
        assert_eq!((refused, recorded), (of(true), of(false)), "{pattern:b}");
        assert!(submissions <= count + 1, "{submissions} for {pattern:b}");
        let (refused, recorded, submissions) = submit(&bad, false);
        assert_eq!((refused, recorded), (of(true), of(false)), "{pattern:b}");
        assert!(submissions < 2 * bad.len(), "{submissions} for {pattern:b}");
    }
    let one_of_a_thousand: Vec<bool> = (0..1_000).map(|n| n == 617).collect();
    assert_eq!(submit(&one_of_a_thousand, true).2, 2);
    assert!(submit(&one_of_a_thousand, false).2 <= 1 + 2 * 10, "two for each time that it is halved");
}

#[test]
fn who_may_not_sign_is_refused_at_once() {
    let out = |reason, field: &str, events: Vec<Event>| {
        let numbers = Numbers((0..events.len() as u64).collect());
        mend(numbers, events, Refusal::new(reason, field, "no")).out.len()
    };
    assert_eq!(out(Reason::KeyRevoked, "key", vec![event(""); 3]), 3);
    assert_eq!(out(Reason::RoleMissing, "events[0].observation_retracted", vec![observation(); 3]), 3);
    // The second of these may be what gives the role, or takes it.
    assert_eq!(out(Reason::RoleMissing, "events[2].member_suspended", vec![observation(), event(""), event("")]), 1);
    assert_eq!(out(Reason::EventsTooMany, "events", vec![observation(); 3]), 0, "halved");
    assert_eq!(
        out(Reason::PlanInvalid, "events[7].plan_published", vec![observation(); 3]),
        0,
        "it names none of these"
    );
}

#[test]
fn a_group_is_refused_whole() {
    let refusal = Refusal::new(Reason::PlanInvalid, "events[1].plan_published", "no");
    let mended = mend(Numbers(vec![7]), vec![event("good"), event("bad")], refusal.clone());
    assert_eq!((mended.out, mended.again.len()), (vec![(7, refusal)], 0));
}
