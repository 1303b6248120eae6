//! An observation as text, from flags or a CSV row, and as a fact.

use std::fmt::Display;
use std::str::FromStr;

use hefu_types::event::reporting::{ObsStatus, ObservationReported, Qualifier};
use hefu_types::{Code, Decimal, Event, EventRef, Period, Reason, Refusal, Source, Text};
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

    /// Whether an event says exactly this; when it may correct whatever stood, it may name anything.
    pub(crate) fn is_said_by(&self, event: &Event) -> bool {
        let Event::ObservationReported(said) = event else { return false };
        let named = match self.supersedes {
            None => None,
            Some(StandingArg::Auto) => said.supersedes.clone(),
            Some(StandingArg::Event(hash, index)) => Some(StandingArg::event(hash, index)),
        };
        **said == self.superseding(named)
    }
}

impl Draft {
    /// Reads every field.
    pub(crate) fn parse(&self) -> Result<Observation, Refusal> {
        let value: Option<Decimal> = optional("value", &self.value, Reason::DecimalInvalid)?;
        let qualifier = choice("qualifier", &self.qualifier, Qualifier::ALL, |q| q.name().to_ascii_lowercase())?;
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
        match choice("status", &self.status, ObsStatus::ALL, |s| s.name().to_owned())? {
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

/// One of these values, by its name in either case.
fn choice<T: Copy>(field: &str, text: &str, all: &[T], name: fn(T) -> String) -> Result<Option<T>, Refusal> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let found = all.iter().find(|value| name(**value).eq_ignore_ascii_case(text));
    found.map(|value| Some(*value)).ok_or_else(|| {
        let names: Vec<String> = all.iter().map(|value| name(*value)).collect();
        Refusal::new(Reason::UnknownEnum, field, format!("{text:?} is none of {}", names.join(", ")))
    })
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
    fn an_unknown_word_names_the_known_ones() {
        let detail = |change: fn(&mut Draft)| draft(change).parse().unwrap_err().detail;
        assert_eq!(detail(|d| d.qualifier = "about".into()), "\"about\" is none of exact, at_least, approx, more_than");
        assert!(detail(|d| d.status = "Z".into()).starts_with("\"Z\" is none of A, B, D, "));
    }

    #[test]
    fn an_event_says_the_same_whatever_it_refers_to() {
        let hash = |n| hefu_types::SubmissionHash::from_bytes([n; 32]);
        let reference = |n| StandingArg::event(hash(n), 0);
        let plain = draft(|_| {}).parse().unwrap();
        let auto = draft(|d| (d.supersedes, d.reason) = ("auto".into(), "a slip".into())).parse().unwrap();
        let exact = Observation { supersedes: Some(StandingArg::Event(hash(1), 0)), ..auto.clone() };
        let said = |observation: &Observation, n: Option<u8>| Event::from(observation.superseding(n.map(reference)));
        assert!(plain.is_said_by(&said(&plain, None)) && !plain.is_said_by(&said(&plain, Some(1))));
        assert!(auto.is_said_by(&said(&auto, Some(1))) && auto.is_said_by(&said(&auto, Some(2))));
        assert!(exact.is_said_by(&said(&auto, Some(1))) && !exact.is_said_by(&said(&auto, Some(2))));
        let differs = |change: fn(&mut Draft)| assert!(!draft(change).parse().unwrap().is_said_by(&said(&plain, None)));
        differs(|d| d.value = "1.51".into());
        differs(|d| d.area = "520100".into());
        differs(|d| d.note = "a note".into());
        assert!(!auto.is_said_by(&said(&plain, None)));
    }

    #[test]
    fn a_source_is_there_when_any_part_is() {
        assert!(draft(|d| d.source_uri = "https://example.org".into()).parse().unwrap().fact.source.is_some());
        assert!(draft(|d| d.source_date = "2024".into()).parse().unwrap().fact.source.is_some());
    }
}
