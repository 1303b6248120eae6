//! What is written: observations of one number each, every key its own indicators. When all their days are reported, they are
//! corrected from the first on: a plan has so many cells, however long its log grows.

use hefu_tests::world::{Signer, indicator, observation, target, text};
use hefu_tests::{Rng, World};
use hefu_types::event::membership::Role;
use hefu_types::event::plan::{Comparator, Direction, Measure, RollUp};
use hefu_types::{Event, EventRef, PeriodType, PublicKey, SignedSubmission, Text};
use rayon::prelude::*;
use serde::Serialize;

/// Members, as many as the joint conference has.
pub(crate) const MEMBERS: usize = 28;

/// Indicators of each key: with 28 keys and the three of the plan, 59, as many as the plan of Guizhou has.
const INDICATORS: usize = 2;

/// Days of an indicator: the first 28 of each month of five years. With 28 keys, 94,080 cells.
const DAYS: usize = 5 * 12 * 28;

/// Sites that notes speak of.
const SITES: [&str; 8] = ["Gui'an", "Huaxi", "Baiyun", "Anshun", "Zunyi", "Liupanshui", "Bijie", "Tongren"];

/// Who writes, and how much at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Shape {
    /// Keys that sign.
    pub(crate) keys: usize,
    /// Events under one signature.
    pub(crate) events: usize,
}

impl Shape {
    /// A key of each member, an observation a submission.
    pub(crate) const SINGLE: Self = Self { keys: MEMBERS, events: 1 };
    /// A key of each member, a hundred observations a submission.
    pub(crate) const HUNDRED: Self = Self { keys: MEMBERS, events: 100 };
}

/// A ledger with members, keys and indicators, and what its keys signed for it beforehand. The same shape gives the same
/// bytes, so that every run can begin with a fresh ledger and send what was signed once.
pub(crate) struct Ledger {
    pub(crate) shape: Shape,
    /// Members, keys, indicators.
    pub(crate) world: World,
    /// What is to be sent, by key.
    pub(crate) signed: Vec<Vec<SignedSubmission>>,
    reporters: Vec<Reporter>,
}

/// A key and its own indicators.
struct Reporter {
    signer: Signer,
    indicators: [String; INDICATORS],
    events: usize,
    /// What was said of each cell, last.
    said: Vec<EventRef>,
    /// Observations signed so far.
    next: usize,
    rng: Rng,
}

impl Ledger {
    pub(crate) fn new(shape: Shape) -> Self {
        let mut world = World::planned();
        for m in 0..MEMBERS {
            let admission = world.admission(&member(m));
            world.say("office-1", vec![admission.into()]);
        }
        let reporters = (0..shape.keys).map(|n| Reporter::enrol(&mut world, n, shape.events)).collect();
        Self { shape, world, signed: vec![vec![]; shape.keys], reporters }
    }

    /// The keys, as `signed` is ordered.
    pub(crate) fn keys(&self) -> Vec<PublicKey> {
        self.reporters.iter().map(|reporter| reporter.signer.public()).collect()
    }

    /// Signs until there are at least so many submissions to send.
    pub(crate) fn prepare(&mut self, count: usize) {
        let each = count.div_ceil(self.shape.keys);
        self.signed.par_iter_mut().zip(&mut self.reporters).for_each(|(signed, reporter)| {
            let missing = each.saturating_sub(signed.len());
            signed.extend((0..missing).map(|_| reporter.sign()));
        });
    }

    /// Signs about so many further submissions, by key, and keeps none of them.
    pub(crate) fn sign(&mut self, count: usize) -> Vec<Vec<SignedSubmission>> {
        let each = count.div_ceil(self.shape.keys);
        self.reporters.par_iter_mut().map(|reporter| (0..each).map(|_| reporter.sign()).collect()).collect()
    }

    /// What is to be sent in the order of a stream: the first of each key, then the second of each, and so on.
    pub(crate) fn in_turns(&self) -> impl Iterator<Item = &SignedSubmission> {
        let rounds = self.signed.iter().map(Vec::len).min().unwrap_or_default();
        (0..rounds).flat_map(|round| self.signed.iter().map(move |of_key| &of_key[round]))
    }
}

fn member(n: usize) -> String {
    format!("unit-{:02}", n % MEMBERS)
}

impl Reporter {
    /// Enrols a key, and defines its indicators, each with a target.
    fn enrol(world: &mut World, n: usize, events: usize) -> Self {
        let (member, key) = (member(n), format!("desk-{n:03}"));
        let enrolment = world.enrolment(&member, &key, &[Role::Reporter]);
        world.say(&format!("{member}-admin"), vec![enrolment.into()]);
        let indicators = std::array::from_fn(|i| format!("series-{n:03}-{i}"));
        for series in &indicators {
            let mut definition = indicator(series, Measure::Flow, Direction::Higher, RollUp::Sum, 0, &[&member]);
            definition.period_types = vec![PeriodType::Day];
            world.say("office-1", vec![definition.into(), target(series, Comparator::AtLeast, "100000").into()]);
        }
        Self { signer: world.signer(&key).clone(), indicators, events, said: vec![], next: 0, rng: Rng::new(n as u64) }
    }

    fn sign(&mut self) -> SignedSubmission {
        let first = self.next;
        let events = (0..self.events).map(|_| self.observe()).collect();
        let signed = self.signer.sign(events);
        let submission_hash = Some(self.signer.last_hash);
        for (n, index) in (first..self.next).zip(0..) {
            let said = EventRef { submission_hash, index };
            match self.said.get_mut(n % (INDICATORS * DAYS)) {
                Some(stands) => *stands = said,
                None => self.said.push(said),
            }
        }
        signed
    }

    /// The next observation, or the correction of one that stands. Only a lone one has a note.
    fn observe(&mut self) -> Event {
        let (cell, value) = (self.next % (INDICATORS * DAYS), self.next.to_string());
        self.next += 1;
        let (series, day) = (&self.indicators[cell % INDICATORS], cell / INDICATORS);
        let (year, month, date) = (2020 + day / 336, day / 28 % 12 + 1, day % 28 + 1);
        let mut event = observation(series, &format!("{year}-{month:02}-{date:02}"), &value);
        let stands = self.said.get(cell);
        match stands {
            Some(stands) => {
                event.supersedes = Some(stands.clone());
                event.reason = if self.events == 1 { self.reason() } else { text("recount") };
            }
            None if self.events == 1 => event.note = self.note(),
            None => {}
        }
        event.into()
    }

    /// What a member says beside a number, never twice the same. It brings an entry to about 400 bytes.
    fn note(&mut self) -> Text {
        let (site, [racks, all, hour, minute, order]) = self.draw();
        text(&format!(
            "Read from the meters at {site} at {:02}:{:02}; {racks} of {} racks were under maintenance, as announced, work order {order}-{all}{racks}.",
            hour % 24,
            minute % 60,
            all + 1_000
        ))
    }

    /// Why a number is corrected: shorter, by what names the corrected one.
    fn reason(&mut self) -> Text {
        let (site, [racks, all, ..]) = self.draw();
        text(&format!("Counted again at {site}: {racks} racks more that were left out at first, order {all}-{racks}."))
    }

    fn draw(&mut self) -> (&'static str, [u64; 5]) {
        let bits = self.rng.bits();
        (SITES[(bits % 8) as usize], [8, 18, 28, 38, 48].map(|from| bits >> from & 0x3ff))
    }
}
