use super::*;
use crate::testing::{
    Log, OFFICE, REPORTER, area, code, decimal, indicator as defined, observed, period, plan, retracted, target,
    trajectory,
};
use hefu_types::Event;
use hefu_types::event::membership::{Role, RoleGranted};
use hefu_types::event::plan::{Comparator, Direction, IndicatorDefined, Measure, PlanPublished, RollUp};

fn log() -> Log {
    let mut log = Log::open();
    log.say(
        OFFICE,
        [
            plan("other").into(),
            defined("i", Direction::Higher, &["52", "5201"]).into(),
            target("i", "52", 2026, Comparator::AtLeast, "1095").into(),
            target("i", "5201", 2026, Comparator::AtLeast, "7").into(),
        ],
    );
    log
}

fn explain(log: &Log, when: Option<&str>, as_of: AsOf) -> Explanation {
    let store = log.store();
    value(&Tables::of(&store), &code("i"), &code("52"), when.map(period), as_of).unwrap().unwrap()
}

fn shown(explanation: &Explanation) -> Vec<(EvidenceRole, u64, u32, &'static str)> {
    let position = |e: &Evidence| (e.role, e.origin.seq.get(), e.origin.event_index, e.origin.kind());
    explanation.evidence.iter().map(position).collect()
}

#[test]
fn without_a_report_there_is_the_plan_and_no_authority() {
    let got = explain(&log(), None, AsOf::LATEST);
    assert_eq!(got.row.latest, None);
    assert_eq!(
        shown(&got),
        [
            (EvidenceRole::Plan, 1, 1, "plan_published"),
            (EvidenceRole::Definition, 2, 1, "indicator_defined"),
            (EvidenceRole::Target, 2, 2, "target_set"),
        ]
    );
}

#[test]
fn a_number_names_every_event_behind_it() {
    let mut log = log();
    log.say(REPORTER, [RoleGranted { key: crate::testing::key(REPORTER), role: Role::Approver }.into()]);
    log.say(REPORTER, [observed("i", "52", "2023", "10"), observed("i", "52", "2024", "20")]);
    log.say(REPORTER, [observed("i", "52", "2024", "30"), observed("i", "5201", "2024", "1")]);
    let got = explain(&log, None, AsOf::LATEST);
    assert_eq!(
        shown(&got),
        [
            (EvidenceRole::Authority, 1, 0, "member_admitted"),
            (EvidenceRole::Authority, 1, 0, "member_admitted"),
            (EvidenceRole::Plan, 1, 1, "plan_published"),
            (EvidenceRole::Definition, 2, 1, "indicator_defined"),
            (EvidenceRole::Target, 2, 2, "target_set"),
            (EvidenceRole::Authority, 3, 0, "role_granted"),
            (EvidenceRole::Baseline, 4, 0, "observation_reported"),
            (EvidenceRole::Superseded, 4, 1, "observation_reported"),
            (EvidenceRole::Value, 5, 0, "observation_reported"),
        ]
    );
    assert!(got.complete);
    let value = got.evidence.last().unwrap();
    assert_eq!((value.member.as_str(), value.summary.as_str()), ("d", "2024 = 30 (A)"));
    assert_eq!(value.origin.submission_hash, log.0[5].submission_hash);
    assert_eq!(got.evidence[0].member.as_str(), "office");
    let summaries: Vec<_> = got.evidence.iter().map(|e| e.summary.as_str()).collect();
    assert_eq!(
        summaries[..6],
        [
            "d admitted",
            "key 0b0b0b0b of holder-11 enrolled for d: ADMIN, REPORTER",
            "plan p, 2024 to 2026: Plan",
            "defined as i in count, STOCK, HIGHER is better",
            "HARD target for 2026: ≥ 1095",
            "key 0b0b0b0b got role APPROVER",
        ]
    );
}

#[test]
fn a_given_period_is_explained_instead_of_the_latest() {
    let mut log = log();
    log.say(REPORTER, [observed("i", "52", "2024", "20"), observed("i", "52", "2025", "30")]);
    let got = explain(&log, Some("2024"), AsOf::LATEST);
    assert_eq!(got.row.latest.as_ref().unwrap().fact.value(), Some(decimal("20")));
    assert!(shown(&got).contains(&(EvidenceRole::Value, 3, 0, "observation_reported")));
    assert!(!shown(&got).iter().any(|e| (e.1, e.2) == (3, 1)));
}

#[test]
fn what_was_taken_back_is_named_and_stands_for_nothing() {
    let mut log = log();
    let reported = log.say(REPORTER, [observed("i", "52", "2024", "20")]);
    log.say(REPORTER, [retracted("i", "52", "2024")]);
    let got = explain(&log, Some("2024"), AsOf::LATEST);
    assert_eq!(got.row.latest, None);
    let cell: Vec<_> = shown(&got).into_iter().filter(|e| e.1 >= 3).collect();
    assert_eq!(
        cell,
        [
            (EvidenceRole::Superseded, 3, 0, "observation_reported"),
            (EvidenceRole::Superseded, 4, 0, "observation_retracted"),
        ]
    );
    let then = explain(&log, Some("2024"), AsOf::after(reported));
    assert_eq!(shown(&then).last(), Some(&(EvidenceRole::Value, 3, 0, "observation_reported")));
}

