//! An observation as text, from flags or a CSV row, and as a fact.

use std::fmt::Display;
use std::str::FromStr;

use hefu_types::event::reporting::{ObsStatus, ObservationReported, Qualifier};
use hefu_types::{Code, Decimal, EventRef, Period, Reason, Refusal, Source, Text};
use serde::Deserialize;

use crate::args::StandingArg;

/// The columns of a CSV file; the flags of a single observation have the same names.
pub(crate) const COLUMNS: [&str; 13] = [
    "indicator",
    "area",
    "period",
    "value",
    "status",
    "qualifier",
    "as_of_date",
    "source_title",
    "source_uri",
    "source_date",
    "note",
    "supersedes",
    "reason",
];

/// The columns that a CSV file must have.
pub(crate) const REQUIRED: [&str; 4] = ["indicator", "area", "period", "value"];

/// An observation as somebody wrote it down. Empty means not given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, clap::Args)]
#[serde(default)]
pub(crate) struct Draft {
    /// The indicator's code.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) indicator: String,
    /// The area's code.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) area: String,
    /// The period: 2024, 2024-H1, 2024-Q3, 2024-07 or 2024-07-15.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) period: String,
    /// The value, a plain decimal in the indicator's unit; none for a missing one.
    #[arg(long, default_value = "", hide_default_value = true, allow_hyphen_values = true)]
    pub(crate) value: String,
    /// The SDMX status; A without it when there is a value.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) status: String,
    /// exact, at_least, approx or more_than; exact without it when there is a value.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) qualifier: String,
    /// The day that the value speaks of; the period's last without it.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) as_of_date: String,
    /// The title of the published source.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) source_title: String,
    /// The address of the published source.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) source_uri: String,
    /// The date of the published source: a year, a month or a day.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) source_date: String,
    /// What a reader must know about the value.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) note: String,
    /// Corrects the standing observation: `auto` for whatever stands, or HASH/INDEX.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) supersedes: String,
    /// Why it is corrected.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) reason: String,
}

/// A fact that names what it supersedes, or asks for whatever stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Observation {
    /// What is reported; `supersedes` is still open.
    pub(crate) fact: ObservationReported,
    /// What it corrects.
    pub(crate) supersedes: Option<StandingArg>,
}

/// Indicator, area and period.
pub(crate) type CellKey = (Code, Code, Period);

impl Observation {
    /// The cell that it belongs to.
    pub(crate) fn cell(&self) -> CellKey {
        (self.fact.indicator.clone(), self.fact.area.clone(), self.fact.period)
    }

    /// The fact, superseding this event.
    pub(crate) fn superseding(&self, standing: Option<EventRef>) -> ObservationReported {
        ObservationReported { supersedes: standing, ..self.fact.clone() }
    }
}

impl Draft {
    /// Reads every field.
    pub(crate) fn parse(&self) -> Result<Observation, Refusal> {
        let value: Option<Decimal> = optional("value", &self.value, Reason::DecimalInvalid)?;
        let qualifier = optional("qualifier", &self.qualifier, Reason::UnknownEnum)?;
        let fact = ObservationReported {
            indicator: required("indicator", &self.indicator, Reason::CodeInvalid)?,
            area: required("area", &self.area, Reason::CodeInvalid)?,
            period: required("period", &self.period, Reason::PeriodInvalid)?,
            value,
            obs_status: self.status(value)?,
            qualifier: qualifier.or(value.map(|_| Qualifier::Exact)),
            as_of_date: optional("as_of_date", &self.as_of_date, Reason::PeriodInvalid)?,
            source: self.source()?,
            note: text("note", &self.note)?,
            supersedes: None,
            reason: text("reason", &self.reason)?,
        };
        Ok(Observation { fact, supersedes: optional("supersedes", &self.supersedes, Reason::ArgumentInvalid)? })
    }

    fn status(&self, value: Option<Decimal>) -> Result<ObsStatus, Refusal> {
        match optional("status", &self.status, Reason::UnknownEnum)? {
            Some(status) => Ok(status),
            None if value.is_some() => Ok(ObsStatus::A),
            None => Err(Refusal::new(Reason::ValueRequired, "value", "neither a value nor a status that says why")),
        }
    }

