//! Figures: plain decimals that fit, comparators that agree, ratios never summed, periods well-formed.

use hefu_seeds::{Catalogue, Comparator, Direction, Measure, RollUp};

use super::{period, unless};

/// Scale of [`scaled`]: more than any indicator's decimals.
const SCALE: u32 = 12;

/// A plain decimal (digits, at most one point between digits) times 10^12, and its number of decimals.
pub(crate) fn scaled(text: &str) -> Option<(i128, u32)> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    let decimals = u32::try_from(fraction.len()).ok().filter(|n| *n <= SCALE)?;
    if !digits(whole) || (text.contains('.') && !digits(fraction)) {
        return None;
    }
    let units: i128 = format!("{whole}{fraction}").parse().ok()?;
    Some((units * 10_i128.pow(SCALE - decimals), decimals))
}

fn fits(text: &str, decimals: u32) -> bool {
    scaled(text).is_some_and(|(_, used)| used <= decimals)
}

/// More is better: at least, more than, equal. Less is better: at most, less than, equal.
pub(crate) fn comparators(c: &Catalogue) -> Vec<String> {
    let wrong = c.targets.iter().filter(|target| {
        let direction = c.indicator(&target.indicator).map(|row| row.direction);
        match target.comparator {
            Comparator::AtLeast | Comparator::MoreThan => direction != Some(Direction::Higher),
            Comparator::AtMost | Comparator::LessThan => direction != Some(Direction::Lower),
            Comparator::Equal => false,
        }
    });
    wrong.map(|t| format!("{} {}: comparator against direction", t.indicator, t.year)).collect()
}

/// A ratio is never rolled up by a sum.
pub(crate) fn ratios(c: &Catalogue) -> Vec<String> {
    let ratios = c.indicators.iter().filter(|row| row.measure == Measure::Ratio);
    let summed = ratios.filter(|row| row.roll_up == RollUp::Sum);
    summed.map(|row| format!("{} is a ratio and summed", row.indicator)).collect()
}

/// No more decimals than a ledger takes, and none for money in fen.
pub(crate) fn decimals(c: &Catalogue) -> Vec<String> {
    let limit = |unit: &str| if unit == "CNY-fen" || unit == "count" { 0 } else { 12 };
    let rows = c.indicators.iter().filter(|row| row.decimals > limit(&row.unit));
    rows.map(|row| format!("{}: {} decimals", row.indicator, row.decimals)).collect()
}

/// Targets are plain decimals within their indicator's decimals.
pub(crate) fn targets(c: &Catalogue) -> Vec<String> {
    let faults = c.targets.iter().filter_map(|target| {
        let decimals = c.indicator(&target.indicator).map_or(0, |row| row.decimals);
        unless(fits(&target.value, decimals), format!("{}: {}", target.indicator, target.value))
    });
    faults.collect()
}

/// Withheld figures are plain decimals within their indicator's decimals.
pub(crate) fn withheld(c: &Catalogue) -> Vec<String> {
    let faults = c.withheld.iter().filter_map(|figure| {
        let decimals = c.indicator(&figure.indicator).map_or(0, |row| row.decimals);
        unless(fits(&figure.value, decimals), format!("{}: {}", figure.indicator, figure.value))
    });
    faults.collect()
}

/// Observations are plain decimals, and those of an indicator stay within its decimals.
pub(crate) fn observations(c: &Catalogue) -> Vec<String> {
    let faults = c.observations.iter().filter_map(|row| {
        let decimals = c.indicator(&row.indicator).map_or(SCALE, |found| found.decimals);
        unless(fits(&row.value, decimals), format!("{}: {}", row.id, row.value))
    });
    faults.collect()
}

/// Periods are ISO 8601, as-of dates are days, and an indicator lists its kinds of period longest first.
pub(crate) fn periods(c: &Catalogue) -> Vec<String> {
    let of_rows = c.observations.iter().filter_map(|row| {
        let dated = row.as_of_date.is_empty() || period::parse(&row.as_of_date).is_some();
        let sound = period::parse(&row.period).is_some() && dated;
        unless(sound, format!("{}: period {} as of {}", row.id, row.period, row.as_of_date))
    });
    let of_indicators = c.indicators.iter().filter_map(|row| {
        let rising = row.period_types.is_sorted_by(|a, b| a < b) && !row.period_types.is_empty();
        unless(rising, format!("{}: kinds of period", row.indicator))
    });
    of_rows.chain(of_indicators).collect()
}
