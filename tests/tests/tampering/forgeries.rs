//! What an operator can do who chains the log anew and shows the head that fits: only signatures, key chains and rules can
//! tell. And what only the head can tell.

use hefu_tests::world::{genesis, keys, observation};
use hefu_tests::{Signer, World, export};
use hefu_types::event::membership::{KeyRevoked, MemberAdmitted, RevocationReason, Role, RulesActivated};
use hefu_types::{Event, KeySeq, Millis, Seq, SignedSubmission, Submission, SubmissionHash};
use hefu_verify::FailureKind::{self, Head, KeyChain, Link, Missing, Rules, Signature, Time};

use crate::log::{bytes_of, chain, month, parts, signer, verdict_of, world};

type Parts = Vec<(Millis, SignedSubmission)>;

/// Changes a log before it is chained.
type Change = fn(&mut Parts);

/// A forged log, and what must be said about it.
struct Forgery {
    name: &'static str,
    make: fn(&World, &mut Parts),
    seq: u64,
    kind: FailureKind,
}

/// Where the forger works: an observation of `alpha-reporter`, whose correction follows.
const AT: usize = 300;
/// After the last entry.
const END: usize = crate::log::SIZE;

fn submission(part: &(Millis, SignedSubmission)) -> Submission {
    Submission::decode(&part.1.submission).expect("a submission")
}

/// The observation with another value.
fn with_value(mut submission: Submission, value: &str) -> Submission {
    let Some(Event::ObservationReported(e)) = submission.events.first_mut() else { panic!("no observation") };
    e.value = Some(hefu_tests::world::decimal(value));
    submission
}

/// Whoever may sign inserts at the end what it signs in good order.
fn append(world: &World, parts: &mut Parts, name: &str, event: impl Into<Event>) {
    insert(world, parts, END, name, event);
}

fn insert(world: &World, parts: &mut Parts, at: usize, name: &str, event: impl Into<Event>) {
    let now = parts[at.min(parts.len() - 1)].0;
    parts.insert(at, (now, signer(world, name).peek(vec![event.into()])));
}

/// The same signer, as it stood before an entry.
fn signer_at(world: &World, name: &str, at: usize) -> Signer {
    let mut signer = Signer::new(name, Some(world.ledger()));
    for entry in &world.entries[..at] {
        let signed = entry.signed();
        if submission(&(entry.recorded_at(), signed.clone())).key == signer.public() {
            signer.moved_on(&signed);
        }
    }
    signer
}

