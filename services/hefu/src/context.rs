//! What every command has at hand: where the server is, and how to print.

use std::time::Duration;

use hefu_client::{Outbox, Position, Reader, Retry, Server, Writer};
use hefu_types::Event;
use indicatif::{ProgressBar, ProgressStyle};

use crate::failure::Failure;
use crate::output::{self, Format, Hash, Record, Time, record};
use crate::signer::SignerArgs;

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

    /// Opens the outbox of a key, and tells what became of what an earlier run had left unanswered.
    pub(crate) async fn writer(&self, signer: &SignerArgs) -> Result<Writer, Failure> {
        let keys = signer.load()?;
        let writer = Writer::open(self.server()?, keys, &Outbox::beside(&signer.key)).await?;
        for recovered in writer.recovered() {
            match &recovered.outcome {
                Ok(position) => {
                    eprintln!("an earlier submission ({}) is recorded at seq {}", recovered.key_seq, position.seq);
                }
                Err(refusal) => eprintln!("an earlier submission ({}) was refused: {refusal}", recovered.key_seq),
            }
        }
        Ok(writer)
    }

    /// Signs and submits events as one submission, and prints where it stands.
    pub(crate) async fn submit(&self, signer: &SignerArgs, events: Vec<Event>) -> Result<(), Failure> {
        let position = self.writer(signer).await?.submit(events).await?;
        self.one(&Receipt::from(&position))
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

/// A progress bar on stderr; nothing when that is no terminal.
pub(crate) fn progress(what: &str, total: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} {wide_bar} {human_pos}/{human_len} {eta}");
    ProgressBar::new(total).with_style(style.expect("a template")).with_message(what.to_owned())
}
