//! Hashes: which function, under which context, over which bytes.

use sha2::{Digest as _, Sha256};

use crate::ids::{ChainHash, LeafHash, LedgerId, SubmissionHash};

/// Context of the submission hash.
pub const SUBMISSION_CONTEXT: &str = "hefu v1 submission";
/// Context of the chain hash.
pub const CHAIN_CONTEXT: &str = "hefu v1 chain";
/// Context of the ledger id.
pub const LEDGER_CONTEXT: &str = "hefu v1 ledger";
/// Context of a report's content hash.
pub const REPORT_CONTEXT: &str = "hefu v1 report";
/// Context of a commitment.
pub const COMMITMENT_CONTEXT: &str = "hefu v1 commitment";

/// BLAKE3 in derive-key mode: 32 bytes.
#[must_use]
pub fn derive(context: &str, bytes: &[u8]) -> [u8; 32] {
    blake3::derive_key(context, bytes)
}

/// The hash of a submission's bytes, without the signature.
#[must_use]
pub fn submission_hash(submission: &[u8]) -> SubmissionHash {
    SubmissionHash::from_bytes(derive(SUBMISSION_CONTEXT, submission))
}

/// The hash of a whole entry, which the next entry repeats.
#[must_use]
pub fn chain_hash(entry: &[u8]) -> ChainHash {
    ChainHash::from_bytes(derive(CHAIN_CONTEXT, entry))
}

/// The ledger's id: the hash of its genesis submission.
#[must_use]
pub fn ledger_id(genesis: &[u8]) -> LedgerId {
    LedgerId::from_bytes(derive(LEDGER_CONTEXT, genesis))
}

/// The entry as a leaf of the RFC 6962 tree: `SHA-256(0x00 || entry)`.
#[must_use]
pub fn leaf_hash(entry: &[u8]) -> LeafHash {
    leaf_hash_of([entry])
}

/// The same of an entry in parts.
#[must_use]
pub fn leaf_hash_of<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> LeafHash {
    let start = Sha256::new().chain_update([0x00]);
    LeafHash::from_bytes(parts.into_iter().fold(start, |hash, part| hash.chain_update(part)).finalize().into())
}
