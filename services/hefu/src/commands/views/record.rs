//! `hefu views record`: the operator says in the log what its views amount to.
//!
//! A record is of a view at the size that the view had applied when it was asked, which may be behind the head; one
//! submission has a record of each view. What the server answers is signed as it is: whether it is true, each replay finds.

mod every;

use hefu_client::{ClientError, Server, Writer};
use hefu_proto::v1;
use hefu_types::event::platform::ViewsRecorded;
use hefu_types::{Code, Event, Seq, Size, ViewDigest};

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::lang::both;
use crate::output::{Hash, record};
use crate::signals;
use crate::signer::WriterArgs;

#[derive(Debug, clap::Args)]
pub(crate) struct RecordArgs {
    #[command(flatten)]
    signer: WriterArgs,
    /// Go on until stopped: record whenever this many entries stand after the last record in the log. Entries that record
    /// views are not counted, whoever signed them.
    #[arg(long, value_name = "ENTRIES", value_parser = clap::value_parser!(u64).range(1..))]
    every: Option<u64>,
}

record! {
    /// A digest that was recorded, and where.
    struct RecordedRow {
        both seq: u64,
        both view: String,
        both version: u64,
        both size: u64,
        both digest: Hash,
    }
}

pub(super) async fn run(context: &Context, args: RecordArgs) -> Result<(), Failure> {
    let mut recorder = Recorder { server: context.server()?, writer: context.writer(&args.signer).await? };
    let Some(every) = args.every else {
        let (_, rows) = recorder.record(Seq::FIRST).await?;
        context.rows(&rows)?;
        return Ok(recorder.writer.contradicted()?);
    };
    let stop = signals::stop()?;
    // A submission that is under way when it is told to stop is in the outbox, and is sent again by the next run.
    tokio::select! {
        outcome = every::follow(context, recorder, every) => outcome,
        () = stop => Ok(()),
    }
}

struct Recorder {
    server: Server,
    writer: Writer,
}

impl Recorder {
    /// Records every view, once all have applied this position; where the records stand, and what they say.
    async fn record(&mut self, min: Seq) -> Result<(Seq, Vec<RecordedRow>), Failure> {
        let request = v1::ListViewsRequest { min_seq: min.get() };
        let views = self.server.ask(async |server| server.views().list_views(request).await).await?.views;
        let said = records(&views)?;
        let events = said.iter().cloned().map(Event::from).collect();
        let seq = self.writer.submit(events).await?.seq;
        Ok((seq, said.iter().map(|said| row(seq, said)).collect()))
    }
}

/// What there is to say: a record of each view that has applied an entry.
fn records(views: &[v1::View]) -> Result<Vec<ViewsRecorded>, Failure> {
    let applied = views.iter().filter(|view| view.size > 0);
    let said = applied.map(record).collect::<Option<Vec<_>>>();
    match said {
        None => Err(ClientError::Protocol("a view without a name or a digest of 32 bytes".into()).into()),
        Some(said) if said.is_empty() => {
            let detail = "no view has applied an entry yet";
            Err(Failure::new(
                Exit::Refused,
                "NOTHING_TO_RECORD",
                detail,
                both!("Do it again when the log has entries.", "请在日志有条目之后再执行。"),
            ))
        }
        Some(said) => Ok(said),
    }
}

fn record(view: &v1::View) -> Option<ViewsRecorded> {
    let digest = ViewDigest::from_slice(&view.digest)?;
    let (size, version) = (Size::new(view.size), view.version);
    Code::new(&view.name).ok().map(|view| ViewsRecorded { size, view, version, digest })
}

fn row(seq: Seq, said: &ViewsRecorded) -> RecordedRow {
    RecordedRow {
        seq: seq.get(),
        view: said.view.to_string(),
        version: said.version.into(),
        size: said.size.get(),
        digest: Hash::of(said.digest.as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(name: &str, size: u64, digest: &[u8]) -> v1::View {
        v1::View { name: name.into(), version: 2, size, digest: digest.to_vec().into(), rows: 1, ..v1::View::default() }
    }

    #[test]
    fn each_view_is_recorded_at_its_own_size_once_it_has_one() {
        let said = records(&[view("a", 7, &[1; 32]), view("b", 0, &[2; 32]), view("c", 5, &[3; 32])]).unwrap();
        let said: Vec<_> = said.iter().map(|r| (r.view.as_str(), r.version, r.size.get(), r.digest)).collect();
        let digest = |byte| ViewDigest::from_bytes([byte; 32]);
        assert_eq!(said, [("a", 2, 7, digest(1)), ("c", 2, 5, digest(3))]);
    }

    #[test]
    fn there_may_be_nothing_to_record_or_no_sense_in_it() {
        let code = |views: &[v1::View]| records(views).unwrap_err().code;
        assert_eq!([code(&[]), code(&[view("a", 0, &[1; 32])])], ["NOTHING_TO_RECORD"; 2]);
        assert_eq!([code(&[view("a", 1, &[1; 31])]), code(&[view("A b", 1, &[1; 32])])], ["ANSWER_INVALID"; 2]);
    }
}
