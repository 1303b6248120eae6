//! What cycles and reports forbid.

use hefu_tests::World;
use hefu_tests::world::{code, decimal, indicator, observation, text};
use hefu_types::event::EventRef;
use hefu_types::event::cycle::{
    LockExceptionGranted, NilReportDeclared, ReportAccepted, ReportApproved, ReportReturned, ReportSubmitted,
    ReportingCycleOpened,
};
use hefu_types::event::membership::{KeyEnrolled, Role};
use hefu_types::event::plan::{Direction, Measure, RollUp};
use hefu_types::event::reporting::{ObservationReported, ObservationRetracted};
use hefu_types::{Code, ContentHash, Event, Millis, Period, Reason};

use crate::table::{Bad, say};

/// Later than any test runs.
const FAR: i64 = 9_000_000_000_000;

/// A cycle of `alpha` about a year, and what became of its report. What is reported is `asked`.
const CYCLES: [(&str, u16, [i64; 3]); 7] = [
    ("open", 2010, [1, FAR, FAR]),
    ("later", 2011, [FAR, FAR + 1, FAR + 1]),
    ("locked", 2012, [1, 2, 3]),
    ("filled", 2013, [1, FAR, FAR]),
    ("submitted", 2014, [1, FAR, FAR]),
    ("approved", 2015, [1, FAR, FAR]),
    ("stale", 2016, [1, FAR, FAR]),
];

fn year_of(cycle: &str) -> Period {
    let (_, year, _) = CYCLES.iter().find(|(name, _, _)| *name == cycle).expect("a cycle");
    year.to_string().parse().expect("a year")
}

fn opened((cycle, year, [opens, due, locks]): (&str, u16, [i64; 3])) -> ReportingCycleOpened {
    ReportingCycleOpened {
        cycle: code(cycle),
        plan: code("test"),
        period: year.to_string().parse().expect("a year"),
        opens_at: Millis::new(opens),
        due_at: Millis::new(due),
        locks_at: Millis::new(locks),
        indicators: vec![code("asked")],
        units: vec![code("alpha")],
        accepting_units: vec![],
    }
}

fn observed(cycle: &str, value: &str) -> ObservationReported {
    observation("asked", &year_of(cycle).to_string(), value)
}

/// What stands in the province in a cycle's year.
fn standing(world: &World, cycle: &str) -> EventRef {
    let found = world.state.standing(&(code("asked"), code("520000"), year_of(cycle))).expect("an observation");
    EventRef { submission_hash: Some(found.submission_hash), index: found.index }
}

fn content(world: &World, cycle: &str) -> ContentHash {
    let found = world.state.report_status(&code(cycle), &code("alpha"), Millis::new(FAR - 1));
    found.expect("a report").1.expect("an observation")
}

fn corrected(world: &World, cycle: &str) -> ObservationReported {
    let mut e = observed(cycle, "2");
    (e.supersedes, e.reason, e.value) = (Some(standing(world, cycle)), text("a slip"), Some(decimal("3")));
    e
}

/// The cycles, their reports, and keys: `alpha-approver`, `beta-approver`, and `twin-approver`, which is held by whoever holds
/// `alpha-reporter`. The three are admins, too, who can always say something.
pub(crate) fn set_up(world: &mut World) {
    let asked = indicator("asked", Measure::Flow, Direction::Higher, RollUp::Sum, 0, &["alpha", "beta"]);
    world.say("office-1", vec![asked.into()]);
    for (member, name, holder) in [
        ("alpha", "alpha-approver", "alpha-approver"),
        ("beta", "beta-approver", "beta-approver"),
        ("alpha", "twin-approver", "alpha-reporter"),
    ] {
        let enrolled = enrolment(world, member, name, holder);
        world.say(&format!("{member}-admin"), vec![enrolled.into()]);
    }
    world.say("office-1", CYCLES.iter().map(|cycle| opened(*cycle).into()).collect());
    for cycle in ["filled", "submitted", "approved", "stale"] {
        world.say("alpha-reporter", vec![observed(cycle, "1").into()]);
    }
    for cycle in ["submitted", "approved", "stale"] {
        let (content, unit) = (content(world, cycle), code("alpha"));
        world.say("alpha-reporter", vec![ReportSubmitted { cycle: code(cycle), unit, content }.into()]);
    }
    let (cycle, unit, content) = (code("approved"), code("alpha"), content(world, "approved"));
    world.say("alpha-approver", vec![ReportApproved { cycle, unit, content }.into()]);
    let corrected = corrected(world, "stale");
    world.say("alpha-reporter", vec![corrected.into()]);
}

