//! Two small tables about the rest: who reports what in a demo, and where the sources fail.

use serde::Deserialize;

/// Who reports an indicator in a demo (`illustrative-reporters.csv`): our own choice, in no source.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reporter {
    /// The code of the indicator.
    pub indicator: String,
    /// The code of the unit that reports it.
    pub reporting_unit: String,
}

/// Where the translation leaves the original, or a source contradicts itself, is doubtful or silent (`discrepancies.csv`).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Discrepancy {
    /// Its code, as in `gz-d01`.
    pub id: String,
    /// What it is about.
    pub subject: String,
    /// What the original has, or another report of it; empty when neither is at hand.
    pub original: String,
    /// What the translation has.
    pub translation: String,
    /// What this catalogue follows.
    pub decision: String,
    /// Where.
    pub section: String,
}
