//! Completeness and timeliness, as DHIS2 defines them.

use std::collections::BTreeMap;

use hefu_types::{Code, Decimal, Millis};

use super::query::{Report, reports_of};
use super::{Selection, cycles};
use crate::error::ViewError;
use crate::key::AsOf;
use crate::view::Tables;

/// By what reports are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// By unit.
    Unit,
    /// By cycle.
    Cycle,
    /// By plan.
    Plan,
}

/// How many reports there should be, and are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rate {
    /// EXPECTED_REPORTS: a report for each unit of each cycle that has opened.
    pub expected: u64,
    /// ACTUAL_REPORTS: those that the unit said to be complete, and that were neither returned nor changed since.
    pub actual: u64,
    /// ACTUAL_REPORTS_ON_TIME: those of them that were first said to be complete before they were due.
    pub on_time: u64,
}

impl Rate {
    fn count(&mut self, report: &Report) {
        self.expected += 1;
        self.actual += u64::from(report.is_complete());
        self.on_time += u64::from(report.is_complete() && report.is_on_time());
    }

    /// REPORTING_RATE: actual of expected reports, in percent with two decimals, rounded half to even.
    #[must_use]
    pub fn reporting_rate(&self) -> Option<Decimal> {
        percent(self.actual, self.expected)
    }

    /// REPORTING_RATE_ON_TIME: those on time of the expected ones, in percent with two decimals, rounded half to even.
    #[must_use]
    pub fn reporting_rate_on_time(&self) -> Option<Decimal> {
        percent(self.on_time, self.expected)
    }
}

fn percent(part: u64, whole: u64) -> Option<Decimal> {
    let decimal = |count: u64| Decimal::new(i64::try_from(count).ok()?, 0).ok();
    decimal(part)?.percent_of(decimal(whole)?)
}

/// Counts the reports of a selection at a time, by unit, cycle or plan.
///
/// # Errors
/// As for [`super::list`].
pub fn rates(
    tables: &Tables<'_>,
    select: &Selection<'_>,
    group: Group,
    now: Millis,
    as_of: AsOf,
) -> Result<BTreeMap<Code, Rate>, ViewError> {
    let mut rates = BTreeMap::<Code, Rate>::new();
    let asked = |code: &Code| select.cycle.is_none_or(|cycle| cycle == code);
    for cycle in cycles(tables, select.plan, as_of)?.iter().filter(|cycle| asked(&cycle.opened.cycle)) {
        if now < cycle.opened.opens_at {
            continue;
        }
        for report in reports_of(tables, cycle, select.unit, now, as_of)? {
            let code = match group {
                Group::Unit => &report.unit,
                Group::Cycle => &report.cycle,
                Group::Plan => &cycle.opened.plan,
            };
            rates.entry(code.clone()).or_default().count(&report);
        }
    }
    Ok(rates)
}
