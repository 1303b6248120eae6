use hefu_types::event::Name;
use hefu_types::event::membership::{ConferenceRole, MemberType, RevocationReason, Role};
use hefu_types::{Code, PublicKey, Seq, Text};

use super::{Enrolment, KeyFact, MEMBERS, MemberFact, key_stem, keys_of, member_stem};
use crate::error::ViewError;
use crate::key::{AsOf, Key};
use crate::row::{self, Origin, Row};
use crate::store::Rows;

/// Whether a member may act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberStatus {
    /// It may.
    Active,
    /// It may not, until it is reinstated.
    Suspended,
    /// It left for good.
    Withdrawn,
}

/// A member as it stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its code.
    pub member: Code,
    /// Its name.
    pub name: Name,
    /// What kind of body it is.
    pub member_type: MemberType,
    /// Its part in the joint conference.
    pub conference_role: Option<ConferenceRole>,
    /// Whether it may act.
    pub status: MemberStatus,
    /// Its keys, by enrolment; those of one event by their bytes.
    pub keys: Vec<MemberKey>,
    /// Where its admission came from.
    pub admitted: Origin,
}

/// A key and its life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberKey {
    /// The public key.
    pub key: PublicKey,
    /// The roles that it holds, ascending; a revoked key keeps its last ones.
    pub roles: Vec<Role>,
    /// Its holder's pseudonym.
    pub holder: Text,
    /// Enrolled by the office for an existing member.
    pub recovery: bool,
    /// The offline recovery key of the office.
    pub office_recovery: bool,
    /// Where its enrolment came from.
    pub enrolled: Origin,
    /// How it ended, if it did.
    pub revoked: Option<Revocation>,
}

/// How a key ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// Why.
    pub reason: RevocationReason,
    /// With `Compromised`: its entries from this position on are flagged. 0 otherwise.
    pub since_seq: Seq,
    /// Where the revocation came from.
    pub origin: Origin,
}

/// The members, by code.
///
/// # Errors
/// When the store fails.
pub fn list(rows: &dyn Rows, as_of: AsOf) -> Result<Vec<Member>, ViewError> {
    let mut found: Vec<Member> = Vec::new();
    for row in row::all(rows, &Key::table(MEMBERS), as_of)? {
        add(&mut found, row);
    }
    found.iter_mut().try_for_each(|member| with_keys(rows, member, as_of))?;
    Ok(found)
}

/// A member by its code.
///
/// # Errors
/// When the store fails.
pub fn get(rows: &dyn Rows, member: &Code, as_of: AsOf) -> Result<Option<Member>, ViewError> {
    let mut found = Vec::new();
    for row in member_facts(rows, member, as_of)? {
        add(&mut found, row);
    }
    found.iter_mut().try_for_each(|member| with_keys(rows, member, as_of))?;
    Ok(found.pop())
}

/// The member that a key speaks for. It never changes, so any moment after the enrolment gives the same answer.
///
/// # Errors
/// When the store fails.
pub fn member_of(rows: &dyn Rows, key: &PublicKey, as_of: AsOf) -> Result<Option<Code>, ViewError> {
    Ok(enrolment_of(rows, key, as_of)?.map(|enrolment| enrolment.member))
}

fn enrolment_of(rows: &dyn Rows, key: &PublicKey, as_of: AsOf) -> Result<Option<Enrolment>, ViewError> {
    let stem = key_stem(key);
    let Some((_, value)) = row::first_from(rows, &stem, stem.bytes())? else { return Ok(None) };
    match Row::decode(&value)? {
        Row { origin, fact: KeyFact::Enrolled(enrolment) } if as_of.sees(origin.seq) => Ok(Some(enrolment)),
        _ => Ok(None),
    }
}

/// How the key that signed a recorded event began.
pub(crate) fn enrolment(rows: &dyn Rows, key: &PublicKey, as_of: AsOf) -> Result<Enrolment, ViewError> {
    let missing = || ViewError::Missing { what: "key", name: key.to_string() };
    enrolment_of(rows, key, as_of)?.ok_or_else(missing)
}

/// Whose key signed, and from which position on what it signed is flagged.
#[derive(Clone, Debug)]
pub(crate) struct Signer {
    pub(crate) member: Code,
    compromised_since: Option<Seq>,
}

