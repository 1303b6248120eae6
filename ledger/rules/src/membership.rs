//! Who may speak: members, keys, roles, and who may change them.

use std::collections::BTreeSet;

use hefu_types::event::Name;
use hefu_types::event::membership::{
    KeyEnrolled, KeyRevoked, MemberAdmitted, MemberReinstated, MemberSuspended, MemberWithdrawn, OfficeKeyReplaced,
    RevocationReason, Role, RoleGranted, RoleRevoked, RulesActivated,
};
use hefu_types::limits::OFFICE_KEYS_MAX;
use hefu_types::{Code, Event, KeySeq, PublicKey, Reason, Refusal, Seq, SubmissionHash, Text, sign};

use serde::{Deserialize, Serialize};

use crate::event::{Context, Speaker};
use crate::state::{Ledger, RULES_VERSIONS, State};

/// Whether a member may act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MemberStatus {
    /// It may.
    Active,
    /// It may not, until it is reinstated.
    Suspended,
    /// It left for good.
    Withdrawn,
}

/// A member, as far as decisions depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Whether it may act.
    pub status: MemberStatus,
}

/// A set of roles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roles(u16);

impl Roles {
    /// The set of these roles.
    #[must_use]
    pub fn of(roles: &[Role]) -> Self {
        Self(roles.iter().fold(0, |set, &role| set | Self::bit(role)))
    }

    /// Whether the role is in the set.
    #[must_use]
    pub const fn has(self, role: Role) -> bool {
        self.0 & Self::bit(role) != 0
    }

    /// The roles, ascending.
    pub fn iter(self) -> impl Iterator<Item = Role> {
        Role::ALL.iter().copied().filter(move |&role| self.has(role))
    }

    pub(crate) const fn insert(&mut self, role: Role) {
        self.0 |= Self::bit(role);
    }

    pub(crate) const fn remove(&mut self, role: Role) {
        self.0 &= !Self::bit(role);
    }

    const fn bit(role: Role) -> u16 {
        1 << role.number()
    }
}

/// A key, as far as decisions depend on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// The member it speaks for.
    pub member: Code,
    /// The roles it holds.
    pub roles: Roles,
    /// Who is behind it; four-eyes rules compare holders.
    pub holder: Text,
    /// The holder's number.
    pub(crate) holder_number: u32,
    /// The office's recovery key, which holds no role.
    pub office_recovery: bool,
    /// Whether it was revoked.
    pub revoked: bool,
    /// The count of its last recorded submission.
    pub last_seq: KeySeq,
    /// The hash of its last recorded submission.
    pub last_hash: SubmissionHash,
}

impl Key {
    pub(crate) const fn new(member: Code, roles: Roles, holder: Text) -> Self {
        let (last_seq, last_hash) = (KeySeq::NONE, SubmissionHash::NONE);
        Self { member, roles, holder, holder_number: 0, office_recovery: false, revoked: false, last_seq, last_hash }
    }
}

/// Whoever is behind keys. A pseudonym belongs to the members that have keys of its holder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Holder {
    number: u32,
    members: BTreeSet<Code>,
}

fn refuse<T>(reason: Reason, field: &str, detail: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::new(reason, field, detail))
}

/// A name says something in at least one language.
pub(crate) fn check_name(name: &Name, field: &str) -> Result<(), Refusal> {
    if name.zh.is_blank() && name.en.is_blank() {
        return refuse(Reason::FieldMissing, field, "a name in Chinese or English");
    }
    Ok(())
}

/// A change that people will ask about says why.
pub(crate) fn check_reason(reason: &Text) -> Result<(), Refusal> {
    if reason.is_blank() { refuse(Reason::FieldMissing, "reason", "a reason for the record") } else { Ok(()) }
}

fn open_ledger(state: &State) -> &Ledger {
    state.ledger().expect("decided after genesis")
}

/// The recovery key replaces office keys and does nothing else; nobody else does it.
pub(crate) fn check_recovery_key(speaker: &Speaker, event: &Event) -> Result<(), Refusal> {
    match (speaker.office_recovery, matches!(event, Event::OfficeKeyReplaced(_))) {
        (true, false) => refuse(Reason::RecoveryKeyOnly, "", "the recovery key replaces office keys and nothing else"),
        (false, true) => refuse(Reason::RecoveryKeyNeeded, "", "only the recovery key replaces office keys this way"),
        _ => Ok(()),
    }
}

