//! What a random history has come to: enough of it to say what may be said next.

use std::collections::{BTreeMap, BTreeSet};

use hefu_rules::State;
use hefu_types::event::cycle::ReportingCycleOpened;
use hefu_types::event::membership::{KeyEnrolled, Role};
use hefu_types::event::plan::{IndicatorDefined, PlanPublished, TargetSet};
use hefu_types::event::reporting::ObservationReported;
use hefu_types::{Code, Commitment, Decimal, Event, EventRef, LedgerId, Millis, Period, PublicKey};

use crate::history::reports::is_of_cycles;
use crate::rng::Rng;
use crate::world::{code, enrolment, genesis, keys};

/// A key that was enrolled.
#[derive(Clone, Debug)]
pub(super) struct Actor {
    /// The name that its key pair is made from.
    pub(super) name: String,
    pub(super) public: PublicKey,
    pub(super) member: Code,
}

/// The observations of an indicator in an area, by period.
#[derive(Clone, Debug)]
pub(super) struct Series {
    pub(super) indicator: Code,
    pub(super) area: Code,
    /// Periods in ascending order of their last days, which differ; the value that stands, if any.
    pub(super) cells: Vec<(Period, Option<Decimal>)>,
}

/// A challenge that was raised.
#[derive(Clone, Debug)]
pub(super) struct Challenge {
    pub(super) named: EventRef,
    /// The observation.
    pub(super) observation: EventRef,
    /// The unit that reported what is challenged.
    pub(super) owner: Code,
    /// The challenger's unit, and the name of the key.
    pub(super) challenger: (Code, String),
    pub(super) answered: bool,
    pub(super) ended: bool,
}

/// A delegation that was given.
#[derive(Clone, Debug)]
pub(super) struct Delegation {
    pub(super) named: EventRef,
    pub(super) unit: Code,
    pub(super) delegate: Code,
    pub(super) ended: bool,
}

/// Who and what there is.
#[derive(Clone, Debug)]
pub(super) struct Cast {
    /// Keys that were not revoked.
    pub(super) live: Vec<Actor>,
    pub(super) revoked: Vec<Actor>,
    pub(super) members: Vec<Code>,
    pub(super) plans: Vec<PlanPublished>,
    pub(super) tasks: Vec<(Code, Code)>,
    pub(super) milestones: Vec<(Code, Code)>,
    pub(super) indicators: Vec<IndicatorDefined>,
    pub(super) retired: BTreeSet<Code>,
    pub(super) targets: Vec<TargetSet>,
    pub(super) series: Vec<Series>,
    pub(super) cycles: Vec<ReportingCycleOpened>,
    pub(super) challenges: Vec<Challenge>,
    pub(super) delegations: Vec<Delegation>,
    /// Commitments to values that are not free, and the units that reported them.
    pub(super) commitments: Vec<(Commitment, Code)>,
    /// Those of them that were erased.
    pub(super) erased: Vec<(Commitment, Code)>,
    /// The keys that ever had a hand in a unit's report in a cycle.
    pub(super) hands: BTreeMap<(Code, Code), BTreeSet<String>>,
    /// The key that submitted a unit's report in a cycle last.
    pub(super) submitters: BTreeMap<(Code, Code), String>,
}

impl Cast {
    /// What the genesis entry named.
    pub(super) fn opened() -> Self {
        let actor = |name: &str, member: &str| Actor {
            name: name.to_owned(),
            public: keys(name).public(),
            member: code(member),
        };
        let opened = genesis();
        Self {
            live: vec![
                actor("office-1", "office"),
                actor("office-2", "office"),
                actor("operator-1", "operator"),
                actor("recovery", "office"),
            ],
            revoked: vec![],
            members: vec![opened.office, opened.operator],
            plans: vec![],
            tasks: vec![],
            milestones: vec![],
            indicators: vec![],
            retired: BTreeSet::new(),
            targets: vec![],
            series: vec![],
            cycles: vec![],
            challenges: vec![],
            delegations: vec![],
            commitments: vec![],
            erased: vec![],
            hands: BTreeMap::new(),
            submitters: BTreeMap::new(),
        }
    }

