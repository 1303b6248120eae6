//! The figures of a plan (`targets.csv`).

use std::fmt;

use serde::Deserialize;

use crate::read::list;

/// A figure to reach; one for each indicator, area, year and strength.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// The code of its indicator.
    pub indicator: String,
    /// The code of its area.
    pub area: String,
    /// By the end of which year.
    pub year: u16,
    /// How an observation is compared with it.
    pub comparator: Comparator,
    /// The figure in the indicator's unit, a plain decimal.
    pub value: String,
    /// How firmly it was promised.
    pub strength: Strength,
    /// The document.
    pub document: String,
    /// Every section that prints it, the main part first.
    #[serde(deserialize_with = "list")]
    pub section: Vec<String>,
    /// The figure as printed, as in `3.2万个`.
    pub printed: String,
    /// What a reader must know.
    pub note: String,
}

/// How an observation is compared with a target: observation, comparator, target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
pub enum Comparator {
    /// `>=`
    #[serde(rename = ">=")]
    AtLeast,
    /// `>`
    #[serde(rename = ">")]
    MoreThan,
    /// `=`
    #[serde(rename = "=")]
    Equal,
    /// `<=`
    #[serde(rename = "<=")]
    AtMost,
    /// `<`
    #[serde(rename = "<")]
    LessThan,
}

impl fmt::Display for Comparator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AtLeast => ">=",
            Self::MoreThan => ">",
            Self::Equal => "=",
            Self::AtMost => "<=",
            Self::LessThan => "<",
        })
    }
}

/// How firmly a target was promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strength {
    /// Promised.
    Hard,
    /// Striven for (力争).
    Stretch,
}

impl fmt::Display for Strength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hard => "hard",
            Self::Stretch => "stretch",
        })
    }
}
