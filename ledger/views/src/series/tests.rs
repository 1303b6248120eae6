use std::cell::Cell;

use hefu_types::Commitment;
use hefu_types::event::reporting::ValueErased;

use super::*;
use crate::store::{KeyValue, RowStore, Rows, StoreError, Visit};
use crate::testing::{Log, OFFICE, REPORTER, code, decimal, observed, period, retracted, text, withheld};
use crate::{AsOf, Tables, ViewError};

fn select<'a>(indicator: &'a Code, area: Option<&'a Code>, history: bool) -> Selection<'a> {
    Selection { indicator, area, history, limit: usize::MAX }
}

fn shown(log: &Log, history: bool, as_of: AsOf) -> Vec<String> {
    let store = log.store();
    let found = query(&Tables::of(&store), &select(&code("i"), None, history), as_of).unwrap();
    let value = |fact: &ObservationFact| match fact.value() {
        Some(value) => value.to_string(),
        None if fact.is_retraction() => "retracted".to_owned(),
        None => "missing".to_owned(),
    };
    found.iter().map(|o| format!("{} {} {}", o.fact.area(), o.fact.period(), value(&o.fact))).collect()
}

fn latest_value(log: &Log, as_of: AsOf) -> Option<String> {
    let store = log.store();
    let row = latest(&*Tables::of(&store).series, &code("i"), &code("52"), as_of).unwrap();
    row.map(|row| row.fact.value().unwrap().to_string())
}

#[test]
fn a_correction_stands_instead_of_what_it_corrects() {
    let mut log = Log::open();
    let first = log.say(REPORTER, [observed("i", "52", "2024", "1"), observed("i", "5201", "2023", "7")]);
    log.say(REPORTER, [observed("i", "52", "2024", "2"), observed("i", "52", "2024", "3")]);
    assert_eq!(shown(&log, false, AsOf::LATEST), ["52 2024 3", "5201 2023 7"]);
    assert_eq!(shown(&log, false, AsOf::after(first)), ["52 2024 1", "5201 2023 7"]);
    assert_eq!(shown(&log, true, AsOf::LATEST), ["52 2024 1", "52 2024 2", "52 2024 3", "5201 2023 7"]);
    assert_eq!(shown(&log, true, AsOf::after(first)), ["52 2024 1", "5201 2023 7"]);
}

#[test]
fn a_retraction_leaves_nothing_standing_until_something_is_reported() {
    let mut log = Log::open();
    log.say(REPORTER, [observed("i", "52", "2024", "1")]);
    let taken = log.say(REPORTER, [retracted("i", "52", "2024")]);
    log.say(REPORTER, [observed("i", "52", "2024", "2")]);
    assert_eq!(shown(&log, false, AsOf::after(taken)), Vec::<String>::new());
    assert_eq!(shown(&log, false, AsOf::LATEST), ["52 2024 2"]);
    assert_eq!(shown(&log, true, AsOf::LATEST), ["52 2024 1", "52 2024 retracted", "52 2024 2"]);
}

#[test]
fn a_cell_has_one_standing_observation_or_none() {
    let mut log = Log::open();
    let missing = log.say(REPORTER, [observed("i", "52", "2024", "1"), observed("i", "52", "2024", "")]);
    log.say(REPORTER, [retracted("i", "52", "2024")]);
    let store = log.store();
    let at = |as_of| standing(&*Tables::of(&store).series, &code("i"), &code("52"), period("2024"), as_of).unwrap();
    assert_eq!(at(AsOf::after(missing)).map(|row| row.fact.value()), Some(None));
    assert_eq!(at(AsOf::LATEST), None);
}

#[test]
fn the_latest_passes_over_missing_retracted_and_unseen_periods() {
    let mut log = Log::open();
    log.say(REPORTER, [observed("i", "52", "2023", "1"), observed("i", "52", "2024-Q1", "2")]);
    let early = log.say(REPORTER, [observed("i", "52", "2024-Q2", ""), observed("i", "52", "2024-Q3", "3")]);
    let taken = log.say(REPORTER, [retracted("i", "52", "2024-Q3")]);
    log.say(REPORTER, [observed("i", "52", "2025", "4"), observed("i", "520", "2026", "9")]);
    assert_eq!(latest_value(&log, AsOf::after(early)).as_deref(), Some("3"));
    assert_eq!(latest_value(&log, AsOf::after(taken)).as_deref(), Some("2"));
    assert_eq!(latest_value(&log, AsOf::LATEST).as_deref(), Some("4"));
    assert_eq!(latest_value(&Log::open(), AsOf::LATEST), None);
    assert_eq!(shown(&log, false, AsOf::after(taken)), ["52 2023 1", "52 2024-Q1 2", "52 2024-Q2 missing"]);
}

#[test]
fn the_earliest_passes_over_what_does_not_stand() {
    let mut log = Log::open();
    log.say(REPORTER, [observed("i", "52", "2022", ""), observed("i", "52", "2023", "1")]);
    log.say(
        REPORTER,
        [observed("i", "52", "2024", "2"), observed("i", "52", "2021", "0"), retracted("i", "52", "2021")],
    );
    let store = log.store();
    let row = earliest(&*Tables::of(&store).series, &code("i"), &code("52"), AsOf::LATEST).unwrap().unwrap();
    assert_eq!((row.fact.period(), row.fact.value()), (period("2023"), Some(decimal("1"))));
}

