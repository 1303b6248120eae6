//! What can be checked without the entries before it, so on all cores at once.

use bytes::Bytes;
use hefu_rules::{Admitted, admit};
use hefu_types::{Entry, NodeHash, Reason, Refusal, tree};

use crate::report::FailureKind;

/// What is wrong, what was expected, and what was found.
pub(crate) type Misfit = (FailureKind, String, String);

/// An entry whose bytes fit in themselves, with its signature verified, and its leaf of the tree.
pub(crate) type Checked = Result<(Entry, Admitted, NodeHash), Misfit>;

/// The layout of an entry.
pub(crate) fn parse(bytes: &Bytes) -> Result<Entry, Misfit> {
    Entry::parse(bytes.clone()).map_err(|e| {
        let kind = match e {
            hefu_types::entry::EntryError::Version(_) => FailureKind::NewerThanTool,
            _ => FailureKind::Layout,
        };
        (kind, "an entry of version 1".to_owned(), e.to_string())
    })
}

/// What can be checked without the entries before it.
pub(crate) fn check_alone(bytes: &Bytes) -> Checked {
    let entry = parse(bytes)?;
    let admitted = admit(entry.signed()).map_err(|refusal| {
        (kind_of_bytes(refusal.reason), "a canonical, strictly signed submission".to_owned(), describe(&refusal))
    })?;
    Ok((entry, admitted, tree::leaf(bytes)))
}

pub(crate) fn describe(refusal: &Refusal) -> String {
    if refusal.field.is_empty() { refusal.to_string() } else { format!("{refusal} (field {})", refusal.field) }
}

/// A refusal of the entry alone: its bytes or its signature.
const fn kind_of_bytes(reason: Reason) -> FailureKind {
    match reason {
        Reason::UnknownField | Reason::UnknownEnum => FailureKind::NewerThanTool,
        Reason::SignatureInvalid
        | Reason::SignatureNotCanonical
        | Reason::KeyNotCanonical
        | Reason::KeySmallOrder
        | Reason::KeyTorsion => FailureKind::Signature,
        _ => FailureKind::NotCanonical,
    }
}

/// A refusal at this position of the log.
pub(crate) const fn kind_of_rule(reason: Reason) -> FailureKind {
    match reason {
        Reason::RulesVersionUnknown => FailureKind::NewerThanTool,
        Reason::KeySeqGap | Reason::KeySeqUsed | Reason::KeyPrevMismatch => FailureKind::KeyChain,
        _ => FailureKind::Rules,
    }
}
