//! Who may speak: members, their keys, and what became of both.
//!
//! | table | key before the vintage | row |
//! |---|---|---|
//! | 1 | member, 0 | [`MemberFact`] |
//! | 2 | key (32 bytes) | [`KeyFact`]: the oldest is its enrolment and names its member, for ever |
//! | 3 | member, 0, key (32 bytes) | the key: which keys a member has |
//! | 4 | unit, 0, delegate, 0 | [`DelegationFact`] |

mod delegations;
mod query;
#[cfg(test)]
mod tests;

use hefu_types::event::Name;
use hefu_types::event::membership::{
    ConferenceRole, GenesisKey, KeyEnrolled, LedgerOpened, MemberType, RevocationReason, Role,
};
use hefu_types::{Code, Event, PublicKey, Seq, Text};
use serde::{Deserialize, Serialize};

pub use delegations::{Delegation, DelegationFact, delegations};
pub use query::{Member, MemberKey, MemberStatus, Revocation, get, key_facts, list, member_facts, member_of};
pub(crate) use query::{Signer, enrolment, signer, speaker};

use crate::error::ViewError;
use crate::key::Key;
use crate::row::{self, Origin, Row, RowWriter};
use crate::store::{Rows, ViewId};
use crate::view::View;

const MEMBERS: u8 = 1;
const KEYS: u8 = 2;
const KEYS_OF_MEMBER: u8 = 3;
const DELEGATIONS: u8 = 4;

/// What was said about a member. The order of the variants is part of the view's version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MemberFact {
    /// It was admitted, or named by the genesis entry.
    Admitted {
        /// Its code.
        member: Code,
        /// Its name.
        name: Name,
        /// What kind of body it is.
        member_type: MemberType,
        /// Its part in the joint conference.
        conference_role: Option<ConferenceRole>,
    },
    /// It was suspended, and why.
    Suspended(Text),
    /// It was reinstated, and why.
    Reinstated(Text),
    /// It left for good, and why.
    Withdrawn(Text),
}

/// What was said about a key. The order of the variants is part of the view's version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyFact {
    /// It was enrolled, or named by the genesis entry.
    Enrolled(Enrolment),
    /// It was revoked or replaced.
    Revoked {
        /// Why.
        reason: RevocationReason,
        /// With `Compromised`: its entries from this position on are flagged. 0 otherwise.
        since_seq: Seq,
    },
    /// It got a role.
    RoleGranted(Role),
    /// It lost a role.
    RoleRevoked(Role),
}

/// How a key began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrolment {
    /// The member that it speaks for.
    pub member: Code,
    /// Its roles at first.
    pub roles: Vec<Role>,
    /// Its holder's pseudonym; empty for the office's recovery key.
    pub holder: Text,
    /// Enrolled by the office for an existing member.
    pub recovery: bool,
    /// The offline recovery key of the office.
    pub office_recovery: bool,
}

/// The view of who may speak.
#[derive(Clone, Copy, Debug)]
pub struct MembersView;

impl View for MembersView {
    fn id(&self) -> ViewId {
        ViewId { name: "members", version: 2 }
    }

    fn apply(&self, event: &Event, rows: &mut RowWriter<'_>) -> Result<(), ViewError> {
        match event {
            Event::LedgerOpened(e) => open(e, rows),
            Event::MemberAdmitted(e) => {
                admit(&e.member, &e.name, e.member_type, e.conference_role, rows)?;
                enrol(&e.first_key, rows)
            }
            Event::MemberSuspended(e) => rows.put(member_stem(&e.member), MemberFact::Suspended(e.reason.clone())),
            Event::MemberReinstated(e) => rows.put(member_stem(&e.member), MemberFact::Reinstated(e.reason.clone())),
            Event::MemberWithdrawn(e) => rows.put(member_stem(&e.member), MemberFact::Withdrawn(e.reason.clone())),
            Event::KeyEnrolled(e) => enrol(e, rows),
            Event::KeyRevoked(e) => revoke(&e.key, e.reason, e.since_seq, rows),
            Event::RoleGranted(e) => rows.put(key_stem(&e.key), KeyFact::RoleGranted(e.role)),
            Event::RoleRevoked(e) => rows.put(key_stem(&e.key), KeyFact::RoleRevoked(e.role)),
            Event::OfficeKeyReplaced(e) => {
                revoke(&e.replaced, e.reason, e.since_seq, rows)?;
                enrol(&e.replacement, rows)
            }
            Event::ReportingDelegated(e) => {
                rows.put(delegations_of(&e.unit, &e.delegate), DelegationFact::Granted((**e).clone()))
            }
            Event::DelegationEnded(e) => {
                rows.put(delegations_of(&e.unit, &e.delegate), DelegationFact::Ended((**e).clone()))
            }
            _ => Ok(()),
        }
    }
}

