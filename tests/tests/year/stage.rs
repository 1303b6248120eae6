//! The units of the joint conference with their keys, and what they do.

use hefu_seeds::Catalogue;
use hefu_tests::World;
use hefu_tests::world::{code, decimal, indicator, keys, observation, text};
use hefu_types::event::EventRef;
use hefu_types::event::assurance::{
    ChallengeAnswered, ChallengeOutcome, ChallengeResolved, ObservationAttested, ObservationChallenged,
};
use hefu_types::event::cycle::{
    LockExceptionGranted, NilReportDeclared, ReportAccepted, ReportApproved, ReportReturned, ReportSubmitted,
    ReportingCycleOpened,
};
use hefu_types::event::membership::Role;
use hefu_types::event::plan::{Direction, Measure, RollUp};
use hefu_types::event::reporting::{ObservationReported, ObservationRetracted};
use hefu_types::{Code, ContentHash, Event, Millis, Period, Refusal, Text};
use hefu_views::{Memory, Projector};

use crate::UNITS;
use crate::script::{By, Deed};

/// The unit that may accept, by number.
const LEAD: usize = 5;

/// The unit that audits.
const AUDITOR: usize = 9;

/// A unit that accepts nothing.
const OTHER: usize = 28;

pub(crate) struct Stage {
    pub(crate) world: World,
    /// The period of each cycle.
    periods: Vec<(&'static str, &'static str)>,
    /// The challenges, by cycle and unit.
    challenges: Vec<(&'static str, usize, EventRef)>,
}

/// The code of a unit, as the plan lists them.
pub(crate) fn unit(n: usize) -> Code {
    let members = Catalogue::guizhou().expect("a catalogue").members;
    Code::new(&members[n - 1].code).expect("a code")
}

fn indicator_of(n: usize) -> Code {
    code(&format!("progress-{n:02}"))
}

fn key_of(n: usize, role: &str) -> String {
    format!("{}-{role}", unit(n))
}

fn signer(n: usize, by: By) -> String {
    match by {
        By::Approver => key_of(n, "approver"),
        By::Twin => key_of(n, "twin"),
        By::Office => "office-1".to_owned(),
        By::Lead => key_of(LEAD, "approver"),
        By::Other => key_of(OTHER, "approver"),
    }
}

impl Stage {
    /// Members with a reporter, an approver, and an approver who is the reporter; an indicator for each of them.
    pub(crate) fn set() -> Self {
        let mut world = World::planned();
        for n in 1..=UNITS {
            let member = unit(n);
            world.say("office-1", vec![world.admission(member.as_str()).into()]);
            for (key, holder, role) in [
                ("reporter", "reporter", Role::Reporter),
                ("approver", "approver", Role::Approver),
                ("twin", "reporter", Role::Approver),
            ] {
                let mut enrolled = world.enrolment(member.as_str(), &key_of(n, key), &[role]);
                (enrolled.holder, enrolled.proof) = (text(&key_of(n, holder)), None);
                enrolled.proof = Some(keys(&key_of(n, key)).prove_enrolment(&world.ledger(), &enrolled));
                world.say(&format!("{member}-admin"), vec![enrolled.into()]);
            }
            let name = indicator_of(n);
            let of_unit = [member.as_str()];
            let defined = indicator(name.as_str(), Measure::Flow, Direction::Higher, RollUp::Sum, 0, &of_unit);
            world.say("office-1", vec![defined.into()]);
        }
        let auditor = world.enrolment(unit(AUDITOR).as_str(), &key_of(AUDITOR, "auditor"), &[Role::Auditor]);
        world.say(&format!("{}-admin", unit(AUDITOR)), vec![auditor.into()]);
        Self { world, periods: vec![], challenges: vec![] }
    }

    /// Every view of what was recorded so far.
    pub(crate) fn views(&self) -> Memory {
        let memory = Memory::new();
        let decoded: Vec<_> = self.world.entries.iter().map(|entry| entry.decode().expect("an entry")).collect();
        Projector::new(&memory).apply_all(&decoded).expect("views");
        memory
    }

