use super::*;
use crate::line::first_day_of;
use crate::row::Row;
use crate::testing::{decimal, origin, period, trajectory};
use hefu_types::Text;
use hefu_types::event::plan::Strength;
use proptest::prelude::*;

fn target(comparator: Comparator, value: &str) -> Target {
    Target {
        year: 2026,
        strength: Strength::Hard,
        comparator,
        value: decimal(value),
        original: None,
        reason: Text::default(),
        provenance: None,
        trajectory: None,
        origin: origin(0, 0),
    }
}

fn gauge(direction: Direction) -> Gauge {
    Gauge { direction, decimals: 2 }
}

fn at(when: &str, value: &str) -> Point {
    Point::at_end_of(period(when), decimal(value))
}

/// Against a target for the end of 2026 in a plan from 2024 on.
fn check(direction: Direction, comparator: Comparator, goal: &str, base: Option<Point>, now: Point) -> Status {
    let start = line_start(direction, first_day_of(2024), base);
    progress(gauge(direction), target(comparator, goal), Some(now), start).status
}

#[test]
fn no_value_is_no_report_and_has_no_percentage() {
    let start = line_start(Direction::Higher, first_day_of(2024), None);
    let got = progress(gauge(Direction::Higher), target(Comparator::AtLeast, "0"), None, start);
    assert_eq!((got.status, got.attained_percent, got.expected, got.forecast), (Status::NoReport, None, None, None));
}

#[test]
fn met_follows_the_comparator() {
    let cases = [
        (Comparator::AtLeast, [false, true, true]),
        (Comparator::MoreThan, [false, false, true]),
        (Comparator::Equal, [false, true, false]),
        (Comparator::AtMost, [true, true, false]),
        (Comparator::LessThan, [true, false, false]),
    ];
    for (comparator, met) in cases {
        for (value, met) in ["9.99", "10.00", "10.01"].into_iter().zip(met) {
            let status = check(Direction::Higher, comparator, "10", None, at("2026", value));
            assert_eq!(status == Status::Met, met, "{value} {comparator} 10");
        }
    }
}

#[test]
fn the_line_decides_before_the_year_is_over() {
    // From 100 at the end of 2023 to 400 at the end of 2026 are 1,096 days; 2024 has 366 of them: 200.18…
    let (higher, base) = (Direction::Higher, Some(at("2023", "100")));
    let check = |now| check(higher, Comparator::AtLeast, "400", base, now);
    assert_eq!(check(at("2024", "200.19")), Status::OnTrack);
    assert_eq!(check(at("2024", "200.18")), Status::AtRisk);
    // A tenth of what was to be gained by then is 10.01….
    assert_eq!(check(at("2024", "190.17")), Status::AtRisk);
    assert_eq!(check(at("2024", "190.16")), Status::Behind);
    assert_eq!(check(at("2023", "100")), Status::OnTrack);
    assert_eq!(check(at("2026-12-30", "399.8")), Status::OnTrack);
}

#[test]
fn the_line_itself_is_on_track_to_the_last_digit() {
    // 1,096 days, 1 a day.
    let base = Some(at("2023", "0"));
    let check = |value| check(Direction::Higher, Comparator::AtLeast, "1096", base, at("2024", value));
    assert_eq!(check("366"), Status::OnTrack);
    assert_eq!(check("365.999999999999"), Status::AtRisk);
    assert_eq!(check("329.4"), Status::AtRisk, "short by a tenth to the last digit");
    assert_eq!(check("329.399999999999"), Status::Behind);
}

#[test]
fn without_a_baseline_a_higher_is_better_line_starts_at_zero() {
    // 1,095 days from 2024-01-01 to 2026-12-31; 365 of them are over at the end of 2024.
    let check = |value| check(Direction::Higher, Comparator::AtLeast, "1095", None, at("2024", value));
    assert_eq!(check("365"), Status::OnTrack);
    assert_eq!(check("364.9"), Status::AtRisk);
    assert_eq!(check("328.4"), Status::Behind);
}

