//! Every problem that a row can have, one at a time and together.

use super::*;
use hefu_types::event::Name;
use hefu_types::event::plan::{Direction, RollUp};
use hefu_types::{SubmissionHash, Text};

const NOW: i64 = 1_000;

fn code(text: &str) -> Code {
    Code::new(text).unwrap()
}

fn indicator(name: &str, measure: Measure) -> (Code, Indicator) {
    let definition = IndicatorDefined {
        indicator: code(name),
        plan: code("plan"),
        part: code("main"),
        name: Name { zh: Text::new(name).unwrap(), en: Text::default() },
        unit: Text::new("count").unwrap(),
        measure,
        direction: Direction::Higher,
        roll_up: RollUp::None,
        weight: None,
        decimals: 1,
        lead_units: vec![],
        reporting_units: vec![code("other"), code("unit")],
        areas: vec![code("1"), code("2")],
        period_types: vec![PeriodType::Year, PeriodType::Half],
        provenance: None,
    };
    (code(name), Indicator { definition, retired: name == "retired" })
}

fn stands(seq: u64, period: &str, units: i64, member: &str) -> v1::Observation {
    v1::Observation {
        area: "1".into(),
        period: period.into(),
        value: Some(v1::Decimal { units, scale: 0 }),
        obs_status: v1::ObsStatus::A as i32,
        qualifier: v1::Qualifier::Exact as i32,
        member: member.into(),
        seq,
        submission_hash: vec![9; 32].into(),
        ..v1::Observation::default()
    }
}

fn cycle(name: &str, period: &str, times: [i64; 2], units: &[&str]) -> Cycle {
    let [opens_at, locks_at] = times.map(Millis::new);
    let opened = ReportingCycleOpened {
        cycle: code(name),
        plan: code("plan"),
        period: period.parse().unwrap(),
        opens_at,
        due_at: locks_at,
        locks_at,
        indicators: vec![code("flow")],
        units: units.iter().map(|unit| code(unit)).collect(),
        accepting_units: vec![],
    };
    Cycle { opened, exceptions: vec![], approved: name == "approved" }
}

fn known() -> Known {
    let mut standing = Standing::default();
    standing.add(&code("stock"), vec![stands(4, "2020", 10, "unit"), stands(5, "2022", 20, "unit")]);
    standing.add(&code("flow"), vec![stands(6, "2020", 10, "unit"), stands(7, "2021", 5, "other")]);
    Known {
        unit: code("unit"),
        now: Millis::new(NOW),
        indicators: BTreeMap::from(
            [("stock", Measure::Stock), ("flow", Measure::Flow), ("retired", Measure::Flow)]
                .map(|(name, measure)| indicator(name, measure)),
        ),
        cycles: vec![
            cycle("later", "2031", [NOW + 1, NOW + 2], &["unit"]),
            cycle("open", "2032", [NOW, NOW + 2], &["unit"]),
            cycle("locked", "2033", [1, NOW], &["unit"]),
            cycle("others", "2034", [1, NOW + 2], &["other"]),
            cycle("approved", "2035", [1, NOW + 2], &["unit"]),
        ],
        standing,
        withdrawn: BTreeSet::new(),
    }
}

fn draft(text: &str) -> Draft {
    let fields = [text.split(',').collect::<Vec<_>>(), vec![""; 13]].concat();
    let header = csv::StringRecord::from(
        ["indicator", "area", "period", "value", "status", "as_of_date", "supersedes", "reason"]
            .into_iter()
            .chain(["conf_status", "embargo_until", "readers"])
            .collect::<Vec<_>>(),
    );
    csv::StringRecord::from(fields[..11].to_vec()).deserialize(Some(&header)).unwrap()
}

/// The verdicts of rows, in one word: the codes and columns of what is wrong.
fn verdicts(known: &Known, rows: &[&str]) -> Vec<String> {
    let mut checker = Checker::new(known);
    let lines = (2..).zip(rows).map(|(line, row)| Line::new(line, draft(row)));
    let word = |verdict| match verdict {
        Verdict::Wrong(refusals) => {
            let named = refusals.iter().map(|r| format!("{} {}", r.reason, r.field));
            named.collect::<Vec<_>>().join(", ")
        }
        verdict => format!("{verdict:?}").to_lowercase(),
    };
    lines.map(|line| word(checker.check(&line))).collect()
}

fn check(row: &str, expected: &str) {
    assert_eq!(verdicts(&known(), &[row]), [expected], "{row}");
}

#[test]
fn a_row_is_new_standing_or_blank() {
    check("flow,1,2024,1.5", "new");
    check("flow,1,2020,10.0", "standing");
    check("flow,1,2024,", "blank");
    check("flow,1,2024,,L", "new");
}

