//! `hefu delegation`.

use hefu_proto::v1;
use hefu_types::event::delegation::{DelegationEnded, ReportingDelegated};
use hefu_types::{Code, SubmissionHash, Text};

use super::challenge::EventArg;
use super::key::text;
use crate::args::{AsOfArgs, DayEnd, StandingArg};
use crate::context::Context;
use crate::failure::Failure;
use crate::output::{Hash, Time, record};
use crate::signer::WriterArgs;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum DelegationCommand {
    /// Let another unit report for one of yours. By an admin of the unit that is to report.
    Grant(GrantArgs),
    /// End a delegation before its time. By an admin of either unit.
    End(EndArgs),
    /// List delegations, ended and expired ones too.
    List {
        /// Those of this unit, and those to it; all without it.
        #[arg(long, value_name = "CODE")]
        unit: Option<Code>,
        #[command(flatten)]
        as_of: AsOfArgs,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct GrantArgs {
    #[command(flatten)]
    signer: WriterArgs,
    /// The unit that is to report: the key's own.
    unit: Code,
    /// The unit that reports for it.
    delegate: Code,
    /// What it may report; without it all that the unit does, and then it may submit the unit's reports, too.
    #[arg(long = "indicator", value_name = "CODE")]
    indicators: Vec<Code>,
    /// Until when: a time (RFC 3339) or a date (its end, UTC).
    #[arg(long, value_name = "TIME|DATE")]
    until: DayEnd,
    /// Why, for the record.
    #[arg(long, value_parser = text)]
    reason: Text,
}

#[derive(Debug, clap::Args)]
pub(crate) struct EndArgs {
    #[command(flatten)]
    signer: WriterArgs,
    /// The unit that was to report.
    unit: Code,
    /// The unit that reported for it.
    delegate: Code,
    /// The delegation: HASH/INDEX, as `hefu delegation list` shows it.
    delegation: EventArg,
    /// Why, for the record.
    #[arg(long, value_parser = text)]
    reason: Text,
}

record! {
    /// A delegation.
    struct DelegationRow {
        both unit: String,
        both delegate: String,
        both indicators: Vec<String>,
        both expires_at: Time,
        both holds: bool,
        both reason: String,
        both ended_at: Option<Time>,
        both end_reason: String,
        both delegation: String,
        data seq: u64,
        data recorded_at: Time,
    }
}

pub(crate) async fn run(context: &Context, command: DelegationCommand) -> Result<(), Failure> {
    match command {
        DelegationCommand::Grant(GrantArgs { signer, unit, delegate, indicators, until, reason }) => {
            let event = ReportingDelegated { unit, delegate, indicators, expires_at: until.0, reason };
            context.submit(&signer, event).await
        }
        DelegationCommand::End(EndArgs { signer, unit, delegate, delegation, reason }) => {
            let (hash, index): (SubmissionHash, u32) = delegation.parts();
            let event = DelegationEnded { unit, delegate, delegation: StandingArg::event(hash, index), reason };
            context.submit(&signer, event).await
        }
        DelegationCommand::List { unit, as_of } => {
            let unit = unit.map(|unit| unit.to_string()).unwrap_or_default();
            let request = v1::ListDelegationsRequest { unit, at: 0, as_of: as_of.moment(), min_seq: as_of.min_seq };
            let server = context.server()?;
            let answer = server.ask(async |server| server.reports().list_delegations(request.clone()).await).await?;
            context.rows(&answer.delegations.into_iter().map(delegation_row).collect::<Vec<_>>())
        }
    }
}

pub(crate) fn delegation_row(delegation: v1::Delegation) -> DelegationRow {
    let delegated = delegation.delegated.unwrap_or_default();
    DelegationRow {
        unit: delegated.unit,
        delegate: delegated.delegate,
        indicators: delegated.indicators,
        expires_at: Time(delegated.expires_at),
        holds: delegation.holds,
        reason: delegated.reason,
        ended_at: (delegation.ended_at != 0).then_some(Time(delegation.ended_at)),
        end_reason: delegation.end_reason,
        delegation: format!("{}/{}", Hash::of(&delegation.submission_hash).whole(), delegation.event_index),
        seq: delegation.seq,
        recorded_at: Time(delegation.recorded_at),
    }
}
