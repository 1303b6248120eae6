//! `hefu board`.

use hefu_proto::v1;
use hefu_types::Code;

use super::plan::Known;
use crate::args::AsOfArgs;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::{Number, record};
use crate::words;

#[derive(Debug, clap::Args)]
pub(crate) struct BoardArgs {
    /// The plan; all plans without it.
    #[arg(long, value_name = "CODE")]
    plan: Option<Code>,
    /// The area; all areas without it.
    #[arg(long, value_name = "CODE")]
    area: Option<Code>,
    /// Only indicators that something was reported for.
    #[arg(long)]
    reported: bool,
    #[command(flatten)]
    as_of: AsOfArgs,
}

record! {
    /// An indicator in an area against one of its targets.
    struct TargetRow {
        both indicator: String,
        both name_zh: String,
        data name_en: String,
        data part: String,
        both area: String,
        both value: Option<Number>,
        both unit: String,
        data qualifier: String,
        data obs_status: String,
        both period: String,
        both year: Option<u64>,
        both target: String,
        data comparator: String,
        data target_value: Option<Number>,
        data original_comparator: String,
        data original_value: Option<Number>,
        data adjustment_reason: String,
        both strength: String,
        both attained_percent: Option<Number>,
        data expected: Option<Number>,
        data trajectory: Vec<String>,
        both status: String,
        both forecast: Option<Number>,
        data forecast_method: String,
        both opinion: String,
        both open_challenges: Option<u64>,
        data seq: Option<u64>,
        data event_index: Option<u64>,
    }
}

pub(crate) async fn run(context: &Context, args: BoardArgs) -> Result<(), Failure> {
    let server = context.server()?;
    let as_of = args.as_of;
    let text = |code: &Option<Code>| code.as_ref().map(Code::to_string).unwrap_or_default();
    let (plan, area) = (text(&args.plan), text(&args.area));
    let request = v1::ListIndicatorsRequest { plan, area, as_of: as_of.moment(), min_seq: as_of.min_seq };
    let answer = server.ask(async |server| server.views().list_indicators(request.clone()).await).await?;
    if answer.rows.is_empty() && (args.plan.is_some() || args.area.is_some()) {
        Known::read(context).await?.check(args.plan.as_ref(), args.area.as_ref())?;
    }
    let shown = |row: &&v1::BoardRow| !args.reported || row.latest.is_some();
    let rows: Vec<TargetRow> = answer.rows.iter().filter(shown).flat_map(target_rows).collect();
    eprintln!("as of size {}", answer.size);
    context.rows(&rows)
}

/// One row for each target; one without a target for an indicator that has none in this area.
pub(crate) fn target_rows(row: &v1::BoardRow) -> Vec<TargetRow> {
    match row.targets.as_slice() {
        [] => vec![target_row(row, None)],
        targets => targets.iter().map(|target| target_row(row, Some(target))).collect(),
    }
}

fn target_row(row: &v1::BoardRow, progress: Option<&v1::TargetProgress>) -> TargetRow {
    let name = row.name.clone().unwrap_or_default();
    let target = progress.and_then(|p| p.target.as_ref());
    let comparator = target.map(|t| words::comparator(t.comparator)).unwrap_or_default();
    let target_value = target.and_then(|t| words::number(t.value.as_ref()));
    let (latest, original) = (row.latest.as_ref(), target.and_then(|t| t.original.as_ref()));
    let forecast = progress.and_then(|p| p.forecast.as_ref());
    TargetRow {
        indicator: row.indicator.clone(),
        name_zh: name.zh,
        name_en: name.en,
        part: row.part.clone(),
        area: row.area.clone(),
        value: latest.and_then(|o| words::number(o.value.as_ref())),
        unit: row.unit.clone(),
        qualifier: latest.map(|o| words::qualifier(o.qualifier)).unwrap_or_default(),
        obs_status: latest.map(|o| words::obs_status(o.obs_status)).unwrap_or_default(),
        period: latest.map(|o| o.period.clone()).unwrap_or_default(),
        year: target.map(|t| t.year.into()),
        target: target.map(target_text).unwrap_or_default(),
        comparator,
        target_value,
        original_comparator: original.map(|o| words::comparator(o.comparator)).unwrap_or_default(),
        original_value: original.and_then(|o| words::number(o.value.as_ref())),
        adjustment_reason: target.map(|t| t.reason.clone()).unwrap_or_default(),
        strength: target.map(|t| words::strength(t.strength)).unwrap_or_default(),
        attained_percent: progress.and_then(|p| words::number(p.attained_percent.as_ref())),
        expected: progress.and_then(|p| words::number(p.expected.as_ref())),
        trajectory: target.and_then(|t| t.trajectory.as_ref()).map(points).unwrap_or_default(),
        status: progress.map(|p| words::target_status(p.status)).unwrap_or_default(),
        forecast: forecast.and_then(|f| words::number(f.value.as_ref())),
        forecast_method: forecast.map(|f| words::forecast_method(f.method)).unwrap_or_default(),
        opinion: words::opinion(row.opinion),
        open_challenges: (row.open_challenges > 0).then_some(row.open_challenges.into()),
        seq: latest.map(|o| o.seq),
        event_index: latest.map(|o| o.event_index.into()),
    }
}

/// A target in a few signs, such as `≥ 80000`; what an adjusted one was when it was set stands behind it, as in
/// `≥ 80000 (was ≥ 90000)`.
pub(crate) fn target_text(target: &v1::Target) -> String {
    let text = |comparator, value: &Option<v1::Decimal>| {
        let value = words::number(value.as_ref()).map(|number| number.0).unwrap_or_default();
        format!("{} {value}", words::comparator(comparator))
    };
    let now = text(target.comparator, &target.value);
    match &target.original {
        Some(original) => format!("{now} (was {})", text(original.comparator, &original.value)),
        None => now,
    }
}

/// The points of a trajectory, each such as `2023: 1200`.
fn points(trajectory: &v1::Trajectory) -> Vec<String> {
    let value = |point: &v1::TrajectoryPoint| words::number(point.value.as_ref()).map(|n| n.0).unwrap_or_default();
    trajectory.points.iter().map(|point| format!("{}: {}", point.period, value(point))).collect()
}
