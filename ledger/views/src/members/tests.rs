use super::*;
use crate::testing::{Log, OFFICE, REPORTER, admission, code, enrolment, genesis, key, text};
use crate::{AsOf, Memory, Tables, ViewError};
use hefu_types::Size;
use hefu_types::event::membership::{
    KeyRevoked, MemberReinstated, MemberSuspended, MemberWithdrawn, OfficeKeyReplaced, RoleGranted, RoleRevoked,
};

fn member(store: &Memory, member: &str, as_of: AsOf) -> Member {
    get(&*Tables::of(store).members, &code(member), as_of).unwrap().unwrap()
}

#[test]
fn the_genesis_names_office_operator_and_their_keys() {
    let mut log = Log::empty();
    log.say(OFFICE, [genesis().into()]);
    let store = log.store();
    let all = list(&*Tables::of(&store).members, AsOf::LATEST).unwrap();
    assert_eq!(all.iter().map(|m| m.member.as_str()).collect::<Vec<_>>(), ["office", "operator"]);
    let keys = |m: &Member| m.keys.iter().map(|k| (k.key, k.roles.clone(), k.office_recovery)).collect::<Vec<_>>();
    let office = vec![Role::Admin, Role::Office];
    assert_eq!(keys(&all[0]), [(key(1), office.clone(), false), (key(2), office, false), (key(3), vec![], true)]);
    assert_eq!(keys(&all[1]), [(key(4), vec![Role::Admin, Role::Operator], false)]);
    assert_eq!((all[0].member_type, all[0].status), (MemberType::Platform, MemberStatus::Active));
}

#[test]
fn one_member_may_be_office_and_operator() {
    let mut log = Log::empty();
    log.say(OFFICE, [LedgerOpened { operator: code("office"), ..genesis() }.into()]);
    assert_eq!(member(&log.store(), "office", AsOf::LATEST).keys.len(), 4);
}

#[test]
fn a_status_is_the_newest_that_was_said() {
    let mut log = Log::open();
    let member_code = || code("d");
    let said = [
        log.say(OFFICE, [MemberSuspended { member: member_code(), reason: text("late") }.into()]),
        log.say(OFFICE, [MemberReinstated { member: member_code(), reason: text("paid") }.into()]),
        log.say(OFFICE, [MemberWithdrawn { member: member_code(), reason: text("gone") }.into()]),
    ];
    let store = log.store();
    let expected = [MemberStatus::Suspended, MemberStatus::Active, MemberStatus::Withdrawn];
    assert_eq!(said.map(|seq| member(&store, "d", AsOf::after(seq)).status), expected);
    assert_eq!(member(&store, "d", AsOf::size(Size::new(2))).status, MemberStatus::Active);
    let rows = Tables::of(&store).members;
    assert_eq!(get(&*rows, &code("d"), AsOf::size(Size::new(1))).unwrap(), None);
}

#[test]
fn roles_come_and_go() {
    let mut log = Log::open();
    let granted = log.say(REPORTER, [RoleGranted { key: key(REPORTER), role: Role::Approver }.into()]);
    let taken = log.say(REPORTER, [RoleRevoked { key: key(REPORTER), role: Role::Admin }.into()]);
    log.say(OFFICE, [RoleGranted { key: key(REPORTER), role: Role::Admin }.into()]);
    let store = log.store();
    let roles = |as_of| member(&store, "d", as_of).keys[0].roles.clone();
    assert_eq!(roles(AsOf::after(granted)), [Role::Admin, Role::Reporter, Role::Approver]);
    assert_eq!(roles(AsOf::after(taken)), [Role::Reporter, Role::Approver]);
    assert_eq!(roles(AsOf::LATEST), [Role::Admin, Role::Reporter, Role::Approver]);
}

#[test]
fn keys_stand_by_enrolment_and_keep_their_end() {
    let mut log = Log::open();
    let recovery = KeyEnrolled { recovery: true, ..enrolment("d", 9, &[Role::Admin]) };
    let enrolled = log.say(OFFICE, [recovery.into()]);
    let end = KeyRevoked { key: key(REPORTER), reason: RevocationReason::Compromised, since_seq: Seq::new(1) };
    let revoked = log.say(9, [end.into()]);
    let store = log.store();
    let keys = member(&store, "d", AsOf::LATEST).keys;
    assert_eq!(keys.iter().map(|k| (k.key, k.recovery)).collect::<Vec<_>>(), [(key(REPORTER), false), (key(9), true)]);
    assert_eq!((keys[1].enrolled.seq, keys[1].revoked), (enrolled, None));
    let end = keys[0].revoked.unwrap();
    assert_eq!((end.reason, end.since_seq, end.origin.seq), (RevocationReason::Compromised, Seq::new(1), revoked));
    assert_eq!(member(&store, "d", AsOf::after(enrolled)).keys[0].revoked, None);
}

#[test]
fn a_replaced_office_key_ends_and_its_replacement_begins() {
    let mut log = Log::open();
    let replaced = OfficeKeyReplaced {
        replaced: key(2),
        reason: RevocationReason::Ceased,
        since_seq: Seq::new(0),
        replacement: enrolment("office", 5, &[Role::Admin, Role::Office]),
    };
    log.say(3, [replaced.into()]);
    let keys = member(&log.store(), "office", AsOf::LATEST).keys;
    let lives: Vec<_> = keys.iter().map(|k| (k.key, k.revoked.map(|r| r.reason))).collect();
    let ceased = Some(RevocationReason::Ceased);
    assert_eq!(lives, [(key(1), None), (key(2), ceased), (key(3), None), (key(5), None)]);
}

#[test]
fn a_key_names_its_member_from_its_enrolment_on_and_for_ever() {
    let mut log = Log::open();
    log.say(
        REPORTER,
        [KeyRevoked { key: key(REPORTER), reason: RevocationReason::Ceased, since_seq: Seq::new(0) }.into()],
    );
    log.say(OFFICE, [admission("e", 12, &[Role::Admin]).into()]);
    let store = log.store();
    let rows = &*Tables::of(&store).members;
    let of = |n, size| member_of(rows, &key(n), AsOf::size(Size::new(size))).unwrap();
    assert_eq!((of(REPORTER, 1), of(REPORTER, 2), of(REPORTER, 9)), (None, Some(code("d")), Some(code("d"))));
    assert_eq!(
        (of(OFFICE, 1), of(3, 1), of(12, 9), of(77, 9)),
        (Some(code("office")), Some(code("office")), Some(code("e")), None)
    );
    assert!(matches!(speaker(rows, &key(77), AsOf::LATEST), Err(ViewError::Missing { what: "key", .. })));
}
