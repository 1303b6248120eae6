//! What the log says of its views, held against the views of this replay.

use std::ops::ControlFlow;

use bytes::Bytes;
use hefu_types::{DecodedEntry, Entry, Seq};
use hefu_verify::Export;
use hefu_views::Records;
use hefu_views::replay::{Difference, Recorded};

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::lang::note;
use crate::output::{Hash, record};

/// Views that this program does not have and that are named on stderr; the table has them all.
const NAMED_MAX: usize = 8;

record! {
    /// How many digests of a view the log records, and whether they were compared.
    struct RecordedRow {
        both view: String,
        both version: u64,
        both records: u64,
        both compared: bool,
    }
}

record! {
    /// A recorded digest that is not the view's.
    struct DifferenceRow {
        both seq: u64,
        both event_index: u64,
        both view: String,
        both version: u64,
        both size: u64,
        both recorded: Hash,
        both replayed: Hash,
    }
}

/// Notes what entries up to a position, or all, say of views. An entry that can't be read says nothing here: the replay that
/// follows meets it, too.
pub(super) fn note(export: &Export, last: Option<Seq>) -> Result<Records, Failure> {
    let mut records = Records::default();
    let found = |entries: &[Bytes]| {
        let parsed: Vec<Entry> = entries.iter().filter_map(|bytes| Entry::parse(bytes.clone()).ok()).collect();
        let within: Vec<&Entry> =
            parsed.iter().take_while(|entry| last.is_none_or(|last| entry.seq() <= last)).collect();
        let says = within.iter().filter(|entry| entry.signed().says("views_recorded"));
        let decoded: Vec<DecodedEntry> = says.filter_map(|entry| entry.decode().ok()).collect();
        (decoded, if within.len() < parsed.len() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    };
    export.work(found, |(decoded, further)| {
        decoded.iter().try_for_each(|entry| records.note(entry))?;
        Ok::<_, Failure>(further)
    })?;
    Ok(records)
}

/// Prints a record that does not hold, and fails with it.
pub(super) fn check(context: &Context, difference: Option<&Difference>) -> Result<(), Failure> {
    let Some(found) = difference else { return Ok(()) };
    context.one(&DifferenceRow {
        seq: found.seq.get(),
        event_index: found.event_index.into(),
        view: found.view.name.to_owned(),
        version: found.view.version.into(),
        size: found.size.get(),
        recorded: Hash::of(found.recorded.as_bytes()),
        replayed: Hash::of(found.replayed.as_bytes()),
    })?;
    let Difference { seq, size, recorded, replayed, .. } = found;
    let (view, version) = (found.view.name, found.view.version);
    let detail = format!(
        "seq {seq} records {recorded} for version {version} of the view {view} at {size} entries; replayed, it is {replayed}"
    );
    let remedy = "Verify the export. If it is sound, the operator's views are not those of its log: keep the export, and show \
                  it to the auditors.";
    Err(Failure::new(Exit::Broken, "VIEW_DIFFERS", detail, remedy))
}

/// Says on stderr what was compared and what was not.
pub(super) fn tell(recorded: &[Recorded]) {
    let count = |of: &[&Recorded]| of.iter().map(|r| r.records).sum::<u64>();
    let (ours, others): (Vec<_>, Vec<_>) = recorded.iter().partition(|r| r.replayed);
    match count(&ours) {
        0 => note!("digests of these views in the log: none", "日志中没有这些视图的摘要"),
        n => note!(
            "digests of these views in the log: {n}, all as replayed",
            "日志中这些视图的摘要：{n} 个，均与重放一致"
        ),
    }
    if !others.is_empty() {
        let more = if others.len() > NAMED_MAX { ", …" } else { "" };
        let name = |r: &&Recorded| format!("{} {}", r.view, r.version);
        let names: Vec<String> = others.iter().take(NAMED_MAX).map(name).collect();
        let names = names.join(", ");
        let count = count(&others);
        note!(
            "of views that this program does not have, not compared: {count} ({names}{more})",
            "本程序没有、未比对的视图：{count} 个（{names}{more}）"
        );
    }
}

pub(super) fn rows(recorded: &[Recorded]) -> Vec<RecordedRow> {
    let row = |r: &Recorded| RecordedRow {
        view: r.view.to_string(),
        version: r.version.into(),
        records: r.records,
        compared: r.replayed,
    };
    recorded.iter().map(row).collect()
}
