//! `hefu member`.

mod admit;
mod show;

pub(crate) use show::{KeyRow, key_row, member_row};

use hefu_types::event::membership::{MemberReinstated, MemberSuspended, MemberWithdrawn};
use hefu_types::{Code, Event, Text};

use super::key::text;
use crate::args::AsOfArgs;
use crate::context::Context;
use crate::failure::Failure;
use crate::signer::WriterArgs;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum MemberCommand {
    /// Admit a member with its first key. By the office.
    Admit(Box<admit::AdmitArgs>),
    /// Suspend a member: its keys record nothing until it is reinstated. By the office.
    Suspend(ChangeArgs),
    /// Lift a suspension. By the office.
    Reinstate(ChangeArgs),
    /// Let a member leave for good. By the office, or by the member's own admin.
    Withdraw(ChangeArgs),
    /// List the members.
    List {
        #[command(flatten)]
        as_of: AsOfArgs,
    },
    /// Show a member and its keys.
    Show {
        /// The member's code.
        member: Code,
        #[command(flatten)]
        as_of: AsOfArgs,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct ChangeArgs {
    #[command(flatten)]
    signer: WriterArgs,
    /// The member's code.
    member: Code,
    /// Why, for the record.
    #[arg(long, value_parser = text)]
    reason: Text,
}

pub(crate) async fn run(context: &Context, command: MemberCommand) -> Result<(), Failure> {
    match command {
        MemberCommand::Admit(args) => admit::run(context, *args).await,
        MemberCommand::Suspend(args) => {
            change(context, args, |member, reason| MemberSuspended { member, reason }.into()).await
        }
        MemberCommand::Reinstate(args) => {
            change(context, args, |member, reason| MemberReinstated { member, reason }.into()).await
        }
        MemberCommand::Withdraw(args) => {
            change(context, args, |member, reason| MemberWithdrawn { member, reason }.into()).await
        }
        MemberCommand::List { as_of } => show::list(context, as_of).await,
        MemberCommand::Show { member, as_of } => show::show(context, &member, as_of).await,
    }
}

async fn change(context: &Context, args: ChangeArgs, event: fn(Code, Text) -> Event) -> Result<(), Failure> {
    context.submit(&args.signer, event(args.member, args.reason)).await
}
