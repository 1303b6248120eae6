//! What the files of an outbox say about its receipts. Nobody is asked.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use hefu_types::{Cosignature, KeySeq, Millis, Note, Policy, Seq, SignedCheckpoint, TlogProof};

use super::{Checked, Contradiction, State, evidence};
use crate::Outbox;
use crate::outbox::{Kept, OutboxError};

/// A receipt that holds under a checkpoint that the log signed and that no quorum has cosigned.
#[derive(Clone, Debug)]
pub(super) struct Open {
    pub(super) key_seq: KeySeq,
    seq: Seq,
    recorded_at: Millis,
    path: PathBuf,
    pub(super) checkpoint: Arc<SignedCheckpoint>,
}

/// What a checkpoint's signatures say.
#[derive(Clone)]
enum Verdict {
    Cosigned(Vec<Cosignature>),
    Open(Arc<SignedCheckpoint>),
    NotSigned,
}

impl Open {
    pub(super) fn is(&self, state: State) -> Checked {
        let Self { key_seq, seq, recorded_at, path, .. } = self.clone();
        Checked { key_seq, seq, recorded_at, path, state }
    }

    pub(super) fn pending(self) -> Checked {
        self.is(State::Pending)
    }
}

/// Those whose state the files tell, and those that are open.
pub(super) fn look(outbox: &Outbox, after: KeySeq, policy: &Policy) -> Result<(Vec<Checked>, Vec<Open>), OutboxError> {
    let (mut found, mut open) = (vec![], vec![]);
    // Receipts of one block share a checkpoint, and so do those that were settled together.
    let mut known: HashMap<Vec<u8>, Verdict> = HashMap::new();
    for kept in outbox.receipts(after)? {
        let kept = kept?;
        let is = |state| Checked {
            key_seq: kept.key_seq,
            seq: kept.position.seq,
            recorded_at: kept.position.recorded_at,
            path: kept.path.clone(),
            state,
        };
        let Some(proof) = read(&kept) else {
            found.push(is(State::Damaged));
            continue;
        };
        let note = proof.checkpoint().to_bytes();
        match known.entry(note).or_insert_with(|| verdict(proof.checkpoint(), policy)).clone() {
            Verdict::Cosigned(by) => found.push(is(State::Cosigned(by))),
            Verdict::Open(checkpoint) => {
                let Kept { key_seq, path, position, .. } = kept;
                open.push(Open { key_seq, seq: position.seq, recorded_at: position.recorded_at, path, checkpoint });
            }
            Verdict::NotSigned => {
                let why = Contradiction::NotSigned;
                let evidence = evidence::keep(outbox, &kept, why, None, None)?;
                found.push(is(State::Contradicted { why, evidence }));
            }
        }
    }
    Ok((found, open))
}

/// The receipt, if it is still the one that was checked when it came.
pub(super) fn read(kept: &Kept) -> Option<TlogProof> {
    crate::outbox::check_receipt(&kept.receipt, &kept.signed, &kept.position).ok()
}

fn verdict(note: &Note, policy: &Policy) -> Verdict {
    let Some(signed) = open(note, policy) else { return Verdict::NotSigned };
    match policy.check(&signed) {
        Ok(by) => Verdict::Cosigned(by),
        Err(_) => Verdict::Open(Arc::new(signed)),
    }
}

/// A checkpoint, if any log of the policy signed it.
pub(super) fn open(note: &Note, policy: &Policy) -> Option<SignedCheckpoint> {
    // A log may have several keys, around a replacement; keys of other logs have other names, and so no line of their own.
    SignedCheckpoint::from_note_by_any(note.clone(), policy.logs().iter().map(|log| &log.key)).ok()
}
