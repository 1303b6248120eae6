//! What the ledger holds of plans, read from the log itself.

use std::collections::{BTreeMap, BTreeSet};

use hefu_types::event::membership::LedgerLimits;
use hefu_types::event::plan::{PlanPublished, Strength};
use hefu_types::{Code, Event, Reason, Refusal, Seq};

use crate::commands::log::decode;
use crate::context::{Context, progress};
use crate::failure::Failure;
use crate::lang::both;

/// Plans and what belongs to them, by plan and code.
#[derive(Debug, Default)]
pub(crate) struct Known {
    pub(crate) limits: Option<LedgerLimits>,
    pub(crate) plans: BTreeMap<Code, PlanPublished>,
    /// The part of each task.
    pub(crate) tasks: BTreeMap<(Code, Code), Code>,
    /// The part of each milestone.
    pub(crate) milestones: BTreeMap<(Code, Code), Code>,
    /// The plan and part of each indicator.
    pub(crate) indicators: BTreeMap<Code, (Code, Code)>,
    pub(crate) targets: BTreeSet<(Code, Code, u32, Strength)>,
}

impl Known {
    /// Reads the log up to its head.
    pub(crate) async fn read(context: &Context) -> Result<Self, Failure> {
        let reader = context.reader()?;
        let head = reader.head().await?;
        let bar = progress("reading the log", head.size.get());
        let mut entries = reader.entries(Seq::FIRST, head.size);
        let mut known = Self::default();
        while let Some(entry) = entries.next().await? {
            let decoded = decode(&entry)?;
            decoded.submission.events.iter().for_each(|event| known.take(event));
            bar.inc(1);
        }
        bar.finish_and_clear();
        Ok(known)
    }

    pub(crate) fn take(&mut self, event: &Event) {
        match event {
            Event::LedgerOpened(e) => self.limits = Some(e.limits.clone()),
            Event::PlanPublished(e) => drop(self.plans.insert(e.plan.clone(), (**e).clone())),
            Event::TaskDefined(e) => drop(self.tasks.insert((e.plan.clone(), e.task.clone()), e.part.clone())),
            Event::MilestoneSet(e) => {
                drop(self.milestones.insert((e.plan.clone(), e.milestone.clone()), e.part.clone()));
            }
            Event::IndicatorDefined(e) => {
                drop(self.indicators.insert(e.indicator.clone(), (e.plan.clone(), e.part.clone())));
            }
            Event::TargetSet(e) => drop(self.targets.insert((e.indicator.clone(), e.area.clone(), e.year, e.strength))),
            _ => {}
        }
    }

    /// A plan of the ledger.
    pub(crate) fn plan(&self, code: &Code) -> Result<&PlanPublished, Failure> {
        let unknown = || Refusal::new(Reason::PlanUnknown, "plan", format!("no plan {code}"));
        self.plans
            .get(code)
            .ok_or_else(|| refused(unknown(), both!("`hefu plan list` lists them.", "可用 `hefu plan list` 列出。")))
    }

    /// Refuses a plan that the ledger does not have, and an area that neither it nor, without it, any plan speaks of.
    pub(crate) fn check(&self, plan: Option<&Code>, area: Option<&Code>) -> Result<(), Failure> {
        let plans = match plan {
            Some(code) => vec![self.plan(code)?],
            None => self.plans.values().collect(),
        };
        let speaks_of = |area: &Code| plans.iter().any(|plan| plan.areas.iter().any(|known| known.code == *area));
        match area {
            Some(code) if !speaks_of(code) => {
                let of = plan.map_or("any plan".to_owned(), |plan| format!("plan {plan}"));
                let refusal = Refusal::new(Reason::AreaUnknown, "area", format!("no area {code} in {of}"));
                Err(refused(
                    refusal,
                    both!("Leave out --area: the board shows the areas.", "请去掉 --area：看板会列出各地区。"),
                ))
            }
            _ => Ok(()),
        }
    }

    /// Whether the ledger has what an event of a plan would add.
    pub(crate) fn has(&self, event: &Event) -> bool {
        match event {
            Event::PlanPublished(e) => self.plans.contains_key(&e.plan),
            Event::TaskDefined(e) => self.tasks.contains_key(&(e.plan.clone(), e.task.clone())),
            Event::MilestoneSet(e) => self.milestones.contains_key(&(e.plan.clone(), e.milestone.clone())),
            Event::IndicatorDefined(e) => self.indicators.contains_key(&e.indicator),
            Event::TargetSet(e) => self.targets.contains(&(e.indicator.clone(), e.area.clone(), e.year, e.strength)),
            _ => false,
        }
    }
}

fn refused(refusal: Refusal, remedy: String) -> Failure {
    Failure { remedy, ..refusal.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hefu_seeds::Catalogue;

    #[test]
    fn what_names_nothing_is_refused() {
        let mut known = Known::default();
        Catalogue::guizhou().unwrap().plan_events().unwrap().iter().for_each(|event| known.take(event));
        let plan = known.plans.keys().next().unwrap().clone();
        let code = |plan: Option<&Code>, area: &str| {
            let area = Some(Code::new(area).unwrap());
            known.check(plan, area.as_ref()).map_or_else(|failure| failure.code, |()| "")
        };
        let nope = Code::new("nope").unwrap();
        assert_eq!([code(None, "520000"), code(Some(&plan), "520000")], ["", ""]);
        assert_eq!([code(None, "1"), code(Some(&plan), "1")], ["AREA_UNKNOWN"; 2]);
        assert_eq!(code(Some(&nope), "520000"), "PLAN_UNKNOWN");
        assert!(known.check(Some(&plan), None).is_ok());
    }

    #[test]
    fn every_event_of_a_plan_is_known_once_it_was_read() {
        let mut known = Known::default();
        for event in Catalogue::guizhou().unwrap().plan_events().unwrap() {
            assert!(!known.has(&event), "{event:?}");
            known.take(&event);
            assert!(known.has(&event), "{event:?}");
        }
    }
}
