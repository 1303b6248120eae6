//! Rows of the views as the same records that the server's answers become.

use hefu_types::Millis;
use hefu_views::plan::Indicator;
use hefu_views::series::{self, Selection};
use hefu_views::{AsOf, Memory, Tables, assurance, board, members, plan, reports, target_check};
use rayon::prelude::*;

use super::files::Files;
use crate::commands::board::target_rows;
use crate::commands::challenge::challenge_row;
use crate::commands::cycle::cycle_row;
use crate::commands::delegation::delegation_row;
use crate::commands::member::{KeyRow, key_row, member_row};
use crate::commands::report::report_row;
use crate::commands::series::{ObservationRow, observation_row};
use crate::commands::target::check_row;
use crate::failure::Failure;

/// Writes every table; the states of reports are those at a time.
pub(super) fn write(files: &Files, memory: &Memory, at: Millis, as_of: AsOf) -> Result<(), Failure> {
    let tables = &Tables::of(memory);
    let rows = board::list(tables, None, None, as_of)?;
    files.rows(
        "board",
        &rows.iter().map(hefu_answers::board_row).flat_map(|row| target_rows(&row)).collect::<Vec<_>>(),
    )?;
    let indicators = plan::indicators(&*tables.plan, None, as_of)?;
    indicators.par_iter().try_for_each(|indicator| write_series(files, &Tables::of(memory), indicator, as_of))?;
    let checks = target_check::check(tables, None, as_of)?;
    let rows = checks.iter().map(|check| check_row(&hefu_answers::target_check(check)));
    files.rows("targets", &rows.collect::<Vec<_>>())?;
    let cycles = reports::cycles(tables, None, as_of)?;
    files.rows("cycles", &cycles.iter().map(|cycle| cycle_row(hefu_answers::cycle(cycle))).collect::<Vec<_>>())?;
    let reports = reports::list(tables, &reports::Selection::default(), at, as_of)?;
    let rows = reports.iter().map(|report| report_row(&hefu_answers::report(report)));
    files.rows("reports", &rows.collect::<Vec<_>>())?;
    let challenges = assurance::challenges(tables, &assurance::Selection::default(), as_of)?;
    let rows = challenges.iter().map(|challenge| challenge_row(hefu_answers::challenge(challenge, at)));
    files.rows("challenges", &rows.collect::<Vec<_>>())?;
    let delegations = members::delegations(&*tables.members, None, as_of)?;
    let rows = delegations.iter().map(|delegation| delegation_row(hefu_answers::delegation(delegation, at)));
    files.rows("delegations", &rows.collect::<Vec<_>>())?;
    let members: Vec<_> = members::list(&*tables.members, as_of)?.iter().map(hefu_answers::member).collect();
    files.rows("members", &members.iter().map(member_row).collect::<Vec<_>>())?;
    for member in &members {
        let keys: Vec<KeyRow> = member.keys.iter().map(key_row).collect();
        files.with_rows(&format!("members/{}", member.member), &member_row(member), "keys", &keys)?;
    }
    Ok(())
}

fn write_series(files: &Files, tables: &Tables<'_>, indicator: &Indicator, as_of: AsOf) -> Result<(), Failure> {
    let code = &indicator.definition.indicator;
    let select = Selection { indicator: code, area: None, history: true, limit: usize::MAX };
    let observations = series::query(tables, &select, as_of)?;
    let rows: Vec<ObservationRow> =
        observations.iter().map(|observation| observation_row(hefu_answers::observation(observation))).collect();
    files.rows(&format!("series/{code}"), &rows)
}