/// The office and the operator may be one member.
fn open(e: &LedgerOpened, rows: &mut RowWriter<'_>) -> Result<(), ViewError> {
    admit(&e.office, &e.office_name, MemberType::Platform, None, rows)?;
    if e.operator != e.office {
        admit(&e.operator, &e.operator_name, MemberType::Platform, None, rows)?;
    }
    for key in &e.office_keys {
        begin(&key.key, genesis(&e.office, &[Role::Admin, Role::Office], key), rows)?;
    }
    begin(&e.operator_key.key, genesis(&e.operator, &[Role::Admin, Role::Operator], &e.operator_key), rows)?;
    let recovery = GenesisKey { key: e.recovery_key, holder: Text::default() };
    begin(&recovery.key, Enrolment { office_recovery: true, ..genesis(&e.office, &[], &recovery) }, rows)
}

fn genesis(member: &Code, roles: &[Role], key: &GenesisKey) -> Enrolment {
    Enrolment {
        member: member.clone(),
        roles: roles.to_vec(),
        holder: key.holder.clone(),
        recovery: false,
        office_recovery: false,
    }
}

fn admit(
    member: &Code,
    name: &Name,
    member_type: MemberType,
    conference_role: Option<ConferenceRole>,
    rows: &mut RowWriter<'_>,
) -> Result<(), ViewError> {
    let fact = MemberFact::Admitted { member: member.clone(), name: name.clone(), member_type, conference_role };
    rows.put(member_stem(member), fact)
}

fn enrol(e: &KeyEnrolled, rows: &mut RowWriter<'_>) -> Result<(), ViewError> {
    let enrolment = Enrolment {
        member: e.member.clone(),
        roles: e.roles.clone(),
        holder: e.holder.clone(),
        recovery: e.recovery,
        office_recovery: false,
    };
    begin(&e.key, enrolment, rows)
}

fn begin(key: &PublicKey, enrolment: Enrolment, rows: &mut RowWriter<'_>) -> Result<(), ViewError> {
    rows.put(keys_of(&enrolment.member).fixed(key.as_bytes()), key)?;
    rows.put(key_stem(key), KeyFact::Enrolled(enrolment))
}

fn revoke(
    key: &PublicKey,
    reason: RevocationReason,
    since_seq: Seq,
    rows: &mut RowWriter<'_>,
) -> Result<(), ViewError> {
    rows.put(key_stem(key), KeyFact::Revoked { reason, since_seq })
}

/// What was said of a member before an event.
pub(crate) fn member_before(
    rows: &dyn Rows,
    member: &Code,
    event: &Origin,
) -> Result<Option<Row<MemberFact>>, ViewError> {
    row::before(rows, &member_stem(member), event)
}

fn member_stem(member: &Code) -> Key {
    Key::table(MEMBERS).code(member)
}

fn keys_of(member: &Code) -> Key {
    Key::table(KEYS_OF_MEMBER).code(member)
}

fn delegations_of(unit: &Code, delegate: &Code) -> Key {
    Key::table(DELEGATIONS).code(unit).code(delegate)
}

fn key_stem(key: &PublicKey) -> Key {
    Key::table(KEYS).fixed(key.as_bytes())
}
