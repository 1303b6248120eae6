//! One row for each bad input, and the ledger that it is sent to.

use hefu_proto::v1;
use hefu_tests::World;
use hefu_tests::world::{code, indicator, keys, name, observation, target, text};
use hefu_types::event::membership::{KeyRevoked, MemberSuspended, MemberWithdrawn, RevocationReason, Role};
use hefu_types::event::plan::{Comparator, Direction, IndicatorRetired, Measure, MilestoneSet, RollUp, TaskDefined};
use hefu_types::wire::write_varint;
use hefu_types::{Event, Opening, PublicKey, Reason, Seq, Signature, Submission};

/// A bad input and what must be said about it.
pub(crate) struct Bad {
    /// What is wrong.
    pub(crate) name: &'static str,
    /// Who signs.
    pub(crate) signer: &'static str,
    /// How it is made.
    pub(crate) make: Make,
    /// The stable code.
    pub(crate) reason: Reason,
    /// The field at fault; empty when there is none.
    pub(crate) field: &'static str,
}

/// Where an otherwise good submission is spoilt.
pub(crate) enum Make {
    /// These events instead of good ones.
    Say(fn(&mut World) -> Vec<Event>),
    /// These events, and these openings beside them, instead of those that open what the events commit to.
    With(fn(&mut World) -> (Vec<Event>, Vec<Opening>)),
    /// One event, given as the bytes of its oneof member: field number and message.
    Raw(fn() -> (u32, Vec<u8>)),
    /// The frame around a good event.
    Frame(fn(&mut Submission)),
    /// The bytes, before they are signed.
    Bytes(fn(Vec<u8>) -> Vec<u8>),
    /// The signature, given also the bytes.
    Sign(fn(&Signature, &[u8]) -> Vec<u8>),
    /// The key that the frame names, instead of the one that signs.
    As(fn() -> PublicKey),
    /// The request itself.
    Wire(fn() -> Option<v1::SignedSubmission>),
}

pub(crate) const fn say(
    name: &'static str,
    signer: &'static str,
    reason: Reason,
    field: &'static str,
    make: fn(&mut World) -> Vec<Event>,
) -> Bad {
    Bad { name, signer, make: Make::Say(make), reason, field }
}

/// A field holding bytes.
pub(crate) fn len(number: u32, body: &[u8]) -> Vec<u8> {
    let mut out = num(number, body.len() as u64);
    out[0] |= 2;
    out.extend_from_slice(body);
    out
}

/// A field holding a number.
pub(crate) fn num(number: u32, value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    write_varint(u64::from(number) << 3, &mut out);
    write_varint(value, &mut out);
    out
}

fn retired() -> Vec<Event> {
    let gone = indicator("gone", Measure::Flow, Direction::Higher, RollUp::Sum, 0, &["alpha"]);
    let retired = IndicatorRetired { indicator: code("gone"), reason: text("replaced") };
    vec![gone.into(), retired.into()]
}

/// The task that stands already.
pub(crate) fn task() -> TaskDefined {
    TaskDefined {
        plan: code("test"),
        task: code("t1"),
        part: code("main"),
        number: text("1"),
        title: name("a task"),
        lead_units: vec![],
        supporting_units: vec![],
        provenance: None,
    }
}

/// The milestone that stands already.
pub(crate) fn milestone() -> MilestoneSet {
    MilestoneSet {
        plan: code("test"),
        milestone: code("g1"),
        part: code("main"),
        title: name("a goal"),
        year: 2024,
        task: Some(code("t1")),
        lead_units: vec![],
        provenance: None,
    }
}

/// `gamma` is suspended, `delta` withdrew, `alpha-old` was revoked one entry ago; `free` takes anything from `alpha` and
/// `beta`, `gone` is retired; `stock` stands at 100 in 2024-Q1 and at 300 in 2024-Q3, both by `alpha`;
/// the cycles of `cycles.rs`, the challenges of `assurance.rs`, and the delegations of `delegations.rs`.
pub(crate) fn world() -> World {
    let mut world = World::planned();
    for member in ["gamma", "delta"] {
        world.say("office-1", vec![world.admission(member).into()]);
        let reporter = world.enrolment(member, &format!("{member}-reporter"), &[Role::Reporter]);
        world.say(&format!("{member}-admin"), vec![reporter.into()]);
    }
    let old = world.enrolment("alpha", "alpha-old", &[Role::Reporter]);
    world.say("alpha-admin", vec![old.into()]);
    let free = indicator("free", Measure::Flow, Direction::Higher, RollUp::Sum, 0, &["alpha", "beta"]);
    let free_target = target("free", Comparator::AtLeast, "5");
    world.say("office-1", vec![free.into(), free_target.into(), task().into(), milestone().into()]);
    world.say("office-1", retired());
    crate::cycles::set_up(&mut world);
    world.say("alpha-reporter", vec![observation("stock", "2024-Q1", "100").into()]);
    world.say("alpha-reporter", vec![observation("stock", "2024-Q3", "300").into()]);
    crate::assurance::set_up(&mut world);
    let ours = indicator("ours", Measure::Flow, Direction::Higher, RollUp::Sum, 0, &["gamma"]);
    world.say("office-1", vec![ours.into()]);
    crate::delegations::set_up(&mut world);
    crate::values::set_up(&mut world);
    world.say("alpha-old", vec![observation("free", "1900", "1").into()]);
    let reason = text("for the test");
    world.say("office-1", vec![MemberSuspended { member: code("gamma"), reason: reason.clone() }.into()]);
    world.say("office-1", vec![MemberWithdrawn { member: code("delta"), reason }.into()]);
    let key = world.signer("alpha-old").public();
    let revoked = KeyRevoked { key, reason: RevocationReason::Superseded, since_seq: Seq::FIRST };
    world.say("alpha-admin", vec![revoked.into()]);
    world
}

/// The name of the office's other key, which the recovery key may have replaced: `office-2`, `spare-0`, …
pub(crate) fn spare(world: &World) -> String {
    let live = |name: &String| world.state.key(&keys(name).public()).is_some_and(|key| !key.revoked);
    let names = std::iter::once("office-2".to_owned()).chain((0..1_000).map(|n| format!("spare-{n}")));
    names.into_iter().find(live).expect("a spare office key")
}
