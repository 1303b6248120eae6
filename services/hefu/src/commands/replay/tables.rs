//! Rows of the views as the same records that the server's answers become.

use hefu_types::event::plan::Comparator;
use hefu_views::board::{self, BoardRow};
use hefu_views::members::{self, Member, MemberKey, MemberStatus};
use hefu_views::plan::Indicator;
use hefu_views::progress::{Progress, Status};
use hefu_views::series::{self, Observation, ObservationFact, Selection};
use hefu_views::{AsOf, Memory, Tables, plan};
use rayon::prelude::*;

use super::files::Files;
use crate::commands::board::TargetRow;
use crate::commands::member::{KeyRow, MemberRow};
use crate::commands::series::ObservationRow;
use crate::failure::Failure;
use crate::output::{Hash, Number, Time};

/// Writes every table.
pub(super) fn write(files: &Files, memory: &Memory, as_of: AsOf) -> Result<(), Failure> {
    let tables = &Tables::of(memory);
    let rows = board::list(tables, None, None, as_of)?;
    files.rows("board", &rows.iter().flat_map(target_rows).collect::<Vec<_>>())?;
    let indicators = plan::indicators(&*tables.plan, None, as_of)?;
    indicators.par_iter().try_for_each(|indicator| write_series(files, &Tables::of(memory), indicator, as_of))?;
    let members = members::list(&*tables.members, as_of)?;
    files.rows("members", &members.iter().map(member_row).collect::<Vec<_>>())?;
    for member in &members {
        let keys: Vec<KeyRow> = member.keys.iter().map(key_row).collect();
        files.with_rows(&format!("members/{}", member.member), &member_row(member), "keys", &keys)?;
    }
    Ok(())
}

fn write_series(files: &Files, tables: &Tables<'_>, indicator: &Indicator, as_of: AsOf) -> Result<(), Failure> {
    let code = &indicator.definition.indicator;
    let select = Selection { indicator: code, area: None, history: true, limit: usize::MAX };
    let rows: Vec<ObservationRow> = series::query(tables, &select, as_of)?.iter().map(observation_row).collect();
    files.rows(&format!("series/{code}"), &rows)
}

fn lower(name: &str) -> String {
    name.to_ascii_lowercase()
}

fn number(value: impl ToString) -> Number {
    Number(value.to_string())
}

fn target_rows(row: &BoardRow) -> Vec<TargetRow> {
    match row.targets.as_slice() {
        [] => vec![target_row(row, None)],
        targets => targets.iter().map(|progress| target_row(row, Some(progress))).collect(),
    }
}

fn target_row(row: &BoardRow, progress: Option<&Progress>) -> TargetRow {
    let latest = row.latest.as_ref();
    let reported = latest.and_then(|observation| match &observation.fact {
        ObservationFact::Reported(fact) => Some(fact),
        ObservationFact::Retracted(_) => None,
    });
    let target = progress.map(|p| &p.target);
    let sign = target.map(|t| sign(t.comparator)).unwrap_or_default();
    TargetRow {
        indicator: row.indicator.to_string(),
        name_zh: row.name.zh.to_string(),
        name_en: row.name.en.to_string(),
        part: row.part.to_string(),
        area: row.area.to_string(),
        value: latest.and_then(|o| o.fact.value()).map(number),
        unit: row.unit.to_string(),
        qualifier: reported.and_then(|o| o.qualifier).map(|q| lower(q.name())).unwrap_or_default(),
        obs_status: reported.map(|o| o.obs_status.to_string()).unwrap_or_default(),
        period: latest.map(|o| o.fact.period().to_string()).unwrap_or_default(),
        year: target.map(|t| t.year.into()),
        target: target.map(|t| format!("{sign} {}", t.value)).unwrap_or_default(),
        comparator: sign.to_owned(),
        target_value: target.map(|t| number(t.value)),
        strength: target.map(|t| lower(t.strength.name())).unwrap_or_default(),
        attained_percent: progress.and_then(|p| p.attained_percent).map(number),
        status: progress.map(|p| status(p.status).to_owned()).unwrap_or_default(),
        seq: latest.map(|o| o.origin.seq.get()),
        event_index: latest.map(|o| o.origin.event_index.into()),
    }
}

