//! Cycles and reports against a model that was written from docs/reporting.md by somebody who had not read the rules: whatever is
//! tried, by whomever and whenever, rules and model take or refuse alike, and the views show what the model shows.
//!
//! The model names every reason for which an action may be refused; the rules give one of them.

mod model;
mod stage;

use std::collections::BTreeMap;

use hefu_tests::{Rng, export};
use model::{Action, Actor, Content, Id, Role, Status, Time};
use stage::{CYCLES, INDICATORS, PERIODS, Stage, UNITS};

/// Ledgers, each of its own seed.
const LEDGERS: u64 = 50;

/// Actions that are tried on each, but for those that can't be said.
const ACTIONS: usize = 2_400;

/// Moments of each ledger that are looked at again when it is complete.
const MOMENTS: usize = 4;

/// How often what was tried, and what came of it, occurred.
#[derive(Debug, Default)]
struct Tally {
    /// By kind of action: taken, refused.
    actions: BTreeMap<&'static str, [usize; 2]>,
    codes: BTreeMap<&'static str, usize>,
    states: BTreeMap<Status, usize>,
}

impl Tally {
    fn add(&mut self, other: Self) {
        for (kind, [taken, refused]) in other.actions {
            let sum = self.actions.entry(kind).or_default();
            *sum = [sum[0] + taken, sum[1] + refused];
        }
        other.codes.into_iter().for_each(|(code, count)| *self.codes.entry(code).or_default() += count);
        other.states.into_iter().for_each(|(state, count)| *self.states.entry(state).or_default() += count);
    }
}

/// What happens next: mostly something that makes sense.
struct Chance<'a> {
    rng: Rng,
    stage: &'a Stage,
    now: Time,
    observations: u32,
}

impl Chance<'_> {
    fn below(&mut self, end: usize) -> Id {
        Id::try_from(self.rng.below(end)).expect("few")
    }

    fn time(&mut self, around: i64) -> Time {
        self.now + i64::try_from(self.rng.below(60)).expect("small") - around
    }

    /// Up to `most` of so many, some of them twice.
    fn some(&mut self, least: usize, most: usize, of: usize) -> Vec<Id> {
        let count = least + self.rng.below(most - least + 1);
        let mut found = vec![];
        while found.len() < count {
            let id = self.below(of);
            if !found.contains(&id) || self.rng.percent(3) {
                found.push(id);
            }
        }
        found
    }

    /// A key that fits the action, mostly.
    fn actor(&mut self, fits: impl Fn(&Actor) -> bool) -> usize {
        let any = self.rng.below(self.stage.keys.len());
        if self.rng.percent(20) {
            return any;
        }
        let found = (0..self.stage.keys.len()).map(|i| (any + i) % self.stage.keys.len());
        found.into_iter().find(|i| fits(&self.stage.keys[*i].actor)).unwrap_or(any)
    }

    /// What the report says, mostly; else what it said once, or never.
    fn content(&mut self, cycle: Id, unit: Id) -> Content {
        let mut content = self.stage.model.content(cycle, unit);
        if self.rng.percent(6) {
            content.pop_last();
        } else if self.rng.percent(6) {
            content.insert((self.below(INDICATORS), self.below(2)), self.observations / 2);
        }
        content
    }

    /// A report that stands as asked for, mostly.
    fn report(&mut self, suits: &[Status]) -> (Id, Id) {
        let any = (self.below(CYCLES), self.below(UNITS));
        if self.rng.percent(25) {
            return any;
        }
        let model = &self.stage.model;
        let all: Vec<(Id, Id)> = stage::reports().collect();
        let status = |(cycle, unit): &(Id, Id)| model.status(*cycle, *unit, self.now);
        self.rng
            .find(&all, |report| status(report).is_some_and(|status| suits.contains(&status)))
            .copied()
            .unwrap_or(any)
    }

    fn next(&mut self) -> (usize, Action) {
        use Status::{Accepted, Approved, Nil, Open, Overdue, Returned, Stale, Submitted};
        let kind = self.rng.below(100);
        let (cycle, unit) = self.report(match kind {
            47..68 => &[Open, Overdue, Returned, Stale],
            68..82 => &[Submitted],
            82..87 => &[Submitted, Approved, Accepted, Nil],
            87.. => &[Approved, Nil],
            _ => &[],
        });
        let own = |role: Role| move |actor: &Actor| actor.unit == unit && actor.roles.contains(&role);
        let office = |actor: &Actor| actor.roles.contains(&Role::Office);
        let (indicator, area, period) = (self.below(INDICATORS), self.below(2), self.below(PERIODS));
        match kind {
            0..2 => (self.actor(office), self.open(cycle, period)),
            2..8 => {
                let (units, indicators) = (self.some(0, 2, UNITS), self.some(0, 1, INDICATORS));
                let expires = self.time(10) + 40;
                (self.actor(office), Action::Except { cycle, units, indicators, expires })
            }
            8..42 => {
                let reports = &self.stage.reporting_units[usize::from(indicator)];
                let fits = |actor: &Actor| reports.contains(&actor.unit) && actor.roles.contains(&Role::Reporter);
                self.observations += 1;
                (self.actor(fits), Action::Observe { indicator, area, period, observation: self.observations })
            }
            42..47 => (self.actor(own(Role::Reporter)), Action::Retract { indicator, area, period }),
            47..63 => {
                let content = self.content(cycle, unit);
                (self.actor(own(Role::Reporter)), Action::Submit { cycle, unit, content })
            }
            63..68 => (self.actor(own(Role::Reporter)), Action::Nil { cycle, unit }),
            68..82 => {
                let content = self.content(cycle, unit);
                (self.actor(own(Role::Approver)), Action::Approve { cycle, unit, content })
            }
            82..87 => {
                let content = Some(self.content(cycle, unit)).filter(|content| !content.is_empty());
                let fits = |actor: &Actor| office(actor) || own(Role::Approver)(actor);
                (self.actor(fits), Action::Return { cycle, unit, content })
            }
            _ => {
                let content = Some(self.content(cycle, unit)).filter(|content| !content.is_empty());
                let fits = |actor: &Actor| office(actor) || actor.roles.contains(&Role::Approver) && actor.unit != unit;
                (self.actor(fits), Action::Accept { cycle, unit, content })
            }
        }
    }

    fn open(&mut self, cycle: Id, period: Id) -> Action {
        let opens = self.time(40);
        let due = opens + i64::try_from(self.rng.below(400)).expect("small");
        let locks = due + i64::try_from(self.rng.below(800)).expect("small") - i64::from(self.rng.percent(3));
        let (indicators, units) = (self.some(1, 3, INDICATORS), self.some(1, 3, UNITS));
        let accepting = self.some(0, 2, UNITS);
        Action::Open { cycle, period, opens, due, locks, indicators, units, accepting }
    }
}

