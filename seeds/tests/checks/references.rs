//! References: units, parts, tasks, areas, indicators, corrections.

use hefu_seeds::{Catalogue, Fault, Observation, Use};

use super::{numbers, period, unless};

fn part_exists(c: &Catalogue, code: &str) -> bool {
    c.plan.parts.iter().any(|part| part.code == code)
}

fn area_exists(c: &Catalogue, code: &str) -> bool {
    c.plan.areas.iter().any(|area| area.code == code)
}

/// Every unit that is named exists.
pub(crate) fn units(c: &Catalogue) -> Vec<String> {
    let of_parts = c.plan.parts.iter().flat_map(|row| &row.lead_units);
    let of_tasks = c.tasks.iter().flat_map(|row| row.lead_units.iter().chain(&row.supporting_units));
    let of_goals = c.milestones.iter().flat_map(|row| &row.lead_units);
    let of_indicators = c.indicators.iter().flat_map(|row| &row.lead_units);
    let of_reporters = c.reporters.iter().map(|row| &row.reporting_unit);
    let named = of_parts.chain(of_tasks).chain(of_goals).chain(of_indicators).chain(of_reporters);
    let unknown = named.filter(|code| c.units().all(|unit| &&unit.code != code));
    unknown.map(|code| format!("no unit {code}")).collect()
}

/// Every part that is named exists.
pub(crate) fn parts(c: &Catalogue) -> Vec<String> {
    let of_tasks = c.tasks.iter().map(|row| &row.part);
    let of_goals = c.milestones.iter().map(|row| &row.part);
    let of_indicators = c.indicators.iter().map(|row| &row.part);
    let named = of_tasks.chain(of_goals).chain(of_indicators);
    named.filter(|code| !part_exists(c, code)).map(|code| format!("no part {code}")).collect()
}

/// A milestone's task exists or is empty, and its year is the plan's or 0.
pub(crate) fn milestones(c: &Catalogue) -> Vec<String> {
    let sound = |task: &str, year: u16| {
        let known = task.is_empty() || c.tasks.iter().any(|row| row.task == task);
        known && (year == 0 || (c.plan.first_year..=c.plan.last_year).contains(&year))
    };
    let rows = c.milestones.iter();
    let faults = rows.filter(|row| !sound(&row.task, row.year));
    faults.map(|row| format!("{}: task {} or year {}", row.milestone, row.task, row.year)).collect()
}

/// Areas stand after their parents, and an indicator's areas exist.
pub(crate) fn areas(c: &Catalogue) -> Vec<String> {
    let areas = &c.plan.areas;
    let orphans = areas.iter().enumerate().filter_map(|(at, area)| {
        let found = areas[..at].iter().any(|before| before.code == area.parent);
        unless(found || area.parent.is_empty(), format!("{} before its parent", area.code))
    });
    let named = c.indicators.iter().flat_map(|row| &row.areas);
    let unknown = named.filter(|code| !area_exists(c, code));
    orphans.chain(unknown.map(|code| format!("no area {code}"))).collect()
}

/// A target's indicator exists, is observed in its area, and its year is the plan's.
pub(crate) fn targets(c: &Catalogue) -> Vec<String> {
    let faults = c.targets.iter().filter_map(|row| {
        let indicator = c.indicator(&row.indicator);
        let observed = indicator.is_some_and(|found| found.areas.contains(&row.area));
        let timely = (c.plan.first_year..=c.plan.last_year).contains(&row.year);
        unless(observed && timely, format!("target {} {} {}", row.indicator, row.area, row.year))
    });
    faults.collect()
}

