//! What a plan sets out to do: tasks (`tasks.csv`) and goals without a figure (`milestones.csv`).

use serde::Deserialize;

use crate::read::list;

/// A task.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// Its code, unique in a ledger of several plans, as in `gz-att3-05`.
    pub task: String,
    /// The code of its part.
    pub part: String,
    /// Its number as printed; empty when none is.
    pub number: String,
    /// Its heading.
    pub zh: String,
    /// A short label in English.
    pub en: String,
    /// The units that the task's own text names as leading or, without ranks, as responsible; may be empty.
    #[serde(deserialize_with = "list")]
    pub lead_units: Vec<String>,
    /// The units that the task's own text names as supporting; may be empty.
    #[serde(deserialize_with = "list")]
    pub supporting_units: Vec<String>,
    /// The document.
    pub document: String,
    /// The section in it, as in `附件3二(二)5`.
    pub section: String,
}

/// A goal without a figure.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Milestone {
    /// Its code, unique in a ledger of several plans, as in `gz-ms-hub-base`.
    pub milestone: String,
    /// The code of its part.
    pub part: String,
    /// The code of its task; empty when it stands in goals only.
    pub task: String,
    /// By the end of which year; 0 when the text prints none.
    pub year: u16,
    /// What is to be reached, as a short label.
    pub zh: String,
    /// The same in English.
    pub en: String,
    /// The units at the head of its part, or of its task where a part names none.
    #[serde(deserialize_with = "list")]
    pub lead_units: Vec<String>,
    /// The document.
    pub document: String,
    /// The sections in it.
    #[serde(deserialize_with = "list")]
    pub section: Vec<String>,
}
