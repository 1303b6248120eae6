//! What values that are not free forbid.

use hefu_tests::World;
use hefu_tests::world::{code, decimal, observation, opening, text, withheld};
use hefu_types::event::reporting::{ConfStatus, EvidenceFile, ObsStatus, ObservationReported, ValueErased};
use hefu_types::limits::{EMBARGO_MILLIS_MAX, EVIDENCE_MAX, READERS_MAX};
use hefu_types::{Commitment, Event, FileHash, Millis, Opening, Reason};

use crate::table::{Bad, Make, say};

const SOME_TIME: i64 = 1_700_000_000_000;

const fn row(name: &'static str, reason: Reason, field: &'static str, make: fn(&mut World) -> Vec<Event>) -> Bad {
    say(name, "alpha-reporter", reason, field, make)
}

pub(crate) fn rows() -> Vec<Bad> {
    [commitments(), openings(), embargoes(), evidence(), readers(), erasures()].into_iter().flatten().collect()
}

fn secret() -> ObservationReported {
    withheld(observation("free", "2001", "1"), ConfStatus::N)
}

/// A good observation of a value that is not free, changed.
fn changed(change: impl FnOnce(&mut ObservationReported)) -> Vec<Event> {
    let mut e = secret();
    change(&mut e);
    vec![e.into()]
}

/// What stands withheld in a year.
fn standing(period: &str) -> ObservationReported {
    withheld(observation("free", period, "1"), ConfStatus::C)
}

/// The year whose value can be read, and the one whose value was erased.
const WITHHELD: &str = "2101";
const ERASED: &str = "2102";

pub(crate) fn set_up(world: &mut World) {
    for period in [WITHHELD, ERASED] {
        world.say("alpha-reporter", vec![standing(period).into()]);
    }
    world.say("alpha-reporter", erased(ERASED, |_| {}));
}

fn erased(period: &str, change: impl FnOnce(&mut ValueErased)) -> Vec<Event> {
    let commitment = standing(period).commitment.expect("a commitment");
    let mut e = ValueErased { commitment, reason: text("the law asks for it") };
    change(&mut e);
    vec![e.into()]
}

fn commitments() -> Vec<Bad> {
    vec![
        row("not free, in clear", Reason::ValueInClear, "events[0].observation_reported.value", |_| {
            changed(|e| (e.value, e.commitment) = (Some(decimal("1")), None))
        }),
        row(
            "not free, in clear and committed to",
            Reason::ValueInClear,
            "events[0].observation_reported.value",
            |_| changed(|e| e.value = Some(decimal("1"))),
        ),
        row("not free, nothing", Reason::CommitmentMissing, "events[0].observation_reported.commitment", |_| {
            changed(|e| (e.commitment, e.qualifier) = (None, None))
        }),
        row("free, committed to", Reason::CommitmentForbidden, "events[0].observation_reported.commitment", |_| {
            changed(|e| e.conf_status = None)
        }),
        row("missing, committed to", Reason::ValueForbidden, "events[0].observation_reported.commitment", |_| {
            changed(|e| e.obs_status = ObsStatus::O)
        }),
        row(
            "commitment without a qualifier",
            Reason::ValueRequired,
            "events[0].observation_reported.qualifier",
            |_| changed(|e| e.qualifier = None),
        ),
        with("commitment of another observation", Reason::CommitmentUsed, FIELD, |_| {
            (changed(|e| e.commitment = standing(WITHHELD).commitment), vec![opening(&standing(WITHHELD))])
        }),
    ]
}

const FIELD: &str = "events[0].observation_reported.commitment";

/// A row with openings of its own.
const fn with(
    name: &'static str,
    reason: Reason,
    field: &'static str,
    make: fn(&mut World) -> (Vec<Event>, Vec<Opening>),
) -> Bad {
    Bad { name, signer: "alpha-reporter", make: Make::With(make), reason, field }
}

/// Two at once, each with an opening of its own but for what the caller leaves.
fn two() -> (Vec<Event>, [Opening; 2]) {
    let both = [secret(), standing("2002")];
    let openings = both.each_ref().map(opening);
    (both.map(Event::from).to_vec(), openings)
}

