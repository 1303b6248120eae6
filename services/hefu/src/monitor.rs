//! Watches a log from outside: what it signs, at one or several URLs, must be one history that only grows.
//!
//! It trusts nothing but the log's key and what it saw before: proofs are made here, from tiles that must lead to the signed
//! root. It can't see what nobody shows to it; ask several mirrors and witnesses, and keep receipts, to make that hard.
//!
//! Read next: `compare.rs` (what two checkpoints say about each other), `round.rs` (what is looked at, in which order).

mod compare;
mod folder;
mod nodes;
mod overdue;
mod receipts;
mod round;
mod witnesses;

use std::path::Path;
use std::time::Duration;

use hefu_types::{Checkpoint, Policy, SignedCheckpoint, VerifierKey};
use hefu_verify::Export;

use crate::failure::Failure;
use crate::remote::Url;
use folder::Folder;
pub(crate) use overdue::LATE_MAX;
use overdue::{Late, Overdue};
use receipts::Receipts;

/// What is wrong, and what shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// A code of docs/errors.md.
    pub(crate) code: &'static str,
    /// Where it was seen: a URL or a file.
    pub(crate) at: String,
    pub(crate) what: String,
    /// The checkpoints that conflict, the one that was known first; as they were signed.
    pub(crate) evidence: Vec<Evidence>,
}

/// A checkpoint that was shown, or what was shown instead of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Evidence {
    pub(crate) size: Option<u64>,
    pub(crate) bytes: Vec<u8>,
}

/// What one look at all URLs found.
#[derive(Debug, Default)]
pub(crate) struct Round {
    pub(crate) findings: Vec<Finding>,
    /// What could not be looked at, and why.
    pub(crate) unreached: Vec<String>,
    /// What is not as it should be, and may still become so.
    pub(crate) waiting: Vec<String>,
    /// The newest checkpoint that was shown.
    pub(crate) newest: Option<Checkpoint>,
}

/// A monitor of one log.
pub(crate) struct Monitor {
    keys: Vec<VerifierKey>,
    sites: Vec<Site>,
    policy: Option<Policy>,
    receipts: Option<Receipts>,
    witnesses: Vec<witnesses::Asked>,
    overdue: Overdue,
    folder: Option<Folder>,
}

/// A URL, and what it showed.
struct Site {
    name: String,
    files: Export,
    /// The last one that was found good.
    last: Option<SignedCheckpoint>,
}

impl Evidence {
    fn of(signed: &SignedCheckpoint) -> Self {
        Self { size: Some(signed.checkpoint().size().get()), bytes: signed.to_bytes() }
    }
}

impl Monitor {
    /// A monitor of the log of these keys, which goes on from what its folder holds.
    pub(crate) fn open(
        keys: Vec<VerifierKey>,
        urls: &[Url],
        folder: Option<&Path>,
        patience: Duration,
    ) -> Result<Self, Failure> {
        let folder = folder.map(Folder::open).transpose()?;
        let site = |url: &Url| {
            let name = url.as_str().to_owned();
            let last = folder.as_ref().map_or(Ok(None), |folder| folder.last(&name, &keys))?;
            Ok(Site { name, files: url.open(patience), last })
        };
        let sites = urls.iter().map(site).collect::<Result<_, Failure>>()?;
        let late = folder.as_ref().map_or(Ok(Late::default()), Folder::late)?;
        Ok(Self {
            keys,
            sites,
            policy: None,
            receipts: None,
            witnesses: vec![],
            overdue: Overdue::new(LATE_MAX, late),
            folder,
        })
    }

    /// Checkpoints must be cosigned by the quorum of a policy.
    pub(crate) fn with_policy(self, policy: Option<Policy>) -> Self {
        Self { policy, ..self }
    }

    /// The receipts in a folder must be of the same history.
    pub(crate) fn with_receipts(self, folder: Option<&Path>) -> Self {
        Self { receipts: folder.map(Receipts::new), ..self }
    }

    /// What is late for so long is a finding.
    pub(crate) fn with_late_max(self, late_max: Duration) -> Self {
        Self { overdue: Overdue::new(late_max, self.overdue.late), ..self }
    }

    /// Writes the evidence of findings down, if there is a folder for it; tells where.
    pub(crate) fn keep_evidence(&self, findings: &[Finding]) -> Result<Vec<std::path::PathBuf>, Failure> {
        let Some(folder) = &self.folder else { return Ok(vec![]) };
        findings.iter().flat_map(|finding| &finding.evidence).map(|shown| folder.evidence(&shown.bytes)).collect()
    }
}