    /// Remembers an accepted event, and whose key said it.
    pub(super) fn learn(&mut self, event: &Event, signer: &str) {
        match event {
            Event::MemberAdmitted(e) => {
                self.members.push(e.member.clone());
                self.enrolled(&e.first_key);
            }
            Event::KeyEnrolled(e) => self.enrolled(e),
            Event::KeyRevoked(e) => self.ended(&e.key),
            Event::OfficeKeyReplaced(e) => {
                self.ended(&e.replaced);
                self.enrolled(&e.replacement);
            }
            Event::PlanPublished(e) => {
                self.plans.retain(|known| known.plan != e.plan);
                self.plans.push((**e).clone());
            }
            Event::TaskDefined(e) => self.tasks.push((e.plan.clone(), e.task.clone())),
            Event::MilestoneSet(e) => self.milestones.push((e.plan.clone(), e.milestone.clone())),
            Event::IndicatorDefined(e) => self.defined(e),
            Event::IndicatorRevised(e) => {
                let known = self.indicators.iter_mut().find(|i| i.indicator == e.definition.indicator);
                *known.expect("a known indicator") = e.definition.clone();
            }
            Event::IndicatorRetired(e) => drop(self.retired.insert(e.indicator.clone())),
            Event::TargetSet(e) => self.targets.push((**e).clone()),
            Event::ObservationReported(e) if is_of_cycles(e.period) => {
                let asks = |c: &&ReportingCycleOpened| c.period == e.period && c.indicators.contains(&e.indicator);
                let cycle = self.cycles.iter().find(asks).expect("a cycle").cycle.clone();
                let unit = self.live.iter().find(|actor| actor.name == signer).expect("a live key").member.clone();
                self.had_a_hand(&cycle, &unit, signer);
            }
            Event::ObservationRetracted(e) if is_of_cycles(e.period) => {}
            Event::ChallengeAnswered(e) => self.challenge(&e.challenge).answered = true,
            Event::ChallengeResolved(e) => self.challenge(&e.challenge).ended = true,
            Event::DelegationEnded(e) => {
                let known = self.delegations.iter_mut().find(|known| known.named == e.delegation);
                known.expect("a known delegation").ended = true;
            }
            Event::ReportingCycleOpened(e) => self.cycles.push((**e).clone()),
            Event::ReportSubmitted(e) => {
                self.submitters.insert((e.cycle.clone(), e.unit.clone()), signer.to_owned());
                self.had_a_hand(&e.cycle, &e.unit, signer);
            }
            Event::NilReportDeclared(e) => self.had_a_hand(&e.cycle, &e.unit, signer),
            Event::ReportApproved(e) => self.had_a_hand(&e.cycle, &e.unit, signer),
            Event::ObservationReported(e) => self.reported(e, signer),
            Event::ValueErased(e) => {
                let at = self.commitments.iter().position(|(known, _)| *known == e.commitment);
                self.erased.push(self.commitments.swap_remove(at.expect("a known commitment")));
            }
            Event::ObservationRetracted(e) => self.set(&e.indicator, &e.area, e.period, None),
            _ => {}
        }
    }

    /// Remembers a challenge, and whose observation it is about.
    pub(super) fn challenged(&mut self, [named, observation]: [EventRef; 2], owner: Code, signer: &str) {
        let unit = self.live.iter().find(|actor| actor.name == signer).expect("a live key").member.clone();
        let challenger = (unit, signer.to_owned());
        self.challenges.push(Challenge { named, observation, owner, challenger, answered: false, ended: false });
    }

    fn challenge(&mut self, named: &EventRef) -> &mut Challenge {
        self.challenges.iter_mut().find(|known| known.named == *named).expect("a known challenge")
    }

    fn had_a_hand(&mut self, cycle: &Code, unit: &Code, signer: &str) {
        self.hands.entry((cycle.clone(), unit.clone())).or_default().insert(signer.to_owned());
    }

    fn enrolled(&mut self, e: &KeyEnrolled) {
        let name = e.holder.as_str().to_owned();
        self.live.push(Actor { name, public: e.key, member: e.member.clone() });
    }

    fn ended(&mut self, key: &PublicKey) {
        let at = self.live.iter().position(|actor| actor.public == *key).expect("a live key");
        self.revoked.push(self.live.swap_remove(at));
    }

    fn defined(&mut self, e: &IndicatorDefined) {
        for area in &e.areas {
            self.series.push(Series { indicator: e.indicator.clone(), area: area.clone(), cells: vec![] });
        }
        self.indicators.push(e.clone());
    }

