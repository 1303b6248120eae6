//! Many rows under few signatures, so that each row still gets its own answer.
//!
//! Rows of the same cell depend on one another, so they go in *waves*: a wave holds each cell once, and knows what stands
//! from the wave before. Within a wave, rows are submitted in batches, and a refused one is out without the others. Rows that
//! were recorded before, by an earlier run, are found standing and skipped.

use std::collections::BTreeSet;

use hefu_client::Writer;
use hefu_client::batch;
use hefu_types::{Code, Event, Opening, Seq};
use indicatif::ProgressBar;

use super::line::{Line, Outcome};
use super::report;
use super::standing::Standing;
use crate::args::StandingArg;
use crate::context::{Context, progress};
use crate::failure::{Exit, Failure};
use crate::lang::note;
use crate::observation::Observation;
use crate::signer::WriterArgs;

/// Reports the rows of a file and prints what became of each.
pub(crate) async fn run(
    context: &Context,
    signer: &WriterArgs,
    mut lines: Vec<Line>,
    rows: Option<u32>,
) -> Result<Exit, Failure> {
    let mut writer = context.writer(signer).await?;
    if let Some(rows) = rows {
        writer.set_batch(rows);
    }
    let bar = progress("rows", lines.len() as u64);
    let seen = context.reader()?.head().await?.size.last_seq().unwrap_or(Seq::FIRST);
    let mut sender = Sender { context, writer, seen, bar };
    let outcome = sender.send(&mut lines).await;
    sender.bar.finish_and_clear();
    let table: Vec<_> = lines.iter().map(report::row).collect();
    context.rows(&table)?;
    outcome?;
    let exit = summary(&lines);
    if sender.writer.pending_receipts() > 0 {
        let count = sender.writer.pending_receipts();
        note!(
            "{count} receipts are pending: `hefu receipt check` looks again",
            "有 {count} 份待见证回执：可用 `hefu receipt check` 再次检查"
        );
    }
    sender.writer.contradicted()?;
    Ok(exit)
}

fn summary(lines: &[Line]) -> Exit {
    let count = |test: fn(&Outcome) -> bool| lines.iter().filter(|l| l.outcome.as_ref().is_some_and(test)).count();
    let refused = count(|o| matches!(o, Outcome::Refused(_)));
    let recorded = count(|o| matches!(o, Outcome::Recorded(..)));
    let standing = count(|o| matches!(o, Outcome::Standing(..)));
    let blank = count(|o| matches!(o, Outcome::Blank));
    note!(
        "{recorded} recorded, {standing} stood already, {blank} blank, {refused} refused",
        "入账 {recorded} 行，此前已有 {standing} 行，空白 {blank} 行，拒绝 {refused} 行"
    );
    if refused == 0 { Exit::Done } else { Exit::Refused }
}

struct Sender<'a> {
    context: &'a Context,
    writer: Writer,
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
            if !facts.is_empty() {
                self.submit(lines, facts).await?;
            }
        }
    }

    fn tick(&self, lines: &[Line]) {
        self.bar.set_position(lines.iter().filter(|line| line.outcome.is_some()).count() as u64);
    }

    /// The events of a wave's rows; rows that need none get their outcome.
    async fn resolve(&mut self, lines: &mut [Line], wave: &[usize]) -> Result<Vec<(usize, Event)>, Failure> {
        let indicators: BTreeSet<&Code> =
            wave.iter().filter_map(|&i| lines[i].waiting()).map(|o| &o.fact.indicator).collect();
        let standing = Standing::fetch(self.context, indicators, self.seen).await?;
        let mut facts = vec![];
        for &index in wave {
            let observation = lines[index].waiting().expect("a wave holds waiting rows");
            match resolve(&standing, observation) {
                Ok((event, opening)) => {
                    self.writer.know(opening);
                    facts.push((index, event));
                }
                Err(outcome) => lines[index].outcome = Some(outcome),
            }
        }
        Ok(facts)
    }

    /// Submits a wave's rows until each has its outcome.
    async fn submit(&mut self, lines: &mut [Line], facts: Vec<(usize, Event)>) -> Result<(), Failure> {
        let (rows, events): (Vec<usize>, Vec<Event>) = facts.into_iter().unzip();
        let (bar, seen) = (&self.bar, &mut self.seen);
        let report = |number: u64, outcome: batch::Outcome| {
            if let Ok(place) = &outcome {
                *seen = place.position.seq.max(*seen);
            }
            let row = rows[usize::try_from(number).expect("fewer than there are rows")];
            lines[row].outcome = Some(outcome.into());
            bar.inc(1);
        };
        Ok(self.writer.submit_each(events, report).await?)
    }
}

/// The first waiting row of each cell.
fn next_wave(lines: &[Line]) -> Vec<usize> {
    let mut cells = BTreeSet::new();
    let waiting = lines.iter().enumerate().filter_map(|(i, line)| Some((i, line.waiting()?)));
    waiting.filter(|(_, observation)| cells.insert(observation.cell())).map(|(i, _)| i).collect()
}

/// What is to be sent for a row, or what becomes of it without.
fn resolve(standing: &Standing, observation: &Observation) -> Result<(Event, Option<Opening>), Outcome> {
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
    Ok(observation.event(supersedes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::Draft;

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

    #[test]
    fn a_wave_holds_each_cell_once_in_order() {
        let mut lines = lines(&[("2023", "1"), ("2024", "2"), ("2023", "3"), ("2024", "bad"), ("2023", "4")]);
        let mut waves = vec![];
        loop {
            let wave = next_wave(&lines);
            if wave.is_empty() {
                break;
            }
            wave.iter().for_each(|&row| lines[row].outcome = Some(Outcome::Recorded(5, 0)));
            waves.push(wave);
        }
        assert_eq!(waves, [vec![0, 1], vec![2], vec![4]]);
    }
}
