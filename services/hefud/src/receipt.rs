//! Receipts: the proof that a submission is in the log, as a file that verifies offline.

use std::sync::Arc;

use bytes::Bytes;
use hefu_journal::store::StoreError;
use hefu_journal::{Journal, Receipt, Recorded, Seal};
use hefu_types::limits::{ENTRY_HEADER_BYTES, SIGNATURE_BYTES};
use hefu_types::{Entry, Seq, SignedSubmission, tlog_proof};

/// A receipt for what was just answered. That there is none must not hide that the submission is recorded.
pub async fn make(
    journal: &Arc<Journal>,
    signed: &SignedSubmission,
    recorded: &Recorded,
    seal: Option<Arc<Seal>>,
) -> Bytes {
    let made = match seal {
        // From memory: nothing to wait for.
        Some(seal) => {
            let entry = Entry::new(recorded.seq, recorded.recorded_at, recorded.prev, signed);
            journal.receipt(&entry, Some(seal)).map(|receipt| file(&entry, &receipt))
        }
        None => {
            let (journal, seq) = (Arc::clone(journal), recorded.seq);
            let stored = tokio::task::spawn_blocking(move || from_store(&journal, seq)).await;
            stored.unwrap_or_else(|e| Err(StoreError::new(e)))
        }
    };
    made.unwrap_or_else(|error| {
        tracing::error!(%error, seq = %recorded.seq, "no receipt can be made");
        Bytes::new()
    })
}

/// The receipt of an entry that was recorded before: its signature may differ from that of the bytes sent now.
fn from_store(journal: &Journal, seq: Seq) -> Result<Bytes, StoreError> {
    let bytes = journal.read(seq, 1, usize::MAX)?.pop().ok_or_else(|| StoreError::new("the entry is not there"))?;
    let entry = Entry::parse(bytes).map_err(StoreError::new)?;
    Ok(file(&entry, &journal.receipt(&entry, None)?))
}

/// The file; `extra` is what the member does not have of the entry.
fn file(entry: &Entry, receipt: &Receipt) -> Bytes {
    let extra = &entry.bytes()[..ENTRY_HEADER_BYTES + SIGNATURE_BYTES];
    tlog_proof::write(Some(extra), receipt.seq, &receipt.hashes, &receipt.seal.text).into()
}
