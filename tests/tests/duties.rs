//! Separation of duties: who reported, who submitted, who approves, returns and accepts, who judges. Every pair, with what becomes
//! of it.

use hefu_tests::world::{code, indicator, keys, observation, text};
use hefu_tests::{World, export};
use hefu_types::event::EventRef;
use hefu_types::event::assurance::{ObservationAttested, ObservationChallenged, Opinion};
use hefu_types::event::cycle::{
    NilReportDeclared, ReportAccepted, ReportApproved, ReportReturned, ReportSubmitted, ReportingCycleOpened,
};
use hefu_types::event::membership::Role;
use hefu_types::event::plan::{Direction, IndicatorRevised, Measure, RollUp};
use hefu_types::{ContentHash, Event, Millis, Reason};
use hefu_views::reports::{Selection, list};
use hefu_views::{AsOf, Memory, Projector, Tables};

/// Key, member, holder, role. Ann holds a reporter's key of the unit that reports, an approver's there, and one of the lead unit;
/// Cat approves, and has a key of the lead unit, too.
const KEYS: [(&str, &str, &str, Role); 14] = [
    ("ann", "alpha", "ann", Role::Reporter),
    ("ben", "alpha", "ben", Role::Reporter),
    ("ann-approves", "alpha", "ann", Role::Approver),
    ("ben-approves", "alpha", "ben", Role::Approver),
    ("cat", "alpha", "cat", Role::Approver),
    ("dan", "alpha", "dan", Role::Approver),
    ("lead", "beta", "eve", Role::Approver),
    ("lead-ann", "beta", "ann", Role::Approver),
    ("lead-cat", "beta", "cat", Role::Approver),
    ("lead-reporter", "beta", "fay", Role::Reporter),
    ("other", "gamma", "gus", Role::Approver),
    ("own-auditor", "alpha", "hal", Role::Auditor),
    ("auditor", "gamma", "ida", Role::Auditor),
    ("auditor-ann", "gamma", "ann", Role::Auditor),
];

/// Who observed, who submitted, who would approve.
const APPROVALS: [(&str, &str, &str, Option<Reason>); 13] = [
    ("ann", "ann", "cat", None),
    ("ann", "ben", "cat", None),
    ("ann", "ann", "ben-approves", None),
    ("ann", "ann", "ann-approves", Some(Reason::SameHolder)),
    ("ann", "ben", "ann-approves", Some(Reason::SameHolder)),
    ("ben", "ann", "ann-approves", Some(Reason::SameHolder)),
    ("ann", "ben", "ben-approves", Some(Reason::SameHolder)),
    ("ann", "ann", "ann", Some(Reason::RoleMissing)),
    ("ann", "ann", "ben", Some(Reason::RoleMissing)),
    ("ann", "ann", "lead", Some(Reason::MemberMismatch)),
    ("ann", "ann", "other", Some(Reason::MemberMismatch)),
    ("ann", "ann", "lead-reporter", Some(Reason::RoleMissing)),
    ("ann", "ann", "office-1", Some(Reason::RoleMissing)),
];

/// Who would return what Ann observed and submitted, before and after Cat approved it.
const RETURNS: [(&str, Option<Reason>, Option<Reason>); 9] = [
    ("cat", None, None),
    ("dan", None, None),
    ("ann-approves", Some(Reason::SameHolder), Some(Reason::SameHolder)),
    ("ann", Some(Reason::RoleMissing), Some(Reason::RoleMissing)),
    ("ben", Some(Reason::RoleMissing), Some(Reason::RoleMissing)),
    ("lead", Some(Reason::MemberMismatch), None),
    ("other", Some(Reason::MemberMismatch), Some(Reason::NotAcceptingUnit)),
    ("lead-reporter", Some(Reason::RoleMissing), Some(Reason::RoleMissing)),
    ("office-1", Some(Reason::RoleMissing), None),
];

/// Who would accept what Ann observed, Ben submitted and Cat approved.
const ACCEPTANCES: [(&str, Option<Reason>); 10] = [
    ("office-1", None),
    ("lead", None),
    ("lead-ann", Some(Reason::SameHolder)),
    ("lead-cat", Some(Reason::SameHolder)),
    ("lead-reporter", Some(Reason::RoleMissing)),
    ("other", Some(Reason::NotAcceptingUnit)),
    ("ann", Some(Reason::OwnReport)),
    ("cat", Some(Reason::OwnReport)),
    ("dan", Some(Reason::OwnReport)),
    ("ann-approves", Some(Reason::OwnReport)),
];

