//! `hefu cycle`.

use std::collections::BTreeSet;

use hefu_proto::{convert, v1};
use hefu_types::event::cycle::{LockExceptionGranted, ReportingCycleOpened};
use hefu_types::event::plan::IndicatorDefined;
use hefu_types::{Code, Period, Text};

use super::key::text;
use crate::args::{AsOfArgs, DayEnd, DayStart};
use crate::context::Context;
use crate::failure::Failure;
use crate::lang::note;
use crate::output::{Time, record};
use crate::signer::WriterArgs;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum CycleCommand {
    /// Ask units to report a period. By the office.
    Open(Box<OpenArgs>),
    /// Let units report in a locked cycle for a while. By the office.
    Except(ExceptArgs),
    /// List the cycles.
    List {
        /// The plan; all plans without it.
        #[arg(long, value_name = "CODE")]
        plan: Option<Code>,
        #[command(flatten)]
        as_of: AsOfArgs,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct OpenArgs {
    #[command(flatten)]
    signer: WriterArgs,
    /// The cycle's code, such as 2024-q3.
    cycle: Code,
    /// The plan.
    #[arg(long, value_name = "CODE")]
    plan: Code,
    /// The period that is reported.
    #[arg(long)]
    period: Period,
    /// From when on units may report: a time (RFC 3339) or a date (its beginning, UTC).
    #[arg(long, value_name = "TIME|DATE")]
    opens: DayStart,
    /// Until when a report is on time: a time (RFC 3339) or a date (its end, UTC).
    #[arg(long, value_name = "TIME|DATE")]
    due: DayEnd,
    /// When the cycle locks: a time (RFC 3339) or a date (its end, UTC).
    #[arg(long, value_name = "TIME|DATE")]
    locks: DayEnd,
    /// What is to be reported; without it, all live indicators of the plan that are observed by such periods and that no cycle asks
    /// for in this one.
    #[arg(long = "indicator", value_name = "CODE")]
    indicators: Vec<Code>,
    /// Who is to report; without it, all reporting units of the indicators.
    #[arg(long = "unit", value_name = "CODE")]
    units: Vec<Code>,
    /// Who may accept reports beside the office: the lead units.
    #[arg(long = "accepting", value_name = "CODE")]
    accepting_units: Vec<Code>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ExceptArgs {
    #[command(flatten)]
    signer: WriterArgs,
    /// The cycle.
    cycle: Code,
    /// For whom; all units of the cycle without it.
    #[arg(long = "unit", value_name = "CODE")]
    units: Vec<Code>,
    /// For what; all indicators of the cycle without it.
    #[arg(long = "indicator", value_name = "CODE")]
    indicators: Vec<Code>,
    /// Until when: a time (RFC 3339) or a date (its end, UTC).
    #[arg(long, value_name = "TIME|DATE")]
    until: DayEnd,
    /// Why, for the record.
    #[arg(long, value_parser = text)]
    reason: Text,
}

record! {
    /// A cycle.
    struct CycleRow {
        both cycle: String,
        both plan: String,
        both period: String,
        both opens_at: Time,
        both due_at: Time,
        both locks_at: Time,
        data indicators: Vec<String>,
        data units: Vec<String>,
        both accepting_units: Vec<String>,
        both exceptions: u64,
        data seq: u64,
        data event_index: u64,
    }
}

pub(crate) async fn run(context: &Context, command: CycleCommand) -> Result<(), Failure> {
    match command {
        CycleCommand::Open(args) => open(context, *args).await,
        CycleCommand::Except(ExceptArgs { signer, cycle, units, indicators, until, reason }) => {
            let event = LockExceptionGranted { cycle, units, indicators, expires_at: until.0, reason };
            context.submit(&signer, event).await
        }
        CycleCommand::List { plan, as_of } => {
            let plan = plan.map(|plan| plan.to_string()).unwrap_or_default();
            let request = v1::ListCyclesRequest { plan, as_of: as_of.moment(), min_seq: as_of.min_seq };
            let server = context.server()?;
            let answer = server.ask(async |server| server.reports().list_cycles(request.clone()).await).await?;
            context.rows(&answer.cycles.into_iter().map(cycle_row).collect::<Vec<_>>())
        }
    }
}

pub(crate) fn cycle_row(cycle: v1::ReportingCycle) -> CycleRow {
    let opened = cycle.opened.unwrap_or_default();
    CycleRow {
        cycle: opened.cycle,
        plan: opened.plan,
        period: opened.period,
        opens_at: Time(opened.opens_at),
        due_at: Time(opened.due_at),
        locks_at: Time(opened.locks_at),
        indicators: opened.indicators,
        units: opened.units,
        accepting_units: opened.accepting_units,
        exceptions: cycle.exceptions.len() as u64,
        seq: cycle.seq,
        event_index: cycle.event_index.into(),
    }
}

async fn open(context: &Context, args: OpenArgs) -> Result<(), Failure> {
    let OpenArgs { signer, cycle, plan, period, opens, due, locks, mut indicators, mut units, accepting_units } = args;
    if indicators.is_empty() || units.is_empty() {
        let definitions = match indicators.as_slice() {
            [] => definitions(context, &plan, period).await?,
            named => definitions_of(context, named.iter().map(Code::to_string)).await?,
        };
        if indicators.is_empty() {
            indicators = definitions.iter().map(|definition| definition.indicator.clone()).collect();
        }
        if units.is_empty() {
            let all: BTreeSet<&Code> = definitions.iter().flat_map(|definition| &definition.reporting_units).collect();
            units = all.into_iter().cloned().collect();
        }
        let (asked, reporting) = (indicators.len(), units.len());
        note!(
            "{asked} indicators of {plan} by {period}, {reporting} units",
            "规划 {plan} 报告期 {period}：{asked} 项指标，{reporting} 个单位"
        );
    }
    let event = ReportingCycleOpened {
        cycle,
        plan,
        period,
        opens_at: opens.0,
        due_at: due.0,
        locks_at: locks.0,
        indicators,
        units,
        accepting_units,
    };
    context.submit(&signer, event).await
}

/// The live indicators of a plan that may be reported by this period, and that no cycle asks for.
async fn definitions(context: &Context, plan: &Code, period: Period) -> Result<Vec<IndicatorDefined>, Failure> {
    let server = context.server()?;
    let (as_of, min_seq) = context.moment(&AsOfArgs::default()).await?;
    let (as_of, plan) = (Some(as_of), plan.to_string());
    let board = v1::ListIndicatorsRequest { plan: plan.clone(), area: String::new(), as_of, min_seq };
    let board = server.ask(async |server| server.views().list_indicators(board.clone()).await).await?;
    let cycles = v1::ListCyclesRequest { plan, as_of, min_seq };
    let cycles = server.ask(async |server| server.reports().list_cycles(cycles.clone()).await).await?.cycles;
    let of_period = cycles.into_iter().filter_map(|cycle| cycle.opened).filter(|c| c.period == period.to_string());
    let taken: BTreeSet<String> = of_period.flat_map(|cycle| cycle.indicators).collect();
    let codes: BTreeSet<String> = board.rows.into_iter().map(|row| row.indicator).collect();
    let mut found = definitions_of(context, codes.difference(&taken).cloned()).await?;
    found.retain(|definition| definition.period_types.contains(&period.kind()));
    Ok(found)
}

/// What these indicators are; an unknown one is refused.
async fn definitions_of(
    context: &Context,
    indicators: impl IntoIterator<Item = String>,
) -> Result<Vec<IndicatorDefined>, Failure> {
    let (server, mut found) = (context.server()?, vec![]);
    let (as_of, min_seq) = context.moment(&AsOfArgs::default()).await?;
    for indicator in indicators {
        let request = v1::GetIndicatorRequest { indicator: indicator.clone(), as_of: Some(as_of), min_seq };
        let answer = server.ask(async |server| server.views().get_indicator(request.clone()).await).await?;
        let definition = convert::from_wire(&answer.definition.unwrap_or_default());
        found.push(definition.map_err(|e| hefu_client::ClientError::Protocol(format!("{indicator}: {e}")))?);
    }
    Ok(found)
}
