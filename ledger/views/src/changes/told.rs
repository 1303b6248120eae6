//! What each kind of event changes: a line or two for each. A new kind does not compile before it has its own here.

use hefu_types::event::assurance::{ChallengeAnswered, ChallengeResolved, ObservationAttested, ObservationChallenged};
use hefu_types::event::cycle::{LockExceptionGranted, ReportingCycleOpened};
use hefu_types::event::delegation::ReportingDelegated;
use hefu_types::event::membership::{KeyEnrolled, LedgerOpened, OfficeKeyReplaced, RevocationReason, Role};
use hefu_types::event::plan::{
    Comparator, IndicatorDefined, PlanPublished, TargetAdjusted, TargetSet, TrajectoryDeclared,
};
use hefu_types::event::reporting::{ObservationReported, Qualifier, ValueErased};
use hefu_types::event::{EventRef, Name};
use hefu_types::{Code, Decimal, Event, Millis, Period, PublicKey, Text};

use super::Subject;
use crate::assurance::{self, ChallengeState};
use crate::error::ViewError;
use crate::key::AsOf;
use crate::members::{self, MemberFact};
use crate::plan::{self, IndicatorFact, TargetFact};
use crate::reports::{self, StepFact};
use crate::row::Origin;
use crate::series::{self, Cell, ObservationFact};
use crate::view::Tables;

/// Stands for a value that is not free.
const WITHHELD: &str = "withheld";

/// What an event changed.
#[derive(Default)]
pub(super) struct Told {
    pub(super) subject: Subject,
    pub(super) before: String,
    pub(super) after: String,
    pub(super) reason: Text,
    pub(super) deadline: Option<Millis>,
    pub(super) prior: Option<Origin>,
}

/// Says what one event changed.
pub(super) struct Teller<'a> {
    pub(super) tables: &'a Tables<'a>,
    pub(super) origin: &'a Origin,
    /// After its entry.
    pub(super) as_of: AsOf,
}

type Answer = Result<Told, ViewError>;

