use super::*;
use crate::testing::{
    Log, OFFICE, REPORTER, area, code, decimal, indicator as defined, observed, origin, period, plan as published,
    retracted,
};
use hefu_types::event::plan::{Direction, IndicatorDefined, Measure};
use hefu_types::event::reporting::{ObsStatus, ObservationReported};
use hefu_types::{Event, Text};
use proptest::prelude::*;

/// Areas 1 to 4 make 52; `x` overlaps them.
fn log(method: RollUp) -> Log {
    let mut log = Log::empty();
    log.say(OFFICE, [crate::testing::genesis().into()]);
    let areas = vec![area("52", ""), area("1", "52"), area("2", "52"), area("3", "52"), area("4", "52")];
    let plan = PlanPublished { areas: [areas, vec![overlapping("x", "52")]].concat(), ..published("p") };
    let all = ["52", "4", "3", "2", "1", "x"];
    let weight = (method == RollUp::WeightedMean).then(|| code("w"));
    let measure = if method == RollUp::Sum { Measure::Stock } else { Measure::Ratio };
    let rolled = IndicatorDefined { roll_up: method, measure, weight, ..defined("i", Direction::Higher, &all) };
    let reporter = crate::testing::admission("d", REPORTER, &[hefu_types::event::membership::Role::Reporter]);
    log.say(OFFICE, [reporter.into(), plan.into(), rolled.into(), defined("w", Direction::Higher, &all).into()]);
    log
}

fn overlapping(code: &str, parent: &str) -> hefu_types::event::plan::Area {
    hefu_types::event::plan::Area { overlaps: true, ..area(code, parent) }
}

fn rolled(log: &Log, when: Option<&str>, as_of: AsOf) -> Option<RolledUp> {
    let store = log.store();
    let tables = Tables::of(&store);
    let indicator = plan::indicator(&*tables.plan, &code("i"), as_of).unwrap().unwrap();
    query(&tables, &indicator, &code("52"), when.map(period), as_of).unwrap()
}

/// Value, areas with one, areas without.
fn shown(rolled: Option<RolledUp>) -> (Option<String>, Vec<String>, Vec<String>) {
    let rolled = rolled.unwrap();
    let parts = rolled.parts.iter().map(|part| part.area.to_string()).collect();
    (rolled.value.map(|v| v.to_string()), parts, rolled.missing.iter().map(Code::to_string).collect())
}

fn expect(value: &str, parts: &[&str], missing: &[&str]) -> (Option<String>, Vec<String>, Vec<String>) {
    let codes = |codes: &[&str]| codes.iter().map(|code| (*code).to_owned()).collect();
    ((!value.is_empty()).then(|| value.to_owned()), codes(parts), codes(missing))
}

#[test]
fn a_sum_names_what_is_missing() {
    let mut log = log(RollUp::Sum);
    assert_eq!(rolled(&log, None, AsOf::LATEST), None, "nobody has reported");
    assert_eq!(shown(rolled(&log, Some("2024"), AsOf::LATEST)), expect("", &[], &["1", "2", "3", "4"]));
    let missing = log.say(
        REPORTER,
        [observed("i", "1", "2024", "1.5"), observed("i", "3", "2024", "2"), observed("i", "2", "2024", "")],
    );
    let partial = expect("3.5", &["1", "3"], &["2", "4"]);
    assert_eq!(shown(rolled(&log, None, AsOf::LATEST)), partial, "a value that is missing is missing");
    log.say(
        REPORTER,
        [observed("i", "2", "2024", "10"), observed("i", "4", "2024", "0.25"), observed("i", "x", "2024", "99")],
    );
    let whole = rolled(&log, None, AsOf::LATEST);
    assert_eq!(whole.as_ref().unwrap().complete(), Some(decimal("13.75")));
    assert_eq!(shown(whole), expect("13.75", &["1", "2", "3", "4"], &[]), "and what overlaps is left out");
    assert_eq!(shown(rolled(&log, None, AsOf::after(missing))), partial);
    assert_eq!(rolled(&log, None, AsOf::after(missing)).unwrap().complete(), None);
    log.say(REPORTER, [retracted("i", "4", "2024")]);
    assert_eq!(shown(rolled(&log, None, AsOf::LATEST)).2, ["4"]);
}

