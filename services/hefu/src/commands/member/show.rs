//! `hefu member list` and `show`.

use hefu_proto::v1;
use hefu_types::Code;

use crate::args::AsOfArgs;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::{Hash, Word, record};
use crate::words;

record! {
    /// A member.
    struct MemberRow {
        both member: String,
        both name_zh: String,
        both name_en: String,
        both member_type: Word,
        both conference_role: Word,
        both status: Word,
        both active_keys: u64,
        data admitted_seq: u64,
    }
}

record! {
    /// A key of a member.
    struct KeyRow {
        both key: Hash,
        both holder: String,
        both roles: Vec<Word>,
        both recovery: bool,
        data office_recovery: bool,
        both enrolled_seq: u64,
        both revoked: bool,
        both revocation_reason: Word,
        data revoked_seq: Option<u64>,
        both compromised_since_seq: Option<u64>,
    }
}

pub(crate) async fn list(context: &Context, as_of: AsOfArgs) -> Result<(), Failure> {
    let server = context.server()?;
    let request = v1::ListMembersRequest { as_of: as_of.moment(), min_seq: as_of.min_seq };
    let answer = server.ask(async |server| server.views().list_members(request).await).await?;
    context.rows(&answer.members.iter().map(member_row).collect::<Vec<_>>())
}

pub(crate) async fn show(context: &Context, member: &Code, as_of: AsOfArgs) -> Result<(), Failure> {
    let server = context.server()?;
    let request = v1::GetMemberRequest { member: member.to_string(), as_of: as_of.moment(), min_seq: as_of.min_seq };
    let answer = server.ask(async |server| server.views().get_member(request.clone()).await).await?;
    let member = answer.member.unwrap_or_default();
    let keys: Vec<KeyRow> = member.keys.iter().map(key_row).collect();
    context.with_rows(&member_row(&member), "keys", &keys)
}

pub(crate) fn member_row(member: &v1::Member) -> MemberRow {
    let name = member.name.clone().unwrap_or_default();
    MemberRow {
        member: member.member.clone(),
        name_zh: name.zh,
        name_en: name.en,
        member_type: words::member_type(member.member_type),
        conference_role: words::conference_role(member.conference_role),
        status: words::member_status(member.status),
        active_keys: member.keys.iter().map(|key| u64::from(!key.revoked)).sum(),
        admitted_seq: member.admitted_seq,
    }
}

pub(crate) fn key_row(key: &v1::Key) -> KeyRow {
    let compromised = key.revocation_reason == v1::RevocationReason::Compromised as i32;
    KeyRow {
        key: Hash::of(&key.key),
        holder: key.holder.clone(),
        roles: key.roles.iter().map(|&role| words::role(role)).collect(),
        recovery: key.recovery,
        office_recovery: key.office_recovery,
        enrolled_seq: key.enrolled_seq,
        revoked: key.revoked,
        revocation_reason: words::revocation_reason(key.revocation_reason),
        revoked_seq: key.revoked.then_some(key.revoked_seq),
        compromised_since_seq: compromised.then_some(key.compromised_since_seq),
    }
}
