//! Targets and how indicators stand against them.

use hefu_proto::{convert, v1};
use hefu_types::event::plan::TrajectoryDeclared;
use hefu_views::Row;
use hefu_views::plan::{Original, Target};
use hefu_views::progress::{Forecast, ForecastMethod, Progress, Status};

/// A target and how the latest value stands against it.
pub(crate) fn progress(progress: &Progress) -> v1::TargetProgress {
    let status = match progress.status {
        Status::NoReport => v1::TargetStatus::NoReport,
        Status::Met => v1::TargetStatus::Met,
        Status::OnTrack => v1::TargetStatus::OnTrack,
        Status::AtRisk => v1::TargetStatus::AtRisk,
        Status::Behind => v1::TargetStatus::Behind,
    };
    v1::TargetProgress {
        target: Some(target(&progress.target)),
        status: status.into(),
        attained_percent: progress.attained_percent.as_ref().map(convert::to_wire),
        expected: progress.expected.as_ref().map(convert::to_wire),
        forecast: progress.forecast.as_ref().map(forecast),
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
    };
    v1::Forecast { value: Some(convert::to_wire(&forecast.value)), method: method.into() }
}