fn enrolment(world: &World, member: &str, name: &str, holder: &str) -> KeyEnrolled {
    let mut enrolled = world.enrolment(member, name, &[Role::Admin, Role::Approver]);
    enrolled.holder = text(holder);
    enrolled.proof = None;
    enrolled.proof = Some(hefu_tests::world::keys(name).prove_enrolment(&world.ledger(), &enrolled));
    enrolled
}

pub(crate) fn rows() -> Vec<Bad> {
    [openings(), exceptions(), observations(), submissions(), approvals(), acceptances()]
        .into_iter()
        .flatten()
        .collect()
}

/// A good cycle, changed.
fn cycle(change: impl FnOnce(&mut ReportingCycleOpened)) -> Vec<Event> {
    let mut e = opened(("new", 2030, [1, 2, 3]));
    change(&mut e);
    vec![e.into()]
}

fn openings() -> Vec<Bad> {
    let row = |name, reason, field, make| say(name, "office-1", reason, field, make);
    vec![
        say("cycle by a unit", "alpha-reporter", Reason::RoleMissing, "events[0].reporting_cycle_opened", |_| {
            cycle(|_| ())
        }),
        row("cycle again", Reason::CycleExists, "events[0].reporting_cycle_opened.cycle", |_| {
            cycle(|e| e.cycle = code("open"))
        }),
        row("cycle of no plan", Reason::PlanUnknown, "events[0].reporting_cycle_opened.plan", |_| {
            cycle(|e| e.plan = code("none"))
        }),
        row("due when it opens", Reason::CycleInvalid, "events[0].reporting_cycle_opened.due_at", |_| {
            cycle(|e| e.due_at = e.opens_at)
        }),
        row("locks before it is due", Reason::CycleInvalid, "events[0].reporting_cycle_opened.due_at", |_| {
            cycle(|e| e.locks_at = e.opens_at)
        }),
        row("nothing asked for", Reason::FieldMissing, "events[0].reporting_cycle_opened.indicators", |_| {
            cycle(|e| e.indicators.clear())
        }),
        row("nobody asked", Reason::FieldMissing, "events[0].reporting_cycle_opened.units", |_| {
            cycle(|e| e.units.clear())
        }),
        row("a unit asked twice", Reason::ListOrder, "events[0].reporting_cycle_opened.units", |_| {
            cycle(|e| e.units.push(code("alpha")))
        }),
        row("a lead unit twice", Reason::ListOrder, "events[0].reporting_cycle_opened.accepting_units", |_| {
            cycle(|e| e.accepting_units = vec![code("beta"), code("beta")])
        }),
        row(
            "an unknown indicator asked for",
            Reason::IndicatorUnknown,
            "events[0].reporting_cycle_opened.indicators",
            |_| cycle(|e| e.indicators = vec![code("none")]),
        ),
        row(
            "a retired indicator asked for",
            Reason::IndicatorRetired,
            "events[0].reporting_cycle_opened.indicators",
            |_| cycle(|e| e.indicators = vec![code("gone")]),
        ),
        row("by half-years", Reason::PeriodTypeWrong, "events[0].reporting_cycle_opened.indicators", |_| {
            cycle(|e| e.period = "2030-H1".parse().expect("a half"))
        }),
        row("asked for already", Reason::CycleOverlaps, "events[0].reporting_cycle_opened.indicators", |_| {
            cycle(|e| e.period = year_of("open"))
        }),
        row(
            "a unit that reports none of it",
            Reason::NotReportingUnit,
            "events[0].reporting_cycle_opened.units",
            |_| cycle(|e| e.units.push(code("gamma"))),
        ),
        row("no such lead unit", Reason::MemberUnknown, "events[0].reporting_cycle_opened.accepting_units", |_| {
            cycle(|e| e.accepting_units = vec![code("nobody")])
        }),
    ]
}

/// A good exception, changed.
fn exception(change: impl FnOnce(&mut LockExceptionGranted)) -> Vec<Event> {
    let mut e = LockExceptionGranted {
        cycle: code("locked"),
        units: vec![code("alpha")],
        indicators: vec![code("asked")],
        expires_at: Millis::new(FAR),
        reason: text("a flood"),
    };
    change(&mut e);
    vec![e.into()]
}

