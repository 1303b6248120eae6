//! What the platform says about itself: the key of its checkpoints, and what its views amount to.

use hefu_types::event::membership::Role;
use hefu_types::event::platform::{CheckpointKeyReplaced, ViewsRecorded};
use hefu_types::limits::OVERLAP_ENTRIES_MAX;
use hefu_types::{PublicKey, Reason, Refusal, Size, Text, VerifierKey, sign};

use serde::{Deserialize, Serialize};

use crate::event::{Context, Speaker};
use crate::state::State;

/// The sizes whose checkpoints a key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckpointKey {
    /// The smallest one.
    pub first: Size,
    /// The largest one; `None` for the key in force.
    pub last: Option<Size>,
}

impl CheckpointKey {
    /// Whether the key signs the checkpoint of this size.
    #[must_use]
    pub fn signs(&self, size: Size) -> bool {
        self.first <= size && self.last.is_none_or(|last| size <= last)
    }
}

fn refuse<T>(reason: Reason, field: &str, detail: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::new(reason, field, detail))
}

/// Reads a log's checkpoint key, which is named after the log.
pub(crate) fn checkpoint_key(key: &Text, origin: &str, field: &str) -> Result<VerifierKey, Refusal> {
    let wrong = |detail: String| Refusal::new(Reason::VerifierKeyInvalid, field, detail);
    let vkey: VerifierKey = key.as_str().parse().map_err(|e| wrong(format!("{e}")))?;
    if !vkey.is_log_key() {
        return Err(wrong(format!("{vkey} is the key of a witness, not of a log")));
    }
    if vkey.name() != origin {
        return Err(wrong(format!("the key is named {}, the origin is {origin}", vkey.name())));
    }
    Ok(vkey)
}

pub(crate) fn decide_replaced(
    state: &State,
    speaker: &Speaker,
    e: &CheckpointKeyReplaced,
    context: &Context<'_>,
) -> Result<(), Refusal> {
    speaker.needs(Role::Office)?;
    let ledger = state.ledger().expect("decided after genesis");
    let key = |text: &Text, field: &str| checkpoint_key(text, &ledger.origin, field).map(|vkey| vkey.key());
    let (replaced, replacement) = (key(&e.replaced, "replaced")?, key(&e.replacement, "replacement")?);
    check_in_force(state, &replaced, context.at.seq.size())?;
    if state.keys.contains(&replacement) || state.checkpoint_keys.contains(&replacement) {
        return refuse(Reason::KeyExists, "replacement", format!("key {replacement} was used before"));
    }
    let size = context.at.seq.size().get();
    if !(size..=size.saturating_add(OVERLAP_ENTRIES_MAX)).contains(&e.valid_to.get()) {
        let detail = format!("valid_to {}, the log will have {size} entries", e.valid_to);
        return refuse(Reason::OverlapInvalid, "valid_to", detail);
    }
    for (key, signature, field) in [(replaced, &e.endorsement, "endorsement"), (replacement, &e.proof, "proof")] {
        sign::verify_replacement(&key, &ledger.id, e, signature.as_ref())
            .map_err(|reason| Refusal::new(reason, field, reason.cause().trim()))?;
    }
    Ok(())
}

/// One replacement at a time: the key in force, and no other that still signs beside it.
fn check_in_force(state: &State, key: &PublicKey, size: Size) -> Result<(), Refusal> {
    let in_force = |(_, record): &(&PublicKey, &CheckpointKey)| record.signs(size);
    let mut signing = state.checkpoint_keys.iter().filter(in_force).map(|(key, _)| key);
    match (signing.next(), signing.next()) {
        (Some(current), None) if current == key => Ok(()),
        (_, Some(_)) => refuse(Reason::CheckpointKeyWrong, "replaced", "two keys sign until the last overlap ends"),
        _ => refuse(Reason::CheckpointKeyWrong, "replaced", format!("{key} is not the checkpoint key in force")),
    }
}

pub(crate) fn apply_replaced(state: &mut State, e: &CheckpointKeyReplaced, context: &Context<'_>) {
    let key = |text: &Text| text.as_str().parse::<VerifierKey>().expect("decided").key();
    state.checkpoint_keys.update(&key(&e.replaced), |record| record.last = Some(e.valid_to));
    let record = CheckpointKey { first: context.at.seq.size(), last: None };
    state.checkpoint_keys.put(key(&e.replacement), record);
}

pub(crate) fn decide_recorded(speaker: &Speaker, e: &ViewsRecorded, context: &Context<'_>) -> Result<(), Refusal> {
    speaker.needs(Role::Operator)?;
    if e.version == 0 {
        return refuse(Reason::ViewRecordInvalid, "version", "versions of views begin with 1");
    }
    if e.size == Size::EMPTY || e.size.next_seq() > context.at.seq {
        let detail = format!("size {}, {} entries were recorded before this one", e.size, context.at.seq);
        return refuse(Reason::ViewRecordInvalid, "size", detail);
    }
    Ok(())
}
