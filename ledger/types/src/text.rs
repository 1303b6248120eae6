//! Codes and texts: strings with a bound and an alphabet.

use std::borrow::Borrow;
use std::fmt;

use compact_str::CompactString;
use serde::{Deserialize, Serialize, Serializer};

use crate::limits::{CODE_BYTES_MAX, TEXT_BYTES_MAX};

/// A code: `[a-z0-9][a-z0-9._-]*`, at most 64 bytes. Names members, plans, indicators, areas, units of measure. Up to 24 bytes
/// are kept in place: most codes are, and every event holds some.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Code(CompactString);

/// The text is no code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a code: lower-case letters, digits, '.', '_' and '-', at most 64, starting with a letter or digit"
)]
pub struct CodeError(String);

impl Code {
    /// Checks and wraps a code.
    ///
    /// # Errors
    /// When the text is empty, too long or outside the alphabet.
    pub fn new(text: &str) -> Result<Self, CodeError> {
        let alphabet = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let bytes = text.as_bytes();
        let fits = !bytes.is_empty()
            && bytes.len() <= CODE_BYTES_MAX
            && alphabet(bytes[0])
            && bytes.iter().all(|&b| alphabet(b) || matches!(b, b'.' | b'_' | b'-'));
        if fits { Ok(Self(text.into())) } else { Err(CodeError(text.chars().take(80).collect())) }
    }

    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Code {
    type Error = CodeError;
    fn try_from(text: String) -> Result<Self, CodeError> {
        Self::new(&text)
    }
}

impl std::str::FromStr for Code {
    type Err = CodeError;
    fn from_str(text: &str) -> Result<Self, CodeError> {
        Self::new(text)
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.0)
    }
}

impl Borrow<str> for Code {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text of at most 2,048 bytes without control characters or characters that reorder or hide others; may be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Text(Box<str>);

/// The text is too long or holds a control character.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a text of {bytes} bytes, {}", if *control { "with a control or invisible character" } else { "more than 2,048" })]
pub struct TextError {
    bytes: usize,
    control: bool,
}

impl Text {
    /// Checks and wraps a text.
    ///
    /// # Errors
    /// When it is longer than 2,048 bytes or holds a control character.
    pub fn new(text: &str) -> Result<Self, TextError> {
        // Printable ASCII, as many notes are, need not be taken apart into characters.
        let plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        let control = !plain && text.chars().any(is_invisible);
        if control || text.len() > TEXT_BYTES_MAX {
            return Err(TextError { bytes: text.len(), control });
        }
        Ok(Self(text.into()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether nothing was said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether nothing in it can be seen.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.0.trim().is_empty()
    }
}

/// Characters that change how a text looks, or what it is, without being seen: controls, soft hyphens and joiners, zero-width
/// characters, line and paragraph separators, direction marks, overrides and isolates, annotations and tags.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

impl TryFrom<String> for Text {
    type Error = TextError;
    fn try_from(text: String) -> Result<Self, TextError> {
        Self::new(&text)
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.0)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_keep_to_their_alphabet() {
        for good in ["a", "gz-5g.base_stations", "520000", &"x".repeat(64)] {
            assert_eq!(Code::new(good).unwrap().as_str(), good);
        }
        for bad in ["", "-a", ".a", "A", "a b", "贵州", "a/b", &"x".repeat(65)] {
            assert!(Code::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn texts_are_bounded_and_printable() {
        assert!(Text::new("合符, the tally fits").is_ok());
        assert!(Text::new(&"x".repeat(2_049)).is_err());
        for bad in ["line\nbreak", "\u{202E}reversed", "zero\u{200B}width", "\u{2028}", "\u{61C}", "\u{AD}"] {
            assert!(Text::new(bad).is_err(), "{bad:?}");
        }
    }
}