fn openings() -> Vec<Bad> {
    vec![
        with("no opening", Reason::OpeningMissing, FIELD, |_| (changed(|_| {}), vec![])),
        with("one opening of two", Reason::OpeningMissing, "events[1].observation_reported.commitment", |_| {
            let (events, [first, _]) = two();
            (events, vec![first])
        }),
        with("another's opening", Reason::OpeningWrong, "openings[0]", |_| {
            (changed(|_| {}), vec![opening(&standing(WITHHELD))])
        }),
        with("an opening twice", Reason::OpeningWrong, "openings[2]", |_| {
            let (events, [first, second]) = two();
            (events, vec![first.clone(), second, first])
        }),
        with("an opening of nothing", Reason::OpeningWrong, "openings[0]", |_| {
            (vec![observation("free", "2001", "1").into()], vec![opening(&secret())])
        }),
        with("an opening of no number", Reason::OpeningWrong, "openings[0]", |_| {
            let no_number = Opening::new([7; 32], b"secret".to_vec());
            (changed(|e| e.commitment = Some(no_number.commitment())), vec![no_number])
        }),
    ]
}

fn embargoed(until: i64, status: ConfStatus) -> Vec<Event> {
    let mut open = observation("free", "2001", "1");
    open.embargo_until = Millis::new(until);
    vec![withheld(open, status).into()]
}

fn embargoes() -> Vec<Bad> {
    const FIELD: &str = "events[0].observation_reported.embargo_until";
    vec![
        row("embargo without an end", Reason::EmbargoInvalid, FIELD, |_| embargoed(0, ConfStatus::E)),
        row("end without an embargo", Reason::EmbargoInvalid, FIELD, |_| embargoed(SOME_TIME, ConfStatus::N)),
        row("embargo that has ended", Reason::EmbargoInvalid, FIELD, |_| embargoed(1, ConfStatus::E)),
        row("embargo for ever", Reason::EmbargoInvalid, FIELD, |_| {
            embargoed(9_000_000_000_000 + EMBARGO_MILLIS_MAX, ConfStatus::E)
        }),
    ]
}

fn file(n: u8) -> EvidenceFile {
    EvidenceFile { blake3: FileHash::from_bytes([n; 32]), media_type: text("text/csv"), size: 1, uri: text("") }
}

fn behind(files: Vec<EvidenceFile>) -> Vec<Event> {
    let mut e = observation("free", "2001", "1");
    e.evidence = files;
    vec![e.into()]
}

fn evidence() -> Vec<Bad> {
    const FIELD: &str = "events[0].observation_reported.evidence";
    vec![
        row("a file twice", Reason::EvidenceInvalid, FIELD, |_| behind(vec![file(1), file(2), file(1)])),
        row("an empty file", Reason::EvidenceInvalid, FIELD, |_| behind(vec![EvidenceFile { size: 0, ..file(1) }])),
        row("a file of no kind", Reason::EvidenceInvalid, FIELD, |_| {
            behind(vec![EvidenceFile { media_type: text("csv"), ..file(1) }])
        }),
        row("too many files", Reason::EvidenceInvalid, FIELD, |_| {
            behind((0..=EVIDENCE_MAX).map(|n| file(u8::try_from(n).expect("few"))).collect())
        }),
    ]
}

fn readers() -> Vec<Bad> {
    const FIELD: &str = "events[0].observation_reported.readers";
    vec![
        row("readers of a free value", Reason::ReadersInvalid, FIELD, |_| {
            let mut e = observation("free", "2001", "1");
            e.readers = vec![code("beta")];
            vec![e.into()]
        }),
        row("an unknown reader", Reason::ReadersInvalid, FIELD, |_| changed(|e| e.readers = vec![code("nobody")])),
        row("a reader twice", Reason::ReadersInvalid, FIELD, |_| {
            changed(|e| e.readers = vec![code("beta"), code("beta")])
        }),
        row("readers out of order", Reason::ReadersInvalid, FIELD, |_| {
            changed(|e| e.readers = vec![code("office"), code("beta")])
        }),
        row("too many readers", Reason::ReadersInvalid, FIELD, |_| {
            changed(|e| e.readers = (0..=READERS_MAX).map(|n| code(&format!("r{n:03}"))).collect())
        }),
    ]
}

fn erasures() -> Vec<Bad> {
    const FIELD: &str = "events[0].value_erased.commitment";
    vec![
        row("erases nothing", Reason::CommitmentUnknown, FIELD, |_| {
            erased(WITHHELD, |e| e.commitment = Commitment::from_bytes([4; 32]))
        }),
        row("erases twice", Reason::ValueWasErased, FIELD, |_| erased(ERASED, |_| {})),
        row("erases without a reason", Reason::FieldMissing, "events[0].value_erased.reason", |_| {
            erased(WITHHELD, |e| e.reason = text(" "))
        }),
        say("erases another's", "beta-reporter", Reason::NotYourObservation, FIELD, |_| erased(WITHHELD, |_| {})),
        say("erases as an auditor", "beta-approver", Reason::NotYourObservation, FIELD, |_| erased(WITHHELD, |_| {})),
    ]
}