/// Who would accept a nil report of Ann's.
const NIL_ACCEPTANCES: [(&str, Option<Reason>); 5] = [
    ("office-1", None),
    ("lead", None),
    ("lead-ann", Some(Reason::SameHolder)),
    ("lead-cat", None),
    ("dan", Some(Reason::OwnReport)),
];

/// Who would attest, and who would challenge, what Ann observed.
const JUDGEMENTS: [(&str, Option<Reason>, Option<Reason>); 9] = [
    ("auditor", None, None),
    ("auditor-ann", Some(Reason::SameHolder), Some(Reason::SameHolder)),
    ("own-auditor", Some(Reason::OwnObservation), Some(Reason::OwnObservation)),
    ("cat", Some(Reason::RoleMissing), Some(Reason::OwnObservation)),
    ("lead", Some(Reason::RoleMissing), None),
    ("lead-ann", Some(Reason::RoleMissing), Some(Reason::SameHolder)),
    ("lead-reporter", Some(Reason::RoleMissing), Some(Reason::RoleMissing)),
    ("other", Some(Reason::RoleMissing), None),
    ("office-1", Some(Reason::RoleMissing), None),
];

fn world() -> World {
    let mut world = World::planned();
    world.say("office-1", vec![world.admission("gamma").into()]);
    for (name, member, holder, role) in KEYS {
        let mut enrolled = world.enrolment(member, name, &[role]);
        // The office alone may say that somebody holds keys of several members.
        (enrolled.holder, enrolled.recovery, enrolled.proof) = (text(holder), true, None);
        enrolled.proof = Some(keys(name).prove_enrolment(&world.ledger(), &enrolled));
        world.say("office-1", vec![enrolled.into()]);
    }
    let opened = ReportingCycleOpened {
        cycle: code("c"),
        plan: code("test"),
        period: "2024".parse().expect("a year"),
        opens_at: Millis::new(1),
        due_at: Millis::new(2),
        locks_at: Millis::new(i64::MAX),
        indicators: vec![code("flow"), code("stock")],
        units: vec![code("alpha"), code("beta")],
        accepting_units: vec![code("beta")],
    };
    world.say("office-1", vec![opened.into()]);
    world
}

fn content(world: &World) -> Option<ContentHash> {
    world.state.report_status(&code("c"), &code("alpha"), Millis::new(3)).expect("a report").1
}

fn reported(observer: &str, submitter: &str) -> World {
    let mut world = world();
    world.say(observer, vec![observation("flow", "2024", "1").into()]);
    let (cycle, unit, content) = (code("c"), code("alpha"), content(&world).expect("an observation"));
    world.say(submitter, vec![ReportSubmitted { cycle, unit, content }.into()]);
    world
}

fn approval(world: &World) -> Event {
    let content = content(world).expect("an observation");
    ReportApproved { cycle: code("c"), unit: code("alpha"), content }.into()
}

fn refusal(mut world: World, signer: &str, event: Event) -> Option<Reason> {
    let refused = world.offer(signer, vec![event]).err().map(|refusal| refusal.reason);
    export::verify_entries(&world.entries);
    refused
}

#[test]
fn who_reported_or_submitted_does_not_approve() {
    for (observer, submitter, approver, expected) in APPROVALS {
        let world = reported(observer, submitter);
        let event = approval(&world);
        let found = refusal(world, approver, event);
        assert_eq!(found, expected, "observed by {observer}, submitted by {submitter}, approved by {approver}");
    }
}

#[test]
fn who_reported_does_not_return_and_only_who_accepts_returns_from_outside() {
    for (returner, submitted, approved) in RETURNS {
        let world = reported("ann", "ann");
        let reason = text("look again");
        let event: Event =
            ReportReturned { cycle: code("c"), unit: code("alpha"), content: content(&world), reason }.into();
        assert_eq!(refusal(world.clone(), returner, event.clone()), submitted, "returned by {returner}");
        let (mut world, approval) = (world.clone(), approval(&world));
        world.say("cat", vec![approval]);
        assert_eq!(refusal(world, returner, event), approved, "returned by {returner} after the approval");
    }
}

