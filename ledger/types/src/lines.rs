//! What the text formats of C2SP share: decimal numbers, base64, and characters that may stand in a note.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// An ASCII decimal without sign and leading zeros, as far as 64 bits.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    let leads_with_zero = text.len() > 1 && text.starts_with('0');
    if digits && !leads_with_zero { text.parse().ok() } else { None }
}

/// Standard base64 with its padding, and with no other form of the same bytes.
pub(crate) fn from_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// Standard base64 with its padding.
pub(crate) fn to_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Appends the base64 of bytes.
pub(crate) fn push_base64(text: &mut String, bytes: &[u8]) {
    STANDARD.encode_string(bytes, text);
}

/// Whether the text holds no ASCII control character but newlines.
pub(crate) fn is_clean(text: &str) -> bool {
    text.bytes().all(|b| b >= 0x20 || b == b'\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_one_form() {
        for (text, number) in [("0", 0), ("10", 10), ("18446744073709551615", u64::MAX)] {
            assert_eq!(decimal(text), Some(number));
        }
        for bad in ["", "00", "01", "+1", "-0", " 1", "1 ", "１", "18446744073709551616"] {
            assert_eq!(decimal(bad), None, "{bad}");
        }
    }

    #[test]
    fn bytes_have_one_form() {
        assert_eq!(from_base64("AA=="), Some(vec![0]));
        for bad in ["AA", "AA=", "AB==", "A A=", "AA==\n", "_w=="] {
            assert_eq!(from_base64(bad), None, "{bad}");
        }
    }
}
