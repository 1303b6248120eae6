//! `hefu role`.

use hefu_types::Event;
use hefu_types::event::membership::{Role, RoleGranted, RoleRevoked};

use crate::args::KeyArg;
use crate::context::Context;
use crate::failure::Failure;
use crate::signer::WriterArgs;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum RoleCommand {
    /// Grant a role to a key of your member.
    Grant(RoleArgs),
    /// Take a role from a key of your member.
    Revoke(RoleArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct RoleArgs {
    #[command(flatten)]
    signer: WriterArgs,
    /// The public key: hex, or a file.
    public_key: KeyArg,
    /// admin, office, operator, reporter, approver, auditor or trader.
    role: Role,
}

pub(crate) async fn run(context: &Context, command: RoleCommand) -> Result<(), Failure> {
    let (args, event): (_, Event) = match command {
        RoleCommand::Grant(args) => {
            let event = RoleGranted { key: args.public_key.0, role: args.role };
            (args, event.into())
        }
        RoleCommand::Revoke(args) => {
            let event = RoleRevoked { key: args.public_key.0, role: args.role };
            (args, event.into())
        }
    };
    context.submit(&args.signer, event).await
}