impl Teller<'_> {
    pub(super) fn tell(&self, event: &Event) -> Answer {
        match event {
            Event::LedgerOpened(e) => Ok(opened(e)),
            Event::MemberAdmitted(e) => Ok(of_unit(&e.member, &label(&e.name), &Text::default())),
            Event::MemberSuspended(e) => self.member(&e.member, "suspended", &e.reason),
            Event::MemberReinstated(e) => self.member(&e.member, "active", &e.reason),
            Event::MemberWithdrawn(e) => self.member(&e.member, "withdrawn", &e.reason),
            Event::KeyEnrolled(e) => Ok(enrolled(e)),
            Event::KeyRevoked(e) => self.key(&e.key, String::new(), revocation(e.reason, e.since_seq.get())),
            Event::RoleGranted(e) => self.key(&e.key, String::new(), lower(e.role.name())),
            Event::RoleRevoked(e) => self.key(&e.key, lower(e.role.name()), String::new()),
            Event::OfficeKeyReplaced(e) => Ok(replaced(e)),
            Event::RulesActivated(e) => Ok(of_item("rules", e.version.to_string())),
            Event::PlanPublished(e) => self.plan(e),
            Event::TaskDefined(e) => {
                let units = e.lead_units.iter().chain(&e.supporting_units).cloned().collect();
                Ok(planned(&e.plan, e.task.as_str(), &e.title, units))
            }
            Event::MilestoneSet(e) => Ok(planned(&e.plan, e.milestone.as_str(), &e.title, e.lead_units.clone())),
            Event::IndicatorDefined(e) => Ok(Told { after: meaning(e), ..Told::of(indicator(e)) }),
            Event::IndicatorRevised(e) => self.revised(&e.definition, &e.reason),
            Event::IndicatorRetired(e) => self.retired(&e.indicator, &e.reason),
            Event::TargetSet(e) => self.set(e),
            Event::TargetAdjusted(e) => self.adjusted(e),
            Event::TrajectoryDeclared(e) => self.trajectory(e),
            Event::ReportingCycleOpened(e) => Ok(cycle(e)),
            Event::LockExceptionGranted(e) => self.exception(e),
            Event::ReportSubmitted(e) => self.step((&e.cycle, &e.unit), "submitted", &Text::default()),
            Event::NilReportDeclared(e) => self.step((&e.cycle, &e.unit), "nil", &e.reason),
            Event::ReportApproved(e) => self.step((&e.cycle, &e.unit), "approved", &Text::default()),
            Event::ReportReturned(e) => self.step((&e.cycle, &e.unit), "returned", &e.reason),
            Event::ReportAccepted(e) => self.step((&e.cycle, &e.unit), "accepted", &Text::default()),
            Event::ObservationReported(e) => {
                let told = self.observed(&e.indicator, &e.area, e.period)?;
                Ok(Told { after: value(e), reason: e.reason.clone(), ..told })
            }
            Event::ObservationRetracted(e) => {
                let told = self.observed(&e.indicator, &e.area, e.period)?;
                Ok(Told { reason: e.reason.clone(), ..told })
            }
            Event::ObservationAttested(e) => self.attested(e),
            Event::ObservationChallenged(e) => self.challenged(e),
            Event::ChallengeAnswered(e) => self.answered(e),
            Event::ChallengeResolved(e) => self.resolved(e),
            Event::ValueErased(e) => self.erased(e),
            Event::ReportingDelegated(e) => Ok(delegated(e)),
            Event::DelegationEnded(e) => {
                let units = vec![e.unit.clone(), e.delegate.clone()];
                let (subject, before) = (Subject { units, ..Subject::default() }, e.delegate.to_string());
                Ok(Told { before, reason: e.reason.clone(), ..Told::of(subject) })
            }
            Event::CheckpointKeyReplaced(e) => {
                Ok(Told { before: e.replaced.to_string(), ..of_item("checkpoint-key", e.replacement.to_string()) })
            }
            Event::ViewsRecorded(e) => Ok(of_item(e.view.as_str(), format!("{} at size {}", e.digest, e.size))),
        }
    }

    fn member(&self, member: &Code, after: &str, reason: &Text) -> Answer {
        let stood = members::member_before(&*self.tables.members, member, self.origin)?;
        let before = stood.as_ref().map_or("", |row| match row.fact {
            MemberFact::Admitted { .. } | MemberFact::Reinstated(_) => "active",
            MemberFact::Suspended(_) => "suspended",
            MemberFact::Withdrawn(_) => "withdrawn",
        });
        let prior = stood.as_ref().map(|row| row.origin);
        Ok(Told { before: before.into(), prior, ..of_unit(member, after, reason) })
    }

    fn key(&self, key: &PublicKey, before: String, after: String) -> Answer {
        let member = members::member_of(&*self.tables.members, key, self.as_of)?;
        let subject = Subject { units: member.into_iter().collect(), item: key.to_string(), ..Subject::default() };
        Ok(Told { before, after, ..Told::of(subject) })
    }

    fn plan(&self, e: &PlanPublished) -> Answer {
        let stood = plan::plan_before(&*self.tables.plan, &e.plan, self.origin)?;
        let mut units: Vec<Code> = e.parts.iter().flat_map(|part| part.lead_units.iter().cloned()).collect();
        units.sort_unstable();
        units.dedup();
        let areas = e.areas.iter().map(|area| area.code.clone()).collect();
        let subject = Subject { plan: Some(e.plan.clone()), areas, units, ..Subject::default() };
        let written = |e: &PlanPublished| format!("{}, {} to {}", label(&e.title), e.first_year, e.last_year);
        let before = stood.as_ref().map(|row| written(&row.fact)).unwrap_or_default();
        Ok(Told { before, after: written(e), prior: stood.map(|row| row.origin), ..Told::of(subject) })
    }

    /// The plan of an indicator, which never changes.
    fn plan_of(&self, indicator: &Code) -> Result<Option<Code>, ViewError> {
        let found = plan::indicator(&*self.tables.plan, indicator, self.as_of)?;
        Ok(found.map(|found| found.definition.plan))
    }

    fn revised(&self, to: &IndicatorDefined, reason: &Text) -> Answer {
        let stood = self.definition(&to.indicator)?;
        let (before, after) = match &stood {
            Some((from, _)) => differing(&fields(from), &fields(to)),
            None => (String::new(), meaning(to)),
        };
        let prior = stood.map(|(_, origin)| origin);
        Ok(Told { before, after, reason: reason.clone(), prior, ..Told::of(indicator(to)) })
    }

    fn retired(&self, code: &Code, reason: &Text) -> Answer {
        let stood = self.definition(code)?;
        let subject = stood.as_ref().map(|(definition, _)| indicator(definition)).unwrap_or_default();
        let before = stood.as_ref().map(|(definition, _)| meaning(definition)).unwrap_or_default();
        Ok(Told { before, reason: reason.clone(), prior: stood.map(|(_, origin)| origin), ..Told::of(subject) })
    }

    fn definition(&self, indicator: &Code) -> Result<Option<(IndicatorDefined, Origin)>, ViewError> {
        let stood = plan::indicator_before(&*self.tables.plan, indicator, self.origin)?;
        Ok(stood.and_then(|row| match row.fact {
            IndicatorFact::Defined(definition) => Some((definition, row.origin)),
            IndicatorFact::Revised(revision) => Some((revision.definition, row.origin)),
            IndicatorFact::Retired(_) => None,
        }))
    }

    fn set(&self, e: &TargetSet) -> Answer {
        let subject = Subject { item: lower(e.strength.name()), ..self.in_area(&e.indicator, &e.area, e.year)? };
        Ok(Told { after: goal(e.comparator, e.value), ..Told::of(subject) })
    }

    fn adjusted(&self, e: &TargetAdjusted) -> Answer {
        let stood = plan::target_before(&*self.tables.plan, e, self.origin)?;
        let subject = Subject { item: lower(e.strength.name()), ..self.in_area(&e.indicator, &e.area, e.year)? };
        let before = stood.as_ref().map(|row| match &row.fact {
            TargetFact::Set(from) => goal(from.comparator, from.value),
            TargetFact::Adjusted(from) => goal(from.comparator, from.value),
        });
        Ok(Told {
            before: before.unwrap_or_default(),
            after: goal(e.comparator, e.value),
            reason: e.reason.clone(),
            prior: stood.map(|row| row.origin),
            ..Told::of(subject)
        })
    }

    fn trajectory(&self, e: &TrajectoryDeclared) -> Answer {
        let stood = plan::trajectory_before(&*self.tables.plan, e, self.origin)?;
        let subject = Subject { item: lower(e.strength.name()), ..self.in_area(&e.indicator, &e.area, e.year)? };
        let written = |e: &TrajectoryDeclared| {
            let points = e.points.iter().map(|point| format!("{} by {}", point.value, point.period));
            points.collect::<Vec<_>>().join(", ")
        };
        let before = stood.as_ref().map(|row| written(&row.fact)).unwrap_or_default();
        let (after, reason, prior) = (written(e), e.reason.clone(), stood.map(|row| row.origin));
        Ok(Told { before, after, reason, prior, ..Told::of(subject) })
    }

    fn in_area(&self, indicator: &Code, area: &Code, period: impl ToString) -> Result<Subject, ViewError> {
        Ok(Subject {
            plan: self.plan_of(indicator)?,
            indicators: vec![indicator.clone()],
            areas: vec![area.clone()],
            period: period.to_string(),
            ..Subject::default()
        })
    }

    fn exception(&self, e: &LockExceptionGranted) -> Answer {
        let indicators = e.indicators.clone();
        let subject = Subject { indicators, units: e.units.clone(), ..self.in_cycle(&e.cycle)? };
        Ok(Told { reason: e.reason.clone(), deadline: Some(e.expires_at), ..Told::of(subject) })
    }

    fn step(&self, (cycle, unit): (&Code, &Code), after: &str, reason: &Text) -> Answer {
        let stood = reports::step_before(&*self.tables.reports, (cycle, unit), self.origin)?;
        let before = stood.as_ref().map_or("", |row| match row.fact {
            StepFact::Submitted(_) => "submitted",
            StepFact::Nil(_) => "nil",
            StepFact::Approved(_) => "approved",
            StepFact::Returned(_) => "returned",
            StepFact::Accepted(_) => "accepted",
        });
        let subject = Subject { units: vec![unit.clone()], ..self.in_cycle(cycle)? };
        let prior = stood.as_ref().map(|row| row.origin);
        Ok(Told { before: before.into(), after: after.into(), reason: reason.clone(), prior, ..Told::of(subject) })
    }

    fn in_cycle(&self, cycle: &Code) -> Result<Subject, ViewError> {
        let opened = reports::cycle(self.tables, cycle, self.as_of)?.map(|cycle| cycle.opened);
        let period = opened.as_ref().map(|opened| opened.period.to_string()).unwrap_or_default();
        Ok(Subject { plan: opened.map(|opened| opened.plan), cycle: Some(cycle.clone()), period, ..Subject::default() })
    }

    /// What stood in a cell.
    fn observed(&self, indicator: &Code, area: &Code, period: Period) -> Answer {
        let stood = series::before(&*self.tables.series, &Cell { indicator, area, period }, self.origin)?;
        let before = stood.as_ref().map(|row| match &row.fact {
            ObservationFact::Reported(fact) => value(fact),
            ObservationFact::Retracted(_) => String::new(),
        });
        let subject = self.in_area(indicator, area, period)?;
        let prior = stood.map(|row| row.origin);
        Ok(Told { before: before.unwrap_or_default(), prior, ..Told::of(subject) })
    }

    /// A value that nobody sees any more.
    fn erased(&self, e: &ValueErased) -> Answer {
        let known = series::value(self.tables, &e.commitment, self.as_of)?;
        let Some(known) = known else { return Ok(Told::default()) };
        let series::Committed { indicator, area, period, .. } = &known.committed;
        let subject = Subject {
            units: vec![known.member],
            item: e.commitment.to_string(),
            ..self.in_area(indicator, area, period)?
        };
        let (before, reason) = (WITHHELD.to_owned(), e.reason.clone());
        Ok(Told { before, reason, prior: Some(known.reported), ..Told::of(subject) })
    }

    /// What was said of the unit whose observation stands in a cell.
    fn judged(&self, indicator: &Code, area: &Code, period: Period) -> Answer {
        let mut told = Told { before: String::new(), ..self.observed(indicator, area, period)? };
        let stood = series::before(&*self.tables.series, &Cell { indicator, area, period }, self.origin)?;
        if let Some(row) = stood {
            let signer = members::signer(&*self.tables.members, &row.origin.key, self.as_of)?;
            told.subject.units.push(series::Observation::new(row, &signer).member);
        }
        Ok(told)
    }

    fn attested(&self, e: &ObservationAttested) -> Answer {
        let told = self.judged(&e.indicator, &e.area, e.period)?;
        let stood = assurance::opinion_before(&*self.tables.assurance, e, self.origin)?;
        // What the same key thought of another observation does not count of this one.
        let same = |row: &crate::row::Row<ObservationAttested>| row.fact.observation == e.observation;
        let before = stood.filter(same).map(|row| lower(row.fact.opinion.name())).unwrap_or_default();
        Ok(Told { before, after: lower(e.opinion.name()), reason: e.reason.clone(), ..told })
    }

    fn challenged(&self, e: &ObservationChallenged) -> Answer {
        let told = self.judged(&e.indicator, &e.area, e.period)?;
        Ok(Told { after: "open".into(), reason: e.reason.clone(), deadline: Some(e.answer_by), ..told })
    }

    fn answered(&self, e: &ChallengeAnswered) -> Answer {
        Ok(Told { after: "answered".into(), reason: e.answer.clone(), ..self.of_challenge(&e.challenge)? })
    }

    fn resolved(&self, e: &ChallengeResolved) -> Answer {
        Ok(Told { after: lower(e.outcome.name()), reason: e.reason.clone(), ..self.of_challenge(&e.challenge)? })
    }

    /// What was said about a challenge, of the challenger and of the unit that reported.
    fn of_challenge(&self, reference: &EventRef) -> Answer {
        let id = assurance::named(reference, self.origin);
        let Some(mut found) = assurance::challenge(self.tables, id, self.as_of)? else { return Ok(Told::default()) };
        let later = |origin: &Origin| origin.position() >= self.origin.position();
        found.answer = found.answer.filter(|word| !later(&word.origin));
        found.ending = found.ending.filter(|(_, word)| !later(&word.origin));
        let before = match found.state(self.origin.recorded_at) {
            ChallengeState::Open => "open".into(),
            ChallengeState::Overdue => "overdue".into(),
            ChallengeState::Answered => "answered".into(),
            ChallengeState::Ended(outcome) => lower(outcome.name()),
        };
        let ObservationChallenged { indicator, area, period, .. } = &found.challenged;
        let subject = Subject { units: vec![found.member, found.owner], ..self.in_area(indicator, area, period)? };
        Ok(Told { before, prior: Some(found.origin), ..Told::of(subject) })
    }
}