const FORGERIES: &[Forgery] = &[
    Forgery {
        name: "a value changed, the member's signature kept",
        make: |_, parts| parts[AT].1.submission = with_value(submission(&parts[AT]), "9").encode().into(),
        seq: AT as u64,
        kind: Signature,
    },
    Forgery {
        name: "a value changed and signed by the operator",
        make: |_, parts| parts[AT].1 = with_value(submission(&parts[AT]), "9").sign(&keys("operator-1")),
        seq: AT as u64,
        kind: Signature,
    },
    Forgery {
        name: "a value changed, signed by the operator in its own name",
        make: |world, parts| {
            let event = with_value(submission(&parts[AT]), "9").events.swap_remove(0);
            parts[AT].1 = signer(world, "operator-1").peek(vec![event]);
        },
        seq: AT as u64,
        kind: Rules,
    },
    Forgery {
        name: "a key never enrolled",
        make: |world, parts| parts[AT].1 = signer(world, "stranger").peek(submission(&parts[AT]).events),
        seq: AT as u64,
        kind: Rules,
    },
    Forgery {
        name: "the first observation left out: its correction comes next by the same key",
        make: |_, parts| drop(parts.remove(AT)),
        seq: AT as u64,
        kind: KeyChain,
    },
    Forgery {
        name: "two submissions of a key swapped",
        make: |_, parts| parts.swap(AT, AT + 1),
        seq: AT as u64,
        kind: KeyChain,
    },
    Forgery {
        name: "a submission recorded twice",
        make: |_, parts| parts.insert(AT + 1, parts[AT].clone()),
        seq: AT as u64 + 1,
        kind: KeyChain,
    },
    Forgery {
        name: "a submission moved to the end",
        make: |_, parts| {
            let (_, signed) = parts.remove(AT + 2);
            let now = parts[END - 2].0;
            parts.push((now, signed));
        },
        // The next by beta-reporter is six entries later, and one position earlier.
        seq: AT as u64 + 7,
        kind: KeyChain,
    },
    Forgery {
        name: "the office's admission by the operator",
        make: |world, parts| {
            let admitted: MemberAdmitted = world.admission("zeta");
            append(world, parts, "operator-1", admitted);
        },
        seq: END as u64,
        kind: Rules,
    },
    Forgery {
        name: "the operator's key enrolled for a member",
        make: |world, parts| append(world, parts, "operator-1", world.enrolment("alpha", "fake", &[Role::Reporter])),
        seq: END as u64,
        kind: Rules,
    },
    Forgery {
        name: "a member that was suspended speaks",
        make: |world, parts| append(world, parts, "beta-reporter", observation("stock", "2199", "9999")),
        seq: END as u64,
        kind: Rules,
    },
    Forgery {
        name: "a stock that falls, signed by its reporter",
        make: |world, parts| {
            let signed = signer_at(world, "beta-reporter", AT).peek(vec![observation("stock", "2199", "1").into()]);
            parts.insert(AT, (parts[AT].0, signed));
        },
        seq: AT as u64,
        kind: Rules,
    },
    Forgery {
        name: "a second observation of a month, signed by its reporter",
        make: |world, parts| {
            let again = observation("flow", &month(AT), "9");
            parts
                .insert(AT + 2, (parts[AT + 1].0, signer_at(world, "alpha-reporter", AT + 2).peek(vec![again.into()])));
        },
        seq: AT as u64 + 2,
        kind: Rules,
    },
    Forgery {
        name: "a second genesis",
        make: |world, parts| append(world, parts, "office-1", genesis()),
        seq: END as u64,
        kind: Rules,
    },
    Forgery {
        name: "a key that was revoked by the entry before",
        make: |world, parts| {
            let key = keys("alpha-reporter").public();
            let revoked = KeyRevoked { key, reason: RevocationReason::Ceased, since_seq: Seq::FIRST };
            append(world, parts, "alpha-admin", revoked);
            let (now, event) = (parts[END].0, observation("flow", "2199", "1"));
            parts.push((now, signer(world, "alpha-reporter").peek(vec![event.into()])));
        },
        seq: END as u64 + 1,
        kind: Rules,
    },
    Forgery {
        name: "a submission recorded after its not_after",
        make: |world, parts| {
            let office = signer(world, "office-2");
            let mut draft = office.draft(vec![RulesActivated { version: 1 }.into()]);
            draft.not_after = Millis::new(parts[END - 1].0.get() - 1);
            parts.push((parts[END - 1].0, draft.sign(&office.keys)));
        },
        seq: END as u64,
        kind: Rules,
    },
    Forgery {
        name: "a rules version that nobody released",
        make: |world, parts| append(world, parts, "office-2", RulesActivated { version: 2 }),
        seq: END as u64,
        kind: FailureKind::NewerThanTool,
    },
    Forgery {
        name: "an event of a kind that this program does not know, chained as it is",
        make: |world, parts| {
            let office = signer(world, "office-2");
            // An event (field 15) of three bytes: field 1023, empty.
            let newer = [&office.draft(vec![]).encode()[..], &[0x7a, 3, 0xfa, 0x3f, 0]].concat();
            let signature = office.keys.sign_submission(&newer);
            parts.push((parts[END - 1].0, SignedSubmission { submission: newer.into(), signature }));
        },
        seq: END as u64,
        kind: FailureKind::NewerThanTool,
    },
    Forgery {
        name: "a key_seq out of turn",
        make: |world, parts| {
            let office = signer(world, "office-2");
            let mut draft = office.draft(vec![RulesActivated { version: 1 }.into()]);
            draft.key_seq = KeySeq::new(draft.key_seq.get() + 1);
            parts.push((parts[END - 1].0, draft.sign(&office.keys)));
        },
        seq: END as u64,
        kind: KeyChain,
    },
    Forgery {
        name: "a key_prev of another history",
        make: |world, parts| {
            let office = signer(world, "office-2");
            let mut draft = office.draft(vec![RulesActivated { version: 1 }.into()]);
            draft.key_prev = SubmissionHash::from_bytes([5; 32]);
            parts.push((parts[END - 1].0, draft.sign(&office.keys)));
        },
        seq: END as u64,
        kind: KeyChain,
    },
    Forgery {
        name: "a time that goes back",
        make: |_, parts| parts[AT].0 = Millis::new(parts[AT - 1].0.get() - 1),
        seq: AT as u64,
        kind: Time,
    },
];

