//! A reference model of reporting: cycles, reports of units, their steps and their states.
//!
//! Written from the specification alone, to be compared with a real implementation. It is plain on purpose: nothing is
//! cached, every question is answered from the cells that stand, the last step of a report and the cycle's times.

mod words;

use std::collections::{BTreeMap, BTreeSet};

pub(crate) use words::{Action, Actor, Content, Id, Role, Status, Time};

/// Period, indicator, area.
type Cell = (Id, Id, Id);

/// What stands in a cell.
struct Standing {
    observation: u32,
    unit: Id,
    holder: Id,
}

struct Exception {
    units: Vec<Id>,
    indicators: Vec<Id>,
    expires: Time,
}

struct Cycle {
    period: Id,
    opens: Time,
    due: Time,
    locks: Time,
    indicators: Vec<Id>,
    units: Vec<Id>,
    accepting: Vec<Id>,
    exceptions: Vec<Exception>,
}

impl Cycle {
    fn asks_for(&self, period: Id, indicator: Id) -> bool {
        self.period == period && self.indicators.contains(&indicator)
    }

    /// Whether the unit may still report: the given indicator, or (none given) any.
    fn unlocked(&self, unit: Id, indicator: Option<Id>, now: Time) -> bool {
        let all_or_has = |list: &[Id], id: Id| list.is_empty() || list.contains(&id);
        let excepted = |e: &Exception| {
            now < e.expires && all_or_has(&e.units, unit) && indicator.is_none_or(|i| all_or_has(&e.indicators, i))
        };
        now < self.locks || self.exceptions.iter().any(excepted)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Submitted,
    Approved,
    Accepted,
    Returned,
    Nil,
}

/// What became of a report so far.
#[derive(Default)]
struct Report {
    /// The last step, and the content that it named.
    last: Option<(Step, Option<Content>)>,
    /// What the last submission, approval or acceptance named (an acceptance of a nil report: an empty one).
    named: Option<Content>,
    /// Who took a step since the last submission or nil declaration (which is the first of them).
    round: Vec<Id>,
}

/// Collects the codes that justify a refusal, each once.
#[derive(Default)]
struct Refusals(Vec<&'static str>);

impl Refusals {
    fn when(&mut self, condition: bool, code: &'static str) {
        if condition && !self.0.contains(&code) {
            self.0.push(code);
        }
    }
}

fn repeats(list: &[Id]) -> bool {
    let mut seen = BTreeSet::new();
    !list.iter().all(|id| seen.insert(id))
}

fn some_unless_empty(content: Content) -> Option<Content> {
    if content.is_empty() { None } else { Some(content) }
}

/// The whole world: who may report what, what stands, the cycles and their reports.
pub(crate) struct Model {
    reporting_units: Vec<Vec<Id>>,
    cells: BTreeMap<Cell, Standing>,
    cycles: BTreeMap<Id, Cycle>,
    reports: BTreeMap<(Id, Id), Report>,
}

impl Model {
    /// `reporting_units[i]` are the units that may report indicator i; indicators are 0..len.
    #[must_use]
    pub(crate) fn new(reporting_units: Vec<Vec<Id>>) -> Self {
        Self { reporting_units, cells: BTreeMap::new(), cycles: BTreeMap::new(), reports: BTreeMap::new() }
    }

    /// Whether the action is allowed now: an empty list, after which it has happened; or every code that justifies
    /// refusing it (then nothing has happened).
    ///
    /// For an observation or a retraction in a cycle the codes come in the order in which the specification looks.
    pub(crate) fn act(&mut self, now: Time, actor: &Actor, action: &Action) -> Vec<&'static str> {
        let mut no = Refusals::default();
        match action {
            Action::Open { .. } => self.check_open(actor, action, &mut no),
            Action::Except { .. } => self.check_except(now, actor, action, &mut no),
            Action::Observe { indicator, area, period, .. } => {
                self.check_cell(now, actor, (*period, *indicator, *area), false, &mut no);
            }
            Action::Retract { indicator, area, period } => {
                self.check_cell(now, actor, (*period, *indicator, *area), true, &mut no);
            }
            Action::Submit { cycle, unit, .. }
            | Action::Nil { cycle, unit }
            | Action::Approve { cycle, unit, .. }
            | Action::Return { cycle, unit, .. }
            | Action::Accept { cycle, unit, .. } => {
                let known = self.cycles.get(cycle);
                no.when(known.is_none(), "CYCLE_UNKNOWN");
                no.when(known.is_some_and(|c| !c.units.contains(unit)), "UNIT_NOT_IN_CYCLE");
                self.check_who(actor, (*cycle, *unit), action, &mut no);
                if let Some(status) = self.status(*cycle, *unit, now) {
                    self.check_when((status, now), actor, (*cycle, *unit), action, &mut no);
                }
            }
        }
        if no.0.is_empty() {
            self.apply(actor, action);
        }
        no.0
    }

    /// None when there is no such cycle or the unit is not in it.
    #[must_use]
    pub(crate) fn status(&self, cycle: Id, unit: Id, now: Time) -> Option<Status> {
        let about = self.cycles.get(&cycle).filter(|c| c.units.contains(&unit))?;
        let content = some_unless_empty(self.content(cycle, unit));
        let unlocked = about.unlocked(unit, None, now);
        let unreported = if !unlocked {
            Status::Locked
        } else if now < about.opens {
            Status::NotDue
        } else if now < about.due {
            Status::Open
        } else {
            Status::Overdue
        };
        let Some((step, named)) = self.last(cycle, unit) else { return Some(unreported) };
        let unless_stale = |status| if *named == content { status } else { Status::Stale };
        Some(match step {
            Step::Submitted => unless_stale(Status::Submitted),
            Step::Approved => unless_stale(Status::Approved),
            Step::Accepted => unless_stale(Status::Accepted),
            Step::Returned if unlocked => Status::Returned,
            Step::Returned => Status::Locked,
            Step::Nil if content.is_none() => Status::Nil,
            Step::Nil => unreported,
        })
    }

    /// What the unit's report says now (empty when nothing stands).
    #[must_use]
    pub(crate) fn content(&self, cycle: Id, unit: Id) -> Content {
        self.standing(cycle, unit).map(|(&(_, indicator, area), s)| ((indicator, area), s.observation)).collect()
    }

    /// The (indicator, area) pairs where what stands now differs from what the last submission, approval or
    /// acceptance named; empty if there is none.
    #[must_use]
    pub(crate) fn changed(&self, cycle: Id, unit: Id) -> Vec<(Id, Id)> {
        let report = self.reports.get(&(cycle, unit));
        let Some(named) = report.and_then(|r| r.named.as_ref()) else { return Vec::new() };
        let now = self.content(cycle, unit);
        let places: BTreeSet<(Id, Id)> = named.keys().chain(now.keys()).copied().collect();
        places.into_iter().filter(|place| named.get(place) != now.get(place)).collect()
    }

    /// The unit's observations that stand in the cycle (none for a unit that is not to report).
    fn standing(&self, cycle: Id, unit: Id) -> impl Iterator<Item = (&Cell, &Standing)> {
        let cycle = self.cycles.get(&cycle).filter(|c| c.units.contains(&unit));
        self.cells.iter().filter(move |((period, indicator, _), s)| {
            s.unit == unit && cycle.is_some_and(|c| c.asks_for(*period, *indicator))
        })
    }

    fn last(&self, cycle: Id, unit: Id) -> Option<&(Step, Option<Content>)> {
        self.reports.get(&(cycle, unit))?.last.as_ref()
    }

    fn may_report(&self, unit: Id, indicator: Id) -> bool {
        self.reporting_units.get(usize::from(indicator)).is_some_and(|units| units.contains(&unit))
    }

    fn check_open(&self, actor: &Actor, action: &Action, no: &mut Refusals) {
        let Action::Open { cycle, period, opens, due, locks, indicators, units, accepting } = action else { return };
        no.when(!actor.has(Role::Office), "ROLE_MISSING");
        no.when(opens >= due || due > locks, "CYCLE_INVALID");
        no.when(self.cycles.contains_key(cycle), "CYCLE_EXISTS");
        no.when(indicators.is_empty() || units.is_empty(), "FIELD_MISSING");
        no.when(repeats(indicators) || repeats(units) || repeats(accepting), "LIST_ORDER");
        no.when(indicators.iter().any(|&i| usize::from(i) >= self.reporting_units.len()), "INDICATOR_UNKNOWN");
        let reports_none = |unit: &Id| !indicators.iter().any(|&i| self.may_report(*unit, i));
        no.when(units.iter().any(reports_none), "NOT_REPORTING_UNIT");
        let taken = |i: &Id| self.cycles.values().any(|c| c.asks_for(*period, *i));
        no.when(indicators.iter().any(taken), "CYCLE_OVERLAPS");
    }

    fn check_except(&self, now: Time, actor: &Actor, action: &Action, no: &mut Refusals) {
        let Action::Except { cycle, units, indicators, expires } = action else { return };
        no.when(!actor.has(Role::Office), "ROLE_MISSING");
        no.when(repeats(units) || repeats(indicators), "LIST_ORDER");
        no.when(*expires <= now, "EXCEPTION_INVALID");
        let Some(known) = self.cycles.get(cycle) else { return no.when(true, "CYCLE_UNKNOWN") };
        no.when(*expires <= known.locks, "EXCEPTION_INVALID");
        no.when(units.iter().any(|u| !known.units.contains(u)), "UNIT_NOT_IN_CYCLE");
        no.when(indicators.iter().any(|i| !known.indicators.contains(i)), "INDICATOR_UNKNOWN");
    }

    fn check_cell(&self, now: Time, actor: &Actor, cell: Cell, retracts: bool, no: &mut Refusals) {
        let (period, indicator, _) = cell;
        let stands = self.cells.get(&cell);
        if let Some((id, cycle)) = self.cycles.iter().find(|(_, c)| c.asks_for(period, indicator)) {
            let own = stands.is_some_and(|s| s.unit == actor.unit);
            if cycle.units.contains(&actor.unit) {
                no.when(now < cycle.opens, "CYCLE_NOT_OPEN");
                no.when(!cycle.unlocked(actor.unit, Some(indicator), now), "CYCLE_LOCKED");
                let approved = matches!(self.last(*id, actor.unit), Some((Step::Approved | Step::Accepted, _)));
                no.when(approved && (retracts || !own), "REPORT_APPROVED");
            } else {
                no.when(!own, "UNIT_NOT_IN_CYCLE");
            }
        }
        no.when(usize::from(indicator) >= self.reporting_units.len(), "INDICATOR_UNKNOWN");
        no.when(!self.may_report(actor.unit, indicator), "NOT_REPORTING_UNIT");
        no.when(!actor.has(Role::Reporter), "ROLE_MISSING");
        no.when(stands.map_or(retracts, |s| s.unit != actor.unit), "NOT_YOUR_OBSERVATION");
    }

    /// Whether the key may take the step at all, whatever the report says.
    fn check_who(&self, actor: &Actor, (cycle, unit): (Id, Id), action: &Action, no: &mut Refusals) {
        let as_own = |role: Role, no: &mut Refusals| {
            no.when(actor.unit != unit, "MEMBER_MISMATCH");
            no.when(!actor.has(role), "ROLE_MISSING");
        };
        let as_accepting = |no: &mut Refusals| {
            no.when(actor.unit == unit, "OWN_REPORT");
            if !actor.has(Role::Office) {
                no.when(!actor.has(Role::Approver), "ROLE_MISSING");
                let outside = self.cycles.get(&cycle).is_some_and(|c| !c.accepting.contains(&actor.unit));
                no.when(outside, "NOT_ACCEPTING_UNIT");
            }
        };
        match action {
            Action::Submit { .. } | Action::Nil { .. } => as_own(Role::Reporter, no),
            Action::Approve { .. } => as_own(Role::Approver, no),
            Action::Accept { .. } => as_accepting(no),
            Action::Return { .. } => match self.last(cycle, unit).map(|(step, _)| *step) {
                Some(Step::Submitted) => as_own(Role::Approver, no),
                Some(Step::Accepted) => as_accepting(no),
                // Where nothing can be returned anyway, the widest circle is taken.
                Some(Step::Approved | Step::Nil | Step::Returned) | None => {
                    if actor.unit == unit && !actor.has(Role::Approver) {
                        no.when(true, "ROLE_MISSING");
                        as_accepting(no);
                    } else if actor.unit != unit {
                        as_accepting(no);
                    }
                }
            },
            Action::Open { .. } | Action::Except { .. } | Action::Observe { .. } | Action::Retract { .. } => {}
        }
    }

    /// Whether the report is one of which the step may be taken, by this holder, with this content.
    fn check_when(
        &self,
        (status, now): (Status, Time),
        actor: &Actor,
        (cycle, unit): (Id, Id),
        action: &Action,
        no: &mut Refusals,
    ) {
        let right = some_unless_empty(self.content(cycle, unit));
        let is_right = |content: &Content| right.as_ref() == Some(content);
        let last = self.last(cycle, unit);
        let took_part = self.reports.get(&(cycle, unit)).is_some_and(|r| r.round.contains(&actor.holder))
            || self.standing(cycle, unit).any(|(_, s)| s.holder == actor.holder);
        match action {
            Action::Submit { .. } | Action::Nil { .. } => {
                let about = self.cycles.get(&cycle);
                no.when(about.is_some_and(|c| now < c.opens), "CYCLE_NOT_OPEN");
                no.when(about.is_some_and(|c| !c.unlocked(unit, None, now)), "CYCLE_LOCKED");
                let done = matches!(status, Status::Submitted | Status::Approved | Status::Accepted | Status::Nil);
                no.when(done, "REPORT_STATE_WRONG");
            }
            Action::Approve { .. } | Action::Accept { .. } => {
                let accepts = matches!(action, Action::Accept { .. });
                let fits = match status {
                    Status::Submitted => !accepts,
                    Status::Approved | Status::Nil => accepts,
                    _ => false,
                };
                no.when(status == Status::Stale, "REPORT_STALE");
                no.when(!fits && status != Status::Stale, "REPORT_STATE_WRONG");
                no.when(took_part, "SAME_HOLDER");
            }
            _ => {
                no.when(matches!(last, None | Some((Step::Returned, _))), "REPORT_STATE_WRONG");
                let submitter = self.reports.get(&(cycle, unit)).and_then(|r| r.round.first());
                let reported = submitter == Some(&actor.holder)
                    || self.standing(cycle, unit).any(|(_, s)| s.holder == actor.holder);
                no.when(actor.unit == unit && reported, "SAME_HOLDER");
            }
        }
        match action {
            Action::Submit { content, .. } => {
                no.when(right.is_none(), "REPORT_EMPTY");
                no.when(!is_right(content), "CONTENT_WRONG");
            }
            Action::Nil { .. } => no.when(right.is_some(), "NIL_CONTRADICTED"),
            Action::Approve { content, .. } => no.when(!is_right(content), "CONTENT_WRONG"),
            Action::Accept { content, .. } => no.when(*content != right, "CONTENT_WRONG"),
            Action::Return { content, .. } => {
                no.when(content.as_ref() != last.and_then(|(_, named)| named.as_ref()), "CONTENT_WRONG");
            }
            Action::Open { .. } | Action::Except { .. } | Action::Observe { .. } | Action::Retract { .. } => {}
        }
    }

    /// Lets an action happen that nothing speaks against.
    fn apply(&mut self, actor: &Actor, action: &Action) {
        match action.clone() {
            Action::Open { cycle, period, opens, due, locks, indicators, units, accepting } => {
                let exceptions = Vec::new();
                let opened = Cycle { period, opens, due, locks, indicators, units, accepting, exceptions };
                self.cycles.insert(cycle, opened);
            }
            Action::Except { cycle, units, indicators, expires } => {
                if let Some(known) = self.cycles.get_mut(&cycle) {
                    known.exceptions.push(Exception { units, indicators, expires });
                }
            }
            Action::Observe { indicator, area, period, observation } => {
                let standing = Standing { observation, unit: actor.unit, holder: actor.holder };
                self.cells.insert((period, indicator, area), standing);
            }
            Action::Retract { indicator, area, period } => {
                self.cells.remove(&(period, indicator, area));
            }
            Action::Submit { cycle, unit, content } => {
                self.step(actor, (cycle, unit), Step::Submitted, Some(content));
            }
            Action::Nil { cycle, unit } => self.step(actor, (cycle, unit), Step::Nil, None),
            Action::Approve { cycle, unit, content } => {
                self.step(actor, (cycle, unit), Step::Approved, Some(content));
            }
            Action::Return { cycle, unit, content } => self.step(actor, (cycle, unit), Step::Returned, content),
            Action::Accept { cycle, unit, content } => self.step(actor, (cycle, unit), Step::Accepted, content),
        }
    }

    fn step(&mut self, actor: &Actor, report: (Id, Id), step: Step, content: Option<Content>) {
        let report = self.reports.entry(report).or_default();
        if matches!(step, Step::Submitted | Step::Nil) {
            report.round.clear();
        }
        report.round.push(actor.holder);
        if matches!(step, Step::Submitted | Step::Approved | Step::Accepted) {
            report.named = Some(content.clone().unwrap_or_default());
        }
        report.last = Some((step, content));
    }
}

#[cfg(test)]
mod tests;