    fn reported(&mut self, e: &ObservationReported, signer: &str) {
        if let Some(commitment) = e.commitment {
            let unit = self.live.iter().find(|actor| actor.name == signer).expect("a live key").member.clone();
            self.commitments.push((commitment, unit));
        }
        self.set(&e.indicator, &e.area, e.period, e.value);
    }

    fn set(&mut self, indicator: &Code, area: &Code, period: Period, value: Option<Decimal>) {
        let series = self.series.iter_mut().find(|s| (&s.indicator, &s.area) == (indicator, area)).expect("a series");
        match series.cells.iter_mut().rev().find(|(known, _)| *known == period) {
            Some(cell) => cell.1 = value,
            None => series.cells.push((period, value)),
        }
    }

    /// A name that no key has had.
    pub(super) fn fresh_key(&self) -> String {
        format!("k{}", self.live.len() + self.revoked.len())
    }
}

/// The moment at which something is said.
pub(super) struct Scene<'a> {
    pub(super) cast: &'a Cast,
    pub(super) state: &'a State,
    pub(super) rng: &'a mut Rng,
    /// The number of entries so far.
    pub(super) size: u64,
    /// When the next submission would be recorded.
    pub(super) now: Millis,
}

/// Events and the name of the key that says them.
pub(super) struct Said {
    pub(super) signer: String,
    pub(super) events: Vec<Event>,
}

impl Said {
    pub(super) fn by(actor: &Actor, event: impl Into<Event>) -> Self {
        Self { signer: actor.name.clone(), events: vec![event.into()] }
    }
}

impl<'a> Scene<'a> {
    pub(super) fn ledger(&self) -> LedgerId {
        self.state.ledger().expect("an open ledger").id
    }

    /// A key that may speak and is as asked for.
    pub(super) fn actor(&mut self, fits: impl Fn(&Actor, &hefu_rules::Key) -> bool) -> Option<&'a Actor> {
        let (cast, state) = (self.cast, self.state);
        self.rng.find(&cast.live, |actor| state.may_speak(&actor.public).is_ok_and(|record| fits(actor, record)))
    }

    pub(super) fn with_role(&mut self, role: Role) -> Option<&'a Actor> {
        self.actor(|_, record| record.roles.has(role))
    }

    pub(super) fn office(&mut self) -> Option<&'a Actor> {
        self.with_role(Role::Office)
    }

    /// A member that joined, rather than one that runs the ledger.
    pub(super) fn ordinary(&self, member: &Code) -> bool {
        self.state.ledger().is_some_and(|ledger| *member != ledger.office && *member != ledger.operator)
    }

    pub(super) fn enrolment(&self, member: &Code, roles: &[Role]) -> KeyEnrolled {
        enrolment(self.ledger(), member.as_str(), &self.cast.fresh_key(), roles)
    }

    /// An indicator that is not retired.
    pub(super) fn indicator(&mut self, fits: impl Fn(&IndicatorDefined) -> bool) -> Option<&'a IndicatorDefined> {
        let cast = self.cast;
        self.rng.find(&cast.indicators, |i| !cast.retired.contains(&i.indicator) && fits(i))
    }

    /// A series of a live indicator, and a key that may report it.
    pub(super) fn reporter_of(
        &mut self,
        fits: impl Fn(&IndicatorDefined, &Series) -> bool,
    ) -> Option<(&'a Series, &'a IndicatorDefined, &'a Actor)> {
        let cast = self.cast;
        let definition_of = |s: &Series| definition(cast, &s.indicator);
        let live = |s: &Series| !cast.retired.contains(&s.indicator) && fits(definition_of(s), s);
        let series = self.rng.find(&cast.series, live)?;
        let definition = definition_of(series);
        let lists = |actor: &Actor| definition.reporting_units.contains(&actor.member);
        let reporter = self.actor(|actor, record| record.roles.has(Role::Reporter) && lists(actor))?;
        Some((series, definition, reporter))
    }
}

pub(super) fn definition<'a>(cast: &'a Cast, indicator: &Code) -> &'a IndicatorDefined {
    cast.indicators.iter().find(|i| i.indicator == *indicator).expect("a known indicator")
}
