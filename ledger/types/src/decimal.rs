//! Exact decimal numbers: value = units / 10^scale.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use compact_str::format_compact;
use serde::{Deserialize, Serialize, Serializer};

use crate::limits::DECIMAL_SCALE_MAX;
use crate::reason::Reason;
use crate::wire::{DecodeError, Field, FieldInfo, MessageInfo, Reader, Value, WireType, ZigZag, read_message};

/// An exact decimal number with at most 12 decimals. Equality is of the written form; [`Decimal::compare`] is of the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Decimal {
    units: i64,
    scale: u32,
}

/// The text or the pair is no decimal number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a decimal number of at most 12 decimals whose units fit 64 bits")]
pub struct DecimalError;

impl Decimal {
    /// A number of `units / 10^scale`.
    ///
    /// # Errors
    /// When the scale is above 12.
    pub const fn new(units: i64, scale: u32) -> Result<Self, DecimalError> {
        if scale > DECIMAL_SCALE_MAX { Err(DecimalError) } else { Ok(Self { units, scale }) }
    }

    /// The unscaled value.
    #[must_use]
    pub const fn units(self) -> i64 {
        self.units
    }

    /// The number of decimals.
    #[must_use]
    pub const fn scale(self) -> u32 {
        self.scale
    }

    /// Orders by value: 1.50 and 1.5 are equal here.
    #[must_use]
    pub fn compare(self, other: Self) -> Ordering {
        let scale = self.scale.max(other.scale);
        self.rescaled(scale).cmp(&other.rescaled(scale))
    }

    /// The units at another, not smaller scale. At most 10^12 · 2^63, well within 128 bits.
    #[must_use]
    pub const fn rescaled(self, scale: u32) -> i128 {
        self.units as i128 * 10_i128.pow(scale - self.scale)
    }

    /// `self / other` in percent with two decimals, rounded half to even; `None` when `other` is zero or the result
    /// does not fit.
    #[must_use]
    pub fn percent_of(self, other: Self) -> Option<Self> {
        let scale = self.scale.max(other.scale);
        divide_half_even(self.rescaled(scale).checked_mul(10_000)?, other.rescaled(scale))
            .and_then(|units| i64::try_from(units).ok())
            .map(|units| Self { units, scale: 2 })
    }
}

/// `a / b` rounded half to even; `None` for a zero divisor.
#[must_use]
pub fn divide_half_even(a: i128, b: i128) -> Option<i128> {
    let (quotient, remainder) = (a.checked_div(b)?, a.checked_rem(b)?);
    let doubled = remainder.unsigned_abs() * 2;
    let up = match doubled.cmp(&b.unsigned_abs()) {
        Ordering::Less => false,
        Ordering::Equal => quotient % 2 != 0,
        Ordering::Greater => true,
    };
    let away = if (a < 0) == (b < 0) { 1 } else { -1 };
    Some(if up { quotient + away } else { quotient })
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.units < 0 { "-" } else { "" };
        let digits = self.units.unsigned_abs();
        let text = match self.scale {
            0 => format_compact!("{sign}{digits}"),
            scale => {
                let one = 10_u64.pow(scale);
                format_compact!("{sign}{}.{:0width$}", digits / one, digits % one, width = scale as usize)
            }
        };
        f.pad(&text)
    }
}

impl FromStr for Decimal {
    type Err = DecimalError;

    fn from_str(text: &str) -> Result<Self, DecimalError> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = whole.strip_prefix('-').unwrap_or(whole);
        let only_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if digits.is_empty() || !only_digits(digits) || !only_digits(fraction) || text.ends_with('.') {
            return Err(DecimalError);
        }
        let units = format_compact!("{whole}{fraction}").parse().map_err(|_| DecimalError)?;
        Self::new(units, u32::try_from(fraction.len()).map_err(|_| DecimalError)?)
    }
}

impl Value for Decimal {
    const WIRE: WireType = WireType::Length;
    const TYPE: &'static str = "Decimal";
    const MESSAGE: Option<&'static MessageInfo> = Some(&MessageInfo {
        name: "Decimal",
        fields: &[
            FieldInfo { number: 1, name: "units", shape: <ZigZag as Field>::SHAPE },
            FieldInfo { number: 2, name: "scale", shape: <u32 as Field>::SHAPE },
        ],
    });

    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        read_message(r, Self::MESSAGE.expect("a message"), |r| {
            let ZigZag(units) = Field::decode(1, r).map_err(|e| e.within("units"))?;
            let at = r.offset();
            let scale = Field::decode(2, r).map_err(|e| e.within("scale"))?;
            Self::new(units, scale)
                .map_err(|e| DecodeError::new(Reason::DecimalInvalid, at, e.to_string()).within("scale"))
        })
    }

    fn write(&self, out: &mut Vec<u8>) {
        ZigZag(self.units).encode(1, out);
        self.scale.encode(2, out);
    }
}

crate::wire::required_field!(Decimal);

impl TryFrom<String> for Decimal {
    type Error = DecimalError;
    fn try_from(text: String) -> Result<Self, DecimalError> {
        text.parse()
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        // At most 24 bytes, which need no memory of their own.
        s.serialize_str(&format_compact!("{self}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn reads_and_writes_plain_numbers() {
        for text in ["0", "-1", "32000", "1.2", "-0.05", "0.000000000001", "9223372036854775807"] {
            assert_eq!(d(text).to_string(), text);
        }
        for bad in ["", ".", "1.", ".5", "1e3", "+1", "1,000", "--1", "0.0000000000001", "9223372036854775808"] {
            assert!(bad.parse::<Decimal>().is_err(), "{bad}");
        }
    }

    #[test]
    fn percents_round_half_to_even() {
        assert_eq!(d("84300").percent_of(d("60000")), Some(d("140.50")));
        assert_eq!(d("1").percent_of(d("3")), Some(d("33.33")));
        assert_eq!(d("1.00005").percent_of(d("100")), Some(d("1.00")));
        assert_eq!(d("1.00015").percent_of(d("100")), Some(d("1.00")));
        assert_eq!(d("-1.5").percent_of(d("100")), Some(d("-1.50")));
        assert_eq!(d("1").percent_of(d("0")), None);
    }

    proptest! {
        #[test]
        fn text_round_trips(units: i64, scale in 0..=12_u32) {
            let number = Decimal::new(units, scale).unwrap();
            prop_assert_eq!(number.to_string().parse::<Decimal>().unwrap(), number);
        }

        #[test]
        fn order_does_not_see_trailing_zeros(units in -1_000_000_i64..1_000_000, scale in 0..6_u32, more in 0..6_u32) {
            let number = Decimal::new(units, scale).unwrap();
            let padded = Decimal::new(units * 10_i64.pow(more), scale + more).unwrap();
            prop_assert_eq!(number.compare(padded), Ordering::Equal);
        }
    }
}
