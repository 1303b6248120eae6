//! What has been published about a plan's indicators (`observations.csv`).

use serde::Deserialize;

use crate::Measure;

/// One published figure.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Observation {
    /// Its code, as in `gz-obs-055`.
    pub id: String,
    /// The code of its indicator; empty exactly when it is used for [`Use::None`].
    pub indicator: String,
    /// The code of its area.
    pub area: String,
    /// Its period, ISO 8601: `2024`, `2024-H1`, `2024-Q3`, `2024-07` or `2024-07-15`.
    pub period: String,
    /// The figure in `unit`, a plain decimal.
    pub value: String,
    /// Its status; none exactly when it is used for [`Use::None`].
    pub obs_status: Option<ObsStatus>,
    /// How the source printed it.
    pub qualifier: Qualifier,
    /// The day it speaks of, `2024-07-31`; may be empty.
    pub as_of_date: String,
    /// What it is good for.
    #[serde(rename = "use")]
    pub usage: Use,
    /// The title of the page that prints it.
    pub source_title: String,
    /// The address of that page.
    pub source_url: String,
    /// When that page appeared: a day, or a year where no day is shown.
    pub source_date: String,
    /// The figure as printed, and what to beware of.
    pub note: String,
    /// The id that it supersedes; empty unless it is a [`Use::Correction`].
    pub corrects: String,
    /// What the source measures, in Chinese.
    pub series_zh: String,
    /// What the source measures, in English.
    pub series_en: String,
    /// The unit of `value`; the indicator's own unless it is evidence or of no indicator.
    pub unit: String,
    /// How the source's series behaves over time; for evidence it need not be the indicator's measure.
    pub measure: Measure,
}

/// What a row is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Use {
    /// May be submitted.
    Report,
    /// May be submitted after the row it supersedes, with the reason that its note ends in.
    Correction,
    /// Near an indicator, but a duplicate, a conflict, or before the plan: kept, not submitted.
    Evidence,
    /// Of no indicator of the plan: kept, not submitted.
    None,
}

/// How a source printed a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Qualifier {
    /// Exactly.
    Exact,
    /// At least this much.
    AtLeast,
    /// About this much.
    Approx,
    /// More than this much.
    MoreThan,
}

/// The codes of SDMX's `CL_OBS_STATUS` that catalogues use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
pub enum ObsStatus {
    /// Normal value.
    A,
    /// Time series break.
    B,
    /// Definition differs.
    D,
    /// Estimated value.
    E,
    /// Provisional value.
    P,
    /// Low reliability.
    U,
}
