//! `hefu explain`.

use hefu_client::Server;
use hefu_proto::v1;
use hefu_types::{Code, Period, Reason, Refusal};

use super::board::target_text;
use super::roll_up::areas;
use crate::args::AsOfArgs;
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::lang::{Lang, both, note};
use crate::output::{Hash, Number, Time, Word, record};
use crate::words;

#[derive(Debug, clap::Args)]
pub(crate) struct ExplainArgs {
    /// The indicator's code.
    indicator: Code,
    /// The area; the first one that has a value without it.
    #[arg(long, value_name = "CODE")]
    area: Option<Code>,
    /// The period; the one that the board shows without it.
    #[arg(long)]
    period: Option<Period>,
    #[command(flatten)]
    as_of: AsOfArgs,
}

record! {
    /// The number that is explained.
    struct NumberRow {
        both indicator: String,
        both name_zh: String,
        both name_en: String,
        both area: String,
        both period: String,
        both value: Option<Number>,
        both areas: String,
        both unit: String,
        both qualifier: Word,
        both obs_status: String,
        both member: String,
        both note: String,
        both source_title: String,
        both source_uri: String,
        both targets: Vec<Word>,
    }
}

record! {
    /// An event behind a number.
    struct EvidenceRow {
        both role: Word,
        both kind: Word,
        both seq: u64,
        data event_index: u64,
        both recorded_at: Time,
        both member: String,
        both key: Hash,
        data submission_hash: Hash,
        both summary: String,
    }
}

pub(crate) async fn run(context: &Context, args: ExplainArgs) -> Result<(), Failure> {
    let server = context.server()?;
    let area = match &args.area {
        Some(area) => area.to_string(),
        None => usual_area(&server, &args).await?,
    };
    let request = v1::ExplainValueRequest {
        indicator: args.indicator.to_string(),
        area,
        period: args.period.map(|p| p.to_string()).unwrap_or_default(),
        as_of: args.as_of.moment(),
        min_seq: args.as_of.min_seq,
    };
    let answer = server.ask(async |server| server.views().explain_value(request.clone()).await).await?;
    if let Some(period) = args.period.filter(|_| !says_something(&answer)) {
        let detail = format!("nothing was reported for {} in {} for {period}", args.indicator, request.area);
        return Err(Refusal::new(Reason::ObservationNotFound, "period", detail).into());
    }
    let row = number_row(answer.row.unwrap_or_default());
    let evidence: Vec<EvidenceRow> = answer.evidence.into_iter().map(evidence_row).collect();
    context.with_rows(&row, "evidence", &evidence)
}

/// The first area with a value; a word on stderr when there are others.
async fn usual_area(server: &Server, args: &ExplainArgs) -> Result<String, Failure> {
    let request = v1::GetIndicatorRequest {
        indicator: args.indicator.to_string(),
        as_of: args.as_of.moment(),
        min_seq: args.as_of.min_seq,
    };
    let answer = server.ask(async |server| server.views().get_indicator(request.clone()).await).await?;
    let reported: Vec<_> = answer.rows.iter().filter(|row| row.latest.is_some() || row.rolled_up.is_some()).collect();
    let Some(row) = reported.first() else {
        let detail = format!("nothing was reported for {}", args.indicator);
        return Err(Failure::new(
            Exit::Refused,
            "OBSERVATION_NOT_FOUND",
            detail,
            both!("Look at the board first.", "请先查看看板。"),
        ));
    };
    if reported.len() > 1 {
        let (area, count) = (&row.area, reported.len());
        note!(
            "area {area}, one of {count} with a value; choose with --area",
            "地区 {area}，为有数值的 {count} 个地区之一；可用 --area 选择"
        );
    }
    Ok(row.area.clone())
}

/// Whether anything was ever observed of the number: a value, a missing one, or one that was taken back.
fn says_something(answer: &v1::ExplainValueResponse) -> bool {
    use v1::EvidenceRole::{Part, Superseded, Value};
    let observed = [Value as i32, Superseded as i32, Part as i32];
    answer.evidence.iter().any(|evidence| observed.contains(&evidence.role))
}

fn number_row(row: v1::BoardRow) -> NumberRow {
    let rolled = row.rolled_up.as_ref();
    let (areas, made) =
        (rolled.map(areas).unwrap_or_default(), rolled.and_then(|rolled| words::number(rolled.value.as_ref())));
    let made_for = rolled.map(|rolled| rolled.period.clone()).unwrap_or_default();
    let (name, latest) = (row.name.unwrap_or_default(), row.latest.unwrap_or_default());
    let source = latest.source.unwrap_or_default();
    NumberRow {
        indicator: row.indicator,
        name_zh: name.zh,
        name_en: name.en,
        area: row.area,
        period: if latest.period.is_empty() { made_for } else { latest.period },
        value: words::number(latest.value.as_ref()).or(made),
        areas,
        unit: row.unit,
        qualifier: words::qualifier(latest.qualifier),
        obs_status: words::obs_status(latest.obs_status),
        member: latest.member,
        note: latest.note,
        source_title: source.title,
        source_uri: source.uri,
        targets: row.targets.iter().map(target).collect(),
    }
}

/// A target in a few words, such as `2022 ≥ 80000 (hard): met, 157.50 %`, or `2022 ≥ 80000 (was ≥ 90000) (hard): behind, 50.00 %,
/// forecast 70000`.
fn target(progress: &v1::TargetProgress) -> Word {
    let target = progress.target.clone().unwrap_or_default();
    let attained =
        words::number(progress.attained_percent.as_ref()).map_or_else(String::new, |n| format!(", {} %", n.0));
    let forecast = progress.forecast.as_ref().and_then(|forecast| words::number(forecast.value.as_ref()));
    let (strength, status) = (words::strength(target.strength), words::target_status(progress.status));
    let (year, goal) = (target.year, target_text(&target));
    let said = |lang: Lang| {
        let (strength, status) = (strength.said(lang), status.said(lang));
        let word = lang.of("forecast", "预测");
        let forecast = forecast.as_ref().map_or_else(String::new, |n| format!(", {word} {}", n.0));
        format!("{year} {goal} ({strength}): {status}{attained}{forecast}")
    };
    Word::new(said(Lang::En), Some(said(Lang::Zh)))
}

fn evidence_row(evidence: v1::Evidence) -> EvidenceRow {
    EvidenceRow {
        role: words::evidence_role(evidence.role),
        kind: words::event_kind(evidence.kind),
        seq: evidence.seq,
        event_index: evidence.event_index.into(),
        recorded_at: Time(evidence.recorded_at),
        member: evidence.member,
        key: Hash::of(&evidence.key),
        submission_hash: Hash::of(&evidence.submission_hash),
        summary: evidence.summary,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_and_its_targets_are_no_observation() {
        use v1::EvidenceRole::{Baseline, Definition, Plan, Superseded, Target, Value};
        let says = |roles: &[v1::EvidenceRole]| {
            let evidence = roles.iter().map(|&role| v1::Evidence { role: role as i32, ..v1::Evidence::default() });
            let evidence = evidence.collect();
            says_something(&v1::ExplainValueResponse { evidence, ..v1::ExplainValueResponse::default() })
        };
        assert!(!says(&[]) && !says(&[Plan, Definition, Target, Baseline]));
        assert!(says(&[Plan, Target, Value]) && says(&[Plan, Superseded]) && says(&[Plan, v1::EvidenceRole::Part]));
    }
}
