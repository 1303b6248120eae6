use super::*;
use crate::testing::{Log, OFFICE, REPORTER, adjusted, code, indicator, observed, plan, retracted, target, text};
use hefu_types::event::assurance::{
    ChallengeAnswered, ChallengeOutcome, ChallengeResolved, ObservationAttested, ObservationChallenged, Opinion,
};
use hefu_types::event::membership::{MemberReinstated, MemberSuspended};
use hefu_types::event::plan::{Comparator, Direction, IndicatorDefined, IndicatorRevised};
use hefu_types::{Event, EventRef};

/// `seq.index kind: before -> after` of all that the log changed.
fn all(log: &Log, select: &Selection<'_>) -> Vec<String> {
    let store = log.store();
    let tables = Tables::of(&store);
    let changes = log.0.iter().flat_map(|entry| of_entry(&tables, entry, select).unwrap());
    let written = |c: Change| {
        let at = format!("{}.{}", c.origin.seq, c.origin.event_index);
        format!("{at} {}: {} -> {}", c.origin.kind(), c.before, c.after)
    };
    changes.map(written).collect()
}

fn log() -> Log {
    let mut log = Log::open();
    let goal = target("i", "52", 2026, Comparator::AtLeast, "10");
    let defined = indicator("i", Direction::Higher, &["52", "5201"]);
    log.say(OFFICE, [defined.clone().into(), goal.clone().into(), adjusted(&goal, "11").into()]);
    // Corrected twice in one submission: each takes the place of the one before it.
    log.say(REPORTER, ["60", "61", "60"].map(|value| observed("i", "52", "2024", value)));
    log.say(REPORTER, [retracted("i", "52", "2024"), observed("i", "52", "2024", "")]);
    let definition = IndicatorDefined { decimals: 3, unit: text("Gbps"), ..defined };
    log.say(OFFICE, [IndicatorRevised { definition, reason: text("finer") }.into()]);
    log
}

#[test]
fn each_event_says_what_it_took_the_place_of() {
    let lines = all(&log(), &Selection::default());
    assert_eq!(
        lines,
        [
            "0.0 ledger_opened:  -> Test",
            "1.0 member_admitted:  -> d",
            "1.1 plan_published:  -> Plan, 2024 to 2026",
            "2.0 indicator_defined:  -> i; count, stock, higher",
            "2.1 target_set:  -> ≥ 10",
            "2.2 target_adjusted: ≥ 10 -> > 11",
            "3.0 observation_reported:  -> 60",
            "3.1 observation_reported: 60 -> 61",
            "3.2 observation_reported: 61 -> 60",
            "4.0 observation_retracted: 60 -> ",
            "4.1 observation_reported:  -> (M)",
            "5.0 indicator_revised: unit count; decimals 2 -> unit Gbps; decimals 3",
        ]
    );
}

#[test]
fn every_filter_takes_what_fits() {
    let mut log = log();
    log.say(
        OFFICE,
        [plan("q").into(), IndicatorDefined { plan: code("q"), ..indicator("j", Direction::Lower, &["7"]) }.into()],
    );
    let [p, q, i, j, area, d] = ["p", "q", "i", "j", "5201", "d"].map(code);
    let count = |select: Selection<'_>| all(&log, &select).len();
    let none = Selection::default();
    assert_eq!(count(Selection { plan: Some(&p), ..none }), 10);
    assert_eq!(count(Selection { plan: Some(&q), ..none }), 2);
    assert_eq!(count(Selection { indicator: Some(&i), ..none }), 9);
    assert_eq!(count(Selection { indicator: Some(&j), ..none }), 1);
    assert_eq!(count(Selection { area: Some(&area), ..none }), 2, "defined and revised");
    assert_eq!(count(Selection { unit: Some(&d), ..none }), 9, "admitted, five of its own, three definitions");
    assert_eq!(count(Selection { unit: Some(&d), plan: Some(&q), ..none }), 1);
}

#[test]
fn a_challenge_is_followed_to_its_end() {
    let mut log = log();
    let (indicator, area, period) = (code("i"), code("52"), crate::testing::period("2024"));
    let at = |log: &Log, seq: usize, index| EventRef { submission_hash: Some(log.0[seq].submission_hash), index };
    let observation = at(&log, 4, 1);
    let attested = |opinion| {
        let (indicator, area, observation) = (indicator.clone(), area.clone(), observation.clone());
        Event::from(ObservationAttested { indicator, area, period, observation, opinion, reason: text("why") })
    };
    log.say(OFFICE, [attested(Opinion::Unqualified), attested(Opinion::Adverse)]);
    let answer_by = Millis::new(i64::MAX);
    let challenge = ObservationChallenged {
        indicator: indicator.clone(),
        area: area.clone(),
        period,
        observation: observation.clone(),
        reason: text("too low"),
        answer_by,
    };
    let raised = log.say(OFFICE, [challenge.into()]);
    let challenge = at(&log, 7, 0);
    log.say(REPORTER, [ChallengeAnswered { challenge: challenge.clone(), answer: text("no") }.into()]);
    let outcome = ChallengeOutcome::Dismissed;
    log.say(OFFICE, [ChallengeResolved { challenge, outcome, reason: text("right") }.into()]);
    let unit = code("d");
    let lines = all(&log, &Selection { unit: Some(&unit), area: Some(&area), ..Selection::default() });
    assert_eq!(
        lines[lines.len() - 5..],
        [
            "6.0 observation_attested:  -> unqualified",
            "6.1 observation_attested: unqualified -> adverse",
            "7.0 observation_challenged:  -> open",
            "8.0 challenge_answered: open -> answered",
            "9.0 challenge_resolved: answered -> dismissed",
        ]
    );
    let store = log.store();
    let last = of_entry(&Tables::of(&store), &log.0[9], &Selection::default()).unwrap().remove(0);
    assert_eq!((last.subject.units, last.reason), (vec![code("office"), unit], text("right")));
    assert_eq!(last.prior.map(|prior| prior.seq), Some(raised));
    assert_eq!((last.member, last.holder), (code("office"), text("office")));
}

#[test]
fn a_member_goes_from_state_to_state() {
    let mut log = Log::open();
    let (member, reason) = (code("d"), text("late"));
    log.say(
        OFFICE,
        [
            MemberSuspended { member: member.clone(), reason: reason.clone() }.into(),
            MemberReinstated { member, reason }.into(),
        ],
    );
    let lines = all(&log, &Selection::default());
    assert_eq!(lines[3..], ["2.0 member_suspended: active -> suspended", "2.1 member_reinstated: suspended -> active"]);
}