#[test]
fn beyond_the_bound_the_oldest_vintages_are_left_out_and_it_says_so() {
    let (mut log, mut events) = (log(), Vec::<Event>::new());
    events.resize(VINTAGES_MAX, observed("i", "52", "2024", "1"));
    log.say(REPORTER, events);
    assert!(explain(&log, None, AsOf::LATEST).complete);
    log.say(REPORTER, [observed("i", "52", "2024", "2")]);
    let got = explain(&log, None, AsOf::LATEST);
    let superseded: Vec<_> = got.evidence.iter().filter(|e| e.role == EvidenceRole::Superseded).collect();
    assert_eq!((got.complete, superseded.len(), superseded[0].origin.event_index), (false, VINTAGES_MAX - 1, 1));
}

#[test]
fn an_unknown_indicator_has_no_explanation() {
    let store = log().store();
    assert_eq!(value(&Tables::of(&store), &code("k"), &code("52"), None, AsOf::LATEST).unwrap(), None);
}

#[test]
fn the_way_to_a_target_is_part_of_the_explanation() {
    let mut log = log();
    log.say(OFFICE, [trajectory("i", "52", 2026, &[("2024", "100"), ("2025", "500")]).into()]);
    let got = explain(&log, None, AsOf::LATEST);
    let last = got.evidence.last().unwrap();
    assert_eq!((last.role, last.origin.kind()), (EvidenceRole::Target, "trajectory_declared"));
    let expected = "trajectory to the HARD target for 2026: 100 by 2024, 500 by 2025: late start";
    assert_eq!(last.summary, expected);
}

#[test]
fn a_rolled_up_number_names_its_parts() {
    let mut log = Log::open();
    let areas = vec![area("52", ""), area("a", "52"), area("b", "52")];
    let sum = IndicatorDefined { roll_up: RollUp::Sum, ..defined("i", Direction::Higher, &["52", "a", "b"]) };
    let goal = target("i", "52", 2026, Comparator::AtLeast, "1095");
    log.say(OFFICE, [PlanPublished { areas, ..plan("p") }.into(), sum.into(), goal.into()]);
    log.say(REPORTER, [observed("i", "a", "2023", "1"), observed("i", "b", "2023", "2")]);
    log.say(REPORTER, [observed("i", "a", "2024", "3"), observed("i", "b", "2024", "4")]);
    let got = explain(&log, None, AsOf::LATEST);
    assert_eq!(got.row.rolled_up.as_ref().unwrap().value, Some(decimal("7")));
    let said = |role| -> Vec<_> {
        got.evidence.iter().filter(|e| e.role == role).map(|e| (e.origin.seq.get(), e.summary.as_str())).collect()
    };
    assert_eq!(said(EvidenceRole::Part), [(4, "2024 = 3 (A) in a"), (4, "2024 = 4 (A) in b")]);
    assert_eq!(said(EvidenceRole::Baseline), [(3, "2023 = 1 (A) in a"), (3, "2023 = 2 (A) in b")]);
    assert!(!said(EvidenceRole::Authority).is_empty());
    let then = explain(&log, Some("2023"), AsOf::LATEST);
    assert_eq!(then.row.rolled_up.unwrap().value, Some(decimal("3")));
}

#[test]
fn a_flow_names_every_amount_that_is_held_against_its_target() {
    let mut log = Log::open();
    let flow = IndicatorDefined { measure: Measure::Flow, ..defined("i", Direction::Higher, &["52"]) };
    log.say(OFFICE, [flow.into(), target("i", "52", 2024, Comparator::AtLeast, "10").into()]);
    log.say(REPORTER, ["2023", "2024-Q1", "2024-Q2", "2024-Q3"].map(|when| observed("i", "52", when, "2")));
    let amounts = |when| {
        let got = explain(&log, when, AsOf::LATEST);
        let indices =
            |role| -> Vec<_> { got.evidence.iter().filter(|e| e.role == role).map(|e| e.origin.event_index).collect() };
        let amount = got.row.targets[0].amount.as_ref().map(|amount| amount.value);
        (amount, indices(EvidenceRole::Part), indices(EvidenceRole::Value), indices(EvidenceRole::Baseline))
    };
    assert_eq!(amounts(None), (Some(decimal("6")), vec![1, 2], vec![3], vec![]));
    assert_eq!(amounts(Some("2024-Q2")), (Some(decimal("4")), vec![1], vec![2], vec![]), "as if it were the latest");
}
