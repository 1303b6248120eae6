//! Targets, how indicators stand against them, and what areas amount to.

use hefu_proto::{convert, v1};
use hefu_types::Code;
use hefu_types::event::plan::TrajectoryDeclared;
use hefu_views::Row;
use hefu_views::plan::{Original, Target};
use hefu_views::progress::{Forecast, ForecastMethod, Progress, Status};
use hefu_views::rollup::{Part, RolledUp};
use hefu_views::series::ObservationFact;
use hefu_views::target_check::{TargetCheck, Verdict};

use crate::bytes;

/// A target and how the latest value stands against it.
pub(crate) fn progress(progress: &Progress) -> v1::TargetProgress {
    let status = match progress.status {
        Status::NoReport => v1::TargetStatus::NoReport,
        Status::Met => v1::TargetStatus::Met,
        Status::OnTrack => v1::TargetStatus::OnTrack,
        Status::AtRisk => v1::TargetStatus::AtRisk,
        Status::Behind => v1::TargetStatus::Behind,
        Status::Withheld => v1::TargetStatus::Withheld,
    };
    v1::TargetProgress {
        target: Some(target(&progress.target)),
        status: status.into(),
        attained_percent: progress.attained_percent.as_ref().map(convert::to_wire),
        expected: progress.expected.as_ref().map(convert::to_wire),
        forecast: progress.forecast.as_ref().map(forecast),
        amount: progress.amount.as_ref().map(|amount| convert::to_wire(&amount.value)),
        amount_until: progress.amount.as_ref().map(|amount| amount.until.to_string()).unwrap_or_default(),
    }
}

fn target(target: &Target) -> v1::Target {
    v1::Target {
        year: target.year,
        strength: target.strength.number().cast_signed(),
        comparator: target.comparator.number().cast_signed(),
        value: Some(convert::to_wire(&target.value)),
        adjusted: target.original.is_some(),
        provenance: target.provenance.as_ref().map(convert::to_wire),
        seq: target.origin.seq.get(),
        event_index: target.origin.event_index,
        original: target.original.as_ref().map(original),
        reason: target.reason.to_string(),
        trajectory: target.trajectory.as_ref().map(trajectory),
    }
}

fn original(original: &Original) -> v1::OriginalTarget {
    v1::OriginalTarget {
        comparator: original.comparator.number().cast_signed(),
        value: Some(convert::to_wire(&original.value)),
        seq: original.origin.seq.get(),
        event_index: original.origin.event_index,
    }
}

fn trajectory(Row { origin, fact }: &Row<TrajectoryDeclared>) -> v1::Trajectory {
    v1::Trajectory {
        points: fact.points.iter().map(convert::to_wire).collect(),
        reason: fact.reason.to_string(),
        provenance: fact.provenance.as_ref().map(convert::to_wire),
        seq: origin.seq.get(),
        event_index: origin.event_index,
    }
}

fn forecast(forecast: &Forecast) -> v1::Forecast {
    let method = match forecast.method {
        ForecastMethod::Linear => v1::ForecastMethod::Linear,
        ForecastMethod::RunRate => v1::ForecastMethod::RunRate,
    };
    v1::Forecast { value: Some(convert::to_wire(&forecast.value)), method: method.into() }
}

/// The value of an area that those below it amount to.
#[must_use]
pub fn rolled_up(rolled: &RolledUp) -> v1::RolledUp {
    v1::RolledUp {
        area: rolled.area.to_string(),
        period: rolled.period.to_string(),
        method: rolled.method.number().cast_signed(),
        value: rolled.value.as_ref().map(convert::to_wire),
        expected: u32::try_from(rolled.expected()).unwrap_or(u32::MAX),
        parts: rolled.parts.iter().map(part).collect(),
        missing: rolled.missing.iter().map(ToString::to_string).collect(),
        own: rolled.own.as_ref().map(of_area),
        difference: rolled.difference().as_ref().map(convert::to_wire),
    }
}

fn part(part: &Part) -> v1::RollUpPart {
    let weight = part.weight.as_ref();
    v1::RollUpPart {
        weight: weight.and_then(|row| row.fact.value()).as_ref().map(convert::to_wire),
        weight_seq: weight.map_or(0, |row| row.origin.seq.get()),
        weight_event_index: weight.map_or(0, |row| row.origin.event_index),
        ..of_area(&part.observation)
    }
}

fn of_area(Row { origin, fact }: &Row<ObservationFact>) -> v1::RollUpPart {
    v1::RollUpPart {
        area: fact.area().to_string(),
        value: fact.value().as_ref().map(convert::to_wire),
        seq: origin.seq.get(),
        event_index: origin.event_index,
        submission_hash: bytes(origin.submission_hash.as_bytes()),
        ..v1::RollUpPart::default()
    }
}

/// A target, and what those of the areas below come to.
#[must_use]
pub fn target_check(check: &TargetCheck) -> v1::TargetCheck {
    let verdict = match check.verdict {
        Verdict::Reached => v1::TargetVerdict::Reached,
        Verdict::Short => v1::TargetVerdict::Short,
        Verdict::Incomplete => v1::TargetVerdict::Incomplete,
        Verdict::Undecided => v1::TargetVerdict::Undecided,
    };
    let part = |(area, part): &(Code, Target)| v1::TargetPart { area: area.to_string(), target: Some(target(part)) };
    v1::TargetCheck {
        indicator: check.indicator.to_string(),
        area: check.area.to_string(),
        target: Some(target(&check.target)),
        method: check.method.number().cast_signed(),
        parts: check.parts.iter().map(part).collect(),
        missing: check.missing.iter().map(ToString::to_string).collect(),
        rolled_up: check.rolled_up.as_ref().map(convert::to_wire),
        gap: check.gap.as_ref().map(convert::to_wire),
        verdict: verdict.into(),
    }
}
