use std::path::PathBuf;

use hefu_types::{Reason, Refusal, Seq};

use crate::keyfile::KeyFileError;
use crate::outbox::OutboxError;

/// Why something could not be done.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The server refused; nothing was written.
    #[error("{}", .0.detail)]
    Refused(Refusal),
    /// The server could not be reached; what was stored in the outbox stays there.
    #[error("no answer from {server}")]
    Unreachable {
        /// Its address.
        server: String,
        /// The last thing that went wrong.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A submission was sent and not answered.
    #[error("submission {key_seq} was sent, and nobody knows whether it was recorded")]
    OutcomeUnknown {
        /// The key's own count of it.
        key_seq: u64,
        /// The last thing that went wrong.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The address is no address of a server.
    #[error("{0:?} is no address such as http://127.0.0.1:7400")]
    Address(String),
    /// The address asks for TLS.
    #[error("{0:?}: TLS is not built in yet")]
    Tls(String),
    /// A key file.
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    /// The outbox of a key.
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    /// The entries that came are no log.
    #[error("the log is broken at seq {seq}: {detail}")]
    LogBroken {
        /// The position where it broke.
        seq: Seq,
        /// What is wrong.
        detail: String,
    },
    /// A receipt that does not hold.
    #[error("the receipt does not hold: {0}")]
    Receipt(String),
    /// Receipts that the log contradicts.
    #[error("the log contradicts {}", contradicted(.0))]
    Contradicted(Vec<PathBuf>),
    /// A policy that receipts can't be held to.
    #[error("{0}")]
    Policy(String),
    /// The server answered something that the protocol does not allow.
    #[error("the server's answer makes no sense: {0}")]
    Protocol(String),
}

impl ClientError {
    /// The stable code: the server's own for a refusal, this crate's for everything else.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.reason.code(),
            Self::Unreachable { .. } => "SERVER_UNREACHABLE",
            Self::OutcomeUnknown { .. } => Reason::OutcomeUnknown.code(),
            Self::Address(_) | Self::Tls(_) => "SERVER_ADDRESS_INVALID",
            Self::KeyFile(e) => e.code(),
            Self::Outbox(e) => e.code(),
            Self::LogBroken { .. } => "LOG_BROKEN",
            Self::Receipt(_) => "RECEIPT_INVALID",
            Self::Contradicted(_) => "RECEIPT_CONTRADICTED",
            Self::Policy(_) => "POLICY_INVALID",
            Self::Protocol(_) => "ANSWER_INVALID",
        }
    }

    /// The field at fault, as a path; empty when no field is.
    #[must_use]
    pub fn field(&self) -> &str {
        match self {
            Self::Refused(refusal) => &refusal.field,
            _ => "",
        }
    }

    /// What to do about it.
    #[must_use]
    pub const fn remedy(&self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.reason.remedy(),
            Self::Unreachable { .. } => "Check the address and that the server runs, then do the same again.",
            Self::OutcomeUnknown { .. } => {
                "Do the same again: the stored bytes are sent first, and a recorded submission is recorded once."
            }
            Self::Address(_) => "Give scheme, host and port.",
            Self::Tls(_) => "Use http:// to a server on this machine or through a tunnel.",
            Self::KeyFile(e) => e.remedy(),
            Self::Outbox(e) => e.remedy(),
            Self::LogBroken { .. } => "Keep what you have, and show it to the auditors: a log never changes.",
            Self::Receipt(_) => "Keep the receipt and the submission, they are evidence; show them to the auditors.",
            Self::Contradicted(_) => {
                "Check that the policy has every key of this log. If it has: the log signed two histories, or proves what is \
                 not so. Keep the folders, show them to the auditors, and submit nothing until it is explained."
            }
            Self::Policy(_) => "Add a line `log <vkey>` for each key that the log has had.",
            Self::Protocol(_) => "Use a client and a server of the same release.",
        }
    }
}

/// Folders of evidence that a message names; a count says how many more there are.
const NAMED_MAX: usize = 5;

fn contradicted(evidence: &[PathBuf]) -> String {
    let named: Vec<String> = evidence.iter().take(NAMED_MAX).map(|folder| folder.display().to_string()).collect();
    let more = evidence.len().saturating_sub(NAMED_MAX);
    let more = if more == 0 { String::new() } else { format!(" and {more} more beside them") };
    let receipts = if evidence.len() == 1 { "a receipt".to_owned() } else { format!("{} receipts", evidence.len()) };
    format!("{receipts}: see {}{more}", named.join(", "))
}
