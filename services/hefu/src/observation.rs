//! An observation as text, from flags or a CSV row, and as a fact.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::str::FromStr;

use hefu_types::event::reporting::{ConfStatus, ObsStatus, ObservationReported, Qualifier};
use hefu_types::{Code, Decimal, Event, EventRef, Millis, Opening, Period, Reason, Refusal, Source, Text};
use serde::Deserialize;

use crate::args::{DayStart, StandingArg};

/// The columns of a file; the flags of a single observation have the same names.
pub(crate) const COLUMNS: [&str; 18] = [
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
    "on_behalf_of",
    "method",
    "conf_status",
    "embargo_until",
    "readers",
];

/// The columns that a file must have.
pub(crate) const REQUIRED: [&str; 4] = ["indicator", "area", "period", "value"];

/// Columns that a template has besides, for whoever fills it in. They are not read.
pub(crate) const DESCRIBING: [&str; 4] = ["name_zh", "name_en", "unit_of_measure", "decimals"];

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
    /// The unit whose observation it is, when another unit lets yours report.
    #[arg(long, value_name = "CODE", default_value = "", hide_default_value = true)]
    pub(crate) on_behalf_of: String,
    /// How the value was compiled.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) method: String,
    /// The SDMX confidentiality status; F, free, without it, and E with --embargo-until. Any other than F keeps the value out of the
    /// ledger: a commitment stands for it, and the server keeps it for those who may read it.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) conf_status: String,
    /// When an embargo ends: a time (RFC 3339) or a date (its beginning, UTC).
    #[arg(long, value_name = "TIME|DATE", default_value = "", hide_default_value = true)]
    pub(crate) embargo_until: String,
    /// The units that may read a value that is not free, beside yours and the office: codes with commas or semicolons between.
    #[arg(long, value_name = "CODE,…", default_value = "", hide_default_value = true)]
    pub(crate) readers: String,
}

/// A fact that names what it supersedes, or asks for whatever stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Observation {
    /// What is reported; `supersedes` is still open. A value that is not free stands in it, too, until it is committed to.
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
    fn superseding(&self, standing: Option<EventRef>) -> ObservationReported {
        ObservationReported { supersedes: standing, ..self.fact.clone() }
    }

    /// The event that says it, superseding this one; and, when its value is not free, what opens the commitment to it.
    pub(crate) fn event(&self, standing: Option<EventRef>) -> (Event, Option<Opening>) {
        let mut fact = self.superseding(standing);
        let opening = fact.value.filter(|_| self.is_withheld()).map(hefu_client::opening_of);
        if let Some(opening) = &opening {
            (fact.value, fact.commitment) = (None, Some(opening.commitment()));
        }
        (fact.into(), opening)
    }

    /// Whether its value is not free: then nobody can tell from the ledger whether it is the same as another.
    pub(crate) const fn is_withheld(&self) -> bool {
        self.fact.conf_status.is_some()
    }

    /// Whether an event says exactly this; when it may correct whatever stood, it may name anything. Of a value that is not free it
    /// can't be told.
    pub(crate) fn is_said_by(&self, event: &Event) -> bool {
        let Event::ObservationReported(said) = event else { return false };
        if self.is_withheld() {
            return false;
        }
        let named = match self.supersedes {
            None => None,
            Some(StandingArg::Auto) => said.supersedes.clone(),
            Some(StandingArg::Event(hash, index)) => Some(StandingArg::event(hash, index)),
        };
        **said == self.superseding(named)
    }
}

impl Draft {
    /// Reads every field; the first that can't be read is the refusal.
    pub(crate) fn parse(&self) -> Result<Observation, Refusal> {
        self.read().map_err(|faults| faults.into_iter().next().expect("a fault"))
    }

