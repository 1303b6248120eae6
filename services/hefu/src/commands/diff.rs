//! `hefu diff`: what changed between two moments, and who changed it.

use hefu_proto::v1;
use hefu_types::Code;

use crate::args::MomentArg;
use crate::context::Context;
use crate::failure::Failure;
use crate::lang::note;
use crate::output::{Codes, Hash, Time, Word, record};
use crate::words;

#[derive(Debug, clap::Args)]
pub(crate) struct DiffArgs {
    /// After this moment: a seq, a time (RFC 3339) or a date (its end, UTC).
    #[arg(long, value_name = "SEQ|TIME|DATE")]
    from: MomentArg,
    /// Up to this moment; the present without it.
    #[arg(long, value_name = "SEQ|TIME|DATE")]
    to: Option<MomentArg>,
    /// Only of this plan, its indicators and its cycles.
    #[arg(long, value_name = "CODE")]
    plan: Option<Code>,
    /// Only what names this indicator, or judges an observation of it.
    #[arg(long, value_name = "CODE")]
    indicator: Option<Code>,
    /// Only what names this area, or judges an observation in it.
    #[arg(long, value_name = "CODE")]
    area: Option<Code>,
    /// Only what this unit said, what names it, or what judges its observations.
    #[arg(long, value_name = "CODE")]
    unit: Option<Code>,
    /// At most so many changes, from the oldest on.
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    limit: usize,
    /// Wait until the view has applied this seq, such as that of your own submission.
    #[arg(long, value_name = "SEQ", default_value_t = 0)]
    min_seq: u64,
}

record! {
    /// What an event changed.
    struct ChangeRow {
        both seq: u64,
        data event_index: u64,
        both recorded_at: Time,
        both member: String,
        both holder: String,
        data key: Hash,
        both kind: Word,
        data plan: String,
        both cycle: String,
        both indicators: Codes,
        both areas: Codes,
        both period: String,
        both units: Codes,
        both item: String,
        both before: Word,
        both after: Word,
        both reason: String,
        both deadline: Option<Time>,
        data prior_seq: Option<u64>,
        data prior_event_index: Option<u64>,
        data prior_submission_hash: Option<Hash>,
        data submission_hash: Hash,
    }
}

pub(crate) async fn run(context: &Context, args: DiffArgs) -> Result<(), Failure> {
    let text = |code: &Option<Code>| code.as_ref().map(Code::to_string).unwrap_or_default();
    let mut request = v1::ListChangesRequest {
        from: Some(args.from.as_of()),
        to: args.to.map(MomentArg::as_of),
        plan: text(&args.plan),
        indicator: text(&args.indicator),
        area: text(&args.area),
        unit: text(&args.unit),
        page_size: 0,
        page_token: String::new(),
        min_seq: args.min_seq,
    };
    let server = context.server()?;
    let mut rows: Vec<ChangeRow> = vec![];
    let sizes = loop {
        let answer = server.ask(async |server| server.changes().list_changes(request.clone()).await).await?;
        rows.extend(answer.changes.into_iter().map(change_row));
        if answer.next_page_token.is_empty() || rows.len() > args.limit {
            break (answer.from_size, answer.to_size);
        }
        request.page_token = answer.next_page_token;
    };
    note!("from size {} to size {}", "自规模 {} 至规模 {}", sizes.0, sizes.1);
    if rows.len() > args.limit {
        rows.truncate(args.limit);
        let limit = args.limit;
        note!(
            "warning: there are more changes than {limit}; narrow the question, or raise --limit",
            "警告：变更多于 {limit} 项；请缩小查询范围，或提高 --limit"
        );
    }
    context.rows(&rows)
}

fn change_row(change: v1::Change) -> ChangeRow {
    let said = change.said.unwrap_or_default();
    let prior = change.prior.as_ref();
    ChangeRow {
        seq: said.seq,
        event_index: said.event_index.into(),
        recorded_at: Time(said.recorded_at),
        member: said.member,
        holder: change.holder,
        key: Hash::of(&said.key),
        plan: change.plan,
        cycle: change.cycle,
        indicators: Codes(change.indicators),
        areas: Codes(change.areas),
        period: change.period,
        units: Codes(change.units),
        item: change.item,
        before: words::stood(&change.kind, change.before),
        after: words::stood(&change.kind, change.after),
        kind: words::event_kind(change.kind),
        reason: change.reason,
        deadline: (change.deadline != 0).then_some(Time(change.deadline)),
        prior_seq: prior.map(|prior| prior.seq),
        prior_event_index: prior.map(|prior| prior.event_index.into()),
        prior_submission_hash: prior.map(|prior| Hash::of(&prior.submission_hash)),
        submission_hash: Hash::of(&said.submission_hash),
    }
}
