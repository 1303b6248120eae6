//! `hefu report template`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use hefu_client::Server;
use hefu_proto::v1;
use hefu_types::event::reporting::{ConfStatus, ObsStatus, Qualifier};
use hefu_types::{Code, Reason, Refusal};

use super::step::unit_of;
use crate::args::{AsOfArgs, KeyArg};
use crate::context::Context;
use crate::failure::Failure;
use crate::lang::{both, note};
use crate::output::{self, Number, record};
use crate::sheet::{self, SheetFormat, Takes};
use crate::words;

#[derive(Debug, clap::Args)]
pub(crate) struct TemplateArgs {
    /// The cycle.
    cycle: Code,
    #[command(flatten)]
    unit: UnitArgs,
    /// The file to make: FILE.csv or FILE.xlsx.
    #[arg(short = 'o', long = "out", value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    as_of: AsOfArgs,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct UnitArgs {
    /// The unit's public key: hex, or a file.
    #[arg(long)]
    key: Option<KeyArg>,
    /// The unit.
    #[arg(long, value_name = "CODE")]
    unit: Option<Code>,
}

record! {
    /// A cell that a unit may report, with what stands there: the columns that `hefu submit --csv` takes, and in front of the
    /// area what they mean.
    struct TemplateRow {
        both indicator: String,
        both name_zh: String,
        both name_en: String,
        both unit_of_measure: String,
        both decimals: u64,
        both area: String,
        both period: String,
        both value: Option<Number>,
        both status: String,
        both qualifier: String,
        both as_of_date: String,
        both source_title: String,
        both source_uri: String,
        both source_date: String,
        both note: String,
        both supersedes: String,
        both reason: String,
        both on_behalf_of: String,
        both method: String,
        both conf_status: String,
        both embargo_until: String,
        both readers: String,
    }
}

pub(super) async fn run(context: &Context, args: &TemplateArgs) -> Result<(), Failure> {
    let format = SheetFormat::of(&args.out)?;
    let server = context.server()?;
    let unit = match (&args.unit.key, &args.unit.unit) {
        (Some(KeyArg(key)), _) => unit_of(&server, key).await?,
        (None, Some(unit)) => unit.clone(),
        (None, None) => {
            return Err(Failure::usage(both!("whose report?", "哪个单位的报表？"), "Give --key or --unit."));
        }
    };
    let rows = rows(&server, &args.cycle, &unit, context.moment(&args.as_of).await?).await?;
    output::create(&args.out, sheet::bytes(format, &rows, takes)?)?;
    let filled = rows.iter().filter(|row| !row.status.is_empty()).count();
    let (out, cells, cycle) = (args.out.display(), rows.len(), &args.cycle);
    note!(
        "{out}: {cells} cells of {unit} in {cycle}, {filled} reported",
        "{out}：单位 {unit} 在周期 {cycle} 有 {cells} 个填报项，已填报 {filled} 个"
    );
    Ok(())
}

async fn rows(
    server: &Server,
    cycle: &Code,
    unit: &Code,
    (as_of, min_seq): (v1::AsOf, u64),
) -> Result<Vec<TemplateRow>, Failure> {
    let as_of = Some(as_of);
    let request = v1::ListCyclesRequest { plan: String::new(), as_of, min_seq };
    let cycles = server.ask(async |server| server.reports().list_cycles(request.clone()).await).await?.cycles;
    let mut opened = cycles.into_iter().filter_map(|cycle| cycle.opened);
    let period = opened.find(|opened| opened.cycle == cycle.as_str()).map(|opened| opened.period);
    let unknown = || Refusal::new(Reason::CycleNotFound, "cycle", format!("no cycle {cycle}"));
    let period = period.ok_or_else(unknown)?;
    let (cycle, unit) = (cycle.to_string(), unit.to_string());
    let request = v1::GetReportRequest { cycle, unit, at: 0, as_of, min_seq };
    let report = server.ask(async |server| server.reports().get_report(request.clone()).await).await?;
    let standing = report.observations.iter().map(|observation| observation.indicator.as_str());
    let codes: BTreeSet<&str> = standing.chain(report.missing.iter().map(|cell| cell.indicator.as_str())).collect();
    let mut definitions = BTreeMap::new();
    for code in codes {
        let request = v1::GetIndicatorRequest { indicator: code.into(), as_of, min_seq };
        let answer = server.ask(async |server| server.views().get_indicator(request.clone()).await).await?;
        definitions.insert(code.to_owned(), answer.definition.unwrap_or_default());
    }
    Ok(cells(&report, &period, &definitions))
}