fn member_status(state: &State, code: &Code) -> Result<MemberStatus, Refusal> {
    match state.members.get(code) {
        Some(member) => Ok(member.status),
        None => refuse(Reason::MemberUnknown, "member", format!("no member {code}")),
    }
}

pub(crate) fn decide_admitted(state: &State, speaker: &Speaker, e: &MemberAdmitted) -> Result<(), Refusal> {
    speaker.needs(Role::Office)?;
    if state.members.contains(&e.member) {
        return refuse(Reason::MemberExists, "member", format!("member {} exists", e.member));
    }
    check_name(&e.name, "name")?;
    let key = &e.first_key;
    if key.member != e.member {
        return refuse(Reason::MemberMismatch, "first_key.member", format!("{} instead of {}", key.member, e.member));
    }
    if key.recovery {
        return refuse(Reason::RecoveryMarkWrong, "first_key.recovery", "a first key recovers nothing");
    }
    if !key.roles.contains(&Role::Admin) {
        return refuse(Reason::FirstKeyNotAdmin, "first_key.roles", "the first key enrols the others");
    }
    check_enrolment(state, key).map_err(|refusal| refusal.within("first_key"))
}

/// What every enrolment must satisfy, whoever signs it.
fn check_enrolment(state: &State, e: &KeyEnrolled) -> Result<(), Refusal> {
    check_new_key(state, e)?;
    if e.roles.contains(&Role::Office) { check_office_has_room(state, "roles") } else { Ok(()) }
}

fn check_new_key(state: &State, e: &KeyEnrolled) -> Result<(), Refusal> {
    let ledger = open_ledger(state);
    if state.keys.contains(&e.key) || state.checkpoint_keys.contains(&e.key) {
        return refuse(Reason::KeyExists, "key", format!("key {} was enrolled before", e.key));
    }
    if e.holder.is_blank() {
        return refuse(Reason::FieldMissing, "holder", "a pseudonym of the person or device behind the key");
    }
    check_roles(ledger, e)?;
    sign::verify_enrolment(&ledger.id, e).map_err(|reason| {
        let field = if reason == Reason::EnrolmentProofInvalid { "proof" } else { "key" };
        Refusal::new(reason, field, reason.cause().trim())
    })
}

fn check_roles(ledger: &Ledger, e: &KeyEnrolled) -> Result<(), Refusal> {
    if e.roles.is_empty() {
        return refuse(Reason::FieldMissing, "roles", "at least one role");
    }
    if !e.roles.is_sorted_by(|a, b| a < b) {
        return refuse(Reason::ListOrder, "roles", "roles ascending, each once");
    }
    e.roles.iter().try_for_each(|&role| check_reserved(ledger, &e.member, role, "roles"))
}

fn check_reserved(ledger: &Ledger, member: &Code, role: Role, field: &str) -> Result<(), Refusal> {
    let holder = match role {
        Role::Office => &ledger.office,
        Role::Operator => &ledger.operator,
        _ => return Ok(()),
    };
    if member == holder {
        return Ok(());
    }
    refuse(Reason::RoleReserved, field, format!("only keys of {holder} hold the role {role}"))
}

pub(crate) fn decide_enrolled(state: &State, speaker: &Speaker, e: &KeyEnrolled) -> Result<(), Refusal> {
    if member_status(state, &e.member)? == MemberStatus::Withdrawn {
        return refuse(Reason::MemberStatusWrong, "member", format!("member {} has withdrawn", e.member));
    }
    let own = speaker.member == e.member;
    if own {
        speaker.needs(Role::Admin)?;
    } else if !speaker.roles.has(Role::Office) {
        return refuse(Reason::MemberMismatch, "member", format!("{} enrols its own keys", e.member));
    }
    if e.recovery == own {
        return refuse(Reason::RecoveryMarkWrong, "recovery", "set exactly by the office for another member");
    }
    check_enrolment(state, e)?;
    if speaker.roles.has(Role::Office) { Ok(()) } else { check_holder(state, e) }
}

/// A member gives its keys holders of its own: with another's it could make two people one, and bar them from each other's steps.
fn check_holder(state: &State, e: &KeyEnrolled) -> Result<(), Refusal> {
    match state.holders.get(&e.holder) {
        Some(holder) if !holder.members.contains(&e.member) => {
            refuse(Reason::HolderTaken, "holder", format!("{} has keys of another member", e.holder))
        }
        _ => Ok(()),
    }
}

