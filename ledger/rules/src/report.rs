//! How a unit's report walks from its reporter to whoever accepts it.
//!
//! What a report says is the unit's observations that stand in the cycle, and nothing else: each step names them by one hash, so
//! that what was approved is exactly what was reported, and a later correction is seen.

use std::collections::BTreeSet;

use hefu_types::event::cycle::{NilReportDeclared, ReportAccepted, ReportApproved, ReportReturned, ReportSubmitted};
use hefu_types::event::membership::Role;
use hefu_types::report::{ReportStatus, Reported, Step, content_hash};
use hefu_types::{Code, ContentHash, Millis, Reason, Refusal};

use serde::{Deserialize, Serialize};

use crate::cycle::{Cycle, check_times, known_cycle};
use crate::delegation::{check_active, delegates};
use crate::event::{Context, Speaker};
use crate::membership::check_reason;
use crate::reporting::{Place, Stands};
use crate::state::State;

/// How far a unit's report has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Report {
    pub(crate) step: Step,
    /// The holder who submitted it, as a number.
    submitter: Option<u32>,
    /// The holder who approved it.
    approver: Option<u32>,
    /// The member that submitted it for the unit, as a number.
    delegate: Option<u32>,
}

/// A unit's report, as far as a look-up tells.
struct Known<'a> {
    cycle: &'a Cycle,
    /// As a number.
    unit: u32,
    report: Report,
}

/// A unit's report, with what it says now.
struct Seen<'a> {
    cycle: &'a Cycle,
    report: Report,
    content: Option<ContentHash>,
    /// The latest end of the exceptions that cover the unit.
    exception: Option<Millis>,
    /// Who reported what it says: holders, and the members whose keys they used.
    holders: BTreeSet<u32>,
    reporters: BTreeSet<u32>,
    status: ReportStatus,
}

fn refuse<T>(reason: Reason, field: &str, detail: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::new(reason, field, detail))
}

impl State {
    fn filed(&self, cycle: u32, unit: u32) -> impl Iterator<Item = (Place, &Stands)> {
        let range = (cycle, unit, Place::FIRST)..=(cycle, unit, Place::LAST);
        self.filed
            .range(range)
            .map(|((_, _, place), ())| (*place, self.cells.get(place).expect("filed while it stands")))
    }

    /// How far a unit's report has come, without a look at what it says.
    fn known<'a>(&'a self, code: &Code, unit: &Code) -> Result<Known<'a>, Refusal> {
        let cycle = known_cycle(self, code)?;
        let Some(number) = cycle.units.get(unit) else {
            return refuse(Reason::UnitNotInCycle, "unit", format!("{unit} does not report in {code}"));
        };
        let report = self.reports.get(&(code.clone(), unit.clone())).copied().unwrap_or_default();
        Ok(Known { cycle, unit: *number, report })
    }

    fn report<'a>(&'a self, code: &Code, unit: &Code, now: Millis) -> Result<Seen<'a>, Refusal> {
        let Known { cycle, unit: number, report } = self.known(code, unit)?;
        let (mut observations, mut holders, mut reporters) = (vec![], BTreeSet::new(), BTreeSet::new());
        for (place, stands) in self.filed(cycle.number, number) {
            let (indicator, area) = (self.numbered(place.indicator), self.numbered(place.area));
            let Stands { submission_hash, index, .. } = *stands;
            observations.push(Reported { indicator, area, submission_hash, index });
            holders.insert(stands.holder);
            reporters.insert(stands.reporter);
        }
        let content = content_hash(code, unit, observations);
        let exception = self.exception(code, unit, None);
        let status = ReportStatus::of(report.step, content, &cycle.times, exception, now);
        Ok(Seen { cycle, report, content, exception, holders, reporters, status })
    }

    /// The state of a unit's report in a cycle at a time, and the hash of what it says; `None` when it is in no such cycle.
    #[must_use]
    pub fn report_status(&self, cycle: &Code, unit: &Code, now: Millis) -> Option<(ReportStatus, Option<ContentHash>)> {
        self.report(cycle, unit, now).ok().map(|seen| (seen.status, seen.content))
    }
}

fn own_unit(speaker: &Speaker, unit: &Code, role: Role) -> Result<(), Refusal> {
    speaker.needs(role)?;
    if speaker.member == *unit {
        return Ok(());
    }
    refuse(Reason::MemberMismatch, "unit", format!("{} does not speak for {unit}", speaker.member))
}