/// A row for each cell, by indicator and area.
fn cells(
    report: &v1::GetReportResponse,
    period: &str,
    definitions: &BTreeMap<String, v1::IndicatorDefined>,
) -> Vec<TemplateRow> {
    let empty = |indicator: &str, area: &str| {
        let definition = definitions.get(indicator).cloned().unwrap_or_default();
        let name = definition.name.unwrap_or_default();
        let [status, qualifier, as_of_date, source_title, source_uri, source_date] = [const { String::new() }; 6];
        let [note, supersedes, reason, on_behalf_of, method] = [const { String::new() }; 5];
        let [conf_status, embargo_until, readers] = [const { String::new() }; 3];
        TemplateRow {
            indicator: indicator.into(),
            name_zh: name.zh,
            name_en: name.en,
            unit_of_measure: definition.unit,
            decimals: definition.decimals.into(),
            area: area.into(),
            period: period.into(),
            value: None,
            status,
            qualifier,
            as_of_date,
            source_title,
            source_uri,
            source_date,
            note,
            supersedes,
            reason,
            on_behalf_of,
            method,
            conf_status,
            embargo_until,
            readers,
        }
    };
    let filled = |observation: &v1::Observation| {
        let source = observation.source.clone().unwrap_or_default();
        TemplateRow {
            value: words::number(observation.value.as_ref()),
            status: words::obs_status(observation.obs_status),
            qualifier: words::qualifier(observation.qualifier).code().to_owned(),
            as_of_date: observation.as_of_date.clone(),
            source_title: source.title,
            source_uri: source.uri,
            source_date: source.date,
            note: observation.note.clone(),
            on_behalf_of: if observation.delegate.is_empty() { String::new() } else { observation.member.clone() },
            method: observation.method.clone(),
            ..empty(&observation.indicator, &observation.area)
        }
    };
    // A value that is not free can't be filled in: its row stays blank, which leaves what stands as it is.
    let filled = |observation: &v1::Observation| match observation.conf_status {
        0 => filled(observation),
        _ => empty(&observation.indicator, &observation.area),
    };
    let missing = report.missing.iter().map(|cell| empty(&cell.indicator, &cell.area));
    let mut rows: Vec<TemplateRow> = report.observations.iter().map(filled).chain(missing).collect();
    rows.sort_by(|a, b| (&a.indicator, &a.area).cmp(&(&b.indicator, &b.area)));
    rows
}

/// A value is typed as a number; what is typed elsewhere stays as it is, so that no period becomes a date.
fn takes(column: &str) -> Takes {
    match column {
        "value" | "decimals" => Takes::Anything,
        "status" => Takes::OneOf(ObsStatus::ALL.iter().map(|status| status.name().to_owned()).collect()),
        "conf_status" => Takes::OneOf(ConfStatus::ALL.iter().map(|status| status.name().to_owned()).collect()),
        "qualifier" => Takes::OneOf(Qualifier::ALL.iter().map(|q| q.name().to_ascii_lowercase()).collect()),
        _ => Takes::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::{COLUMNS, DESCRIBING, Draft};
    use crate::output::Record as _;

    fn report() -> (v1::GetReportResponse, BTreeMap<String, v1::IndicatorDefined>) {
        let observation = v1::Observation {
            indicator: "gz-5g".into(),
            area: "520000".into(),
            period: "2024-H1".into(),
            value: Some(v1::Decimal { units: 6050, scale: 2 }),
            obs_status: v1::ObsStatus::P as i32,
            qualifier: v1::Qualifier::AtLeast as i32,
            as_of_date: "2024-06-29".into(),
            source: Some(v1::Source { title: "公报".into(), date: "2024-07".into(), ..v1::Source::default() }),
            note: "一, \"二\"".into(),
            method: "counted".into(),
            ..v1::Observation::default()
        };
        let missing = |area: &str| v1::ReportCell { indicator: "gz-5g".into(), area: area.into() };
        let withheld = v1::Observation {
            indicator: "gz-5g".into(),
            area: "520100".into(),
            obs_status: v1::ObsStatus::A as i32,
            conf_status: v1::ConfStatus::N as i32,
            commitment: vec![7; 32].into(),
            ..v1::Observation::default()
        };
        let report = v1::GetReportResponse {
            observations: vec![observation, withheld],
            missing: vec![missing("110000")],
            ..v1::GetReportResponse::default()
        };
        let definition = v1::IndicatorDefined {
            name: Some(v1::Name { zh: "5G基站".into(), en: "5G base stations".into() }),
            unit: "count".into(),
            decimals: 2,
            ..v1::IndicatorDefined::default()
        };
        (report, BTreeMap::from([("gz-5g".to_owned(), definition)]))
    }

    #[test]
    fn a_template_has_the_columns_that_are_read_and_those_that_describe() {
        let mut columns: Vec<&str> = TemplateRow::COLUMNS.iter().map(|column| column.name).collect();
        let mut known: Vec<&str> = COLUMNS.iter().chain(&DESCRIBING).copied().collect();
        columns.sort_unstable();
        known.sort_unstable();
        assert_eq!(columns, known);
    }

    #[test]
    fn what_stands_is_filled_in_and_read_back() {
        let (report, definitions) = report();
        let rows = cells(&report, "2024-H1", &definitions);
        assert_eq!(rows.iter().map(|row| row.area.as_str()).collect::<Vec<_>>(), ["110000", "520000", "520100"]);
        let formats = [SheetFormat::Csv, SheetFormat::Xlsx];
        for format in formats.into_iter().filter(|f| cfg!(feature = "xlsx") || *f == SheetFormat::Csv) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("template");
            output::create(&path, sheet::bytes(format, &rows, takes).unwrap()).unwrap();
            let sheet = sheet::Sheet::read(&path, format).unwrap();
            let drafts: Vec<Draft> =
                sheet.rows.iter().map(|row| row.fields.deserialize(Some(&sheet.header)).unwrap()).collect();
            assert_eq!(drafts.iter().map(Draft::is_blank).collect::<Vec<_>>(), [true, false, true], "{format:?}");
            let fact = drafts[1].parse().unwrap().fact;
            assert!(fact.value.unwrap().compare("60.50".parse().unwrap()).is_eq(), "{format:?}");
            assert_eq!((fact.period.to_string().as_str(), fact.obs_status), ("2024-H1", ObsStatus::P));
            assert_eq!((fact.qualifier, fact.note.as_str()), (Some(Qualifier::AtLeast), "一, \"二\""));
            assert_eq!(fact.method.as_str(), "counted");
            assert_eq!(fact.source.unwrap().title.as_str(), "公报");
            assert_eq!(fact.as_of_date.unwrap().to_string(), "2024-06-29");
        }
    }
}