#[test]
fn an_unmet_target_is_behind_once_its_year_is_over() {
    for when in ["2026", "2026-12-31", "2026-12", "2027"] {
        let status = check(Direction::Higher, Comparator::AtLeast, "400", None, at(when, "399.99"));
        assert_eq!(status, Status::Behind, "{when}");
    }
    let more = check(Direction::Higher, Comparator::MoreThan, "400", None, at("2026", "400"));
    assert_eq!(more, Status::Behind, "the line reaches the target, the comparator asks for more");
}

#[test]
fn lower_is_better_mirrors_the_line() {
    // PUE from 1.5 to 1.2.
    let base = Some(at("2023", "1.5"));
    let check = |now| check(Direction::Lower, Comparator::AtMost, "1.2", base, now);
    assert_eq!(check(at("2024", "1.2")), Status::Met);
    assert_eq!(check(at("2024", "1.39")), Status::OnTrack);
    assert_eq!(check(at("2024", "1.40")), Status::AtRisk);
    assert_eq!(check(at("2024", "1.41")), Status::Behind);
    assert_eq!(check(at("2026", "1.21")), Status::Behind);
    // From 1,096 to 0 in 1,096 days.
    let base = Some(at("2023", "1096"));
    let on_line = |value| self::check(Direction::Lower, Comparator::AtMost, "0", base, at("2024", value));
    assert_eq!(on_line("730"), Status::OnTrack);
    assert_eq!(on_line("730.000000000001"), Status::AtRisk);
    assert_eq!(on_line("766.6"), Status::AtRisk);
    assert_eq!(on_line("766.600000000001"), Status::Behind);
}

#[test]
fn lower_is_better_without_a_baseline_is_met_or_behind() {
    let check = |value| check(Direction::Lower, Comparator::AtMost, "1.2", None, at("2024", value));
    assert_eq!(check("1.2"), Status::Met);
    assert_eq!(check("1.21"), Status::Behind);
    let equal = self::check(Direction::Lower, Comparator::Equal, "1.2", None, at("2024", "0.1"));
    assert_eq!(equal, Status::Behind, "there is no line to be beyond");
}

#[test]
fn attained_reaches_100_when_the_target_is_reached() {
    let attained = |direction, goal: &str, value: &str| {
        progress(gauge(direction), target(Comparator::Equal, goal), Some(at("2024", value)), None).attained_percent
    };
    assert_eq!(attained(Direction::Higher, "60000", "84300"), Some(decimal("140.50")));
    assert_eq!(attained(Direction::Lower, "1.2", "1.25"), Some(decimal("96.00")));
    assert_eq!(attained(Direction::Lower, "1.2", "1.2"), Some(decimal("100.00")));
    assert_eq!(attained(Direction::Higher, "0", "5"), None);
    assert_eq!(attained(Direction::Lower, "5", "0"), None);
}

/// Against 400 by the end of 2026, from 100 at the end of 2023, through these points.
fn along(points: &[(&str, &str)], now: Point) -> Progress {
    let declared = trajectory("i", "52", 2026, points);
    let trajectory = (!points.is_empty()).then(|| Row { origin: origin(1, 0), fact: declared });
    let target = Target { trajectory, ..target(Comparator::AtLeast, "400") };
    progress(gauge(Direction::Higher), target, Some(now), Some(at("2023", "100")))
}

#[test]
fn a_declared_trajectory_replaces_the_straight_line() {
    let late = [("2024", "120"), ("2025", "200")];
    let status = |points: &[_], when: &str, value: &str| along(points, at(when, value)).status;
    assert_eq!([status(&[], "2024", "120"), status(&late, "2024", "120")], [Status::Behind, Status::OnTrack]);
    assert_eq!([status(&[], "2025", "310"), status(&late, "2025", "199")], [Status::OnTrack, Status::AtRisk]);
    assert_eq!([status(&late, "2024", "118"), status(&late, "2024", "117.99")], [Status::AtRisk, Status::Behind]);
    assert_eq!(along(&late, at("2025-06", "0")).expected, Some(decimal("159.67")));
    assert_eq!(along(&late, at("2026", "399")).expected, None, "the year is over");
}