impl Told {
    fn of(subject: Subject) -> Self {
        Self { subject, ..Self::default() }
    }
}

fn opened(e: &LedgerOpened) -> Told {
    let units = vec![e.office.clone(), e.operator.clone()];
    Told { after: label(&e.title), ..Told::of(Subject { units, item: e.origin.to_string(), ..Subject::default() }) }
}

fn of_unit(member: &Code, after: &str, reason: &Text) -> Told {
    let subject = Subject { units: vec![member.clone()], ..Subject::default() };
    Told { after: after.to_owned(), reason: reason.clone(), ..Told::of(subject) }
}

fn of_item(item: &str, after: String) -> Told {
    Told { after, ..Told::of(Subject { item: item.to_owned(), ..Subject::default() }) }
}

fn delegated(e: &ReportingDelegated) -> Told {
    let units = vec![e.unit.clone(), e.delegate.clone()];
    let subject = Subject { indicators: e.indicators.clone(), units, ..Subject::default() };
    let (after, reason) = (e.delegate.to_string(), e.reason.clone());
    Told { after, reason, deadline: Some(e.expires_at), ..Told::of(subject) }
}

fn enrolled(e: &KeyEnrolled) -> Told {
    let subject = Subject { units: vec![e.member.clone()], item: e.key.to_string(), ..Subject::default() };
    let roles: Vec<String> = e.roles.iter().copied().map(Role::name).map(lower).collect();
    let recovery = if e.recovery { " (recovery)" } else { "" };
    Told { after: format!("{}: {}{recovery}", e.holder, roles.join(", ")), ..Told::of(subject) }
}

