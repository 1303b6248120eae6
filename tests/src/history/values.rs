//! Values that are not free: what may be said of them, and what not.

use hefu_types::Commitment;
use hefu_types::event::membership::Role;
use hefu_types::event::reporting::{ConfStatus, EvidenceFile, ObservationReported, ValueErased};
use hefu_types::{Code, FileHash, Millis};

use crate::history::cast::{Actor, Said, Scene};
use crate::history::deeds::{because, last_units, next_observation, with_room};
use crate::world::{text, withheld};

/// A new observation whose value is not free.
pub(super) fn withhold(scene: &mut Scene<'_>) -> Option<Said> {
    let (series, definition, reporter) = with_room(scene)?;
    let mut open = next_observation(scene, (series, definition), 0, last_units(series));
    let status = *scene.rng.pick(ConfStatus::ALL)?;
    if status == ConfStatus::E {
        // Later than any clock a history is recorded by, and within ten years of each: 2033-01-01.
        open.embargo_until = Millis::new(1_988_150_400_000);
    }
    if scene.rng.percent(50) {
        open.readers = vec![scene.rng.pick(&scene.cast.members)?.clone()];
    }
    // Nothing else makes the salts of two submissions differ.
    open.method = text(&format!("counted by {}", scene.cast.commitments.len() + scene.cast.erased.len()));
    open.evidence = vec![file(scene.rng.bits().to_be_bytes()[0])];
    Some(Said::by(reporter, withheld(open, status)))
}

fn file(n: u8) -> EvidenceFile {
    EvidenceFile { blake3: FileHash::from_bytes([n; 32]), media_type: text("text/csv"), size: 7, uri: text("") }
}

/// What a unit withheld, and an actor who may erase it, or may not.
fn erased(scene: &mut Scene<'_>, known: &[(Commitment, Code)], own: bool) -> Option<Said> {
    let (commitment, owner) = scene.rng.pick(known)?.clone();
    let actor: &Actor = scene.actor(|actor, record| {
        let of_unit = actor.member == owner && (record.roles.has(Role::Reporter) || record.roles.has(Role::Admin));
        let of_other = actor.member != owner && record.roles.has(Role::Reporter) && !record.roles.has(Role::Office);
        if own { of_unit || record.roles.has(Role::Office) } else { of_other }
    })?;
    let reason = because(scene);
    Some(Said::by(actor, ValueErased { commitment, reason }))
}

pub(super) fn erase(scene: &mut Scene<'_>) -> Option<Said> {
    erased(scene, &scene.cast.commitments, true)
}

pub(super) fn erased_twice(scene: &mut Scene<'_>) -> Option<Said> {
    erased(scene, &scene.cast.erased, true)
}

pub(super) fn erased_by_another(scene: &mut Scene<'_>) -> Option<Said> {
    erased(scene, &scene.cast.commitments, false)
}

pub(super) fn erased_unknown(scene: &mut Scene<'_>) -> Option<Said> {
    erased(scene, &[(Commitment::from_bytes([5; 32]), scene.cast.members[0].clone())], true)
}

/// An observation whose commitment another one has.
pub(super) fn committed_twice(scene: &mut Scene<'_>) -> Option<Said> {
    let (commitment, _) = scene.rng.pick(&scene.cast.commitments)?.clone();
    let (series, definition, reporter) = with_room(scene)?;
    let open = next_observation(scene, (series, definition), 0, last_units(series));
    let again = ObservationReported { commitment: Some(commitment), ..withheld(open, ConfStatus::C) };
    Some(Said::by(reporter, again))
}

/// Makes a good observation a withheld one with something wrong.
pub(super) fn withheld_without_commitment(e: &mut ObservationReported) {
    (e.conf_status, e.value) = (Some(ConfStatus::N), None);
}

pub(super) fn with_an_empty_file(e: &mut ObservationReported) {
    e.evidence = vec![EvidenceFile { size: 0, ..file(1) }];
}

pub(super) fn embargoed_without_end(e: &mut ObservationReported) {
    *e = withheld(e.clone(), ConfStatus::E);
}
