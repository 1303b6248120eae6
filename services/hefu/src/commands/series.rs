//! `hefu series`.

use hefu_proto::v1;
use hefu_types::Code;

use crate::args::AsOfArgs;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::{Hash, Number, Time, record};
use crate::words;

#[derive(Debug, clap::Args)]
pub(crate) struct SeriesArgs {
    /// The indicator's code.
    indicator: Code,
    /// The area; all areas without it.
    #[arg(long, value_name = "CODE", default_value = "")]
    area: String,
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
        both qualifier: String,
        data as_of_date: String,
        both member: String,
        both recorded_at: Time,
        both seq: u64,
        data event_index: u64,
        data submission_hash: Hash,
        data key: Hash,
        both retracted: bool,
        data source_title: String,
        data source_uri: String,
        data source_date: String,
        data note: String,
        both reason: String,
    }
}

pub(crate) async fn run(context: &Context, args: SeriesArgs) -> Result<(), Failure> {
    let server = context.server()?;
    let request = v1::GetSeriesRequest {
        indicator: args.indicator.to_string(),
        area: args.area,
        include_history: args.history,
        as_of: args.as_of.moment(),
        min_seq: args.as_of.min_seq,
    };
    let answer = server.views().get_series(request).await.map_err(|s| server.error(s))?.into_inner();
    context.rows(&answer.observations.into_iter().map(row).collect::<Vec<_>>())
}

fn row(observation: v1::Observation) -> ObservationRow {
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
        retracted: observation.retracted,
        source_title: source.title,
        source_uri: source.uri,
        source_date: source.date,
        area: observation.area,
        period: observation.period,
        as_of_date: observation.as_of_date,
        member: observation.member,
        note: observation.note,
        reason: observation.reason,
    }
}
