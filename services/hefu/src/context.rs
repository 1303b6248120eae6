//! What every command has at hand: where the server is, and how to print.

use std::time::Duration;

use hefu_client::writer::Recovered;
use hefu_client::{ClientError, Outbox, Position, Reader, Retry, Server, Writer};
use hefu_proto::v1;
use hefu_types::{Event, Seq};
use indicatif::{ProgressBar, ProgressStyle};

use crate::args::AsOfArgs;
use crate::commands::receipt::{witnesses, word};
use crate::failure::Failure;
use crate::lang::note;
use crate::output::{self, Format, Hash, Record, Time, record};
use crate::signer::WriterArgs;

/// The global options.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    pub(crate) server: String,
    pub(crate) output: Format,
    pub(crate) patience: u64,
}

record! {
    /// Where a submission stands.
    struct Receipt {
        both seq: u64,
        both recorded_at: Time,
        both submission_hash: Hash,
        both chain_hash: Hash,
        both already_recorded: bool,
        both receipt: Option<String>,
        both witnesses: Vec<String>,
    }
}

impl From<&Position> for Receipt {
    fn from(position: &Position) -> Self {
        Self {
            seq: position.seq.get(),
            recorded_at: Time(position.recorded_at.get()),
            submission_hash: Hash::of(position.submission_hash.as_bytes()),
            chain_hash: Hash::of(position.chain_hash.as_bytes()),
            already_recorded: position.already_recorded,
            receipt: None,
            witnesses: vec![],
        }
    }
}

impl Context {
    pub(crate) fn server(&self) -> Result<Server, Failure> {
        let retry = Retry { give_up_after: Duration::from_secs(self.patience), ..Retry::default() };
        Ok(Server::new(&self.server, retry)?)
    }

    pub(crate) fn reader(&self) -> Result<Reader, Failure> {
        Ok(Reader::new(self.server()?))
    }

    /// Opens the outbox of a key, tells what became of what an earlier run had left unanswered, and looks after the receipts.
    pub(crate) async fn writer(&self, args: &WriterArgs) -> Result<Writer, Failure> {
        let policy = args.policy()?;
        let keys = args.signer.load()?;
        let mut writer = Writer::open(self.server()?, keys, &Outbox::beside(&args.signer.key)).await?;
        for recovered in writer.recovered() {
            match &recovered.outcome {
                Ok(position) => {
                    let (number, seq) = (recovered.key_seq, position.seq);
                    note!(
                        "an earlier submission ({number}) is recorded at seq {seq}",
                        "此前的提交（编号 {number}）已入账，序号 {seq}"
                    );
                }
                Err(refusal) => {
                    let number = recovered.key_seq;
                    note!(
                        "an earlier submission ({number}) was refused: {refusal}",
                        "此前的提交（编号 {number}）被拒绝：{refusal}"
                    );
                }
            }
        }
        if args.waits() {
            writer.wait_for_quorum();
        }
        if let Some(policy) = policy {
            writer.hold_to(policy).await?;
            // It fails the command, but not before what is to be said was said.
            if let Err(error) = writer.contradicted() {
                note!("warning: {error}", "警告：{error}");
            }
        }
        Ok(writer)
    }

    /// One moment for several questions, and the position that views must have seen for it: without a moment, the head as it is
    /// now.
    pub(crate) async fn moment(&self, args: &AsOfArgs) -> Result<(v1::AsOf, u64), Failure> {
        if let Some(moment) = args.moment() {
            return Ok((moment, args.min_seq));
        }
        let head = self.reader()?.head().await?.size.last_seq().unwrap_or(Seq::FIRST);
        let seq = head.get().max(args.min_seq);
        Ok((v1::AsOf { moment: Some(v1::as_of::Moment::Seq(seq)) }, seq))
    }

    /// Signs and submits an event, and prints where it stands.
    pub(crate) async fn submit(&self, args: &WriterArgs, event: impl Into<Event>) -> Result<(), Failure> {
        self.submit_by(self.writer(args).await?, event).await
    }

