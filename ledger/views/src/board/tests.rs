use super::*;
use crate::progress::{ForecastMethod, Status};
use crate::testing::{
    Log, OFFICE, REPORTER, area, code, decimal, indicator as defined, observed, plan as published, retracted, target,
    text, withheld,
};
use hefu_types::event::plan::{
    Comparator, Direction, IndicatorDefined, IndicatorRetired, Measure, PlanPublished, RollUp, Strength, TargetSet,
};

/// Indicators `i` (higher is better, ≥ 1095 by 2026, ≥ 2000 if all goes well) and `pue` (lower is better, ≤ 1.2 by 2026).
fn log() -> Log {
    let mut log = Log::open();
    let stretch = TargetSet { strength: Strength::Stretch, ..target("i", "52", 2026, Comparator::AtLeast, "2000") };
    log.say(
        OFFICE,
        [
            defined("i", Direction::Higher, &["5201", "52"]).into(),
            defined("pue", Direction::Lower, &["52"]).into(),
            target("i", "52", 2026, Comparator::AtLeast, "1095").into(),
            stretch.into(),
            target("pue", "52", 2026, Comparator::AtMost, "1.2").into(),
        ],
    );
    log
}

fn board(log: &Log, plan: Option<&str>, area: Option<&str>, as_of: AsOf) -> Vec<BoardRow> {
    let (store, plan, area) = (log.store(), plan.map(code), area.map(code));
    list(&Tables::of(&store), plan.as_ref(), area.as_ref(), as_of).unwrap()
}

fn status(log: &Log, indicator: &str, as_of: AsOf) -> Vec<Status> {
    let rows = board(log, None, Some("52"), as_of);
    let row = rows.into_iter().find(|row| row.indicator == code(indicator)).unwrap();
    row.targets.iter().map(|progress| progress.status).collect()
}

fn names(rows: &[BoardRow]) -> Vec<String> {
    rows.iter().map(|row| format!("{} {}", row.indicator, row.area)).collect()
}

#[test]
fn what_nobody_reported_is_no_report_and_never_zero() {
    let rows = board(&log(), Some("p"), None, AsOf::LATEST);
    assert_eq!(names(&rows), ["i 52", "i 5201", "pue 52"]);
    assert!(rows.iter().all(|row| row.latest.is_none()));
    let progress = rows.iter().flat_map(|row| &row.targets);
    assert!(progress.clone().all(|p| p.status == Status::NoReport && p.attained_percent.is_none()));
    assert_eq!(progress.count(), 3);
}

#[test]
fn plan_and_area_choose_rows() {
    assert_eq!(names(&board(&log(), None, Some("52"), AsOf::LATEST)), ["i 52", "pue 52"]);
    assert_eq!(names(&board(&log(), None, Some("5201"), AsOf::LATEST)), ["i 5201"]);
    assert_eq!(names(&board(&log(), Some("q"), None, AsOf::LATEST)), Vec::<String>::new());
}

#[test]
fn every_target_has_its_own_status() {
    let mut log = log();
    log.say(REPORTER, [observed("i", "52", "2024", "1095")]);
    assert_eq!(status(&log, "i", AsOf::LATEST), [Status::Met, Status::OnTrack]);
    let on_line = log.say(REPORTER, [observed("i", "52", "2024", "365")]);
    assert_eq!(status(&log, "i", AsOf::LATEST), [Status::OnTrack, Status::Behind]);
    let row = board(&log, None, Some("52"), AsOf::LATEST).remove(0);
    assert_eq!(row.targets[0].attained_percent, Some(decimal("33.33")));
    let latest = row.latest.unwrap();
    assert_eq!((latest.origin.seq, latest.member), (on_line, code("d")));
}

#[test]
fn a_retraction_takes_the_status_back() {
    let mut log = log();
    let reported = log.say(REPORTER, [observed("i", "52", "2024", "1095")]);
    log.say(REPORTER, [retracted("i", "52", "2024")]);
    assert_eq!(status(&log, "i", AsOf::LATEST), [Status::NoReport, Status::NoReport]);
    assert_eq!(status(&log, "i", AsOf::after(reported)), [Status::Met, Status::OnTrack]);
}