fn replaced(e: &OfficeKeyReplaced) -> Told {
    let before = format!("{}: {}", e.replaced, revocation(e.reason, e.since_seq.get()));
    Told { before, ..enrolled(&e.replacement) }
}

fn revocation(reason: RevocationReason, since_seq: u64) -> String {
    let reason = lower(reason.name());
    if since_seq == 0 { reason } else { format!("{reason} since seq {since_seq}") }
}

fn planned(plan: &Code, item: &str, title: &Name, units: Vec<Code>) -> Told {
    let subject = Subject { plan: Some(plan.clone()), units, item: item.to_owned(), ..Subject::default() };
    Told { after: label(title), ..Told::of(subject) }
}

fn cycle(e: &ReportingCycleOpened) -> Told {
    let subject = Subject {
        plan: Some(e.plan.clone()),
        cycle: Some(e.cycle.clone()),
        indicators: e.indicators.clone(),
        period: e.period.to_string(),
        units: e.units.iter().chain(&e.accepting_units).cloned().collect(),
        ..Subject::default()
    };
    Told { deadline: Some(e.due_at), ..Told::of(subject) }
}

fn indicator(definition: &IndicatorDefined) -> Subject {
    Subject {
        plan: Some(definition.plan.clone()),
        indicators: vec![definition.indicator.clone()],
        areas: definition.areas.clone(),
        units: definition.lead_units.iter().chain(&definition.reporting_units).cloned().collect(),
        ..Subject::default()
    }
}