/// A withheld figure's indicator exists and is observed in its area, and its year is the plan's, or 0 when that is its fault.
pub(crate) fn withheld(c: &Catalogue) -> Vec<String> {
    let faults = c.withheld.iter().filter_map(|row| {
        let observed = c.indicator(&row.indicator).is_some_and(|found| found.areas.contains(&row.area));
        let timely = match row.fault {
            Fault::NoYear => row.year == 0,
            Fault::Impossible | Fault::Unclear => (c.plan.first_year..=c.plan.last_year).contains(&row.year),
        };
        unless(observed && timely, format!("withheld {} {} {}", row.indicator, row.area, row.year))
    });
    faults.collect()
}

/// No withheld figure is a target of its year, or of any year when none is printed.
pub(crate) fn never_targets(c: &Catalogue) -> Vec<String> {
    let value = |text: &str| numbers::scaled(text).map(|(value, _)| value);
    let pairs = c.withheld.iter().flat_map(|held| c.targets.iter().map(move |target| (held, target)));
    let same = pairs.filter(|(held, target)| {
        let timed = held.year == 0 || held.year == target.year;
        timed
            && (&held.indicator, &held.area) == (&target.indicator, &target.area)
            && value(&held.value) == value(&target.value)
    });
    same.map(|(held, _)| format!("{} is withheld and a target", held.indicator)).collect()
}

/// Every indicator has a figure, target or withheld, and a reporter.
pub(crate) fn completeness(c: &Catalogue) -> Vec<String> {
    let faults = c.indicators.iter().filter_map(|row| {
        let aimed = c.targets.iter().any(|target| target.indicator == row.indicator);
        let printed = aimed || c.withheld_of(&row.indicator).next().is_some();
        let reported = c.reporters_of(&row.indicator).next().is_some();
        unless(printed && reported, format!("{} lacks figure or reporter", row.indicator))
    });
    faults.collect()
}

/// A reporter's indicator exists, and the reporter leads it where somebody does.
pub(crate) fn reporters(c: &Catalogue) -> Vec<String> {
    let faults = c.reporters.iter().filter_map(|row| {
        let leads = c.indicator(&row.indicator).map(|found| &found.lead_units);
        let sound = leads.is_some_and(|units| units.is_empty() || units.contains(&row.reporting_unit));
        unless(sound, format!("{} reports {}", row.reporting_unit, row.indicator))
    });
    faults.collect()
}

/// A row's area exists; its indicator exists exactly when it is used; what is submitted fits the indicator.
pub(crate) fn observations(c: &Catalogue) -> Vec<String> {
    let faults = c.observations.iter().filter_map(|row| {
        let sound = match row.usage {
            Use::None => row.indicator.is_empty(),
            Use::Evidence => c.indicator(&row.indicator).is_some(),
            Use::Report | Use::Correction => fits_indicator(c, row),
        };
        unless(sound && area_exists(c, &row.area), format!("{}: indicator, area, unit or period", row.id))
    });
    faults.collect()
}

fn fits_indicator(c: &Catalogue, row: &Observation) -> bool {
    let kind = period::parse(&row.period).map(|(kind, _)| kind);
    c.indicator(&row.indicator).is_some_and(|found| {
        let timed = kind.is_some_and(|kind| found.period_types.contains(&kind));
        timed && found.areas.contains(&row.area) && found.unit == row.unit
    })
}

/// Exactly a correction names another row, one that was reported for the same cell, and says why.
pub(crate) fn corrections(c: &Catalogue) -> Vec<String> {
    let faults = c.observations.iter().filter_map(|row| {
        let sound = match row.usage {
            Use::Correction => corrects_its_cell(c, row) && row.note.contains("reason: "),
            _ => row.corrects.is_empty(),
        };
        unless(sound, format!("{}: corrects {}", row.id, row.corrects))
    });
    faults.collect()
}

fn corrects_its_cell(c: &Catalogue, row: &Observation) -> bool {
    let earlier = c.observations.iter().find(|other| other.id == row.corrects);
    let cell = |o: &Observation| (o.indicator.clone(), o.area.clone(), o.period.clone());
    earlier.is_some_and(|other| other.usage != Use::Evidence && cell(other) == cell(row))
}
