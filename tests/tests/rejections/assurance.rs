//! What opinions and challenges forbid.

use hefu_tests::World;
use hefu_tests::world::{code, text};
use hefu_types::event::assurance::{
    ChallengeAnswered, ChallengeOutcome, ChallengeResolved, ObservationAttested, ObservationChallenged, Opinion,
};
use hefu_types::event::membership::Role;
use hefu_types::{Event, EventRef, Millis, Reason};

use crate::table::{Bad, say};

/// Later than any test runs.
const FAR: i64 = 9_000_000_000_000;

/// The challenges that there are, in the order in which they were raised.
const ENDED: usize = 0;
const OPEN: usize = 1;
const ANSWERED: usize = 2;
const BY_OFFICE: usize = 3;

fn standing(world: &World, period: &str) -> EventRef {
    let cell = (code("stock"), code("520000"), period.parse().expect("a period"));
    let found = world.state.standing(&cell).expect("an observation");
    EventRef { submission_hash: Some(found.submission_hash), index: found.index }
}

fn attested(world: &World) -> ObservationAttested {
    ObservationAttested {
        indicator: code("stock"),
        area: code("520000"),
        period: "2024-Q1".parse().expect("a period"),
        observation: standing(world, "2024-Q1"),
        opinion: Opinion::Adverse,
        reason: text("counted twice"),
    }
}

fn challenged(world: &World, period: &str) -> ObservationChallenged {
    ObservationChallenged {
        indicator: code("stock"),
        area: code("520000"),
        period: period.parse().expect("a period"),
        observation: standing(world, period),
        reason: text("counted twice"),
        answer_by: Millis::new(FAR),
    }
}

/// The n-th challenge.
fn challenge(world: &World, n: usize) -> EventRef {
    let raised = world.entries.iter().filter_map(|entry| {
        let decoded = entry.decode().expect("an entry");
        let index = decoded.submission.events.iter().position(|e| matches!(e, Event::ObservationChallenged(_)))?;
        Some((decoded.submission_hash, u32::try_from(index).expect("few events")))
    });
    let (hash, index) = raised.into_iter().nth(n).expect("a challenge");
    EventRef { submission_hash: Some(hash), index }
}

fn answered(world: &World, n: usize) -> ChallengeAnswered {
    ChallengeAnswered { challenge: challenge(world, n), answer: text("it was not") }
}

fn resolved(world: &World, n: usize, outcome: ChallengeOutcome) -> ChallengeResolved {
    ChallengeResolved { challenge: challenge(world, n), outcome, reason: text("it was looked at") }
}

/// Auditors of `alpha`, who reported `stock`, and of `beta`, who can always say something, being admins, too; and four challenges.
pub(crate) fn set_up(world: &mut World) {
    for member in ["alpha", "beta"] {
        let auditor = world.enrolment(member, &format!("{member}-auditor"), &[Role::Admin, Role::Auditor]);
        world.say(&format!("{member}-admin"), vec![auditor.into()]);
    }
    let raise = |world: &mut World, signer: &str, period: &str| {
        let event = challenged(world, period);
        world.say(signer, vec![event.into()]);
    };
    raise(world, "beta-auditor", "2024-Q1");
    let event = resolved(world, ENDED, ChallengeOutcome::Withdrawn);
    world.say("beta-auditor", vec![event.into()]);
    raise(world, "beta-auditor", "2024-Q1");
    raise(world, "beta-auditor", "2024-Q3");
    raise(world, "office-1", "2024-Q1");
    for n in [ANSWERED, BY_OFFICE] {
        let event = answered(world, n);
        world.say("alpha-reporter", vec![event.into()]);
    }
}

pub(crate) fn rows() -> Vec<Bad> {
    [opinions(), raised(), answers(), endings()].into_iter().flatten().collect()
}

fn opinion(world: &World, change: impl FnOnce(&mut ObservationAttested)) -> Vec<Event> {
    let mut e = attested(world);
    change(&mut e);
    vec![e.into()]
}

fn opinions() -> Vec<Bad> {
    let row = |name, reason, field, make| say(name, "beta-auditor", reason, field, make);
    vec![
        say("opinion of a reporter", "beta-reporter", Reason::RoleMissing, "events[0].observation_attested", |w| {
            opinion(w, |_| ())
        }),
        say(
            "opinion of one's own",
            "alpha-auditor",
            Reason::OwnObservation,
            "events[0].observation_attested.observation",
            |w| opinion(w, |_| ()),
        ),
        row("opinion of nothing", Reason::NothingToSupersede, "events[0].observation_attested.observation", |w| {
            opinion(w, |e| e.period = "2020".parse().expect("a year"))
        }),
        row(
            "opinion of what stands no more",
            Reason::SupersedesWrong,
            "events[0].observation_attested.observation",
            |w| opinion(w, |e| e.observation.index = 3),
        ),
        row("opinion of no indicator", Reason::IndicatorUnknown, "events[0].observation_attested.indicator", |w| {
            opinion(w, |e| e.indicator = code("none"))
        }),
        row("adverse for no reason", Reason::FieldMissing, "events[0].observation_attested.reason", |w| {
            opinion(w, |e| e.reason = text(""))
        }),
    ]
}

