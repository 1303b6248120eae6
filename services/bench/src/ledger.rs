//! What is written: observations of one number each, every key its own series, every period once.

use hefu_tests::World;
use hefu_tests::world::{Signer, indicator, observation};
use hefu_types::event::membership::Role;
use hefu_types::event::plan::{Direction, Measure, RollUp};
use hefu_types::{Event, PeriodType, SignedSubmission};
use rayon::prelude::*;

use crate::load::Way;

/// Members, as many as the joint conference has.
pub(crate) const MEMBERS: usize = 28;

/// Days of a series: the first 28 of each month from 1900 to 2199.
const DAYS: usize = 300 * 12 * 28;

/// A ledger for several loads, and who signs them.
pub(crate) struct Bench {
    /// The ledger: members, keys, indicators.
    pub(crate) world: World,
    /// The keys of each load. A key serves one load only, so that what a load leaves unsent hinders no other.
    teams: Vec<Vec<Reporter>>,
}

/// A key and its own series.
struct Reporter {
    signer: Signer,
    indicator: String,
    day: usize,
}

impl Bench {
    /// A ledger with the keys that these loads need.
    pub(crate) fn new(ways: &[Way]) -> Self {
        let mut world = World::planned();
        for m in 0..MEMBERS {
            let admission = world.admission(&member(m));
            world.say("office-1", vec![admission.into()]);
        }
        let teams = ways.iter().enumerate().map(|(load, way)| team(&mut world, load, way.keys(MEMBERS))).collect();
        Self { world, teams }
    }

    /// In words.
    pub(crate) fn describe(&self) -> String {
        let keys: usize = self.teams.iter().map(Vec::len).sum();
        format!("{MEMBERS} members, {keys} reporting keys; each submission is one observation under one signature")
    }

    /// Signs submissions for a load, by key: about `count` altogether.
    pub(crate) fn sign(&mut self, load: usize, count: usize) -> Vec<Vec<SignedSubmission>> {
        let team = &mut self.teams[load];
        let each = count.div_ceil(team.len());
        team.par_iter_mut().map(|reporter| (0..each).filter_map(|_| reporter.sign()).collect()).collect()
    }
}

fn member(n: usize) -> String {
    format!("unit-{:02}", n % MEMBERS)
}

/// Enrols keys, and defines an indicator for each.
fn team(world: &mut World, load: usize, keys: usize) -> Vec<Reporter> {
    let reporters = (0..keys).map(|n| {
        let (member, series) = (member(n), format!("load-{load}-{n:03}"));
        let enrolment = world.enrolment(&member, &series, &[Role::Reporter]);
        world.say(&format!("{member}-admin"), vec![enrolment.into()]);
        let mut definition = indicator(&series, Measure::Flow, Direction::Higher, RollUp::Sum, 0, &[&member]);
        definition.period_types = vec![PeriodType::Day];
        world.say("office-1", vec![definition.into()]);
        Reporter { signer: world.signer(&series).clone(), indicator: series, day: 0 }
    });
    reporters.collect()
}

impl Reporter {
    /// The observation of the next day; none when the calendar ends.
    fn sign(&mut self) -> Option<SignedSubmission> {
        let n = self.day;
        self.day += 1;
        let (year, month, day) = (1900 + n / 336, n / 28 % 12 + 1, n % 28 + 1);
        let event =
            || Event::from(observation(&self.indicator, &format!("{year}-{month:02}-{day:02}"), &n.to_string()));
        (n < DAYS).then(|| self.signer.sign(vec![event()]))
    }
}
