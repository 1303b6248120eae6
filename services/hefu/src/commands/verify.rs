//! `hefu verify`: offline, against a head from elsewhere.

use std::path::PathBuf;

use hefu_types::{ChainHash, Size};
use hefu_verify::{Export, ExportError, FailureKind, Head, Report, verify};
use serde::Deserialize;

use crate::context::{Context, progress};
use crate::failure::{Exit, Failure};
use crate::output::{Hash, Time, record};

#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("known_head").args(["size", "head"]).required(true)))]
pub(crate) struct VerifyArgs {
    /// The export's directory.
    dir: PathBuf,
    /// The number of entries that the log must have.
    #[arg(long, value_name = "N", requires = "chain_hash")]
    size: Option<u64>,
    /// The chain hash of its last entry.
    #[arg(long, value_name = "HEX", requires = "size")]
    chain_hash: Option<ChainHash>,
    /// Both from a file, as printed by `hefu --output json log head`.
    #[arg(long, value_name = "FILE", conflicts_with = "chain_hash")]
    head: Option<PathBuf>,
}

/// The part of a printed head that counts.
#[derive(Debug, Deserialize)]
struct PrintedHead {
    size: u64,
    chain_hash: ChainHash,
}

record! {
    /// What was verified, and the first failure.
    struct ReportRow {
        both verified: bool,
        both ledger_id: Option<Hash>,
        both origin: Option<String>,
        both entries: u64,
        both events: u64,
        both bytes: u64,
        both recorded_at: Time,
        both signatures: String,
        both failure_seq: Option<u64>,
        both failure_kind: Option<String>,
        both expected: Option<String>,
        both actual: Option<String>,
    }
}

pub(crate) fn run(context: &Context, args: &VerifyArgs) -> Result<Exit, Failure> {
    let head = head(args)?;
    let export = Export::open(&args.dir)?;
    let bar = progress("entries", head.size.get());
    let report = verify(&export, head, &mut |entries| bar.set_position(entries))?;
    bar.finish_and_clear();
    context.one(&row(&report))?;
    match report.failure {
        None => Ok(Exit::Done),
        Some(failure) => Err(found(&failure)),
    }
}

fn head(args: &VerifyArgs) -> Result<Head, Failure> {
    if let (Some(size), Some(chain_hash)) = (args.size, args.chain_hash) {
        return Ok(Head { size: Size::new(size), chain_hash });
    }
    let path = args.head.as_ref().expect("the command line asks for one of the two");
    let text = std::fs::read_to_string(path).map_err(|e| Failure::file(path, &e))?;
    let printed: PrintedHead = serde_json::from_str(&text).map_err(|e| {
        let detail = format!("{} is no head", path.display());
        Failure::usage(detail, "Give the output of `hefu --output json log head`.").because(&e)
    })?;
    Ok(Head { size: Size::new(printed.size), chain_hash: printed.chain_hash })
}

fn found(failure: &hefu_verify::Failure) -> Failure {
    let detail =
        format!("{} at seq {}: expected {}, found {}", failure.kind, failure.seq, failure.expected, failure.actual);
    match failure.kind {
        FailureKind::NewerThanTool => {
            Failure::new(Exit::Refused, "NEWER_THAN_TOOL", detail, "Verify with a newer release; this is no tampering.")
        }
        _ => Failure::new(
            Exit::Broken,
            "VERIFICATION_FAILED",
            detail,
            "Keep the export and the head: they are evidence.",
        ),
    }
}

impl From<ExportError> for Failure {
    fn from(error: ExportError) -> Self {
        let remedy = "Give a directory made by `hefu log export`, or a mirror of the log's tiles.";
        let failure = Self::usage(error.to_string(), remedy);
        match std::error::Error::source(&error) {
            Some(source) => failure.because(source),
            None => failure,
        }
    }
}

fn row(report: &Report) -> ReportRow {
    let failure = report.failure.as_ref();
    ReportRow {
        verified: failure.is_none(),
        ledger_id: report.ledger_id.map(|id| Hash::of(id.as_bytes())),
        origin: report.origin.clone(),
        entries: report.entries,
        events: report.events,
        bytes: report.bytes,
        recorded_at: Time(report.recorded_at.get()),
        signatures: report.signatures.to_owned(),
        failure_seq: failure.map(|f| f.seq.get()),
        failure_kind: failure.map(|f| f.kind.to_string()),
        expected: failure.map(|f| f.expected.clone()),
        actual: failure.map(|f| f.actual.clone()),
    }
}