#[test]
fn it_is_of_the_latest_period_or_the_one_asked_for() {
    let mut log = log(RollUp::Sum);
    log.say(
        REPORTER,
        [observed("i", "1", "2024", "1"), observed("i", "2", "2025", "2"), observed("i", "x", "2026", "9")],
    );
    assert_eq!(rolled(&log, None, AsOf::LATEST).unwrap().period, period("2025"));
    assert_eq!(shown(rolled(&log, Some("2024"), AsOf::LATEST)), expect("1", &["1"], &["2", "3", "4"]));
}

#[test]
fn what_was_observed_itself_stands_beside_it() {
    let mut log = log(RollUp::Sum);
    log.say(REPORTER, ["1", "2", "3"].map(|area| observed("i", area, "2024", "1.5")));
    log.say(REPORTER, [observed("i", "52", "2024", "10")]);
    let partial = rolled(&log, None, AsOf::LATEST).unwrap();
    assert_eq!((partial.own.as_ref().unwrap().fact.value(), partial.difference()), (Some(decimal("10")), None));
    log.say(REPORTER, [observed("i", "4", "2024", "6")]);
    assert_eq!(rolled(&log, None, AsOf::LATEST).unwrap().difference(), Some(decimal("-0.5")));
}

#[test]
fn the_largest_and_the_last_are_one_of_them() {
    let mut max = log(RollUp::Max);
    max.say(
        REPORTER,
        [observed("i", "1", "2024", "-2"), observed("i", "2", "2024", "-1.50"), observed("i", "3", "2024", "-1.6")],
    );
    assert_eq!(shown(rolled(&max, None, AsOf::LATEST)), expect("-1.50", &["1", "2", "3"], &["4"]));
    let mut last = log(RollUp::Last);
    let of_day = |area: &str, value: &str, day: Option<&str>| match observed("i", area, "2024", value) {
        Event::ObservationReported(e) => ObservationReported { as_of_date: day.map(period), ..*e }.into(),
        other => other,
    };
    last.say(REPORTER, [of_day("1", "1", Some("2024-11-30")), of_day("2", "2", Some("2024-12-01"))]);
    assert_eq!(shown(rolled(&last, None, AsOf::LATEST)).0.as_deref(), Some("2"));
    last.say(REPORTER, [of_day("3", "3", None), of_day("4", "4", Some("2024-10-31"))]);
    assert_eq!(shown(rolled(&last, None, AsOf::LATEST)).0.as_deref(), Some("3"), "it speaks of the period's last day");
    last.say(REPORTER, [of_day("1", "5", Some("2024-12-31"))]);
    assert_eq!(shown(rolled(&last, None, AsOf::LATEST)).0.as_deref(), Some("5"), "of one day, what was recorded last");
}

#[test]
fn a_mean_is_weighed_by_the_same_area_and_period() {
    let mut log = log(RollUp::WeightedMean);
    log.say(
        REPORTER,
        [observed("i", "1", "2024", "50"), observed("i", "2", "2024", "80"), observed("i", "3", "2024", "90")],
    );
    log.say(
        REPORTER,
        [observed("w", "1", "2024", "200"), observed("w", "2", "2024", "1"), observed("w", "3", "2023", "7")],
    );
    // (50 · 200 + 80 · 1) / 201 = 50.149…
    assert_eq!(shown(rolled(&log, None, AsOf::LATEST)), expect("50.15", &["1", "2"], &["3", "4"]));
    let weighed = rolled(&log, None, AsOf::LATEST).unwrap();
    assert_eq!(weighed.parts[0].weight.as_ref().unwrap().fact.value(), Some(decimal("200")));
}

#[test]
fn without_a_roll_up_there_is_nothing() {
    let mut log = log(RollUp::None);
    log.say(REPORTER, [observed("i", "1", "2024", "50")]);
    assert_eq!(rolled(&log, Some("2024"), AsOf::LATEST), None);
    let store = log.store();
    let tables = Tables::of(&store);
    let indicator = plan::indicator(&*tables.plan, &code("i"), AsOf::LATEST).unwrap().unwrap();
    assert_eq!(query(&tables, &indicator, &code("1"), Some(period("2024")), AsOf::LATEST).unwrap(), None);
}

