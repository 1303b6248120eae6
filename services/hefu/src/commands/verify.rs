//! `hefu verify`: offline, against a head or a checkpoint key from elsewhere.

use std::path::{Path, PathBuf};
use std::time::Duration;

use hefu_types::checkpoint::CheckpointError;
use hefu_types::note::NoteError;
use hefu_types::{ChainHash, Checkpoint, Cosignature, Note, Policy, SignedCheckpoint, Size, VerifierKey};
use hefu_verify::{End, Export, ExportError, FailureKind, Head, LogKeys, Report, verify, verify_prefix};
use serde::Deserialize;

use crate::args::{log_key, read_policy};
use crate::context::{Context, progress};
use crate::failure::{Exit, Failure};
use crate::output::{Cell as _, Hash, Time, record};
use crate::remote::Url;

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
        both entries_after_head: Option<u64>,
        both events: u64,
        both bytes: u64,
        both tiles: u64,
        both chain_hash: Option<Hash>,
        both root: Option<Hash>,
        both recorded_at: Option<Time>,
        both signed_by: Vec<String>,
        both signatures: String,
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
    context.one(&row(&report, args.prefix))?;
    match report.failure {
        None => {
            if report.entries_after_head > 0 {
                eprintln!("{} entries after the head are not covered by it", report.entries_after_head);
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
        let remedy = "Leave out --prefix: at a URL, nothing after the end is looked at.";
        return Err(Failure::usage("--prefix is for directories", remedy));
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

/// The end that the log must have, from a source that is not the export, or signed by its key.
fn end(args: &VerifyArgs, export: &Export) -> Result<End, Failure> {
    let Some(key) = &args.key else { return Ok(head(args)?.into()) };
    let policy = args.policy.as_deref().map(read_policy).transpose()?;
    let mut signed = Signed { key, export, heirs: None };
    let note = match &args.checkpoint {
        Some(path) => std::fs::read(path).map_err(|e| Failure::file(path, &e))?.into(),
        None => export.checkpoint()?.ok_or_else(|| {
            Failure::usage("the export holds no checkpoint", "Give one with --checkpoint, or a head with --head.")
        })?,
    };
    let last = signed.open(&note)?;
    let cosignatures = policy.as_ref().map(|policy| quorum(&last, policy)).transpose()?.unwrap_or_default();
    cosignatures.iter().for_each(tell);
    args.through.iter().try_fold(End::at(last, &cosignatures), |end, path| {
        let note = std::fs::read(path).map_err(|e| Failure::file(path, &e))?;
        let older = signed.open_older(&note).map_err(|failure| failure.of_file(path))?;
        if older.checkpoint().size() > end.size() {
            let detail =
                format!("{} is of {} entries, the log of {}", path.display(), older.checkpoint().size(), end.size());
            return Err(Failure::usage(detail, "Give older checkpoints than the one that the log must end in."));
        }
        // One that no quorum cosigned still says what the log must pass through, if not when.
        let cosignatures = policy.as_ref().and_then(|policy| quorum(&older, policy).ok()).unwrap_or_default();
        Ok(end.through(older, &cosignatures))
    })
}

/// Reads checkpoints that the log signed: with the key that is trusted, or, if the log has replaced it, with one that follows it.
struct Signed<'a> {
    key: &'a VerifierKey,
    export: &'a Export,
    heirs: Option<LogKeys>,
}

impl Signed<'_> {
    fn open(&mut self, bytes: &[u8]) -> Result<SignedCheckpoint, Failure> {
        let opened = self.open_known(bytes)?;
        Self::signed(opened)
    }

    /// One from before: also of a key that the trusted one replaced. The entries name that one, and the verification, which ends
    /// in what the trusted key signed, holds that it signed at that size.
    fn open_older(&mut self, bytes: &[u8]) -> Result<SignedCheckpoint, Failure> {
        let opened = match self.open_known(bytes)? {
            Err(CheckpointError::Note(NoteError::NotSigned(_))) => {
                let (size, note) = Self::signed(parse(bytes))?;
                let keys = self.export.own_log_keys(size)?;
                SignedCheckpoint::from_note_by_any(note, keys.iter().flat_map(LogKeys::keys))
            }
            opened => opened,
        };
        Self::signed(opened)
    }

    fn open_known(&mut self, bytes: &[u8]) -> Result<Result<SignedCheckpoint, CheckpointError>, Failure> {
        match SignedCheckpoint::open(bytes, self.key) {
            Err(CheckpointError::Note(NoteError::NotSigned(_))) => self.open_by_heirs(bytes),
            opened => Ok(opened),
        }
    }

    fn signed<T>(opened: Result<T, CheckpointError>) -> Result<T, Failure> {
        opened.map_err(|e| {
            let remedy = "Keep the export: it may be evidence. Check that the key is the one of this log.";
            let detail = "the checkpoint is not signed by this key";
            Failure::new(Exit::Broken, "CHECKPOINT_INVALID", detail, remedy).because(&e)
        })
    }

    /// With the keys that the entries before the checkpoint name, each endorsed by the one before.
    fn open_by_heirs(&mut self, bytes: &[u8]) -> Result<Result<SignedCheckpoint, CheckpointError>, Failure> {
        let (size, note) = match parse(bytes) {
            Ok(parsed) => parsed,
            Err(e) => return Ok(Err(e)),
        };
        let heirs = match self.heirs.take() {
            Some(heirs) => heirs,
            None => self.export.log_keys(self.key, size)?,
        };
        Ok(SignedCheckpoint::from_note_by_any(note, self.heirs.insert(heirs).keys()))
    }
}

/// A checkpoint's size and note; nobody's signature is looked at.
fn parse(bytes: &[u8]) -> Result<(Size, Note), CheckpointError> {
    let note = Note::from_bytes(bytes)?;
    Ok((Checkpoint::parse_body(note.text())?.size(), note))
}

/// The cosignatures of the witnesses of a policy, if they are enough.
fn quorum(signed: &SignedCheckpoint, policy: &Policy) -> Result<Vec<Cosignature>, Failure> {
    let remedy = "Keep the checkpoint; ask the operator, or the witnesses, for one that they cosigned.";
    policy.check(signed).map_err(|e| {
        let detail = "the checkpoint is not cosigned as the policy asks";
        Failure::new(Exit::Broken, "CHECKPOINT_INVALID", detail, remedy).because(&e)
    })
}

fn tell(cosignature: &Cosignature) {
    let millis = i64::try_from(cosignature.timestamp().saturating_mul(1_000)).unwrap_or(i64::MAX);
    eprintln!("cosigned by {} at {}", cosignature.key().name(), Time(millis).short());
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
            let remedy = "Check the URL, and that files of a log are served there; then do the same again.";
            return Self::new(Exit::Unreachable, "SERVER_UNREACHABLE", format!("{path} can't be fetched"), remedy)
                .because(source);
        }
        let remedy = "Give a directory made by `hefu log export`, or a mirror of the log's tiles.";
        let failure = Self::usage(error.to_string(), remedy);
        match std::error::Error::source(&error) {
            Some(source) => failure.because(source),
            None => failure,
        }
    }
}

fn row(report: &Report, prefix: bool) -> ReportRow {
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
        assert_eq!(row(&report(0), false).recorded_at, None);
        assert_eq!(row(&report(1), false).recorded_at, Some(Time(0)));
        let after = |prefix| row(&report(1), prefix).entries_after_head;
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