/// A definition's fields in their written form.
fn fields(definition: &IndicatorDefined) -> Vec<(&'static str, String)> {
    let codes = |codes: &[Code]| codes.iter().map(Code::as_str).collect::<Vec<_>>().join(" ");
    let periods: Vec<&str> = definition.period_types.iter().map(|kind| kind.name()).collect();
    vec![
        ("name", label(&definition.name)),
        ("part", definition.part.to_string()),
        ("unit", definition.unit.to_string()),
        ("measure", lower(definition.measure.name())),
        ("direction", lower(definition.direction.name())),
        ("roll_up", lower(definition.roll_up.name())),
        ("weight", definition.weight.as_ref().map(Code::to_string).unwrap_or_default()),
        ("decimals", definition.decimals.to_string()),
        ("lead_units", codes(&definition.lead_units)),
        ("reporting_units", codes(&definition.reporting_units)),
        ("areas", codes(&definition.areas)),
        ("period_types", lower(&periods.join(" "))),
    ]
}

fn differing(from: &[(&str, String)], to: &[(&str, String)]) -> (String, String) {
    let pairs = from.iter().zip(to).filter(|(from, to)| from != to);
    let written = |(name, value): &(&str, String)| format!("{name} {value}");
    let (before, after): (Vec<String>, Vec<String>) = pairs.map(|(from, to)| (written(from), written(to))).unzip();
    (before.join("; "), after.join("; "))
}