#[test]
fn every_problem_has_its_code_and_column() {
    check("nothing,1,2024,1", "INDICATOR_UNKNOWN indicator");
    check("retired,1,2024,1", "INDICATOR_RETIRED indicator");
    check("flow,3,2024,1", "AREA_NOT_OBSERVED area");
    check("flow,1,2024-Q1,1", "PERIOD_TYPE_WRONG period");
    check("flow,1,2024,1.25", "DECIMALS_TOO_MANY value");
    check("flow,1,2024,1,L", "VALUE_FORBIDDEN value");
    check("flow,1,2024,,A", "VALUE_REQUIRED value");
    check("flow,1,2024,1,,2025-01-01", "AS_OF_DATE_INVALID as_of_date");
    check("flow,1,2024,1,,,,a reason", "REASON_MISMATCH reason");
    check("flow,1,2020,11", "OBSERVATION_STANDS supersedes");
    check("flow,1,2020,11,,,auto", "REASON_MISMATCH reason");
    check("flow,1,2024,11,,,auto,a slip", "NOTHING_TO_SUPERSEDE supersedes");
    check("flow,1,2021,11,,,auto,a slip", "NOT_YOUR_OBSERVATION supersedes");
    check("flow,1,2020,11,,,auto,a slip", "new");
    let named = |byte: u8| format!("flow,1,2020,11,,,{}/0,a slip", SubmissionHash::from_bytes([byte; 32]));
    check(&named(9), "new");
    check(&named(8), "SUPERSEDES_WRONG supersedes");
    let stranger = Known { unit: code("stranger"), ..known() };
    assert_eq!(verdicts(&stranger, &["flow,1,2024,1"]), ["NOT_REPORTING_UNIT indicator"]);
}

#[test]
fn a_cycle_says_when_and_who() {
    check("flow,1,2031,1", "CYCLE_NOT_OPEN period");
    check("flow,1,2032,1", "new");
    check("flow,1,2033,1", "CYCLE_LOCKED period");
    check("flow,1,2034,1", "UNIT_NOT_IN_CYCLE period");
    check("flow,1,2034,1,,,auto,a slip", "NOTHING_TO_SUPERSEDE supersedes");
    check("flow,1,2035,1", "REPORT_APPROVED period");
    check("stock,1,2033,30", "new");
    let mut known = known();
    let exception = |units: &[&str], expires_at| LockExceptionGranted {
        cycle: code("locked"),
        units: units.iter().map(|unit| code(unit)).collect(),
        indicators: vec![],
        expires_at: Millis::new(expires_at),
        reason: Text::default(),
    };
    known.cycles[2].exceptions = vec![exception(&["other"], NOW + 1), exception(&[], NOW)];
    assert_eq!(verdicts(&known, &["flow,1,2033,1"]), ["CYCLE_LOCKED period"]);
    known.cycles[2].exceptions.push(exception(&["unit"], NOW + 1));
    assert_eq!(verdicts(&known, &["flow,1,2033,1"]), ["new"]);
}

#[test]
fn a_row_names_all_that_is_wrong_with_it() {
    check(
        "flow,3,2024-Q1,1.25,L",
        "AREA_NOT_OBSERVED area, PERIOD_TYPE_WRONG period, VALUE_FORBIDDEN value, DECIMALS_TOO_MANY value",
    );
    check("nothing,1,2024-13,much", "PERIOD_INVALID period, DECIMAL_INVALID value, INDICATOR_UNKNOWN indicator");
}

#[test]
fn a_value_that_is_not_free_is_looked_at_before_it_is_committed_to() {
    check("flow,1,2024,1,,,,,N,,other", "new");
    check("flow,1,2024,1.25,,,,,N", "DECIMALS_TOO_MANY value");
    check("flow,1,2024,1,,,,,,,other", "READERS_INVALID readers");
    check("flow,1,2024,1,,,,,,1970-06-01", "new");
    check("flow,1,2024,1,,,,,E", "EMBARGO_INVALID embargo_until");
    check("flow,1,2024,1,,,,,N,1970-06-01", "EMBARGO_INVALID embargo_until");
    check("flow,1,2024,1,,,,,,1999-01-01", "EMBARGO_INVALID embargo_until");
    check("stock,1,2023,19,,,,,C", "new");
    let rows = ["stock,1,2023,90,,,,,C", "stock,1,2024,29"];
    assert_eq!(verdicts(&known(), &rows), ["new", "new"], "what is withheld bounds nothing");
}

#[test]
fn a_row_sees_the_rows_before_it() {
    let rows = ["flow,1,2024,1", "flow,1,2024,1", "flow,1,2024,2,,,auto,a slip", "flow,2,2024,1"];
    assert_eq!(verdicts(&known(), &rows), ["new", "OBSERVATION_STANDS supersedes", "new", "new"]);
}

#[test]
fn a_stock_may_not_fall() {
    check("stock,1,2021,15", "new");
    check("stock,1,2021,9", "STOCK_FELL value");
    check("stock,1,2021,21", "STOCK_FELL value");
    check("stock,1,2023,19", "STOCK_FELL value");
    check("stock,1,2023,19,B", "new");
    check("stock,2,2023,1", "new");
    check("flow,1,2023,1", "new");
    let rows = ["stock,1,2023,30", "stock,1,2024,29", "stock,1,2025,30"];
    assert_eq!(verdicts(&known(), &rows), ["new", "STOCK_FELL value", "new"]);
    let correction = ["stock,1,2020,5,,,auto,a slip", "stock,1,2021,7"];
    assert_eq!(verdicts(&known(), &correction), ["new", "new"]);
}

#[test]
fn a_successor_corrects_what_a_unit_left_behind() {
    let row = ["flow,1,2021,11,,,auto,a slip"];
    let gone = Known { withdrawn: BTreeSet::from([code("other")]), ..known() };
    assert_eq!(verdicts(&gone, &row), ["new"]);
    let mut replaced = known();
    let definition = &mut replaced.indicators.get_mut(&code("flow")).unwrap().definition;
    definition.reporting_units = vec![code("unit")];
    assert_eq!(verdicts(&replaced, &row), ["new"]);
}