const fn sign(comparator: Comparator) -> &'static str {
    match comparator {
        Comparator::AtLeast => "≥",
        Comparator::MoreThan => ">",
        Comparator::Equal => "=",
        Comparator::AtMost => "≤",
        Comparator::LessThan => "<",
    }
}

const fn status(status: Status) -> &'static str {
    match status {
        Status::NoReport => "no_report",
        Status::Met => "met",
        Status::OnTrack => "on_track",
        Status::Behind => "behind",
    }
}

fn observation_row(observation: &Observation) -> ObservationRow {
    let (fact, origin) = (&observation.fact, &observation.origin);
    let (reported, reason) = match fact {
        ObservationFact::Reported(reported) => (Some(reported), &reported.reason),
        ObservationFact::Retracted(retracted) => (None, &retracted.reason),
    };
    let source = reported.and_then(|o| o.source.as_ref());
    ObservationRow {
        area: fact.area().to_string(),
        period: fact.period().to_string(),
        value: fact.value().map(number),
        obs_status: reported.map(|o| o.obs_status.to_string()).unwrap_or_default(),
        qualifier: reported.and_then(|o| o.qualifier).map(|q| lower(q.name())).unwrap_or_default(),
        as_of_date: reported.and_then(|o| o.as_of_date).map(|d| d.to_string()).unwrap_or_default(),
        member: observation.member.to_string(),
        recorded_at: Time(origin.recorded_at.get()),
        seq: origin.seq.get(),
        event_index: origin.event_index.into(),
        submission_hash: Hash::of(origin.submission_hash.as_bytes()),
        key: Hash::of(origin.key.as_bytes()),
        retracted: fact.is_retraction(),
        source_title: source.map(|s| s.title.to_string()).unwrap_or_default(),
        source_uri: source.map(|s| s.uri.to_string()).unwrap_or_default(),
        source_date: source.and_then(|s| s.date).map(|d| d.to_string()).unwrap_or_default(),
        note: reported.map(|o| o.note.to_string()).unwrap_or_default(),
        reason: reason.to_string(),
    }
}

fn member_row(member: &Member) -> MemberRow {
    let status = match member.status {
        MemberStatus::Active => "active",
        MemberStatus::Suspended => "suspended",
        MemberStatus::Withdrawn => "withdrawn",
    };
    MemberRow {
        member: member.member.to_string(),
        name_zh: member.name.zh.to_string(),
        name_en: member.name.en.to_string(),
        member_type: lower(member.member_type.name()),
        conference_role: member.conference_role.map(|r| lower(r.name())).unwrap_or_default(),
        status: status.to_owned(),
        active_keys: member.keys.iter().map(|key| u64::from(key.revoked.is_none())).sum(),
        admitted_seq: member.admitted.seq.get(),
    }
}

fn key_row(key: &MemberKey) -> KeyRow {
    use hefu_types::event::membership::RevocationReason::Compromised;
    let since = key.revoked.as_ref().filter(|r| r.reason == Compromised).map(|r| r.since_seq.get());
    KeyRow {
        key: Hash::of(key.key.as_bytes()),
        holder: key.holder.to_string(),
        roles: key.roles.iter().map(|role| lower(role.name())).collect(),
        recovery: key.recovery,
        office_recovery: key.office_recovery,
        enrolled_seq: key.enrolled.seq.get(),
        revoked: key.revoked.is_some(),
        revocation_reason: key.revoked.as_ref().map(|r| lower(r.reason.name())).unwrap_or_default(),
        revoked_seq: key.revoked.as_ref().map(|r| r.origin.seq.get()),
        compromised_since_seq: since,
    }
}
