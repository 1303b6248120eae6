//! `hefu report` and `hefu due`.

mod show;
mod step;
mod template;

use hefu_proto::v1;
use hefu_types::Code;

use crate::args::{AsOfArgs, DayStart};
use crate::context::Context;
use crate::failure::Failure;
use crate::lang::note;
use crate::output::{Cell as _, Hash, Number, Time, Word, record};
use crate::words;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum ReportCommand {
    /// Show how far reports have come.
    Status(StatusArgs),
    /// Show what your unit's report would say, what it lacks, and the hash that submitting it would sign.
    Draft(step::DraftArgs),
    /// Make a file of all cells that your unit may report in a cycle, to be filled in and given to `hefu submit`.
    Template(template::TemplateArgs),
    /// Show what a report says, what it lacks, and what changed since its last step.
    Show(show::ShowArgs),
    /// Show the steps that were taken.
    History(show::ShowArgs),
    /// Say that your unit's report is complete: exactly what stands now.
    Submit(step::SubmitArgs),
    /// Say that your unit has nothing to report.
    Nil(step::NilArgs),
    /// Stand for your unit's report, as an approver who has reported none of it.
    Approve(step::ApproveArgs),
    /// Send a report back: your unit's, or one that you may accept.
    Return(step::ReturnArgs),
    /// Take a report, as the office or a lead unit.
    Accept(step::AcceptArgs),
    /// Count expected and actual reports.
    Rates(RatesArgs),
}

/// Which reports, at which time.
#[derive(Debug, clap::Args)]
pub(crate) struct StatusArgs {
    /// The plan; all plans without it.
    #[arg(long, value_name = "CODE")]
    plan: Option<Code>,
    /// The cycle; all cycles without it.
    #[arg(long, value_name = "CODE")]
    cycle: Option<Code>,
    /// The unit; all units without it.
    #[arg(long, value_name = "CODE")]
    unit: Option<Code>,
    #[command(flatten)]
    at: AtArgs,
}

/// The moment that a question is about, and the time at which states are asked for.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct AtArgs {
    /// The time at which states are asked for: a time (RFC 3339) or a date (its beginning, UTC); that of --as-of, or now, without
    /// it.
    #[arg(long, value_name = "TIME|DATE")]
    at: Option<DayStart>,
    #[command(flatten)]
    pub(crate) as_of: AsOfArgs,
}

