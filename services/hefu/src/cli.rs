//! The command line.

use clap::{Parser, Subcommand};

use crate::commands::{
    audit, board, challenge, checkpoint_key, completions, cycle, data, delegation, diff, explain, key, log, member,
    monitor, plan, receipt, replay, report, retract, role, roll_up, series, submit, target, value, verify, views,
    witness,
};
use crate::failure::EXIT_CODES;
use crate::lang::Lang;
use crate::output::Format;

/// The command line of a hefu ledger: sign, submit, read, and check offline.
#[derive(Debug, Parser)]
#[command(name = "hefu", version, after_help = EXIT_CODES, max_term_width = 110)]
pub(crate) struct Cli {
    /// The server.
    #[arg(long, global = true, env = "HEFU_SERVER", value_name = "URL", default_value = "http://127.0.0.1:7400")]
    pub(crate) server: String,
    /// The form of what goes to stdout.
    #[arg(long, global = true, value_enum, default_value = "table")]
    pub(crate) output: Format,
    /// The language of what is for people: Chinese or English; that of the locale without it.
    #[arg(long, global = true, value_enum, env = "HEFU_LANG", value_name = "LANG")]
    pub(crate) lang: Option<Lang>,
    /// Seconds without progress after which an absent or silent server is given up.
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 30,
        value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) patience: u64,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make, show, enrol and revoke keys.
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// Replace the key that signs the log's checkpoints.
    #[command(subcommand)]
    CheckpointKey(checkpoint_key::CheckpointKeyCommand),
    /// Grant roles to keys of your member, or take them.
    #[command(subcommand)]
    Role(role::RoleCommand),
    /// Admit, suspend and look at members.
    #[command(subcommand)]
    Member(member::MemberCommand),
    /// Publish plans and look at them.
    #[command(subcommand)]
    Plan(plan::PlanCommand),
    /// Report one observation, or many from a CSV or XLSX file. What stands already, unchanged, is not recorded again.
    Submit(Box<submit::SubmitArgs>),
    /// Take back the standing observation of an indicator, area and period.
    Retract(retract::RetractArgs),
    /// Read and erase values that are not free.
    #[command(subcommand)]
    Value(value::ValueCommand),
    /// Ask units to report a period, and look at what is asked for.
    #[command(subcommand)]
    Cycle(cycle::CycleCommand),
    /// Submit, approve, return and accept reports, and look at how far they have come.
    #[command(subcommand)]
    Report(report::ReportCommand),
    /// Give an auditor's opinion of what another unit reported.
    Attest(challenge::AttestArgs),
    /// List the opinions of auditors.
    Opinions(challenge::OpinionsArgs),
    /// Challenge what another unit reported, answer, and decide.
    #[command(subcommand)]
    Challenge(challenge::ChallengeCommand),
    /// Let another unit report for yours, and look at who does.
    #[command(subcommand)]
    Delegation(delegation::DelegationCommand),
    /// Show what is still to be reported, by when.
    Due(report::DueArgs),
    /// Adjust targets, declare the ways to them, and hold them against those of areas below.
    #[command(subcommand)]
    Target(target::TargetCommand),
    /// Show every indicator against its targets.
    Board(board::BoardArgs),
    /// Show the value of an area that those below it amount to, and which are missing.
    RollUp(roll_up::RollUpArgs),
    /// Show the observations of an indicator.
    Series(series::SeriesArgs),
    /// Take observations out into files.
    #[command(subcommand)]
    Data(data::DataCommand),
    /// Show what changed between two moments, and who changed it.
    Diff(diff::DiffArgs),
    /// Show the entries behind a number of the board.
    Explain(explain::ExplainArgs),
    /// Read, export and follow the log.
    #[command(subcommand)]
    Log(log::LogCommand),
    /// Keep, check and verify receipts.
    #[command(subcommand)]
    Receipt(receipt::ReceiptCommand),
    /// Verify an export offline, or a log at a URL, against a head, or a checkpoint key, that you got from elsewhere.
    Verify(verify::VerifyArgs),
    /// Show that nothing of what somebody said was left out.
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Watch a log from outside: what it signs must be one history that only grows, the same at each URL.
    Monitor(Box<monitor::MonitorArgs>),
    /// Rebuild all views from an export, in memory, and print their digests.
    Replay(replay::ReplayArgs),
    /// List the server's views with their digests, or record these in the log.
    Views(views::ViewsArgs),
    /// Run a witness, which cosigns what a log shows to everybody.
    #[command(subcommand)]
    Witness(witness::WitnessCommand),
    /// Print shell completions.
    Completions(completions::CompletionsArgs),
}