fn exceptions() -> Vec<Bad> {
    let row = |name, reason, field, make| say(name, "office-1", reason, field, make);
    vec![
        say("exception by a unit", "alpha-reporter", Reason::RoleMissing, "events[0].lock_exception_granted", |_| {
            exception(|_| ())
        }),
        row("exception from no cycle", Reason::CycleUnknown, "events[0].lock_exception_granted.cycle", |_| {
            exception(|e| e.cycle = code("none"))
        }),
        row("exception for another unit", Reason::UnitNotInCycle, "events[0].lock_exception_granted.units", |_| {
            exception(|e| e.units = vec![code("beta")])
        }),
        row(
            "exception for what is not asked",
            Reason::IndicatorUnknown,
            "events[0].lock_exception_granted.indicators",
            |_| exception(|e| e.indicators = vec![code("flow")]),
        ),
        row("exception that is over", Reason::ExceptionInvalid, "events[0].lock_exception_granted.expires_at", |_| {
            exception(|e| e.expires_at = Millis::new(4))
        }),
        row(
            "exception that ends before the lock",
            Reason::ExceptionInvalid,
            "events[0].lock_exception_granted.expires_at",
            |_| exception(|e| (e.cycle, e.expires_at) = (code("open"), Millis::new(FAR))),
        ),
        row("exception for no reason", Reason::FieldMissing, "events[0].lock_exception_granted.reason", |_| {
            exception(|e| e.reason = text(""))
        }),
    ]
}

fn elsewhere(cycle: &str) -> Vec<Event> {
    let mut e = observed(cycle, "1");
    e.area = code("520100");
    vec![e.into()]
}

fn observations() -> Vec<Bad> {
    let row = |name, reason, make| say(name, "alpha-reporter", reason, "events[0].observation_reported.period", make);
    vec![
        say(
            "observation of a cycle that is not its unit's",
            "beta-reporter",
            Reason::UnitNotInCycle,
            "events[0].observation_reported.period",
            |_| vec![observed("open", "1").into()],
        ),
        row("observation before the cycle", Reason::CycleNotOpen, |_| vec![observed("later", "1").into()]),
        row("observation after the lock", Reason::CycleLocked, |_| vec![observed("locked", "1").into()]),
        row("observation added to what was approved", Reason::ReportApproved, |_| elsewhere("approved")),
        say(
            "retraction of what was approved",
            "alpha-reporter",
            Reason::ReportApproved,
            "events[0].observation_retracted.period",
            |world| {
                let observation = standing(world, "approved");
                let (indicator, area, period) = (code("asked"), code("520000"), year_of("approved"));
                vec![
                    ObservationRetracted {
                        indicator,
                        area,
                        period,
                        observation,
                        reason: text("wrong"),
                        on_behalf_of: None,
                    }
                    .into(),
                ]
            },
        ),
    ]
}

fn submitted(cycle: &str, content: ContentHash) -> Vec<Event> {
    vec![ReportSubmitted { cycle: code(cycle), unit: code("alpha"), content }.into()]
}

fn nil(cycle: &str, reason: &str) -> Vec<Event> {
    vec![NilReportDeclared { cycle: code(cycle), unit: code("alpha"), reason: text(reason) }.into()]
}

const NOBODYS: ContentHash = ContentHash::from_bytes([5; 32]);

fn submissions() -> Vec<Bad> {
    let row = |name, reason, field, make| say(name, "alpha-reporter", reason, field, make);
    vec![
        say("submitted by an approver", "alpha-approver", Reason::RoleMissing, "events[0].report_submitted", |w| {
            submitted("filled", content(w, "filled"))
        }),
        say(
            "submitted by another unit",
            "beta-reporter",
            Reason::MemberMismatch,
            "events[0].report_submitted.unit",
            |w| submitted("filled", content(w, "filled")),
        ),
        say(
            "submitted where it does not report",
            "beta-reporter",
            Reason::UnitNotInCycle,
            "events[0].report_submitted.unit",
            |_| vec![ReportSubmitted { cycle: code("open"), unit: code("beta"), content: NOBODYS }.into()],
        ),
        row("submitted in no cycle", Reason::CycleUnknown, "events[0].report_submitted.cycle", |_| {
            submitted("none", NOBODYS)
        }),
        row("nothing to submit", Reason::ReportEmpty, "events[0].report_submitted.content", |_| {
            submitted("open", NOBODYS)
        }),
        row("another content submitted", Reason::ContentWrong, "events[0].report_submitted.content", |_| {
            submitted("filled", NOBODYS)
        }),
        row("submitted twice", Reason::ReportStateWrong, "events[0].report_submitted.cycle", |w| {
            submitted("submitted", content(w, "submitted"))
        }),
        row("nil too early", Reason::CycleNotOpen, "events[0].nil_report_declared.cycle", |_| nil("later", "none")),
        row("nil too late", Reason::CycleLocked, "events[0].nil_report_declared.cycle", |_| nil("locked", "none")),
        row("nil, but something stands", Reason::NilContradicted, "events[0].nil_report_declared.unit", |_| {
            nil("filled", "none")
        }),
        row("nil without a reason", Reason::FieldMissing, "events[0].nil_report_declared.reason", |_| nil("open", " ")),
    ]
}

