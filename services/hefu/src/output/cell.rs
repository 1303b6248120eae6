//! What stands in a row.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use crate::lang::Lang;

/// Hex digits of a hash in a table.
const HASH_DIGITS: usize = 12;

/// A value in a row.
pub(crate) trait Cell {
    /// The whole value.
    fn text(&self) -> String;

    /// The whole value as a field of one thing.
    fn long(&self) -> String {
        self.text()
    }

    /// The value in a table.
    fn short(&self) -> String {
        self.text()
    }

    /// Whether it is a number, to be aligned on the right.
    fn is_number(&self) -> bool {
        false
    }
}

impl Cell for String {
    fn text(&self) -> String {
        self.clone()
    }
}

impl Cell for u64 {
    fn text(&self) -> String {
        self.to_string()
    }

    fn is_number(&self) -> bool {
        true
    }
}

impl Cell for bool {
    fn text(&self) -> String {
        self.to_string()
    }

    fn short(&self) -> String {
        if *self { Lang::now().of("yes", "是").to_owned() } else { String::new() }
    }
}

impl<C: Cell> Cell for Option<C> {
    fn text(&self) -> String {
        self.as_ref().map(Cell::text).unwrap_or_default()
    }

    fn short(&self) -> String {
        self.as_ref().map(Cell::short).unwrap_or_default()
    }

    fn is_number(&self) -> bool {
        self.as_ref().is_some_and(Cell::is_number)
    }
}

impl<C: Cell> Cell for Vec<C> {
    fn text(&self) -> String {
        self.iter().map(Cell::text).collect::<Vec<_>>().join(";")
    }

    fn long(&self) -> String {
        self.iter().map(Cell::long).collect::<Vec<_>>().join("\n")
    }

    fn short(&self) -> String {
        self.iter().map(Cell::short).collect::<Vec<_>>().join(Lang::now().of(", ", "、"))
    }
}

/// Codes that one row names: a table shows a few and counts the others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(crate) struct Codes(pub(crate) Vec<String>);

/// Codes in one cell of a table.
const CODES_SHOWN: usize = 2;

impl Cell for Codes {
    fn text(&self) -> String {
        self.0.text()
    }

    fn short(&self) -> String {
        match self.0.split_at_checked(CODES_SHOWN) {
            Some((shown, others)) if !others.is_empty() => {
                let (shown, others, all) = (shown.to_vec().short(), others.len(), self.0.len());
                match Lang::now() {
                    Lang::En => format!("{shown}, +{others}"),
                    Lang::Zh => format!("{shown}等 {all} 项"),
                }
            }
            _ => self.0.short(),
        }
    }
}

/// A word: its code in every form for programs, the word of the language for people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Word {
    code: Cow<'static, str>,
    chinese: Option<Cow<'static, str>>,
}

impl Word {
    /// A code and its Chinese word; a code that nobody has a word for stays as it is.
    pub(crate) fn new<C: Into<Cow<'static, str>>>(code: impl Into<Cow<'static, str>>, chinese: Option<C>) -> Self {
        Self { code: code.into(), chinese: chinese.map(Into::into) }
    }

    pub(crate) fn code(&self) -> &str {
        &self.code
    }

    pub(crate) fn said(&self, lang: Lang) -> &str {
        lang.of(&self.code, self.chinese.as_deref().unwrap_or(&self.code))
    }
}

impl Cell for Word {
    fn text(&self) -> String {
        self.code().to_owned()
    }

    fn long(&self) -> String {
        self.short()
    }

    fn short(&self) -> String {
        self.said(Lang::now()).to_owned()
    }
}

impl Serialize for Word {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

/// A decimal number in its written form: a string in JSON, so that no reader rounds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(crate) struct Number(pub(crate) String);

impl Cell for Number {
    fn text(&self) -> String {
        self.0.clone()
    }

    fn is_number(&self) -> bool {
        true
    }
}

/// A hash or a key, in hex.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(crate) struct Hash(String);

impl Hash {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

impl Hash {
    /// All of its digits.
    pub(crate) fn whole(&self) -> &str {
        &self.0
    }

    /// Its first digits, as tables show it.
    pub(crate) fn digits(&self) -> String {
        match self.0.get(..HASH_DIGITS) {
            Some(start) if self.0.len() > HASH_DIGITS => format!("{start}…"),
            _ => self.0.clone(),
        }
    }
}

impl Cell for Hash {
    fn text(&self) -> String {
        self.0.clone()
    }

    fn short(&self) -> String {
        self.digits()
    }
}

/// A moment, Unix milliseconds; written in RFC 3339, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Time(pub(crate) i64);

impl Cell for Time {
    fn text(&self) -> String {
        Timestamp::from_millisecond(self.0).map_or_else(|_| self.0.to_string(), |t| format!("{t:.3}"))
    }

    fn short(&self) -> String {
        Timestamp::from_millisecond(self.0).map_or_else(|_| self.0.to_string(), |t| format!("{t:.0}"))
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text())
    }
}
