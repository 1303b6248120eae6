//! `hefu value`: values that are not free.

use std::path::{Path, PathBuf};

use hefu_client::OpenedValue;
use hefu_types::event::reporting::ValueErased;
use hefu_types::{Commitment, Opening, Text};

use super::key::text;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::{Hash, Number, record};
use crate::signer::{WriterArgs, load};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum ValueCommand {
    /// Read a value that is not free, as who reported it, as the office, or as one of its readers; or, once an embargo has ended, as
    /// anybody. What is shown is checked against its commitment.
    Open(OpenArgs),
    /// Erase a value that is not free, for good: the server deletes it, and the log says that this is lawful.
    Erase(EraseArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct OpenArgs {
    /// The commitment, 64 hex digits, as `hefu series` shows it.
    #[arg(value_parser = commitment)]
    commitment: Commitment,
    /// The private key to ask with; without it, asks as anybody.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// A file whose first line is the key's passphrase; asked for on a terminal without it.
    #[arg(long, value_name = "FILE", requires = "key")]
    passphrase_file: Option<PathBuf>,
    /// Keep the opening in this folder, for `hefu verify --openings`. It is as secret as the value.
    #[arg(long, value_name = "DIR")]
    save: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct EraseArgs {
    #[command(flatten)]
    signer: WriterArgs,
    /// The commitment, 64 hex digits, as `hefu series` shows it.
    #[arg(value_parser = commitment)]
    commitment: Commitment,
    /// Why, and on what legal basis, for the record.
    #[arg(long, value_parser = text)]
    reason: Text,
}

record! {
    /// A value that is not free.
    struct ValueRow {
        both value: Number,
        both seq: u64,
        both event_index: u64,
        both commitment: Hash,
    }
}

fn commitment(text: &str) -> Result<Commitment, String> {
    text.parse().map_err(|_| "a commitment is 64 hex digits".to_owned())
}

pub(crate) async fn run(context: &Context, command: ValueCommand) -> Result<(), Failure> {
    match command {
        ValueCommand::Open(args) => open(context, &args).await,
        ValueCommand::Erase(EraseArgs { signer, commitment, reason }) => {
            context.submit(&signer, ValueErased { commitment, reason }).await
        }
    }
}

async fn open(context: &Context, args: &OpenArgs) -> Result<(), Failure> {
    let keys = args.key.as_ref().map(|key| load(key, args.passphrase_file.as_deref())).transpose()?;
    let opened = OpenedValue::read(&context.server()?, args.commitment, keys.as_ref()).await?;
    if let Some(folder) = &args.save {
        save(folder, &opened.opening)?;
    }
    context.one(&ValueRow {
        value: Number(opened.value.to_string()),
        seq: opened.seq.get(),
        event_index: opened.event_index.into(),
        commitment: Hash::of(args.commitment.as_bytes()),
    })
}

/// Keeps an opening in a folder, in a file with the name of its commitment that only its owner can read. One that is there already
/// holds the same.
pub(super) fn save(folder: &Path, opening: &Opening) -> Result<(), Failure> {
    use std::io::Write as _;
    use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|e| Failure::file(folder, &e))?;
    let path = folder.join(opening.commitment().to_string());
    let options = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path);
    options.and_then(|mut file| file.write_all(&opening.to_file())).map_err(|e| Failure::file(&path, &e))
}
