//! Observations of one indicator and area over time.

use std::collections::BTreeMap;

use hefu_seeds::{Catalogue, Measure, ObsStatus, Observation, Use};

use super::{numbers, period, repeated, unless};

/// One report for each (indicator, area, period).
pub(crate) fn one_report(c: &Catalogue) -> Vec<String> {
    let reports = c.observations.iter().filter(|row| row.usage == Use::Report);
    repeated(reports.map(|row| format!("{}/{}/{}", row.indicator, row.area, row.period)))
}

/// A row has a status exactly when it has an indicator.
pub(crate) fn statuses(c: &Catalogue) -> Vec<String> {
    let faults = c.observations.iter().filter_map(|row| {
        let sound = row.obs_status.is_some() != row.indicator.is_empty();
        unless(sound, format!("{}: status", row.id))
    });
    faults.collect()
}

/// Among the rows that stand, a stock falls only into a row with a break.
pub(crate) fn falls(c: &Catalogue) -> Vec<String> {
    let mut cells: BTreeMap<(&str, &str), Vec<&Observation>> = BTreeMap::new();
    for row in standing(c).filter(|row| is_stock(c, row)) {
        cells.entry((&row.indicator, &row.area)).or_default().push(row);
    }
    cells.into_values().flat_map(falls_of).collect()
}

/// Reports that no correction supersedes, and corrections.
fn standing(c: &Catalogue) -> impl Iterator<Item = &Observation> {
    let gone = |id: &str| c.observations.iter().any(|row| row.corrects == id);
    let used = c.observations.iter();
    let used = used.filter(|row| matches!(row.usage, Use::Report | Use::Correction));
    used.filter(move |row| !gone(&row.id))
}

fn is_stock(c: &Catalogue, row: &Observation) -> bool {
    c.indicator(&row.indicator).is_some_and(|found| found.measure == Measure::Stock)
}

fn falls_of(mut rows: Vec<&Observation>) -> Vec<String> {
    rows.sort_by_key(|row| period::parse(&row.period).map(|(_, last_day)| last_day));
    let value = |row: &Observation| numbers::scaled(&row.value).map(|(value, _)| value);
    let pairs = rows.windows(2).filter(|pair| value(pair[1]) < value(pair[0]));
    let silent = pairs.filter(|pair| pair[1].obs_status != Some(ObsStatus::B));
    silent.map(|pair| format!("{} falls below {}", pair[1].id, pair[0].id)).collect()
}
