//! Figures that a source prints and that are no targets (`withheld-figures.csv`).

use std::fmt;

use serde::Deserialize;

use crate::read::list;

/// A figure as printed that must not become a target by itself: the office may set one when it knows better.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WithheldFigure {
    /// The code of its indicator.
    pub indicator: String,
    /// The code of its area.
    pub area: String,
    /// By the end of which year; 0 exactly when the text prints none.
    pub year: u16,
    /// The figure in the indicator's unit, a plain decimal.
    pub value: String,
    /// Why it is no target.
    pub fault: Fault,
    /// The document.
    pub document: String,
    /// Every section that prints it.
    #[serde(deserialize_with = "list")]
    pub section: Vec<String>,
    /// The figure as printed, as in `290%`.
    pub printed: String,
    /// The fault in a sentence.
    pub reason: String,
}

/// Why a printed figure is no target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// It lies beyond what its quantity can be.
    Impossible,
    /// Nothing says by when.
    NoYear,
    /// What it counts is lost.
    Unclear,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Impossible => "impossible",
            Self::NoYear => "no-year",
            Self::Unclear => "unclear",
        })
    }
}
