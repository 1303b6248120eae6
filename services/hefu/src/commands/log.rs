//! `hefu log`: the log as it is.

mod existing;
mod export;
mod files;
mod keys;
mod serve;

use std::collections::BTreeMap;
use std::path::PathBuf;

use hefu_client::Head;
use hefu_types::{DecodedEntry, Entry, Seq};
use serde_json::{Value, json};

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::output::{self, Format, Hash, Time, record};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum LogCommand {
    /// Print the head: size and chain hash. Keep it: with it, `hefu verify` finds any later change.
    Head,
    /// Print the last entries. With --output json, everything that they say.
    Tail {
        /// How many.
        #[arg(short = 'n', long = "entries", value_name = "COUNT", default_value_t = 10)]
        count: u64,
    },
    /// Write the log as static files (C2SP tlog-tiles): entries, tiles of the tree, and the checkpoint; print the head that
    /// they end in. An existing export of the same log is checked and continued; nothing in it is ever changed.
    Export {
        /// The directory: new, empty, or an export.
        dir: PathBuf,
        /// Stop at this size instead of the latest checkpoint; not beyond the head, and not below what the directory holds.
        #[arg(long, value_name = "SIZE")]
        size: Option<u64>,
        /// Then go on with each newer checkpoint, until stopped.
        #[arg(long, conflicts_with = "size")]
        follow: bool,
    },
    /// Serve an export over HTTP, as a mirror of the log: the checkpoint and tiles (C2SP tlog-tiles), until told to stop.
    Serve(serve::ServeArgs),
    /// Follow the log: a line an entry, without a gap, until you stop it.
    Watch {
        /// The first seq; new entries only without it.
        #[arg(long, value_name = "SEQ")]
        from: Option<u64>,
    },
}

record! {
    /// The end of the log.
    struct HeadRow {
        both size: u64,
        both chain_hash: Hash,
        both recorded_at: Time,
        both ledger_id: Hash,
        both origin: String,
    }
}

impl From<&Head> for HeadRow {
    fn from(head: &Head) -> Self {
        Self {
            size: head.size.get(),
            chain_hash: Hash::of(head.chain_hash.as_bytes()),
            recorded_at: Time(head.recorded_at.get()),
            ledger_id: Hash::of(head.ledger.as_bytes()),
            origin: head.origin.clone(),
        }
    }
}

record! {
    /// An entry.
    struct EntryRow {
        both seq: u64,
        both recorded_at: Time,
        both key: Hash,
        both key_seq: u64,
        both events: Vec<String>,
        data submission_hash: Hash,
        data chain_hash: Hash,
    }
}

pub(crate) async fn run(context: &Context, command: LogCommand) -> Result<(), Failure> {
    match command {
        LogCommand::Head => context.one(&HeadRow::from(&context.reader()?.head().await?)),
        LogCommand::Tail { count } => tail(context, count).await,
        LogCommand::Export { dir, size, follow } => export::run(context, &dir, size, follow).await,
        LogCommand::Serve(args) => serve::run(&args).await,
        LogCommand::Watch { from } => watch(context, from).await,
    }
}

async fn tail(context: &Context, count: u64) -> Result<(), Failure> {
    let reader = context.reader()?;
    let size = reader.head().await?.size;
    let mut entries = reader.entries(Seq::new(size.get().saturating_sub(count)), size);
    let mut tail = vec![];
    while let Some(entry) = entries.next().await? {
        tail.push((decode(&entry)?, entry));
    }
    match context.output {
        Format::Json => {
            let whole: Vec<Value> = tail.iter().map(|(decoded, entry)| whole(decoded, entry)).collect();
            Ok(output::print(&output::json_text(&json!(whole)))?)
        }
        Format::Table | Format::Csv => {
            context.rows(&tail.iter().map(|(decoded, entry)| entry_row(decoded, entry)).collect::<Vec<_>>())
        }
    }
}

async fn watch(context: &Context, from: Option<u64>) -> Result<(), Failure> {
    let reader = context.reader()?;
    let from = match from {
        Some(seq) => Seq::new(seq),
        None => reader.head().await?.size.next_seq(),
    };
    let mut entries = reader.follow(from);
    let mut first = true;
    while let Some(entry) = entries.next().await? {
        output::print(&output::line(context.output, &entry_row(&decode(&entry)?, &entry), first))?;
        first = false;
    }
    Ok(())
}

/// Everything that an entry says; its submission as it was signed, so with times in milliseconds.
fn whole(decoded: &DecodedEntry, entry: &Entry) -> Value {
    json!({
        "seq": decoded.seq,
        "recorded_at": Time(decoded.recorded_at.get()),
        "submission_hash": decoded.submission_hash,
        "chain_hash": entry.chain_hash(),
        "submission": decoded.submission,
    })
}

/// What an entry says; a failure names its position.
pub(crate) fn decode(entry: &Entry) -> Result<DecodedEntry, Failure> {
    entry.decode().map_err(|refusal| {
        let failure = Failure::from(refusal);
        Failure { detail: format!("seq {}: {}", entry.seq(), failure.detail), exit: Exit::Broken, ..failure }
    })
}

fn entry_row(decoded: &DecodedEntry, entry: &Entry) -> EntryRow {
    EntryRow {
        seq: decoded.seq.get(),
        recorded_at: Time(decoded.recorded_at.get()),
        key: Hash::of(decoded.submission.key.as_bytes()),
        key_seq: decoded.submission.key_seq.get(),
        events: kinds(decoded),
        submission_hash: Hash::of(decoded.submission_hash.as_bytes()),
        chain_hash: Hash::of(entry.chain_hash().as_bytes()),
    }
}

/// The kinds of events, each once, with their number.
fn kinds(entry: &DecodedEntry) -> Vec<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    entry.submission.events.iter().for_each(|event| *counts.entry(event.kind()).or_default() += 1);
    let word = |(kind, count): (&str, usize)| if count == 1 { kind.to_owned() } else { format!("{count} {kind}") };
    counts.into_iter().map(word).collect()
}
