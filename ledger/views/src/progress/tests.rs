use super::*;
use crate::testing::{decimal, origin, period};
use hefu_types::event::plan::Strength;

fn target(comparator: Comparator, value: &str) -> Target {
    let (year, strength, value) = (2026, Strength::Hard, decimal(value));
    Target { year, strength, comparator, value, adjusted: false, provenance: None, origin: origin(0, 0) }
}

fn at(when: &str, value: &str) -> Point {
    Point::at_end_of(period(when), decimal(value))
}

/// Against a target for the end of 2026 in a plan from 2024 on.
fn check(direction: Direction, comparator: Comparator, goal: &str, base: Option<Point>, now: Point) -> Status {
    let start = line_start(direction, first_day_of(2024), base);
    progress(direction, target(comparator, goal), Some(now), start).status
}

#[test]
fn days_are_counted_as_the_calendar_does() {
    for (text, day) in [
        ("1970-01-01", 0),
        ("1969-12-31", -1),
        ("2000-02-29", 11_016),
        ("2000-03-01", 11_017),
        ("2024-01-01", 19_723),
        ("1900-03-01", -25_508),
        ("2199-12-31", 84_005),
    ] {
        assert_eq!(day_number(period(text).last_day()), day, "{text}");
    }
    assert_eq!(first_day_of(2024), 19_723);
    assert_eq!(last_day_of(2023), 19_722);
    assert_eq!(last_day_of(u32::MAX), last_day_of(2199));
    assert_eq!(first_day_of(0), first_day_of(1900));
}

#[test]
fn consecutive_days_differ_by_one() {
    let mut last = first_day_of(1999) - 1;
    for year in 1999..=2005 {
        for month in 1..=12 {
            for day in 1..=31 {
                if let Ok(day) = format!("{year}-{month:02}-{day:02}").parse::<Period>() {
                    assert_eq!(day_number(day.last_day()), last + 1, "{day}");
                    last += 1;
                }
            }
        }
    }
    assert_eq!(last, last_day_of(2005));
}

#[test]
fn no_value_is_no_report_and_has_no_percentage() {
    let start = line_start(Direction::Higher, first_day_of(2024), None);
    let got = progress(Direction::Higher, target(Comparator::AtLeast, "0"), None, start);
    assert_eq!((got.status, got.attained_percent), (Status::NoReport, None));
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
    assert_eq!(check(at("2024", "200.18")), Status::Behind);
    assert_eq!(check(at("2023", "100")), Status::OnTrack);
    assert_eq!(check(at("2026-12-30", "399.8")), Status::OnTrack);
}

#[test]
fn the_line_itself_is_on_track_to_the_last_digit() {
    // 1,096 days, 1 a day.
    let base = Some(at("2023", "0"));
    let check = |value| check(Direction::Higher, Comparator::AtLeast, "1096", base, at("2024", value));
    assert_eq!(check("366"), Status::OnTrack);
    assert_eq!(check("365.999999999999"), Status::Behind);
}

#[test]
fn without_a_baseline_a_higher_is_better_line_starts_at_zero() {
    // 1,095 days from 2024-01-01 to 2026-12-31; 365 of them are over at the end of 2024.
    let check = |value| check(Direction::Higher, Comparator::AtLeast, "1095", None, at("2024", value));
    assert_eq!(check("365"), Status::OnTrack);
    assert_eq!(check("364.9"), Status::Behind);
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
    assert_eq!(check(at("2024", "1.40")), Status::Behind);
    assert_eq!(check(at("2026", "1.21")), Status::Behind);
    // From 1,096 to 0 in 1,096 days.
    let base = Some(at("2023", "1096"));
    let on_line = |value| self::check(Direction::Lower, Comparator::AtMost, "0", base, at("2024", value));
    assert_eq!(on_line("730"), Status::OnTrack);
    assert_eq!(on_line("730.000000000001"), Status::Behind);
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
        progress(direction, target(Comparator::Equal, goal), Some(at("2024", value)), None).attained_percent
    };
    assert_eq!(attained(Direction::Higher, "60000", "84300"), Some(decimal("140.50")));
    assert_eq!(attained(Direction::Lower, "1.2", "1.25"), Some(decimal("96.00")));
    assert_eq!(attained(Direction::Lower, "1.2", "1.2"), Some(decimal("100.00")));
    assert_eq!(attained(Direction::Higher, "0", "5"), None);
    assert_eq!(attained(Direction::Lower, "5", "0"), None);
}

#[test]
fn the_widest_values_and_spans_fit() {
    let (most, least, tiny) = ("9223372036854775807", "-9223372036854775807", "0.000000000001");
    let start = |value: &str| at("1900-01-01", value);
    let due = Point { day: last_day_of(2199), value: decimal(tiny) };
    let check = |direction, from: &str, now: &str| on_line(direction, start(from), at("2199-01-01", now), due);
    assert!(check(Direction::Higher, least, most));
    assert!(!check(Direction::Lower, least, most));
    assert!(!check(Direction::Higher, most, least));
    assert!(check(Direction::Lower, most, least));
    assert!(check(Direction::Higher, least, tiny));
}
