//! From rows to what the ledger records: the events of a catalogue, with the row of every fault.
//!
//! Nothing is mended on the way: a text that does not fit, or a figure that is no decimal, is an error that names file,
//! row and column. What the ledger thinks of the events is for its rules to say.

mod convert;

use std::fmt::Display;

use hefu_types::event::Name;
use hefu_types::event::membership::{ConferenceRole, MemberType};
use hefu_types::event::reporting::ObservationReported;
use hefu_types::{Code, Event, EventRef, Text};

use crate::{Catalogue, Observation, Use};

/// A cell of a catalogue that is no value of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}, row {row}, column {column}: {detail}")]
pub struct EventError {
    /// The file, as in `guizhou/targets.csv`.
    pub file: String,
    /// The 1-based row below the header; 0 for the plan's own file.
    pub row: usize,
    /// The column.
    pub column: &'static str,
    /// What is wrong.
    pub detail: String,
}

/// What the office says about a unit when it admits it, but for the unit's first key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admission {
    /// The unit's code.
    pub member: Code,
    /// Its name.
    pub name: Name,
    /// What kind of body it is.
    pub member_type: MemberType,
    /// Its part in the joint conference.
    pub conference_role: Option<ConferenceRole>,
}

/// A published figure, ready to be reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The row's code, as in `gz-obs-055`.
    pub id: String,
    /// Who reports it in a demo: the first of the indicator's illustrative reporters.
    pub reporter: Code,
    /// The row that it corrects, which stands before it.
    pub corrects: Option<String>,
    fact: ObservationReported,
}

impl Report {
    /// What is reported. A correction names nothing yet: see [`Report::superseding`].
    #[must_use]
    pub const fn fact(&self) -> &ObservationReported {
        &self.fact
    }

    /// What is reported, in place of this standing observation.
    #[must_use]
    pub fn superseding(&self, standing: EventRef) -> ObservationReported {
        ObservationReported { supersedes: Some(standing), ..self.fact.clone() }
    }
}

impl Catalogue {
    /// The units that become members, in the order of the file.
    ///
    /// # Errors
    /// The first cell that is no value of the ledger.
    pub fn admissions(&self) -> Result<Vec<Admission>, EventError> {
        self.convert("members.csv", &self.members, convert::admission)
    }

    /// The plan, its tasks, milestones, indicators and targets, in an order that the rules accept once the reporting units
    /// are admitted. A withheld figure stands in the note of its indicator.
    ///
    /// # Errors
    /// The first cell that is no value of the ledger.
    pub fn plan_events(&self) -> Result<Vec<Event>, EventError> {
        let mut events = vec![convert::plan(&self.plan, &self.row("plan.toml", 0))?];
        events.extend(self.convert("tasks.csv", &self.tasks, convert::task)?);
        events.extend(self.convert("milestones.csv", &self.milestones, convert::milestone)?);
        events.extend(self.convert("indicators.csv", &self.indicators, convert::indicator)?);
        events.extend(self.convert("targets.csv", &self.targets, convert::target)?);
        Ok(events)
    }

    /// The figures that may be submitted, in the order of the file, corrections after everything else.
    ///
    /// # Errors
    /// The first cell that is no value of the ledger.
    pub fn reports(&self) -> Result<Vec<Report>, EventError> {
        let mut reports = Vec::new();
        for (row, observation) in (1..).zip(&self.observations) {
            if matches!(observation.usage, Use::Report | Use::Correction) {
                reports.push(self.report(observation, &self.row("observations.csv", row))?);
            }
        }
        reports.sort_by_key(|report| report.corrects.is_some());
        Ok(reports)
    }

    fn report(&self, row: &Observation, at: &Row<'_>) -> Result<Report, EventError> {
        let reporter = self.reporters_of(&row.indicator).next().unwrap_or_default();
        Ok(Report {
            id: row.id.clone(),
            reporter: at.code("indicator", reporter)?,
            corrects: Some(row.corrects.clone()).filter(|id| !id.is_empty()),
            fact: convert::observation(row, at)?,
        })
    }

    fn convert<T, E>(
        &self,
        file: &'static str,
        rows: &[T],
        one: impl Fn(&T, &Row<'_>) -> Result<E, EventError>,
    ) -> Result<Vec<E>, EventError> {
        (1..).zip(rows).map(|(row, value)| one(value, &self.row(file, row))).collect()
    }

    const fn row(&self, file: &'static str, row: usize) -> Row<'_> {
        Row { catalogue: self, file, row }
    }
}

/// A row being converted: names itself in errors.
struct Row<'a> {
    catalogue: &'a Catalogue,
    file: &'static str,
    row: usize,
}

impl Row<'_> {
    fn error(&self, column: &'static str, detail: impl Display) -> EventError {
        let file = format!("{}/{}", self.catalogue.plan.code, self.file);
        EventError { file, row: self.row, column, detail: detail.to_string() }
    }

    fn code(&self, column: &'static str, text: &str) -> Result<Code, EventError> {
        Code::new(text).map_err(|e| self.error(column, e))
    }

    fn codes(&self, column: &'static str, texts: &[String]) -> Result<Vec<Code>, EventError> {
        texts.iter().map(|text| self.code(column, text)).collect()
    }

    fn text(&self, column: &'static str, text: &str) -> Result<Text, EventError> {
        Text::new(text).map_err(|e| self.error(column, e))
    }

    /// A value in its written form.
    fn parse<T>(&self, column: &'static str, text: &str) -> Result<T, EventError>
    where
        T: std::str::FromStr,
        T::Err: Display,
    {
        text.parse().map_err(|e| self.error(column, format!("{text:?}: {e}")))
    }

    /// A value in its written form, or nothing for an empty cell.
    fn optional<T>(&self, column: &'static str, text: &str) -> Result<Option<T>, EventError>
    where
        T: std::str::FromStr,
        T::Err: Display,
    {
        if text.is_empty() { Ok(None) } else { self.parse(column, text).map(Some) }
    }
}