fn named_key<'a>(state: &'a State, key: &PublicKey, field: &str) -> Result<&'a Key, Refusal> {
    match state.keys.get(key) {
        None => refuse(Reason::KeyNotFound, field, format!("key {key} is not enrolled")),
        Some(record) if record.revoked => refuse(Reason::KeyRevoked, field, format!("key {key} was revoked before")),
        Some(record) if record.office_recovery => {
            refuse(Reason::RecoveryKeyProtected, field, "the recovery key stays as the genesis named it")
        }
        Some(record) => Ok(record),
    }
}

pub(crate) fn decide_revoked(
    state: &State,
    speaker: &Speaker,
    e: &KeyRevoked,
    context: &Context<'_>,
) -> Result<(), Refusal> {
    let target = named_key(state, &e.key, "key")?;
    let own_admin = speaker.member == target.member && speaker.roles.has(Role::Admin);
    if !(own_admin || speaker.key == e.key || speaker.roles.has(Role::Office)) {
        return refuse(Reason::MemberMismatch, "key", format!("the key belongs to {}", target.member));
    }
    check_since(e.reason, e.since_seq, context)?;
    check_office_keeps_a_key(state, &e.key)
}

fn check_since(reason: RevocationReason, since: Seq, context: &Context<'_>) -> Result<(), Refusal> {
    let fits = match reason {
        RevocationReason::Compromised => since <= context.at.seq,
        RevocationReason::Superseded | RevocationReason::Ceased => since == Seq::FIRST,
    };
    if fits {
        return Ok(());
    }
    refuse(Reason::SinceSeqInvalid, "since_seq", format!("since_seq {since} with {reason} at seq {}", context.at.seq))
}

/// Another key than this one remains that can admit members and enrol keys for the office.
fn check_office_keeps_a_key(state: &State, without: &PublicKey) -> Result<(), Refusal> {
    let acts = |key: &Key| !key.revoked && key.roles.has(Role::Office) && key.roles.has(Role::Admin);
    let loses = state.keys.get(without).is_some_and(acts);
    if !loses || state.keys.iter().any(|(public, key)| public != without && acts(key)) {
        return Ok(());
    }
    refuse(Reason::LastOfficeKey, "key", "the office would be left without a key")
}

/// The recovery key must be able to replace all office keys in one submission.
fn check_office_has_room(state: &State, field: &str) -> Result<(), Refusal> {
    let active = state.keys.iter().filter(|(_, key)| !key.revoked && key.roles.has(Role::Office)).count();
    if active < OFFICE_KEYS_MAX {
        return Ok(());
    }
    refuse(Reason::OfficeKeysTooMany, field, format!("{active} keys act for the office, at most {OFFICE_KEYS_MAX}"))
}

fn check_own_admin(speaker: &Speaker, target: &Key) -> Result<(), Refusal> {
    speaker.needs(Role::Admin)?;
    if speaker.member == target.member {
        return Ok(());
    }
    refuse(Reason::MemberMismatch, "key", format!("the key belongs to {}", target.member))
}

pub(crate) fn decide_granted(state: &State, speaker: &Speaker, e: &RoleGranted) -> Result<(), Refusal> {
    let target = named_key(state, &e.key, "key")?;
    check_own_admin(speaker, target)?;
    check_reserved(open_ledger(state), &target.member, e.role, "role")?;
    if target.roles.has(e.role) {
        return refuse(Reason::RoleStateWrong, "role", format!("the key holds the role {} already", e.role));
    }
    if e.role == Role::Office { check_office_has_room(state, "role") } else { Ok(()) }
}

pub(crate) fn decide_role_revoked(state: &State, speaker: &Speaker, e: &RoleRevoked) -> Result<(), Refusal> {
    let target = named_key(state, &e.key, "key")?;
    check_own_admin(speaker, target)?;
    if !target.roles.has(e.role) {
        return refuse(Reason::RoleStateWrong, "role", format!("the key does not hold the role {}", e.role));
    }
    match e.role {
        Role::Admin | Role::Office => check_office_keeps_a_key(state, &e.key),
        _ => Ok(()),
    }
}

