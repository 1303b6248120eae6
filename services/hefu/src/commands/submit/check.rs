//! What would be refused, as far as that can be known before anything is signed.
//!
//! The server decides, and by then more may have happened. This asks the questions of its rules (`hefu-rules`, `reporting.rs`
//! and `cycle.rs`), row by row, each seeing what the rows before it would leave, and names every answer instead of the first.

use std::collections::{BTreeMap, BTreeSet};

use hefu_proto::v1;
use hefu_types::event::cycle::{LockExceptionGranted, ReportingCycleOpened};
use hefu_types::event::plan::{IndicatorDefined, Measure};
use hefu_types::event::reporting::{ConfStatus, ObsStatus, ObservationReported};
use hefu_types::limits::EMBARGO_MILLIS_MAX;
use hefu_types::{Code, Decimal, EventRef, Millis, Period, PeriodType, Reason, Refusal};

use super::Standing;
use super::line::Line;
use crate::args::StandingArg;
use crate::observation::{CellKey, Draft, Observation};
use crate::words;

/// What the server shows of all that decides about rows.
#[derive(Debug)]
pub(super) struct Known {
    /// The unit that would report.
    pub(super) unit: Code,
    /// The server's clock.
    pub(super) now: Millis,
    pub(super) indicators: BTreeMap<Code, Indicator>,
    pub(super) cycles: Vec<Cycle>,
    pub(super) standing: Standing,
    /// Members that left.
    pub(super) withdrawn: BTreeSet<Code>,
}

#[derive(Debug)]
pub(super) struct Indicator {
    pub(super) definition: IndicatorDefined,
    pub(super) retired: bool,
}

/// A cycle, as far as it is about the unit.
#[derive(Debug)]
pub(super) struct Cycle {
    pub(super) opened: ReportingCycleOpened,
    pub(super) exceptions: Vec<LockExceptionGranted>,
    /// The last step of the unit's report is an approval or an acceptance.
    pub(super) approved: bool,
}

/// What a row would come to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Blank,
    Standing,
    New,
    Wrong(Vec<Refusal>),
}

/// The value of a stock that stands, or would.
type Levels = BTreeMap<Period, (Decimal, ObsStatus)>;

/// Checks the rows of a file, one after the other.
pub(super) struct Checker<'a> {
    known: &'a Known,
    /// The cells of the rows so far, with the line of the last.
    seen: BTreeMap<CellKey, u64>,
    levels: BTreeMap<(Code, Code), Levels>,
}

impl<'a> Checker<'a> {
    pub(super) fn new(known: &'a Known) -> Self {
        let mut levels: BTreeMap<_, Levels> = BTreeMap::new();
        for ((indicator, area, period), observation) in known.standing.cells() {
            let value = observation.value.as_ref().and_then(words::decimal);
            let status = u32::try_from(observation.obs_status).ok();
            let status = status.and_then(|n| ObsStatus::ALL.iter().find(|status| status.number() == n));
            if let (Some(value), Some(status)) = (value, status) {
                levels.entry((indicator.clone(), area.clone())).or_default().insert(*period, (value, *status));
            }
        }
        Self { known, seen: BTreeMap::new(), levels }
    }

    pub(super) fn check(&mut self, line: &Line) -> Verdict {
        if line.draft.is_blank() {
            return Verdict::Blank;
        }
        match line.draft.read() {
            Ok(observation) => {
                let earlier = self.seen.insert(observation.cell(), line.line);
                if earlier.is_none() && self.stands(&observation) {
                    return Verdict::Standing;
                }
                let mut wrong = self.place(&line.draft, observation.supersedes.is_some());
                wrong.extend(self.content(&observation, earlier));
                if !wrong.is_empty() {
                    return Verdict::Wrong(wrong);
                }
                self.apply(&observation.fact);
                Verdict::New
            }
            Err(mut wrong) => {
                wrong.extend(self.place(&line.draft, !line.draft.supersedes.is_empty()));
                Verdict::Wrong(wrong)
            }
        }
    }

    fn stands(&self, observation: &Observation) -> bool {
        let correction = observation.supersedes.is_some();
        self.known.standing.recorded(&observation.cell(), &observation.fact, correction).is_some()
    }

