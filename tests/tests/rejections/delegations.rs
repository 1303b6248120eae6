//! What delegations forbid, and holders.

use hefu_tests::World;
use hefu_tests::world::{code, keys, observation, text};
use hefu_types::event::delegation::{DelegationEnded, ReportingDelegated};
use hefu_types::event::membership::Role;
use hefu_types::event::reporting::ObservationReported;
use hefu_types::{Event, EventRef, Millis, Reason, SubmissionHash};

use crate::table::{Bad, say};

/// Later than any test runs.
const FAR: i64 = 9_000_000_000_000;

fn delegated(change: impl FnOnce(&mut ReportingDelegated)) -> Vec<Event> {
    let mut e = ReportingDelegated {
        unit: code("alpha"),
        delegate: code("beta"),
        indicators: vec![code("stock")],
        expires_at: Millis::new(FAR),
        reason: text("no staff"),
    };
    change(&mut e);
    vec![e.into()]
}

fn ended(change: impl FnOnce(&mut DelegationEnded)) -> Vec<Event> {
    let delegation = EventRef { submission_hash: Some(SubmissionHash::from_bytes([7; 32])), index: 0 };
    let mut e = DelegationEnded { unit: code("alpha"), delegate: code("beta"), delegation, reason: text("done") };
    change(&mut e);
    vec![e.into()]
}

fn observed(indicator: &str, unit: &str) -> ObservationReported {
    ObservationReported { on_behalf_of: Some(code(unit)), ..observation(indicator, "1950", "1") }
}

/// `alpha` lets `beta` report `flow`; `gamma`, which is suspended by then, lets it report `ours`.
pub(crate) fn set_up(world: &mut World) {
    world.say("alpha-admin", delegated(|e| e.indicators = vec![code("flow")]));
    world.say("gamma-admin", delegated(|e| (e.unit, e.indicators) = (code("gamma"), vec![])));
}

pub(crate) fn rows() -> Vec<Bad> {
    let row = |name, reason, field, make| say(name, "alpha-admin", reason, field, make);
    let by_beta = |name, reason, field, make| say(name, "beta-reporter", reason, field, make);
    let at = "events[0].observation_reported.on_behalf_of";
    vec![
        say("delegated by a reporter", "alpha-reporter", Reason::RoleMissing, "events[0].reporting_delegated", |_| {
            delegated(|_| ())
        }),
        row("delegated for another", Reason::MemberMismatch, "events[0].reporting_delegated.unit", |_| {
            delegated(|e| (e.unit, e.delegate) = (code("beta"), code("alpha")))
        }),
        row("delegated to itself", Reason::DelegationInvalid, "events[0].reporting_delegated.delegate", |_| {
            delegated(|e| e.delegate = code("alpha"))
        }),
        row("delegated to nobody", Reason::MemberUnknown, "events[0].reporting_delegated.delegate", |_| {
            delegated(|e| e.delegate = code("nobody"))
        }),
        row("delegated to who left", Reason::MemberStatusWrong, "events[0].reporting_delegated.delegate", |_| {
            delegated(|e| e.delegate = code("delta"))
        }),
        row("delegated twice", Reason::ListOrder, "events[0].reporting_delegated.indicators", |_| {
            delegated(|e| e.indicators.push(code("stock")))
        }),
        row("no indicator delegated", Reason::IndicatorUnknown, "events[0].reporting_delegated.indicators", |_| {
            delegated(|e| e.indicators = vec![code("none")])
        }),
        say(
            "another's indicator delegated",
            "beta-auditor",
            Reason::NotReportingUnit,
            "events[0].reporting_delegated.indicators",
            |_| delegated(|e| (e.unit, e.delegate, e.indicators) = (code("beta"), code("alpha"), vec![code("flow")])),
        ),
        row("delegated until yesterday", Reason::DelegationInvalid, "events[0].reporting_delegated.expires_at", |_| {
            delegated(|e| e.expires_at = Millis::new(5))
        }),
        row("delegated for no reason", Reason::FieldMissing, "events[0].reporting_delegated.reason", |_| {
            delegated(|e| e.reason = text(""))
        }),
        row("no delegation ended", Reason::DelegationUnknown, "events[0].delegation_ended.delegation", |_| {
            ended(|_| ())
        }),
        row("ended by a third", Reason::MemberMismatch, "events[0].delegation_ended.unit", |_| {
            ended(|e| (e.unit, e.delegate) = (code("beta"), code("gamma")))
        }),
        say(
            "delegation ended by a reporter",
            "beta-reporter",
            Reason::RoleMissing,
            "events[0].delegation_ended",
            |_| ended(|_| ()),
        ),
        by_beta("reported beyond the delegation", Reason::NotDelegated, at, |_| vec![observed("free", "alpha").into()]),
        by_beta("reported for oneself as another", Reason::NotDelegated, at, |_| vec![observed("free", "beta").into()]),
        by_beta("reported for who is suspended", Reason::MemberStatusWrong, at, |_| {
            vec![observed("ours", "gamma").into()]
        }),
        row("another member's holder", Reason::HolderTaken, "events[0].key_enrolled.holder", |w| {
            let mut e = w.enrolment("alpha", "fresh", &[Role::Reporter]);
            (e.holder, e.proof) = (text("beta-reporter"), None);
            e.proof = Some(keys("fresh").prove_enrolment(&w.ledger(), &e));
            vec![e.into()]
        }),
    ]
}