pub(crate) fn decide_replaced(
    state: &State,
    _recovery: &Speaker,
    e: &OfficeKeyReplaced,
    context: &Context<'_>,
) -> Result<(), Refusal> {
    let office = &open_ledger(state).office;
    let replaced = named_key(state, &e.replaced, "replaced")?;
    if replaced.member != *office {
        return refuse(Reason::MemberMismatch, "replaced", format!("the key belongs to {}", replaced.member));
    }
    check_since(e.reason, e.since_seq, context)?;
    let new = &e.replacement;
    if new.member != *office {
        return refuse(Reason::MemberMismatch, "replacement.member", format!("{} instead of {office}", new.member));
    }
    if new.recovery {
        return refuse(Reason::RecoveryMarkWrong, "replacement.recovery", "a replacement is marked by its own event");
    }
    if new.roles != [Role::Admin, Role::Office] {
        return refuse(Reason::RoleStateWrong, "replacement.roles", "exactly the roles admin and office");
    }
    // The replaced key makes room for its replacement.
    check_new_key(state, new).map_err(|refusal| refusal.within("replacement"))
}

fn check_change(
    state: &State,
    member: &Code,
    reason: &Text,
    allowed: impl Fn(MemberStatus) -> bool,
) -> Result<(), Refusal> {
    let status = member_status(state, member)?;
    let ledger = open_ledger(state);
    if *member == ledger.office || *member == ledger.operator {
        return refuse(Reason::MemberProtected, "member", format!("{member} runs the ledger"));
    }
    if !allowed(status) {
        return refuse(Reason::MemberStatusWrong, "member", format!("member {member} is {status:?}"));
    }
    check_reason(reason)
}

pub(crate) fn decide_suspended(state: &State, speaker: &Speaker, e: &MemberSuspended) -> Result<(), Refusal> {
    speaker.needs(Role::Office)?;
    check_change(state, &e.member, &e.reason, |status| status == MemberStatus::Active)
}

pub(crate) fn decide_reinstated(state: &State, speaker: &Speaker, e: &MemberReinstated) -> Result<(), Refusal> {
    speaker.needs(Role::Office)?;
    check_change(state, &e.member, &e.reason, |status| status == MemberStatus::Suspended)
}

pub(crate) fn decide_withdrawn(state: &State, speaker: &Speaker, e: &MemberWithdrawn) -> Result<(), Refusal> {
    let own_admin = speaker.member == e.member && speaker.roles.has(Role::Admin);
    if !own_admin {
        speaker.needs(Role::Office)?;
    }
    check_change(state, &e.member, &e.reason, |status| status != MemberStatus::Withdrawn)
}

pub(crate) fn decide_activated(state: &State, speaker: &Speaker, e: &RulesActivated) -> Result<(), Refusal> {
    speaker.needs(Role::Office)?;
    if RULES_VERSIONS.contains(&e.version) && e.version >= open_ledger(state).rules_version {
        return Ok(());
    }
    refuse(Reason::RulesVersionUnknown, "version", format!("version {} can't be activated", e.version))
}

pub(crate) fn apply_admitted(state: &mut State, e: &MemberAdmitted) {
    state.members.put(e.member.clone(), Member { status: MemberStatus::Active });
    apply_enrolled(state, &e.first_key);
}

pub(crate) fn apply_status(state: &mut State, member: &Code, status: MemberStatus) {
    state.members.update(member, |m| m.status = status);
}

pub(crate) fn apply_enrolled(state: &mut State, e: &KeyEnrolled) {
    put_key(state, e.key, Key::new(e.member.clone(), Roles::of(&e.roles), e.holder.clone()));
}

/// Puts a new key in, and numbers its holder.
pub(crate) fn put_key(state: &mut State, public: PublicKey, key: Key) {
    let next = u32::try_from(state.holders.len()).expect("fewer than 2^32 holders");
    let known = state.holders.get(&key.holder).cloned();
    let mut holder = known.unwrap_or(Holder { number: next, members: BTreeSet::new() });
    holder.members.insert(key.member.clone());
    state.keys.put(public, Key { holder_number: holder.number, ..key.clone() });
    state.holders.put(key.holder, holder);
}

pub(crate) fn apply_revoked(state: &mut State, key: &PublicKey) {
    state.keys.update(key, |k| k.revoked = true);
}

pub(crate) fn apply_granted(state: &mut State, e: &RoleGranted) {
    state.keys.update(&e.key, |key| key.roles.insert(e.role));
}

pub(crate) fn apply_role_revoked(state: &mut State, e: &RoleRevoked) {
    state.keys.update(&e.key, |key| key.roles.remove(e.role));
}

pub(crate) fn apply_activated(state: &mut State, e: &RulesActivated) {
    state.ledger.update(&(), |ledger| ledger.rules_version = e.version);
}

pub(crate) fn apply_replaced(state: &mut State, e: &OfficeKeyReplaced) {
    apply_revoked(state, &e.replaced);
    apply_enrolled(state, &e.replacement);
}
