//! The state that the entries so far amount to, and the order of checks.

use hefu_types::event::membership::LedgerLimits;
use hefu_types::{
    Code, Commitment, Entry, LedgerId, Millis, PublicKey, Reason, Refusal, Seq, Submission, SubmissionHash, Text,
};

use serde::{Deserialize, Serialize};

use crate::assurance::{Challenge, ChallengeId, Challenged};
use crate::confidential::Committed;
use crate::cycle::{Cycle, Due, Exception, Filed};
use crate::delegation::{Delegation, DelegationId};
use crate::membership::{Holder, Key, Member, MemberStatus};
use crate::plan::{Indicator, Plan, TargetKey};
use crate::platform::CheckpointKey;
use crate::report::Report;
use crate::reporting::{Level, Place, Stands};
use crate::table::Table;

/// The released versions of the rules, ascending.
pub const RULES_VERSIONS: &[u32] = &[1];

/// The version of [`State`]'s serialised form: raised whenever a table, a row or what decisions make of them changes, so that no
/// program goes on from the state of another one.
pub const STATE_VERSION: u32 = 5;

/// Where a submission would stand, and what its bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Its position.
    pub seq: Seq,
    /// The only "now" that rules know.
    pub recorded_at: Millis,
    /// The hash of its bytes.
    pub submission_hash: SubmissionHash,
    /// The number of its bytes.
    pub submission_bytes: usize,
}

impl Position {
    /// Where a stored entry stands.
    #[must_use]
    pub fn of(entry: &Entry) -> Self {
        let signed = entry.signed();
        Self {
            seq: entry.seq(),
            recorded_at: entry.recorded_at(),
            submission_hash: signed.hash(),
            submission_bytes: signed.submission.len(),
        }
    }
}

/// What the genesis submission fixed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// The ledger's id.
    pub id: LedgerId,
    /// The log's origin.
    pub origin: String,
    /// The rules in force from the next position on.
    pub rules_version: u32,
    /// The ledger's own limits.
    pub limits: LedgerLimits,
    /// The office's member code.
    pub office: Code,
    /// The operator's member code.
    pub operator: Code,
}

