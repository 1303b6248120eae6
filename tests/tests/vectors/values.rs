//! Values from text.

use hefu_types::{Code, Name, Period, Text};
use serde_json::Value;

pub(crate) fn code(text: &str) -> Code {
    Code::new(text).unwrap()
}

pub(crate) fn t(text: &str) -> Text {
    Text::new(text).unwrap()
}

pub(crate) fn name(zh: &str, en: &str) -> Name {
    Name { zh: t(zh), en: t(en) }
}

pub(crate) fn period(text: &str) -> Period {
    text.parse().unwrap()
}

pub(crate) fn parse<T: std::str::FromStr<Err: std::fmt::Debug>>(hex: &str) -> T {
    hex.parse().unwrap()
}

pub(crate) fn bytes(hex: &str) -> Vec<u8> {
    assert!(hex.len().is_multiple_of(2), "{hex}");
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

pub(crate) fn unhex(value: &Value) -> Vec<u8> {
    bytes(value.as_str().unwrap())
}
