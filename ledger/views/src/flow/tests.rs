use super::*;
use crate::testing::{Log, REPORTER, code, observed, period, retracted};
use crate::view::Tables;
use hefu_types::Event;

/// What flowed in 2024, and until when.
fn so_far(said: &[(&str, &str)]) -> Option<(String, String)> {
    let mut log = Log::open();
    let events: Vec<Event> = said.iter().map(|(when, value)| observed("i", "52", when, value)).collect();
    log.say(REPORTER, events);
    in_2024(&log)
}

fn in_2024(log: &Log) -> Option<(String, String)> {
    up_to(log, "2199")
}

fn up_to(log: &Log, when: &str) -> Option<(String, String)> {
    let store = log.store();
    let (year, rows) = ((2024, period(when)), Tables::of(&store).series);
    let parts = of_year(&*rows, &code("i"), &code("52"), year, AsOf::LATEST).unwrap();
    amount(&parts).map(|amount| (amount.value.to_string(), amount.until.to_string()))
}

fn expect(value: &str, until: &str) -> Option<(String, String)> {
    Some((value.into(), until.into()))
}

#[test]
fn periods_follow_one_another_from_the_first_day_on() {
    assert_eq!(so_far(&[("2024-Q1", "1"), ("2024-Q2", "2.5")]), expect("3.5", "2024-Q2"));
    assert_eq!(so_far(&[("2024-Q1", "1"), ("2024-Q3", "2")]), expect("1", "2024-Q1"), "there is a gap");
    assert_eq!(so_far(&[("2024-Q2", "1")]), None, "it does not begin with the year");
    assert_eq!(so_far(&[("2024-Q1", "1"), ("2024-04", "2"), ("2024-05", "3")]), expect("6", "2024-05"));
    assert_eq!(so_far(&[("2024-01-01", "1"), ("2024-02", "2")]), None, "days are not summed");
    let months: Vec<String> = (1..=12).map(|month| format!("2024-{month:02}")).collect();
    assert_eq!(so_far(&months.iter().map(|when| (when.as_str(), "1")).collect::<Vec<_>>()), expect("12", "2024-12"));
}

#[test]
fn nothing_counts_twice() {
    let all = [("2024-01", "1"), ("2024-Q1", "3"), ("2024-H1", "7"), ("2024-07", "2"), ("2024-Q2", "4")];
    assert_eq!(so_far(&all), expect("9", "2024-07"));
    assert_eq!(so_far(&[("2024-H1", "7"), ("2024", "20"), ("2024-H2", "9")]), expect("20", "2024"));
}

#[test]
fn other_years_and_missing_values_are_left_out() {
    assert_eq!(so_far(&[("2023", "5"), ("2025-Q1", "6")]), None);
    assert_eq!(so_far(&[("2024-H1", ""), ("2024-Q1", "2")]), expect("2", "2024-Q1"));
    let mut log = Log::open();
    log.say(REPORTER, [observed("i", "52", "2024-Q1", "2"), observed("i", "52", "2024-Q2", "3")]);
    assert_eq!(up_to(&log, "2024-05"), expect("2", "2024-Q1"));
    log.say(REPORTER, [retracted("i", "52", "2024-Q2")]);
    assert_eq!(in_2024(&log), expect("2", "2024-Q1"));
}
