//! A year of reporting, scripted: 28 units, four quarterly cycles, and at every step what each report's state must be, written by
//! hand. Then the views, a server and a replayed export are asked about every day of it again.

mod script;
mod served;
mod stage;

use std::collections::BTreeMap;

use hefu_tests::export;
use hefu_types::{Code, Millis, Size};
use hefu_views::assurance::{self, ChallengeState, challenges, opinion_of};
use hefu_views::reports::{Group, Report, Selection, list, rates};
use hefu_views::{AsOf, Memory, Projector, Tables};
use script::Line;
use stage::{Stage, unit};

/// Units of the joint conference.
const UNITS: usize = 28;

/// The state of each unit's report in a cycle, at a time.
type States = BTreeMap<Code, String>;

/// What people saw: when, in a log of which size, of which cycle.
struct Seen {
    at: Millis,
    size: Size,
    cycle: &'static str,
    states: States,
}

fn name(status: impl std::fmt::Debug) -> String {
    let text = format!("{status:?}");
    text.chars().enumerate().fold(String::new(), |mut name, (i, c)| {
        if i > 0 && c.is_uppercase() {
            name.push('_');
        }
        name.push(c.to_ascii_uppercase());
        name
    })
}

/// Everything that was written in the script comes about; returns the stage and what was seen.
fn play() -> (Stage, Vec<Seen>) {
    let (mut stage, mut seen) = (Stage::set(), vec![]);
    for (at, line) in script::lines() {
        match line {
            Line::Do { cycle, deed } => stage.act(at, cycle, &deed).unwrap_or_else(|e| panic!("{deed:?}: {e}")),
            Line::Refused { code, cycle, deed } => {
                let refusal = stage.act(at, cycle, &deed).expect_err(code);
                assert_eq!(refusal.reason.code(), code, "{deed:?}");
            }
            Line::States { cycle, states } => {
                let states: States = states.iter().map(|(n, state)| (unit(*n), (*state).to_owned())).collect();
                for (unit, state) in &states {
                    let found = stage.world.state.report_status(&hefu_tests::world::code(cycle), unit, at);
                    assert_eq!(found.map(|(status, _)| name(status)).as_ref(), Some(state), "{cycle} {unit} at {at}");
                }
                seen.push(Seen { at, size: Size::new(stage.world.entries.len() as u64), cycle, states });
            }
            Line::Challenges { cycle, states } => {
                let memory = stage.views();
                let found: BTreeMap<Code, String> =
                    challenges(&Tables::of(&memory), &assurance::Selection::default(), AsOf::LATEST)
                        .expect("challenges")
                        .into_iter()
                        .map(|challenge| (challenge.owner.clone(), challenge_name(challenge.state(at))))
                        .collect();
                let expected = states.into_iter().map(|(n, state)| (unit(n), state.to_owned()));
                assert_eq!(found, expected.collect(), "{cycle} at {at}");
            }
            Line::Opinion { cycle, unit: n, opinion } => {
                let memory = stage.views();
                let tables = Tables::of(&memory);
                let report = only(&tables, cycle, &unit(n), at);
                let found = opinion_of(&tables, &report.observations[0], AsOf::LATEST).expect("opinions");
                assert_eq!(found, opinion, "{cycle} {n} at {at}");
            }
            Line::Changed { cycle, unit: n, values } => {
                let memory = stage.views();
                let report = only(&Tables::of(&memory), cycle, &unit(n), at);
                let changed = |change: &hefu_views::reports::Change| {
                    [&change.before, &change.now]
                        .map(|o| o.as_ref().and_then(|o| o.fact.value()).map(|v| v.to_string()))
                };
                let changes: Vec<_> = report.changes.iter().map(changed).collect();
                assert_eq!(changes, [values.map(|value| Some(value.to_owned()))], "{cycle} {n}");
            }
            Line::Rates { code, counts, rates: expected } => {
                let memory = stage.views();
                let group = if code.starts_with('q') { Group::Cycle } else { Group::Plan };
                let found = rates(&Tables::of(&memory), &Selection::default(), group, at, AsOf::LATEST).expect("rates");
                let rate = found[&hefu_tests::world::code(code)];
                assert_eq!([rate.expected, rate.actual, rate.on_time], counts, "{code} at {at}");
                let both = [rate.reporting_rate(), rate.reporting_rate_on_time()];
                assert_eq!(both.map(|rate| rate.expect("reports").to_string()), expected, "{code} at {at}");
            }
        }
    }
    (stage, seen)
}

fn challenge_name(state: ChallengeState) -> String {
    match state {
        ChallengeState::Ended(outcome) => outcome.name().to_owned(),
        waiting => name(waiting),
    }
}

fn only(tables: &Tables<'_>, cycle: &str, unit: &Code, at: Millis) -> Report {
    let cycle = hefu_tests::world::code(cycle);
    let select = Selection { cycle: Some(&cycle), unit: Some(unit), plan: None };
    list(tables, &select, at, AsOf::LATEST).expect("reports").pop().expect("a report")
}

fn states_of(memory: &Memory, seen: &Seen, as_of: AsOf) -> States {
    let cycle = hefu_tests::world::code(seen.cycle);
    let select = Selection { cycle: Some(&cycle), ..Selection::default() };
    let found = list(&Tables::of(memory), &select, seen.at, as_of).expect("reports");
    found.into_iter().map(|report| (report.unit, name(report.status))).collect()
}

/// The rules see what the script says; the views see it afterwards, whether they look back or stop there.
#[test]
fn every_day_of_the_year_is_as_it_was_written() {
    let (stage, all) = play();
    let memory = stage.views();
    let decoded: Vec<_> = stage.world.entries.iter().map(|entry| entry.decode().expect("an entry")).collect();
    for seen in &all {
        assert_eq!(states_of(&memory, seen, AsOf::size(seen.size)), seen.states, "{} looked back at", seen.at);
        let stopped = Memory::new();
        let size = usize::try_from(seen.size.get()).expect("small");
        Projector::new(&stopped).apply_all(&decoded[..size]).expect("views");
        assert_eq!(states_of(&stopped, seen, AsOf::LATEST), seen.states, "{} stopped at", seen.at);
    }
    assert!(all.len() > 20, "{} days", all.len());
    export::verify_entries(&stage.world.entries);
}