const fn kind(action: &Action) -> &'static str {
    match action {
        Action::Open { .. } => "open",
        Action::Except { .. } => "except",
        Action::Observe { .. } => "observe",
        Action::Retract { .. } => "retract",
        Action::Submit { .. } => "submit",
        Action::Nil { .. } => "nil",
        Action::Approve { .. } => "approve",
        Action::Return { .. } => "return",
        Action::Accept { .. } => "accept",
    }
}

/// One ledger.
fn run(seed: u64) -> Tally {
    let (mut stage, mut rng, mut tally) = (Stage::new(), Rng::new(seed), Tally::default());
    let (mut now, mut observations, mut moments) = (1_700_000_001_000, 0, vec![]);
    for step in 0..ACTIONS {
        now += i64::try_from(rng.below(4)).expect("small");
        let mut chance = Chance { rng: rng.clone(), stage: &stage, now, observations };
        let (key, action) = chance.next();
        (rng, observations) = (chance.rng, chance.observations);
        if !stage.can_be_said(&action) {
            continue;
        }
        let actor = stage.keys[key].actor.clone();
        let expected = stage.model.act(now, &actor, &action);
        let found = stage.act(now, key, &action);
        let at = format!("ledger {seed}, step {step}, now {now}: {action:?} by {actor:?}");
        match found {
            Ok(()) => assert!(expected.is_empty(), "{at}: taken; the model refuses it with {expected:?}"),
            Err(reason) if expected.is_empty() => panic!("{at}: refused with {reason}; the model takes it"),
            Err(reason) => assert!(expected.contains(&reason.code()), "{at}: {reason}; the model says {expected:?}"),
        }
        let counts = tally.actions.entry(kind(&action)).or_default();
        counts[usize::from(found.is_err())] += 1;
        if let Err(reason) = found {
            *tally.codes.entry(reason.code()).or_default() += 1;
        }
        let at_another_time = now + i64::try_from(rng.below(600)).expect("small") - 300;
        for time in [now, at_another_time] {
            for status in stage.compare_states(time, &at) {
                *tally.states.entry(status).or_default() += 1;
            }
        }
        if rng.below(ACTIONS) < MOMENTS {
            moments.push(stage.moment(now));
        }
    }
    moments.push(stage.moment(now));
    stage.compare_views(&moments);
    export::verify_entries(&stage.world.entries);
    tally
}

#[test]
fn rules_and_views_do_what_an_independent_model_does() {
    let mut tally = Tally::default();
    let cores = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    std::thread::scope(|scope| {
        let share = |core| scope.spawn(move || (core..LEDGERS).step_by(cores as usize).map(run).collect::<Vec<_>>());
        let shares: Vec<_> = (0..cores).map(share).collect();
        for share in shares {
            share.join().expect("rules and model alike").into_iter().for_each(|found| tally.add(found));
        }
    });
    let tried: usize = tally.actions.values().flatten().sum();
    assert!(tried >= 100_000, "{tried} actions");
    // What never happened was not tested.
    for (kind, [taken, refused]) in &tally.actions {
        assert!(*taken >= 200 && *refused >= 100, "{kind}: {taken} taken, {refused} refused; {tally:?}");
    }
    assert_eq!((tally.actions.len(), tally.states.len()), (9, 10), "{tally:?}");
    let codes = [
        "CYCLE_EXISTS",
        "CYCLE_INVALID",
        "CYCLE_LOCKED",
        "CYCLE_NOT_OPEN",
        "CYCLE_OVERLAPS",
        "CYCLE_UNKNOWN",
        "CONTENT_WRONG",
        "EXCEPTION_INVALID",
        "LIST_ORDER",
        "MEMBER_MISMATCH",
        "NIL_CONTRADICTED",
        "NOT_ACCEPTING_UNIT",
        "NOT_REPORTING_UNIT",
        "NOT_YOUR_OBSERVATION",
        "OWN_REPORT",
        "REPORT_APPROVED",
        "REPORT_EMPTY",
        "REPORT_STALE",
        "REPORT_STATE_WRONG",
        "ROLE_MISSING",
        "SAME_HOLDER",
        "UNIT_NOT_IN_CYCLE",
    ];
    for code in codes {
        assert!(tally.codes.contains_key(code), "{code} never: {:?}", tally.codes);
    }
}
