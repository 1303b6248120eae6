use super::*;
use crate::testing::{decimal, period};
use proptest::prelude::*;

fn at(when: &str, value: &str) -> Point {
    Point::at_end_of(period(when), decimal(value))
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
fn the_widest_values_and_spans_fit() {
    let (most, least, tiny) = ("9223372036854775807", "-9223372036854775807", "0.000000000001");
    let due = Point { day: last_day_of(2199), value: decimal(tiny) };
    let place = |direction, from: &str, now: &str| {
        Line::through(Some(at("1900-01-01", from)), [], due).place(direction, at("2199-01-01", now))
    };
    assert_eq!(place(Direction::Higher, least, most), Some(Place::Reached));
    assert_eq!(place(Direction::Lower, least, most), Some(Place::Short));
    assert_eq!(place(Direction::Higher, most, least), Some(Place::Short));
    assert_eq!(place(Direction::Lower, most, least), Some(Place::Reached));
    assert_eq!(place(Direction::Higher, least, tiny), Some(Place::Reached));
    let far = between(at("1900-01-01", least), at("1900-01-02", most), last_day_of(2199), 12);
    assert_eq!(far, None, "it fits 128 bits on the way, and no decimal in the end");
}

#[test]
fn a_line_passes_through_its_points() {
    let due = at("2026", "1000");
    let line = Line::through(Some(at("2023", "100")), [at("2024", "200"), at("2025", "900")], due);
    let value = |when: &str| line.at(at(when, "0").day, 2).map(|value| value.to_string());
    for (when, expected) in [
        ("2022", None),
        ("2023", Some("100.00")),
        ("2024-06", Some("149.73")),
        ("2024", Some("200.00")),
        ("2025-06", Some("547.12")),
        ("2025", Some("900.00")),
        ("2026-12-30", Some("999.73")),
        ("2026", None),
    ] {
        assert_eq!(value(when).as_deref(), expected, "{when}");
    }
}

#[test]
fn points_outside_the_line_are_left_out() {
    let (start, due) = (at("2023", "0"), at("2026", "3"));
    let strange = [at("2022", "9"), at("2023", "9"), at("2024", "1"), at("2026", "9"), at("2027", "9")];
    assert_eq!(Line::through(Some(start), strange, due), Line::through(Some(start), [at("2024", "1")], due));
}

#[test]
fn without_a_start_the_line_begins_at_the_first_point() {
    let line = Line::through(None, [at("2024", "1.4"), at("2025", "1.3")], at("2026", "1.2"));
    let place = |now| line.place(Direction::Lower, now);
    assert_eq!(place(at("2024-06", "1")), None);
    assert_eq!(place(at("2024", "1.4")), Some(Place::Reached));
    assert_eq!(place(at("2024", "1.41")), Some(Place::Short), "no way was to be gone yet");
    assert_eq!(place(at("2025", "1.31")), Some(Place::Near));
    assert_eq!(place(at("2025", "1.311")), Some(Place::Short));
    assert_eq!(Line::through(None, [], at("2026", "1")).place(Direction::Lower, at("2025", "0")), None);
}

#[test]
fn a_value_between_two_days_is_rounded_half_to_even() {
    let (a, b) = (Point { day: 0, value: decimal("0") }, Point { day: 2, value: decimal("1") });
    let value = |day, decimals| between(a, b, day, decimals).unwrap().to_string();
    assert_eq!([value(1, 0), value(1, 1), value(3, 0), value(-1, 0), value(5, 0)], ["0", "0.5", "2", "0", "2"]);
    assert_eq!(between(a, a, 5, 0), None);
}

fn value() -> impl Strategy<Value = Decimal> {
    (-2_000_i64..2_000, 0..3_u32).prop_map(|(units, scale)| Decimal::new(units, scale).unwrap())
}

fn direction() -> impl Strategy<Value = Direction> {
    prop::sample::select(Direction::ALL)
}

const fn rank(place: Place) -> u8 {
    match place {
        Place::Short => 0,
        Place::Near => 1,
        Place::Reached => 2,
    }
}

prop_compose! {
    /// A line of up to three points between day 0 and day 100.
    fn line()(start in value(), mut days in prop::collection::btree_set(1..100_i64, 0..4), values in prop::collection::vec(value(), 4))
        -> Line
    {
        days.insert(100);
        let mut points: Vec<Point> = days.iter().zip(values).map(|(&day, value)| Point { day, value }).collect();
        let due = points.pop().unwrap_or(Point { day: 100, value: start });
        Line::through(Some(Point { day: 0, value: start }), points, Point { day: 100, ..due })
    }
}

proptest! {
    #[test]
    fn a_better_value_is_never_in_a_worse_place(line in line(), direction in direction(), day in 0..100_i64, a in value(), b in value()) {
        let (worse, better) = if (a.compare(b).is_le()) == (direction == Direction::Higher) { (a, b) } else { (b, a) };
        let place = |value| rank(line.place(direction, Point { day, value }).unwrap());
        prop_assert!(place(worse) <= place(better));
    }

    /// The definition once more, in rational numbers written out.
    #[test]
    fn near_is_a_tenth_of_the_way(line in line(), direction in direction(), day in 0..100_i64, value in value()) {
        let hundredths = |value: Decimal| value.rescaled(2);
        let position = line.points.iter().rposition(|point| point.day <= day).unwrap();
        let (from, to) = (line.points[position], line.points[position + 1]);
        let span = i128::from(to.day - from.day);
        // Value times span, so that the line's value is whole.
        let line_there = hundredths(from.value) * i128::from(to.day - day) + hundredths(to.value) * i128::from(day - from.day);
        let (now, start) = (hundredths(value) * span, hundredths(line.points[0].value) * span);
        let sign = if direction == Direction::Higher { 1 } else { -1 };
        let expected = if now * sign >= line_there * sign {
            Place::Reached
        } else if 10 * (now - line_there).abs() <= (line_there - start).abs() {
            Place::Near
        } else {
            Place::Short
        };
        prop_assert_eq!(line.place(direction, Point { day, value }), Some(expected));
    }

    #[test]
    fn a_point_on_the_line_changes_nothing(start in -100_i64..100, step in -9_i64..9, at in 1..100_i64, day in 0..100_i64, value in value()) {
        let point = |day: i64| Point { day, value: Decimal::new(start + step * day, 0).unwrap() };
        let straight = Line::through(Some(point(0)), [], point(100));
        let bent = Line::through(Some(point(0)), [point(at)], point(100));
        let now = Point { day, value };
        prop_assert_eq!(straight.place(Direction::Higher, now), bent.place(Direction::Higher, now));
        prop_assert_eq!(straight.at(day, 2), bent.at(day, 2));
    }
}
