//! How an indicator stands against a target, and where it is going.

use hefu_types::Decimal;
use hefu_types::event::plan::{Comparator, Direction};

use crate::flow::Amount;
use crate::line::{self, Line, Place, Point, first_day_of, last_day_of};
use crate::plan::Target;

/// How an indicator stands against one target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// No observation with a value stands. Never shown as zero.
    NoReport,
    /// The latest value satisfies the target's comparator. The amount of a year that is not over is not known to stay below a
    /// target, or at it.
    Met,
    /// Not met yet, and at or beyond the trajectory at the observed period's end.
    OnTrack,
    /// Short of the trajectory there, by no more than a tenth of the way from its start.
    AtRisk,
    /// Further off; or there is no trajectory on that day; or the target's year is over.
    Behind,
    /// The latest value is not free: whether it meets the target is not shown.
    Withheld,
}

/// How a forecast is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ForecastMethod {
    /// The straight line through the trajectory's start and the latest value, extended to the end of the target's year.
    Linear,
    /// Of a flow: the year's amount, if the rest of it brings as much a day as the year did so far.
    RunRate,
}

/// What the value will be at the end of the target's year, if it goes on so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forecast {
    /// The value, rounded half to even to the indicator's decimals.
    pub value: Decimal,
    /// How it was made.
    pub method: ForecastMethod,
}

/// A target and how the latest value stands against it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The target.
    pub target: Target,
    /// The status.
    pub status: Status,
    /// Of a flow, the amount of the target's year so far, which is what is held against the target.
    pub amount: Option<Amount>,
    /// Percent with two decimals, rounded half to even: value / target where higher is better, target / value where lower
    /// is better, so that 100 is reached in both cases when the target is. `None` without a value or for a zero divisor.
    pub attained_percent: Option<Decimal>,
    /// The trajectory's value at the observed period's end, rounded half to even to the indicator's decimals. `None` without a
    /// value, on a day without a trajectory, and once the target's year is over.
    pub expected: Option<Decimal>,
    /// What the value will be at the end of the target's year. `None` without a value or a start, when the value is the start
    /// itself, once the target's year is over, and when the number does not fit.
    pub forecast: Option<Forecast>,
}

/// What is asked of an indicator's values.
#[derive(Clone, Copy, Debug)]
pub struct Gauge {
    /// Which way is better.
    pub direction: Direction,
    /// The decimals that its values may have.
    pub decimals: u32,
}

/// Where the trajectories to a plan's targets start: at the baseline; without one at zero on the plan's first day where higher
/// is better, and nowhere where lower is better.
#[must_use]
pub fn line_start(direction: Direction, first_day: i64, baseline: Option<Point>) -> Option<Point> {
    baseline.or(match direction {
        Direction::Higher => Some(Point { day: first_day, value: Decimal::new(0, 0).expect("scale 0") }),
        Direction::Lower => None,
    })
}

/// How a level or a ratio stands against a target.
#[must_use]
pub fn progress(gauge: Gauge, target: Target, latest: Option<Point>, start: Option<Point>) -> Progress {
    held(gauge, target, latest, start, ForecastMethod::Linear)
}

/// How the amount of the target's year stands against it. The trajectory starts at zero the day before the year.
#[must_use]
pub fn of_flow(gauge: Gauge, target: Target, amount: Option<Amount>) -> Progress {
    let start = Point { day: first_day_of(target.year) - 1, value: Decimal::new(0, 0).expect("scale 0") };
    let found = held(gauge, target, amount.as_ref().map(Amount::point), Some(start), ForecastMethod::RunRate);
    Progress { amount, ..found }
}

fn held(gauge: Gauge, target: Target, latest: Option<Point>, start: Option<Point>, method: ForecastMethod) -> Progress {
    let Some(now) = latest else {
        let (status, amount, attained_percent, expected, forecast) = (Status::NoReport, None, None, None, None);
        return Progress { target, status, amount, attained_percent, expected, forecast };
    };
    let due = Point { day: last_day_of(target.year), value: target.value };
    let line = Line::through(start, declared(&target), due);
    let more_comes = method == ForecastMethod::RunRate && now.day < due.day;
    let settled = !more_comes || matches!(target.comparator, Comparator::AtLeast | Comparator::MoreThan);
    let status = match line.place(gauge.direction, now) {
        _ if settled && satisfies(target.comparator, now.value, target.value) => Status::Met,
        Some(Place::Reached) => Status::OnTrack,
        Some(Place::Near) => Status::AtRisk,
        Some(Place::Short) | None => Status::Behind,
    };
    let attained_percent = match gauge.direction {
        Direction::Higher => now.value.percent_of(target.value),
        Direction::Lower => target.value.percent_of(now.value),
    };
    let forecast = start.filter(|start| start.day < now.day && now.day < due.day);
    let forecast = forecast.and_then(|start| line::between(start, now, due.day, gauge.decimals));
    let forecast = forecast.map(|value| Forecast { value, method });
    let (amount, expected) = (None, line.at(now.day, gauge.decimals));
    Progress { target, status, amount, attained_percent, expected, forecast }
}

/// The points of a target's declared trajectory.
fn declared(target: &Target) -> impl Iterator<Item = Point> {
    let points = target.trajectory.iter().flat_map(|row| &row.fact.points);
    points.map(|point| Point::at_end_of(point.period, point.value))
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

#[cfg(test)]
mod tests;