#[test]
fn what_does_not_fit_has_no_value() {
    let most = "9223372036854775807";
    assert_eq!(sum(&[decimal(most), decimal("1")]), None);
    assert_eq!(sum(&[decimal(most), decimal("1"), decimal("-1.0")]), None, "with one decimal it does not fit");
    assert_eq!(sum(&[decimal(most), decimal("1"), decimal("-1")]), Some(decimal(most)));
    assert_eq!(sum(&[]), None);
    let mean = |pairs: &[(&str, &str)]| {
        weighted_mean(&pairs.iter().map(|(v, w)| (decimal(v), decimal(w))).collect::<Vec<_>>(), 1)
    };
    assert_eq!(mean(&[("1", "0"), ("2", "0")]), None, "nothing is weighed");
    assert_eq!(mean(&[(most, most), (most, "1")]), None);
    assert_eq!(mean(&[("0.5", "1"), ("0.6", "1.0")]), Some(decimal("0.6")), "0.55 goes to the even digit");
    assert_eq!(mean(&[("0.4", "1"), ("0.5", "1")]), Some(decimal("0.4")));
}

/// A part of a few numbers.
fn part(name: u32, value: Decimal, weight: Decimal) -> Part {
    let row = |indicator: &str, value| Row {
        origin: origin(name.into(), 0),
        fact: ObservationFact::Reported(ObservationReported {
            indicator: code(indicator),
            area: code("1"),
            period: period("2024"),
            value: Some(value),
            obs_status: ObsStatus::A,
            qualifier: None,
            as_of_date: None,
            source: None,
            note: Text::default(),
            supersedes: None,
            reason: Text::default(),
            conf_status: None,
            method: Text::default(),
            evidence: vec![],
            embargo_until: hefu_types::Millis::default(),
            commitment: None,
            readers: vec![],
            on_behalf_of: None,
        }),
    };
    Part { area: code(&name.to_string()), observation: row("i", value), weight: Some(row("w", weight)) }
}

proptest! {
    /// Whatever the order of the areas; a mean lies between the smallest and the largest, and is theirs when they are equal.
    #[test]
    fn the_order_of_areas_does_not_matter(
        numbers in prop::collection::vec((-9_999_i64..9_999, 0..3_u32, 1..999_i64), 1..8), turn: prop::sample::Index,
    ) {
        let parts: Vec<Part> = numbers.iter().zip(0..).map(|((units, scale, weight), name)| {
            part(name, Decimal::new(*units, *scale).unwrap(), Decimal::new(*weight, 1).unwrap())
        }).collect();
        let mut turned = parts.clone();
        turned.rotate_left(turn.index(parts.len()));
        for method in [RollUp::Sum, RollUp::Last, RollUp::WeightedMean] {
            prop_assert_eq!(combined(method, 2, &parts), combined(method, 2, &turned), "{}", method);
        }
        let (max, turned) = (combined(RollUp::Max, 2, &parts).unwrap(), combined(RollUp::Max, 2, &turned).unwrap());
        prop_assert!(max.compare(turned).is_eq());
        let mean = combined(RollUp::WeightedMean, 2, &parts).unwrap();
        let least = parts.iter().filter_map(|part| part.observation.fact.value()).min_by(|a, b| a.compare(*b)).unwrap();
        prop_assert!(least.compare(mean).is_le() && mean.compare(max).is_le());
    }

    #[test]
    fn a_sum_of_two_is_their_sum(a in -1_000_000_i64..1_000_000, b in -1_000_000_i64..1_000_000, more in 0..4_u32) {
        let total = sum(&[Decimal::new(a, 0).unwrap(), Decimal::new(b, more).unwrap()]).unwrap();
        prop_assert_eq!((total.units(), total.scale()), (a * 10_i64.pow(more) + b, more));
        prop_assert_eq!(less(total, Decimal::new(b, more).unwrap()).unwrap().compare(Decimal::new(a, 0).unwrap()), std::cmp::Ordering::Equal);
    }
}
