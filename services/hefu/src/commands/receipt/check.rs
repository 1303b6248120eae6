//! `hefu receipt check`: the later check of the receipts in an outbox.

use std::path::PathBuf;

use hefu_client::Outbox;
use hefu_client::receipts::{self, Checked, State};
use hefu_types::KeySeq;

use crate::args::read_log_policy;
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::lang::{both, note};
use crate::output::{Time, record};

#[derive(Debug, clap::Args)]
pub(crate) struct CheckArgs {
    /// The key file whose outbox it is; the key itself is not needed.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// A tlog-policy file: a `log` line for each key that the log has had, and the witnesses whose quorum is asked for.
    #[arg(long, value_name = "FILE", env = "HEFU_POLICY")]
    policy: PathBuf,
}

record! {
    /// A receipt of an outbox, and how it stands.
    struct CheckRow {
        both number: u64,
        both seq: u64,
        both recorded_at: Time,
        both state: String,
        both witnesses: Vec<String>,
        both why: Option<String>,
        both evidence: Option<String>,
        data receipt: String,
    }
}

/// The word for a state.
pub(crate) const fn word(state: &State) -> &'static str {
    match state {
        State::Cosigned(_) => "cosigned",
        State::Pending => "pending",
        State::Contradicted { .. } => "contradicted",
        State::Damaged => "damaged",
    }
}

/// Who cosigned.
pub(crate) fn witnesses(state: &State) -> Vec<String> {
    match state {
        State::Cosigned(by) => by.iter().map(|cosignature| cosignature.key().name().to_owned()).collect(),
        State::Pending | State::Contradicted { .. } | State::Damaged => vec![],
    }
}

pub(super) async fn run(context: &Context, args: CheckArgs) -> Result<(), Failure> {
    let policy = read_log_policy(&args.policy)?;
    let path = Outbox::beside(&args.key);
    if !path.is_dir() {
        let detail = format!("{} is not there: this key has submitted nothing from here", path.display());
        return Err(Failure::usage(
            detail,
            both!("Give the key file that the outbox stands beside.", "请给出发件箱旁边的密钥文件。"),
        ));
    }
    let outbox = Outbox::reopen(&path).map_err(hefu_client::ClientError::from)?;
    let report = receipts::check(&outbox, KeySeq::NONE, &policy, &context.server()?, None).await?;
    context.rows(&report.receipts.iter().map(row).collect::<Vec<_>>())?;
    if let Some(error) = &report.unanswered {
        note!("not all could be asked for: {}", "未能全部查询：{}", Failure::of(error).said());
    }
    verdict(&report.receipts)
}

fn row(checked: &Checked) -> CheckRow {
    let (why, evidence) = match &checked.state {
        State::Contradicted { why, evidence } => (Some(why.to_string()), Some(evidence.display().to_string())),
        State::Damaged => (Some("the file is not what was written".to_owned()), None),
        State::Cosigned(_) | State::Pending => (None, None),
    };
    CheckRow {
        number: checked.key_seq.get(),
        seq: checked.seq.get(),
        recorded_at: Time(checked.recorded_at.get()),
        state: word(&checked.state).into(),
        witnesses: witnesses(&checked.state),
        why,
        evidence,
        receipt: checked.path.display().to_string(),
    }
}

/// A contradiction comes before everything else; then a file that this disk has lost.
fn verdict(receipts: &[Checked]) -> Result<(), Failure> {
    receipts::contradicted(receipts)?;
    match receipts.iter().find(|checked| checked.state == State::Damaged) {
        None => Ok(()),
        Some(checked) => {
            let detail = format!("{} is not the receipt that was given", checked.path.display());
            let remedy =
                "Restore the file from a copy; the position beside it (.ack) still says where the submission stands.";
            Err(Failure::new(Exit::Broken, "RECEIPT_INVALID", detail, remedy))
        }
    }
}