    /// Reads every field, or names all that can't be read.
    pub(crate) fn read(&self) -> Result<Observation, Vec<Refusal>> {
        let mut faults = Faults::default();
        let indicator = faults.keep(required("indicator", &self.indicator, Reason::CodeInvalid));
        let area = faults.keep(required("area", &self.area, Reason::CodeInvalid));
        let period = faults.keep(required("period", &self.period, Reason::PeriodInvalid));
        let value = faults.keep(optional("value", &self.value, Reason::DecimalInvalid));
        let status = faults.keep(self.status());
        let qualifier = choice("qualifier", &self.qualifier, Qualifier::ALL, |q| q.name().to_ascii_lowercase());
        let qualifier = faults.keep(qualifier);
        let as_of_date = faults.keep(optional("as_of_date", &self.as_of_date, Reason::PeriodInvalid));
        let source = self.source(&mut faults);
        let note = faults.keep(text("note", &self.note));
        let supersedes = faults.keep(optional("supersedes", &self.supersedes, Reason::ArgumentInvalid));
        let reason = faults.keep(text("reason", &self.reason));
        let on_behalf_of = faults.keep(optional("on_behalf_of", &self.on_behalf_of, Reason::CodeInvalid));
        let method = faults.keep(text("method", &self.method));
        let embargo_until = self.embargo_until.trim();
        let embargo_until = faults.keep(optional::<DayStart>("embargo_until", embargo_until, Reason::ArgumentInvalid));
        let conf_status = faults.keep(self.conf_status());
        let readers = faults.keep(readers(&self.readers));
        let observation = || {
            let value: Option<Decimal> = value?;
            let fact = ObservationReported {
                indicator: indicator?,
                area: area?,
                period: period?,
                value,
                obs_status: status?,
                qualifier: qualifier?.or(value.map(|_| Qualifier::Exact)),
                as_of_date: as_of_date?,
                source: source?,
                note: note?,
                supersedes: None,
                reason: reason?,
                on_behalf_of: on_behalf_of?,
                conf_status: conf_status?,
                method: method?,
                evidence: vec![],
                embargo_until: embargo_until?.map_or_else(Millis::default, |DayStart(time)| time),
                commitment: None,
                readers: readers?,
            };
            Some(Observation { fact, supersedes: supersedes? })
        };
        observation().filter(|_| faults.0.is_empty()).ok_or(faults.0)
    }

    /// What was written in a column.
    pub(crate) fn text(&self, column: &str) -> &str {
        match column {
            "indicator" => &self.indicator,
            "area" => &self.area,
            "period" => &self.period,
            "value" => &self.value,
            "status" => &self.status,
            "qualifier" => &self.qualifier,
            "as_of_date" => &self.as_of_date,
            "source_title" => &self.source_title,
            "source_uri" => &self.source_uri,
            "source_date" => &self.source_date,
            "note" => &self.note,
            "supersedes" => &self.supersedes,
            "reason" => &self.reason,
            "on_behalf_of" => &self.on_behalf_of,
            "method" => &self.method,
            "conf_status" => &self.conf_status,
            "embargo_until" => &self.embargo_until,
            "readers" => &self.readers,
            _ => "",
        }
    }

    /// Whether it names a cell at most, and says nothing of it.
    pub(crate) fn is_blank(&self) -> bool {
        let Self { indicator, area, period, on_behalf_of, .. } = self.clone();
        *self == Self { indicator, area, period, on_behalf_of, ..Self::default() }
    }

    fn status(&self) -> Result<ObsStatus, Refusal> {
        match choice("status", &self.status, ObsStatus::ALL, |s| s.name().to_owned())? {
            Some(status) => Ok(status),
            None if !self.value.trim().is_empty() => Ok(ObsStatus::A),
            None => Err(Refusal::new(Reason::ValueRequired, "value", "neither a value nor a status that says why")),
        }
    }

    fn conf_status(&self) -> Result<Option<ConfStatus>, Refusal> {
        if self.conf_status.trim().eq_ignore_ascii_case("F") {
            return Ok(None);
        }
        let status = choice("conf_status", &self.conf_status, ConfStatus::ALL, |s| s.name().to_owned())?;
        Ok(status.or((!self.embargo_until.trim().is_empty()).then_some(ConfStatus::E)))
    }

    fn source(&self, faults: &mut Faults) -> Option<Option<Source>> {
        let title = faults.keep(text("source_title", &self.source_title));
        let uri = faults.keep(text("source_uri", &self.source_uri));
        let date = faults.keep(optional("source_date", &self.source_date, Reason::PeriodInvalid));
        let source = Source { title: title?, uri: uri?, date: date? };
        let given = source.date.is_some() || !source.title.is_empty() || !source.uri.is_empty();
        Some(given.then_some(source))
    }
}