/// A reporter of the unit, or of a delegate for all that the unit reports.
fn reports_for(state: &State, speaker: &Speaker, unit: &Code, now: Millis) -> Result<(), Refusal> {
    if delegates(state, unit, &speaker.member, None, now) {
        check_active(state, unit, "unit")?;
        return speaker.needs(Role::Reporter);
    }
    own_unit(speaker, unit, Role::Reporter)
}

/// The member that speaks for another, as a number.
fn delegate(state: &mut State, speaker: &Speaker, unit: &Code) -> Option<u32> {
    (speaker.member != *unit).then(|| state.number(&speaker.member))
}

fn check_may_report(seen: &Seen<'_>, now: Millis) -> Result<(), Refusal> {
    check_times(&seen.cycle.times, seen.exception, now, "cycle")?;
    match seen.status {
        ReportStatus::Open | ReportStatus::Overdue | ReportStatus::Returned | ReportStatus::Stale => Ok(()),
        status => refuse(Reason::ReportStateWrong, "cycle", format!("the report is {status:?}")),
    }
}

pub(crate) fn decide_submitted(
    state: &State,
    speaker: &Speaker,
    e: &ReportSubmitted,
    context: &Context<'_>,
) -> Result<(), Refusal> {
    reports_for(state, speaker, &e.unit, context.at.recorded_at)?;
    let seen = state.report(&e.cycle, &e.unit, context.at.recorded_at)?;
    check_may_report(&seen, context.at.recorded_at)?;
    match seen.content {
        None => refuse(Reason::ReportEmpty, "content", "no observation of the unit stands in the cycle"),
        Some(content) => check_content(content, Some(e.content).as_ref()),
    }
}

fn check_content(said: ContentHash, named: Option<&ContentHash>) -> Result<(), Refusal> {
    if named == Some(&said) {
        return Ok(());
    }
    refuse(Reason::ContentWrong, "content", format!("the report is {said}"))
}

pub(crate) fn apply_submitted(state: &mut State, speaker: &Speaker, e: &ReportSubmitted) {
    let delegate = delegate(state, speaker, &e.unit);
    let (step, submitter) = (Step::Submitted(e.content), Some(speaker.holder));
    let report = Report { step, submitter, approver: None, delegate };
    state.reports.put((e.cycle.clone(), e.unit.clone()), report);
}

pub(crate) fn decide_nil(
    state: &State,
    speaker: &Speaker,
    e: &NilReportDeclared,
    context: &Context<'_>,
) -> Result<(), Refusal> {
    reports_for(state, speaker, &e.unit, context.at.recorded_at)?;
    let seen = state.report(&e.cycle, &e.unit, context.at.recorded_at)?;
    check_may_report(&seen, context.at.recorded_at)?;
    if seen.content.is_some() {
        return refuse(Reason::NilContradicted, "unit", "observations of the unit stand in the cycle");
    }
    check_reason(&e.reason)
}

pub(crate) fn apply_nil(state: &mut State, speaker: &Speaker, e: &NilReportDeclared) {
    let delegate = delegate(state, speaker, &e.unit);
    let report = Report { step: Step::Nil, submitter: Some(speaker.holder), approver: None, delegate };
    state.reports.put((e.cycle.clone(), e.unit.clone()), report);
}

fn check_not_stale(status: ReportStatus) -> Result<(), Refusal> {
    match status {
        ReportStatus::Stale => refuse(Reason::ReportStale, "content", "observations changed since"),
        _ => Ok(()),
    }
}

/// Four eyes: neither who reported what it says, nor who submitted it.
fn check_other_holder(speaker: &Speaker, holders: impl IntoIterator<Item = u32>) -> Result<(), Refusal> {
    if holders.into_iter().any(|holder| holder == speaker.holder) {
        return refuse(Reason::SameHolder, "unit", "the same holder took an earlier step");
    }
    Ok(())
}

pub(crate) fn decide_approved(
    state: &State,
    speaker: &Speaker,
    e: &ReportApproved,
    context: &Context<'_>,
) -> Result<(), Refusal> {
    own_unit(speaker, &e.unit, Role::Approver)?;
    let seen = state.report(&e.cycle, &e.unit, context.at.recorded_at)?;
    check_not_stale(seen.status)?;
    let Step::Submitted(said) = seen.report.step else {
        return refuse(Reason::ReportStateWrong, "cycle", format!("the report is {:?}", seen.status));
    };
    check_content(said, Some(&e.content))?;
    check_other_holder(speaker, seen.holders.into_iter().chain(seen.report.submitter))
}