fn meaning(definition: &IndicatorDefined) -> String {
    let IndicatorDefined { name, unit, measure, direction, .. } = definition;
    format!("{}; {unit}, {}, {}", label(name), lower(measure.name()), lower(direction.name()))
}

/// A value and what is unusual about it, such as `60.5`, `60 (E, approx)` or `(L)`.
fn value(fact: &ObservationReported) -> String {
    let number = fact.value.map(|value| value.to_string()).or(fact.commitment.map(|_| WITHHELD.to_owned()));
    let status = Some(fact.obs_status.name()).filter(|status| *status != "A").map(str::to_owned);
    let qualifier = fact.qualifier.filter(|qualifier| *qualifier != Qualifier::Exact).map(|q| lower(q.name()));
    let unusual: Vec<String> = [status, qualifier].into_iter().flatten().collect();
    let unusual = (!unusual.is_empty()).then(|| format!("({})", unusual.join(", ")));
    [number, unusual].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn goal(comparator: Comparator, value: Decimal) -> String {
    format!("{} {value}", crate::explain::sign(comparator))
}

/// A name in the languages that it has.
fn label(name: &Name) -> String {
    let both = [&name.zh, &name.en].into_iter().filter(|text| !text.is_empty());
    both.map(Text::as_str).collect::<Vec<_>>().join(" / ")
}

fn lower(name: &str) -> String {
    name.to_ascii_lowercase()
}
