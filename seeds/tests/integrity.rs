//! Every promise of a catalogue, held for every plan of the crate; and each check shown to find a fault when the data
//! is broken once.
//!
//! A check takes a catalogue and returns its faults in words, so that the same function proves the data sound and the
//! break found.

mod checks;

use checks::{codes, numbers, references, series};
use hefu_seeds::{Catalogue, Comparator, Fault, ObsStatus, PLANS, RollUp, Target, Use};

type Check = fn(&Catalogue) -> Vec<String>;

/// Runs one check over all plans, then over Guizhou with one thing broken.
fn holds(check: Check, break_once: impl Fn(&mut Catalogue)) {
    holds_in("guizhou", check, break_once);
}

/// Runs one check over all plans, then over this one with one thing broken.
fn holds_in(plan: &str, check: Check, break_once: impl Fn(&mut Catalogue)) {
    for sound in plans() {
        assert_eq!(check(&sound), Vec::<String>::new(), "{}", sound.plan.code);
    }
    let mut broken = plans().into_iter().find(|c| c.plan.code == plan).expect("a plan of this code");
    break_once(&mut broken);
    assert_ne!(check(&broken), Vec::<String>::new(), "the break went unnoticed");
}

fn plans() -> Vec<Catalogue> {
    PLANS.iter().map(|files| Catalogue::load(files).expect("a readable plan")).collect()
}

fn guizhou() -> Catalogue {
    Catalogue::guizhou().expect("the Guizhou plan")
}

#[test]
fn codes_are_well_formed() {
    holds(codes::well_formed, |c| c.members[3].code = "Dept_Industry".into());
    holds(codes::well_formed, |c| c.targets[0].section.clear());
}

#[test]
fn codes_are_unique() {
    holds(codes::unique, |c| c.indicators[1].indicator = c.indicators[0].indicator.clone());
    holds(codes::unique, |c| c.other_units.push(c.members[0].clone()));
}

#[test]
fn one_ledger_takes_the_codes_of_all_plans() {
    let mut plans = plans();
    assert_eq!(codes::unique_together(&plans), Vec::<String>::new());
    plans[1].plan.parts[0].code = plans[0].plan.parts[0].code.clone();
    assert_ne!(codes::unique_together(&plans), Vec::<String>::new(), "the break went unnoticed");
}

#[test]
fn the_plan_code_is_its_folder() {
    let codes: Vec<String> = plans().into_iter().map(|c| c.plan.code).collect();
    assert_eq!(codes, PLANS.iter().map(|files| files.folder).collect::<Vec<_>>());
}

#[test]
fn units_resolve() {
    holds(references::units, |c| c.plan.parts[1].lead_units[0] = "nobody".into());
    holds(references::units, |c| c.indicators[1].lead_units[0] = "nobody".into());
}

#[test]
fn parts_tasks_and_years_resolve() {
    holds(references::parts, |c| c.tasks[0].part = "nowhere".into());
    holds(references::milestones, |c| c.milestones[4].task = "gz-main-99".into());
    holds(references::milestones, |c| c.milestones[4].year = 2031);
    holds(references::targets, |c| c.targets[0].year = 2031);
}

#[test]
fn areas_resolve_with_parents_first() {
    holds(references::areas, |c| c.plan.areas.swap(0, 1));
    holds(references::areas, |c| c.indicators[1].areas[0] = "999999".into());
    holds(references::targets, |c| c.targets[0].area = "520100".into());
}

#[test]
fn every_indicator_has_a_figure_and_a_reporter() {
    holds(references::completeness, |c| c.targets.retain(|t| t.indicator != "gz-incubators"));
    holds(references::completeness, |c| c.reporters.truncate(3));
    holds_in("zhangzhou", references::completeness, |c| c.withheld.clear());
    holds(references::reporters, |c| c.reporters[1].reporting_unit = "dept-finance".into());
}

#[test]
fn withheld_figures_are_whole_and_never_targets() {
    holds_in("zhangzhou", codes::well_formed, |c| c.withheld[0].reason.clear());
    holds_in("zhangzhou", numbers::withheld, |c| c.withheld[0].value = "290%".into());
    holds_in("zhangzhou", references::withheld, |c| c.withheld[0].fault = Fault::NoYear);
    holds_in("zhangzhou", references::withheld, |c| c.withheld[0].area = "350000".into());
    holds_in("zhangzhou", references::never_targets, |c| aim_at_withheld(c, 2025));
    holds_in("shanxi", references::never_targets, |c| aim_at_withheld(c, 2023));
}