impl Signer {
    /// Whether somebody else may have used the key for this.
    pub(crate) fn is_compromised(&self, origin: &Origin) -> bool {
        self.compromised_since.is_some_and(|since| origin.seq >= since)
    }
}

/// Who signed a recorded event, as far as it is known by now.
pub(crate) fn signer(rows: &dyn Rows, key: &PublicKey, as_of: AsOf) -> Result<Signer, ViewError> {
    // A revocation is the last that is said about a key.
    let compromised_since = match row::last(rows, &key_stem(key), as_of)? {
        Some(Row { fact: KeyFact::Revoked { reason: RevocationReason::Compromised, since_seq }, .. }) => {
            Some(since_seq)
        }
        _ => None,
    };
    Ok(Signer { member: speaker(rows, key, as_of)?, compromised_since })
}

/// The member that signed a recorded event.
pub(crate) fn speaker(rows: &dyn Rows, key: &PublicKey, as_of: AsOf) -> Result<Code, ViewError> {
    Ok(enrolment(rows, key, as_of)?.member)
}

/// Everything that was said about a member, from the oldest to the newest.
///
/// # Errors
/// When the store fails.
pub fn member_facts(rows: &dyn Rows, member: &Code, as_of: AsOf) -> Result<Vec<Row<MemberFact>>, ViewError> {
    row::all(rows, &member_stem(member), as_of)
}

/// Everything that was said about a key, from the oldest to the newest.
///
/// # Errors
/// When the store fails.
pub fn key_facts(rows: &dyn Rows, key: &PublicKey, as_of: AsOf) -> Result<Vec<Row<KeyFact>>, ViewError> {
    row::all(rows, &key_stem(key), as_of)
}

/// Facts come by member and, within one, from the oldest to the newest, which is the admission.
fn add(found: &mut Vec<Member>, Row { origin, fact }: Row<MemberFact>) {
    let status = match fact {
        MemberFact::Admitted { member, name, member_type, conference_role } => {
            let (status, keys) = (MemberStatus::Active, Vec::new());
            found.push(Member { member, name, member_type, conference_role, status, keys, admitted: origin });
            return;
        }
        MemberFact::Suspended(_) => MemberStatus::Suspended,
        MemberFact::Reinstated(_) => MemberStatus::Active,
        MemberFact::Withdrawn(_) => MemberStatus::Withdrawn,
    };
    found.last_mut().into_iter().for_each(|last| last.status = status);
}

fn with_keys(rows: &dyn Rows, member: &mut Member, as_of: AsOf) -> Result<(), ViewError> {
    for row in row::all::<PublicKey>(rows, &keys_of(&member.member), as_of)? {
        member.keys.extend(life(row.fact, key_facts(rows, &row.fact, as_of)?));
    }
    member.keys.sort_by_key(|key| (key.enrolled.position(), key.key));
    Ok(())
}

fn life(key: PublicKey, facts: Vec<Row<KeyFact>>) -> Option<MemberKey> {
    facts.into_iter().fold(None, |life: Option<MemberKey>, Row { origin, fact }| match (fact, life) {
        (KeyFact::Enrolled(enrolment), _) => Some(born(key, enrolment, origin)),
        (fact, life) => life.map(|life| lived(life, &fact, origin)),
    })
}

fn born(key: PublicKey, enrolment: Enrolment, enrolled: Origin) -> MemberKey {
    let Enrolment { roles, holder, recovery, office_recovery, .. } = enrolment;
    MemberKey { key, roles, holder, recovery, office_recovery, enrolled, revoked: None }
}

fn lived(mut life: MemberKey, fact: &KeyFact, origin: Origin) -> MemberKey {
    match *fact {
        KeyFact::Enrolled(_) => {}
        KeyFact::Revoked { reason, since_seq } => life.revoked = Some(Revocation { reason, since_seq, origin }),
        KeyFact::RoleGranted(role) => {
            life.roles.push(role);
            life.roles.sort_unstable();
            life.roles.dedup();
        }
        KeyFact::RoleRevoked(role) => life.roles.retain(|held| *held != role),
    }
    life
}
