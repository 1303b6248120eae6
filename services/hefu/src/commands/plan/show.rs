//! `hefu plan list` and `show`.

use hefu_types::Code;
use hefu_types::event::plan::{PlanPart, PlanPublished};

use super::known::Known;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::record;

record! {
    /// A plan of the ledger.
    struct PlanRow {
        both plan: String,
        both title_zh: String,
        both title_en: String,
        data issuer_zh: String,
        data issuer_en: String,
        both first_year: u64,
        both last_year: u64,
        data document: String,
        data areas: u64,
        both tasks: u64,
        both milestones: u64,
        both indicators: u64,
        both targets: u64,
    }
}

record! {
    /// A part of a plan.
    struct PartRow {
        both part: String,
        both title_zh: String,
        both title_en: String,
        both lead_units: Vec<String>,
        both tasks: u64,
        both milestones: u64,
        both indicators: u64,
        both targets: u64,
    }
}

pub(super) async fn list(context: &Context) -> Result<(), Failure> {
    let known = Known::read(context).await?;
    context.rows(&known.plans.values().map(|plan| plan_row(&known, plan)).collect::<Vec<_>>())
}

pub(super) async fn show(context: &Context, code: &Code) -> Result<(), Failure> {
    let known = Known::read(context).await?;
    let plan = known.plan(code)?;
    let parts: Vec<PartRow> = plan.parts.iter().map(|part| part_row(&known, plan, part)).collect();
    context.with_rows(&plan_row(&known, plan), "parts", &parts)
}

/// Tasks, milestones, indicators and targets of a plan, or of one of its parts.
fn counts(known: &Known, plan: &Code, part: Option<&Code>) -> [u64; 4] {
    let fits = |in_plan: &Code, in_part: &Code| in_plan == plan && part.is_none_or(|part| part == in_part);
    let tasks = known.tasks.iter().filter(|((p, _), part)| fits(p, part)).count();
    let milestones = known.milestones.iter().filter(|((p, _), part)| fits(p, part)).count();
    let of_plan = |indicator: &Code| known.indicators.get(indicator).is_some_and(|(p, part)| fits(p, part));
    let indicators = known.indicators.keys().filter(|code| of_plan(code)).count();
    let targets = known.targets.iter().filter(|(indicator, ..)| of_plan(indicator)).count();
    [tasks, milestones, indicators, targets].map(|n| n as u64)
}

fn plan_row(known: &Known, plan: &PlanPublished) -> PlanRow {
    let [tasks, milestones, indicators, targets] = counts(known, &plan.plan, None);
    PlanRow {
        plan: plan.plan.to_string(),
        title_zh: plan.title.zh.to_string(),
        title_en: plan.title.en.to_string(),
        issuer_zh: plan.issuer.zh.to_string(),
        issuer_en: plan.issuer.en.to_string(),
        first_year: plan.first_year.into(),
        last_year: plan.last_year.into(),
        document: plan.provenance.as_ref().map(|p| p.document.to_string()).unwrap_or_default(),
        areas: plan.areas.len() as u64,
        tasks,
        milestones,
        indicators,
        targets,
    }
}

fn part_row(known: &Known, plan: &PlanPublished, part: &PlanPart) -> PartRow {
    let [tasks, milestones, indicators, targets] = counts(known, &plan.plan, Some(&part.code));
    PartRow {
        part: part.code.to_string(),
        title_zh: part.title.zh.to_string(),
        title_en: part.title.en.to_string(),
        lead_units: part.lead_units.iter().map(Code::to_string).collect(),
        tasks,
        milestones,
        indicators,
        targets,
    }
}