#[test]
fn a_log_chained_anew_without_the_members_keys_is_found_by_signatures_and_rules() {
    let world = world();
    let true_head = export::head_of(&world.entries);
    for Forgery { name, make, seq, kind } in FORGERIES {
        let mut parts = parts(&world.entries);
        make(&world, &mut parts);
        let forged = chain(&parts);
        let entries = bytes_of(&forged);
        assert_eq!(verdict_of(&entries, export::head_of(&forged)), Some((*seq, *kind)), "{name}");
        // Under the head that the auditor really holds it is found all the same.
        assert!(verdict_of(&entries, true_head).is_some(), "{name}");
    }
}

/// Histories that break no rule: another order of independent keys, another time, another end. They are somebody's log,
/// but not the one of the head.
#[test]
fn another_valid_history_is_found_by_the_head() {
    let world = world();
    let head = export::head_of(&world.entries);
    let last = head.size.get() - 1;
    let forgeries: [(&str, Change, u64, FailureKind); 5] = [
        ("nothing changed", |_| {}, 0, Head),
        ("two keys' submissions swapped", swap_independent, last, Head),
        ("recorded a millisecond later", |parts| parts[AT].0 = parts[AT + 1].0, last, Head),
        ("the last entry left out", |parts| drop(parts.pop()), last, Missing),
        ("the last entry's time moved", |parts| parts[END - 1].0 = Millis::new(parts[END - 1].0.get() + 1), last, Head),
    ];
    for (name, make, seq, kind) in forgeries {
        let mut parts = parts(&world.entries);
        make(&mut parts);
        let forged = chain(&parts);
        assert_eq!(verdict_of(&bytes_of(&forged), export::head_of(&forged)), None, "{name}: a valid log");
        let expected = (name != "nothing changed").then_some((seq, kind));
        assert_eq!(verdict_of(&bytes_of(&forged), head), expected, "{name}");
    }
}

/// A correction of alpha and an observation of beta, in the other order.
fn swap_independent(parts: &mut Parts) {
    let (a, b) = (parts[AT + 1].1.clone(), parts[AT + 2].1.clone());
    (parts[AT + 1].1, parts[AT + 2].1) = (b, a);
}

/// An operator that changes an entry, chains what follows, and stops before the end: the seam shows.
#[test]
fn a_seam_between_forged_and_true_entries_is_a_broken_link() {
    let world = world();
    let mut parts = parts(&world.entries);
    parts[AT].0 = parts[AT + 1].0;
    let forged = chain(&parts);
    for seam in [AT + 1, AT + 2, 511, 512, END - 1] {
        let mut entries = bytes_of(&world.entries);
        entries[AT..seam].clone_from_slice(&bytes_of(&forged)[AT..seam]);
        // The true entry at the seam links to the true one before it: that one's bytes are not those that were chained.
        let expected = Some((seam as u64 - 1, Link));
        assert_eq!(verdict_of(&entries, export::head_of(&world.entries)), expected, "seam at {seam}");
    }
}
