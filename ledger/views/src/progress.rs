//! How an indicator stands against a target: exact arithmetic over 128-bit integers and days.

use std::cmp::Ordering;

use hefu_types::event::plan::{Comparator, Direction};
use hefu_types::limits::{YEAR_MAX, YEAR_MIN};
use hefu_types::period::Date;
use hefu_types::{Decimal, Period};

use crate::plan::Target;

/// How an indicator stands against one target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// No observation with a value stands. Never shown as zero.
    NoReport,
    /// The latest value satisfies the target's comparator.
    Met,
    /// Not met yet, and at or beyond the straight line from the line's start to the target, at the observed period's end.
    OnTrack,
    /// Short of that line; or there is no line; or the target's year is over.
    Behind,
    /// The latest value is not free: whether it meets the target is not shown.
    Withheld,
}

/// A target and how the latest value stands against it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The target.
    pub target: Target,
    /// The status.
    pub status: Status,
    /// Percent with two decimals, rounded half to even: value / target where higher is better, target / value where lower
    /// is better, so that 100 is reached in both cases when the target is. `None` without a value or for a zero divisor.
    pub attained_percent: Option<Decimal>,
}

/// A value on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// The day, counted from 1970-01-01.
    pub day: i64,
    /// The value, in the indicator's unit.
    pub value: Decimal,
}

impl Point {
    /// A value at a period's end.
    #[must_use]
    pub fn at_end_of(period: Period, value: Decimal) -> Self {
        Self { day: day_number(period.last_day()), value }
    }
}

/// Where the line to a plan's targets starts: at the baseline; without one at zero on the plan's first day where higher is
/// better, and nowhere where lower is better.
#[must_use]
pub fn line_start(direction: Direction, first_day: i64, baseline: Option<Point>) -> Option<Point> {
    baseline.or(match direction {
        Direction::Higher => Some(Point { day: first_day, value: Decimal::new(0, 0).expect("scale 0") }),
        Direction::Lower => None,
    })
}

/// How the latest value stands against a target.
#[must_use]
pub fn progress(direction: Direction, target: Target, latest: Option<Point>, start: Option<Point>) -> Progress {
    let attained_percent = latest.and_then(|now| match direction {
        Direction::Higher => now.value.percent_of(target.value),
        Direction::Lower => target.value.percent_of(now.value),
    });
    let due = Point { day: last_day_of(target.year), value: target.value };
    let status = match latest {
        None => Status::NoReport,
        Some(now) if satisfies(target.comparator, now.value, target.value) => Status::Met,
        Some(now) if now.day < due.day && start.is_some_and(|start| on_line(direction, start, now, due)) => {
            Status::OnTrack
        }
        Some(_) => Status::Behind,
    };
    Progress { target, status, attained_percent }
}

fn satisfies(comparator: Comparator, value: Decimal, target: Decimal) -> bool {
    let order = value.compare(target);
    match comparator {
        Comparator::AtLeast => order.is_ge(),
        Comparator::MoreThan => order.is_gt(),
        Comparator::Equal => order.is_eq(),
        Comparator::AtMost => order.is_le(),
        Comparator::LessThan => order.is_lt(),
    }
}

/// Whether `now` is at or beyond the line from `start` to `due`, with start ≤ now < due in days:
/// (now − start) / (due − start) in value against the same in days, multiplied out. Values are below 2^63 · 10^12 and
/// spans below 120,000 days, so products stay below 2^124.
fn on_line(direction: Direction, start: Point, now: Point, due: Point) -> bool {
    let scale = [start, now, due].map(|point| point.value.scale()).into_iter().max().expect("three points");
    let units = |point: Point| point.value.rescaled(scale);
    let gained = (units(now) - units(start)) * i128::from(due.day - start.day);
    let needed = (units(due) - units(start)) * i128::from(now.day - start.day);
    match direction {
        Direction::Higher => gained.cmp(&needed) != Ordering::Less,
        Direction::Lower => gained.cmp(&needed) != Ordering::Greater,
    }
}

/// The day, counted from 1970-01-01, of 1 January of a year. Years outside the calendar of periods are taken as its ends,
/// which keeps [`progress`] within 128 bits.
#[must_use]
pub fn first_day_of(year: u32) -> i64 {
    let before = i64::from(year).clamp(YEAR_MIN.into(), i64::from(YEAR_MAX) + 1) - 1;
    before * 365 + before / 4 - before / 100 + before / 400 - 719_162
}

/// The day, counted from 1970-01-01, of 31 December of a year.
#[must_use]
pub fn last_day_of(year: u32) -> i64 {
    first_day_of(year.saturating_add(1)) - 1
}

/// The day counted from 1970-01-01, in the proleptic Gregorian calendar.
fn day_number((year, month, day): Date) -> i64 {
    let months_before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let in_year = months_before[usize::from(month) - 1] + i64::from(leap && month > 2) + i64::from(day) - 1;
    first_day_of(year.into()) + in_year
}

#[cfg(test)]
mod tests;
