//! Periods: kind and last day.

use hefu_seeds::PeriodType;

/// The kind of an ISO 8601 period, and a number that orders periods by their last day; none when it is no period.
pub(crate) fn parse(text: &str) -> Option<(PeriodType, u32)> {
    let mut fields = text.split('-');
    let year = number(fields.next()?, 4, 1..=9999)?;
    match (fields.next(), fields.next(), fields.next()) {
        (None, ..) => Some((PeriodType::Year, last(year, 12, 31))),
        (Some(part), None, _) => within(year, part),
        (Some(month), Some(day), None) => {
            let (month, day) = (number(month, 2, 1..=12)?, number(day, 2, 1..=31)?);
            Some((PeriodType::Day, last(year, month, day)))
        }
        _ => None,
    }
}

/// A half, quarter or month; its last day counts as 31, which orders rightly.
fn within(year: u32, part: &str) -> Option<(PeriodType, u32)> {
    if let Some(half) = part.strip_prefix('H') {
        return Some((PeriodType::Half, last(year, 6 * number(half, 1, 1..=2)?, 31)));
    }
    if let Some(quarter) = part.strip_prefix('Q') {
        return Some((PeriodType::Quarter, last(year, 3 * number(quarter, 1, 1..=4)?, 31)));
    }
    Some((PeriodType::Month, last(year, number(part, 2, 1..=12)?, 31)))
}

fn number(text: &str, digits: usize, range: std::ops::RangeInclusive<u32>) -> Option<u32> {
    let plain = text.len() == digits && text.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten().filter(|n| range.contains(n))
}

fn last(year: u32, month: u32, day: u32) -> u32 {
    (year * 100 + month) * 100 + day
}
