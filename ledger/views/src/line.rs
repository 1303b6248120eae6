//! The line to a target: straight from point to point, in exact arithmetic over 128-bit integers and days.
//!
//! Units at a common scale are below 2^63 · 10^12 < 2^103, spans of the calendar below 2^17 days, so that what is multiplied
//! out here, ten times the sum of two such products included, stays below 2^126.

use hefu_types::decimal::divide_half_even;
use hefu_types::event::plan::Direction;
use hefu_types::limits::{YEAR_MAX, YEAR_MIN};
use hefu_types::period::Date;
use hefu_types::{Decimal, Period};

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
        Self { day: last_day(period), value }
    }
}

/// The last day of a period, counted from 1970-01-01.
pub(crate) fn last_day(period: Period) -> i64 {
    day_number(period.last_day())
}

/// Where a value is against a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// At it, or beyond it.
    Reached,
    /// Short of it by no more than a tenth of what lies between the line's start and where the line is on that day.
    Near,
    /// Further off.
    Short,
}

/// The line to a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// By day; the last is the target.
    points: Vec<Point>,
}

impl Line {
    /// From the start through the points to the target. Points that are not between the two in time are left out; without a
    /// start the line begins at the first point.
    pub(crate) fn through(start: Option<Point>, between: impl IntoIterator<Item = Point>, due: Point) -> Self {
        let start = start.filter(|start| start.day < due.day);
        let from = start.map_or(i64::MIN, |start| start.day);
        let between = between.into_iter().filter(|point| from < point.day && point.day < due.day);
        let points = start.into_iter().chain(between).chain([due]).collect();
        Self { points }
    }

    /// Where a value is against the line; `None` on a day on which there is no line.
    pub(crate) fn place(&self, direction: Direction, now: Point) -> Option<Place> {
        let (start, from, to) = (self.points[0], self.from(now.day)?, self.to(now.day)?);
        let [start_units, from_units, to_units, now_units] = units([start, from, to, now]);
        let (days, span) = (i128::from(now.day - from.day), i128::from(to.day - from.day));
        // All but for the factor `span`.
        let climbed = (to_units - from_units) * days;
        let short = (from_units - now_units) * span + climbed;
        let way = (from_units - start_units) * span + climbed;
        let short = if direction == Direction::Higher { short } else { -short };
        Some(match short {
            _ if short <= 0 => Place::Reached,
            _ if short * 10 <= way.abs() => Place::Near,
            _ => Place::Short,
        })
    }

    /// The line's value on a day, rounded half to even; `None` when there is no line on it.
    pub(crate) fn at(&self, day: i64, decimals: u32) -> Option<Decimal> {
        between(self.from(day)?, self.to(day)?, day, decimals)
    }

    /// The last point that is not after a day.
    fn from(&self, day: i64) -> Option<Point> {
        self.points.iter().rev().find(|point| point.day <= day).copied()
    }

    /// The first point after a day.
    fn to(&self, day: i64) -> Option<Point> {
        self.points.iter().find(|point| point.day > day).copied()
    }
}

/// The straight line through two points of different days, on any day, rounded half to even; `None` for the same day, or when
/// it does not fit.
pub(crate) fn between(a: Point, b: Point, day: i64, decimals: u32) -> Option<Decimal> {
    let scale = a.value.scale().max(b.value.scale()).max(decimals);
    let [from, to] = [a, b].map(|point| point.value.rescaled(scale));
    let (days, span) = (i128::from(day - a.day), i128::from(b.day - a.day));
    let units = divide_half_even(from * span + (to - from) * days, span * 10_i128.pow(scale - decimals))?;
    Decimal::new(i64::try_from(units).ok()?, decimals).ok()
}

fn units<const N: usize>(points: [Point; N]) -> [i128; N] {
    let scale = points.iter().map(|point| point.value.scale()).max().unwrap_or(0);
    points.map(|point| point.value.rescaled(scale))
}

/// The day, counted from 1970-01-01, of 1 January of a year. Years outside the calendar of periods are taken as its ends,
/// which keeps lines within 128 bits.
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
