//! Who reports for whom: a unit may let another one report for it, of some indicators or all, until a day.

use crate::event::EventRef;
use crate::ids::Millis;
use crate::text::{Code, Text};
use crate::wire::message;

message! {
    /// A unit lets another report for it. Signed by an admin key of the unit; who approves remains the unit's own.
    pub struct ReportingDelegated {
        /// The unit that is to report.
        1 => unit: Code,
        /// The unit that reports for it.
        2 => delegate: Code,
        /// What it may report; none for all that the unit does, and then its reports may be submitted, too.
        3 => indicators: Vec<Code>,
        /// Until when, Unix milliseconds.
        4 => expires_at: Millis,
        /// Why, for the record.
        5 => reason: Text,
    }
}

message! {
    /// A delegation ends before its time. Signed by an admin key of either unit.
    pub struct DelegationEnded {
        /// The unit that was to report.
        1 => unit: Code,
        /// The unit that reported for it.
        2 => delegate: Code,
        /// The delegation.
        3 => delegation: EventRef,
        /// Why, for the record.
        4 => reason: Text,
    }
}