#[test]
fn a_withheld_value_is_neither_zero_nor_an_older_one_nor_no_report() {
    let mut log = log();
    log.say(REPORTER, [observed("i", "52", "2023", "1095")]);
    log.say(REPORTER, [withheld("i", "52", "2024", 7)]);
    assert_eq!(status(&log, "i", AsOf::LATEST), [Status::Withheld, Status::Withheld]);
    let row = board(&log, None, Some("52"), AsOf::LATEST).remove(0);
    assert!(row.targets.iter().all(|progress| progress.attained_percent.is_none()));
    let latest = row.latest.unwrap();
    assert_eq!((latest.fact.period().to_string().as_str(), latest.fact.value()), ("2024", None));
    log.say(REPORTER, [retracted("i", "52", "2024")]);
    assert_eq!(status(&log, "i", AsOf::LATEST)[0], Status::Met, "the older one stands");
}

#[test]
fn a_way_whose_beginning_is_withheld_is_not_told() {
    let mut log = log();
    log.say(REPORTER, [withheld("i", "52", "2023", 7), observed("i", "52", "2024", "500")]);
    assert_eq!(status(&log, "i", AsOf::LATEST), [Status::Withheld, Status::Withheld], "it did not begin at zero");
    log.say(REPORTER, [observed("i", "52", "2025", "1095")]);
    assert_eq!(status(&log, "i", AsOf::LATEST), [Status::Met, Status::Withheld], "whoever has arrived has arrived");
}

#[test]
fn the_line_starts_at_the_earliest_value_before_the_plan() {
    let mut log = log();
    log.say(REPORTER, [observed("i", "52", "2024", "500")]);
    assert_eq!(status(&log, "i", AsOf::LATEST)[0], Status::OnTrack);
    // From 600 the line is at 765 at the end of 2024, and 500 is short of it.
    let with_baseline = log.say(REPORTER, [observed("i", "52", "2023", "600")]);
    assert_eq!(status(&log, "i", AsOf::LATEST)[0], Status::Behind);
    // From 0 at the end of 2022 it is at 547.6 or so.
    log.say(REPORTER, [observed("i", "52", "2022", "0"), observed("i", "52", "2024", "550")]);
    assert_eq!(status(&log, "i", AsOf::LATEST)[0], Status::OnTrack);
    assert_eq!(status(&log, "i", AsOf::after(with_baseline))[0], Status::Behind);
}

#[test]
fn a_value_within_the_plan_is_no_baseline() {
    let mut log = log();
    log.say(REPORTER, [observed("i", "52", "2024-Q1", "1000"), observed("i", "52", "2024", "400")]);
    assert_eq!(status(&log, "i", AsOf::LATEST)[0], Status::OnTrack);
}

#[test]
fn lower_is_better_needs_a_baseline_to_be_on_track() {
    let mut log = log();
    let without = log.say(REPORTER, [observed("pue", "52", "2024", "1.3")]);
    assert_eq!(status(&log, "pue", AsOf::after(without)), [Status::Behind]);
    let with = log.say(REPORTER, [observed("pue", "52", "2023", "1.5")]);
    assert_eq!(status(&log, "pue", AsOf::after(with)), [Status::OnTrack]);
    log.say(REPORTER, [observed("pue", "52", "2025", "1.19")]);
    assert_eq!(status(&log, "pue", AsOf::LATEST), [Status::Met]);
}

#[test]
fn a_retired_indicator_leaves_the_board_and_stays_known() {
    let mut log = log();
    let before = AsOf::after(log.say(REPORTER, [observed("i", "52", "2024", "1")]));
    log.say(OFFICE, [IndicatorRetired { indicator: code("i"), reason: text("over") }.into()]);
    assert_eq!(names(&board(&log, None, None, AsOf::LATEST)), ["pue 52"]);
    assert_eq!(names(&board(&log, None, None, before)), ["i 52", "i 5201", "pue 52"]);
    let store = log.store();
    let (found, rows) = indicator(&Tables::of(&store), &code("i"), AsOf::LATEST).unwrap().unwrap();
    assert_eq!((found.retired, names(&rows)), (true, vec!["i 52".to_owned(), "i 5201".to_owned()]));
    assert_eq!(indicator(&Tables::of(&store), &code("k"), AsOf::LATEST).unwrap(), None);
}

#[test]
fn a_number_without_its_plan_is_an_error() {
    let mut log = log();
    log.say(
        OFFICE,
        [
            IndicatorDefined { plan: code("lost"), ..defined("k", Direction::Higher, &["52"]) }.into(),
            target("k", "52", 2026, Comparator::AtLeast, "1").into(),
        ],
    );
    log.say(REPORTER, [observed("k", "52", "2024", "0")]);
    let store = log.store();
    let got = list(&Tables::of(&store), None, None, AsOf::LATEST);
    assert!(matches!(got, Err(ViewError::Missing { what: "plan", .. })));
}

