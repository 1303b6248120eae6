//! Entry 0: the ledger opens itself.

use std::collections::BTreeSet;

use hefu_types::event::membership::{LedgerLimits, LedgerOpened, Role};
use hefu_types::limits::{EVENTS_MAX, GENESIS_OFFICE_KEYS_MIN, OFFICE_KEYS_MAX, SUBMISSION_BYTES_MAX};
use hefu_types::vkey::VerifierKey;
use hefu_types::{Event, KeySeq, PublicKey, Reason, Refusal, Seq, Submission, SubmissionHash, Text, hash, key};

use crate::membership::{Key, Member, MemberStatus, Roles, check_name, put_key};
use crate::platform::{CheckpointKey, checkpoint_key};
use crate::state::{Ledger, Position, RULES_VERSIONS, State};

fn invalid(field: &str, detail: impl Into<String>) -> Refusal {
    Refusal::new(Reason::GenesisInvalid, field, detail)
}

/// Decides and applies the genesis submission on an empty state.
pub(crate) fn record(state: &mut State, submission: &Submission, at: &Position) -> Result<(), Refusal> {
    let [Event::LedgerOpened(opened)] = submission.events.as_slice() else {
        let detail = "the first submission must hold LedgerOpened and nothing else";
        return Err(Refusal::new(Reason::GenesisMisplaced, "events", detail));
    };
    check_frame(submission, at)?;
    let within = |refusal: Refusal| refusal.within("events[0].ledger_opened");
    let checkpoint = check(opened, submission.key).map_err(within)?;
    apply(state, opened, at, submission, checkpoint.key());
    Ok(())
}

fn check_frame(submission: &Submission, at: &Position) -> Result<(), Refusal> {
    if at.seq != Seq::FIRST {
        return Err(Refusal::new(Reason::GenesisMisplaced, "events", "a ledger is opened at seq 0"));
    }
    if submission.ledger_id.is_some() {
        return Err(Refusal::new(Reason::LedgerMismatch, "ledger_id", "the genesis submission names no ledger"));
    }
    if submission.key_seq != KeySeq::NONE.next() {
        return Err(Refusal::new(Reason::KeySeqGap, "key_seq", "the first submission of a key has key_seq 1"));
    }
    if submission.key_prev != SubmissionHash::NONE {
        return Err(Refusal::new(Reason::KeyPrevMismatch, "key_prev", "the first submission of a key links to zeros"));
    }
    Ok(())
}

fn check(opened: &LedgerOpened, signer: PublicKey) -> Result<VerifierKey, Refusal> {
    check_name(&opened.title, "title")?;
    check_name(&opened.office_name, "office_name")?;
    check_name(&opened.operator_name, "operator_name")?;
    check_limits(&opened.limits)?;
    if opened.office == opened.operator {
        return Err(invalid("operator", "office and operator are two members"));
    }
    if !RULES_VERSIONS.contains(&opened.rules_version) {
        let detail = format!("rules version {} is not known to this program", opened.rules_version);
        return Err(Refusal::new(Reason::RulesVersionUnknown, "rules_version", detail));
    }
    let checkpoint = checkpoint_key(&opened.checkpoint_key, opened.origin.as_str(), "checkpoint_key")?;
    check_keys(opened, signer, checkpoint.key())?;
    Ok(checkpoint)
}

fn check_limits(limits: &LedgerLimits) -> Result<(), Refusal> {
    let fits = (1..=EVENTS_MAX).contains(&(limits.max_events as usize))
        && (1_024..=SUBMISSION_BYTES_MAX).contains(&(limits.max_submission_bytes as usize));
    if fits { Ok(()) } else { Err(invalid("limits", "1 to 1,000 events, 1,024 to 65,420 bytes")) }
}

fn check_keys(opened: &LedgerOpened, signer: PublicKey, checkpoint: PublicKey) -> Result<(), Refusal> {
    if opened.office_keys.len() < GENESIS_OFFICE_KEYS_MIN {
        return Err(invalid("office_keys", format!("at least {GENESIS_OFFICE_KEYS_MIN} office keys")));
    }
    if opened.office_keys.len() > OFFICE_KEYS_MAX {
        return Err(invalid("office_keys", format!("at most {OFFICE_KEYS_MAX} office keys")));
    }
    let named = opened.office_keys.iter().chain([&opened.operator_key]);
    if named.into_iter().any(|k| k.holder.is_blank()) {
        return Err(invalid("office_keys", "every key names its holder"));
    }
    if !opened.office_keys.iter().any(|k| k.key == signer) {
        return Err(invalid("office_keys", "the signer is not among the office keys"));
    }
    let all: Vec<PublicKey> = opened
        .office_keys
        .iter()
        .map(|k| k.key)
        .chain([opened.recovery_key, opened.operator_key.key, checkpoint])
        .collect();
    if all.iter().collect::<BTreeSet<_>>().len() != all.len() {
        return Err(invalid("office_keys", "office, recovery, operator and checkpoint keys must all differ"));
    }
    for public in &all {
        key::check(public).map_err(|reason| Refusal::new(reason, "office_keys", format!("key {public}")))?;
    }
    Ok(())
}

fn apply(state: &mut State, opened: &LedgerOpened, at: &Position, submission: &Submission, checkpoint: PublicKey) {
    for code in [&opened.office, &opened.operator] {
        state.members.put(code.clone(), Member { status: MemberStatus::Active });
    }
    let office = |holder: &Text, roles| Key::new(opened.office.clone(), roles, holder.clone());
    for named in &opened.office_keys {
        put_key(state, named.key, office(&named.holder, Roles::of(&[Role::Admin, Role::Office])));
    }
    put_key(state, opened.recovery_key, Key { office_recovery: true, ..office(&Text::default(), Roles::default()) });
    let operator = Key::new(
        opened.operator.clone(),
        Roles::of(&[Role::Admin, Role::Operator]),
        opened.operator_key.holder.clone(),
    );
    put_key(state, opened.operator_key.key, operator);
    state.keys.update(&submission.key, |key| {
        key.last_seq = submission.key_seq;
        key.last_hash = at.submission_hash;
    });
    let ledger = Ledger {
        id: hash::ledger_id(&submission.encode()),
        origin: opened.origin.as_str().to_owned(),
        rules_version: opened.rules_version,
        limits: opened.limits.clone(),
        office: opened.office.clone(),
        operator: opened.operator.clone(),
    };
    state.checkpoint_keys.put(checkpoint, CheckpointKey { first: Seq::FIRST.size(), last: None });
    state.ledger.put((), ledger);
}

#[cfg(test)]
mod tests {
    use super::*;
    use hefu_types::Text;

    #[test]
    fn checkpoints_are_signed_by_a_log_s_key_named_after_the_origin() {
        let text = |text: &str| Text::new(text).unwrap();
        let check = |key: Option<VerifierKey>, origin: &str| {
            checkpoint_key(&text(&key.unwrap().to_string()), origin, "checkpoint_key").map_err(|refusal| refusal.reason)
        };
        let key = PublicKey::from_bytes([5; 32]);
        let log = VerifierKey::new("example.org/ledger", key).ok();
        assert_eq!(check(log.clone(), "example.org/ledger").ok(), log);
        assert_eq!(check(log, "example.org/other"), Err(Reason::VerifierKeyInvalid));
        let witness = VerifierKey::cosigner("example.org/ledger", key).ok();
        assert_eq!(check(witness, "example.org/ledger"), Err(Reason::VerifierKeyInvalid));
    }
}
