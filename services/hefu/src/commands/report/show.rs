//! What a report says, lacks, and lost; and how it came so far.

use hefu_client::Reviewed;
use hefu_proto::v1;
use hefu_types::Code;

use super::{AtArgs, report_row};
use crate::context::Context;
use crate::failure::Failure;
use crate::output::{Hash, Number, Time, Word, record};
use crate::words;

#[derive(Debug, clap::Args)]
pub(crate) struct ShowArgs {
    /// The cycle.
    cycle: Code,
    /// The unit.
    unit: Code,
    #[command(flatten)]
    at: AtArgs,
}

record! {
    /// A cell of a report.
    struct CellRow {
        both indicator: String,
        both area: String,
        both value: Option<Number>,
        both obs_status: String,
        data qualifier: Word,
        both state: Word,
        both before: Option<Number>,
        data note: String,
        both reason: String,
        both seq: Option<u64>,
        data event_index: Option<u64>,
        data submission_hash: Option<Hash>,
        data recorded_at: Option<Time>,
    }
}

record! {
    /// A step that was taken.
    struct StepRow {
        both step: Word,
        both member: String,
        both holder: String,
        both recorded_at: Time,
        both reason: String,
        both content: Hash,
        both seq: u64,
        data event_index: u64,
        data submission_hash: Hash,
        data key: Hash,
    }
}

/// The report, compared with the log.
async fn get(context: &Context, args: &ShowArgs) -> Result<v1::GetReportResponse, Failure> {
    let as_of = args.at.as_of;
    let request = v1::GetReportRequest {
        cycle: args.cycle.to_string(),
        unit: args.unit.to_string(),
        at: args.at.at(),
        as_of: as_of.moment(),
        min_seq: as_of.min_seq,
    };
    Ok(Reviewed::ask(&context.server()?, request).await?.answer)
}

pub(crate) async fn show(context: &Context, args: &ShowArgs) -> Result<(), Failure> {
    print(context, &get(context, args).await?)
}

/// Prints a report and its cells: those that stand, with what stood before where that changed, those that stand no more, and those
/// that were never reported.
pub(super) fn print(context: &Context, answer: &v1::GetReportResponse) -> Result<(), Failure> {
    let report = answer.report.clone().unwrap_or_default();
    context.with_rows(&report_row(&report), "cells", &cells(&report, answer))
}

fn cells(report: &v1::Report, answer: &v1::GetReportResponse) -> Vec<CellRow> {
    let changed = |o: &v1::Observation| {
        report.changes.iter().find(|change| (&change.indicator, &change.area) == (&o.indicator, &o.area))
    };
    let standing = answer.observations.iter().map(|observation| match changed(observation) {
        None => cell(observation, "", None),
        Some(change) => match &change.before {
            None => cell(observation, "added", None),
            Some(before) => cell(observation, "changed", words::number(before.value.as_ref())),
        },
    });
    let gone = report.changes.iter().filter(|change| change.now.is_none()).map(|change| {
        let before = change.before.as_ref().and_then(|before| words::number(before.value.as_ref()));
        CellRow { before, ..empty(&change.indicator, &change.area, "gone") }
    });
    let missing = answer.missing.iter().filter(|cell| {
        !report.changes.iter().any(|c| c.now.is_none() && (&c.indicator, &c.area) == (&cell.indicator, &cell.area))
    });
    let missing = missing.map(|cell| empty(&cell.indicator, &cell.area, "missing"));
    let mut rows: Vec<CellRow> = standing.chain(gone).chain(missing).collect();
    rows.sort_by(|a, b| (&a.indicator, &a.area).cmp(&(&b.indicator, &b.area)));
    rows
}

fn cell(observation: &v1::Observation, state: &'static str, before: Option<Number>) -> CellRow {
    CellRow {
        value: words::number(observation.value.as_ref()),
        obs_status: words::obs_status(observation.obs_status),
        qualifier: words::qualifier(observation.qualifier),
        before,
        note: observation.note.clone(),
        reason: observation.reason.clone(),
        seq: Some(observation.seq),
        event_index: Some(observation.event_index.into()),
        submission_hash: Some(Hash::of(&observation.submission_hash)),
        recorded_at: Some(Time(observation.recorded_at)),
        ..empty(&observation.indicator, &observation.area, state)
    }
}

fn empty(indicator: &str, area: &str, state: &'static str) -> CellRow {
    CellRow {
        indicator: indicator.to_owned(),
        area: area.to_owned(),
        value: None,
        obs_status: String::new(),
        qualifier: Word::default(),
        state: words::cell_state(state),
        before: None,
        note: String::new(),
        reason: String::new(),
        seq: None,
        event_index: None,
        submission_hash: None,
        recorded_at: None,
    }
}

pub(crate) async fn history(context: &Context, args: &ShowArgs) -> Result<(), Failure> {
    let report = get(context, args).await?.report.unwrap_or_default();
    context.rows(&report.steps.iter().map(step_row).collect::<Vec<_>>())
}

fn step_row(step: &v1::ReportStep) -> StepRow {
    StepRow {
        step: words::report_step(step.kind),
        member: step.member.clone(),
        holder: step.holder.clone(),
        recorded_at: Time(step.recorded_at),
        reason: step.reason.clone(),
        content: Hash::of(&step.content),
        seq: step.seq,
        event_index: step.event_index.into(),
        submission_hash: Hash::of(&step.submission_hash),
        key: Hash::of(&step.key),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observation(indicator: &str, units: i64) -> v1::Observation {
        let value = Some(v1::Decimal { units, scale: 0 });
        v1::Observation { indicator: indicator.into(), area: "1".into(), value, ..v1::Observation::default() }
    }

    #[test]
    fn a_cell_stands_changed_was_added_is_gone_or_was_never_there() {
        let change = |indicator: &str, before: Option<i64>, now: Option<i64>| v1::ReportChange {
            indicator: indicator.into(),
            area: "1".into(),
            before: before.map(|units| observation(indicator, units)),
            now: now.map(|units| observation(indicator, units)),
        };
        let changes = vec![change("b", Some(1), Some(2)), change("c", None, Some(3)), change("d", Some(4), None)];
        let report = v1::Report { changes, ..v1::Report::default() };
        let never = |indicator: &str| v1::ReportCell { indicator: indicator.into(), area: "1".into() };
        let answer = v1::GetReportResponse {
            observations: vec![observation("a", 0), observation("b", 2), observation("c", 3)],
            missing: vec![never("d"), never("e")],
            ..v1::GetReportResponse::default()
        };
        let number = |number: &Option<Number>| number.as_ref().map(|n| n.0.clone()).unwrap_or_default();
        let rows = cells(&report, &answer);
        let shown: Vec<[String; 4]> = rows
            .into_iter()
            .map(|row| [row.indicator, number(&row.value), row.state.code().to_owned(), number(&row.before)])
            .collect();
        let expected = [
            ["a", "0", "", ""],
            ["b", "2", "changed", "1"],
            ["c", "3", "added", ""],
            ["d", "", "gone", "4"],
            ["e", "", "missing", ""],
        ];
        assert_eq!(shown, expected.map(|row| row.map(str::to_owned)));
    }
}
