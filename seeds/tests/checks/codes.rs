//! Codes: well-formed, unique; citations and names present.

use std::iter;

use hefu_seeds::Catalogue;

use super::{repeated, unless};

/// Codes follow the pattern, and no name or citation is empty.
pub(crate) fn well_formed(c: &Catalogue) -> Vec<String> {
    let codes = all(c).into_iter().flatten();
    let bad = codes.filter_map(|code| unless(is_code(&code), format!("bad code `{code}`")));
    bad.chain(empty(c)).collect()
}

/// No code stands twice in its kind; a unit stands in one list only.
pub(crate) fn unique(c: &Catalogue) -> Vec<String> {
    let mut faults: Vec<String> = all(c).into_iter().flat_map(repeated).collect();
    faults
        .extend(repeated(c.targets.iter().map(|t| format!("{}/{}/{}/{:?}", t.indicator, t.area, t.year, t.strength))));
    faults
}

/// No code of a kind is that of another plan, so that one ledger takes them all; areas are shared by right.
pub(crate) fn unique_together(plans: &[Catalogue]) -> Vec<String> {
    let kinds = plans.iter().flat_map(|c| iter::zip(0.., own(c)));
    repeated(kinds.flat_map(|(kind, codes)| codes.into_iter().map(move |code| format!("{code} of kind {kind}"))))
}

fn is_code(code: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let tail = |b: u8| plain(b) || b == b'.' || b == b'-';
    (1..=64).contains(&code.len()) && code.bytes().next().is_some_and(plain) && code.bytes().all(tail)
}

/// The codes of each kind.
fn all(c: &Catalogue) -> Vec<Vec<String>> {
    let areas = c.plan.areas.iter().map(|row| row.code.clone()).collect();
    own(c).into_iter().chain([areas]).collect()
}

/// The codes of each kind that a plan gives itself.
fn own(c: &Catalogue) -> Vec<Vec<String>> {
    vec![
        c.units().map(|row| row.code.clone()).collect(),
        c.plan.parts.iter().map(|row| row.code.clone()).collect(),
        c.tasks.iter().map(|row| row.task.clone()).collect(),
        c.milestones.iter().map(|row| row.milestone.clone()).collect(),
        c.indicators.iter().map(|row| row.indicator.clone()).collect(),
        c.observations.iter().map(|row| row.id.clone()).collect(),
        c.discrepancies.iter().map(|row| row.id.clone()).collect(),
    ]
}

/// Rows that lack a name or a citation.
fn empty(c: &Catalogue) -> Vec<String> {
    let units = c.units().map(|r| (&r.code, r.zh.is_empty() || r.en.is_empty()));
    let tasks = c.tasks.iter().map(|r| (&r.task, r.zh.is_empty() || r.section.is_empty()));
    let goals = c.milestones.iter().map(|r| (&r.milestone, r.zh.is_empty() || r.section.is_empty()));
    let indicators = c.indicators.iter();
    let indicators = indicators.map(|r| (&r.indicator, r.zh.is_empty() || r.section.is_empty()));
    let targets = c.targets.iter();
    let targets = targets.map(|r| (&r.indicator, r.printed.is_empty() || r.section.is_empty()));
    let withheld = c.withheld.iter();
    let withheld =
        withheld.map(|r| (&r.indicator, r.printed.is_empty() || r.section.is_empty() || r.reason.is_empty()));
    let published = c.observations.iter();
    let published = published.map(|r| (&r.id, r.source_title.is_empty() || r.source_url.is_empty()));
    let rows = units.chain(tasks).chain(goals).chain(indicators).chain(targets).chain(withheld).chain(published);
    rows.filter(|(_, lacks)| *lacks).map(|(code, _)| format!("{code} lacks a name or citation")).collect()
}
