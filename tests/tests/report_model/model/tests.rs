use super::{Action, Actor, Content, Id, Model, Role, Status, Time};

fn key(unit: Id, holder: Id, role: Role) -> Actor {
    Actor { unit, holder, roles: vec![role] }
}
fn reporter() -> Actor {
    key(1, 10, Role::Reporter)
}
fn approver() -> Actor {
    key(1, 11, Role::Approver)
}
fn lead() -> Actor {
    key(3, 30, Role::Approver)
}
fn office() -> Actor {
    key(0, 1, Role::Office)
}
fn observe(area: Id, observation: u32) -> Action {
    Action::Observe { indicator: 0, area, period: 7, observation }
}
fn retract(area: Id) -> Action {
    Action::Retract { indicator: 0, area, period: 7 }
}
fn submit(m: &Model) -> Action {
    Action::Submit { cycle: 5, unit: 1, content: m.content(5, 1) }
}
fn approve(m: &Model) -> Action {
    Action::Approve { cycle: 5, unit: 1, content: m.content(5, 1) }
}
fn accept(content: Option<Content>) -> Action {
    Action::Accept { cycle: 5, unit: 1, content }
}
fn back(content: Option<Content>) -> Action {
    Action::Return { cycle: 5, unit: 1, content }
}
fn nil() -> Action {
    Action::Nil { cycle: 5, unit: 1 }
}
fn open(cycle: Id, indicators: Vec<Id>, units: Vec<Id>) -> Action {
    Action::Open { cycle, period: 7, opens: 10, due: 20, locks: 30, indicators, units, accepting: vec![3] }
}
fn except(indicators: Vec<Id>, expires: Time) -> Action {
    Action::Except { cycle: 5, units: vec![1], indicators, expires }
}
fn opened() -> Model {
    let mut m = Model::new(vec![vec![1, 2], vec![1]]);
    assert!(m.act(0, &office(), &open(5, vec![0, 1], vec![1, 2])).is_empty());
    m
}
fn state(m: &Model, now: Time) -> Status {
    m.status(5, 1, now).expect("the unit is in the cycle")
}

#[test]
fn a_report_lives() {
    let mut m = opened();
    assert_eq!((state(&m, 9), state(&m, 10), state(&m, 20)), (Status::NotDue, Status::Open, Status::Overdue));
    assert_eq!(state(&m, 30), Status::Locked);
    assert_eq!(m.act(9, &reporter(), &observe(1, 100)), ["CYCLE_NOT_OPEN"]);
    assert!(m.act(10, &reporter(), &observe(1, 100)).is_empty());
    assert_eq!(m.act(10, &reporter(), &nil()), ["NIL_CONTRADICTED"]);
    assert_eq!(m.act(10, &key(2, 20, Role::Reporter), &observe(1, 101)), ["NOT_YOUR_OBSERVATION"]);
    let step = submit(&m);
    assert!(m.act(11, &reporter(), &step).is_empty());
    assert_eq!(m.act(11, &reporter(), &step), ["REPORT_STATE_WRONG"]);
    assert_eq!(state(&m, 99), Status::Submitted);
    let step = approve(&m);
    assert_eq!(m.act(12, &key(1, 10, Role::Approver), &step), ["SAME_HOLDER"]);
    assert_eq!(m.act(12, &lead(), &step), ["MEMBER_MISMATCH"]);
    assert!(m.act(12, &approver(), &step).is_empty());
    assert_eq!(m.act(13, &reporter(), &observe(2, 102)), ["REPORT_APPROVED"]);
    assert_eq!(m.act(13, &reporter(), &retract(1)), ["REPORT_APPROVED"]);
    let content = Some(m.content(5, 1));
    assert_eq!(m.act(13, &lead(), &accept(None)), ["CONTENT_WRONG"]);
    assert_eq!(m.act(13, &key(2, 21, Role::Approver), &accept(content.clone())), ["NOT_ACCEPTING_UNIT"]);
    assert_eq!(m.act(13, &key(1, 12, Role::Office), &accept(content.clone())), ["OWN_REPORT"]);
    assert_eq!(m.act(13, &key(3, 11, Role::Approver), &accept(content.clone())), ["SAME_HOLDER"]);
    assert!(m.act(13, &lead(), &accept(content.clone())).is_empty());
    assert_eq!(state(&m, 14), Status::Accepted);
    assert!(m.changed(5, 1).is_empty());
    assert!(m.act(14, &reporter(), &observe(1, 103)).is_empty());
    assert_eq!((state(&m, 15), m.changed(5, 1)), (Status::Stale, vec![(0, 1)]));
    assert!(m.act(15, &office(), &accept(content.clone())).contains(&"REPORT_STALE"));
    assert!(m.act(15, &approver(), &back(content.clone())).contains(&"OWN_REPORT"));
    assert!(m.act(15, &lead(), &back(content)).is_empty());
    assert_eq!((state(&m, 16), state(&m, 30)), (Status::Returned, Status::Locked));
    let step = submit(&m);
    assert_eq!(m.act(30, &reporter(), &step), ["CYCLE_LOCKED"]);
    assert!(m.act(16, &reporter(), &step).is_empty());
    assert!(m.changed(5, 1).is_empty());
}

