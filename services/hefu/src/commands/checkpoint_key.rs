//! `hefu checkpoint-key`: who signs the log's checkpoints.

use std::path::PathBuf;

use hefu_client::CheckpointKeyRequest;

use crate::context::Context;
use crate::failure::Failure;
use crate::lang::both;
use crate::signer::WriterArgs;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum CheckpointKeyCommand {
    /// Record, as the office, that another key takes over from the one that signs the log's checkpoints.
    Replace {
        #[command(flatten)]
        signer: WriterArgs,
        /// The request, as printed by `hefud checkpoint-key prepare`.
        #[arg(long, value_name = "FILE")]
        request: PathBuf,
    },
}

pub(crate) async fn run(context: &Context, command: CheckpointKeyCommand) -> Result<(), Failure> {
    let CheckpointKeyCommand::Replace { signer, request: path } = command;
    let text = std::fs::read_to_string(&path).map_err(|e| Failure::file(&path, &e))?;
    let request: CheckpointKeyRequest = serde_json::from_str(&text).map_err(|e| {
        let detail = format!("{} is no request for a checkpoint key", path.display());
        Failure::usage(
            detail,
            both!(
                "Give the output of `hefud checkpoint-key prepare`.",
                "请给出 `hefud checkpoint-key prepare` 的输出。"
            ),
        )
        .because(&e)
    })?;
    let ledger = context.reader()?.head().await?.ledger;
    let event = request.for_ledger(ledger).map_err(|refusal| Failure::from(refusal).of_file(&path))?;
    context.submit(&signer, event).await
}
