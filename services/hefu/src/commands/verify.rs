//! `hefu verify`: offline, against a head or a checkpoint key from elsewhere.

mod end;
mod openings;

use std::path::{Path, PathBuf};
use std::time::Duration;

use hefu_types::{ChainHash, Reason, Size, VerifierKey};
use hefu_verify::{End, Export, ExportError, FailureKind, Report, verify, verify_prefix};

use crate::args::log_key;
use crate::context::{Context, progress};
use crate::failure::{Exit, Failure};
use crate::lang::{both, note};
use crate::output::{Hash, Time, record};
use crate::remote::Url;
use end::end;
use openings::{Values, Wrong};

#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("known_end").args(["size", "head", "key"]).required(true)))]
pub(crate) struct VerifyArgs {
    /// The export's directory, or the URL where the log's files are (`http://host[:port]`); a log that grows there is verified
    /// up to its end as it is known.
    #[arg(value_name = "DIR|URL")]
    place: String,
    /// The number of entries that the log must have; give --chain-hash with it.
    #[arg(long, value_name = "N", requires = "chain_hash")]
    size: Option<u64>,
    /// The chain hash of its last entry, 64 hex digits; give --size with it.
    #[arg(long, value_name = "HEX", requires = "size", value_parser = chain_hash)]
    chain_hash: Option<ChainHash>,
    /// Both from a file, as printed by `hefu --output json log head`.
    #[arg(long, value_name = "FILE", conflicts_with = "chain_hash")]
    head: Option<PathBuf>,
    /// The log's checkpoint key (`name+hash+base64`, as `hefud init` prints it): the export must end in a checkpoint that this
    /// key signed.
    #[arg(long, value_name = "VKEY", value_parser = log_key)]
    key: Option<VerifierKey>,
    /// The checkpoint to end in, from elsewhere, instead of the one in the export.
    #[arg(long, value_name = "FILE", requires = "key")]
    checkpoint: Option<PathBuf>,
    /// A tlog-policy file: enough of its witnesses must have cosigned the checkpoint, and no entry may claim a time that their
    /// cosignatures rule out.
    #[arg(long, value_name = "FILE", requires = "key")]
    policy: Option<PathBuf>,
    /// An older checkpoint that the log must pass through; may be given again. With --policy, its cosignatures say when no more
    /// than its entries existed.
    #[arg(long, value_name = "FILE", requires = "key")]
    through: Vec<PathBuf>,
    /// Accept an export that goes on after the head, such as a newer export than the head: the entries up to the head are
    /// verified, those after it are only counted and held to be linked.
    #[arg(long)]
    prefix: bool,
    /// A folder of openings, as `hefu value open --save` makes it: each must be that of a commitment in the log.
    #[arg(long, value_name = "DIR")]
    openings: Option<PathBuf>,
}

record! {
    /// What was verified, and the first failure.
    struct ReportRow {
        both verified: bool,
        both ledger_id: Option<Hash>,
        both origin: Option<String>,
        both entries: u64,
        both entries_after_head: Option<u64>,
        both events: u64,
        both bytes: u64,
        both tiles: u64,
        both chain_hash: Option<Hash>,
        both root: Option<Hash>,
        both recorded_at: Option<Time>,
        both signed_by: Vec<String>,
        both signatures: String,
        both commitments: u64,
        both values_opened: u64,
        both values_withheld: u64,
        both values_lawfully_erased: u64,
        both openings_wrong: u64,
        both failure_seq: Option<u64>,
        both failure_kind: Option<String>,
        both expected: Option<String>,
        both actual: Option<String>,
    }
}

/// Verification reads, hashes and waits: it has a thread of its own.
pub(crate) async fn run(context: Context, args: VerifyArgs) -> Result<Exit, Failure> {
    let verifying = tokio::task::spawn_blocking(move || verify_all(&context, &args)).await;
    verifying.unwrap_or_else(|e| std::panic::resume_unwind(e.into_panic()))
}

