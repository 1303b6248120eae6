//! What is written: observations of one number each, every key its own series. When all periods of a series are reported, they
//! are corrected from the first on: a plan has so many cells, however long its log grows.

use hefu_tests::World;
use hefu_tests::world::{Signer, indicator, observation, text};
use hefu_types::event::membership::Role;
use hefu_types::event::plan::{Direction, Measure, RollUp};
use hefu_types::{EventRef, PeriodType, SignedSubmission, SubmissionHash};
use rayon::prelude::*;

use crate::load::Way;

/// Members, as many as the joint conference has.
pub(crate) const MEMBERS: usize = 28;

/// Days of a series: the first 28 of each month of ten years. With 28 keys, 94,080 cells.
const DAYS: usize = 10 * 12 * 28;

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
    /// What was said of each day, last.
    said: Vec<SubmissionHash>,
    next: usize,
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
        team.par_iter_mut().map(|reporter| (0..each).map(|_| reporter.sign()).collect()).collect()
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
        Reporter { signer: world.signer(&series).clone(), indicator: series, said: vec![], next: 0 }
    });
    reporters.collect()
}

impl Reporter {
    /// The observation of the next day, or the correction of one that stands.
    fn sign(&mut self) -> SignedSubmission {
        let (day, value) = (self.next % DAYS, self.next.to_string());
        self.next += 1;
        let (year, month, date) = (2020 + day / 336, day / 28 % 12 + 1, day % 28 + 1);
        let mut event = observation(&self.indicator, &format!("{year}-{month:02}-{date:02}"), &value);
        if let Some(&stands) = self.said.get(day) {
            event.supersedes = Some(EventRef { submission_hash: Some(stands), index: 0 });
            event.reason = text("a later count");
        }
        let signed = self.signer.sign(vec![event.into()]);
        match self.said.get_mut(day) {
            Some(stands) => *stands = signed.hash(),
            None => self.said.push(signed.hash()),
        }
        signed
    }
}
