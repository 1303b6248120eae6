//! `hefu board`.

use hefu_proto::v1;
use hefu_types::Code;

use super::plan::Known;
use super::roll_up::areas as areas_text;
use crate::args::AsOfArgs;
use crate::context::Context;
use crate::failure::Failure;
use crate::lang::{Lang, note};
use crate::output::{Cell, Number, Word, record};
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
        data qualifier: Word,
        data obs_status: String,
        both period: Reported,
        data areas: String,
        data missing: Vec<String>,
        data year: Option<u64>,
        both target: Goal,
        data comparator: String,
        data target_value: Option<Number>,
        data original_comparator: String,
        data original_value: Option<Number>,
        data adjustment_reason: String,
        data strength: Word,
        data amount: Option<Number>,
        data amount_until: String,
        both attained_percent: Option<Number>,
        data expected: Option<Number>,
        data trajectory: Vec<String>,
        both status: Word,
        both forecast: Option<Number>,
        data forecast_method: Word,
        both opinion: Word,
        both open_challenges: Option<u64>,
        data seq: Option<u64>,
        data event_index: Option<u64>,
    }
}

/// The period of a value; a table says there how many areas it is made of, too, as in `2023 (8 of 10)`.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(transparent)]
pub(crate) struct Reported {
    period: String,
    #[serde(skip)]
    areas: String,
}

impl Cell for Reported {
    fn text(&self) -> String {
        self.period.clone()
    }

    fn short(&self) -> String {
        let Self { period, areas } = self;
        if areas.is_empty() { period.clone() } else { format!("{period} ({areas})") }
    }
}

/// A target; a table says there by when, and how firmly unless it is hard, as in `2024 ≥ 600000, stretch`.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(transparent)]
pub(crate) struct Goal {
    target: String,
    #[serde(skip)]
    year: u32,
    #[serde(skip)]
    strength: Word,
}

impl Cell for Goal {
    fn text(&self) -> String {
        self.target.clone()
    }

    fn short(&self) -> String {
        let Self { target, year, strength } = self;
        match (target.as_str(), strength.code()) {
            ("", _) => String::new(),
            (target, "hard") => format!("{year} {target}"),
            (target, _) => format!("{year} {target}, {}", strength.said(Lang::now())),
        }
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
    let shown = |row: &&v1::BoardRow| !args.reported || row.latest.is_some() || row.rolled_up.is_some();
    let rows: Vec<TargetRow> = answer.rows.iter().filter(shown).flat_map(target_rows).collect();
    note!("as of size {}", "截至规模 {}", answer.size);
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
    let (forecast, rolled) = (progress.and_then(|p| p.forecast.as_ref()), row.rolled_up.as_ref());
    let strength = target.map(|t| words::strength(t.strength)).unwrap_or_default();
    let period = latest.map(|o| &o.period).or(rolled.map(|r| &r.period)).cloned().unwrap_or_default();
    let areas = rolled.map(areas_text).unwrap_or_default();
    TargetRow {
        indicator: row.indicator.clone(),
        name_zh: name.zh,
        name_en: name.en,
        part: row.part.clone(),
        area: row.area.clone(),
        value: words::number(latest.map_or(rolled.and_then(|r| r.value.as_ref()), |o| o.value.as_ref())),
        unit: row.unit.clone(),
        qualifier: latest.map(|o| words::qualifier(o.qualifier)).unwrap_or_default(),
        obs_status: latest.map(|o| words::obs_status(o.obs_status)).unwrap_or_default(),
        period: Reported { period, areas: areas.clone() },
        areas,
        missing: rolled.map(|r| r.missing.clone()).unwrap_or_default(),
        year: target.map(|t| t.year.into()),
        target: Goal {
            target: target.map(target_text).unwrap_or_default(),
            year: target.map_or(0, |target| target.year),
            strength: strength.clone(),
        },
        comparator,
        target_value,
        original_comparator: original.map(|o| words::comparator(o.comparator)).unwrap_or_default(),
        original_value: original.and_then(|o| words::number(o.value.as_ref())),
        adjustment_reason: target.map(|t| t.reason.clone()).unwrap_or_default(),
        strength,
        amount: progress.and_then(|p| words::number(p.amount.as_ref())),
        amount_until: progress.map(|p| p.amount_until.clone()).unwrap_or_default(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_says_more_in_a_column_than_the_data() {
        let goal = |target: &str, strength: v1::Strength| Goal {
            target: target.into(),
            year: 2024,
            strength: words::strength(strength.into()),
        };
        let none = goal("", v1::Strength::Unspecified);
        let cells = [goal("≥ 5", v1::Strength::Hard), goal("≥ 5", v1::Strength::Stretch), none]
            .map(|cell| (cell.short(), cell.text()));
        let expected = [("2024 ≥ 5", "≥ 5"), ("2024 ≥ 5, stretch", "≥ 5"), ("", "")];
        assert_eq!(cells, expected.map(|(short, text)| (short.to_owned(), text.to_owned())));
        let partial = Reported { period: "2023".into(), areas: "8 of 10".into() };
        assert_eq!([partial.short(), partial.text()], ["2023 (8 of 10)", "2023"]);
        assert_eq!(serde_json::json!(partial), "2023");
    }

    #[test]
    fn an_adjusted_target_shows_what_it_was() {
        let value = |units| Some(v1::Decimal { units, scale: 0 });
        let comparator = v1::Comparator::AtLeast.into();
        let original = Some(v1::OriginalTarget { comparator, value: value(9), ..v1::OriginalTarget::default() });
        let target = v1::Target { comparator, value: value(8), ..v1::Target::default() };
        assert_eq!(target_text(&target), "≥ 8");
        assert_eq!(target_text(&v1::Target { original, ..target }), "≥ 8 (was ≥ 9)");
    }
}