fn verify_all(context: &Context, args: &VerifyArgs) -> Result<Exit, Failure> {
    let (export, end) = open(context, args)?;
    let size = end.size();
    let bar = progress("entries", size.get());
    let told = &mut |entries| bar.set_position(entries);
    let report = if args.prefix { verify_prefix(&export, end, told)? } else { verify(&export, end, told)? };
    bar.finish_and_clear();
    let (values, wrong) = openings::compare(&report.commitments, args.openings.as_deref())?;
    context.one(&row(&report, args.prefix, &values))?;
    match report.failure {
        None if !wrong.is_empty() => Err(not_theirs(&wrong)),
        None => {
            if report.entries_after_head > 0 {
                let entries = report.entries_after_head;
                note!(
                    "{entries} entries after the head are not covered by it",
                    "末尾之后的 {entries} 条不在其涵盖之内"
                );
            }
            Ok(Exit::Done)
        }
        Some(failure) => Err(found(&failure, size, args.prefix)),
    }
}

/// The log, and the end that it must have.
fn open(context: &Context, args: &VerifyArgs) -> Result<(Export, End), Failure> {
    if !args.place.contains("://") {
        let export = Export::open(Path::new(&args.place))?;
        let end = end(args, &export)?;
        return Ok((export, end));
    }
    if args.prefix {
        let remedy = both!(
            "Leave out --prefix: at a URL, nothing after the end is looked at.",
            "请去掉 --prefix：在网址上不查看末尾之后的内容。"
        );
        return Err(Failure::usage(both!("--prefix is for directories", "--prefix 只用于目录"), remedy));
    }
    let export = Url::parse(&args.place)?.open(Duration::from_secs(context.patience));
    let end = end(args, &export)?;
    Ok((export.as_of(end.size()), end))
}

fn chain_hash(text: &str) -> Result<ChainHash, String> {
    text.parse().map_err(|_| {
        format!(
            "a chain hash is 64 hex digits, as `hefu log head` prints it; this is {} characters",
            text.chars().count()
        )
    })
}

fn not_theirs(wrong: &[Wrong]) -> Failure {
    let place = |wrong: &Wrong| match wrong.seq {
        Some(seq) => format!("the opening of {} at seq {seq} is another one", wrong.commitment),
        None => format!("no entry has {}", wrong.commitment),
    };
    let detail = wrong.iter().map(place).collect::<Vec<_>>().join("; ");
    Failure::new(Exit::Broken, Reason::OpeningWrong.code(), detail, "Ask whoever gave it to you where it came from.")
}

fn found(failure: &hefu_verify::Failure, head: Size, prefix: bool) -> Failure {
    let detail =
        format!("{} at seq {}: expected {}, found {}", failure.kind, failure.seq, failure.expected, failure.actual);
    let broken = |remedy: &str| Failure::new(Exit::Broken, "VERIFICATION_FAILED", detail.clone(), remedy);
    match failure.kind {
        FailureKind::NewerThanTool => {
            let remedy =
                "Written by a newer program, or changed: get a newer hefu to tell. Keep the export and the head.";
            Failure::new(Exit::Refused, "NEWER_THAN_TOOL", detail, remedy)
        }
        FailureKind::Surplus if failure.seq == head.next_seq() && !prefix => broken(
            "The export goes on after this head: if the head is older, pass --prefix, or export with --size into a fresh \
             folder. If it is not, keep both: they are evidence.",
        ),
        FailureKind::Missing if failure.seq < head.next_seq() => broken(
            "The export is older than this head, or was cut: export into a fresh folder and verify that. Keep this one and the \
             head: they may be evidence.",
        ),
        _ => broken("Keep the export and the head: they are evidence."),
    }
}