/// Makes the first withheld figure a target of this year.
fn aim_at_withheld(catalogue: &mut Catalogue, year: u16) {
    let held = &catalogue.withheld[0];
    let target = Target {
        indicator: held.indicator.clone(),
        year,
        value: format!("{}.0", held.value),
        ..catalogue.targets[0].clone()
    };
    catalogue.targets.push(target);
}

#[test]
fn observations_resolve() {
    holds(references::observations, |c| c.observations[2].indicator = "gz-nothing".into());
    holds(references::observations, |c| c.observations[2].area = "520200".into());
    holds(references::observations, |c| c.observations[2].indicator.clear());
    holds(references::observations, |c| c.observations[2].unit = "km".into());
    holds(references::observations, |c| c.observations[2].period = "2022-07-15".into());
}

#[test]
fn corrections_name_a_reported_row_of_the_same_cell() {
    holds(references::corrections, |c| correction(c).corrects = "gz-obs-999".into());
    holds(references::corrections, |c| correction(c).period = "2023".into());
    holds(references::corrections, |c| correction(c).corrects.clear());
}

fn correction(catalogue: &mut Catalogue) -> &mut hefu_seeds::Observation {
    let mut rows = catalogue.observations.iter_mut();
    rows.find(|row| row.usage == Use::Correction).expect("a correction")
}

#[test]
fn comparators_agree_with_directions() {
    holds(numbers::comparators, |c| c.targets[1].comparator = Comparator::AtMost);
    holds(numbers::comparators, |c| pue(c).comparator = Comparator::AtLeast);
}

fn pue(catalogue: &mut Catalogue) -> &mut Target {
    let mut rows = catalogue.targets.iter_mut();
    rows.find(|row| row.indicator == "gz-pue-average").expect("a PUE target")
}

#[test]
fn a_ratio_is_never_summed() {
    holds(numbers::ratios, |c| c.indicators[2].roll_up = RollUp::Sum);
}

#[test]
fn figures_are_plain_and_fit_their_decimals() {
    holds(numbers::targets, |c| c.targets[1].value = "15e4".into());
    holds(numbers::targets, |c| c.targets[1].value = "150000.5".into());
    holds(numbers::observations, |c| c.observations[2].value = "300.5".into());
    holds(numbers::observations, |c| c.observations[2].value = "1,000".into());
    holds(numbers::decimals, |c| c.indicators[0].decimals = 13);
}

#[test]
fn periods_are_iso_and_longest_first() {
    holds(numbers::periods, |c| c.observations[2].period = "2022-Q5".into());
    holds(numbers::periods, |c| c.observations[2].period = "2022-13".into());
    holds(numbers::periods, |c| c.indicators[1].period_types.reverse());
}

#[test]
fn one_report_stands_for_each_cell() {
    holds(series::one_report, |c| {
        let twin = c.observations[2].clone();
        c.observations.push(twin);
    });
}

#[test]
fn a_stock_falls_only_with_a_break() {
    holds(series::falls, |c| {
        for row in &mut c.observations {
            if row.obs_status == Some(ObsStatus::B) {
                row.obs_status = Some(ObsStatus::D);
            }
        }
    });
}

#[test]
fn a_status_stands_on_every_row_of_an_indicator() {
    holds(series::statuses, |c| c.observations[2].obs_status = None);
}

#[test]
fn guizhou_has_the_counts_of_its_text() {
    let plan = guizhou();
    let tasks = |part: &str| plan.tasks.iter().filter(|task| task.part == part).count();
    assert_eq!(plan.members.len(), 28);
    assert_eq!(["main", "big-data", "traditional", "smart-apps", "innovation"].map(tasks), [21, 23, 14, 21, 10]);
    assert_eq!((plan.indicators.len(), plan.targets.len()), (59, 84));
    assert_eq!(plan.plan.areas.iter().filter(|area| area.in_roll_up).count(), 9);
}

#[test]
fn guizhou_keeps_every_published_row_once() {
    let plan = guizhou();
    let uses = |usage| plan.observations.iter().filter(|row| row.usage == usage).count();
    assert_eq!(plan.observations.len(), 87);
    assert_eq!([Use::Report, Use::Correction, Use::Evidence, Use::None].map(uses), [19, 1, 28, 39]);
}