macro_rules! state {
    ($($(#[doc = $doc:expr])+ $table:ident: $key:ty => $row:ty,)+) => {
        /// Everything that a decision can depend on. A pure function of the entries recorded so far.
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
        pub struct State { $($(#[doc = $doc])+ pub(crate) $table: Table<$key, $row>,)+ }

        impl State {
            fn commit(&mut self) { $(self.$table.commit();)+ }
            fn rollback(&mut self) { $(self.$table.rollback();)+ }
            fn count(&self) -> usize { 0 $(+ self.$table.len())+ }
        }
    };
}

state! {
    /// One row once the ledger is open.
    ledger: () => Ledger,
    /// Members by code; they are never removed.
    members: Code => Member,
    /// Keys by themselves; they are never removed.
    keys: PublicKey => Key,
    /// Checkpoint keys, which may never be event keys, by themselves; they are never removed.
    checkpoint_keys: PublicKey => CheckpointKey,
    /// Plans by code.
    plans: Code => Plan,
    /// Tasks by plan and code.
    tasks: (Code, Code) => (),
    /// Milestones by plan and code.
    milestones: (Code, Code) => (),
    /// Indicators by code.
    indicators: Code => Indicator,
    /// Targets by indicator, area, year and strength.
    targets: TargetKey => (),
    /// Holders of keys by pseudonym, numbered from 0 as they came; they are never removed.
    holders: Text => Holder,
    /// The codes of indicators, of their areas and of their reporting units, numbered from 0 as they came; they are never
    /// removed.
    numbers: Code => u32,
    /// The same by number.
    codes: u32 => Code,
    /// Cycles by code.
    cycles: Code => Cycle,
    /// The cycles of indicators' periods.
    due: Due => u32,
    /// Standing observations by cycle and unit.
    filed: Filed => (),
    /// Units' reports by cycle and unit.
    reports: (Code, Code) => Report,
    /// Exceptions by cycle, numbered.
    exceptions: (Code, u32) => Exception,
    /// Delegations that were not ended, by unit and delegate.
    delegations: DelegationId => Delegation,
    /// Challenges, by the event that raised them.
    challenges: ChallengeId => Challenge,
    /// Those that have not ended, by observation and challenger.
    challenged: Challenged => (),
    /// Standing observations.
    cells: Place => Stands,
    /// The values of stocks among them.
    levels: Place => Level,
    /// Commitments to values that are not free; they are never removed, so that each is used once.
    commitments: Commitment => Committed,
}

impl State {
    /// The open ledger, if it is.
    #[must_use]
    pub fn ledger(&self) -> Option<&Ledger> {
        self.ledger.get(&())
    }

    /// A key's record.
    #[must_use]
    pub fn key(&self, key: &PublicKey) -> Option<&Key> {
        self.keys.get(key)
    }

    /// A member's record.
    #[must_use]
    pub fn member(&self, code: &Code) -> Option<&Member> {
        self.members.get(code)
    }

    /// The checkpoint keys that the log has had, each with the sizes whose checkpoints it signs: at any size one signs, or two.
    #[must_use]
    pub fn checkpoint_keys(&self) -> Vec<(PublicKey, CheckpointKey)> {
        self.checkpoint_keys.iter().map(|(key, record)| (*key, *record)).collect()
    }

    /// The number of its rows: what its clone costs, and its serialised form.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.count()
    }

    /// Decides a submission at a position and, when it is accepted, applies it. A refusal leaves the state as it was.
    ///
    /// # Errors
    /// The first rule that forbids it: the signer first, then event by event.
    pub fn record(&mut self, submission: &Submission, at: &Position) -> Result<(), Refusal> {
        let outcome = self.try_record(submission, at);
        match outcome {
            Ok(()) => self.commit(),
            Err(_) => self.rollback(),
        }
        outcome
    }

    fn try_record(&mut self, submission: &Submission, at: &Position) -> Result<(), Refusal> {
        if self.ledger().is_none() {
            return crate::genesis::record(self, submission, at);
        }
        self.check_ledger(submission, at)?;
        self.check_chain(submission)?;
        self.record_events(submission, at)?;
        self.keys.update(&submission.key, |key| {
            key.last_seq = submission.key_seq;
            key.last_hash = at.submission_hash;
        });
        Ok(())
    }

    fn check_ledger(&self, submission: &Submission, at: &Position) -> Result<(), Refusal> {
        let ledger = self.ledger().expect("an open ledger");
        if submission.ledger_id != Some(ledger.id) {
            let detail = format!("this ledger is {}", ledger.id);
            return Err(Refusal::new(Reason::LedgerMismatch, "ledger_id", detail));
        }
        let LedgerLimits { max_events, max_submission_bytes } = ledger.limits;
        if submission.events.len() > max_events as usize {
            let detail = format!("{} events, this ledger takes {max_events}", submission.events.len());
            return Err(Refusal::new(Reason::EventsTooMany, "events", detail));
        }
        if at.submission_bytes > max_submission_bytes as usize {
            let detail = format!("{} bytes, this ledger takes {max_submission_bytes}", at.submission_bytes);
            return Err(Refusal::new(Reason::SubmissionTooLarge, "", detail));
        }
        if submission.not_after.get() != 0 && at.recorded_at > submission.not_after {
            let detail = format!("it is {}, not_after was {}", at.recorded_at.utc(), submission.not_after.utc());
            return Err(Refusal::new(Reason::NotAfterPassed, "not_after", detail));
        }
        Ok(())
    }

    /// The signer may speak, and this is the next submission of its own chain.
    fn check_chain(&self, submission: &Submission) -> Result<(), Refusal> {
        let key = self.may_speak(&submission.key)?;
        let expected = key.last_seq.next();
        if submission.key_seq > expected {
            let detail = format!("key_seq {}, the next one is {expected}", submission.key_seq);
            return Err(Refusal::new(Reason::KeySeqGap, "key_seq", detail));
        }
        if submission.key_seq < expected {
            let detail = format!("key_seq {} is recorded, the next one is {expected}", submission.key_seq);
            return Err(Refusal::new(Reason::KeySeqUsed, "key_seq", detail));
        }
        if submission.key_prev != key.last_hash {
            let detail = format!("key_prev should be {}", key.last_hash);
            return Err(Refusal::new(Reason::KeyPrevMismatch, "key_prev", detail));
        }
        Ok(())
    }

    /// Whether the submission at hand changed members or keys.
    pub(crate) fn speakers_changed(&self) -> bool {
        self.members.is_changed() || self.keys.is_changed()
    }

    /// Whether a key may speak now: enrolled, not revoked, its member active.
    ///
    /// # Errors
    /// `KEY_UNKNOWN`, `KEY_REVOKED`, `MEMBER_SUSPENDED` or `MEMBER_WITHDRAWN`.
    pub fn may_speak(&self, key: &PublicKey) -> Result<&Key, Refusal> {
        let refuse = |reason, detail: String| Err(Refusal::new(reason, "key", detail));
        let Some(record) = self.keys.get(key) else {
            return refuse(Reason::KeyUnknown, format!("key {key} is not enrolled"));
        };
        if record.revoked {
            return refuse(Reason::KeyRevoked, format!("key {key} of {} was revoked", record.member));
        }
        match self.members.get(&record.member).map(|m| m.status) {
            Some(MemberStatus::Active) => Ok(record),
            Some(MemberStatus::Suspended) => {
                refuse(Reason::MemberSuspended, format!("member {} is suspended", record.member))
            }
            Some(MemberStatus::Withdrawn) | None => {
                refuse(Reason::MemberWithdrawn, format!("member {} has withdrawn", record.member))
            }
        }
    }
}