impl AtArgs {
    pub(crate) fn at(&self) -> i64 {
        self.at.map_or(0, |at| at.0.get())
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct DueArgs {
    /// The plan; all plans without it.
    #[arg(long, value_name = "CODE")]
    plan: Option<Code>,
    /// The unit; all units without it.
    #[arg(long, value_name = "CODE")]
    unit: Option<Code>,
    #[command(flatten)]
    at: AtArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct RatesArgs {
    /// By what reports are counted.
    #[arg(long, value_enum, default_value = "unit")]
    by: By,
    #[command(flatten)]
    status: StatusArgs,
}

/// By what reports are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum By {
    /// By unit.
    Unit,
    /// By cycle.
    Cycle,
    /// By plan.
    Plan,
}

record! {
    /// A unit's report in a cycle.
    struct ReportRow {
        both cycle: String,
        both unit: String,
        both status: Word,
        data opens_at: Time,
        both due_at: Time,
        data locks_at: Time,
        data exception_until: Option<Time>,
        both observations: u64,
        both missing: u64,
        both changed: u64,
        both completed_at: Option<Time>,
        both on_time: bool,
        both content: Hash,
        both reason: String,
        data last_step_seq: Option<u64>,
        data last_step_event_index: Option<u64>,
    }
}

record! {
    /// What is still to be reported.
    struct DueRow {
        both due_at: Time,
        both cycle: String,
        both unit: String,
        both status: Word,
        both missing: u64,
        both locks_at: Time,
        both reason: String,
    }
}

record! {
    /// The reports of a unit, cycle or plan.
    struct RateRow {
        both code: String,
        both expected_reports: u64,
        both actual_reports: u64,
        both actual_reports_on_time: u64,
        both reporting_rate: Option<Number>,
        both reporting_rate_on_time: Option<Number>,
    }
}

pub(crate) async fn run(context: &Context, command: ReportCommand) -> Result<(), Failure> {
    match command {
        ReportCommand::Status(args) => {
            let rows: Vec<ReportRow> = list(context, &args).await?.iter().map(report_row).collect();
            context.rows(&rows)
        }
        ReportCommand::Draft(args) => step::draft(context, args).await,
        ReportCommand::Template(args) => template::run(context, &args).await,
        ReportCommand::Show(args) => show::show(context, &args).await,
        ReportCommand::History(args) => show::history(context, &args).await,
        ReportCommand::Submit(args) => step::submit(context, args).await,
        ReportCommand::Nil(args) => step::nil(context, args).await,
        ReportCommand::Approve(args) => step::approve(context, args).await,
        ReportCommand::Return(args) => step::send_back(context, args).await,
        ReportCommand::Accept(args) => step::accept(context, args).await,
        ReportCommand::Rates(args) => rates(context, args).await,
    }
}

fn text(code: Option<&Code>) -> String {
    code.map(Code::to_string).unwrap_or_default()
}

async fn list(context: &Context, args: &StatusArgs) -> Result<Vec<v1::Report>, Failure> {
    let StatusArgs { plan, cycle, unit, at } = args;
    let [plan, cycle, unit] = [plan, cycle, unit].map(|code| text(code.as_ref()));
    let as_of = at.as_of;
    let request =
        v1::ListReportsRequest { plan, cycle, unit, at: at.at(), as_of: as_of.moment(), min_seq: as_of.min_seq };
    let server = context.server()?;
    let answer = server.ask(async |server| server.reports().list_reports(request.clone()).await).await?;
    note!("at {}, as of size {}", "时间 {}，截至规模 {}", Time(answer.at).short(), answer.size);
    Ok(answer.reports)
}

/// What is not done: nothing was said, it went back, or it changed; and what can no longer be done without an exception.
pub(crate) async fn due(context: &Context, args: DueArgs) -> Result<(), Failure> {
    use v1::ReportStatus::{Locked, NotDue, Open, Overdue, Returned, Stale};
    let DueArgs { plan, unit, at } = args;
    let mut reports = list(context, &StatusArgs { plan, cycle: None, unit, at }).await?;
    reports.retain(|report| [NotDue, Open, Overdue, Returned, Stale, Locked].contains(&report.status()));
    reports.sort_by(|a, b| (a.due_at, &a.cycle, &a.unit).cmp(&(b.due_at, &b.cycle, &b.unit)));
    let row = |report: &v1::Report| DueRow {
        due_at: Time(report.due_at),
        cycle: report.cycle.clone(),
        unit: report.unit.clone(),
        status: words::report_status(report.status),
        missing: report.missing.into(),
        locks_at: Time(report.locks_at.max(report.exception_until)),
        reason: last_reason(report),
    };
    context.rows(&reports.iter().map(row).collect::<Vec<_>>())
}

fn last_reason(report: &v1::Report) -> String {
    report.steps.last().map(|step| step.reason.clone()).unwrap_or_default()
}

pub(crate) fn report_row(report: &v1::Report) -> ReportRow {
    let last = report.steps.last();
    let given = |time: i64| (time != 0).then_some(Time(time));
    ReportRow {
        cycle: report.cycle.clone(),
        unit: report.unit.clone(),
        status: words::report_status(report.status),
        opens_at: Time(report.opens_at),
        due_at: Time(report.due_at),
        locks_at: Time(report.locks_at),
        exception_until: given(report.exception_until),
        observations: report.observations.into(),
        missing: report.missing.into(),
        changed: report.changes.len() as u64,
        completed_at: given(report.completed_at),
        on_time: report.on_time,
        content: Hash::of(&report.content),
        reason: last_reason(report),
        last_step_seq: last.map(|step| step.seq),
        last_step_event_index: last.map(|step| step.event_index.into()),
    }
}

async fn rates(context: &Context, args: RatesArgs) -> Result<(), Failure> {
    let RatesArgs { by, status: StatusArgs { plan, cycle, unit, at } } = args;
    let group = match by {
        By::Unit => v1::ReportGroup::Unit,
        By::Cycle => v1::ReportGroup::Cycle,
        By::Plan => v1::ReportGroup::Plan,
    };
    let [plan, cycle, unit] = [plan, cycle, unit].map(|code| text(code.as_ref()));
    let request = v1::ListReportingRatesRequest {
        group: group.into(),
        plan,
        cycle,
        unit,
        at: at.at(),
        as_of: at.as_of.moment(),
        min_seq: at.as_of.min_seq,
    };
    let server = context.server()?;
    let answer = server.ask(async |server| server.reports().list_reporting_rates(request.clone()).await).await?;
    let row = |rate: v1::ReportingRate| RateRow {
        code: rate.code,
        expected_reports: rate.expected_reports,
        actual_reports: rate.actual_reports,
        actual_reports_on_time: rate.actual_reports_on_time,
        reporting_rate: words::number(rate.reporting_rate.as_ref()),
        reporting_rate_on_time: words::number(rate.reporting_rate_on_time.as_ref()),
    };
    context.rows(&answer.rates.into_iter().map(row).collect::<Vec<_>>())
}