/// A sum `s` over areas `a` and `b` of 52, ≥ 1095 by 2026 in a plan from 2024 on.
fn rolling() -> Log {
    let mut log = log();
    let areas = vec![area("52", ""), area("a", "52"), area("b", "52")];
    let sum = IndicatorDefined { roll_up: RollUp::Sum, ..defined("s", Direction::Higher, &["52", "a", "b"]) };
    let goal = target("s", "52", 2026, Comparator::AtLeast, "1095");
    log.say(OFFICE, [PlanPublished { areas, ..published("p") }.into(), sum.into(), goal.into()]);
    log
}

fn sum_row(log: &Log, as_of: AsOf) -> BoardRow {
    let row = board(log, None, Some("52"), as_of).into_iter().find(|row| row.indicator == code("s"));
    row.unwrap()
}

#[test]
fn areas_stand_for_the_one_above_once_all_have_reported() {
    let mut log = rolling();
    let first = log.say(REPORTER, [observed("s", "a", "2024", "300")]);
    log.say(REPORTER, [observed("s", "b", "2024", "65")]);
    let partial = sum_row(&log, AsOf::after(first));
    assert_eq!(partial.rolled_up.as_ref().unwrap().value, Some(decimal("300")));
    assert_eq!(partial.targets[0].status, Status::NoReport, "a part is held against nothing");
    assert_eq!((partial.targets[0].attained_percent, partial.targets[0].forecast), (None, None));
    let whole = sum_row(&log, AsOf::LATEST);
    assert_eq!((whole.latest, whole.targets[0].status), (None, Status::OnTrack));
    assert_eq!(whole.targets[0].attained_percent, Some(decimal("33.33")));
    log.say(REPORTER, [observed("s", "52", "2022", "1")]);
    let observed = sum_row(&log, AsOf::LATEST);
    assert_eq!((observed.latest.is_some(), observed.rolled_up), (true, None), "its own observation comes first");
}

#[test]
fn the_line_of_a_rolled_up_value_starts_at_a_rolled_up_one() {
    let mut log = rolling();
    log.say(REPORTER, [observed("s", "a", "2024", "300"), observed("s", "b", "2024", "65")]);
    let with = log.say(REPORTER, [observed("s", "a", "2023", "200"), observed("s", "b", "2023", "100")]);
    assert_eq!(sum_row(&log, AsOf::LATEST).targets[0].status, Status::Behind, "565.4… were expected");
    log.say(REPORTER, [observed("s", "a", "2022", "50")]);
    let incomplete = sum_row(&log, AsOf::LATEST);
    assert_eq!(incomplete.targets[0].status, Status::OnTrack, "a part is no baseline: the line starts at zero");
    assert_eq!(sum_row(&log, AsOf::after(with)).targets[0].expected, Some(decimal("565.48")));
}

#[test]
fn a_flow_is_held_against_the_target_of_its_year() {
    let mut log = log();
    let flow = IndicatorDefined { measure: Measure::Flow, ..defined("f", Direction::Higher, &["52"]) };
    let goals = [2024, 2025].map(|year| target("f", "52", year, Comparator::AtLeast, "366").into());
    log.say(OFFICE, [flow.into()].into_iter().chain(goals));
    let read = |log: &Log| -> Vec<_> {
        let row =
            board(log, None, Some("52"), AsOf::LATEST).into_iter().find(|row| row.indicator == code("f")).unwrap();
        let of = |p: Progress| (p.status, p.amount.map(|a| a.value), p.forecast.map(|f| (f.value, f.method)));
        row.targets.into_iter().map(of).collect()
    };
    let rate = |value: &str| Some((decimal(value), ForecastMethod::RunRate));
    log.say(REPORTER, [observed("f", "52", "2023", "9999"), observed("f", "52", "2024-Q1", "91")]);
    let nothing = (Status::NoReport, None, None);
    assert_eq!(read(&log), [(Status::OnTrack, Some(decimal("91")), rate("366.00")), nothing]);
    log.say(REPORTER, [observed("f", "52", "2024-Q2", "80")]);
    // 182 are expected, and a tenth less, 163.8, would still be near.
    assert_eq!(read(&log), [(Status::AtRisk, Some(decimal("171")), rate("343.88")), nothing]);
    log.say(REPORTER, [observed("f", "52", "2024", "370"), observed("f", "52", "2025-H1", "1")]);
    assert_eq!(read(&log)[0], (Status::Met, Some(decimal("370")), None));
    assert_eq!(read(&log)[1].0, Status::Behind);
}