impl From<ExportError> for Failure {
    fn from(error: ExportError) -> Self {
        if let ExportError::Io { path, source } = &error
            && path.contains("://")
        {
            let remedy = both!(
                "Check the URL, and that files of a log are served there; then do the same again.",
                "请检查网址，以及其中是否提供日志文件；然后重新执行。"
            );
            return Self::new(Exit::Unreachable, "SERVER_UNREACHABLE", format!("{path} can't be fetched"), remedy)
                .because(source);
        }
        let remedy = both!(
            "Give a directory made by `hefu log export`, or a mirror of the log's tiles.",
            "请给出由 `hefu log export` 生成的目录，或日志瓦片的镜像。"
        );
        let failure = Self::usage(error.to_string(), remedy);
        match std::error::Error::source(&error) {
            Some(source) => failure.because(source),
            None => failure,
        }
    }
}

fn row(report: &Report, prefix: bool, values: &Values) -> ReportRow {
    let failure = report.failure.as_ref();
    ReportRow {
        verified: failure.is_none(),
        ledger_id: report.ledger_id.map(|id| Hash::of(id.as_bytes())),
        origin: report.origin.clone(),
        entries: report.entries,
        entries_after_head: prefix.then_some(report.entries_after_head),
        events: report.events,
        bytes: report.bytes,
        tiles: report.tiles,
        chain_hash: report.chain_hash.map(|hash| Hash::of(hash.as_bytes())),
        root: report.root.map(|hash| Hash::of(hash.as_bytes())),
        recorded_at: (report.entries > 0).then_some(Time(report.recorded_at.get())),
        signed_by: report.signed_by.iter().map(VerifierKey::to_string).collect(),
        signatures: report.signatures.to_owned(),
        commitments: values.commitments,
        values_opened: values.opened,
        values_withheld: values.withheld,
        values_lawfully_erased: values.lawfully_erased,
        openings_wrong: values.wrong,
        failure_seq: failure.map(|f| f.seq.get()),
        failure_kind: failure.map(|f| f.kind.to_string()),
        expected: failure.map(|f| f.expected.clone()),
        actual: failure.map(|f| f.actual.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hefu_types::Seq;

    fn failure(kind: FailureKind, seq: u64) -> hefu_verify::Failure {
        hefu_verify::Failure { seq: Seq::new(seq), kind, expected: "a".into(), actual: "b".into() }
    }

    #[test]
    fn a_failure_says_what_to_do_next() {
        let found = |kind, seq, prefix| found(&failure(kind, seq), Size::new(9), prefix);
        let says = |kind, seq, prefix, word: &str| {
            let failure = found(kind, seq, prefix);
            assert_eq!((failure.exit, failure.code), (Exit::Broken, "VERIFICATION_FAILED"));
            assert!(failure.remedy.contains(word), "{}", failure.remedy);
        };
        says(FailureKind::Surplus, 9, false, "--prefix");
        says(FailureKind::Surplus, 9, true, "they are evidence");
        says(FailureKind::Surplus, 4, false, "they are evidence");
        says(FailureKind::Missing, 4, false, "older than this head");
        says(FailureKind::Missing, 12, true, "they are evidence");
        says(FailureKind::Link, 4, false, "they are evidence");
        let newer = found(FailureKind::NewerThanTool, 4, false);
        assert_eq!((newer.exit, newer.code), (Exit::Refused, "NEWER_THAN_TOOL"));
        assert!(newer.remedy.contains("or changed"), "{}", newer.remedy);
    }

    #[test]
    fn a_report_of_nothing_has_no_time() {
        let report = |entries| Report { entries, ..Report::default() };
        let (values, _) = openings::compare(&report(1).commitments, None).unwrap();
        assert_eq!(row(&report(0), false, &values).recorded_at, None);
        assert_eq!(row(&report(1), false, &values).recorded_at, Some(Time(0)));
        let after = |prefix| row(&report(1), prefix, &values).entries_after_head;
        assert_eq!([after(false), after(true)], [None, Some(0)]);
    }

    #[test]
    fn a_wrong_hash_is_told_its_form() {
        assert!(chain_hash(&"ab".repeat(32)).is_ok());
        for (wrong, count) in [("", "0"), ("abc", "3"), (&*"zz".repeat(32), "64")] {
            let said = chain_hash(wrong).unwrap_err();
            assert!(said.contains("64 hex digits") && said.contains(count), "{said}");
        }
    }
}
