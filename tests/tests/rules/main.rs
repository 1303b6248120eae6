//! The rules as properties: a refusal changes nothing, replay gives the same state, no input makes them panic; and the
//! bytes of whatever can be said are those of a mainstream encoder.

mod draw;

use draw::draw;
use hefu_proto::{convert, v1};
use hefu_rules::{Position, State, admit};
use hefu_tests::world::{code, indicator, observation, text};
use hefu_tests::{History, Rng, World, export};
use hefu_types::event::EventRef;
use hefu_types::event::membership::LedgerOpened;
use hefu_types::event::plan::{Direction, IndicatorDefined, IndicatorRevised, Measure, RollUp};
use hefu_types::event::reporting::ObservationRetracted;
use hefu_types::{Entry, Event, Millis, Reason, Refusal, Seq, SignedSubmission, Submission};
use proptest::prelude::*;
use prost::Message as _;

/// When the test ledgers begin.
const NOW: Millis = Millis::new(1_700_000_000_000);

/// What a position is to a submission that is only decided.
fn position(seq: u64, recorded_at: Millis, signed: &SignedSubmission) -> Position {
    Position {
        seq: Seq::new(seq),
        recorded_at,
        submission_hash: signed.hash(),
        submission_bytes: signed.submission.len(),
    }
}

/// Decides on a copy, and holds that a refusal left it as it was.
fn decide(state: &State, submission: &Submission, at: &Position) -> Result<State, Refusal> {
    let mut copy = state.clone();
    match copy.record(submission, at) {
        Ok(()) => Ok(copy),
        Err(refusal) => {
            assert!(copy == *state, "{refusal} left a trace");
            Err(refusal)
        }
    }
}

fn replay<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> State {
    let mut state = State::default();
    for entry in entries {
        let admitted = admit(entry.signed()).expect("admitted before");
        state.record(admitted.submission(), &Position::of(entry)).expect("accepted before");
    }
    state
}

#[test]
fn a_long_history_has_every_kind_of_event_and_a_fifth_of_refusals() {
    let mut history = History::new(1);
    let offers = 20_000;
    (0..offers).for_each(|_| drop(history.offer()));
    assert_eq!(history.missing_kinds(), [].into(), "{:?}", history.kinds);
    assert!(history.refused() * 5 > offers, "{} of {offers} refused", history.refused());
    assert!(history.refusals.len() > 40, "{:?}", history.refusals);
    assert_eq!(history.refused() + history.world.entries.len() - 1, offers);
    assert!(replay(&history.world.entries) == history.world.state);
    export::verify_entries(&history.world.entries);
}

/// What an indicator is observed in may change; what was observed stands where it stood.
#[test]
fn an_area_that_is_dropped_and_comes_again_keeps_what_stands_there() {
    let mut world = World::planned();
    let revised = |areas: &[&str]| -> Vec<Event> {
        let known = indicator("flow", Measure::Flow, Direction::Higher, RollUp::Sum, 0, &["alpha"]);
        let definition = IndicatorDefined { areas: areas.iter().map(|area| code(area)).collect(), ..known };
        vec![IndicatorRevised { definition, reason: text("looked at again") }.into()]
    };
    let reported = |period: &str| observation("flow", period, "1");
    let taken_back = |period: &str, submission: &SignedSubmission| ObservationRetracted {
        indicator: code("flow"),
        area: code("520000"),
        period: period.parse().expect("a period"),
        observation: EventRef { submission_hash: Some(submission.hash()), index: 0 },
        reason: text("a mistake"),
        on_behalf_of: None,
    };
    let first = world.say("alpha-reporter", vec![reported("2022").into()]);
    let second = world.say("alpha-reporter", vec![reported("2023").into()]);
    world.say("office-1", revised(&["520100"]));
    let refused = |world: &mut World, event: Event| world.offer("alpha-reporter", vec![event]).unwrap_err().reason;
    assert_eq!(refused(&mut world, reported("2024").into()), Reason::AreaNotObserved);
    world.say("alpha-reporter", vec![taken_back("2022", &first).into()]);
    assert_eq!(refused(&mut world, taken_back("2022", &first).into()), Reason::NothingToSupersede);
    world.say("office-1", revised(&["520100", "520000"]));
    assert_eq!(refused(&mut world, reported("2023").into()), Reason::ObservationStands);
    world.say("alpha-reporter", vec![taken_back("2023", &second).into()]);
    world.say("alpha-reporter", vec![reported("2022").into(), reported("2023").into()]);
    assert!(world.state == replay(&world.entries));
    export::verify_entries(&world.entries);
}

/// New codes of a submission that is refused in the end were never given a number.
#[test]
fn a_refused_definition_leaves_no_number() {
    let mut world = World::planned();
    let defined = |name: &str| -> Event {
        indicator(name, Measure::Flow, Direction::Higher, RollUp::Sum, 0, &["alpha", "beta"]).into()
    };
    let before = world.state.clone();
    let refusal = world.offer("office-1", vec![defined("first"), defined("flow")]).unwrap_err();
    assert_eq!(
        (refusal.reason, refusal.field.as_str()),
        (Reason::IndicatorExists, "events[1].indicator_defined.indicator")
    );
    assert!(world.state == before);
    world.say("office-1", vec![defined("second"), defined("first")]);
    world.say("beta-reporter", vec![observation("first", "2024", "1").into()]);
    assert!(world.state == replay(&world.entries));
    export::verify_entries(&world.entries);
}

