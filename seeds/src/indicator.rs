//! Quantities that a plan puts a figure on (`indicators.csv`).

use serde::Deserialize;

use crate::read::list;

/// A quantity with a target, or with a figure that is none.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Indicator {
    /// Its code, unique in a ledger of several plans, as in `gz-5g-base-stations`.
    pub indicator: String,
    /// The code of the part it belongs to.
    pub part: String,
    /// Its name.
    pub zh: String,
    /// Its name in English.
    pub en: String,
    /// Its unit, always a base unit: `count`, `percent`, `ratio`, `Gbps`, `ms`, `km`, `person-times`, `per-10k-people`,
    /// `CNY-fen`.
    pub unit: String,
    /// How its values behave over time.
    pub measure: Measure,
    /// Which way is better.
    pub direction: Direction,
    /// How areas make their parent.
    pub roll_up: RollUp,
    /// The decimals that a value may have.
    pub decimals: u32,
    /// The units at the head of its part, or of its task where a part names none; empty when the text names none.
    #[serde(deserialize_with = "list")]
    pub lead_units: Vec<String>,
    /// The codes of the areas it is observed in.
    #[serde(deserialize_with = "list")]
    pub areas: Vec<String>,
    /// The kinds of period it is observed for, longest first.
    #[serde(deserialize_with = "list")]
    pub period_types: Vec<PeriodType>,
    /// The document.
    pub document: String,
    /// Every section that names it, the main part first.
    #[serde(deserialize_with = "list")]
    pub section: Vec<String>,
    /// What a reader must know.
    pub note: String,
}

/// How values behave over time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// A level at the end of the period; may not fall without a break.
    Stock,
    /// An amount within the period.
    Flow,
    /// A share, ratio or delay; never summed.
    Ratio,
}

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// More is better.
    Higher,
    /// Less is better.
    Lower,
}

/// How values of areas make the value of their parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RollUp {
    /// Their sum.
    Sum,
    /// The latest of them.
    Last,
    /// The largest of them.
    Max,
    /// Their mean, weighted by another indicator.
    WeightedMean,
    /// They don't: the parent is observed itself.
    None,
}

/// A kind of period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PeriodType {
    /// `2024`
    Year,
    /// `2024-H1`
    Half,
    /// `2024-Q3`
    Quarter,
    /// `2024-07`
    Month,
    /// `2024-07-15`
    Day,
}
