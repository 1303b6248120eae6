//! `hefu receipt`: what proves to anybody, offline, that a submission is in the log.

mod check;

use std::fs;
use std::path::{Path, PathBuf};

use hefu_client::Outbox;
use hefu_types::receipt::{self, VerifiedReceipt};
use hefu_types::{Policy, Signature, SignedSubmission, TlogProof, VerifierKey};

use crate::args::{log_key, read_policy};
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::lang::both;
use crate::output::{self, Hash, Time, record};
use check::CheckArgs;
pub(crate) use check::{witnesses, word};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum ReceiptCommand {
    /// Copy a receipt and its submission out of a key's outbox, to keep or to hand on.
    Save {
        /// The key file whose outbox it is.
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// The key's own count of the submission.
        number: u64,
        /// The new file for the receipt; the submission gets the same name with the ending .sub.
        #[arg(short = 'o', long = "out", value_name = "FILE")]
        out: PathBuf,
    },
    /// Ask the log about the receipts in a key's outbox that no quorum of witnesses has cosigned yet. One that is proved under a
    /// cosigned checkpoint is replaced by one that verifies with the policy, offline; what contradicts one is kept as evidence.
    Check(CheckArgs),
    /// Verify receipts with nothing but the submissions and the log's key; with a policy, that its witnesses cosigned.
    Verify {
        /// The receipts; beside each stands its submission, with the ending .sub.
        #[arg(required = true, value_name = "FILE")]
        receipts: Vec<PathBuf>,
        /// The log's checkpoint key (`name+hash+base64`, as `hefud init` prints it); a log that replaced it has several.
        #[arg(long = "log-key", required = true, value_name = "VKEY", value_parser = log_key)]
        log_keys: Vec<VerifierKey>,
        /// A tlog-policy file whose quorum must have cosigned.
        #[arg(long, value_name = "FILE")]
        policy: Option<PathBuf>,
    },
}

record! {
    /// A receipt that holds.
    struct ReceiptRow {
        both receipt: String,
        both seq: u64,
        both recorded_at: Time,
        both submission_hash: Hash,
        both checkpoint_size: u64,
        both witnesses: Vec<String>,
    }
}

pub(crate) async fn run(context: &Context, command: ReceiptCommand) -> Result<(), Failure> {
    match command {
        ReceiptCommand::Save { key, number, out } => save(&Outbox::beside(&key), number, &out),
        ReceiptCommand::Check(args) => check::run(context, args).await,
        ReceiptCommand::Verify { receipts, log_keys, policy } => {
            let policy = policy.as_deref().map(read_policy).transpose()?;
            let rows: Result<Vec<_>, _> = receipts
                .iter()
                .map(|path| verify(path, &log_keys, policy.as_ref()).map(|found| row(path, &found)))
                .collect();
            context.rows(&rows?)
        }
    }
}

/// The files of an outbox are named by the key's own count.
fn save(outbox: &Path, number: u64, out: &Path) -> Result<(), Failure> {
    let of = |extension: &str| outbox.join(format!("{number:020}.{extension}"));
    let read = |path: PathBuf| fs::read(&path).map_err(|e| Failure::file(&path, &e));
    let (proof, submission) = (read(of("tlog-proof"))?, read(of("sub"))?);
    output::create(&out.with_extension("sub"), &submission)?;
    output::create(out, &proof)
}

fn verify(path: &Path, keys: &[VerifierKey], policy: Option<&Policy>) -> Result<VerifiedReceipt, Failure> {
    let read = |path: &Path| fs::read(path).map_err(|e| Failure::file(path, &e));
    let proof = TlogProof::from_bytes(&read(path)?).map_err(|e| invalid(path, &e))?;
    let beside = path.with_extension("sub");
    let signed = submission(read(&beside)?).ok_or_else(|| {
        Failure::usage(
            format!("{} is no submission", beside.display()),
            both!("Give the file of the outbox.", "请给出发件箱中的文件。"),
        )
    })?;
    // The one whose line is there; with none, the first says what is missing.
    let signed_by = |key: &&VerifierKey| proof.checkpoint().signatures_by(key).next().is_some();
    let key = keys.iter().find(signed_by).unwrap_or(&keys[0]);
    receipt::verify(&proof, &signed.submission, key, policy).map_err(|e| invalid(path, &e))
}

/// A submission as an outbox keeps it: 64 bytes of signature, then its bytes.
pub(crate) fn submission(bytes: Vec<u8>) -> Option<SignedSubmission> {
    let (signature, submission) = bytes.split_at_checked(Signature::LEN)?;
    let submission = submission.to_vec().into();
    Some(SignedSubmission { submission, signature: Signature::from_slice(signature)? })
}

fn invalid(path: &Path, e: &dyn std::error::Error) -> Failure {
    let remedy =
        "Keep the receipt and the submission: they may be evidence. Check that the key is the one of this log.";
    Failure::new(Exit::Broken, "RECEIPT_INVALID", format!("{} does not hold", path.display()), remedy).because(e)
}

fn row(path: &Path, found: &VerifiedReceipt) -> ReceiptRow {
    ReceiptRow {
        receipt: path.display().to_string(),
        seq: found.entry.seq().get(),
        recorded_at: Time(found.entry.recorded_at().get()),
        submission_hash: Hash::of(found.entry.signed().hash().as_bytes()),
        checkpoint_size: found.checkpoint.checkpoint().size().get(),
        witnesses: found.cosignatures.iter().map(|c| c.key().name().to_owned()).collect(),
    }
}
