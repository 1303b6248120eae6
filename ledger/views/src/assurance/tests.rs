use super::*;
use crate::testing::{Log, OFFICE, REPORTER, admission, code, indicator, observed, period, text};
use crate::{AsOf, Tables, board};
use hefu_types::event::assurance::{ChallengeOutcome, ObservationAttested, ObservationChallenged, Opinion};
use hefu_types::event::membership::Role;
use hefu_types::event::plan::Direction;
use hefu_types::{Millis, Seq};

const AUDITOR: u8 = 21;
const OTHER: u8 = 22;

/// An observation of 1 by `d`, and auditors of `e` and `f`.
fn log() -> (Log, EventRef) {
    let mut log = Log::open();
    let auditors =
        [("e", AUDITOR), ("f", OTHER)].map(|(unit, key)| admission(unit, key, &[Role::Admin, Role::Auditor]));
    log.say(OFFICE, auditors.map(Event::from).into_iter().chain([indicator("i", Direction::Higher, &["52"]).into()]));
    log.say(REPORTER, [observed("i", "52", "2024", "1")]);
    let observation = reference(&log, 0);
    (log, observation)
}

fn reference(log: &Log, index: u32) -> EventRef {
    EventRef { submission_hash: log.0.last().map(|entry| entry.submission_hash), index }
}

fn attested(observation: &EventRef, opinion: Opinion) -> Event {
    let (indicator, area, observation) = (code("i"), code("52"), observation.clone());
    ObservationAttested { indicator, area, period: period("2024"), observation, opinion, reason: text("seen") }.into()
}

fn challenged(observation: &EventRef, answer_by: i64) -> Event {
    let (indicator, area, observation) = (code("i"), code("52"), observation.clone());
    let (period, answer_by, reason) = (period("2024"), Millis::new(answer_by), text("doubtful"));
    ObservationChallenged { indicator, area, period, observation, reason, answer_by }.into()
}

fn opinion(log: &Log) -> Option<Opinion> {
    let memory = log.store();
    let rows = board::list(&Tables::of(&memory), None, None, AsOf::LATEST).unwrap();
    rows[0].opinion
}

#[test]
fn the_worst_of_the_last_opinions_of_what_stands_counts() {
    let (mut log, observation) = log();
    assert_eq!(opinion(&log), None);
    log.say(AUDITOR, [attested(&observation, Opinion::Adverse)]);
    assert_eq!(opinion(&log), Some(Opinion::Adverse));
    log.say(OTHER, [attested(&observation, Opinion::Qualified)]);
    log.say(AUDITOR, [attested(&observation, Opinion::Unqualified)]);
    assert_eq!(opinion(&log), Some(Opinion::Qualified), "the first auditor thinks otherwise now");
    log.say(REPORTER, [observed("i", "52", "2024", "2")]);
    assert_eq!(opinion(&log), None, "nobody has looked at the correction");
    let corrected = reference(&log, 0);
    log.say(OTHER, [attested(&corrected, Opinion::Unqualified)]);
    assert_eq!(opinion(&log), Some(Opinion::Unqualified));
    let memory = log.store();
    assert_eq!(opinions(&Tables::of(&memory), &Selection::default(), AsOf::LATEST).unwrap().len(), 4);
}

#[test]
fn a_challenge_waits_for_an_answer_and_then_for_the_office() {
    let (mut log, observation) = log();
    let seq = log.say(AUDITOR, [challenged(&observation, 500)]);
    let challenge = reference(&log, 0);
    let answered = ChallengeAnswered { challenge: challenge.clone(), answer: text("it was counted twice") };
    let answer = log.say(REPORTER, [observed("i", "52", "2024", "2"), answered.into()]);
    let (outcome, reason) = (ChallengeOutcome::Upheld, text("corrected"));
    log.say(OFFICE, [ChallengeResolved { challenge, outcome, reason }.into()]);
    let memory = log.store();
    let at = |as_of| challenges(&Tables::of(&memory), &Selection::default(), as_of).unwrap().pop();
    assert_eq!(at(AsOf::after(Seq::new(seq.get() - 1))), None);
    let open = at(AsOf::after(seq)).unwrap();
    assert_eq!((open.member.as_str(), open.owner.as_str()), ("e", "d"));
    let states = [499, 500].map(|now| open.state(Millis::new(now)));
    assert_eq!(states, [ChallengeState::Open, ChallengeState::Overdue]);
    assert_eq!(at(AsOf::after(answer)).unwrap().state(Millis::new(9)), ChallengeState::Answered);
    let ended = at(AsOf::LATEST).unwrap();
    assert_eq!(ended.state(Millis::new(9)), ChallengeState::Ended(ChallengeOutcome::Upheld));
    assert_eq!(ended.owner, code("d"), "though a correction stands");
    let open_on_board = |as_of| board::list(&Tables::of(&memory), None, None, as_of).unwrap()[0].open_challenges;
    assert_eq!([AsOf::after(seq), AsOf::after(answer), AsOf::LATEST].map(open_on_board), [1, 1, 0]);
}

#[test]
fn a_selection_is_an_indicator_and_an_area() {
    let (mut log, observation) = log();
    log.say(AUDITOR, [challenged(&observation, 500), attested(&observation, Opinion::Qualified)]);
    let memory = log.store();
    let (i, j, area, elsewhere) = (code("i"), code("j"), code("52"), code("5201"));
    let count = |indicator, area| {
        let select = Selection { indicator, area };
        let tables = Tables::of(&memory);
        (
            challenges(&tables, &select, AsOf::LATEST).unwrap().len(),
            opinions(&tables, &select, AsOf::LATEST).unwrap().len(),
        )
    };
    assert_eq!([count(None, None), count(Some(&i), None), count(Some(&i), Some(&area))], [(1, 1); 3]);
    assert_eq!([count(Some(&j), None), count(Some(&i), Some(&elsewhere))], [(0, 0); 2]);
}