pub(crate) fn apply_approved(state: &mut State, speaker: &Speaker, e: &ReportApproved) {
    let holder = speaker.holder;
    state.reports.update(&(e.cycle.clone(), e.unit.clone()), |report| {
        report.step = Step::Approved(e.content);
        report.approver = Some(holder);
    });
}

/// The office, or an approver of a lead unit, and never of the reporting unit.
fn check_accepts(speaker: &Speaker, cycle: &Cycle, unit: &Code) -> Result<(), Refusal> {
    if speaker.member == *unit {
        return refuse(Reason::OwnReport, "unit", format!("{unit} does not accept its own report"));
    }
    if speaker.roles.has(Role::Office) {
        return Ok(());
    }
    speaker.needs(Role::Approver)?;
    if cycle.accepting_units.contains(&speaker.member) {
        return Ok(());
    }
    refuse(Reason::NotAcceptingUnit, "unit", format!("{} accepts no report of this cycle", speaker.member))
}

/// What the report's last step named.
fn said(step: Step) -> Option<ContentHash> {
    match step {
        Step::Submitted(content) | Step::Approved(content) => Some(content),
        Step::Accepted(content) => content,
        Step::Silent | Step::Nil | Step::Returned => None,
    }
}

fn check_said(step: Step, named: Option<ContentHash>) -> Result<(), Refusal> {
    match said(step) {
        said if said == named => Ok(()),
        Some(said) => refuse(Reason::ContentWrong, "content", format!("the report is {said}")),
        None => refuse(Reason::ContentWrong, "content", "it is a nil report, which has no content"),
    }
}

pub(crate) fn decide_returned(
    state: &State,
    speaker: &Speaker,
    e: &ReportReturned,
    context: &Context<'_>,
) -> Result<(), Refusal> {
    let known = state.known(&e.cycle, &e.unit)?;
    match known.report.step {
        Step::Submitted(_) => own_unit(speaker, &e.unit, Role::Approver)?,
        Step::Approved(_) | Step::Nil if speaker.member == e.unit => speaker.needs(Role::Approver)?,
        Step::Approved(_) | Step::Nil | Step::Accepted(_) => check_accepts(speaker, known.cycle, &e.unit)?,
        Step::Silent | Step::Returned => {
            return refuse(Reason::ReportStateWrong, "cycle", "nothing was said that could be returned");
        }
    }
    check_said(known.report.step, e.content)?;
    if speaker.member == e.unit {
        let seen = state.report(&e.cycle, &e.unit, context.at.recorded_at)?;
        check_other_holder(speaker, seen.holders.into_iter().chain(seen.report.submitter))?;
    }
    check_reason(&e.reason)
}

pub(crate) fn apply_returned(state: &mut State, e: &ReportReturned) {
    state.reports.put((e.cycle.clone(), e.unit.clone()), Report { step: Step::Returned, ..Report::default() });
}

pub(crate) fn decide_accepted(
    state: &State,
    speaker: &Speaker,
    e: &ReportAccepted,
    context: &Context<'_>,
) -> Result<(), Refusal> {
    check_accepts(speaker, state.known(&e.cycle, &e.unit)?.cycle, &e.unit)?;
    let seen = state.report(&e.cycle, &e.unit, context.at.recorded_at)?;
    check_not_stale(seen.status)?;
    if !matches!(seen.status, ReportStatus::Approved | ReportStatus::Nil) {
        return refuse(Reason::ReportStateWrong, "cycle", format!("the report is {:?}", seen.status));
    }
    check_said(seen.report.step, e.content)?;
    let own = |number| state.number_of(&speaker.member) == Some(number);
    if seen.reporters.into_iter().chain(seen.report.delegate).any(own) {
        return refuse(Reason::OwnReport, "unit", format!("{} reported for {}", speaker.member, e.unit));
    }
    let before = [seen.report.submitter, seen.report.approver].into_iter().flatten();
    check_other_holder(speaker, seen.holders.into_iter().chain(before))
}

pub(crate) fn apply_accepted(state: &mut State, e: &ReportAccepted) {
    state.reports.update(&(e.cycle.clone(), e.unit.clone()), |report| report.step = Step::Accepted(e.content));
}
