//! The built-in catalogues.

use hefu_seeds::{Admission, Catalogue, EventError, PLANS, Report};
use hefu_types::Code;

use crate::context::Context;
use crate::failure::Failure;
use crate::lang::both;
use crate::output::{Number, record};

record! {
    /// A unit of a plan.
    struct UnitRow {
        both member: String,
        both name_zh: String,
        both name_en: String,
        both member_type: String,
        both conference_role: String,
        both reports: u64,
    }
}

record! {
    /// A published figure: the columns of `hefu submit --csv`.
    struct ReportRow {
        both indicator: String,
        both area: String,
        both period: String,
        both value: Option<Number>,
        both status: String,
        both qualifier: String,
        data as_of_date: String,
        both source_title: String,
        data source_uri: String,
        data source_date: String,
        data note: String,
        both supersedes: String,
        both reason: String,
        data method: String,
        data conf_status: String,
        data embargo_until: String,
        data readers: String,
    }
}

/// The catalogue of a built-in plan.
pub(crate) fn built_in(plan: &str) -> Result<Catalogue, Failure> {
    let names: Vec<&str> = PLANS.iter().map(|files| files.folder).collect();
    let files = PLANS.iter().find(|files| files.folder == plan).ok_or_else(|| {
        Failure::usage(format!("no plan named {plan:?} is built in"), format!("Built in: {}.", names.join(", ")))
    })?;
    Catalogue::load(files).map_err(|e| damaged(&e))
}

fn damaged(error: &dyn std::error::Error) -> Failure {
    Failure::usage(
        both!("the built-in catalogue does not fit the ledger", "内置规划与账本不符"),
        "Report it to the makers.",
    )
    .because(error)
}

impl From<EventError> for Failure {
    fn from(error: EventError) -> Self {
        damaged(&error)
    }
}

pub(super) fn units(context: &Context, plan: &str) -> Result<(), Failure> {
    let catalogue = built_in(plan)?;
    let reports = catalogue.reports()?;
    let rows: Vec<UnitRow> = catalogue.admissions()?.into_iter().map(|unit| unit_row(unit, &reports)).collect();
    context.rows(&rows)
}

fn unit_row(unit: Admission, reports: &[Report]) -> UnitRow {
    UnitRow {
        reports: reports.iter().filter(|report| report.reporter == unit.member).count() as u64,
        member: unit.member.to_string(),
        name_zh: unit.name.zh.to_string(),
        name_en: unit.name.en.to_string(),
        member_type: unit.member_type.name().to_ascii_lowercase(),
        conference_role: unit.conference_role.map(|r| r.name().to_ascii_lowercase()).unwrap_or_default(),
    }
}

pub(super) fn reports(context: &Context, plan: &str, reporter: Option<&Code>) -> Result<(), Failure> {
    let reports = built_in(plan)?.reports()?;
    let wanted = |report: &&Report| reporter.is_none_or(|code| report.reporter == *code);
    context.rows(&reports.iter().filter(wanted).map(report_row).collect::<Vec<_>>())
}

fn report_row(report: &Report) -> ReportRow {
    let fact = report.fact();
    let source = fact.source.as_ref();
    ReportRow {
        indicator: fact.indicator.to_string(),
        area: fact.area.to_string(),
        period: fact.period.to_string(),
        value: fact.value.map(|value| Number(value.to_string())),
        status: fact.obs_status.to_string(),
        qualifier: fact.qualifier.map(|q| q.name().to_ascii_lowercase()).unwrap_or_default(),
        as_of_date: fact.as_of_date.map(|d| d.to_string()).unwrap_or_default(),
        source_title: source.map(|s| s.title.to_string()).unwrap_or_default(),
        source_uri: source.map(|s| s.uri.to_string()).unwrap_or_default(),
        source_date: source.and_then(|s| s.date).map(|d| d.to_string()).unwrap_or_default(),
        note: fact.note.to_string(),
        supersedes: if report.corrects.is_some() { "auto".into() } else { String::new() },
        reason: fact.reason.to_string(),
        method: fact.method.to_string(),
        // Published figures are free.
        conf_status: String::new(),
        embargo_until: String::new(),
        readers: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::COLUMNS;
    use crate::output::{Record as _, csv_of};

    /// What `plan reports` prints is what `submit --csv` reads, row by row.
    #[test]
    fn reports_are_a_file_to_submit() {
        let names: Vec<&str> = ReportRow::COLUMNS.iter().map(|column| column.name).collect();
        assert!(names.iter().all(|name| COLUMNS.contains(name)), "{names:?}");
        let reports = built_in("guizhou").unwrap().reports().unwrap();
        let csv = csv_of(&reports.iter().map(report_row).collect::<Vec<_>>(), true);
        let lines = crate::commands::submit::parse_csv(csv.as_bytes()).unwrap();
        assert_eq!(lines.len(), reports.len());
        for (line, report) in lines.iter().zip(&reports) {
            let observation = line.waiting().unwrap_or_else(|| panic!("{line:?}"));
            assert_eq!(&observation.fact, report.fact());
            assert_eq!(observation.supersedes.is_some(), report.corrects.is_some());
        }
    }

    #[test]
    fn an_unknown_plan_names_the_known_ones() {
        assert!(built_in("atlantis").unwrap_err().remedy.contains("guizhou"));
    }
}
