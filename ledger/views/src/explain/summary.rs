//! What an event says, in a few English words.

use hefu_types::event::Name;
use hefu_types::event::delegation::ReportingDelegated;
use hefu_types::event::plan::{Comparator, IndicatorDefined, PlanPublished, TrajectoryDeclared};
use hefu_types::{Code, PublicKey};

use crate::members::KeyFact;
use crate::plan::{IndicatorFact, TargetFact};
use crate::series::ObservationFact;

pub(super) fn plan(fact: &PlanPublished) -> String {
    format!("plan {}, {} to {}: {}", fact.plan, fact.first_year, fact.last_year, label(&fact.title))
}

pub(super) fn indicator(fact: &IndicatorFact) -> String {
    match fact {
        IndicatorFact::Defined(definition) => format!("defined as {}", meaning(definition)),
        IndicatorFact::Revised(revision) => {
            format!("revised to {}: {}", meaning(&revision.definition), revision.reason)
        }
        IndicatorFact::Retired(retired) => format!("retired: {}", retired.reason),
    }
}

pub(super) fn target(fact: &TargetFact) -> String {
    match fact {
        TargetFact::Set(set) => {
            format!("{} target for {}: {} {}", set.strength, set.year, sign(set.comparator), set.value)
        }
        TargetFact::Adjusted(to) => {
            let goal = format!("{} {}", sign(to.comparator), to.value);
            format!("{} target for {} adjusted to {goal}: {}", to.strength, to.year, to.reason)
        }
    }
}

pub(super) fn trajectory(fact: &TrajectoryDeclared) -> String {
    let points: Vec<String> = fact.points.iter().map(|point| format!("{} by {}", point.value, point.period)).collect();
    let reason = if fact.reason.is_empty() { String::new() } else { format!(": {}", fact.reason) };
    format!("trajectory to the {} target for {}: {}{reason}", fact.strength, fact.year, points.join(", "))
}

pub(super) fn observation(fact: &ObservationFact) -> String {
    match fact {
        ObservationFact::Reported(fact) => {
            let value = match (fact.value, fact.conf_status) {
                (Some(value), _) => value.to_string(),
                (None, Some(status)) if fact.commitment.is_some() => format!("withheld, {status}"),
                (None, _) => "no value".to_owned(),
            };
            let reason = if fact.reason.is_empty() { String::new() } else { format!(": {}", fact.reason) };
            format!("{} = {value} ({}){reason}", fact.period, fact.obs_status)
        }
        ObservationFact::Retracted(fact) => format!("{} retracted: {}", fact.period, fact.reason),
    }
}

pub(super) fn admission(member: &Code) -> String {
    format!("{member} admitted")
}

pub(super) fn delegation(delegated: &ReportingDelegated) -> String {
    let ReportingDelegated { unit, delegate, indicators, expires_at, .. } = delegated;
    let what = if indicators.is_empty() { "all that it reports".to_owned() } else { join(indicators) };
    format!("{unit} lets {delegate} report {what} until {}", expires_at.utc())
}

fn join(codes: &[Code]) -> String {
    codes.iter().map(Code::as_str).collect::<Vec<_>>().join(", ")
}

pub(super) fn key(key: &PublicKey, fact: &KeyFact) -> String {
    let short = &key.to_string()[..8];
    match fact {
        KeyFact::Enrolled(enrolment) => {
            let roles: Vec<&str> = enrolment.roles.iter().map(|role| role.name()).collect();
            let how = if enrolment.recovery { " as a recovery" } else { "" };
            format!("key {short} of {} enrolled for {}{how}: {}", enrolment.holder, enrolment.member, roles.join(", "))
        }
        KeyFact::Revoked { reason, since_seq } if since_seq.get() > 0 => {
            format!("key {short} revoked: {reason} since seq {since_seq}")
        }
        KeyFact::Revoked { reason, .. } => format!("key {short} revoked: {reason}"),
        KeyFact::RoleGranted(role) => format!("key {short} got role {role}"),
        KeyFact::RoleRevoked(role) => format!("key {short} lost role {role}"),
    }
}

fn meaning(definition: &IndicatorDefined) -> String {
    let IndicatorDefined { name, unit, measure, direction, .. } = definition;
    format!("{} in {unit}, {measure}, {direction} is better", label(name))
}

fn label(name: &Name) -> &str {
    if name.en.is_empty() { name.zh.as_str() } else { name.en.as_str() }
}

pub(crate) const fn sign(comparator: Comparator) -> &'static str {
    match comparator {
        Comparator::AtLeast => "≥",
        Comparator::MoreThan => ">",
        Comparator::Equal => "=",
        Comparator::AtMost => "≤",
        Comparator::LessThan => "<",
    }
}
