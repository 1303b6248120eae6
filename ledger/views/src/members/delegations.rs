//! Who reports for whom.

use hefu_types::event::delegation::{DelegationEnded, ReportingDelegated};
use hefu_types::{Code, Millis, SubmissionHash, Text};
use serde::{Deserialize, Serialize};

use super::DELEGATIONS;
use crate::error::ViewError;
use crate::key::{AsOf, Key};
use crate::row::{self, Origin, Row};
use crate::store::Rows;

/// What was said about a unit and its delegate. The order of the variants is part of the view's version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DelegationFact {
    /// The unit lets the other report for it.
    Granted(ReportingDelegated),
    /// Not any more.
    Ended(DelegationEnded),
}

/// A delegation and its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delegation {
    /// What was said.
    pub delegated: ReportingDelegated,
    /// Where it came from, which names it.
    pub origin: Origin,
    /// Why it ended before its time, and where that came from.
    pub ended: Option<(Text, Origin)>,
}

impl Delegation {
    /// Whether the delegate may report.
    #[must_use]
    pub fn holds(&self, now: Millis) -> bool {
        self.ended.is_none() && now < self.delegated.expires_at
    }

    fn named(&self, e: &DelegationEnded, by: &Origin) -> bool {
        let hash: SubmissionHash = e.delegation.submission_hash.unwrap_or(by.submission_hash);
        (hash, e.delegation.index) == (self.origin.submission_hash, self.origin.event_index)
    }
}

/// Delegations, ended and expired ones too, by unit, delegate and position: those of a unit or to it, or all.
///
/// # Errors
/// When the store fails.
pub fn delegations(rows: &dyn Rows, of: Option<&Code>, as_of: AsOf) -> Result<Vec<Delegation>, ViewError> {
    let mut found: Vec<Delegation> = Vec::new();
    for Row { origin, fact } in row::all(rows, &Key::table(DELEGATIONS), as_of)? {
        match fact {
            DelegationFact::Granted(delegated) => found.push(Delegation { delegated, origin, ended: None }),
            DelegationFact::Ended(e) => {
                let named = found.iter_mut().rev().find(|known| known.named(&e, &origin));
                named.into_iter().for_each(|known| known.ended = Some((e.reason.clone(), origin)));
            }
        }
    }
    found.retain(|known| of.is_none_or(|of| *of == known.delegated.unit || *of == known.delegated.delegate));
    Ok(found)
}
