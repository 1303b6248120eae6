//! The real ledger beside the model: names for its numbers, events for its actions.

use std::collections::BTreeMap;

use hefu_rules::State;
use hefu_tests::World;
use hefu_tests::world::{code, decimal, indicator, keys, observation, text};
use hefu_types::event::EventRef;
use hefu_types::event::cycle::{
    LockExceptionGranted, NilReportDeclared, ReportAccepted, ReportApproved, ReportReturned, ReportSubmitted,
    ReportingCycleOpened,
};
use hefu_types::event::membership::{Algorithm, KeyEnrolled, Role as KeyRole};
use hefu_types::event::plan::{Direction, Measure, RollUp};
use hefu_types::event::reporting::ObservationRetracted;
use hefu_types::report::{ReportStatus, Reported, content_hash};
use hefu_types::{Code, ContentHash, Event, Millis, Period, Reason, Size, SubmissionHash};
use hefu_views::reports::{Change, Selection, list};
use hefu_views::{AsOf, Memory, Projector, Tables};

use crate::model::{Action, Actor, Content, Id, Model, Role, Status, Time};

pub(crate) const UNITS: usize = 4;
pub(crate) const INDICATORS: usize = 3;
pub(crate) const PERIODS: usize = 4;
pub(crate) const CYCLES: usize = 12;

/// The office's own unit: it reports nothing.
const OFFICE: Id = 9;

/// A key of the cast.
pub(crate) struct Key {
    name: &'static str,
    pub(crate) actor: Actor,
}

/// Each report's state and what changed of it, by cycle and unit.
type Seen<T> = BTreeMap<(T, T), (Status, Vec<(T, T)>)>;

/// What was seen at a moment of the log, given by its size, and at a time.
pub(crate) struct Moment {
    size: usize,
    now: Time,
    seen: Seen<Id>,
}

/// The ledger and the model.
pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) model: Model,
    pub(crate) keys: Vec<Key>,
    pub(crate) reporting_units: Vec<Vec<Id>>,
    /// Where the model's observations stand in the log.
    observed: BTreeMap<u32, SubmissionHash>,
}

/// Key, unit, holder, roles. One holder has two keys of a unit; one, keys of two units; one, also a key of the office's.
const CAST: [(&str, Id, &str, &[KeyRole]); 13] = [
    ("u0-reporter", 0, "ann", &[KeyRole::Reporter]),
    ("u0-second", 0, "ben", &[KeyRole::Reporter]),
    ("u0-both", 0, "cat", &[KeyRole::Reporter, KeyRole::Approver]),
    ("u0-approver", 0, "dan", &[KeyRole::Approver]),
    ("u0-approver-too", 0, "ann", &[KeyRole::Approver]),
    ("u1-reporter", 1, "eve", &[KeyRole::Reporter]),
    ("u1-approver", 1, "ann", &[KeyRole::Approver]),
    ("u1-both", 1, "fay", &[KeyRole::Reporter, KeyRole::Approver]),
    ("u2-reporter", 2, "gus", &[KeyRole::Reporter]),
    ("u2-approver", 2, "office-2", &[KeyRole::Approver]),
    ("u2-auditor", 2, "hal", &[KeyRole::Auditor]),
    ("u3-both", 3, "ida", &[KeyRole::Reporter, KeyRole::Approver]),
    ("u3-approver", 3, "jon", &[KeyRole::Approver]),
];

fn unit(id: Id) -> Code {
    if id == OFFICE { code("office") } else { code(&format!("u{id}")) }
}

fn coded(prefix: &str, ids: &[Id]) -> Vec<Code> {
    ids.iter().map(|id| code(&format!("{prefix}{id}"))).collect()
}

fn indicator_of(id: Id) -> Code {
    code(&format!("i{id}"))
}

fn area_of(id: Id) -> Code {
    code(["520000", "520100"][usize::from(id)])
}

fn period_of(id: Id) -> Period {
    format!("{}", 2030 + u16::from(id)).parse().expect("a year")
}

fn cycle_of(id: Id) -> Code {
    code(&format!("c{id}"))
}

const fn status_of(status: ReportStatus) -> Status {
    match status {
        ReportStatus::NotDue => Status::NotDue,
        ReportStatus::Open => Status::Open,
        ReportStatus::Submitted => Status::Submitted,
        ReportStatus::Approved => Status::Approved,
        ReportStatus::Accepted => Status::Accepted,
        ReportStatus::Returned => Status::Returned,
        ReportStatus::Stale => Status::Stale,
        ReportStatus::Locked => Status::Locked,
        ReportStatus::Overdue => Status::Overdue,
        ReportStatus::Nil => Status::Nil,
    }
}

/// Every report that there may be.
pub(crate) fn reports() -> impl Iterator<Item = (Id, Id)> {
    (0..CYCLES as Id).flat_map(|cycle| (0..UNITS as Id).map(move |unit| (cycle, unit)))
}

