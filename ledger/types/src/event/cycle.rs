//! When reports are due, and what becomes of each: submitted, approved, returned, accepted, or nothing to say.

use crate::ids::{ContentHash, Millis};
use crate::period::Period;
use crate::text::{Code, Text};
use crate::wire::message;

message! {
    /// A period is to be reported by these units: for each of them one report of what it observed of these indicators in it.
    /// Signed by the office. An indicator's period belongs to one cycle only.
    pub struct ReportingCycleOpened {
        /// The cycle's code, such as `2024-q3`.
        1 => cycle: Code,
        /// The plan.
        2 => plan: Code,
        /// The period that observations of the cycle speak of, exactly.
        3 => period: Period,
        /// From when on units may report, Unix milliseconds.
        4 => opens_at: Millis,
        /// Until when a report is on time, Unix milliseconds: at this time it is late.
        5 => due_at: Millis,
        /// When units may no longer report, Unix milliseconds, but by an exception.
        6 => locks_at: Millis,
        /// What is to be reported.
        7 => indicators: Vec<Code>,
        /// Who is to report: each reports at least one of the indicators.
        8 => units: Vec<Code>,
        /// Who may accept reports beside the office: the lead units.
        9 => accepting_units: Vec<Code>,
    }
}

message! {
    /// Units may report in a locked cycle for a while. Signed by the office.
    pub struct LockExceptionGranted {
        /// The cycle.
        1 => cycle: Code,
        /// The units that it is for; none for all of the cycle.
        2 => units: Vec<Code>,
        /// The indicators that it is for; none for all of the cycle.
        3 => indicators: Vec<Code>,
        /// Until when, Unix milliseconds.
        4 => expires_at: Millis,
        /// Why, for the record.
        5 => reason: Text,
    }
}

message! {
    /// A unit says that it has reported what it has to say: exactly the observations of its own that stand now.
    pub struct ReportSubmitted {
        /// The cycle.
        1 => cycle: Code,
        /// The unit.
        2 => unit: Code,
        /// The hash over the observations, see docs/format.md.
        3 => content: ContentHash,
    }
}

message! {
    /// A unit says that it has nothing to report, which is not silence.
    pub struct NilReportDeclared {
        /// The cycle.
        1 => cycle: Code,
        /// The unit.
        2 => unit: Code,
        /// Why there is nothing, for the record.
        3 => reason: Text,
    }
}

message! {
    /// An approver of the unit has seen exactly these observations and stands for them. Another holder than the reporter.
    pub struct ReportApproved {
        /// The cycle.
        1 => cycle: Code,
        /// The unit.
        2 => unit: Code,
        /// The hash that was submitted.
        3 => content: ContentHash,
    }
}

message! {
    /// A report goes back to its reporters: from an approver of the unit, or from who would accept it.
    pub struct ReportReturned {
        /// The cycle.
        1 => cycle: Code,
        /// The unit.
        2 => unit: Code,
        /// What was returned: the hash that was submitted; absent for a nil report.
        3 => content: Option<ContentHash>,
        /// What is to be mended.
        4 => reason: Text,
    }
}

message! {
    /// The office or a lead unit takes an approved report, never its own.
    pub struct ReportAccepted {
        /// The cycle.
        1 => cycle: Code,
        /// The unit.
        2 => unit: Code,
        /// The hash that was approved; absent for a nil report.
        3 => content: Option<ContentHash>,
    }
}
