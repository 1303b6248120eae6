//! `hefu data`.

mod sdmx_csv;
mod vintage;

use std::collections::BTreeSet;
use std::path::PathBuf;

use hefu_client::Server;
use hefu_proto::v1;
use hefu_types::{Code, Reason, Refusal};

use super::plan::Known;
use crate::args::{AsOfArgs, DayStart};
use crate::context::Context;
use crate::failure::Failure;
use crate::lang::{both, note};
use crate::output::{self, Format, Hash, Number, Time, record};
use crate::sheet::{self, SheetFormat, Takes};
use crate::words;
use vintage::{Vintage, vintages};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum DataCommand {
    /// Write observations of one moment into a file, or to stdout: those that stand, or every vintage.
    Export(ExportArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    which: WhichArgs,
    /// The area; all areas without it.
    #[arg(long, value_name = "CODE")]
    area: Option<Code>,
    /// The form.
    #[arg(long, value_enum, default_value = "csv")]
    format: DataFormat,
    /// The file to make; stdout without it.
    #[arg(short = 'o', long = "out", value_name = "FILE")]
    out: Option<PathBuf>,
    /// Only what was reported, corrected or retracted at this time (RFC 3339) or since, or since the beginning of this day (UTC).
    #[arg(long, value_name = "TIME|DATE")]
    updated_after: Option<DayStart>,
    /// Every vintage, corrected and retracted ones too, each with the time from which and until which it stood.
    #[arg(long)]
    include_history: bool,
    #[command(flatten)]
    as_of: AsOfArgs,
}

/// Whose observations.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct WhichArgs {
    /// All indicators of a plan.
    #[arg(long, value_name = "CODE")]
    plan: Option<Code>,
    /// Some indicators.
    #[arg(long = "indicator", value_name = "CODE", num_args = 1..)]
    indicators: Vec<Code>,
}

/// The form of exported data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum DataFormat {
    /// SDMX-CSV 2.0.
    SdmxCsv,
    /// A header row, columns as in JSON.
    Csv,
    /// An Excel workbook of one sheet.
    Xlsx,
    /// Decimals as strings, hashes in hex, times in RFC 3339.
    Json,
}

record! {
    /// A vintage of an observation, and what its indicator is.
    struct DataRow {
        both plan: String,
        both indicator: String,
        both name_zh: String,
        both name_en: String,
        both unit_of_measure: String,
        both decimals: u64,
        both area: String,
        both period: String,
        both value: Option<Number>,
        both obs_status: String,
        both qualifier: String,
        both as_of_date: String,
        both member: String,
        both valid_from: Time,
        both valid_to: Option<Time>,
        both retracted: bool,
        both source_title: String,
        both source_uri: String,
        both source_date: String,
        both note: String,
        both reason: String,
        both conf_status: String,
        both embargo_until: Option<Time>,
        both commitment: Option<Hash>,
        both readers: String,
        both method: String,
        both evidence: String,
        both seq: u64,
        both event_index: u64,
        both submission_hash: Hash,
        both key: Hash,
    }
}

pub(crate) async fn run(context: &Context, DataCommand::Export(args): DataCommand) -> Result<(), Failure> {
    if args.format == DataFormat::Xlsx && args.out.is_none() {
        return Err(Failure::usage(both!("a workbook is no text", "工作簿不是文本"), "Give -o FILE.xlsx."));
    }
    let rows = rows(context, &args).await?;
    let updates = args.updated_after.is_some();
    let bytes = match args.format {
        DataFormat::SdmxCsv => sdmx_csv::text(&rows, updates).into_bytes(),
        DataFormat::Csv => sheet::bytes(SheetFormat::Csv, &rows, takes)?,
        DataFormat::Xlsx => sheet::bytes(SheetFormat::Xlsx, &rows, takes)?,
        DataFormat::Json => output::rows(Format::Json, &rows).into_bytes(),
    };
    match &args.out {
        Some(path) => output::create(path, bytes),
        None => Ok(output::print(&String::from_utf8_lossy(&bytes))?),
    }
}

fn takes(_: &str) -> Takes {
    Takes::Anything
}

