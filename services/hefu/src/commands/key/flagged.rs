//! `hefu key flagged`.

use hefu_proto::v1;
use hefu_types::Code;

use crate::args::AsOfArgs;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::{Hash, Number, Word, record};
use crate::words;

#[derive(Debug, clap::Args)]
pub(crate) struct FlaggedArgs {
    /// The unit whose it is; all units without it.
    #[arg(long, value_name = "CODE")]
    unit: Option<Code>,
    #[command(flatten)]
    as_of: AsOfArgs,
}

record! {
    /// What a compromised key said.
    struct FlaggedRow {
        both what: Word,
        both unit: String,
        both indicator: String,
        both area: String,
        both period: String,
        both value: Option<Number>,
        both cycle: String,
        both seq: u64,
        data event_index: u64,
        both key: Hash,
        both revoked_seq: u64,
        both reattested: bool,
        both opinion: Word,
        both auditor: String,
    }
}

pub(super) async fn run(context: &Context, args: FlaggedArgs) -> Result<(), Failure> {
    let FlaggedArgs { unit, as_of } = args;
    let unit = unit.map(|unit| unit.to_string()).unwrap_or_default();
    let request = v1::ListFlaggedRequest { unit, at: 0, as_of: as_of.moment(), min_seq: as_of.min_seq };
    let server = context.server()?;
    let answer = server.ask(async |server| server.assurances().list_flagged(request.clone()).await).await?;
    let observations = answer.observations.into_iter().map(observation_row);
    context.rows(&observations.chain(answer.steps.into_iter().map(step_row)).collect::<Vec<_>>())
}

fn observation_row(flagged: v1::FlaggedObservation) -> FlaggedRow {
    let observation = flagged.observation.unwrap_or_default();
    let attestation = flagged.attestation.unwrap_or_default();
    FlaggedRow {
        what: Word::new("observation", Some("观测值")),
        value: words::number(observation.value.as_ref()),
        seq: observation.seq,
        event_index: observation.event_index.into(),
        key: Hash::of(&observation.key),
        unit: observation.member,
        indicator: observation.indicator,
        area: observation.area,
        period: observation.period,
        cycle: String::new(),
        revoked_seq: flagged.revoked_seq,
        reattested: flagged.reattested,
        opinion: words::opinion(attestation.attested.unwrap_or_default().opinion),
        auditor: attestation.said.unwrap_or_default().member,
    }
}

fn step_row(flagged: v1::FlaggedStep) -> FlaggedRow {
    let step = flagged.step.unwrap_or_default();
    let [indicator, area, period, auditor] = [const { String::new() }; 4];
    FlaggedRow {
        what: words::report_step(step.kind),
        unit: flagged.unit,
        cycle: flagged.cycle,
        seq: step.seq,
        event_index: step.event_index.into(),
        key: Hash::of(&step.key),
        revoked_seq: flagged.revoked_seq,
        reattested: false,
        value: None,
        indicator,
        area,
        period,
        opinion: words::opinion(0),
        auditor,
    }
}
