//! The later check of receipts: the log gives one under the checkpoint of its own block, which no witness has seen. Such a
//! receipt is *pending* until the log shows a cosigned checkpoint, and that its tree begins with that of the receipt.
//!
//! Then the receipt is replaced by one under the cosigned checkpoint, which verifies offline with the policy. When the log
//! shows that it does not, or can't show that it does, it has signed two histories or answers with proofs of nothing: what
//! shows it is kept in the outbox, once and for good.
//!
//! ```text
//! me.outbox/evidence/00000000000000000007/
//!   why                   what does not hold, in a sentence
//!   receipt.tlog-proof    the receipt as it was given
//!   receipt.sub           the submission that it is for
//!   checkpoint            (if there is one) the signed checkpoint that contradicts it
//!   proof                 (if there is one) the proof that was given between the two, in hex
//! me.outbox/evidence/00000000000000000007-5d…/
//!                         (rarely) the same of another contradiction or checkpoint
//! ```
//!
//! Nothing here waits for witnesses. A log that does not answer, or shows nothing cosigned yet, leaves a receipt pending.
//!
//! Read next: `local.rs` (what the files say), `remote.rs` (what the log says), `evidence.rs`.

mod evidence;
mod local;
mod remote;

use std::path::PathBuf;

use hefu_types::{Cosignature, KeySeq, Millis, Policy, Seq};
use tokio::time::Instant;

use crate::{ClientError, Outbox, Server};
use local::Open;
use remote::Remote;

/// A receipt of an outbox, and how it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The key's own count of the submission.
    pub key_seq: KeySeq,
    /// Where it was recorded.
    pub seq: Seq,
    /// When it was recorded.
    pub recorded_at: Millis,
    /// The receipt's file.
    pub path: PathBuf,
    /// How it stands.
    pub state: State,
}

/// How a receipt stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// A quorum of the policy cosigned its checkpoint: it verifies offline.
    Cosigned(Vec<Cosignature>),
    /// Not yet, and nothing speaks against it.
    Pending,
    /// The log contradicts it.
    Contradicted {
        /// What does not hold.
        why: Contradiction,
        /// The folder of what shows it.
        evidence: PathBuf,
    },
    /// The file is not what was written. That is this disk's fault, and evidence of nothing.
    Damaged,
}

/// What does not hold of a receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Contradiction {
    /// The checkpoint is in nobody's name that the policy knows.
    #[error("no log of the policy signed the receipt's checkpoint")]
    NotSigned,
    /// There are two trees of one size.
    #[error("the log signed another tree of as many entries as the receipt's checkpoint has")]
    OtherTree,
    /// The proof from one tree to the other is wrong.
    #[error("the log's proof does not show that its cosigned entries begin with those of the receipt")]
    Inconsistent,
    /// The proof of the entry in the other tree is wrong.
    #[error("the log's proof does not show the entry among its cosigned ones")]
    NotIncluded,
}

/// What a check found.
#[derive(Debug, Default)]
pub struct Report {
    /// Every receipt that was looked at, by number.
    pub receipts: Vec<Checked>,
    /// Why the log could not be asked about some, if it could not.
    pub unanswered: Option<ClientError>,
}

/// Checks the receipts of answered submissions after a number.
///
/// `until` bounds how long the log is asked; without it each question has the server's patience.
///
/// # Errors
/// `POLICY_INVALID` when the policy names no log; or when the outbox can't be read or written.
pub async fn check(
    outbox: &Outbox,
    after: KeySeq,
    policy: &Policy,
    server: &Server,
    until: Option<Instant>,
) -> Result<Report, ClientError> {
    let (mut report, open) = look(outbox, after, policy)?;
    let mut remote = Remote::new(server, policy, until);
    report.receipts.extend(remote.settle(outbox, open).await?);
    report.receipts.sort_by_key(|checked| checked.key_seq);
    report.unanswered = remote.into_unanswered();
    Ok(report)
}

/// What the files alone say: those that are open are not in the report.
fn look(outbox: &Outbox, after: KeySeq, policy: &Policy) -> Result<(Report, Vec<Open>), ClientError> {
    if policy.logs().is_empty() {
        return Err(ClientError::Policy(
            "the policy names no log, so nobody can tell whose checkpoints are meant".into(),
        ));
    }
    let (receipts, open) = local::look(outbox, after, policy)?;
    Ok((Report { receipts, unanswered: None }, open))
}

/// The same, of what the files alone say: what is not cosigned is pending.
///
/// # Errors
/// As [`check`].
pub fn check_offline(outbox: &Outbox, after: KeySeq, policy: &Policy) -> Result<Report, ClientError> {
    let (mut report, open) = look(outbox, after, policy)?;
    report.receipts.extend(open.into_iter().map(Open::pending));
    report.receipts.sort_by_key(|checked| checked.key_seq);
    Ok(report)
}

/// Whether any of these is contradicted.
///
/// # Errors
/// `RECEIPT_CONTRADICTED`, with the folders of evidence.
pub fn contradicted<'c>(receipts: impl IntoIterator<Item = &'c Checked>) -> Result<(), ClientError> {
    let evidence = |checked: &Checked| match &checked.state {
        State::Contradicted { evidence, .. } => Some(evidence.clone()),
        State::Cosigned(_) | State::Pending | State::Damaged => None,
    };
    let evidence: Vec<PathBuf> = receipts.into_iter().filter_map(evidence).collect();
    if evidence.is_empty() { Ok(()) } else { Err(ClientError::Contradicted(evidence)) }
}
