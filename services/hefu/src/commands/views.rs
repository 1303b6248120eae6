//! `hefu views`.

use hefu_proto::v1;

use crate::context::Context;
use crate::failure::Failure;
use crate::output::{Hash, record};

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

pub(crate) async fn run(context: &Context) -> Result<(), Failure> {
    let server = context.server()?;
    let request = v1::ListViewsRequest { min_seq: 0 };
    let answer = server.ask(async |server| server.views().list_views(request).await).await?;
    let rows: Vec<ViewRow> = answer.views.into_iter().map(row).collect();
    context.rows(&rows)
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