impl Stage {
    pub(crate) fn new() -> Self {
        let reporting_units: Vec<Vec<Id>> = vec![vec![0, 1], vec![1, 2, 3], vec![0, 3]];
        let (mut world, mut holders) = (World::planned(), vec![]);
        for id in 0..UNITS as Id {
            world.say("office-1", vec![world.admission(unit(id).as_str()).into()]);
        }
        for (id, units) in (0..).zip(&reporting_units) {
            let units: Vec<String> = units.iter().map(|id| unit(*id).to_string()).collect();
            let units: Vec<&str> = units.iter().map(String::as_str).collect();
            let name = indicator_of(id);
            let defined = indicator(name.as_str(), Measure::Flow, Direction::Higher, RollUp::Sum, 0, &units);
            world.say("office-1", vec![defined.into()]);
        }
        let mut cast = vec![];
        let office = ["office-1", "office-2"].map(|name| (name, OFFICE, name, &[KeyRole::Office][..]));
        for (name, id, holder, roles) in CAST.into_iter().chain(office) {
            if id != OFFICE {
                enrol(&mut world, name, id, holder, roles);
            }
            let known = holders.iter().position(|other| *other == holder);
            let number = known.unwrap_or_else(|| {
                holders.push(holder);
                holders.len() - 1
            });
            let holder = Id::try_from(number).expect("few holders");
            cast.push(Key { name, actor: Actor { unit: id, holder, roles: roles.iter().map(role_of).collect() } });
        }
        let model = Model::new(reporting_units.clone());
        Self { world, model, keys: cast, reporting_units, observed: BTreeMap::new() }
    }

    /// The rules of single observations are not the model's: nothing is taken back where nothing stands.
    pub(crate) fn can_be_said(&self, action: &Action) -> bool {
        match action {
            Action::Retract { indicator, area, period } => self.stands(*indicator, *area, *period).is_some(),
            _ => true,
        }
    }

    fn stands(&self, indicator: Id, area: Id, period: Id) -> Option<EventRef> {
        let found = self.world.state.standing(&(indicator_of(indicator), area_of(area), period_of(period)))?;
        Some(EventRef { submission_hash: Some(found.submission_hash), index: found.index })
    }

    /// Lets a key say it at a time.
    pub(crate) fn act(&mut self, now: Time, key: usize, action: &Action) -> Result<(), Reason> {
        self.world.now = Millis::new(now - 1);
        let event = self.event(action);
        let signed = self.world.offer(self.keys[key].name, vec![event]).map_err(|refusal| refusal.reason)?;
        if let Action::Observe { observation, .. } = action {
            self.observed.insert(*observation, signed.hash());
        }
        Ok(())
    }

    fn event(&self, action: &Action) -> Event {
        let reason = || text("because");
        let named = |cycle: Id, unit_id: Id, content: &Option<Content>| {
            content.as_ref().map(|content| self.hash(cycle, unit_id, content))
        };
        match action {
            Action::Open { cycle, period, opens, due, locks, indicators, units, accepting } => ReportingCycleOpened {
                cycle: cycle_of(*cycle),
                plan: code("test"),
                period: period_of(*period),
                opens_at: Millis::new(*opens),
                due_at: Millis::new(*due),
                locks_at: Millis::new(*locks),
                indicators: coded("i", indicators),
                units: coded("u", units),
                accepting_units: coded("u", accepting),
            }
            .into(),
            Action::Except { cycle, units, indicators, expires } => LockExceptionGranted {
                cycle: cycle_of(*cycle),
                units: coded("u", units),
                indicators: coded("i", indicators),
                expires_at: Millis::new(*expires),
                reason: reason(),
            }
            .into(),
            Action::Observe { indicator, area, period, observation: number } => {
                let mut e = observation(indicator_of(*indicator).as_str(), &period_of(*period).to_string(), "1");
                (e.area, e.value) = (area_of(*area), Some(decimal(&number.to_string())));
                e.supersedes = self.stands(*indicator, *area, *period);
                e.reason = if e.supersedes.is_some() { reason() } else { text("") };
                e.into()
            }
            Action::Retract { indicator, area, period } => ObservationRetracted {
                indicator: indicator_of(*indicator),
                area: area_of(*area),
                period: period_of(*period),
                observation: self.stands(*indicator, *area, *period).expect("it can be said"),
                reason: reason(),
                on_behalf_of: None,
            }
            .into(),
            Action::Submit { cycle, unit: id, content } => {
                let content = self.hash(*cycle, *id, content);
                ReportSubmitted { cycle: cycle_of(*cycle), unit: unit(*id), content }.into()
            }
            Action::Nil { cycle, unit: id } => {
                NilReportDeclared { cycle: cycle_of(*cycle), unit: unit(*id), reason: reason() }.into()
            }
            Action::Approve { cycle, unit: id, content } => {
                let content = self.hash(*cycle, *id, content);
                ReportApproved { cycle: cycle_of(*cycle), unit: unit(*id), content }.into()
            }
            Action::Return { cycle, unit: id, content } => {
                let content = named(*cycle, *id, content);
                ReportReturned { cycle: cycle_of(*cycle), unit: unit(*id), content, reason: reason() }.into()
            }
            Action::Accept { cycle, unit: id, content } => {
                let content = named(*cycle, *id, content);
                ReportAccepted { cycle: cycle_of(*cycle), unit: unit(*id), content }.into()
            }
        }
    }

