//! `hefu views`: the server's views, and what the log says of them.

mod record;

use hefu_proto::v1;

use crate::context::Context;
use crate::failure::Failure;
use crate::output::{Hash, record};

#[derive(Debug, clap::Args)]
pub(crate) struct ViewsArgs {
    #[command(subcommand)]
    command: Option<ViewsCommand>,
}

#[derive(Debug, clap::Subcommand)]
enum ViewsCommand {
    /// List the server's views with their digests; as `hefu views` alone.
    List,
    /// Show how far each view is behind the log, and how far one that is being rebuilt has come.
    Lag,
    /// Record, as the operator, the digest of each view of the server at the size that it has applied, so that whoever
    /// replays the log can hold the server to it.
    Record(record::RecordArgs),
}

record! {
    /// A view and how far it has come.
    struct ViewRow {
        both view: String,
        both version: u64,
        both size: u64,
        both rows: u64,
        both digest: Hash,
    }
}

record! {
    /// How far a view of a server is behind the log.
    struct LagRow {
        both view: String,
        both version: u64,
        both size: u64,
        both lag: u64,
        both lag_millis: u64,
        both rebuilt_size: Option<u64>,
    }
}

pub(crate) async fn run(context: &Context, args: ViewsArgs) -> Result<(), Failure> {
    match args.command {
        None | Some(ViewsCommand::List) => {
            context.rows(&views(context).await?.into_iter().map(row).collect::<Vec<_>>())
        }
        Some(ViewsCommand::Lag) => context.rows(&views(context).await?.into_iter().map(lag_row).collect::<Vec<_>>()),
        Some(ViewsCommand::Record(args)) => record::run(context, args).await,
    }
}

async fn views(context: &Context) -> Result<Vec<v1::View>, Failure> {
    let server = context.server()?;
    let request = v1::ListViewsRequest { min_seq: 0 };
    Ok(server.ask(async |server| server.views().list_views(request).await).await?.views)
}

fn lag_row(view: v1::View) -> LagRow {
    LagRow {
        version: view.version.into(),
        size: view.size,
        lag: view.lag,
        lag_millis: view.lag_millis,
        rebuilt_size: (view.rebuilt_size > 0).then_some(view.rebuilt_size),
        view: view.name,
    }
}

fn row(view: v1::View) -> ViewRow {
    ViewRow {
        version: view.version.into(),
        size: view.size,
        rows: view.rows,
        digest: Hash::of(&view.digest),
        view: view.name,
    }
}
