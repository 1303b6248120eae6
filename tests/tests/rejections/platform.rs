//! What the platform may not say about itself.

use hefu_tests::World;
use hefu_tests::world::{code, keys, replacement, signed_replacement, text};
use hefu_types::event::platform::{CheckpointKeyReplaced, ViewsRecorded};
use hefu_types::ids::ViewDigest;
use hefu_types::limits::OVERLAP_ENTRIES_MAX;
use hefu_types::{Event, Reason, Size, VerifierKey};

use crate::table::{Bad, say};

pub(crate) fn rows() -> Vec<Bad> {
    [replacements(), records()].into_iter().flatten().collect()
}

const fn office(name: &'static str, reason: Reason, field: &'static str, make: fn(&mut World) -> Vec<Event>) -> Bad {
    say(name, "office-1", reason, field, make)
}

fn far(world: &World) -> Size {
    Size::new(world.entries.len() as u64 + 100)
}

/// A replacement that is right but for what is changed after both keys signed.
fn spoilt(world: &World, change: impl FnOnce(&mut CheckpointKeyReplaced)) -> Vec<Event> {
    let mut event = replacement(&world.state, far(world));
    change(&mut event);
    vec![event.into()]
}

/// A replacement of one key by another, both of which signed.
fn between(world: &World, replaced: &str, replacement: &str, valid_to: Size) -> Vec<Event> {
    vec![signed_replacement(world.ledger(), replaced, replacement, valid_to).into()]
}

fn replacements() -> Vec<Bad> {
    vec![
        say(
            "a member replaces the checkpoint key",
            "alpha-admin",
            Reason::RoleMissing,
            "events[0].checkpoint_key_replaced",
            |w| spoilt(w, |_| ()),
        ),
        office(
            "a checkpoint key that is no key",
            Reason::VerifierKeyInvalid,
            "events[0].checkpoint_key_replaced.replacement",
            |w| spoilt(w, |e| e.replacement = text("no key")),
        ),
        office(
            "a checkpoint key of another log",
            Reason::VerifierKeyInvalid,
            "events[0].checkpoint_key_replaced.replaced",
            |w| {
                let other = VerifierKey::new("example.org/other", keys("checkpoint").public()).expect("a name");
                spoilt(w, |e| e.replaced = text(&other.to_string()))
            },
        ),
        office(
            "a checkpoint key that is not in force replaced",
            Reason::CheckpointKeyWrong,
            "events[0].checkpoint_key_replaced.replaced",
            |w| between(w, "checkpoint-3", "checkpoint-2", far(w)),
        ),
        office(
            "a checkpoint key replaced while two sign",
            Reason::CheckpointKeyWrong,
            "events[1].checkpoint_key_replaced.replaced",
            |w| {
                let next = [("checkpoint", "checkpoint-2"), ("checkpoint-2", "checkpoint-3")];
                next.iter().flat_map(|(old, new)| between(w, old, new, far(w))).collect()
            },
        ),
        office(
            "an event key as checkpoint key",
            Reason::KeyExists,
            "events[0].checkpoint_key_replaced.replacement",
            |w| between(w, "checkpoint", "office-2", far(w)),
        ),
        office(
            "a checkpoint key replaced by itself",
            Reason::KeyExists,
            "events[0].checkpoint_key_replaced.replacement",
            |w| between(w, "checkpoint", "checkpoint", far(w)),
        ),
        office("an overlap that is over", Reason::OverlapInvalid, "events[0].checkpoint_key_replaced.valid_to", |w| {
            between(w, "checkpoint", "checkpoint-2", Size::new(w.entries.len() as u64))
        }),
        office(
            "an overlap that hardly ends",
            Reason::OverlapInvalid,
            "events[0].checkpoint_key_replaced.valid_to",
            |w| between(w, "checkpoint", "checkpoint-2", Size::new(w.entries.len() as u64 + 2 + OVERLAP_ENTRIES_MAX)),
        ),
        office(
            "a replacement that the old key did not sign",
            Reason::CheckpointKeyProofInvalid,
            "events[0].checkpoint_key_replaced.endorsement",
            |w| spoilt(w, |e| e.endorsement = None),
        ),
        office(
            "a replacement that the new key did not sign",
            Reason::CheckpointKeyProofInvalid,
            "events[0].checkpoint_key_replaced.proof",
            |w| spoilt(w, |e| e.proof = e.endorsement),
        ),
        office(
            "a replacement changed after it was signed",
            Reason::CheckpointKeyProofInvalid,
            "events[0].checkpoint_key_replaced.endorsement",
            |w| spoilt(w, |e| e.valid_to = Size::new(e.valid_to.get() + 1)),
        ),
        office(
            "a checkpoint key that the server does not have",
            Reason::CheckpointKeyNotHeld,
            "events[0].checkpoint_key_replaced.replacement",
            |w| between(w, "checkpoint", "elsewhere", far(w)),
        ),
    ]
}

fn record(change: impl FnOnce(&mut ViewsRecorded)) -> Vec<Event> {
    let digest = ViewDigest::from_bytes([1; 32]);
    let mut event = ViewsRecorded { size: Size::new(1), view: code("former"), version: 1, digest };
    change(&mut event);
    vec![event.into()]
}

fn records() -> Vec<Bad> {
    let operator = |name, field, make| say(name, "operator-1", Reason::ViewRecordInvalid, field, make);
    vec![
        say("a member records a view", "alpha-reporter", Reason::RoleMissing, "events[0].views_recorded", |_| {
            record(|_| ())
        }),
        operator("a view of no version", "events[0].views_recorded.version", |_| record(|e| e.version = 0)),
        operator("a view of no entry", "events[0].views_recorded.size", |_| record(|e| e.size = Size::EMPTY)),
        operator("a view of an entry that is not there", "events[0].views_recorded.size", |w| {
            let size = Size::new(w.entries.len() as u64 + 1);
            record(|e| e.size = size)
        }),
    ]
}
