//! `hefu replay`: an export becomes views again, in memory, with no server and no database.
//!
//! It writes what `board`, `series --history`, `cycle list`, `report status`, `challenge list`, `member list`, `member show` and `views` print, under
//! the same names of columns, so that files can be compared with a server's answers byte by byte. Digests of views that the log records must be
//! those of this replay: it stops otherwise, and writes nothing. It verifies nothing else: see `verify`.

mod files;
mod records;
mod tables;

use std::ops::ControlFlow;
use std::path::PathBuf;

use bytes::Bytes;
use hefu_client::EntryChecker;
use hefu_types::{DecodedEntry, Entry, Millis, Reason, Refusal, Seq, Size};
use hefu_verify::Export;
use hefu_views::{AsOf, Memory, Projector, Replay, Replayed, Run, VIEWS, ViewError};

use super::log::decode;
use super::views::ViewRow;
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::lang::both;
use crate::output::{Format, Hash};

#[derive(Debug, clap::Args)]
pub(crate) struct ReplayArgs {
    /// The export's directory.
    dir: PathBuf,
    /// Where to write the tables; a new or empty directory.
    #[arg(long, value_name = "OUTDIR")]
    to: PathBuf,
    /// The form of the tables.
    #[arg(long, value_enum, default_value = "json")]
    format: FileFormat,
    /// Stop after this seq, which the export must hold.
    #[arg(long, value_name = "SEQ")]
    as_of: Option<u64>,
}

/// The form of a written table.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum FileFormat {
    Json,
    Csv,
}

impl From<FileFormat> for Format {
    fn from(format: FileFormat) -> Self {
        match format {
            FileFormat::Json => Self::Json,
            FileFormat::Csv => Self::Csv,
        }
    }
}

pub(crate) fn run(context: &Context, args: &ReplayArgs) -> Result<(), Failure> {
    let (export, last) = (Export::open(&args.dir)?, args.as_of.map(Seq::new));
    let replay = Replay::new(records::note(&export, last)?);
    let (Replayed { memory, difference, recorded }, at) = apply(&export, replay, last)?;
    records::check(context, difference.as_ref())?;
    let views = views(&memory)?;
    let files = files::Files::create(&args.to, args.format.into())?;
    tables::write(&files, &memory, at, AsOf::LATEST)?;
    files.rows("views", &views)?;
    files.rows("records", &records::rows(&recorded))?;
    records::tell(&recorded);
    context.rows(&views)
}

/// Applies entries up to a position, or all; says when the last one was recorded.
fn apply(export: &Export, mut replay: Replay, last: Option<Seq>) -> Result<(Replayed, Millis), Failure> {
    let (mut checker, mut at) = (EntryChecker::start(), Millis::default());
    let stops = replay.stops();
    let work = |entries: &[Bytes]| (entries.to_vec(), runs(entries, &stops, last));
    export.work(work, |(entries, runs)| {
        for bytes in entries {
            let entry = checker.check(bytes)?;
            if last.is_some_and(|last| entry.seq() > last) {
                return Ok::<_, Failure>(ControlFlow::Break(()));
            }
            at = entry.recorded_at();
            if runs.is_none() {
                replay.apply(&[decode(&entry)?])?;
            }
        }
        runs.into_iter().flatten().try_for_each(|run| replay.take(run))?;
        Ok(ControlFlow::Continue(()))
    })?;
    within(checker.size(), last)?;
    Ok((replay.finish()?, at))
}

/// What entries add to the views; `None` when there is one that is not wanted or has a fault, which is named in its turn.
fn runs(entries: &[Bytes], stops: &[Size], last: Option<Seq>) -> Option<Vec<Run>> {
    let decoded = |bytes: &Bytes| Entry::parse(bytes.clone()).ok()?.decode().ok();
    let decoded: Vec<DecodedEntry> = entries.iter().map(decoded).collect::<Option<_>>()?;
    let wanted = decoded.iter().all(|entry| last.is_none_or(|last| entry.seq <= last));
    wanted.then(|| Run::all(&decoded, stops).ok())?
}

/// Holds that the entries read reach the position that was asked for.
fn within(read: Size, last: Option<Seq>) -> Result<(), Failure> {
    match last.filter(|last| last.get() >= read.get()) {
        Some(last) => {
            let detail = format!("seq {last} lies beyond the export, which holds {read} entries");
            let failure = Failure::from(Refusal::new(Reason::SeqBeyondHead, "--as-of", detail));
            Err(Failure { remedy: "Give a seq that the export holds, or continue the export first.".into(), ..failure })
        }
        None => Ok(()),
    }
}

fn views(memory: &Memory) -> Result<Vec<ViewRow>, ViewError> {
    let row = |view: &&dyn hefu_views::View| {
        let cursor = Projector::new(memory).cursor(*view)?;
        let id = view.id();
        Ok(ViewRow {
            view: id.name.to_owned(),
            version: id.version.into(),
            size: cursor.size().get(),
            rows: cursor.rows(),
            digest: Hash::of(cursor.digest().as_bytes()),
        })
    };
    VIEWS.iter().map(row).collect()
}

impl From<ViewError> for Failure {
    fn from(error: ViewError) -> Self {
        let remedy = both!(
            "Verify the export first; if it is sound, report this to the makers.",
            "请先核验导出；若导出无误，请告知开发者。"
        );
        Self::new(Exit::Refused, "REPLAY_FAILED", error.to_string(), remedy).because(&error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_beyond_the_export_is_refused() {
        let within = |last| within(Size::new(4), last).map_err(|failure| failure.code);
        assert_eq!([within(None), within(Some(Seq::new(0))), within(Some(Seq::new(3)))], [Ok(()); 3]);
        assert_eq!(within(Some(Seq::new(4))), Err("SEQ_BEYOND_HEAD"));
    }
}