    /// Lets each of the units do it, all at one time.
    pub(crate) fn act(&mut self, at: Millis, cycle: &'static str, deed: &Deed) -> Result<(), Refusal> {
        let each = |stage: &mut Self, units: &[usize], say: &dyn Fn(&Self, usize) -> (String, Event)| {
            units.iter().try_for_each(|n| {
                let (signer, event) = say(stage, *n);
                stage.say(at, &signer, event)
            })
        };
        let reporter = |n: usize| key_of(n, "reporter");
        match deed {
            Deed::Open { period, times } => {
                self.periods.push((cycle, period));
                self.say(at, "office-1", opened(cycle, period, *times).into())
            }
            Deed::Except { units, until } => {
                let (units, cycle, indicators) = (units.iter().map(|n| unit(*n)).collect(), code(cycle), vec![]);
                let granted = LockExceptionGranted { cycle, units, indicators, expires_at: *until, reason: why() };
                self.say(at, "office-1", granted.into())
            }
            Deed::Observe { units, value } => {
                each(self, units, &|stage, n| (reporter(n), stage.observed(cycle, n, value).into()))
            }
            Deed::Add { units, value } => each(self, units, &|stage, n| {
                let area = code("520100");
                (reporter(n), ObservationReported { area, ..stage.observed(cycle, n, value) }.into())
            }),
            Deed::Correct { units, value } => each(self, units, &|stage, n| {
                let (supersedes, reason) = (Some(stage.standing(cycle, n)), why());
                (reporter(n), ObservationReported { supersedes, reason, ..stage.observed(cycle, n, value) }.into())
            }),
            Deed::Retract { units } => each(self, units, &|stage, n| {
                let (observation, reason) = (stage.standing(cycle, n), why());
                let ObservationReported { indicator, area, period, .. } = stage.observed(cycle, n, "0");
                (
                    reporter(n),
                    ObservationRetracted { indicator, area, period, observation, reason, on_behalf_of: None }.into(),
                )
            }),
            Deed::Submit { units } => each(self, units, &|stage, n| {
                let content = stage.content(cycle, n).expect("an observation");
                (reporter(n), ReportSubmitted { cycle: code(cycle), unit: unit(n), content }.into())
            }),
            Deed::Nil { units } => each(self, units, &|_, n| {
                (reporter(n), NilReportDeclared { cycle: code(cycle), unit: unit(n), reason: why() }.into())
            }),
            Deed::Approve { units, by } => each(self, units, &|stage, n| {
                let content = stage.content(cycle, n).expect("an observation");
                (signer(n, *by), ReportApproved { cycle: code(cycle), unit: unit(n), content }.into())
            }),
            Deed::Return { units, by } => each(self, units, &|stage, n| {
                let content = stage.content(cycle, n);
                (signer(n, *by), ReportReturned { cycle: code(cycle), unit: unit(n), content, reason: why() }.into())
            }),
            Deed::Attest { units, opinion } => each(self, units, &|stage, n| {
                let (indicator, area, period, observation) = stage.cell(cycle, n);
                let attested =
                    ObservationAttested { indicator, area, period, observation, opinion: *opinion, reason: why() };
                (key_of(AUDITOR, "auditor"), attested.into())
            }),
            Deed::Challenge { units, answer_by } => {
                for n in units {
                    let (indicator, area, period, observation) = self.cell(cycle, *n);
                    let (reason, answer_by) = (why(), *answer_by);
                    let event = ObservationChallenged { indicator, area, period, observation, reason, answer_by };
                    self.say(at, &key_of(AUDITOR, "auditor"), event.into())?;
                    let hash = self.world.entries.last().expect("an entry").signed().hash();
                    self.challenges.push((cycle, *n, EventRef { submission_hash: Some(hash), index: 0 }));
                }
                Ok(())
            }
            Deed::Answer { units } => each(self, units, &|stage, n| {
                (reporter(n), ChallengeAnswered { challenge: stage.challenge(cycle, n), answer: why() }.into())
            }),
            Deed::Resolve { units, outcome } => each(self, units, &|stage, n| {
                let signer = match outcome {
                    ChallengeOutcome::Withdrawn => key_of(AUDITOR, "auditor"),
                    _ => "office-1".to_owned(),
                };
                let challenge = stage.challenge(cycle, n);
                (signer, ChallengeResolved { challenge, outcome: *outcome, reason: why() }.into())
            }),
            Deed::Accept { units, by } => each(self, units, &|stage, n| {
                let content = stage.content(cycle, n);
                (signer(n, *by), ReportAccepted { cycle: code(cycle), unit: unit(n), content }.into())
            }),
        }
    }

    /// What stands of a unit in a cycle, and where.
    fn cell(&self, cycle: &str, n: usize) -> (Code, Code, Period, EventRef) {
        let ObservationReported { indicator, area, period, .. } = self.observed(cycle, n, "0");
        (indicator, area, period, self.standing(cycle, n))
    }

    /// The challenge of what a unit reported in a cycle.
    fn challenge(&self, cycle: &str, n: usize) -> EventRef {
        self.challenges.iter().find(|(known, unit, _)| (*known, *unit) == (cycle, n)).expect("a challenge").2.clone()
    }

    fn say(&mut self, at: Millis, signer: &str, event: Event) -> Result<(), Refusal> {
        self.world.now = Millis::new(at.get() - 1);
        self.world.offer(signer, vec![event]).map(drop)
    }

    fn observed(&self, cycle: &str, n: usize, value: &str) -> ObservationReported {
        let (_, period) = self.periods.iter().find(|(known, _)| *known == cycle).expect("a cycle");
        let mut observed = observation(indicator_of(n).as_str(), period, "0");
        observed.value = Some(decimal(value));
        observed
    }

    fn standing(&self, cycle: &str, n: usize) -> EventRef {
        let ObservationReported { indicator, area, period, .. } = self.observed(cycle, n, "0");
        let found = self.world.state.standing(&(indicator, area, period)).expect("an observation");
        EventRef { submission_hash: Some(found.submission_hash), index: found.index }
    }

    fn content(&self, cycle: &str, n: usize) -> Option<ContentHash> {
        self.world.state.report_status(&code(cycle), &unit(n), Millis::new(0)).expect("a report").1
    }
}

fn why() -> Text {
    text("as it was")
}

fn opened(cycle: &str, period: &str, [opens_at, due_at, locks_at]: [Millis; 3]) -> ReportingCycleOpened {
    ReportingCycleOpened {
        cycle: code(cycle),
        plan: code("test"),
        period: period.parse().expect("a quarter"),
        opens_at,
        due_at,
        locks_at,
        indicators: (1..=UNITS).map(indicator_of).collect(),
        units: (1..=UNITS).map(unit).collect(),
        accepting_units: vec![unit(LEAD)],
    }
}