/// What can't be read.
#[derive(Debug, Default)]
struct Faults(Vec<Refusal>);

impl Faults {
    fn keep<T>(&mut self, read: Result<T, Refusal>) -> Option<T> {
        read.map_err(|refusal| self.0.push(refusal)).ok()
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

/// Codes with commas, semicolons or spaces between, as the ledger wants them: ascending, each once.
fn readers(text: &str) -> Result<Vec<Code>, Refusal> {
    let codes = text.split([',', ';', ' ']).map(str::trim).filter(|code| !code.is_empty()).map(Code::new);
    let codes: Result<BTreeSet<Code>, _> = codes.collect();
    codes
        .map(|codes| codes.into_iter().collect())
        .map_err(|e| Refusal::new(Reason::CodeInvalid, "readers", e.to_string()))
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
        check(|d| d.conf_status = "Z".into(), "conf_status", Reason::UnknownEnum);
        check(|d| d.embargo_until = "soon".into(), "embargo_until", Reason::ArgumentInvalid);
        check(|d| d.readers = "审计".into(), "readers", Reason::CodeInvalid);
        check(|d| d.method = "a\u{7}b".into(), "method", Reason::TextInvalid);
        check(|d| d.supersedes = "that one".into(), "supersedes", Reason::ArgumentInvalid);
    }

    #[test]
    fn every_column_has_its_text() {
        let texts = COLUMNS.map(|column| {
            let header = csv::StringRecord::from(vec![column]);
            let draft: Draft = csv::StringRecord::from(vec!["x"]).deserialize(Some(&header)).unwrap();
            draft.text(column).to_owned()
        });
        assert_eq!(texts, COLUMNS.map(|_| "x"));
    }

    #[test]
    fn all_that_cannot_be_read_is_named() {
        let bad = draft(|d| (d.area, d.value, d.note) = ("贵州".into(), "1,5".into(), "a\u{7}b".into()));
        let fields = |draft: &Draft| draft.read().unwrap_err().into_iter().map(|r| r.field).collect::<Vec<_>>();
        assert_eq!(fields(&bad), ["area", "value", "note"]);
        assert_eq!(bad.parse().unwrap_err().field, "area");
        assert_eq!(fields(&Draft::default()), ["indicator", "area", "period", "value"]);
    }

    #[test]
    fn a_draft_of_a_cell_alone_is_blank() {
        assert!(draft(|d| d.value.clear()).is_blank() && Draft::default().is_blank());
        assert!(!draft(|_| {}).is_blank() && !draft(|d| (d.value, d.note) = (String::new(), "n".into())).is_blank());
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
        let said = |observation: &Observation, n: Option<u8>| observation.event(n.map(reference)).0;
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
    fn a_value_that_is_not_free_is_committed_to_anew_each_time() {
        let withheld = draft(|d| (d.conf_status, d.readers) = ("n".into(), "b; a,b".into())).parse().unwrap();
        assert_eq!(withheld.fact.readers.iter().map(Code::as_str).collect::<Vec<_>>(), ["a", "b"]);
        let [(one, first), (other, second)] = [withheld.event(None), withheld.event(None)];
        let [first, second] = [first, second].map(|opening| opening.unwrap());
        assert_eq!([&first, &second].map(Opening::number), [Some(Decimal::new(150, 2).unwrap()); 2]);
        assert!(first != second && one != other);
        let Event::ObservationReported(said) = &one else { panic!("{one:?}") };
        assert_eq!((said.value, said.commitment), (None, Some(first.commitment())));
        assert!(!withheld.is_said_by(&one), "nobody can tell");
        let embargoed = draft(|d| d.embargo_until = "2030-01-01".into()).parse().unwrap().fact;
        assert_eq!((embargoed.conf_status, embargoed.embargo_until.get()), (Some(ConfStatus::E), 1_893_456_000_000));
        let free = draft(|d| d.conf_status = "F".into()).parse().unwrap();
        assert!(!free.is_withheld() && free.event(None).1.is_none());
    }

    #[test]
    fn a_source_is_there_when_any_part_is() {
        assert!(draft(|d| d.source_uri = "https://example.org".into()).parse().unwrap().fact.source.is_some());
        assert!(draft(|d| d.source_date = "2024".into()).parse().unwrap().fact.source.is_some());
    }
}
