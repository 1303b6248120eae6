use hefu_proto::{convert, v1};
use hefu_types::report::ReportStatus;
use hefu_types::{Code, ContentHash, Millis};
use hefu_views::Row;
use hefu_views::members::Delegation;
use hefu_views::reports::{Change, Cycle, Rate, Report, StepFact, StepTaken};

use crate::{bytes, observation};

/// A cycle.
#[must_use]
pub fn cycle(cycle: &Cycle) -> v1::ReportingCycle {
    let exception = |Row { origin, fact }: &Row<_>| v1::LockException {
        granted: Some(convert::to_wire(fact)),
        seq: origin.seq.get(),
        event_index: origin.event_index,
    };
    v1::ReportingCycle {
        opened: Some(convert::to_wire(&cycle.opened)),
        seq: cycle.origin.seq.get(),
        event_index: cycle.origin.event_index,
        exceptions: cycle.exceptions.iter().map(exception).collect(),
    }
}

/// A report, without what it says.
#[must_use]
pub fn report(report: &Report) -> v1::Report {
    let time = |time: Option<Millis>| time.map_or(0, Millis::get);
    v1::Report {
        cycle: report.cycle.to_string(),
        unit: report.unit.to_string(),
        status: status(report.status).into(),
        content: hash(report.content),
        opens_at: report.times.opens_at.get(),
        due_at: report.times.due_at.get(),
        locks_at: report.times.locks_at.get(),
        exception_until: time(report.exception),
        observations: count(report.observations.len()),
        missing: count(report.missing.len()),
        completed_at: time(report.completed_at()),
        on_time: report.is_on_time(),
        steps: report.steps.iter().map(step).collect(),
        changes: report.changes.iter().map(change).collect(),
    }
}

/// A delegation, as it stands at a time.
#[must_use]
pub fn delegation(delegation: &Delegation, now: Millis) -> v1::Delegation {
    let Delegation { delegated, origin, ended } = delegation;
    v1::Delegation {
        delegated: Some(convert::to_wire(delegated)),
        key: bytes(origin.key.as_bytes()),
        recorded_at: origin.recorded_at.get(),
        seq: origin.seq.get(),
        event_index: origin.event_index,
        submission_hash: bytes(origin.submission_hash.as_bytes()),
        holds: delegation.holds(now),
        ended_at: ended.as_ref().map_or(0, |(_, origin)| origin.recorded_at.get()),
        end_reason: ended.as_ref().map(|(reason, _)| reason.to_string()).unwrap_or_default(),
    }
}

/// A cell that a unit may report and has not.
#[must_use]
pub fn report_cell((indicator, area): &(Code, Code)) -> v1::ReportCell {
    v1::ReportCell { indicator: indicator.to_string(), area: area.to_string() }
}

/// How many reports of a unit, cycle or plan there should be, and are.
#[must_use]
pub fn rate(code: &Code, rate: &Rate) -> v1::ReportingRate {
    v1::ReportingRate {
        code: code.to_string(),
        expected_reports: rate.expected,
        actual_reports: rate.actual,
        actual_reports_on_time: rate.on_time,
        reporting_rate: rate.reporting_rate().as_ref().map(convert::to_wire),
        reporting_rate_on_time: rate.reporting_rate_on_time().as_ref().map(convert::to_wire),
    }
}

fn count(items: usize) -> u32 {
    u32::try_from(items).unwrap_or(u32::MAX)
}

fn hash(content: Option<ContentHash>) -> bytes::Bytes {
    content.map(|hash| bytes(hash.as_bytes())).unwrap_or_default()
}

const fn status(status: ReportStatus) -> v1::ReportStatus {
    match status {
        ReportStatus::NotDue => v1::ReportStatus::NotDue,
        ReportStatus::Open => v1::ReportStatus::Open,
        ReportStatus::Submitted => v1::ReportStatus::Submitted,
        ReportStatus::Approved => v1::ReportStatus::Approved,
        ReportStatus::Accepted => v1::ReportStatus::Accepted,
        ReportStatus::Returned => v1::ReportStatus::Returned,
        ReportStatus::Stale => v1::ReportStatus::Stale,
        ReportStatus::Locked => v1::ReportStatus::Locked,
        ReportStatus::Overdue => v1::ReportStatus::Overdue,
        ReportStatus::Nil => v1::ReportStatus::Nil,
    }
}

pub(crate) fn step(taken: &StepTaken) -> v1::ReportStep {
    let kind = match taken.fact {
        StepFact::Submitted(_) => v1::ReportStepKind::Submitted,
        StepFact::Nil(_) => v1::ReportStepKind::Nil,
        StepFact::Approved(_) => v1::ReportStepKind::Approved,
        StepFact::Returned(_) => v1::ReportStepKind::Returned,
        StepFact::Accepted(_) => v1::ReportStepKind::Accepted,
    };
    v1::ReportStep {
        kind: kind.into(),
        content: hash(taken.fact.content()),
        reason: taken.fact.reason().map(ToString::to_string).unwrap_or_default(),
        member: taken.member.to_string(),
        holder: taken.holder.to_string(),
        key: bytes(taken.origin.key.as_bytes()),
        recorded_at: taken.origin.recorded_at.get(),
        seq: taken.origin.seq.get(),
        event_index: taken.origin.event_index,
        submission_hash: bytes(taken.origin.submission_hash.as_bytes()),
        key_compromised: taken.key_compromised,
    }
}

fn change(change: &Change) -> v1::ReportChange {
    let of = [&change.before, &change.now].into_iter().flatten().next();
    let cell = |name: fn(&hefu_views::series::ObservationFact) -> &Code| of.map(|o| name(&o.fact).to_string());
    v1::ReportChange {
        indicator: cell(|fact| fact.indicator()).unwrap_or_default(),
        area: cell(|fact| fact.area()).unwrap_or_default(),
        before: change.before.as_ref().map(observation),
        now: change.now.as_ref().map(observation),
    }
}