#[test]
fn nobody_accepts_their_own() {
    for (acceptor, expected) in ACCEPTANCES {
        let mut world = reported("ann", "ben");
        let approval = approval(&world);
        world.say("cat", vec![approval]);
        let event = ReportAccepted { cycle: code("c"), unit: code("alpha"), content: content(&world) };
        assert_eq!(refusal(world, acceptor, event.into()), expected, "accepted by {acceptor}");
    }
}

#[test]
fn nobody_accepts_their_own_silence() {
    for (acceptor, expected) in NIL_ACCEPTANCES {
        let mut world = world();
        let nil = NilReportDeclared { cycle: code("c"), unit: code("alpha"), reason: text("nothing was built") };
        world.say("ann", vec![nil.into()]);
        let event = ReportAccepted { cycle: code("c"), unit: code("alpha"), content: None };
        assert_eq!(refusal(world, acceptor, event.into()), expected, "accepted by {acceptor}");
    }
}

#[test]
fn nobody_judges_what_their_own_hand_reported() {
    for (judge, attests, challenges) in JUDGEMENTS {
        let world = reported("ann", "ann");
        let (indicator, area, period) = (code("flow"), code("520000"), "2024".parse().expect("a year"));
        let observation = named(&world, "flow");
        let (reason, answer_by) = (text("why"), Millis::new(i64::MAX));
        let challenged = ObservationChallenged {
            indicator: indicator.clone(),
            area: area.clone(),
            period,
            observation: observation.clone(),
            reason: reason.clone(),
            answer_by,
        };
        let opinion = Opinion::Qualified;
        let attested = ObservationAttested { indicator, area, period, observation, opinion, reason };
        assert_eq!(refusal(world.clone(), judge, attested.into()), attests, "attested by {judge}");
        assert_eq!(refusal(world, judge, challenged.into()), challenges, "challenged by {judge}");
    }
}

/// What a unit reported that reports no more is corrected by its successor, whose report it then is.
#[test]
fn a_successors_correction_moves_to_its_own_report() {
    let mut world = world();
    world.say("ann", vec![observation("stock", "2024", "1").into()]);
    let content = |world: &World, unit: &str| {
        let of = world.state.report_status(&code("c"), &code(unit), Millis::new(3)).expect("a report");
        let memory = Memory::new();
        let decoded: Vec<_> = world.entries.iter().map(|entry| entry.decode().expect("an entry")).collect();
        Projector::new(&memory).apply_all(&decoded).expect("views");
        let select = Selection { unit: Some(&code(unit)), ..Selection::default() };
        let shown = list(&Tables::of(&memory), &select, Millis::new(3), AsOf::LATEST).expect("reports").remove(0);
        assert_eq!((shown.status, shown.content), of, "{unit}");
        of.1
    };
    assert_eq!([content(&world, "alpha").is_some(), content(&world, "beta").is_some()], [true, false]);
    let known = indicator("stock", Measure::Stock, Direction::Higher, RollUp::Sum, 0, &["beta"]);
    world.say("office-1", vec![IndicatorRevised { definition: known, reason: text("a new unit") }.into()]);
    let mut corrected = observation("stock", "2024", "2");
    (corrected.supersedes, corrected.reason) = (Some(named(&world, "stock")), text("found in the files"));
    world.say("lead-reporter", vec![corrected.into()]);
    assert_eq!([content(&world, "alpha").is_some(), content(&world, "beta").is_some()], [false, true]);
    export::verify_entries(&world.entries);
}

/// What stands of an indicator in 2024.
fn named(world: &World, indicator: &str) -> EventRef {
    let cell = (code(indicator), code("520000"), "2024".parse().expect("a year"));
    let found = world.state.standing(&cell).expect("an observation");
    EventRef { submission_hash: Some(found.submission_hash), index: found.index }
}

/// A report that goes round again is another one: who had a hand in the round before may have any in the next.
#[test]
fn a_correction_by_another_hand_frees_the_first_one() {
    let mut world = reported("ann", "ann");
    let mut corrected = observation("flow", "2024", "2");
    (corrected.supersedes, corrected.reason) = (Some(named(&world, "flow")), text("a slip"));
    world.say("ben", vec![corrected.into()]);
    let (cycle, unit, content) = (code("c"), code("alpha"), content(&world).expect("an observation"));
    world.say("ben", vec![ReportSubmitted { cycle, unit, content }.into()]);
    let event = approval(&world);
    assert_eq!(refusal(world.clone(), "ben-approves", event.clone()), Some(Reason::SameHolder));
    assert_eq!(refusal(world, "ann-approves", event), None);
}
