//! The head of a plan: titles, issuer, parts, areas (`plan.toml`).

use serde::Deserialize;

/// A name in two languages.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Name {
    /// Chinese: the official name where there is one.
    pub zh: String,
    /// English: a short label.
    pub en: String,
}

/// A plan's head.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The plan's code, equal to its folder, as in `guizhou`.
    pub code: String,
    /// Its official title.
    pub title: Name,
    /// Who issued it.
    pub issuer: Name,
    /// Its document number, as in `黔府办发〔2022〕25号`; empty when no source prints one.
    pub document_number: String,
    /// The first year it covers.
    pub first_year: u16,
    /// The last year it covers.
    pub last_year: u16,
    /// Its main part and special plans.
    pub parts: Vec<Part>,
    /// The areas that its targets and observations speak of, parents before children.
    pub areas: Vec<Area>,
    /// Where it stands.
    pub provenance: PlanProvenance,
}

/// A part of a plan: the main part, or a special plan.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Its code, unique in a ledger of several plans, as in `big-data`.
    pub code: String,
    /// Where it stands in the document, as in `附件3`.
    pub section: String,
    /// Its title.
    pub title: Name,
    /// The codes of the units named at its head; empty when none is.
    pub lead_units: Vec<String>,
    /// The working group that the text gives a name; none otherwise.
    pub working_group: Option<Name>,
}

/// An area.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Area {
    /// Its GB/T 2260 code of six digits; a province's code and a suffix where there is none.
    pub code: String,
    /// Its name.
    pub name: Name,
    /// The code of the area it is part of; empty at the top.
    pub parent: String,
    /// Whether it counts towards its parent; false for areas that overlap their siblings.
    pub in_roll_up: bool,
}

/// Where a plan stands.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanProvenance {
    /// The document, by number or title.
    pub document: String,
    /// The section in it.
    pub section: String,
    /// The day of issue, `2022-10-14`; empty when no source prints it.
    pub issued_on: String,
    /// What a reader must know about the citation.
    pub note: String,
}
