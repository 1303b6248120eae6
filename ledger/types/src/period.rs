//! Periods of time, ISO 8601: `2024`, `2024-H1`, `2024-Q3`, `2024-07`, `2024-07-15`.

use std::fmt;
use std::str::FromStr;

use compact_str::format_compact;
use serde::{Deserialize, Serialize, Serializer};

use crate::limits::{YEAR_MAX, YEAR_MIN};
use crate::wire::code_enum;

code_enum! {
    /// The kind of a period.
    pub enum PeriodType "PERIOD_TYPE" {
        /// A year.
        1 => Year "YEAR",
        /// Half a year.
        2 => Half "HALF",
        /// A quarter.
        3 => Quarter "QUARTER",
        /// A month.
        4 => Month "MONTH",
        /// A day.
        5 => Day "DAY",
    }
}

/// A period. Ordered by its last day, then from the shortest to the longest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Period {
    kind: PeriodType,
    year: u16,
    /// 1-based half, quarter or month; 0 for a year.
    part: u8,
    /// 1-based day of the month; 0 for all but a day.
    day: u8,
}

/// The text is no period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a period: 2024, 2024-H1, 2024-Q3, 2024-07 or 2024-07-15, from 1900 to 2199")]
pub struct PeriodError;

/// A day of the calendar, ordered.
pub type Date = (u16, u8, u8);

impl Period {
    /// The year as a period.
    ///
    /// # Errors
    /// When the year is outside 1900–2199.
    pub fn year_of(year: u16) -> Result<Self, PeriodError> {
        Self::checked(PeriodType::Year, year, 0, 0)
    }

    /// Its kind.
    #[must_use]
    pub const fn kind(self) -> PeriodType {
        self.kind
    }

    /// The year that it lies in.
    #[must_use]
    pub const fn year(self) -> u16 {
        self.year
    }

    /// Its first day.
    #[must_use]
    pub const fn first_day(self) -> Date {
        let month = match self.kind {
            PeriodType::Year => 1,
            PeriodType::Half => self.part * 6 - 5,
            PeriodType::Quarter => self.part * 3 - 2,
            PeriodType::Month | PeriodType::Day => self.part,
        };
        (self.year, month, if self.day == 0 { 1 } else { self.day })
    }

    /// Whether another period lies wholly within this one.
    #[must_use]
    pub fn contains(self, other: Self) -> bool {
        self.first_day() <= other.first_day() && other.last_day() <= self.last_day()
    }

    /// Its last day.
    #[must_use]
    pub const fn last_day(self) -> Date {
        let month = match self.kind {
            PeriodType::Year => 12,
            PeriodType::Half => self.part * 6,
            PeriodType::Quarter => self.part * 3,
            PeriodType::Month | PeriodType::Day => self.part,
        };
        let day = if self.day == 0 { days_in_month(self.year, month) } else { self.day };
        (self.year, month, day)
    }

    /// Eight bytes that sort like the period itself: last day, then kind.
    #[must_use]
    pub const fn sort_key(self) -> [u8; 8] {
        let (y, m, d) = self.last_day();
        let y = y.to_be_bytes();
        [y[0], y[1], m, d, 5 - self.kind as u8, self.part, self.day, 0]
    }

    fn checked(kind: PeriodType, year: u16, part: u8, day: u8) -> Result<Self, PeriodError> {
        let parts = match kind {
            PeriodType::Year => 0..=0,
            PeriodType::Half => 1..=2,
            PeriodType::Quarter => 1..=4,
            PeriodType::Month | PeriodType::Day => 1..=12,
        };
        let in_calendar = (YEAR_MIN..=YEAR_MAX).contains(&year) && parts.contains(&part);
        let day_fits = match kind {
            PeriodType::Day => in_calendar && day >= 1 && day <= days_in_month(year, part),
            _ => day == 0,
        };
        if in_calendar && day_fits { Ok(Self { kind, year, part, day }) } else { Err(PeriodError) }
    }
}

const fn days_in_month(year: u16, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    }
}

