//! One file a noun.

pub(crate) mod audit;
pub(crate) mod board;
pub(crate) mod challenge;
pub(crate) mod checkpoint_key;
pub(crate) mod completions;
pub(crate) mod cycle;
pub(crate) mod data;
pub(crate) mod delegation;
pub(crate) mod diff;
pub(crate) mod explain;
pub(crate) mod key;
pub(crate) mod log;
pub(crate) mod member;
pub(crate) mod monitor;
pub(crate) mod plan;
pub(crate) mod receipt;
pub(crate) mod replay;
pub(crate) mod report;
mod request;
pub(crate) mod retract;
pub(crate) mod role;
pub(crate) mod roll_up;
pub(crate) mod series;
pub(crate) mod submit;
pub(crate) mod target;
pub(crate) mod value;
pub(crate) mod verify;
pub(crate) mod views;
pub(crate) mod witness;

use crate::cli::{Cli, Command};
use crate::context::Context;
use crate::failure::{Exit, Failure};

/// Runs a command.
pub(crate) async fn run(cli: Cli) -> Result<Exit, Failure> {
    let context = Context { server: cli.server, output: cli.output, patience: cli.patience };
    match cli.command {
        Command::Key(command) => key::run(&context, command).await?,
        Command::CheckpointKey(command) => checkpoint_key::run(&context, command).await?,
        Command::Role(command) => role::run(&context, command).await?,
        Command::Member(command) => member::run(&context, command).await?,
        Command::Plan(command) => return plan::run(&context, command).await,
        Command::Submit(args) => return submit::run(&context, *args).await,
        Command::Retract(args) => retract::run(&context, args).await?,
        Command::Value(command) => value::run(&context, command).await?,
        Command::Cycle(command) => cycle::run(&context, command).await?,
        Command::Delegation(command) => delegation::run(&context, command).await?,
        Command::Attest(args) => challenge::attest(&context, args).await?,
        Command::Opinions(args) => challenge::opinions(&context, args).await?,
        Command::Challenge(command) => challenge::run(&context, command).await?,
        Command::Report(command) => report::run(&context, command).await?,
        Command::Due(args) => report::due(&context, args).await?,
        Command::Board(args) => board::run(&context, args).await?,
        Command::Target(command) => target::run(&context, command).await?,
        Command::RollUp(args) => roll_up::run(&context, args).await?,
        Command::Series(args) => series::run(&context, args).await?,
        Command::Data(command) => data::run(&context, command).await?,
        Command::Diff(args) => diff::run(&context, args).await?,
        Command::Explain(args) => explain::run(&context, args).await?,
        Command::Log(command) => log::run(&context, command).await?,
        Command::Receipt(command) => receipt::run(&context, command).await?,
        Command::Verify(args) => return verify::run(context, args).await,
        Command::Audit(command) => audit::run(&context, command)?,
        Command::Monitor(args) => return monitor::run(&context, *args).await,
        Command::Replay(args) => replay::run(&context, &args)?,
        Command::Views(args) => views::run(&context, args).await?,
        Command::Witness(command) => witness::run(command).await?,
        Command::Completions(args) => completions::run(&args)?,
    }
    Ok(Exit::Done)
}
