//! What observations forbid.

use hefu_tests::World;
use hefu_tests::world::{code, decimal, observation, text};
use hefu_types::event::reporting::{ObsStatus, ObservationReported, ObservationRetracted};
use hefu_types::{Event, EventRef, Period, Reason, SubmissionHash};

use crate::table::{Bad, say};

const fn row(name: &'static str, reason: Reason, field: &'static str, make: fn(&mut World) -> Vec<Event>) -> Bad {
    say(name, "alpha-reporter", reason, field, make)
}

pub(crate) fn rows() -> Vec<Bad> {
    [places(), values(), stocks(), corrections(), retractions()].into_iter().flatten().collect()
}

/// A good observation, changed.
fn free(change: impl FnOnce(&mut ObservationReported)) -> Vec<Event> {
    let mut e = observation("free", "2001", "1");
    change(&mut e);
    vec![e.into()]
}

fn places() -> Vec<Bad> {
    vec![
        row("unknown indicator", Reason::IndicatorUnknown, "events[0].observation_reported.indicator", |_| {
            free(|e| e.indicator = code("none"))
        }),
        row("retired indicator", Reason::IndicatorRetired, "events[0].observation_reported.indicator", |_| {
            free(|e| e.indicator = code("gone"))
        }),
        say(
            "another unit's indicator",
            "beta-reporter",
            Reason::NotReportingUnit,
            "events[0].observation_reported.indicator",
            |_| free(|e| e.indicator = code("pue")),
        ),
        row("area not observed", Reason::AreaNotObserved, "events[0].observation_reported.area", |_| {
            free(|e| e.area = code("999999"))
        }),
        row("kind of period not observed", Reason::PeriodTypeWrong, "events[0].observation_reported.period", |_| {
            free(|e| e.period = "2024-H1".parse().expect("a period"))
        }),
    ]
}

fn values() -> Vec<Bad> {
    vec![
        row("too many decimals", Reason::DecimalsTooMany, "events[0].observation_reported.value", |_| {
            free(|e| e.value = Some(decimal("1.5")))
        }),
        row("too many decimals, though zeros", Reason::DecimalsTooMany, "events[0].observation_reported.value", |_| {
            free(|e| e.value = Some(decimal("1.0")))
        }),
        row("missing, with a value", Reason::ValueForbidden, "events[0].observation_reported.value", |_| {
            free(|e| e.obs_status = ObsStatus::O)
        }),
        row("normal, without a value", Reason::ValueRequired, "events[0].observation_reported.value", |_| {
            free(|e| (e.value, e.qualifier) = (None, None))
        }),
        row("value without a qualifier", Reason::ValueRequired, "events[0].observation_reported.qualifier", |_| {
            free(|e| e.qualifier = None)
        }),
        row("qualifier without a value", Reason::ValueForbidden, "events[0].observation_reported.qualifier", |_| {
            free(|e| (e.value, e.obs_status) = (None, ObsStatus::M))
        }),
        row("as of a month", Reason::AsOfDateInvalid, "events[0].observation_reported.as_of_date", |_| {
            free(|e| e.as_of_date = Some("2001-07".parse().expect("a period")))
        }),
        row(
            "as of a day outside the period",
            Reason::AsOfDateInvalid,
            "events[0].observation_reported.as_of_date",
            |_| free(|e| e.as_of_date = Some("2002-01-01".parse().expect("a day"))),
        ),
    ]
}

fn stock(period: &str, value: &str) -> Vec<Event> {
    vec![observation("stock", period, value).into()]
}

fn stocks() -> Vec<Bad> {
    vec![
        row("stock below the quarter before", Reason::StockFell, "events[0].observation_reported.value", |_| {
            stock("2024-Q2", "99")
        }),
        row("stock above the quarter after", Reason::StockFell, "events[0].observation_reported.value", |_| {
            stock("2024-Q2", "301")
        }),
        row("stock below the last quarter", Reason::StockFell, "events[0].observation_reported.value", |_| {
            stock("2024-Q4", "299")
        }),
        row("stock above the first quarter", Reason::StockFell, "events[0].observation_reported.value", |_| {
            stock("2023", "101")
        }),
        row("stock falls within a submission", Reason::StockFell, "events[1].observation_reported.value", |_| {
            [stock("2024-Q4", "400"), stock("2025-Q1", "399")].concat()
        }),
    ]
}