    /// Whether the unit may report there: as much of it as can be read.
    fn place(&self, draft: &Draft, is_correction: bool) -> Vec<Refusal> {
        let Ok(code) = Code::new(&draft.indicator) else { return vec![] };
        let Some(Indicator { definition, retired }) = self.known.indicators.get(&code) else {
            return vec![refusal(Reason::IndicatorUnknown, "indicator", format!("no indicator {code}"))];
        };
        let mut wrong = vec![];
        let mut refuse = |reason, column, detail| wrong.push(refusal(reason, column, detail));
        let unit = &self.known.unit;
        if *retired {
            refuse(Reason::IndicatorRetired, "indicator", format!("indicator {code} is retired"));
        }
        if !definition.reporting_units.contains(unit) {
            refuse(Reason::NotReportingUnit, "indicator", format!("{unit} does not report {code}"));
        }
        if let Some(area) = Code::new(&draft.area).ok().filter(|area| !definition.areas.contains(area)) {
            refuse(Reason::AreaNotObserved, "area", format!("{code} is not observed in {area}"));
        }
        if let Ok(period) = draft.period.parse::<Period>() {
            if !definition.period_types.contains(&period.kind()) {
                refuse(Reason::PeriodTypeWrong, "period", format!("{code} is not observed by {}", period.kind()));
            }
            wrong.extend(self.cycle(&code, period, is_correction));
        }
        wrong
    }

    /// Whether the cycle that the indicator's period belongs to, if there is one, takes it now.
    fn cycle(&self, indicator: &Code, period: Period, is_correction: bool) -> Option<Refusal> {
        let asks = |cycle: &&Cycle| cycle.opened.period == period && cycle.opened.indicators.contains(indicator);
        let Cycle { opened, exceptions, approved } = self.known.cycles.iter().find(asks)?;
        let (unit, now, code) = (&self.known.unit, self.known.now, &opened.cycle);
        let among = |codes: &[Code], code| codes.is_empty() || codes.contains(code);
        let excepted =
            |e: &LockExceptionGranted| among(&e.units, unit) && among(&e.indicators, indicator) && now < e.expires_at;
        let (reason, detail) = if !opened.units.contains(unit) {
            // What it said before, it may mend.
            if is_correction {
                return None;
            }
            (Reason::UnitNotInCycle, format!("{unit} does not report in {code}"))
        } else if now < opened.opens_at {
            (Reason::CycleNotOpen, format!("cycle {code} opens at {}", opened.opens_at))
        } else if now >= opened.locks_at && !exceptions.iter().any(excepted) {
            (Reason::CycleLocked, format!("cycle {code} was locked at {}", opened.locks_at))
        } else if *approved && !is_correction {
            (Reason::ReportApproved, format!("the report of {unit} in {code} was approved"))
        } else {
            return None;
        };
        Some(refusal(reason, "period", detail))
    }

    /// Whether what is said fits the indicator and what stands; `earlier` is the line that reports the same cell.
    fn content(&self, observation: &Observation, earlier: Option<u64>) -> Vec<Refusal> {
        let fact = &observation.fact;
        let indicator = self.known.indicators.get(&fact.indicator).map(|indicator| &indicator.definition);
        let mut wrong: Vec<Refusal> = value_against_status(fact).into_iter().collect();
        if let (Some(value), Some(definition)) = (fact.value, indicator)
            && value.scale() > definition.decimals
        {
            let detail = format!("{value} has more than {} decimals", definition.decimals);
            wrong.push(refusal(Reason::DecimalsTooMany, "value", detail));
        }
        let outside = |date: &Period| date.kind() != PeriodType::Day || !fact.period.contains(*date);
        if fact.as_of_date.as_ref().is_some_and(outside) {
            let detail = format!("a day of {}, such as 2024-07-15", fact.period);
            wrong.push(refusal(Reason::AsOfDateInvalid, "as_of_date", detail));
        }
        if observation.supersedes.is_some() == fact.reason.is_blank() {
            wrong.push(refusal(Reason::ReasonMismatch, "reason", "a reason exactly with a correction"));
        }
        wrong.extend(match earlier {
            Some(line) => repeated(observation, line),
            None => self.against_standing(observation, indicator),
        });
        wrong.extend(self.confidentiality(fact));
        let is_level = observation.supersedes.is_none() && !observation.is_withheld() && wrong.is_empty();
        if let Some(value) = fact.value.filter(|_| is_level)
            && indicator.is_some_and(|definition| definition.measure == Measure::Stock)
        {
            wrong.extend(self.stock(fact, value));
        }
        wrong
    }

    /// Whether an embargo and readers fit; who is a member the server knows.
    fn confidentiality(&self, fact: &ObservationReported) -> Vec<Refusal> {
        let (until, now) = (fact.embargo_until, self.known.now);
        let is_embargoed = fact.conf_status == Some(ConfStatus::E);
        let last = now.get().saturating_add(EMBARGO_MILLIS_MAX);
        let mut wrong = vec![];
        if is_embargoed != (until != Millis::default()) {
            let detail = "an embargo, status E, ends at a time, and only an embargo does";
            wrong.push(refusal(Reason::EmbargoInvalid, "embargo_until", detail));
        } else if is_embargoed && !(until > now && until.get() <= last) {
            let detail = format!("it is {}; an embargo ends later, and by {}", now.utc(), Millis::new(last).utc());
            wrong.push(refusal(Reason::EmbargoInvalid, "embargo_until", detail));
        }
        if !fact.readers.is_empty() && (fact.conf_status.is_none() || fact.value.is_none()) {
            wrong.push(refusal(Reason::ReadersInvalid, "readers", "there is no confidential value to read"));
        }
        wrong
    }

