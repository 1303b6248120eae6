//! `hefu series`.

use hefu_proto::v1;
use hefu_types::{Code, Reason, Refusal};

use crate::args::AsOfArgs;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::{Hash, Number, Time, Word, record};
use crate::words;

#[derive(Debug, clap::Args)]
pub(crate) struct SeriesArgs {
    /// The indicator's code.
    indicator: Code,
    /// The area; all areas without it.
    #[arg(long, value_name = "CODE")]
    area: Option<Code>,
    /// Every vintage, corrected and retracted ones too, instead of those that stand.
    #[arg(long)]
    history: bool,
    #[command(flatten)]
    as_of: AsOfArgs,
}

record! {
    /// An observation.
    struct ObservationRow {
        both area: String,
        both period: String,
        both value: Option<Number>,
        both obs_status: String,
        both qualifier: Word,
        data as_of_date: String,
        both member: String,
        data delegate: String,
        both recorded_at: Time,
        both seq: u64,
        data event_index: u64,
        data submission_hash: Hash,
        data key: Hash,
        data key_compromised: bool,
        both retracted: bool,
        data source_title: String,
        data source_uri: String,
        data source_date: String,
        data note: String,
        both reason: String,
        both conf_status: String,
        data embargo_until: Option<Time>,
        data commitment: Option<Hash>,
        data readers: Vec<String>,
        data method: String,
        data evidence: Vec<String>,
    }
}

pub(crate) async fn run(context: &Context, args: SeriesArgs) -> Result<(), Failure> {
    let server = context.server()?;
    let request = v1::GetSeriesRequest {
        indicator: args.indicator.to_string(),
        area: args.area.as_ref().map(Code::to_string).unwrap_or_default(),
        include_history: args.history,
        as_of: args.as_of.moment(),
        min_seq: args.as_of.min_seq,
    };
    let answer = server.ask(async |server| server.views().get_series(request.clone()).await).await?;
    if let (Some(area), true) = (&args.area, answer.observations.is_empty()) {
        let request = v1::GetIndicatorRequest {
            indicator: args.indicator.to_string(),
            as_of: args.as_of.moment(),
            min_seq: args.as_of.min_seq,
        };
        let answer = server.ask(async |server| server.views().get_indicator(request.clone()).await).await?;
        check_observed(area, &answer.definition.unwrap_or_default())?;
    }
    context.rows(&answer.observations.into_iter().map(observation_row).collect::<Vec<_>>())
}

/// Refuses an area that the indicator is not observed in.
fn check_observed(area: &Code, definition: &v1::IndicatorDefined) -> Result<(), Refusal> {
    if definition.areas.iter().any(|known| known == area.as_str()) {
        return Ok(());
    }
    let detail = format!("{} is not observed in {area}, only in {}", definition.indicator, definition.areas.join(", "));
    Err(Refusal::new(Reason::AreaNotObserved, "area", detail))
}

pub(crate) fn observation_row(observation: v1::Observation) -> ObservationRow {
    let source = observation.source.unwrap_or_default();
    ObservationRow {
        value: words::number(observation.value.as_ref()),
        obs_status: words::obs_status(observation.obs_status),
        qualifier: words::qualifier(observation.qualifier),
        recorded_at: Time(observation.recorded_at),
        seq: observation.seq,
        event_index: observation.event_index.into(),
        submission_hash: Hash::of(&observation.submission_hash),
        key: Hash::of(&observation.key),
        key_compromised: observation.key_compromised,
        retracted: observation.retracted,
        source_title: source.title,
        source_uri: source.uri,
        source_date: source.date,
        conf_status: if observation.retracted { String::new() } else { words::conf_status(observation.conf_status) },
        embargo_until: words::time(observation.embargo_until),
        commitment: (!observation.commitment.is_empty()).then(|| Hash::of(&observation.commitment)),
        evidence: observation.evidence.iter().map(words::evidence).collect(),
        readers: observation.readers,
        method: observation.method,
        area: observation.area,
        period: observation.period,
        as_of_date: observation.as_of_date,
        member: observation.member,
        delegate: observation.delegate,
        note: observation.note,
        reason: observation.reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_area_without_the_indicator_is_refused() {
        let (indicator, areas) = ("gz-5g".into(), vec!["520000".into(), "520100".into()]);
        let definition = v1::IndicatorDefined { indicator, areas, ..v1::IndicatorDefined::default() };
        let check = |area: &str| check_observed(&Code::new(area).unwrap(), &definition);
        assert!(check("520100").is_ok());
        let refusal = check("nope").unwrap_err();
        assert_eq!(refusal.reason, Reason::AreaNotObserved);
        assert_eq!(refusal.detail, "gz-5g is not observed in nope, only in 520000, 520100");
    }
}
