//! Who reports for whom: what a unit lets another report in its name, and until when.

use std::collections::BTreeSet;

use hefu_types::event::delegation::{DelegationEnded, ReportingDelegated};
use hefu_types::event::membership::Role;
use hefu_types::limits::DELEGATIONS_MAX;
use hefu_types::{Code, Millis, Reason, Refusal, SubmissionHash};

use serde::{Deserialize, Serialize};

use crate::event::{Context, Speaker};
use crate::membership::{MemberStatus, check_reason};
use crate::plan::{live_indicator, unique};
use crate::state::State;

/// The unit, its delegate, and the event that delegated.
pub(crate) type DelegationId = (Code, Code, SubmissionHash, u32);

/// What a unit lets another report, until when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Delegation {
    /// None for all.
    indicators: BTreeSet<Code>,
    expires_at: Millis,
}

fn refuse<T>(reason: Reason, field: &str, detail: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::new(reason, field, detail))
}

/// What one unit lets another report, expired or not.
fn of_both<'a>(
    state: &'a State,
    unit: &Code,
    delegate: &Code,
) -> impl Iterator<Item = (&'a DelegationId, &'a Delegation)> {
    let id = |hash: [u8; 32], index| (unit.clone(), delegate.clone(), SubmissionHash::from_bytes(hash), index);
    state.delegations.range(id([0; 32], 0)..=id([0xff; 32], u32::MAX))
}

/// Whether a unit lets another report now: of this indicator, or of whatever it reports.
pub(crate) fn delegates(state: &State, unit: &Code, delegate: &Code, indicator: Option<&Code>, now: Millis) -> bool {
    let covers = |indicators: &BTreeSet<Code>| {
        indicators.is_empty() || indicator.is_some_and(|indicator| indicators.contains(indicator))
    };
    of_both(state, unit, delegate).any(|(_, known)| now < known.expires_at && covers(&known.indicators))
}

/// Whoever lets another report may act itself.
pub(crate) fn check_active(state: &State, unit: &Code, field: &str) -> Result<(), Refusal> {
    match state.members.get(unit).map(|member| member.status) {
        Some(MemberStatus::Active) => Ok(()),
        _ => refuse(Reason::MemberStatusWrong, field, format!("{unit} is not active")),
    }
}

pub(crate) fn decide_delegated(
    state: &State,
    speaker: &Speaker,
    e: &ReportingDelegated,
    context: &Context<'_>,
) -> Result<(), Refusal> {
    speaker.needs(Role::Admin)?;
    if speaker.member != e.unit {
        return refuse(Reason::MemberMismatch, "unit", format!("{} does not speak for {}", speaker.member, e.unit));
    }
    if e.delegate == e.unit {
        return refuse(Reason::DelegationInvalid, "delegate", "a unit reports for itself without that");
    }
    match state.members.get(&e.delegate).map(|member| member.status) {
        None => return refuse(Reason::MemberUnknown, "delegate", format!("no member {}", e.delegate)),
        Some(MemberStatus::Withdrawn) => {
            return refuse(Reason::MemberStatusWrong, "delegate", format!("member {} has withdrawn", e.delegate));
        }
        Some(_) => {}
    }
    if of_both(state, &e.unit, &e.delegate).filter(|(_, known)| context.at.recorded_at < known.expires_at).count()
        >= DELEGATIONS_MAX
    {
        let detail = format!("{DELEGATIONS_MAX} delegations to {} hold; end one first", e.delegate);
        return refuse(Reason::DelegationInvalid, "delegate", detail);
    }
    unique(&e.indicators, "indicators")?;
    for code in &e.indicators {
        if !live_indicator(state, code, "indicators")?.reporting_units.contains_key(&e.unit) {
            return refuse(Reason::NotReportingUnit, "indicators", format!("{} does not report {code}", e.unit));
        }
    }
    if e.expires_at <= context.at.recorded_at {
        let detail = format!("it would have ended at {}", e.expires_at.utc());
        return refuse(Reason::DelegationInvalid, "expires_at", detail);
    }
    check_reason(&e.reason)
}

pub(crate) fn apply_delegated(state: &mut State, e: &ReportingDelegated, context: &Context<'_>) {
    let id = (e.unit.clone(), e.delegate.clone(), context.at.submission_hash, context.index);
    let now = context.at.recorded_at;
    let expired = of_both(state, &e.unit, &e.delegate).filter(|(_, known)| known.expires_at <= now);
    let expired: Vec<DelegationId> = expired.map(|(id, _)| id.clone()).collect();
    expired.iter().for_each(|id| state.delegations.remove(id));
    let indicators = e.indicators.iter().cloned().collect();
    state.delegations.put(id, Delegation { indicators, expires_at: e.expires_at });
}

fn id(e: &DelegationEnded, context: &Context<'_>) -> DelegationId {
    let hash = e.delegation.submission_hash.unwrap_or(context.at.submission_hash);
    (e.unit.clone(), e.delegate.clone(), hash, e.delegation.index)
}

/// Whichever of the two no longer wants it.
pub(crate) fn decide_ended(
    state: &State,
    speaker: &Speaker,
    e: &DelegationEnded,
    context: &Context<'_>,
) -> Result<(), Refusal> {
    speaker.needs(Role::Admin)?;
    if ![&e.unit, &e.delegate].contains(&&speaker.member) {
        return refuse(Reason::MemberMismatch, "unit", format!("{} is neither of the two", speaker.member));
    }
    match state.delegations.get(&id(e, context)) {
        Some(known) if context.at.recorded_at < known.expires_at => check_reason(&e.reason),
        _ => refuse(Reason::DelegationUnknown, "delegation", "no such delegation holds"),
    }
}

pub(crate) fn apply_ended(state: &mut State, e: &DelegationEnded, context: &Context<'_>) {
    state.delegations.remove(&id(e, context));
}
