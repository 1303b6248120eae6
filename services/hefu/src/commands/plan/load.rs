//! `hefu plan load`.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use hefu_client::batch;
use hefu_types::{Event, Refusal};

use super::known::Known;
use crate::commands::plan::built_in;
use crate::context::{Context, progress};
use crate::failure::{Exit, Failure};
use crate::output::record;
use crate::signer::SignerArgs;

record! {
    /// How much of a kind was there, and how much was added.
    struct LoadRow {
        both kind: String,
        both in_plan: u64,
        both existing: u64,
        both recorded: u64,
    }
}

/// Publishes what is missing, in as few submissions as the ledger allows. A refusal ends it; a second run goes on.
pub(super) async fn run(context: &Context, plan: &str, signer: &SignerArgs) -> Result<Exit, Failure> {
    let events = built_in(plan)?.plan_events()?;
    let mut writer = context.writer(signer).await?;
    let known = Known::read(context).await?;
    let limits = known.limits.clone().ok_or_else(|| Failure::usage("the log has no genesis entry", ""))?;
    let missing: Vec<Event> = events.iter().filter(|event| !known.has(event)).cloned().collect();
    let batches = batch::pack(missing.clone(), &limits);
    let bar = progress("events", missing.len() as u64);
    let (mut recorded, mut refused) = (vec![], None);
    let sent = writer
        .submit_all(batches.clone(), |index, answer| match answer {
            Ok(_) => {
                bar.inc(batches[index].len() as u64);
                recorded.extend(batches[index].iter());
                ControlFlow::Continue(())
            }
            Err(refusal) => {
                refused.get_or_insert(refusal);
                ControlFlow::Break(())
            }
        })
        .await;
    bar.finish_and_clear();
    context.rows(&rows(&events, &known, &recorded))?;
    sent?;
    finish(refused)
}

fn finish(refused: Option<Refusal>) -> Result<Exit, Failure> {
    match refused {
        None => Ok(Exit::Done),
        Some(refusal) => Err(refusal.into()),
    }
}

fn rows(events: &[Event], known: &Known, recorded: &[&Event]) -> Vec<LoadRow> {
    let mut counts: BTreeMap<usize, LoadRow> = BTreeMap::new();
    let order = |event: &Event| Event::KINDS.iter().position(|kind| *kind == event.kind()).unwrap_or_default();
    for event in events {
        let new = LoadRow { kind: event.kind().into(), in_plan: 0, existing: 0, recorded: 0 };
        let row = counts.entry(order(event)).or_insert(new);
        row.in_plan += 1;
        row.existing += u64::from(known.has(event));
    }
    for event in recorded {
        counts.entry(order(event)).and_modify(|row| row.recorded += 1);
    }
    counts.into_values().collect()
}
