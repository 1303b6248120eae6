//! The amount of a flow within a year, so far.
//!
//! A flow's target is about the amount of its year, and units report halves, quarters or months of it. What counts are periods
//! that follow one another without a gap from the year's first day on: of those that begin on a day, the longest. Days are not
//! summed: a board would read hundreds of rows for one number.

use hefu_types::{Code, Decimal, Period};

use crate::error::ViewError;
use crate::key::AsOf;
use crate::line::Point;
use crate::rollup;
use crate::row::Row;
use crate::series::{self, ObservationFact};
use crate::store::Rows;

/// What flowed in a year so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amount {
    /// The sum.
    pub value: Decimal,
    /// The last of its periods.
    pub until: Period,
}

impl Amount {
    /// The amount at the end of its last period.
    pub(crate) fn point(&self) -> Point {
        Point::at_end_of(self.until, self.value)
    }
}

/// The amount of a year, from observations that follow one another from its first day on; `None` of none, or when the sum does
/// not fit.
pub(crate) fn amount(parts: &[Row<ObservationFact>]) -> Option<Amount> {
    let values: Vec<Decimal> = parts.iter().filter_map(|row| row.fact.value()).collect();
    let value = rollup::sum(&values)?;
    Some(Amount { value, until: parts.last()?.fact.period() })
}

/// The observations that make the amount of a year up to the end of a period, from the first to the last.
pub(crate) fn of_year(
    rows: &dyn Rows,
    indicator: &Code,
    area: &Code,
    (year, upto): (u32, Period),
    as_of: AsOf,
) -> Result<Vec<Row<ObservationFact>>, ViewError> {
    let (mut chain, mut month) = (Vec::new(), 1);
    while month <= 12 {
        let mut longest = None;
        for period in beginning(year, month) {
            let standing = series::standing(rows, indicator, area, period, as_of)?;
            longest = standing.filter(|row| row.fact.value().is_some() && period.last_day() <= upto.last_day());
            if longest.is_some() {
                break;
            }
        }
        let Some(longest) = longest else { break };
        month = longest.fact.period().last_day().1 + 1;
        chain.push(longest);
    }
    Ok(chain)
}

/// The periods that begin with a month of a year, from the longest to the month itself.
fn beginning(year: u32, month: u8) -> impl Iterator<Item = Period> {
    let whole = (month == 1).then(|| format!("{year}"));
    let half = (month % 6 == 1).then(|| format!("{year}-H{}", month.div_ceil(6)));
    let quarter = (month % 3 == 1).then(|| format!("{year}-Q{}", month.div_ceil(3)));
    let periods = [whole, half, quarter, Some(format!("{year}-{month:02}"))];
    periods.into_iter().flatten().filter_map(|text| text.parse().ok())
}

#[cfg(test)]
mod tests;