    /// The same by a writer at hand. An event that an earlier run had left unanswered, and that is recorded, is not said twice.
    pub(crate) async fn submit_by(&self, mut writer: Writer, event: impl Into<Event>) -> Result<(), Failure> {
        let event = event.into();
        if let Some(position) = recovered(&writer, |said| *said == event) {
            return self.recorded(&writer, position);
        }
        let position = writer.submit(vec![event]).await?;
        self.recorded(&writer, &position)
    }

    /// Prints where a submission stands, and how its receipt does.
    pub(crate) fn recorded(&self, writer: &Writer, position: &Position) -> Result<(), Failure> {
        let mut receipt = Receipt::from(position);
        if let Some(checked) = writer.receipt(position) {
            receipt.receipt = Some(word(&checked.state).into());
            receipt.witnesses = witnesses(&checked.state);
        }
        self.one(&receipt)?;
        Ok(writer.contradicted()?)
    }

    /// The receipt of an entry that was recorded before.
    pub(crate) async fn receipt(&self, seq: Seq) -> Result<Receipt, Failure> {
        let entry = self.reader()?.entries(seq, seq.size()).next().await?;
        let entry = entry.ok_or_else(|| ClientError::Protocol(format!("no entry at seq {seq}")))?;
        Ok(Receipt {
            seq: seq.get(),
            recorded_at: Time(entry.recorded_at().get()),
            submission_hash: Hash::of(entry.signed().hash().as_bytes()),
            chain_hash: Hash::of(entry.chain_hash().as_bytes()),
            already_recorded: true,
            receipt: None,
            witnesses: vec![],
        })
    }

    pub(crate) fn rows<R: Record>(&self, rows: &[R]) -> Result<(), Failure> {
        Ok(output::print(&output::rows(self.output, rows))?)
    }

    pub(crate) fn one<R: Record>(&self, thing: &R) -> Result<(), Failure> {
        Ok(output::print(&output::one(self.output, thing))?)
    }

    pub(crate) fn with_rows<R: Record, S: Record>(&self, thing: &R, name: &str, rows: &[S]) -> Result<(), Failure> {
        Ok(output::print(&output::with_rows(self.output, thing, name, rows))?)
    }
}

/// Where the newest of what an earlier run had left unanswered is recorded, if it is the very thing that is to be submitted
/// now: then the same command was given again, and is done.
pub(crate) fn recovered(writer: &Writer, is_same: impl Fn(&Event) -> bool) -> Option<&Position> {
    recovered_as(writer.recovered(), is_same)
}

fn recovered_as(recovered: &[Recovered], is_same: impl Fn(&Event) -> bool) -> Option<&Position> {
    let newest = recovered.last()?;
    match newest.events.as_slice() {
        [event] if is_same(event) => newest.outcome.as_ref().ok(),
        _ => None,
    }
}

/// A progress bar on stderr; nothing when that is no terminal.
pub(crate) fn progress(what: &str, total: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} {wide_bar} {human_pos}/{human_len} {eta}");
    ProgressBar::new(total).with_style(style.expect("a template")).with_message(what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use hefu_types::event::membership::MemberSuspended;
    use hefu_types::{ChainHash, Code, KeySeq, Millis, Reason, Refusal, SubmissionHash, Text};

    #[test]
    fn only_the_newest_recovered_submission_can_be_this_one() {
        let event = |member| {
            let member = Code::new(member).unwrap();
            Event::from(MemberSuspended { member, reason: Text::default() })
        };
        let position = Position {
            seq: Seq::new(7),
            recorded_at: Millis::new(1),
            chain_hash: ChainHash::NONE,
            submission_hash: SubmissionHash::NONE,
            already_recorded: false,
        };
        let recorded = |events| Recovered { key_seq: KeySeq::new(1), events, outcome: Ok(position) };
        let found = |recovered: &[Recovered]| recovered_as(recovered, |e| *e == event("a")).map(|p| p.seq.get());
        let (same, other) = (|| recorded(vec![event("a")]), || recorded(vec![event("b")]));
        assert_eq!(found(&[other(), same()]), Some(7));
        assert_eq!(found(&[same(), other()]), None, "it may have been undone");
        assert_eq!(found(&[recorded(vec![event("a"), event("b")])]), None);
        let refused = Err(Refusal::new(Reason::RoleMissing, "", ""));
        assert_eq!(found(&[Recovered { outcome: refused, ..same() }]), None);
        assert_eq!(found(&[]), None);
    }
}