/// What stands in 2024-Q1 of `stock`.
fn standing(world: &World) -> EventRef {
    let cell = (code("stock"), code("520000"), quarter());
    let found = world.state.standing(&cell).expect("an observation");
    EventRef { submission_hash: Some(found.submission_hash), index: found.index }
}

fn quarter() -> Period {
    "2024-Q1".parse().expect("a period")
}

fn corrected(named: Option<EventRef>, reason: &str) -> Vec<Event> {
    let mut e = observation("stock", "2024-Q1", "150");
    (e.supersedes, e.reason) = (named, text(reason));
    vec![e.into()]
}

fn corrections() -> Vec<Bad> {
    vec![
        row("observation stands", Reason::ObservationStands, "events[0].observation_reported.supersedes", |_| {
            corrected(None, "")
        }),
        row("correction without a reason", Reason::ReasonMismatch, "events[0].observation_reported.reason", |w| {
            corrected(Some(standing(w)), "")
        }),
        row("reason without a correction", Reason::ReasonMismatch, "events[0].observation_reported.reason", |_| {
            free(|e| e.reason = text("x"))
        }),
        row("supersedes nothing", Reason::NothingToSupersede, "events[0].observation_reported.supersedes", |w| {
            let named = standing(w);
            free(|e| (e.supersedes, e.reason) = (Some(named), text("x")))
        }),
        row(
            "supersedes another submission",
            Reason::SupersedesWrong,
            "events[0].observation_reported.supersedes",
            |_| {
                let other = EventRef { submission_hash: Some(SubmissionHash::from_bytes([8; 32])), index: 0 };
                corrected(Some(other), "x")
            },
        ),
        row("supersedes another event", Reason::SupersedesWrong, "events[0].observation_reported.supersedes", |w| {
            corrected(Some(EventRef { index: 1, ..standing(w) }), "x")
        }),
        row("supersedes itself", Reason::SupersedesWrong, "events[0].observation_reported.supersedes", |_| {
            corrected(Some(EventRef { submission_hash: None, index: 0 }), "x")
        }),
        row("corrects the corrected", Reason::SupersedesWrong, "events[1].observation_reported.supersedes", |w| {
            [corrected(Some(standing(w)), "x"), corrected(Some(standing(w)), "x")].concat()
        }),
    ]
}

fn retracted(world: &World, change: impl FnOnce(&mut ObservationRetracted)) -> Vec<Event> {
    let mut e = ObservationRetracted {
        indicator: code("stock"),
        area: code("520000"),
        period: quarter(),
        observation: standing(world),
        reason: text("x"),
        on_behalf_of: None,
    };
    change(&mut e);
    vec![e.into()]
}

fn retractions() -> Vec<Bad> {
    vec![
        row("retracts nothing", Reason::NothingToSupersede, "events[0].observation_retracted.observation", |w| {
            retracted(w, |e| e.area = code("520100"))
        }),
        row(
            "retracts of an unknown indicator",
            Reason::IndicatorUnknown,
            "events[0].observation_retracted.indicator",
            |w| retracted(w, |e| e.indicator = code("none")),
        ),
        row("retracts another event", Reason::SupersedesWrong, "events[0].observation_retracted.observation", |w| {
            retracted(w, |e| e.observation.index = 1)
        }),
        row("retracts without a reason", Reason::FieldMissing, "events[0].observation_retracted.reason", |w| {
            retracted(w, |e| e.reason = text(""))
        }),
        say(
            "retracts another's",
            "beta-reporter",
            Reason::NotYourObservation,
            "events[0].observation_retracted.observation",
            |w| retracted(w, |_| {}),
        ),
        say(
            "corrects another's",
            "beta-reporter",
            Reason::NotYourObservation,
            "events[0].observation_reported.supersedes",
            |w| corrected(Some(standing(w)), "x"),
        ),
    ]
}
