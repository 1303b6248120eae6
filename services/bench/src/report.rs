//! The figures, for people and as JSON.

use std::fmt;

use serde::Serialize;

use crate::board::Asked;
use crate::figure::{Figure, Judged, Number, median};
use crate::limits::Limits;
use crate::long::Sized;
use crate::machine::Machine;
use crate::offline::Facts;
use crate::peers::Clients;
use crate::rows::Row;
use crate::trial::Run;

/// Everything that was measured.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Report {
    pub(crate) machine: Machine,
    pub(crate) limits_before: Limits,
    pub(crate) limits_after: Limits,
    /// Their mean, with which the rows are compared.
    pub(crate) limits: Limits,
    pub(crate) rows: Vec<Reported>,
}

/// A row with its figures held against the limits.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Reported {
    #[serde(flatten)]
    pub(crate) outcome: Outcome,
    pub(crate) judged: Vec<Judged>,
}

/// What a row measured.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Outcome {
    pub(crate) row: &'static str,
    pub(crate) about: &'static str,
    /// Keys, connections, entry size, events a submission, data set.
    pub(crate) setting: String,
    pub(crate) figures: Vec<Figure>,
    pub(crate) details: Details,
}

/// Each run, in full.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Details {
    Loads(Vec<Run>),
    Boards(Vec<Asked>),
    Clients(Vec<Clients>),
    Exported(Facts),
    Long(Box<[Sized; 2]>),
    None,
}

impl Outcome {
    pub(crate) fn new(row: &Row, setting: String, figures: Vec<Figure>, details: Details) -> Self {
        Self { row: row.name, about: row.about, setting, figures, details }
    }

    /// A row that can't be measured here.
    pub(crate) fn skipped(row: &Row, reason: &str) -> Self {
        Self::new(row, format!("skipped: {reason}"), vec![], Details::None)
    }
}

impl Report {
    /// Holds what was measured against the limits of the whole run.
    pub(crate) fn new(machine: Machine, before: Limits, after: Limits, outcomes: Vec<Outcome>) -> Self {
        let limits = before.mean(&after);
        let judge = |outcome: Outcome| {
            let judged = outcome.figures.iter().map(|figure| figure.judge(&limits)).collect();
            Reported { outcome, judged }
        };
        let rows = outcomes.into_iter().map(judge).collect();
        Self { machine, limits_before: before, limits_after: after, limits, rows }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n{:<12}{}\n            {}", self.row, self.about, self.setting)?;
        for figure in &self.figures {
            let (low, high) = figure.range();
            let (middle, unit, runs) = (Number(figure.median()), figure.unit, figure.values.len());
            writeln!(
                f,
                "            {}: {middle} {unit} ({} to {} in {runs} runs)",
                figure.name,
                Number(low),
                Number(high)
            )?;
        }
        write!(f, "{}", self.details)
    }
}

impl fmt::Display for Details {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None | Self::Boards(_) | Self::Clients(_) => Ok(()),
            Self::Exported(Facts { entry_bytes, data_bytes, compacted_bytes, .. }) => write!(
                f,
                "            {} MiB of entries; the server's folder {} MiB, compacted {} MiB",
                entry_bytes >> 20,
                data_bytes >> 20,
                compacted_bytes >> 20
            ),
            Self::Long(sized) => write!(f, "{}\n{}", sized[0], sized[1]),
            Self::Loads(runs) => {
                let of = |value: fn(&Run) -> f64| Number(median(&runs.iter().map(value).collect::<Vec<_>>()));
                writeln!(
                    f,
                    "            answers after {} ms (p50), {} ms (p99), {} ms (longest)",
                    of(|run| run.p50_micros as f64 / 1e3),
                    of(|run| run.p99_micros as f64 / 1e3),
                    of(|run| run.max_micros as f64 / 1e3)
                )?;
                write!(
                    f,
                    "            a submission: {} µs of cores in the server, {} in the generator; {} bytes written, {} kept; \
                     server {} MiB at its peak, views complete {} s later",
                    of(|run| run.server_cpu_micros),
                    of(|run| run.generator_cpu_micros),
                    of(|run| run.written_bytes),
                    of(|run| run.disk_bytes),
                    of(|run| run.peak_mib as f64),
                    of(|run| run.views_seconds)
                )
            }
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cores, processor, memory_mib, kernel, file_system, load_before } = self;
        write!(
            f,
            "{processor}, {cores} cores, {memory_mib} MiB, Linux {kernel}, {file_system}; load and server share the cores; \
             {load_before:.1} processes were busy here before"
        )
    }
}

impl fmt::Display for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "L = {} strict verifications/s on all cores; write and fdatasync {} µs (p50), {} µs (p99); store alone {} entries/s",
            Number(self.verifications_per_second),
            self.sync_p50_micros,
            self.sync_p99_micros,
            Number(self.stored_per_second)
        )
    }
}
