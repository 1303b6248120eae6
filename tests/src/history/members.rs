//! What may be said about members, keys and roles.

use hefu_rules::MemberStatus;
use hefu_types::event::membership::{
    KeyRevoked, MemberAdmitted, MemberReinstated, MemberSuspended, MemberType, MemberWithdrawn, OfficeKeyReplaced,
    RevocationReason, Role, RoleGranted, RoleRevoked, RulesActivated,
};
use hefu_types::{Code, Seq};

use crate::history::cast::{Actor, Said, Scene};
use crate::history::deeds::because;
use crate::world::{code, keys, name};

const MEMBERS_MAX: usize = 30;
const KEYS_PER_MEMBER: usize = 4;
/// What members grant one another's keys.
const GRANTED: [Role; 4] = [Role::Reporter, Role::Approver, Role::Auditor, Role::Trader];

fn active(scene: &Scene<'_>) -> usize {
    let status = |member: &&Code| scene.state.member(member).is_some_and(|m| m.status == MemberStatus::Active);
    scene.cast.members.iter().filter(status).count()
}

pub(super) fn admit(scene: &mut Scene<'_>) -> Option<Said> {
    let office = scene.office()?;
    if active(scene) >= MEMBERS_MAX {
        return None;
    }
    let member = code(&format!("m{}", scene.cast.members.len()));
    let roles: &[Role] = if scene.rng.percent(50) { &[Role::Admin] } else { &[Role::Admin, Role::Reporter] };
    let admitted = MemberAdmitted {
        name: name(member.as_str()),
        member_type: *scene.rng.pick(MemberType::ALL)?,
        conference_role: None,
        first_key: scene.enrolment(&member, roles),
        member,
    };
    Some(Said::by(office, admitted))
}

fn keys_of(scene: &Scene<'_>, member: &Code) -> usize {
    scene.cast.live.iter().filter(|actor| actor.member == *member).count()
}

pub(super) fn enrol(scene: &mut Scene<'_>) -> Option<Said> {
    let admin = scene.with_role(Role::Admin)?;
    if keys_of(scene, &admin.member) >= KEYS_PER_MEMBER {
        return None;
    }
    let roles: &[&[Role]] = &[&[Role::Reporter], &[Role::Admin], &[Role::Reporter, Role::Approver], &[Role::Auditor]];
    Some(Said::by(admin, scene.enrolment(&admin.member, scene.rng.clone().pick(roles)?)))
}

/// The office enrols a key for a member that may have lost its own.
pub(super) fn recover(scene: &mut Scene<'_>) -> Option<Said> {
    let office = scene.office()?;
    let member = scene.rng.pick(&scene.cast.members)?;
    let left = scene.state.member(member)?.status == MemberStatus::Withdrawn;
    if left || !scene.ordinary(member) || keys_of(scene, member) >= KEYS_PER_MEMBER {
        return None;
    }
    let mut enrolled = scene.enrolment(member, &[Role::Admin, Role::Reporter]);
    enrolled.recovery = true;
    let keys = keys(enrolled.holder.as_str());
    enrolled.proof = Some(keys.prove_enrolment(&scene.ledger(), &enrolled));
    Some(Said::by(office, enrolled))
}

/// Half of the time by the key itself, else by the office.
pub(super) fn revoke(scene: &mut Scene<'_>) -> Option<Said> {
    let target = scene.rng.find(&scene.cast.live, |actor| actor.name.starts_with('k'))?;
    let itself = scene.state.may_speak(&target.public).is_ok() && scene.rng.percent(50);
    let speaker = if itself { target } else { scene.office()? };
    let (reason, since_seq) = match scene.rng.below(3) {
        0 => (RevocationReason::Compromised, Seq::new(scene.rng.bits() % scene.size)),
        1 => (RevocationReason::Superseded, Seq::FIRST),
        _ => (RevocationReason::Ceased, Seq::FIRST),
    };
    let leaves_office_a_key = !scene.state.key(&target.public)?.roles.has(Role::Office);
    leaves_office_a_key.then(|| Said::by(speaker, KeyRevoked { key: target.public, reason, since_seq }))
}

fn role_change(scene: &mut Scene<'_>, held: bool) -> Option<(Actor, Actor, Role)> {
    let admin = scene.actor(|actor, record| record.roles.has(Role::Admin) && actor.member.as_str().starts_with('m'))?;
    let target = scene.rng.find(&scene.cast.live, |actor| actor.member == admin.member)?;
    let record = scene.state.key(&target.public)?;
    let role = *scene.rng.find(&GRANTED, |role| record.roles.has(*role) == held)?;
    Some((admin.clone(), target.clone(), role))
}

pub(super) fn grant(scene: &mut Scene<'_>) -> Option<Said> {
    let (admin, target, role) = role_change(scene, false)?;
    Some(Said::by(&admin, RoleGranted { key: target.public, role }))
}

pub(super) fn take_role(scene: &mut Scene<'_>) -> Option<Said> {
    let (admin, target, role) = role_change(scene, true)?;
    Some(Said::by(&admin, RoleRevoked { key: target.public, role }))
}

fn member_in(scene: &mut Scene<'_>, status: MemberStatus) -> Option<Code> {
    let state = scene.state;
    let fits = |member: &Code| {
        member.as_str().starts_with('m') && state.member(member).is_some_and(|known| known.status == status)
    };
    scene.rng.find(&scene.cast.members, fits).cloned()
}

pub(super) fn suspend(scene: &mut Scene<'_>) -> Option<Said> {
    let member = member_in(scene, MemberStatus::Active)?;
    let reason = because(scene);
    Some(Said::by(scene.office()?, MemberSuspended { member, reason }))
}

pub(super) fn reinstate(scene: &mut Scene<'_>) -> Option<Said> {
    let member = member_in(scene, MemberStatus::Suspended)?;
    let reason = because(scene);
    Some(Said::by(scene.office()?, MemberReinstated { member, reason }))
}

pub(super) fn withdraw(scene: &mut Scene<'_>) -> Option<Said> {
    if active(scene) < 6 || scene.rng.percent(50) {
        return None;
    }
    let member = member_in(scene, MemberStatus::Active)?;
    let reason = because(scene);
    Some(Said::by(scene.office()?, MemberWithdrawn { member, reason }))
}

pub(super) fn replace_office_key(scene: &mut Scene<'_>) -> Option<Said> {
    let recovery = scene.actor(|_, record| record.office_recovery)?;
    let replaced = scene.office()?.public;
    let replacement = scene.enrolment(&code("office"), &[Role::Admin, Role::Office]);
    let (reason, since_seq) = (RevocationReason::Superseded, Seq::FIRST);
    Some(Said::by(recovery, OfficeKeyReplaced { replaced, reason, since_seq, replacement }))
}

pub(super) fn activate(scene: &mut Scene<'_>) -> Option<Said> {
    Some(Said::by(scene.office()?, RulesActivated { version: 1 }))
}