    fn against_standing(&self, observation: &Observation, indicator: Option<&IndicatorDefined>) -> Vec<Refusal> {
        let cell = observation.cell();
        let refuse = |reason, detail| vec![refusal(reason, "supersedes", detail)];
        let Some(standing) = self.known.standing.of(&cell) else {
            return match observation.supersedes {
                None => vec![],
                Some(_) => refuse(Reason::NothingToSupersede, "no observation stands there".into()),
            };
        };
        let mut wrong = match (&observation.supersedes, self.known.standing.named(&cell)) {
            (None, _) => {
                let value = words::number(standing.value.as_ref()).map_or("no value".into(), |value| value.0);
                let detail = format!("{value} stands, reported by {} at seq {}", standing.member, standing.seq);
                refuse(Reason::ObservationStands, detail)
            }
            (Some(StandingArg::Event(hash, index)), Ok(stands)) if StandingArg::event(*hash, *index) != stands => {
                let EventRef { submission_hash, index } = stands;
                let hash = submission_hash.map(|hash| hash.to_string()).unwrap_or_default();
                refuse(Reason::SupersedesWrong, format!("{hash}/{index} stands"))
            }
            _ => vec![],
        };
        if self.belongs_to_another(standing, indicator) {
            wrong.extend(refuse(Reason::NotYourObservation, format!("{} reported it", standing.member)));
        }
        wrong
    }

    /// What a unit reported that reports no more, its successors may correct.
    fn belongs_to_another(&self, standing: &v1::Observation, indicator: Option<&IndicatorDefined>) -> bool {
        let Ok(owner) = Code::new(&standing.member) else { return false };
        let reports = indicator.is_some_and(|definition| definition.reporting_units.contains(&owner));
        owner != self.known.unit && reports && !self.known.withdrawn.contains(&owner)
    }

    /// A cumulative stock rises from period to period, but for flagged breaks.
    fn stock(&self, fact: &ObservationReported, value: Decimal) -> Option<Refusal> {
        let levels = self.levels.get(&(fact.indicator.clone(), fact.area.clone()))?;
        let other_day = |(period, _): &(&Period, _)| period.last_day() != fact.period.last_day();
        let before = levels.range(..fact.period).rev().find(other_day);
        let behind = levels.range(fact.period..).find(other_day);
        let detail = match (before, behind) {
            (Some((period, (level, _))), _) if fact.obs_status != ObsStatus::B && value.compare(*level).is_lt() => {
                format!("{value} is below {level} of {period}")
            }
            (_, Some((period, (level, status)))) if *status != ObsStatus::B && value.compare(*level).is_gt() => {
                format!("{value} is above {level} of {period}")
            }
            _ => return None,
        };
        Some(refusal(Reason::StockFell, "value", detail))
    }

    fn apply(&mut self, fact: &ObservationReported) {
        let levels = self.levels.entry((fact.indicator.clone(), fact.area.clone())).or_default();
        match fact.value.filter(|_| fact.conf_status.is_none()) {
            Some(value) => drop(levels.insert(fact.period, (value, fact.obs_status))),
            None => drop(levels.remove(&fact.period)),
        }
    }
}

fn refusal(reason: Reason, column: &str, detail: impl Into<String>) -> Refusal {
    Refusal::new(reason, column, detail)
}

fn value_against_status(fact: &ObservationReported) -> Option<Refusal> {
    let (reason, column, detail) = match (fact.value, hefu_rules::is_missing(fact.obs_status), fact.qualifier) {
        (Some(_), Some(true), _) => {
            (Reason::ValueForbidden, "value", format!("status {} says it is missing", fact.obs_status))
        }
        (None, Some(false), _) => (Reason::ValueRequired, "value", format!("status {} needs a value", fact.obs_status)),
        (None, _, Some(_)) => {
            (Reason::ValueForbidden, "qualifier", "without a value there is nothing to qualify".into())
        }
        _ => return None,
    };
    Some(refusal(reason, column, detail))
}

/// A cell may be reported and then corrected in one file, by whatever then stands.
fn repeated(observation: &Observation, line: u64) -> Vec<Refusal> {
    let detail = format!("line {line} has the same indicator, area and period");
    match observation.supersedes {
        None => vec![refusal(Reason::ObservationStands, "supersedes", detail)],
        Some(StandingArg::Event(..)) => vec![refusal(Reason::SupersedesWrong, "supersedes", detail)],
        Some(StandingArg::Auto) => vec![],
    }
}

#[cfg(test)]
mod tests;