/// The first submissions of a seed's history, wherever it has come to after `skipped` of them.
fn check_history(seed: u64, skipped: usize) {
    let mut history = History::new(seed);
    (0..skipped).for_each(|_| drop(history.offer()));
    let mut state = history.world.state.clone();
    for _ in 0..100 {
        let seq = history.world.entries.len() as u64;
        let offer = history.offer();
        let decided = admit(offer.signed.clone()).and_then(|admitted| {
            decide(&state, admitted.submission(), &position(seq, history.world.now, &offer.signed))
        });
        match decided {
            Ok(next) => state = next,
            Err(refusal) => assert_eq!(Some(refusal.reason), offer.refused),
        }
    }
    assert!(state == history.world.state, "what the history itself came to");
    assert!(state == replay(&history.world.entries));
}

/// Keys that can speak in the arbitrary world; a key that was never enrolled, too.
const SPEAKERS: [&str; 8] =
    ["office-1", "office-2", "operator-1", "recovery", "alpha-admin", "alpha-reporter", "beta-reporter", "stranger"];

fn arbitrary_submission(world: &mut World, rng: &mut Rng) -> SignedSubmission {
    let events = (0..=rng.below(3)).map(|_| draw::<Event>(rng)).collect();
    let signer = world.signer(SPEAKERS[rng.below(SPEAKERS.len())]);
    let mut submission = signer.draft(events);
    if rng.percent(10) {
        submission = draw(rng);
        submission.key = signer.public();
    }
    submission.sign(&signer.keys)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_refusal_changes_nothing_and_replay_gives_the_same_state(seed: u64, skipped in 0..600_usize) {
        check_history(seed, skipped);
    }

    /// Field values out of the air, or those of a ledger that knows some of them: accepted or refused, never a panic.
    #[test]
    fn no_submission_makes_the_rules_panic(seed: u64) {
        let (mut world, mut rng) = (World::planned(), Rng::new(seed));
        let mut state = world.state.clone();
        for seq in 0..40 {
            let signed = arbitrary_submission(&mut world, &mut rng);
            let Ok(decoded) = Submission::decode(&signed.submission) else { continue };
            prop_assert_eq!(&decoded.encode(), &signed.submission);
            if let Ok(next) = decide(&state, &decoded, &position(7 + seq, NOW, &signed)) {
                state = next;
                world.signer(&name_of(&decoded)).moved_on(&signed);
            }
        }
    }

    #[test]
    fn no_genesis_makes_the_rules_panic(seed: u64) {
        let (mut rng, genesis) = (Rng::new(seed), World::opened().entries.swap_remove(0));
        let mut submission = genesis.decode().unwrap().submission;
        let opened: LedgerOpened = draw(&mut rng);
        submission.events = vec![if rng.percent(50) { opened.into() } else { nearly(opened, &mut rng).into() }];
        let signed = submission.sign(&hefu_tests::world::keys("office-1"));
        drop(decide(&State::default(), &submission, &position(0, NOW, &signed)));
    }

    /// prost has never heard of a canonical form; what it writes is one all the same.
    #[test]
    fn submissions_have_the_bytes_that_prost_gives_them(seed: u64) {
        let submission: Submission = draw(&mut Rng::new(seed));
        let bytes = submission.encode();
        let theirs = v1::Submission::decode(bytes.as_slice()).expect("readable by prost");
        prop_assert_eq!(&theirs.encode_to_vec(), &bytes);
        prop_assert_eq!(&convert::to_wire::<v1::Submission>(&submission), &theirs);
        prop_assert_eq!(convert::from_wire::<Submission>(&theirs), Ok(submission));
    }

    /// Whatever bytes are accepted are the only ones of their meaning.
    #[test]
    fn damaged_bytes_are_refused_or_canonical(seed: u64) {
        let mut rng = Rng::new(seed);
        let good = draw::<Submission>(&mut rng).encode();
        for _ in 0..50 {
            let bytes = damaged(good.clone(), &mut rng);
            if let Ok(decoded) = Submission::decode(&bytes) {
                prop_assert_eq!(decoded.encode(), bytes.as_slice());
                prop_assert_eq!(v1::Submission::decode(bytes.as_slice()).unwrap().encode_to_vec(), bytes);
            }
        }
    }
}

/// One edit: a byte changed, inserted, removed, written as a longer varint, or a few bytes written twice.
fn damaged(mut bytes: Vec<u8>, rng: &mut Rng) -> Vec<u8> {
    let at = rng.below(bytes.len());
    let [byte, ..] = rng.bits().to_be_bytes();
    match rng.below(5) {
        0 => bytes[at] ^= byte,
        1 => bytes.insert(at, byte),
        2 => drop(bytes.remove(at)),
        3 => {
            bytes[at] |= 0x80;
            bytes.insert(at + 1, 0);
        }
        _ => {
            let end = bytes.len().min(at + 1 + rng.below(40));
            let twice = bytes[at..end].to_vec();
            bytes.splice(at..at, twice);
        }
    }
    bytes
}

/// A genesis that is right but for one part, which is arbitrary.
fn nearly(other: LedgerOpened, rng: &mut Rng) -> LedgerOpened {
    let good = hefu_tests::world::genesis();
    match rng.below(6) {
        0 => LedgerOpened { office_keys: other.office_keys, ..good },
        1 => LedgerOpened { limits: other.limits, ..good },
        2 => LedgerOpened { checkpoint_key: other.checkpoint_key, ..good },
        3 => LedgerOpened { operator_key: other.operator_key, ..good },
        4 => LedgerOpened { recovery_key: other.recovery_key, ..good },
        _ => LedgerOpened { origin: other.origin, ..good },
    }
}

fn name_of(submission: &Submission) -> String {
    let known = SPEAKERS.iter().find(|name| hefu_tests::world::keys(name).public() == submission.key);
    known.expect("one of the speakers").to_string()
}