#[test]
fn a_forecast_goes_on_as_it_went() {
    let forecast = |when: &str, value: &str| along(&[], at(when, value)).forecast.map(|f| (f.value, f.method));
    // 366 of 1,096 days brought 61.
    assert_eq!(forecast("2024", "161"), Some((decimal("282.67"), ForecastMethod::Linear)));
    assert_eq!(forecast("2024", "100"), Some((decimal("100.00"), ForecastMethod::Linear)));
    assert_eq!(forecast("2023", "100"), None, "the start says nothing of where it goes");
    assert_eq!(forecast("2026", "161"), None, "the year is over");
    let met = along(&[], at("2024", "500"));
    assert_eq!((met.status, met.forecast.unwrap().value), (Status::Met, decimal("1297.81")));
    let alone = progress(gauge(Direction::Lower), target(Comparator::AtMost, "1"), Some(at("2024", "2")), None);
    assert_eq!(alone.forecast, None, "there is no start");
    assert_eq!(along(&[], at("2024-01-01", "9223372036854775807")).forecast, None, "it does not fit");
}

const fn rank(status: Status) -> u8 {
    match status {
        Status::NoReport | Status::Withheld => unreachable!(),
        Status::Behind => 0,
        Status::AtRisk => 1,
        Status::OnTrack => 2,
        Status::Met => 3,
    }
}

proptest! {
    #[test]
    fn a_better_value_never_has_a_worse_status(
        a in -500_i64..1_500, b in -500_i64..1_500, goal in 1..1_000_i64, day in 19_723..20_820_i64, base in 0..500_i64,
        points in prop::collection::vec(-100_i64..900, 0..3),
    ) {
        let points: Vec<_> = points.iter().zip(["2024-06", "2025"]).map(|(value, when)| (when, value.to_string())).collect();
        let points: Vec<_> = points.iter().map(|(when, value)| (*when, value.as_str())).collect();
        let declared = Row { origin: origin(1, 0), fact: trajectory("i", "52", 2026, &points) };
        for (direction, comparator) in [(Direction::Higher, Comparator::AtLeast), (Direction::Lower, Comparator::LessThan)] {
            let status = |value: i64| {
                let target = Target { trajectory: Some(declared.clone()), ..target(comparator, &goal.to_string()) };
                let now = Point { day, value: Decimal::new(value, 0).unwrap() };
                rank(progress(gauge(direction), target, Some(now), Some(at("2023", &base.to_string()))).status)
            };
            let (worse, better) = if (a <= b) == (direction == Direction::Higher) { (a, b) } else { (b, a) };
            prop_assert!(status(worse) <= status(better));
        }
    }

    #[test]
    fn on_the_straight_line_the_forecast_reaches_the_target(value in 0..100_000_i64, day in 19_723..20_818_i64) {
        let got = along(&[], Point { day, value: Decimal::new(value, 2).unwrap() });
        let forecast = got.forecast.unwrap().value.compare(decimal("400"));
        let fits = if rank(got.status) >= 2 { forecast.is_ge() } else { forecast.is_le() };
        prop_assert!(fits);
    }
}

#[test]
fn an_amount_that_grows_is_not_known_to_stay_below() {
    let check = |comparator, until: &str, value: &str| {
        let amount = Amount { value: decimal(value), until: period(until) };
        of_flow(gauge(Direction::Lower), target(comparator, "365"), Some(amount)).status
    };
    assert_eq!(check(Comparator::AtMost, "2026-Q1", "90"), Status::OnTrack, "365 a year are 90 by then");
    assert_eq!(check(Comparator::AtMost, "2026-Q1", "99"), Status::AtRisk);
    assert_eq!(check(Comparator::AtMost, "2026-Q1", "99.01"), Status::Behind);
    assert_eq!(check(Comparator::AtMost, "2026", "365"), Status::Met);
    assert_eq!(check(Comparator::Equal, "2026-H1", "365"), Status::Behind);
    assert_eq!(check(Comparator::LessThan, "2026", "365"), Status::Behind);
}
