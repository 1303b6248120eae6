//! What may be said, and by whom.

use std::collections::BTreeMap;

/// Small numbers name things: units, holders, indicators, areas, periods, cycles.
pub(crate) type Id = u8;
/// A moment.
pub(crate) type Time = i64;

/// What a key may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Reports observations, submits reports, declares nil reports.
    Reporter,
    /// Approves and returns reports; of an accepting unit, accepts them too.
    Approver,
    /// Opens cycles, grants exceptions, accepts reports.
    Office,
    /// May do nothing of what is modelled here.
    Auditor,
}

/// Who acts: one key. Several keys may share a holder, even across units; a key may hold several roles.
#[derive(Clone, Debug)]
pub(crate) struct Actor {
    /// The unit the key belongs to.
    pub unit: Id,
    /// Who holds the key.
    pub holder: Id,
    /// The roles of the key.
    pub roles: Vec<Role>,
}

impl Actor {
    pub(super) fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }
}

/// What a report says: for each (indicator, area) which observation stands (a number that the driver gives to each
/// observation, never used twice).
pub(crate) type Content = BTreeMap<(Id, Id), u32>;

/// Something that somebody tries to do.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    /// The office opens a cycle.
    Open {
        /// Its name.
        cycle: Id,
        /// The period that is reported.
        period: Id,
        /// From then on units may report.
        opens: Time,
        /// From then on a report is late.
        due: Time,
        /// From then on units may no longer report.
        locks: Time,
        /// The indicators that are asked for.
        indicators: Vec<Id>,
        /// The units that are to report.
        units: Vec<Id>,
        /// The units whose approvers may accept.
        accepting: Vec<Id>,
    },
    /// The office grants an exception from the lock; an empty list means all.
    Except {
        /// The cycle.
        cycle: Id,
        /// The units it is for; none named: all.
        units: Vec<Id>,
        /// The indicators it is for; none named: all.
        indicators: Vec<Id>,
        /// It holds before this time.
        expires: Time,
    },
    /// A first observation of a cell, or a correction of what stands in it (the driver names what stands, whenever
    /// something stands).
    Observe {
        /// The indicator.
        indicator: Id,
        /// The area.
        area: Id,
        /// The period.
        period: Id,
        /// The observation's number.
        observation: u32,
    },
    /// Takes back what stands in the cell (the driver only does this when something stands).
    Retract {
        /// The indicator.
        indicator: Id,
        /// The area.
        area: Id,
        /// The period.
        period: Id,
    },
    /// A reporter of the unit submits its report.
    Submit {
        /// The cycle.
        cycle: Id,
        /// The unit whose report it is.
        unit: Id,
        /// What the submission names.
        content: Content,
    },
    /// A reporter of the unit declares that there is nothing to report.
    Nil {
        /// The cycle.
        cycle: Id,
        /// The unit whose report it is.
        unit: Id,
    },
    /// An approver of the unit approves its report.
    Approve {
        /// The cycle.
        cycle: Id,
        /// The unit whose report it is.
        unit: Id,
        /// What the approval names.
        content: Content,
    },
    /// The report goes back.
    Return {
        /// The cycle.
        cycle: Id,
        /// The unit whose report it is.
        unit: Id,
        /// What the return names.
        content: Option<Content>,
    },
    /// The report is accepted.
    Accept {
        /// The cycle.
        cycle: Id,
        /// The unit whose report it is.
        unit: Id,
        /// What the acceptance names.
        content: Option<Content>,
    },
}

/// The state of a report at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Status {
    /// Nothing happened, and the cycle is not open yet.
    NotDue,
    /// To be reported.
    Open,
    /// Submitted, and unchanged since.
    Submitted,
    /// Approved, and unchanged since.
    Approved,
    /// Accepted, and unchanged since.
    Accepted,
    /// Went back, to be submitted again.
    Returned,
    /// What stands is not what the last step named.
    Stale,
    /// There is no report, and it is too late for one.
    Locked,
    /// To be reported, and late.
    Overdue,
    /// Declared to have nothing to report.
    Nil,
}
