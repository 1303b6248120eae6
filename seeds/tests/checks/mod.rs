//! The checks, by what they look at.

pub(crate) mod codes;
pub(crate) mod numbers;
pub(crate) mod period;
pub(crate) mod references;
pub(crate) mod series;

use std::collections::HashSet;

/// A fault unless the condition holds.
pub(crate) fn unless(holds: bool, fault: String) -> Option<String> {
    (!holds).then_some(fault)
}

/// A fault for each name that was seen before.
pub(crate) fn repeated(names: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut seen = HashSet::new();
    let twice = names.into_iter().filter(|name| !seen.insert(name.clone()));
    twice.map(|name| format!("{name} stands twice")).collect()
}
