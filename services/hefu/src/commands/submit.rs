//! `hefu submit`.

mod check;
mod dry_run;
mod evidence;
mod file;
mod line;
mod report;
mod rounds;
mod standing;

use std::path::PathBuf;

use hefu_client::ClientError;
use hefu_types::{Reason, Seq};

use super::value;
use crate::args::StandingArg;
use crate::context::{Context, recovered};
use crate::failure::{Exit, Failure};
use crate::lang::{both, note};
use crate::observation::Draft;
use crate::signer::WriterArgs;
use evidence::EvidenceArg;
#[cfg(test)]
pub(crate) use file::parse_csv;
pub(crate) use standing::Standing;

#[derive(Debug, clap::Args)]
pub(crate) struct SubmitArgs {
    #[command(flatten)]
    signer: WriterArgs,
    #[command(flatten)]
    file: file::FileArgs,
    /// Name every problem of the file that can be known beforehand, and sign nothing. --key may be the public key.
    #[arg(long, conflicts_with = "batch")]
    dry_run: bool,
    /// Rows of a file that share a signature, at most; without it, as many as the ledger takes in one submission. A refused
    /// row is out by itself, whatever its batch; 1 makes each row a submission.
    #[arg(long, value_name = "ROWS", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    batch: Option<u32>,
    #[command(flatten)]
    draft: Draft,
    /// A file behind the value, and where it can be had if anywhere (FILE,URI); its hash, size and kind are recorded, the file stays
    /// here. May be given again.
    #[arg(long, value_name = "FILE[,URI]", conflicts_with_all = ["csv", "xlsx"])]
    evidence: Vec<EvidenceArg>,
    /// Keep what opens the commitment to a value that is not free in this folder, too, as `hefu value open --save` does.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["csv", "xlsx"])]
    keep_opening: Option<PathBuf>,
}

pub(crate) async fn run(context: &Context, args: SubmitArgs) -> Result<Exit, Failure> {
    match args.file.read(&args.draft.on_behalf_of)? {
        Some(file) if args.dry_run => dry_run::run(context, &args.signer, file).await,
        Some(file) => rounds::run(context, &args.signer, file.lines()?, args.batch).await,
        None if args.dry_run => Err(Failure::usage(
            both!("--dry-run is for a file", "--dry-run 只用于文件"),
            "Give --csv FILE or --xlsx FILE.",
        )),
        None => single(context, &args).await.map(|()| Exit::Done),
    }
}

async fn single(context: &Context, args: &SubmitArgs) -> Result<(), Failure> {
    let wrong = |refusal| Failure { exit: Exit::Usage, ..Failure::from(refusal) };
    let mut observation = args.draft.parse().map_err(wrong)?;
    observation.fact.evidence = args.evidence.iter().map(EvidenceArg::read).collect::<Result<_, _>>()?;
    let mut writer = context.writer(&args.signer).await?;
    if let Some(position) = recovered(&writer, |event| observation.is_said_by(event)) {
        return context.recorded(&writer, position);
    }
    let cell = observation.cell();
    let supersedes = match observation.supersedes {
        None => None,
        Some(StandingArg::Event(hash, index)) => Some(StandingArg::event(hash, index)),
        Some(StandingArg::Auto) => {
            let standing = Standing::of_cell(context, &cell).await?;
            if let Some((seq, _)) = standing.recorded(&cell, &observation.fact, true) {
                return stands(context, seq).await;
            }
            Some(standing.named(&cell)?)
        }
    };
    let (event, opening) = observation.event(supersedes);
    if let (Some(folder), Some(opening)) = (&args.keep_opening, &opening) {
        value::save(folder, opening)?;
    }
    writer.know(opening);
    let refusal = match writer.submit(vec![event]).await {
        Ok(position) => return context.recorded(&writer, &position),
        Err(ClientError::Refused(refusal)) => refusal,
        Err(other) => return Err(other.into()),
    };
    if matches!(refusal.reason, Reason::ObservationStands | Reason::SupersedesWrong) {
        let standing = Standing::of_cell(context, &cell).await?;
        if let Some((seq, _)) = standing.recorded(&cell, &observation.fact, true) {
            return stands(context, seq).await;
        }
    }
    Err(refusal.into())
}

/// The same stands already: nothing is to be recorded.
async fn stands(context: &Context, seq: u64) -> Result<(), Failure> {
    note!("stands already at seq {seq}", "已在序号 {seq} 处有效");
    context.one(&context.receipt(Seq::new(seq)).await?)
}