impl PartialOrd for Period {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Period {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.sort_key().cmp(&other.sort_key())
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { year, part, day, .. } = self;
        let text = match self.kind {
            PeriodType::Year => format_compact!("{year}"),
            PeriodType::Half => format_compact!("{year}-H{part}"),
            PeriodType::Quarter => format_compact!("{year}-Q{part}"),
            PeriodType::Month => format_compact!("{year}-{part:02}"),
            PeriodType::Day => format_compact!("{year}-{part:02}-{day:02}"),
        };
        f.pad(&text)
    }
}

impl FromStr for Period {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, PeriodError> {
        if !text.is_ascii() {
            return Err(PeriodError);
        }
        let digits = |s: &str, len: usize| -> Result<u16, PeriodError> {
            let fits = s.len() == len && s.bytes().all(|b| b.is_ascii_digit());
            if fits { s.parse().map_err(|_| PeriodError) } else { Err(PeriodError) }
        };
        let small = |s: &str, len| digits(s, len).map(|n| u8::try_from(n).unwrap_or(u8::MAX));
        let (year, rest) = text.split_at_checked(4).ok_or(PeriodError)?;
        let year = digits(year, 4)?;
        match rest.as_bytes() {
            [] => Self::checked(PeriodType::Year, year, 0, 0),
            [b'-', b'H', _] => Self::checked(PeriodType::Half, year, small(&rest[2..], 1)?, 0),
            [b'-', b'Q', _] => Self::checked(PeriodType::Quarter, year, small(&rest[2..], 1)?, 0),
            [b'-', _, _] => Self::checked(PeriodType::Month, year, small(&rest[1..], 2)?, 0),
            [b'-', _, _, b'-', _, _] => {
                Self::checked(PeriodType::Day, year, small(&rest[1..3], 2)?, small(&rest[4..], 2)?)
            }
            _ => Err(PeriodError),
        }
    }
}

impl TryFrom<String> for Period {
    type Error = PeriodError;
    fn try_from(text: String) -> Result<Self, PeriodError> {
        text.parse()
    }
}

impl Serialize for Period {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        // At most 24 bytes, which need no memory of their own.
        s.serialize_str(&format_compact!("{self}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_five_forms_and_no_other() {
        for text in ["2024", "2024-H1", "2024-Q4", "2024-07", "2024-02-29", "1900", "2199-12-31"] {
            assert_eq!(text.parse::<Period>().unwrap().to_string(), text);
        }
        for bad in [
            "",
            "24",
            "1899",
            "2200",
            "2024-H3",
            "2024-Q0",
            "2024-Q5",
            "2024-13",
            "2024-00",
            "2023-02-29",
            "2024-7",
            "2024-07-15T00",
            "2024/07",
            "2024-h1",
            "２０２４",
            "2024-W01",
            "+024",
            "2024-",
        ] {
            assert!(bad.parse::<Period>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_period_contains_its_days() {
        let contains = |a: &str, b: &str| a.parse::<Period>().unwrap().contains(b.parse().unwrap());
        for (outer, inner) in
            [("2024", "2024-01-01"), ("2024-H2", "2024-07-01"), ("2024-Q3", "2024-09-30"), ("2024-02", "2024-02-29")]
        {
            assert!(contains(outer, inner), "{outer} {inner}");
        }
        for (outer, other) in
            [("2024", "2023-12-31"), ("2024-H2", "2024-06-30"), ("2024-Q3", "2024-10-01"), ("2024-02", "2024-03-01")]
        {
            assert!(!contains(outer, other), "{outer} {other}");
        }
    }

    #[test]
    fn order_follows_the_last_day() {
        let order = ["2023", "2024-01-31", "2024-01", "2024-06-30", "2024-06", "2024-Q2", "2024-H1", "2024-12", "2024"];
        let periods: Vec<Period> = order.iter().map(|t| t.parse().unwrap()).collect();
        assert!(periods.is_sorted(), "{periods:?}");
    }
}
