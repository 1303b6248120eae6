//! What changed between two moments: every event of the entries between them, with who said it and what it took the place of.
//!
//! The entries between two sizes of the log *are* what changed: nothing is compared, so nothing that changed and changed back is
//! overlooked. What stood before an event is looked up in the views, whose rows are vintages.

mod told;

use hefu_types::{Code, DecodedEntry, Millis, Text};

use crate::error::ViewError;
use crate::key::AsOf;
use crate::members;
use crate::row::Origin;
use crate::view::Tables;

/// What an event speaks of. What it does not name is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// The plan: named, or that of the named indicator or cycle.
    pub plan: Option<Code>,
    /// The cycle.
    pub cycle: Option<Code>,
    /// The indicators; those of a challenge, for what became of it.
    pub indicators: Vec<Code>,
    /// The areas, likewise.
    pub areas: Vec<Code>,
    /// The period of an observation, the year of a target.
    pub period: String,
    /// The units: named, those that a named key speaks for, or whose observation is judged.
    pub units: Vec<Code>,
    /// What else it names: a task, a milestone, a target's strength, a key, a view.
    pub item: String,
}

/// One event: what it changed, and who said it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Position, kind, time, submission hash and key.
    pub origin: Origin,
    /// The member whose key signed it.
    pub member: Code,
    /// The holder of that key, by pseudonym.
    pub holder: Text,
    /// What it speaks of.
    pub subject: Subject,
    /// What stood before, in its written form; empty when nothing did.
    pub before: String,
    /// What stands since, in its written form; empty when nothing does.
    pub after: String,
    /// Why, or an answer; empty when none was given.
    pub reason: Text,
    /// The time that it sets: until when a report or an answer is asked for, or an exception holds.
    pub deadline: Option<Millis>,
    /// The event that it took the place of, or that it answers.
    pub prior: Option<Origin>,
}

/// Which changes are asked for: those that fit all that is given.
#[derive(Clone, Copy, Debug, Default)]
pub struct Selection<'a> {
    /// Of the plan; `None` for all.
    pub plan: Option<&'a Code>,
    /// Naming the indicator; `None` for all.
    pub indicator: Option<&'a Code>,
    /// Naming the area; `None` for all.
    pub area: Option<&'a Code>,
    /// Said by the unit, or about it; `None` for all.
    pub unit: Option<&'a Code>,
}

impl Selection<'_> {
    fn takes(&self, change: &Change) -> bool {
        let Subject { plan, indicators, areas, units, .. } = &change.subject;
        self.plan.is_none_or(|wanted| plan.as_ref() == Some(wanted))
            && self.indicator.is_none_or(|wanted| indicators.contains(wanted))
            && self.area.is_none_or(|wanted| areas.contains(wanted))
            && self.unit.is_none_or(|wanted| change.member == *wanted || units.contains(wanted))
    }
}

/// What the events of an entry changed, in their order. The views must have applied the entry.
///
/// # Errors
/// When the store fails, or the key that signed is `Missing`.
pub fn of_entry(tables: &Tables<'_>, entry: &DecodedEntry, select: &Selection<'_>) -> Result<Vec<Change>, ViewError> {
    let as_of = AsOf::after(entry.seq);
    let speaker = members::enrolment(&*tables.members, &entry.submission.key, as_of)?;
    let mut found = Vec::new();
    for (origin, event) in Origin::of_events(entry) {
        let told = told::Teller { tables, origin: &origin, as_of }.tell(event)?;
        let change = Change {
            origin,
            member: speaker.member.clone(),
            holder: speaker.holder.clone(),
            subject: told.subject,
            before: told.before,
            after: told.after,
            reason: told.reason,
            deadline: told.deadline,
            prior: told.prior,
        };
        if select.takes(&change) {
            found.push(change);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