fn doubt(world: &World, change: impl FnOnce(&mut ObservationChallenged)) -> Vec<Event> {
    let mut e = challenged(world, "2024-Q1");
    change(&mut e);
    vec![e.into()]
}

fn raised() -> Vec<Bad> {
    let row = |name, reason, field, make| say(name, "beta-auditor", reason, field, make);
    vec![
        say(
            "challenged by a reporter",
            "beta-reporter",
            Reason::RoleMissing,
            "events[0].observation_challenged",
            |w| doubt(w, |_| ()),
        ),
        say(
            "challenged by its own unit",
            "alpha-auditor",
            Reason::OwnObservation,
            "events[0].observation_challenged.observation",
            |w| doubt(w, |_| ()),
        ),
        row(
            "answer asked for in the past",
            Reason::AnswerByInvalid,
            "events[0].observation_challenged.answer_by",
            |w| doubt(w, |e| e.answer_by = Millis::new(1)),
        ),
        row(
            "answer asked for within hours",
            Reason::AnswerByInvalid,
            "events[0].observation_challenged.answer_by",
            |w| doubt(w, |e| e.answer_by = Millis::new(w.now.get() + 23 * 3_600_000)),
        ),
        row("challenged twice", Reason::ChallengeExists, "events[0].observation_challenged.observation", |w| {
            doubt(w, |_| ())
        }),
        say(
            "challenged for no reason",
            "office-1",
            Reason::FieldMissing,
            "events[0].observation_challenged.reason",
            |w| vec![ObservationChallenged { reason: text(" "), ..challenged(w, "2024-Q3") }.into()],
        ),
    ]
}

fn answers() -> Vec<Bad> {
    let row = |name, reason, field, make| say(name, "alpha-reporter", reason, field, make);
    vec![
        row("answer to nothing", Reason::ChallengeUnknown, "events[0].challenge_answered.challenge", |w| {
            let mut e = answered(w, OPEN);
            e.challenge.index = 9;
            vec![e.into()]
        }),
        row("answered twice", Reason::ChallengeWasAnswered, "events[0].challenge_answered.challenge", |w| {
            vec![answered(w, ANSWERED).into()]
        }),
        row("answered after its end", Reason::ChallengeHasEnded, "events[0].challenge_answered.challenge", |w| {
            vec![answered(w, ENDED).into()]
        }),
        row("no answer", Reason::FieldMissing, "events[0].challenge_answered.answer", |w| {
            vec![ChallengeAnswered { answer: text(""), ..answered(w, OPEN) }.into()]
        }),
        say(
            "answered by another unit",
            "beta-reporter",
            Reason::AnswerNotYours,
            "events[0].challenge_answered.challenge",
            |w| vec![answered(w, OPEN).into()],
        ),
        say("answered by an auditor", "alpha-auditor", Reason::RoleMissing, "events[0].challenge_answered", |w| {
            vec![answered(w, OPEN).into()]
        }),
    ]
}

fn endings() -> Vec<Bad> {
    let row = |name, reason, field, make| say(name, "office-1", reason, field, make);
    vec![
        row("decided too soon", Reason::ChallengeOpen, "events[0].challenge_resolved.challenge", |w| {
            vec![resolved(w, OPEN, ChallengeOutcome::Upheld).into()]
        }),
        row("decided after its end", Reason::ChallengeHasEnded, "events[0].challenge_resolved.challenge", |w| {
            vec![resolved(w, ENDED, ChallengeOutcome::Upheld).into()]
        }),
        row("decided by the challenger", Reason::SameHolder, "events[0].challenge_resolved.challenge", |w| {
            vec![resolved(w, BY_OFFICE, ChallengeOutcome::Upheld).into()]
        }),
        row("withdrawn by the office", Reason::OutcomeNotYours, "events[0].challenge_resolved.outcome", |w| {
            vec![resolved(w, ANSWERED, ChallengeOutcome::Withdrawn).into()]
        }),
        row("decided for no reason", Reason::FieldMissing, "events[0].challenge_resolved.reason", |w| {
            vec![ChallengeResolved { reason: text(""), ..resolved(w, ANSWERED, ChallengeOutcome::Dismissed) }.into()]
        }),
        say(
            "decided by an auditor",
            "beta-auditor",
            Reason::OutcomeNotYours,
            "events[0].challenge_resolved.outcome",
            |w| vec![resolved(w, ANSWERED, ChallengeOutcome::Dismissed).into()],
        ),
        say("ended by a reporter", "alpha-reporter", Reason::RoleMissing, "events[0].challenge_resolved", |w| {
            vec![resolved(w, ANSWERED, ChallengeOutcome::Dismissed).into()]
        }),
    ]
}
