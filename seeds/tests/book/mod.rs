//! A ledger without a server: keys of the test, positions counted, the rules deciding.

use std::collections::BTreeMap;

use hefu_rules::{Position, State};
use hefu_seeds::Admission;
use hefu_types::event::Name;
use hefu_types::event::membership::{
    Algorithm, GenesisKey, KeyEnrolled, LedgerLimits, LedgerOpened, MemberAdmitted, Role,
};
use hefu_types::ids::Nonce;
use hefu_types::limits::{EVENTS_MAX, SUBMISSION_BYTES_MAX};
use hefu_types::sign::Keypair;
use hefu_types::vkey::VerifierKey;
use hefu_types::{Code, Event, KeySeq, Millis, Seq, Size, Submission, SubmissionHash, Text, hash};

const OFFICE: &str = "office";

/// The rules' state, and the keys of everyone who speaks.
pub(crate) struct Book {
    state: State,
    size: Size,
    keys: BTreeMap<Code, Keypair>,
    seeds: u8,
}

fn code(text: &str) -> Code {
    Code::new(text).unwrap()
}

fn text(text: &str) -> Text {
    Text::new(text).unwrap()
}

fn name(en: &str) -> Name {
    Name { zh: Text::default(), en: text(en) }
}

impl Book {
    /// A ledger with its genesis entry.
    pub(crate) fn open() -> Self {
        let office = Keypair::from_seed(&[1; 32]);
        let keys = BTreeMap::from([(code(OFFICE), office)]);
        let mut book = Self { state: State::default(), size: Size::EMPTY, keys, seeds: 6 };
        book.say_as_office(vec![Event::from(genesis())]);
        book
    }

    pub(crate) const fn state(&self) -> &State {
        &self.state
    }

    /// Admits a unit with a key of its own.
    pub(crate) fn admit(&mut self, unit: &Admission) {
        self.seeds += 1;
        let keys = Keypair::from_seed(&[self.seeds; 32]);
        let mut first_key = KeyEnrolled {
            member: unit.member.clone(),
            key: keys.public(),
            algorithm: Algorithm::Ed25519,
            roles: vec![Role::Admin, Role::Reporter],
            holder: text("holder"),
            recovery: false,
            proof: None,
        };
        first_key.proof = Some(keys.prove_enrolment(&self.state.ledger().unwrap().id, &first_key));
        self.keys.insert(unit.member.clone(), keys);
        let Admission { member, name, member_type, conference_role } = unit.clone();
        self.say_as_office(vec![Event::from(MemberAdmitted { member, name, member_type, conference_role, first_key })]);
    }

    pub(crate) fn say_as_office(&mut self, events: Vec<Event>) {
        self.say(&code(OFFICE), events);
    }

    /// Records what a member says; a refusal fails the test.
    pub(crate) fn say(&mut self, member: &Code, events: Vec<Event>) {
        let keys = &self.keys[member];
        let known = self.state.key(&keys.public());
        let submission = Submission {
            ledger_id: self.state.ledger().map(|ledger| ledger.id),
            key: keys.public(),
            key_seq: known.map_or(KeySeq::NONE, |key| key.last_seq).next(),
            key_prev: known.map_or(SubmissionHash::NONE, |key| key.last_hash),
            created_at: Millis::new(1),
            not_after: Millis::new(0),
            events,
        };
        let bytes = submission.encode();
        assert_eq!(Submission::decode(&bytes), Ok(submission.clone()), "canonical and within the limits");
        let at = Position {
            seq: self.size.next_seq(),
            recorded_at: Millis::new(1),
            submission_hash: hash::submission_hash(&bytes),
            submission_bytes: bytes.len(),
        };
        assert_eq!(self.state.record(&submission, &at), Ok(()), "{member}");
        self.size = Seq::size(at.seq);
    }
}

fn genesis() -> LedgerOpened {
    let key = |seed: u8| Keypair::from_seed(&[seed; 32]).public();
    let named = |seed: u8| GenesisKey { key: key(seed), holder: text("holder") };
    LedgerOpened {
        origin: text("example.org/ledger"),
        title: name("A ledger"),
        office: code(OFFICE),
        office_name: name("The office"),
        office_keys: vec![named(1), named(2)],
        recovery_key: key(3),
        operator: code("operator"),
        operator_name: name("The operator"),
        operator_key: named(4),
        checkpoint_key: text(&VerifierKey::new("example.org/ledger", key(5)).unwrap().to_string()),
        rules_version: 1,
        limits: LedgerLimits { max_events: EVENTS_MAX as u32, max_submission_bytes: SUBMISSION_BYTES_MAX as u32 },
        nonce: Nonce::from_bytes([9; 32]),
    }
}
