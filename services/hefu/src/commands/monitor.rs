//! `hefu monitor`: watch a log from outside, and say when it is not one history that only grows.

use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hefu_types::{Millis, VerifierKey};

use crate::args::log_key;
use crate::args::read_policy;
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::lang::{both, note};
use crate::monitor::{Finding, LATE_MAX, Monitor, Round};
use crate::output::record;
use crate::remote::Url;
use crate::signals;

#[derive(Debug, clap::Args)]
pub(crate) struct MonitorArgs {
    /// Where the log's files are (`http://host[:port]`); several mirrors of the same log are held against each other.
    #[arg(required = true, value_name = "URL")]
    urls: Vec<String>,
    /// The log's checkpoint key (`name+hash+base64`, as `hefud init` prints it); around a replacement, both.
    #[arg(long = "key", required = true, value_name = "VKEY", value_parser = log_key)]
    keys: Vec<VerifierKey>,
    /// A folder to remember the last checkpoints in, and to keep evidence; without it nothing is remembered after the end.
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// Seconds between looks.
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    every: u64,
    /// Look once. With --state, runs one after another find what one that goes on finds.
    #[arg(long)]
    once: bool,
    /// How long a quorum of cosignatures, or a checkpoint of what a receipt says, may be late before it is a finding; 0 for not
    /// at all, though an honest log needs some seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = LATE_MAX.as_secs())]
    late: u64,
    /// A tlog-policy file: checkpoints without its quorum are reported, and are a finding when it stays so (--late).
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// The address of a witness (`http://host:port`), which is asked what it cosigned last; may be given again. A witness that
    /// has seen another history, or more entries than are shown for so long (--late), is a finding.
    #[arg(long = "witness", value_name = "URL")]
    witnesses: Vec<String>,
    /// A folder of receipts (*.tlog-proof, such as an outbox), whose checkpoints must be of the same history; one of more
    /// entries than are shown is reported, and is a finding when it stays so (--late).
    #[arg(long, value_name = "DIR")]
    receipts: Option<PathBuf>,
}

record! {
    /// A finding; the sizes are those of the checkpoints that conflict.
    struct FindingRow {
        both code: String,
        both at: String,
        both what: String,
        both sizes: Vec<String>,
    }
}

pub(crate) async fn run(context: &Context, args: MonitorArgs) -> Result<Exit, Failure> {
    let urls = args.urls.iter().map(|url| Url::parse(url)).collect::<Result<Vec<_>, _>>()?;
    let witnesses = args.witnesses.iter().map(|url| Url::parse(url)).collect::<Result<Vec<_>, _>>()?;
    let policy = args.policy.as_deref().map(read_policy).transpose()?;
    let patience = Duration::from_secs(context.patience);
    let mut monitor = Monitor::open(args.keys, &urls, args.state.as_deref(), patience)?
        .with_policy(policy)
        .with_receipts(args.receipts.as_deref())
        .with_witnesses(&witnesses, patience)?
        .with_late_max(Duration::from_secs(args.late));
    let mut stop = Box::pin(signals::stop()?);
    loop {
        let looking = tokio::task::spawn_blocking(move || {
            let round = monitor.look(now());
            (monitor, round)
        });
        let looked = tokio::select! {
            looked = looking => looked.unwrap_or_else(|e| std::panic::resume_unwind(e.into_panic())),
            () = &mut stop => return Ok(Exit::Done),
        };
        let round = looked.1?;
        monitor = looked.0;
        tell(&round, urls.len());
        if !round.findings.is_empty() {
            return Err(found(context, &monitor, &round.findings)?);
        }
        if args.once {
            return Ok(if round.unreached.is_empty() { Exit::Done } else { Exit::Unreachable });
        }
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(args.every)) => {}
            () = &mut stop => return Ok(Exit::Done),
        }
    }
}

fn now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis::new(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// Says on stderr how it stands.
fn tell(round: &Round, urls: usize) {
    round.unreached.iter().for_each(|why| note!("unreached: {why}", "未能连接：{why}"));
    round.waiting.iter().for_each(|why| note!("waiting: {why}", "等待中：{why}"));
    if let Some(newest) = round.newest.as_ref().filter(|_| round.findings.is_empty() && round.unreached.is_empty()) {
        let (origin, size) = (newest.origin(), newest.size());
        note!(
            "{origin}: one history of {size} entries at {urls} URLs",
            "{origin}：{urls} 个网址上是同一历史，共 {size} 条"
        );
    }
}

/// Prints rows on stdout and evidence on stderr; how the program ends.
fn found(context: &Context, monitor: &Monitor, findings: &[Finding]) -> Result<Failure, Failure> {
    let kept = monitor.keep_evidence(findings)?;
    for shown in findings.iter().flat_map(|finding| &finding.evidence) {
        eprintln!("---\n{}", String::from_utf8_lossy(&shown.bytes));
    }
    kept.iter().for_each(|path| note!("evidence: {}", "证据：{}", path.display()));
    context.rows(&findings.iter().map(row).collect::<Vec<_>>())?;
    let first = &findings[0];
    let remedy = both!(
        "Keep the evidence and show it to the auditors, the log's operator and its witnesses.",
        "请保留证据，交审计人员、日志运营单位和见证人。"
    );
    Ok(Failure::new(Exit::Broken, first.code, format!("{}: {}", first.at, first.what), remedy))
}

fn row(finding: &Finding) -> FindingRow {
    FindingRow {
        code: finding.code.to_owned(),
        at: finding.at.clone(),
        what: finding.what.clone(),
        sizes: finding.evidence.iter().filter_map(|shown| shown.size).map(|size| size.to_string()).collect(),
    }
}