/// All rows as of one moment, though the log may grow between two questions.
async fn rows(context: &Context, args: &ExportArgs) -> Result<Vec<DataRow>, Failure> {
    let server = context.server()?;
    let (as_of, min_seq) = context.moment(&args.as_of).await?;
    let mut rows = vec![];
    let mut is_observed = false;
    for indicator in indicators(context, &server, args, as_of, min_seq).await? {
        let request = v1::GetIndicatorRequest { indicator: indicator.clone(), as_of: Some(as_of), min_seq };
        let answer = server.ask(async |server| server.views().get_indicator(request.clone()).await).await?;
        let definition = answer.definition.unwrap_or_default();
        let area = args.area.as_ref().map(Code::to_string).unwrap_or_default();
        is_observed |= area.is_empty() || definition.areas.contains(&area);
        let request = v1::GetSeriesRequest { indicator, area, include_history: true, as_of: Some(as_of), min_seq };
        let answer = server.ask(async |server| server.views().get_series(request.clone()).await).await?;
        let since = args.updated_after.map(|after| after.0.get());
        let chosen = vintages(answer.observations).into_iter().filter(|v| v.is_asked_for(args.include_history, since));
        rows.extend(chosen.map(|vintage| row(&definition, vintage)));
    }
    if let (Some(area), false) = (&args.area, is_observed || !rows.is_empty()) {
        let detail = format!("none of the indicators is observed in {area}");
        return Err(Refusal::new(Reason::AreaNotObserved, "area", detail).into());
    }
    note!("rows: {}", "行数：{}", rows.len());
    Ok(rows)
}

async fn indicators(
    context: &Context,
    server: &Server,
    args: &ExportArgs,
    as_of: v1::AsOf,
    min_seq: u64,
) -> Result<BTreeSet<String>, Failure> {
    let Some(plan) = &args.which.plan else {
        return Ok(args.which.indicators.iter().map(Code::to_string).collect());
    };
    let (code, area) = (plan.to_string(), String::new());
    let request = v1::ListIndicatorsRequest { plan: code, area, as_of: Some(as_of), min_seq };
    let board = server.ask(async |server| server.views().list_indicators(request.clone()).await).await?;
    if board.rows.is_empty() {
        Known::read(context).await?.check(Some(plan), None)?;
    }
    Ok(board.rows.into_iter().map(|row| row.indicator).collect())
}

fn row(definition: &v1::IndicatorDefined, Vintage { observation, until }: Vintage) -> DataRow {
    let name = definition.name.clone().unwrap_or_default();
    let source = observation.source.unwrap_or_default();
    DataRow {
        plan: definition.plan.clone(),
        indicator: definition.indicator.clone(),
        name_zh: name.zh,
        name_en: name.en,
        unit_of_measure: definition.unit.clone(),
        decimals: definition.decimals.into(),
        value: words::number(observation.value.as_ref()),
        obs_status: words::obs_status(observation.obs_status),
        qualifier: words::qualifier(observation.qualifier).code().to_owned(),
        valid_from: Time(observation.recorded_at),
        valid_to: until.map(Time),
        retracted: observation.retracted,
        source_title: source.title,
        source_uri: source.uri,
        source_date: source.date,
        conf_status: if observation.retracted { String::new() } else { words::conf_status(observation.conf_status) },
        embargo_until: words::time(observation.embargo_until),
        commitment: (!observation.commitment.is_empty()).then(|| Hash::of(&observation.commitment)),
        evidence: observation.evidence.iter().map(words::evidence).collect::<Vec<_>>().join("; "),
        readers: observation.readers.join(";"),
        method: observation.method,
        seq: observation.seq,
        event_index: observation.event_index.into(),
        submission_hash: Hash::of(&observation.submission_hash),
        key: Hash::of(&observation.key),
        area: observation.area,
        period: observation.period,
        as_of_date: observation.as_of_date,
        member: observation.member,
        note: observation.note,
        reason: observation.reason,
    }
}

/// A row of a value, for the tests of the forms.
#[cfg(test)]
fn example(area: &str, period: &str, value: &str) -> DataRow {
    let number = value.parse::<hefu_types::Decimal>().unwrap();
    let value = Some(v1::Decimal { units: number.units(), scale: number.scale() });
    let observation = v1::Observation {
        area: area.into(),
        period: period.into(),
        value,
        obs_status: v1::ObsStatus::A as i32,
        qualifier: v1::Qualifier::Exact as i32,
        member: "big-data-bureau".into(),
        recorded_at: 1_700_000_000_123,
        seq: 7,
        ..v1::Observation::default()
    };
    let definition = v1::IndicatorDefined {
        indicator: "gz-5g".into(),
        unit: "count".into(),
        decimals: 1,
        ..v1::IndicatorDefined::default()
    };
    row(&definition, Vintage { observation, until: None })
}