fn approved(cycle: &str, content: ContentHash) -> Vec<Event> {
    vec![ReportApproved { cycle: code(cycle), unit: code("alpha"), content }.into()]
}

fn returned(cycle: &str, content: Option<ContentHash>, reason: &str) -> Vec<Event> {
    vec![ReportReturned { cycle: code(cycle), unit: code("alpha"), content, reason: text(reason) }.into()]
}

fn approvals() -> Vec<Bad> {
    let row = |name, reason, field, make| say(name, "alpha-approver", reason, field, make);
    vec![
        say("approved by a reporter", "alpha-reporter", Reason::RoleMissing, "events[0].report_approved", |w| {
            approved("submitted", content(w, "submitted"))
        }),
        say(
            "approved by another unit",
            "beta-approver",
            Reason::MemberMismatch,
            "events[0].report_approved.unit",
            |w| approved("submitted", content(w, "submitted")),
        ),
        say(
            "approved by who reported it",
            "twin-approver",
            Reason::SameHolder,
            "events[0].report_approved.unit",
            |w| approved("submitted", content(w, "submitted")),
        ),
        row("approved before it was submitted", Reason::ReportStateWrong, "events[0].report_approved.cycle", |w| {
            approved("filled", content(w, "filled"))
        }),
        row("another content approved", Reason::ContentWrong, "events[0].report_approved.content", |_| {
            approved("submitted", NOBODYS)
        }),
        row("approved though it changed", Reason::ReportStale, "events[0].report_approved.content", |w| {
            approved("stale", content(w, "stale"))
        }),
        row("returned before it was submitted", Reason::ReportStateWrong, "events[0].report_returned.cycle", |_| {
            returned("open", None, "why")
        }),
        row("returned without a reason", Reason::FieldMissing, "events[0].report_returned.reason", |w| {
            returned("submitted", Some(content(w, "submitted")), "")
        }),
        row("another content returned", Reason::ContentWrong, "events[0].report_returned.content", |_| {
            returned("submitted", None, "why")
        }),
        say(
            "returned by another unit",
            "beta-approver",
            Reason::MemberMismatch,
            "events[0].report_returned.unit",
            |w| returned("submitted", Some(content(w, "submitted")), "why"),
        ),
        say(
            "returned by who accepts nothing",
            "beta-approver",
            Reason::NotAcceptingUnit,
            "events[0].report_returned.unit",
            |w| returned("approved", Some(content(w, "approved")), "why"),
        ),
    ]
}

fn accepted(cycle: &str, content: Option<ContentHash>) -> Vec<Event> {
    let unit: Code = code("alpha");
    vec![ReportAccepted { cycle: code(cycle), unit, content }.into()]
}

fn acceptances() -> Vec<Bad> {
    let row = |name, reason, field, make| say(name, "office-1", reason, field, make);
    vec![
        say("accepted by its unit", "alpha-approver", Reason::OwnReport, "events[0].report_accepted.unit", |w| {
            accepted("approved", Some(content(w, "approved")))
        }),
        say(
            "accepted by who accepts nothing",
            "beta-approver",
            Reason::NotAcceptingUnit,
            "events[0].report_accepted.unit",
            |w| accepted("approved", Some(content(w, "approved"))),
        ),
        row("accepted before it was approved", Reason::ReportStateWrong, "events[0].report_accepted.cycle", |w| {
            accepted("submitted", Some(content(w, "submitted")))
        }),
        row("accepted though it changed", Reason::ReportStale, "events[0].report_accepted.content", |w| {
            accepted("stale", Some(content(w, "stale")))
        }),
        row("another content accepted", Reason::ContentWrong, "events[0].report_accepted.content", |_| {
            accepted("approved", Some(NOBODYS))
        }),
        row("accepted as nil", Reason::ContentWrong, "events[0].report_accepted.content", |_| {
            accepted("approved", None)
        }),
    ]
}
