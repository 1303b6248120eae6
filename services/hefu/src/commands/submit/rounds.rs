//! Many rows under few signatures, so that each row still gets its own answer.
//!
//! Rows of the same cell depend on one another, so they go in *waves*: a wave holds each cell once, and knows what stands
//! from the wave before. Within a wave, a refused submission names the row at fault; that row is out, and the others go
//! again in the next *round*. Rows that were recorded before, by an earlier run, are found standing and skipped.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::Path;

use hefu_client::{Position, Writer, batch};
use hefu_types::event::membership::LedgerLimits;
use hefu_types::limits::SUBMISSION_BYTES_MAX;
use hefu_types::{Code, Event, Reason, Refusal, Seq};
use indicatif::ProgressBar;

use super::line::{Line, Outcome};
use super::standing::Standing;
use super::{csv_file, report};
use crate::args::StandingArg;
use crate::context::{Context, progress};
use crate::failure::{Exit, Failure};
use crate::observation::Observation;
use crate::signer::WriterArgs;

/// Reports the rows of a file and prints what became of each.
pub(crate) async fn run(context: &Context, signer: &WriterArgs, path: &Path, rows: u32) -> Result<Exit, Failure> {
    let mut lines = csv_file::read(path)?;
    let limits = LedgerLimits { max_events: rows, max_submission_bytes: SUBMISSION_BYTES_MAX as u32 };
    let writer = context.writer(signer).await?;
    let bar = progress("rows", lines.len() as u64);
    let seen = context.reader()?.head().await?.size.last_seq().unwrap_or(Seq::FIRST);
    let mut sender = Sender { context, writer, limits, seen, bar };
    let outcome = sender.send(&mut lines).await;
    sender.bar.finish_and_clear();
    let table: Vec<_> = lines.iter().map(report::row).collect();
    context.rows(&table)?;
    outcome?;
    let exit = summary(&lines);
    if sender.writer.pending_receipts() > 0 {
        eprintln!("{} receipts are pending: `hefu receipt check` looks again", sender.writer.pending_receipts());
    }
    sender.writer.contradicted()?;
    Ok(exit)
}

fn summary(lines: &[Line]) -> Exit {
    let count = |test: fn(&Outcome) -> bool| lines.iter().filter(|l| l.outcome.as_ref().is_some_and(test)).count();
    let refused = count(|o| matches!(o, Outcome::Refused(_)));
    let recorded = count(|o| matches!(o, Outcome::Recorded(..)));
    let standing = count(|o| matches!(o, Outcome::Standing(..)));
    eprintln!("{recorded} recorded, {standing} stood already, {refused} refused");
    if refused == 0 { Exit::Done } else { Exit::Refused }
}

struct Sender<'a> {
    context: &'a Context,
    writer: Writer,
    limits: LedgerLimits,
    /// The last position known: what stands is asked for once the view has seen it.
    seen: Seq,
    bar: ProgressBar,
}

impl Sender<'_> {
    async fn send(&mut self, lines: &mut [Line]) -> Result<(), Failure> {
        loop {
            self.tick(lines);
            let wave = next_wave(lines);
            if wave.is_empty() {
                return Ok(());
            }
            let facts = self.resolve(lines, &wave).await?;
            self.rounds(lines, facts).await?;
        }
    }

    fn tick(&self, lines: &[Line]) {
        self.bar.set_position(lines.iter().filter(|line| line.outcome.is_some()).count() as u64);
    }

    /// The events of a wave's rows; rows that need none get their outcome.
    async fn resolve(&self, lines: &mut [Line], wave: &[usize]) -> Result<Vec<(usize, Event)>, Failure> {
        let indicators: BTreeSet<&Code> =
            wave.iter().filter_map(|&i| lines[i].waiting()).map(|o| &o.fact.indicator).collect();
        let standing = Standing::fetch(self.context, indicators, self.seen).await?;
        let mut facts = vec![];
        for &index in wave {
            let observation = lines[index].waiting().expect("a wave holds waiting rows");
            match resolve(&standing, observation) {
                Ok(event) => facts.push((index, event)),
                Err(outcome) => lines[index].outcome = Some(outcome),
            }
        }
        Ok(facts)
    }

    /// Sends rows until each has its outcome: every round takes at least one row out of each refused submission.
    async fn rounds(&mut self, lines: &mut [Line], mut facts: Vec<(usize, Event)>) -> Result<(), Failure> {
        while !facts.is_empty() {
            let batches = batch::pack(facts.iter().map(|(_, event)| event.clone()).collect(), &self.limits);
            let mut rows = facts.iter().map(|(index, _)| *index);
            let members: Vec<Vec<usize>> = batches.iter().map(|b| rows.by_ref().take(b.len()).collect()).collect();
            let (bar, seen) = (&self.bar, &mut self.seen);
            self.writer
                .submit_all(batches, |batch, answer| {
                    if let Ok(position) = &answer {
                        *seen = position.seq.max(*seen);
                    }
                    bar.inc(settle(lines, &members[batch], answer));
                    ControlFlow::Continue(())
                })
                .await?;
            facts.retain(|(index, _)| lines[*index].outcome.is_none());
        }
        Ok(())
    }
}