#[test]
fn vintages_come_from_the_newest_and_stop_at_the_limit() {
    let mut log = Log::open();
    log.say(REPORTER, [observed("i", "52", "2024", "1"), observed("i", "52", "2024", "2")]);
    log.say(REPORTER, [observed("i", "52", "2024", "3"), observed("i", "52", "2025", "9")]);
    let store = log.store();
    let read = |limit| {
        let rows = Tables::of(&store).series;
        let found = vintages(&*rows, &code("i"), &code("52"), period("2024"), limit, AsOf::LATEST).unwrap();
        found.iter().map(|row| row.fact.value().unwrap().to_string()).collect::<Vec<_>>()
    };
    assert_eq!(read(9), ["3", "2", "1"]);
    assert_eq!(read(2), ["3", "2"]);
}

#[test]
fn more_than_the_limit_is_an_error_and_not_a_part_of_the_answer() {
    let mut log = Log::open();
    log.say(REPORTER, [observed("i", "52", "2024", "1"), observed("i", "52", "2025", "2")]);
    let (store, indicator) = (log.store(), code("i"));
    for history in [true, false] {
        let ask = |limit| {
            let select = Selection { limit, ..select(&indicator, None, history) };
            query(&Tables::of(&store), &select, AsOf::LATEST)
        };
        assert_eq!(ask(2).unwrap().len(), 2);
        assert!(matches!(ask(1), Err(ViewError::TooMany(1))));
    }
}

#[test]
fn every_observation_names_the_member_whose_key_signed_it() {
    let mut log = Log::open();
    log.say(REPORTER, [observed("i", "52", "2024", "1")]);
    let at = log.say(99, [observed("i", "52", "2025", "1")]);
    let store = log.store();
    let ask = |as_of| query(&Tables::of(&store), &select(&code("i"), None, false), as_of);
    let before = AsOf::size(at.size().last_seq().map(|seq| hefu_types::Size::new(seq.get())).unwrap());
    assert_eq!(ask(before).unwrap()[0].member, code("d"));
    assert!(matches!(ask(AsOf::LATEST), Err(ViewError::Missing { what: "key", .. })));
}

/// Counts the rows that a reader touches.
struct Counted<'a>(Box<dyn Rows + 'a>, Cell<usize>);

impl Rows for Counted<'_> {
    fn seek_back(&self, prefix: &[u8], upto: &[u8]) -> Result<Option<KeyValue>, StoreError> {
        self.1.set(self.1.get() + 1);
        self.0.seek_back(prefix, upto)
    }

    fn scan(&self, prefix: &[u8], from: &[u8], visit: &mut Visit<'_>) -> Result<(), StoreError> {
        self.0.scan(prefix, from, &mut |key, value| {
            self.1.set(self.1.get() + 1);
            visit(key, value)
        })
    }
}

#[test]
fn corrections_cost_the_board_nothing() {
    let mut log = Log::open();
    for n in 0..500 {
        log.say(REPORTER, [observed("i", "52", "2023", &n.to_string()), observed("i", "52", "2024", &n.to_string())]);
    }
    for n in 0..500 {
        log.say(REPORTER, [observed("i", "52", "2022", &n.to_string()), observed("i", "52", "2025", &n.to_string())]);
    }
    log.say(REPORTER, [retracted("i", "52", "2022"), retracted("i", "52", "2025")]);
    let store = log.store();
    let rows = Counted(store.rows(&SeriesView.id()), Cell::new(0));
    let value = |row: Option<crate::Row<ObservationFact>>| row.unwrap().fact.value().unwrap();
    assert_eq!(value(latest(&rows, &code("i"), &code("52"), AsOf::LATEST).unwrap()), decimal("499"));
    assert_eq!(value(earliest(&rows, &code("i"), &code("52"), AsOf::LATEST).unwrap()), decimal("499"));
    assert_eq!(rows.1.get(), 8, "two for each of two cells, from either end");
}

#[test]
fn a_withheld_value_is_known_by_its_commitment_until_it_is_erased() {
    let mut log = Log::open();
    let reported = log.say(REPORTER, [observed("i", "52", "2023", "1"), withheld("i", "52", "2024", 7)]);
    log.say(REPORTER, [withheld("i", "52", "2025", 8)]);
    let commitment = Commitment::from_bytes([7; 32]);
    let erased = log.say(OFFICE, [ValueErased { commitment, reason: text("the law") }.into()]);
    let store = log.store();
    let of = |commitment, as_of| value(&Tables::of(&store), &commitment, as_of).unwrap();
    let found = of(commitment, AsOf::after(reported)).unwrap();
    assert_eq!((found.committed.period, found.committed.readers), (period("2024"), vec![code("other")]));
    assert_eq!((found.reported.position(), found.erased), ((reported, 1), None));
    let (by, reason) = of(commitment, AsOf::LATEST).unwrap().erased.unwrap();
    assert_eq!((by.seq, reason), (erased, text("the law")));
    assert_eq!(of(Commitment::from_bytes([8; 32]), AsOf::LATEST).unwrap().erased, None);
    assert_eq!(of(Commitment::from_bytes([9; 32]), AsOf::LATEST), None);
}
