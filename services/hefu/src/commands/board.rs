//! `hefu board`.

use hefu_proto::v1;
use hefu_types::Code;

use super::plan::Known;
use crate::args::AsOfArgs;
use crate::context::Context;
use crate::failure::Failure;
use crate::lang::note;
use crate::output::{Number, Word, record};
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
        both period: String,
        both year: Option<u64>,
        both target: String,
        data comparator: String,
        data target_value: Option<Number>,
        both strength: Word,
        both attained_percent: Option<Number>,
        both status: Word,
        both opinion: Word,
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
    let latest = row.latest.as_ref();
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
        target: target_value.as_ref().map(|v| format!("{comparator} {}", v.0)).unwrap_or_default(),
        comparator,
        target_value,
        strength: target.map(|t| words::strength(t.strength)).unwrap_or_default(),
        attained_percent: progress.and_then(|p| words::number(p.attained_percent.as_ref())),
        status: progress.map(|p| words::target_status(p.status)).unwrap_or_default(),
        opinion: words::opinion(row.opinion),
        open_challenges: (row.open_challenges > 0).then_some(row.open_challenges.into()),
        seq: latest.map(|o| o.seq),
        event_index: latest.map(|o| o.event_index.into()),
    }
}
