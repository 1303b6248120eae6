//! One function a table.

use std::iter;

use hefu_types::event::membership::{ConferenceRole, MemberType};
use hefu_types::event::plan::{
    Area, Comparator, Direction, IndicatorDefined, Measure, MilestoneSet, PlanPart, PlanPublished, RollUp, Strength,
    TargetSet, TaskDefined,
};
use hefu_types::event::reporting::{ObsStatus, ObservationReported, Qualifier};
use hefu_types::event::{Name, Provenance, Source};
use hefu_types::{Event, Millis, PeriodType, Text};

use super::{Admission, EventError, Row};
use crate as seed;

/// What a correction's note says before its reason.
const REASON: &str = "; reason: ";

/// The same word in both vocabularies.
macro_rules! same {
    ($value:expr, $seed:ident => $ledger:ident { $($word:ident)+ }) => {
        match $value { $(seed::$seed::$word => $ledger::$word,)+ }
    };
}

fn name(at: &Row<'_>, zh: &str, en: &str) -> Result<Name, EventError> {
    Ok(Name { zh: at.text("zh", zh)?, en: at.text("en", en)? })
}

fn provenance(at: &Row<'_>, document: &str, section: &str, note: &str) -> Result<Option<Provenance>, EventError> {
    Ok(Some(Provenance {
        document: at.text("document", document)?,
        section: at.text("section", section)?,
        note: at.text("note", note)?,
    }))
}

/// The notes that say something, as one.
fn joined(notes: impl IntoIterator<Item = String>) -> String {
    notes.into_iter().filter(|note| !note.is_empty()).collect::<Vec<_>>().join("; ")
}

pub(super) fn admission(row: &seed::Unit, at: &Row<'_>) -> Result<Admission, EventError> {
    let role = |role| same!(role, ConferenceRole => ConferenceRole { Convener DeputyConvener Member });
    Ok(Admission {
        member: at.code("code", &row.code)?,
        name: name(at, &row.zh, &row.en)?,
        member_type: same!(row.member_type, MemberType => MemberType { Department AreaGovernment Enterprise Institution }),
        conference_role: row.conference_role.map(role),
    })
}

pub(super) fn plan(plan: &seed::Plan, at: &Row<'_>) -> Result<Event, EventError> {
    let from = &plan.provenance;
    let issued = if from.issued_on.is_empty() { String::new() } else { format!("Issued on {}. ", from.issued_on) };
    let note = format!("{issued}{}", from.note);
    Ok(Event::from(PlanPublished {
        plan: at.code("code", &plan.code)?,
        title: name(at, &plan.title.zh, &plan.title.en)?,
        issuer: name(at, &plan.issuer.zh, &plan.issuer.en)?,
        first_year: plan.first_year.into(),
        last_year: plan.last_year.into(),
        parts: plan.parts.iter().map(|p| part(p, at)).collect::<Result<_, _>>()?,
        areas: plan.areas.iter().map(|a| area(a, at)).collect::<Result<_, _>>()?,
        provenance: provenance(at, &from.document, &from.section, &note)?,
    }))
}

fn part(part: &seed::Part, at: &Row<'_>) -> Result<PlanPart, EventError> {
    Ok(PlanPart {
        code: at.code("parts.code", &part.code)?,
        title: name(at, &part.title.zh, &part.title.en)?,
        lead_units: at.codes("parts.lead_units", &part.lead_units)?,
    })
}

fn area(area: &seed::Area, at: &Row<'_>) -> Result<Area, EventError> {
    Ok(Area {
        code: at.code("areas.code", &area.code)?,
        name: name(at, &area.name.zh, &area.name.en)?,
        parent: at.optional("areas.parent", &area.parent)?,
        overlaps: !area.in_roll_up && !area.parent.is_empty(),
    })
}

pub(super) fn task(row: &seed::Task, at: &Row<'_>) -> Result<Event, EventError> {
    Ok(Event::from(TaskDefined {
        plan: at.code("plan", &at.catalogue.plan.code)?,
        task: at.code("task", &row.task)?,
        part: at.code("part", &row.part)?,
        number: at.text("number", &row.number)?,
        title: name(at, &row.zh, &row.en)?,
        lead_units: at.codes("lead_units", &row.lead_units)?,
        supporting_units: at.codes("supporting_units", &row.supporting_units)?,
        provenance: provenance(at, &row.document, &row.section, "")?,
    }))
}