#[test]
fn nil_is_not_silence() {
    let mut m = opened();
    assert_eq!(m.act(9, &reporter(), &nil()), ["CYCLE_NOT_OPEN"]);
    assert!(m.act(10, &reporter(), &nil()).is_empty());
    assert_eq!(state(&m, 99), Status::Nil);
    assert!(m.act(11, &reporter(), &observe(1, 100)).is_empty());
    assert_eq!((state(&m, 11), state(&m, 30)), (Status::Open, Status::Locked));
    assert!(m.act(12, &reporter(), &retract(1)).is_empty());
    assert_eq!(state(&m, 12), Status::Nil);
    assert_eq!(m.act(12, &key(0, 10, Role::Office), &accept(None)), ["SAME_HOLDER"]);
    assert!(m.act(12, &office(), &accept(None)).is_empty());
    assert_eq!(state(&m, 99), Status::Accepted);
    assert_eq!(m.act(13, &reporter(), &observe(1, 101)), ["REPORT_APPROVED"]);
    assert!(m.act(13, &lead(), &back(None)).is_empty());
    assert!(m.act(14, &reporter(), &observe(1, 101)).is_empty());
}

#[test]
fn an_exception_unlocks() {
    let mut m = opened();
    assert_eq!(m.act(31, &reporter(), &observe(1, 100)), ["CYCLE_LOCKED"]);
    assert_eq!(m.act(31, &office(), &except(vec![0], 31)), ["EXCEPTION_INVALID"]);
    assert_eq!(m.act(31, &office(), &except(vec![0, 0], 40)), ["LIST_ORDER"]);
    assert_eq!(m.act(31, &office(), &except(vec![2], 40)), ["INDICATOR_UNKNOWN"]);
    assert_eq!(m.act(31, &reporter(), &except(vec![], 40)), ["ROLE_MISSING"]);
    assert!(m.act(31, &office(), &except(vec![1], 40)).is_empty());
    assert_eq!((state(&m, 39), state(&m, 40)), (Status::Overdue, Status::Locked));
    assert_eq!(m.status(5, 2, 39), Some(Status::Locked));
    assert_eq!(m.act(39, &reporter(), &observe(1, 100)), ["CYCLE_LOCKED"]);
    assert!(m.act(31, &office(), &except(vec![], 40)).is_empty());
    assert!(m.act(39, &reporter(), &observe(1, 100)).is_empty());
}

#[test]
fn cycles_are_checked() {
    let mut m = opened();
    assert_eq!(m.act(0, &office(), &open(6, vec![1], vec![1])), ["CYCLE_OVERLAPS"]);
    assert_eq!(m.act(0, &office(), &open(5, vec![0], vec![1])), ["CYCLE_EXISTS", "CYCLE_OVERLAPS"]);
    assert_eq!(m.act(0, &office(), &open(6, vec![0], vec![])), ["FIELD_MISSING", "CYCLE_OVERLAPS"]);
    assert_eq!(m.act(0, &office(), &open(6, vec![1], vec![2])), ["NOT_REPORTING_UNIT", "CYCLE_OVERLAPS"]);
    assert_eq!(m.status(6, 1, 0), None);
    assert_eq!(m.status(5, 3, 0), None);
    let unknown = Action::Nil { cycle: 9, unit: 1 };
    assert_eq!(m.act(0, &lead(), &unknown), ["CYCLE_UNKNOWN", "MEMBER_MISMATCH", "ROLE_MISSING"]);
}
