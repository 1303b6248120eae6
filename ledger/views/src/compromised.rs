//! What keys said that were revoked as compromised: it stands as it was said, and waits for somebody to look at it again.
//!
//! Nothing is rewritten. An observation is done with once it is corrected or retracted, or an auditor attests it after the
//! revocation; a step of a report, once the report is returned and goes its way again.

use std::collections::HashMap;

use hefu_types::event::assurance::Opinion;
use hefu_types::event::membership::RevocationReason;
use hefu_types::{Code, Millis, PublicKey};

use crate::assurance::{self, Attestation};
use crate::error::ViewError;
use crate::key::AsOf;
use crate::members::{self, Revocation};
use crate::plan;
use crate::reports::{self, StepFact, StepTaken};
use crate::series::{self, Observation};
use crate::view::Tables;

/// A standing observation that somebody else may have signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlaggedObservation {
    /// The observation.
    pub observation: Observation,
    /// How its key ended.
    pub revocation: Revocation,
    /// The newest opinion that an auditor gave of it since, with a key that is not flagged itself.
    pub attestation: Option<Attestation>,
}

impl FlaggedObservation {
    /// Whether an auditor has stood for it since.
    #[must_use]
    pub fn is_reattested(&self) -> bool {
        self.attestation.as_ref().is_some_and(|attestation| attestation.attested.opinion != Opinion::Adverse)
    }
}

/// A step that somebody else may have taken, of a report that was not returned since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlaggedStep {
    /// The cycle.
    pub cycle: Code,
    /// The unit.
    pub unit: Code,
    /// The step.
    pub taken: StepTaken,
    /// How its key ended.
    pub revocation: Revocation,
}

/// What compromised keys said, as far as it counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flagged {
    /// Observations, by indicator, area and period.
    pub observations: Vec<FlaggedObservation>,
    /// Steps, by cycle, unit and position.
    pub steps: Vec<FlaggedStep>,
}

/// What is flagged of a unit, or of all. Reads every standing observation, unless no key is compromised.
///
/// # Errors
/// `TooMany` when more than `limit` observations are flagged; or when the store fails.
pub fn list(
    tables: &Tables<'_>,
    unit: Option<&Code>,
    limit: usize,
    now: Millis,
    as_of: AsOf,
) -> Result<Flagged, ViewError> {
    let keys = keys(tables, as_of)?;
    if keys.is_empty() {
        return Ok(Flagged::default());
    }
    Ok(Flagged {
        observations: observations(tables, &keys, unit, limit, as_of)?,
        steps: steps(tables, &keys, unit, now, as_of)?,
    })
}

type Compromised = HashMap<PublicKey, Revocation>;

fn keys(tables: &Tables<'_>, as_of: AsOf) -> Result<Compromised, ViewError> {
    let members = members::list(&*tables.members, as_of)?;
    let ended = members.into_iter().flat_map(|member| member.keys).filter_map(|key| Some((key.key, key.revoked?)));
    Ok(ended.filter(|(_, revocation)| revocation.reason == RevocationReason::Compromised).collect())
}

fn observations(
    tables: &Tables<'_>,
    keys: &Compromised,
    unit: Option<&Code>,
    limit: usize,
    as_of: AsOf,
) -> Result<Vec<FlaggedObservation>, ViewError> {
    let mut found = vec![];
    for indicator in plan::indicators(&*tables.plan, None, as_of)? {
        let select = series::Selection {
            indicator: &indicator.definition.indicator,
            area: None,
            history: false,
            limit: usize::MAX,
        };
        for observation in series::query(tables, &select, as_of)? {
            let asked = unit.is_none_or(|unit| *unit == observation.member);
            let Some(revocation) = keys.get(&observation.origin.key).filter(|_| observation.key_compromised && asked)
            else {
                continue;
            };
            let attestation = assurance::attested_since(tables, &observation, &revocation.origin, as_of)?;
            found.push(FlaggedObservation { observation, revocation: *revocation, attestation });
            if found.len() > limit {
                return Err(ViewError::TooMany(limit));
            }
        }
    }
    Ok(found)
}

fn steps(
    tables: &Tables<'_>,
    keys: &Compromised,
    unit: Option<&Code>,
    now: Millis,
    as_of: AsOf,
) -> Result<Vec<FlaggedStep>, ViewError> {
    let select = reports::Selection { unit, ..reports::Selection::default() };
    let mut found = vec![];
    for report in reports::list(tables, &select, now, as_of)? {
        let returned = report.steps.iter().rposition(|taken| matches!(taken.fact, StepFact::Returned(_)));
        // The return itself counts: it may be what was forged.
        for taken in report.steps.into_iter().skip(returned.unwrap_or(0)).filter(|taken| taken.key_compromised) {
            let (cycle, unit, revocation) = (report.cycle.clone(), report.unit.clone(), keys[&taken.origin.key]);
            found.push(FlaggedStep { cycle, unit, taken, revocation });
        }
    }
    Ok(found)
}