pub(super) fn milestone(row: &seed::Milestone, at: &Row<'_>) -> Result<Event, EventError> {
    Ok(Event::from(MilestoneSet {
        plan: at.code("plan", &at.catalogue.plan.code)?,
        milestone: at.code("milestone", &row.milestone)?,
        part: at.code("part", &row.part)?,
        title: name(at, &row.zh, &row.en)?,
        year: row.year.into(),
        task: at.optional("task", &row.task)?,
        lead_units: at.codes("lead_units", &row.lead_units)?,
        provenance: provenance(at, &row.document, &row.section.join(";"), "")?,
    }))
}

pub(super) fn indicator(row: &seed::Indicator, at: &Row<'_>) -> Result<Event, EventError> {
    let period = |&kind| same!(kind, PeriodType => PeriodType { Year Half Quarter Month Day });
    let reporters: Vec<String> = at.catalogue.reporters_of(&row.indicator).map(str::to_owned).collect();
    let withheld = at.catalogue.withheld_of(&row.indicator);
    let withheld = withheld.map(|f| format!("printed, but no target ({}): {}; {}", f.fault, f.printed, f.reason));
    let note = joined(iter::once(row.note.clone()).chain(withheld));
    Ok(Event::from(IndicatorDefined {
        indicator: at.code("indicator", &row.indicator)?,
        plan: at.code("plan", &at.catalogue.plan.code)?,
        part: at.code("part", &row.part)?,
        name: name(at, &row.zh, &row.en)?,
        unit: at.text("unit", &row.unit)?,
        measure: same!(row.measure, Measure => Measure { Stock Flow Ratio }),
        direction: same!(row.direction, Direction => Direction { Higher Lower }),
        roll_up: same!(row.roll_up, RollUp => RollUp { Sum Last Max WeightedMean None }),
        weight: None,
        decimals: row.decimals,
        lead_units: at.codes("lead_units", &row.lead_units)?,
        reporting_units: at.codes("reporting_unit", &reporters)?,
        areas: at.codes("areas", &row.areas)?,
        period_types: row.period_types.iter().map(period).collect(),
        provenance: provenance(at, &row.document, &row.section.join(";"), &note)?,
    }))
}

pub(super) fn target(row: &seed::Target, at: &Row<'_>) -> Result<Event, EventError> {
    let note = joined([row.printed.clone(), row.note.clone()]);
    Ok(Event::from(TargetSet {
        indicator: at.code("indicator", &row.indicator)?,
        area: at.code("area", &row.area)?,
        year: row.year.into(),
        strength: same!(row.strength, Strength => Strength { Hard Stretch }),
        comparator: same!(row.comparator, Comparator => Comparator { AtLeast MoreThan Equal AtMost LessThan }),
        value: at.parse("value", &row.value)?,
        provenance: provenance(at, &row.document, &row.section.join(";"), &note)?,
    }))
}

pub(super) fn observation(row: &seed::Observation, at: &Row<'_>) -> Result<ObservationReported, EventError> {
    let status = row.obs_status.ok_or_else(|| at.error("obs_status", "a figure without a status is not submitted"))?;
    let (note, reason) = match row.corrects.as_str() {
        "" => (row.note.as_str(), ""),
        _ => row.note.rsplit_once(REASON).ok_or_else(|| at.error("note", "a correction ends in its reason"))?,
    };
    Ok(ObservationReported {
        indicator: at.code("indicator", &row.indicator)?,
        area: at.code("area", &row.area)?,
        period: at.parse("period", &row.period)?,
        value: Some(at.parse("value", &row.value)?),
        obs_status: same!(status, ObsStatus => ObsStatus { A B D E P U }),
        qualifier: Some(same!(row.qualifier, Qualifier => Qualifier { Exact AtLeast Approx MoreThan })),
        as_of_date: at.optional("as_of_date", &row.as_of_date)?,
        source: Some(source(row, at)?),
        note: at.text("note", note)?,
        supersedes: None,
        reason: at.text("note", reason)?,
        on_behalf_of: None,
        conf_status: None,
        method: Text::default(),
        evidence: vec![],
        embargo_until: Millis::default(),
        commitment: None,
        readers: vec![],
    })
}

fn source(row: &seed::Observation, at: &Row<'_>) -> Result<Source, EventError> {
    Ok(Source {
        title: at.text("source_title", &row.source_title)?,
        uri: at.text("source_url", &row.source_url)?,
        date: at.optional("source_date", &row.source_date)?,
    })
}
