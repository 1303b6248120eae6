//! What may be said about the platform.

use hefu_types::Size;
use hefu_types::event::membership::Role;
use hefu_types::event::platform::ViewsRecorded;
use hefu_types::ids::ViewDigest;

use crate::history::cast::{Said, Scene};
use crate::world::{CHECKPOINT_KEYS, code, replacement};

/// Entries during which two checkpoint keys sign, at most.
const OVERLAP_MAX: usize = 40;

/// As long as the server of the tests holds another key, and only one replacement is under way.
pub(super) fn replace_checkpoint_key(scene: &mut Scene<'_>) -> Option<Said> {
    let office = scene.office()?;
    let keys = scene.state.checkpoint_keys();
    let signing = keys.iter().filter(|(_, record)| record.signs(Size::new(scene.size + 1))).count();
    if signing > 1 || keys.len() == CHECKPOINT_KEYS.len() {
        return None;
    }
    let valid_to = Size::new(scene.size + 1 + scene.rng.below(OVERLAP_MAX) as u64);
    Some(Said::by(office, replacement(scene.state, valid_to)))
}

/// Of a view that no program has any more, so that nobody can hold the digest against a replay.
pub(super) fn record_view(scene: &mut Scene<'_>) -> Option<Said> {
    let operator = scene.with_role(Role::Operator)?;
    let digest = ViewDigest::from_bytes([scene.rng.below(256) as u8; 32]);
    let size = Size::new(1 + scene.rng.bits() % scene.size);
    Some(Said::by(operator, ViewsRecorded { size, view: code("former"), version: 1, digest }))
}