    fn source(&self) -> Result<Option<Source>, Refusal> {
        let date = optional("source_date", &self.source_date, Reason::PeriodInvalid)?;
        let source = Source {
            title: text("source_title", &self.source_title)?,
            uri: text("source_uri", &self.source_uri)?,
            date,
        };
        let given = date.is_some() || !source.title.is_empty() || !source.uri.is_empty();
        Ok(given.then_some(source))
    }
}

fn required<T>(field: &str, text: &str, reason: Reason) -> Result<T, Refusal>
where
    T: FromStr,
    T::Err: Display,
{
    optional(field, text, reason)?
        .ok_or_else(|| Refusal::new(Reason::FieldMissing, field, format!("{field} is not given")))
}

fn optional<T>(field: &str, text: &str, reason: Reason) -> Result<Option<T>, Refusal>
where
    T: FromStr,
    T::Err: Display,
{
    match text.trim() {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|e| Refusal::new(reason, field, format!("{text:?}: {e}"))),
    }
}

fn text(field: &str, text: &str) -> Result<Text, Refusal> {
    Text::new(text.trim()).map_err(|e| Refusal::new(Reason::TextInvalid, field, e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(change: impl Fn(&mut Draft)) -> Draft {
        let mut draft = Draft {
            indicator: "gz-5g".into(),
            area: "520000".into(),
            period: "2024-Q3".into(),
            value: " 1.50 ".into(),
            ..Draft::default()
        };
        change(&mut draft);
        draft
    }

    #[test]
    fn a_value_alone_is_normal_and_exact() {
        let observation = draft(|_| {}).parse().unwrap();
        assert_eq!(observation.fact.value, Some(Decimal::new(150, 2).unwrap()));
        assert_eq!((observation.fact.obs_status, observation.fact.qualifier), (ObsStatus::A, Some(Qualifier::Exact)));
        assert_eq!((observation.fact.source, observation.supersedes), (None, None));
    }

    #[test]
    fn a_missing_value_needs_its_status() {
        let missing = draft(|d| d.value.clear());
        assert_eq!(missing.parse().unwrap_err().reason, Reason::ValueRequired);
        let explained = Draft { status: "o".into(), ..missing }.parse().unwrap();
        assert_eq!((explained.fact.obs_status, explained.fact.qualifier), (ObsStatus::O, None));
    }

    #[test]
    fn every_field_is_read_and_named_when_wrong() {
        let check = |change: fn(&mut Draft), field: &str, reason: Reason| {
            let refusal = draft(change).parse().unwrap_err();
            assert_eq!((refusal.field.as_str(), refusal.reason), (field, reason));
        };
        check(|d| d.indicator.clear(), "indicator", Reason::FieldMissing);
        check(|d| d.area = "贵州".into(), "area", Reason::CodeInvalid);
        check(|d| d.period = "2024-13".into(), "period", Reason::PeriodInvalid);
        check(|d| d.value = "1,500".into(), "value", Reason::DecimalInvalid);
        check(|d| d.status = "Z".into(), "status", Reason::UnknownEnum);
        check(|d| d.qualifier = "about".into(), "qualifier", Reason::UnknownEnum);
        check(|d| d.as_of_date = "today".into(), "as_of_date", Reason::PeriodInvalid);
        check(|d| d.source_date = "today".into(), "source_date", Reason::PeriodInvalid);
        check(|d| d.note = "a\u{7}b".into(), "note", Reason::TextInvalid);
        check(|d| d.supersedes = "that one".into(), "supersedes", Reason::ArgumentInvalid);
    }

    #[test]
    fn a_source_is_there_when_any_part_is() {
        assert!(draft(|d| d.source_uri = "https://example.org".into()).parse().unwrap().fact.source.is_some());
        assert!(draft(|d| d.source_date = "2024".into()).parse().unwrap().fact.source.is_some());
    }
}
