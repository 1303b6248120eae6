//! The ways to targets. They are declared by the office, and no decision depends on them.

use hefu_types::event::membership::Role;
use hefu_types::event::plan::{TrajectoryDeclared, TrajectoryPoint};
use hefu_types::limits::TRAJECTORY_POINTS_MAX;
use hefu_types::{Reason, Refusal};

use crate::event::Speaker;
use crate::membership::check_reason;
use crate::plan::{check_decimals, known_target, live_indicator};
use crate::state::State;

pub(crate) fn decide_declared(state: &State, speaker: &Speaker, e: &TrajectoryDeclared) -> Result<(), Refusal> {
    speaker.needs(Role::Office)?;
    let indicator = live_indicator(state, &e.indicator, "indicator")?;
    known_target(state, &e.indicator, &e.area, e.year, e.strength)?;
    check_times(e.year, &e.points)?;
    for (point, index) in e.points.iter().zip(0..) {
        check_decimals(indicator, point.value).map_err(|refusal| refusal.within(&format!("points[{index}]")))?;
    }
    if e.provenance.is_none() { check_reason(&e.reason) } else { Ok(()) }
}

/// The points go on in time, and the last one ends before the target's year does.
fn check_times(year: u32, points: &[TrajectoryPoint]) -> Result<(), Refusal> {
    let invalid = |field: String, detail: String| Err(Refusal::new(Reason::TrajectoryInvalid, field, detail));
    if points.is_empty() || points.len() > TRAJECTORY_POINTS_MAX {
        return invalid("points".into(), format!("{} points, 1 to {TRAJECTORY_POINTS_MAX}", points.len()));
    }
    let mut before = None;
    for (TrajectoryPoint { period, .. }, index) in points.iter().zip(0..) {
        let end = period.last_day();
        let field = || format!("points[{index}].period");
        if before.is_some_and(|before| end <= before) {
            return invalid(field(), format!("{period} does not end after the point before it"));
        }
        if (u32::from(end.0), end.1, end.2) >= (year, 12, 31) {
            return invalid(field(), format!("{period} does not end before {year} does"));
        }
        before = Some(end);
    }
    Ok(())
}