    /// The hash of what a report says; of what no report can say, one that is no report's.
    fn hash(&self, cycle: Id, unit_id: Id, content: &Content) -> ContentHash {
        let cells: Vec<(Code, Code, SubmissionHash)> = content
            .iter()
            .map(|((indicator, area), number)| {
                let hash = self.observed.get(number).copied().unwrap_or(SubmissionHash::NONE);
                (indicator_of(*indicator), area_of(*area), hash)
            })
            .collect();
        let reported =
            cells.iter().map(|(indicator, area, hash)| Reported { indicator, area, submission_hash: *hash, index: 0 });
        let none = ContentHash::from_bytes([7; 32]);
        content_hash(&cycle_of(cycle), &unit(unit_id), reported.collect()).unwrap_or(none)
    }

    /// Holds that the rules see each report as the model does at a time; returns the states.
    pub(crate) fn compare_states(&self, now: Time, at: &str) -> Vec<Status> {
        let state: &State = &self.world.state;
        let mut states = vec![];
        for (cycle, unit_id) in reports() {
            let found = state.report_status(&cycle_of(cycle), &unit(unit_id), Millis::new(now));
            let expected = self.model.status(cycle, unit_id, now);
            assert_eq!(found.map(|(status, _)| status_of(status)), expected, "c{cycle} u{unit_id} at {now}; {at}");
            let Some((status, content)) = found else { continue };
            let said = self.model.content(cycle, unit_id);
            let expected = (!said.is_empty()).then(|| self.hash(cycle, unit_id, &said));
            assert_eq!(content, expected, "c{cycle} u{unit_id}; {at}");
            states.push(status_of(status));
        }
        states
    }

    /// What the model shows now.
    pub(crate) fn moment(&self, now: Time) -> Moment {
        let look = |(cycle, unit_id)| {
            let status = self.model.status(cycle, unit_id, now)?;
            let changed = if status == Status::Stale { self.model.changed(cycle, unit_id) } else { vec![] };
            Some(((cycle, unit_id), (status, changed)))
        };
        Moment { size: self.world.entries.len(), now, seen: reports().filter_map(look).collect() }
    }

    /// Holds that the views of the whole log, asked about each moment, show what the model showed then.
    pub(crate) fn compare_views(&self, moments: &[Moment]) {
        let memory = Memory::new();
        let entries: Vec<_> = self.world.entries.iter().map(|entry| entry.decode().expect("an entry")).collect();
        Projector::new(&memory).apply_all(&entries).expect("views");
        let tables = Tables::of(&memory);
        for Moment { size, now, seen } in moments {
            let as_of = AsOf::size(Size::new(*size as u64));
            let found = list(&tables, &Selection::default(), Millis::new(*now), as_of).expect("reports");
            let shown: Seen<Code> = found
                .into_iter()
                .map(|report| {
                    let changed = report.changes.iter().map(cell).collect();
                    ((report.cycle, report.unit), (status_of(report.status), changed))
                })
                .collect();
            let expected = seen.iter().map(|((cycle, unit_id), (status, changed))| {
                let changed = changed.iter().map(|(i, a)| (indicator_of(*i), area_of(*a))).collect();
                ((cycle_of(*cycle), unit(*unit_id)), (*status, changed))
            });
            assert_eq!(shown, expected.collect(), "as of size {size}, at {now}");
        }
    }
}

fn cell(change: &Change) -> (Code, Code) {
    let of = change.now.as_ref().or(change.before.as_ref()).expect("something changed");
    (of.fact.indicator().clone(), of.fact.area().clone())
}

const fn role_of(role: &KeyRole) -> Role {
    match role {
        KeyRole::Reporter => Role::Reporter,
        KeyRole::Approver => Role::Approver,
        KeyRole::Office => Role::Office,
        _ => Role::Auditor,
    }
}

/// By the office, which alone may say that somebody holds keys of several members.
fn enrol(world: &mut World, name: &str, id: Id, holder: &str, roles: &[KeyRole]) {
    let pair = keys(name);
    let mut enrolled = KeyEnrolled {
        member: unit(id),
        key: pair.public(),
        algorithm: Algorithm::Ed25519,
        roles: roles.to_vec(),
        holder: text(holder),
        recovery: true,
        proof: None,
    };
    enrolled.proof = Some(pair.prove_enrolment(&world.ledger(), &enrolled));
    world.say("office-1", vec![enrolled.into()]);
}
