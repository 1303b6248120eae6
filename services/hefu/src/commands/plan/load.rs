//! `hefu plan load`.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use hefu_client::batch;
use hefu_proto::v1;
use hefu_types::{Code, Event, Reason, Refusal};

use super::known::Known;
use crate::commands::plan::built_in;
use crate::context::{Context, progress};
use crate::failure::{Exit, Failure};
use crate::output::record;
use crate::signer::WriterArgs;

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
pub(super) async fn run(context: &Context, plan: &str, signer: &WriterArgs) -> Result<Exit, Failure> {
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
    let failed = refused.is_some() || sent.is_err();
    if !failed || !recorded.is_empty() {
        context.rows(&rows(&events, &known, &recorded))?;
    }
    sent?;
    match refused {
        None => writer.contradicted().map(|()| Exit::Done).map_err(Failure::from),
        Some(refusal) if refusal.reason == Reason::MemberUnknown => Err(no_members(context, plan, refusal).await?),
        Some(refusal) => Err(refusal.into()),
    }
}

/// The refusal of a unit that is no member, with all others that are none.
async fn no_members(context: &Context, plan: &str, refusal: Refusal) -> Result<Failure, Failure> {
    let request = v1::ListMembersRequest::default();
    let answer = context.server()?.ask(async |server| server.views().list_members(request).await).await?;
    let members: Vec<&str> = answer.members.iter().map(|member| member.member.as_str()).collect();
    let units: Vec<Code> = built_in(plan)?.admissions()?.into_iter().map(|unit| unit.member).collect();
    Ok(missing_units(plan, &units, &members, refusal))
}

fn missing_units(plan: &str, units: &[Code], members: &[&str], refusal: Refusal) -> Failure {
    let missing: Vec<&str> = units.iter().map(Code::as_str).filter(|unit| !members.contains(unit)).collect();
    if missing.is_empty() {
        return refusal.into();
    }
    let detail = format!("units of {plan} that are not members yet ({}): {}", missing.len(), missing.join(", "));
    let remedy = format!(
        "Admit each with `hefu member admit --from {plan}`, then do the same again; `hefu plan units {plan}` lists the units."
    );
    Failure { detail, remedy, ..refusal.into() }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_units_that_are_missing_are_named_at_once() {
        let units = ["a", "b", "c"].map(|unit| Code::new(unit).unwrap());
        let refusal =
            || Refusal::new(Reason::MemberUnknown, "events[0].indicator_defined.reporting_units", "no member a");
        let failure = missing_units("guizhou", &units, &["office", "b"], refusal());
        assert_eq!((failure.code, failure.exit), ("MEMBER_UNKNOWN", Exit::Refused));
        assert_eq!(failure.detail, "units of guizhou that are not members yet (2): a, c");
        assert!(
            failure.remedy.contains("member admit --from guizhou") && failure.remedy.contains("plan units guizhou")
        );
        assert_eq!(missing_units("guizhou", &units, &["a", "b", "c"], refusal()).detail, "no member a");
    }
}
