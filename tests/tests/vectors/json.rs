//! JSON, with its members in the given order.

use std::fmt::Write as _;

use hefu_types::Reason;
use serde_json::Value;

pub(crate) fn text(value: impl ToString) -> String {
    Value::String(value.to_string()).to_string()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().fold(String::new(), |mut digits, byte| {
        write!(digits, "{byte:02x}").unwrap();
        digits
    });
    text(digits)
}

pub(crate) fn reason(verdict: Result<(), Reason>) -> String {
    verdict.err().map_or("null".into(), text)
}

/// A list of texts that all pass the check.
pub(crate) fn texts(all: &str, check: impl Fn(&str) -> bool) -> String {
    assert!(all.split(' ').all(check), "{all:?}");
    list(all.split(' ').map(text))
}

pub(crate) fn object(members: &[(&str, String)]) -> String {
    lines('{', members.iter().map(|(name, value)| format!("{}: {value}", text(name))), '}')
}

pub(crate) fn list(items: impl IntoIterator<Item = String>) -> String {
    lines('[', items, ']')
}

fn lines(open: char, items: impl IntoIterator<Item = String>, close: char) -> String {
    let items: Vec<String> = items.into_iter().map(|item| format!("\n  {}", item.replace('\n', "\n  "))).collect();
    format!("{open}{}\n{close}", items.join(","))
}
