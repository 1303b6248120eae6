//! Random histories: the past is what a replay stopped there would show, however the entries were cut into batches.

use std::collections::BTreeMap;

use hefu_types::event::plan::{Comparator, Direction};
use hefu_types::{DecodedEntry, Event, Period, Size};
use proptest::prelude::*;

use crate::board::{self, BoardRow};
use crate::cursor::Cursor;
use crate::engine::Projector;
use crate::key::AsOf;
use crate::memory::Memory;
use crate::series::{self, Observation, Selection};
use crate::testing::{Log, OFFICE, REPORTER, code, indicator, observed, period, retracted, target};
use crate::view::{Tables, VIEWS};

const AREAS: [&str; 3] = ["52", "520", "5201"];
const PERIODS: [&str; 6] = ["2022", "2023-12", "2023", "2024-Q1", "2024-12-31", "2025"];

/// What happens to a cell.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    area: &'static str,
    period: &'static str,
    said: Said,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Said {
    Value(u8),
    Missing,
    Retracted,
}

impl Step {
    pub(crate) fn event(self) -> Event {
        match self.said {
            Said::Value(value) => observed("i", self.area, self.period, &value.to_string()),
            Said::Missing => observed("i", self.area, self.period, ""),
            Said::Retracted => retracted("i", self.area, self.period),
        }
    }
}

fn step() -> impl Strategy<Value = Step> {
    let said =
        prop_oneof![4 => any::<u8>().prop_map(Said::Value), 1 => Just(Said::Missing), 2 => Just(Said::Retracted)];
    (prop::sample::select(&AREAS[..]), prop::sample::select(&PERIODS[..]), said).prop_map(|(area, period, said)| Step {
        area,
        period,
        said,
    })
}

/// An entry's one to three events.
pub(crate) fn steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(step(), 1..4)
}

fn history() -> impl Strategy<Value = Vec<Vec<Step>>> {
    prop::collection::vec(steps(), 0..24)
}

pub(crate) fn log_of(history: &[Vec<Step>]) -> Log {
    let mut log = Log::open();
    let goal = |area| Event::from(target("i", area, 2026, Comparator::AtLeast, "200"));
    log.say(OFFICE, std::iter::once(indicator("i", Direction::Higher, &AREAS).into()).chain(AREAS.map(goal)));
    for steps in history {
        log.say(REPORTER, steps.iter().map(|step| step.event()));
    }
    log
}

fn board_of(memory: &Memory, as_of: AsOf) -> Vec<BoardRow> {
    board::list(&Tables::of(memory), None, None, as_of).unwrap()
}

fn series_of(memory: &Memory, history: bool, as_of: AsOf) -> Vec<Observation> {
    let select = Selection { indicator: &code("i"), area: None, history, limit: usize::MAX };
    series::query(&Tables::of(memory), &select, as_of).unwrap()
}

fn cursors(memory: &Memory) -> Vec<Cursor> {
    VIEWS.iter().map(|view| Projector::new(memory).cursor(*view).unwrap()).collect()
}

fn in_batches(entries: &[DecodedEntry], sizes: &[usize]) -> Memory {
    let (memory, mut rest) = (Memory::new(), entries);
    for size in sizes.iter().cycle() {
        let (batch, later) = rest.split_at(rest.len().min(*size));
        Projector::new(&memory).apply_all(batch).unwrap();
        rest = later;
        if rest.is_empty() {
            return memory;
        }
    }
    unreachable!("a cycle of sizes does not end")
}

/// The standing cells and their latest values, as a reader of the history with a pencil would find them.
type Standing = BTreeMap<(&'static str, Period), Option<u8>>;

fn by_hand(history: &[Vec<Step>]) -> (Standing, BTreeMap<&'static str, u8>) {
    let mut standing = Standing::new();
    for step in history.iter().flatten() {
        let cell = (step.area, period(step.period));
        match step.said {
            Said::Value(value) => drop(standing.insert(cell, Some(value))),
            Said::Missing => drop(standing.insert(cell, None)),
            Said::Retracted => drop(standing.remove(&cell)),
        }
    }
    let latest = standing.iter().filter_map(|((area, _), value)| value.map(|value| (*area, value))).collect();
    (standing, latest)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_past_is_a_replay_stopped_there(history in history(), stop: prop::sample::Index) {
        let log = log_of(&history);
        let whole = log.store();
        let n = stop.index(log.0.len() + 1);
        let (stopped, as_of) = (log.replay(n), AsOf::size(Size::new(n as u64)));
        prop_assert_eq!(board_of(&whole, as_of), board_of(&stopped, AsOf::LATEST));
        for history in [false, true] {
            prop_assert_eq!(series_of(&whole, history, as_of), series_of(&stopped, history, AsOf::LATEST));
        }
    }

    #[test]
    fn standing_and_latest_are_what_a_reader_finds(history in history()) {
        let memory = log_of(&history).store();
        let (standing, latest) = by_hand(&history);
        let found: Vec<_> = series_of(&memory, false, AsOf::LATEST).into_iter().map(|o| o.fact).collect();
        prop_assert_eq!(found.len(), standing.len());
        for (fact, ((area, period), value)) in found.iter().zip(standing) {
            prop_assert_eq!((fact.area().as_str(), fact.period()), (area, period));
            prop_assert_eq!(fact.value().map(|v| v.units()), value.map(i64::from));
        }
        for row in board_of(&memory, AsOf::LATEST) {
            let value = row.latest.and_then(|o| o.fact.value()).map(|v| v.units());
            prop_assert_eq!(value, latest.get(row.area.as_str()).copied().map(i64::from));
        }
    }

    #[test]
    fn a_digest_does_not_see_batches(history in history(), sizes in prop::collection::vec(1..7_usize, 1..5)) {
        let log = log_of(&history);
        let memory = in_batches(&log.0, &sizes);
        prop_assert_eq!(cursors(&memory), cursors(&log.store()));
        for view in VIEWS {
            let projector = Projector::new(&memory);
            prop_assert_eq!(projector.recount(view).unwrap(), projector.cursor(view).unwrap());
        }
    }
}
