//! Numbers, periods and strings: lists separated by one space, so that two in a row hold an empty text.

use hefu_types::{Decimal, Period, wire};

use crate::json::{hex, object, text};

const DECIMALS: &str = "-9223372036854775808 -1 -0.05 0 0.00 0.000000000001 1.5 1.50 12.50 9223372036854775807";
pub(crate) const INVALID_DECIMALS: &str = " . - 1. .5 1e3 +1 1,000 --1 0.0000000000001 9223372036854775808";
const PERIODS: &str = "1900-01-01 2023 2024-01-31 2024-01 2024-02-29 2024-02 2024-06-30 2024-06 2024-Q2 2024-H1 \
                       2024-07-01 2024-Q4 2024-H2 2024 2199";
pub(crate) const INVALID_PERIODS: &str =
    " 24 1899 2200 2024-H3 2024-Q0 2024-13 2023-02-29 2024-7 2024-h1 2024-W01 ２０２４";
pub(crate) const CODES: &str = "0 520000 a.b_c-d 64-bytes-64-bytes-64-bytes-64-bytes-64-bytes-64-bytes-64-bytes-6";
pub(crate) const INVALID_CODES: &str =
    " -a .a _a A é 贵州 a/b 65-bytes-65-bytes-65-bytes-65-bytes-65-bytes-65-bytes-65-bytes-65";
pub(crate) const TEXTS: &str =
    "a 合符 \u{20bb7} e\u{301} \u{a0} \u{2010} \u{2027} \u{202f} \u{205f} \u{2070} \u{fe0f} \u{fffc}";
pub(crate) const INVALID_TEXTS: &str = "\n \t \0 \u{7f} \u{85} \u{ad} \u{34f} \u{61c} \u{180e} \u{200b} \u{200f} \u{2028} \u{202e} \
                             \u{2060} \u{2066} \u{206f} \u{feff} \u{fff9} \u{fffb} \u{e0000} \u{e007f}";

/// Ascending by value; equal values in several written forms.
pub(crate) fn decimals() -> Vec<String> {
    let numbers: Vec<Decimal> = DECIMALS.split(' ').map(|w| w.parse().unwrap()).collect();
    assert!(numbers.is_sorted_by(|a, b| a.compare(*b).is_le()));
    DECIMALS
        .split(' ')
        .zip(numbers)
        .map(|(written, number)| {
            assert_eq!(number.to_string(), written);
            object(&[
                ("text", text(written)),
                ("units", number.units().to_string()),
                ("scale", number.scale().to_string()),
                ("message", hex(&wire::to_bytes(&number))),
            ])
        })
        .collect()
}

/// Ascending in the order of periods.
pub(crate) fn periods() -> Vec<String> {
    let periods: Vec<Period> = PERIODS.split(' ').map(|w| w.parse().unwrap()).collect();
    assert!(periods.is_sorted_by(|a, b| a < b));
    PERIODS
        .split(' ')
        .zip(periods)
        .map(|(written, period)| {
            assert_eq!(period.to_string(), written);
            let (year, month, day) = period.last_day();
            object(&[
                ("period", text(written)),
                ("kind", text(period.kind())),
                ("last_day", text(format!("{year}-{month:02}-{day:02}"))),
                ("sort_key", hex(&period.sort_key())),
            ])
        })
        .collect()
}
