//! `hefu key`: files first, then what the ledger knows of them.

mod file;
mod flagged;
mod make_request;

pub(crate) use make_request::text;

use hefu_proto::v1;
use hefu_types::Seq;
use hefu_types::event::membership::{KeyRevoked, OfficeKeyReplaced, RevocationReason};

use super::request::RequestArgs;
use crate::args::KeyArg;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::{Hash, Word, record};
use crate::signer::WriterArgs;
use crate::words;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum KeyCommand {
    /// Make a private key, in a new file that only you may read.
    New(file::NewArgs),
    /// Show the public key of a private or public key file.
    Show(file::ShowArgs),
    /// Ask the server where a key stands.
    State {
        /// The public key: hex, or a file.
        key: KeyArg,
    },
    /// Make an enrolment with the new key's own proof, for an admin or the office to sign.
    Request(make_request::MakeArgs),
    /// Enrol a key: an admin its member's, the office (as a recovery) anybody's.
    Enrol {
        #[command(flatten)]
        signer: WriterArgs,
        #[command(flatten)]
        request: RequestArgs,
    },
    /// End a key. History stays as it is.
    Revoke {
        #[command(flatten)]
        signer: WriterArgs,
        /// The public key that ends: hex, or a file.
        public_key: KeyArg,
        #[command(flatten)]
        why: RevocationArgs,
    },
    /// List what keys said that were revoked as compromised, as far as it counts: an auditor attests it, the unit corrects it, or
    /// a report goes back.
    Flagged(flagged::FlaggedArgs),
    /// Replace an office key, signing with the recovery key.
    Replace {
        #[command(flatten)]
        signer: WriterArgs,
        /// The office key that ends: hex, or a file.
        #[arg(long, value_name = "KEY")]
        replaced: KeyArg,
        #[command(flatten)]
        request: RequestArgs,
        #[command(flatten)]
        why: RevocationArgs,
    },
}

/// Why a key ends.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct RevocationArgs {
    /// superseded, compromised or ceased.
    #[arg(long)]
    reason: RevocationReason,
    /// With compromised: the key's entries from this seq on are flagged.
    #[arg(long, value_name = "SEQ", default_value_t = 0)]
    since_seq: u64,
}

record! {
    /// Where a key stands.
    struct KeyStateRow {
        both key: Hash,
        both member: String,
        both roles: Vec<Word>,
        both active: bool,
        both key_seq: u64,
        both submission_hash: Hash,
        both ledger_id: Hash,
    }
}

pub(crate) async fn run(context: &Context, command: KeyCommand) -> Result<(), Failure> {
    match command {
        KeyCommand::New(args) => file::new(context, &args),
        KeyCommand::Show(args) => file::show(context, &args),
        KeyCommand::State { key } => state(context, key).await,
        KeyCommand::Flagged(args) => flagged::run(context, args).await,
        KeyCommand::Request(args) => make_request::run(context, args).await,
        KeyCommand::Enrol { signer, request } => enrol(context, &signer, &request).await,
        KeyCommand::Revoke { signer, public_key, why } => revoke(context, &signer, public_key, why).await,
        KeyCommand::Replace { signer, replaced, request, why } => {
            replace(context, &signer, replaced, &request, why).await
        }
    }
}

async fn state(context: &Context, key: KeyArg) -> Result<(), Failure> {
    let answer = context.server()?.key_state(&key.0).await?.answer;
    let v1::GetKeyStateResponse { member, roles, active, key_seq, submission_hash, ledger_id } = answer;
    context.one(&KeyStateRow {
        key: Hash::of(key.0.as_bytes()),
        member,
        roles: roles.into_iter().map(words::role).collect(),
        active,
        key_seq,
        submission_hash: Hash::of(&submission_hash),
        ledger_id: Hash::of(&ledger_id),
    })
}

async fn enrol(context: &Context, signer: &WriterArgs, request: &RequestArgs) -> Result<(), Failure> {
    let request = request.read()?;
    let mut writer = context.writer(signer).await?;
    let enrolled = request.for_ledger(writer.ledger())?;
    let position = writer.submit(vec![enrolled.into()]).await?;
    context.recorded(&writer, &position)
}

async fn revoke(context: &Context, signer: &WriterArgs, key: KeyArg, why: RevocationArgs) -> Result<(), Failure> {
    let event = KeyRevoked { key: key.0, reason: why.reason, since_seq: Seq::new(why.since_seq) };
    context.submit(signer, event).await
}

async fn replace(
    context: &Context,
    signer: &WriterArgs,
    replaced: KeyArg,
    request: &RequestArgs,
    why: RevocationArgs,
) -> Result<(), Failure> {
    let request = request.read()?;
    let mut writer = context.writer(signer).await?;
    let event = OfficeKeyReplaced {
        replaced: replaced.0,
        reason: why.reason,
        since_seq: Seq::new(why.since_seq),
        replacement: request.for_ledger(writer.ledger())?,
    };
    let position = writer.submit(vec![event.into()]).await?;
    context.recorded(&writer, &position)
}