/// The first waiting row of each cell.
fn next_wave(lines: &[Line]) -> Vec<usize> {
    let mut cells = BTreeSet::new();
    let waiting = lines.iter().enumerate().filter_map(|(i, line)| Some((i, line.waiting()?)));
    waiting.filter(|(_, observation)| cells.insert(observation.cell())).map(|(i, _)| i).collect()
}

/// What is to be sent for a row, or what becomes of it without.
fn resolve(standing: &Standing, observation: &Observation) -> Result<Event, Outcome> {
    let cell = observation.cell();
    let correction = observation.supersedes.is_some();
    if let Some((seq, index)) = standing.recorded(&cell, &observation.fact, correction) {
        return Err(Outcome::Standing(seq, index));
    }
    let supersedes = match observation.supersedes {
        None => None,
        Some(StandingArg::Event(hash, index)) => Some(StandingArg::event(hash, index)),
        Some(StandingArg::Auto) => Some(standing.named(&cell).map_err(Outcome::Refused)?),
    };
    Ok(observation.superseding(supersedes).into())
}

/// Notes the answer to a submission; returns how many rows have their outcome by it.
fn settle(lines: &mut [Line], rows: &[usize], answer: Result<Position, Refusal>) -> u64 {
    match answer {
        Ok(position) => {
            for (event, &row) in (0..).zip(rows) {
                lines[row].outcome = Some(Outcome::Recorded(position.seq.get(), event));
            }
            rows.len() as u64
        }
        Err(refusal) => {
            let at_fault = row_at_fault(&refusal).and_then(|event| rows.get(event));
            let out = at_fault.map_or(rows, std::slice::from_ref);
            for &row in out {
                lines[row].outcome = Some(Outcome::Refused(refusal.clone()));
            }
            out.len() as u64
        }
    }
}

/// The event that a refusal is about; none when it is about the signer or the submission as a whole.
fn row_at_fault(refusal: &Refusal) -> Option<usize> {
    if refusal.reason == Reason::RoleMissing {
        return None;
    }
    refusal.field.strip_prefix("events[")?.split_once(']')?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::Draft;
    use hefu_types::{ChainHash, Millis, SubmissionHash};

    fn lines(cells: &[(&str, &str)]) -> Vec<Line> {
        let draft = |(period, value): &(&str, &str)| Draft {
            indicator: "gz-5g".into(),
            area: "520000".into(),
            period: (*period).into(),
            value: (*value).into(),
            ..Draft::default()
        };
        (2..).zip(cells).map(|(line, cell)| Line::new(line, draft(cell))).collect()
    }

    fn recorded(seq: u64) -> Position {
        Position {
            seq: Seq::new(seq),
            recorded_at: Millis::new(1),
            chain_hash: ChainHash::NONE,
            submission_hash: SubmissionHash::NONE,
            already_recorded: false,
        }
    }

    #[test]
    fn a_wave_holds_each_cell_once_in_order() {
        let mut lines = lines(&[("2023", "1"), ("2024", "2"), ("2023", "3"), ("2024", "bad"), ("2023", "4")]);
        let mut waves = vec![];
        loop {
            let wave = next_wave(&lines);
            if wave.is_empty() {
                break;
            }
            settle(&mut lines, &wave, Ok(recorded(5)));
            waves.push(wave);
        }
        assert_eq!(waves, [vec![0, 1], vec![2], vec![4]]);
    }

    #[test]
    fn an_answer_reaches_each_row() {
        let mut lines = lines(&[("2021", "1"), ("2022", "2"), ("2023", "3"), ("2024", "4")]);
        assert_eq!(settle(&mut lines, &[1, 3], Ok(recorded(9))), 2);
        assert_eq!(lines[3].outcome, Some(Outcome::Recorded(9, 1)));
        let refusal = Refusal::new(Reason::StockFell, "events[1].observation_reported.value", "it fell");
        assert_eq!(settle(&mut lines, &[0, 2], Err(refusal.clone())), 1);
        assert_eq!((&lines[0].outcome, &lines[2].outcome), (&None, &Some(Outcome::Refused(refusal))));
    }

    #[test]
    fn a_refused_signer_refuses_all_rows() {
        for (reason, field) in [(Reason::KeyRevoked, "key"), (Reason::RoleMissing, "events[0].observation_reported")] {
            let mut lines = lines(&[("2023", "1"), ("2024", "2")]);
            assert_eq!(settle(&mut lines, &[0, 1], Err(Refusal::new(reason, field, ""))), 2, "{reason}");
        }
        let mut lines = lines(&[("2023", "1")]);
        let beyond = Refusal::new(Reason::StockFell, "events[7].value", "");
        assert_eq!(settle(&mut lines, &[0], Err(beyond)), 1, "every round ends");
    }
}
