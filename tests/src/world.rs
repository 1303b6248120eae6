//! A small ledger with known keys: genesis, members, one plan with a few indicators, and signers that keep their own chain.

use std::collections::BTreeMap;

use hefu_rules::{Position, State, admit};
use hefu_types::event::membership::{
    Algorithm, GenesisKey, KeyEnrolled, LedgerLimits, LedgerOpened, MemberAdmitted, MemberType, Role,
};
use hefu_types::event::plan::{
    Area, Comparator, Direction, IndicatorDefined, Measure, PlanPart, PlanPublished, RollUp, Strength, TargetSet,
};
use hefu_types::event::platform::CheckpointKeyReplaced;
use hefu_types::event::reporting::{ConfStatus, ObsStatus, ObservationReported, Qualifier};
use hefu_types::ids::Nonce;
use hefu_types::sign::Keypair;
use hefu_types::vkey::VerifierKey;
use hefu_types::{
    ChainHash, Code, Decimal, Entry, Event, KeySeq, LedgerId, Millis, Name, Opening, PeriodType, PublicKey, Refusal,
    SignedSubmission, Size, Submission, SubmissionHash, Text, hash,
};

/// The origin of every test ledger.
pub const ORIGIN: &str = "example.org/test";

/// The names of the checkpoint keys of the tests, in the order in which they replace one another.
pub const CHECKPOINT_KEYS: [&str; 4] = ["checkpoint", "checkpoint-2", "checkpoint-3", "checkpoint-4"];

/// A code that is known to be one.
///
/// # Panics
/// When it is none.
#[must_use]
pub fn code(text: &str) -> Code {
    Code::new(text).expect("a code")
}

/// A text that is known to fit.
///
/// # Panics
/// When it does not.
#[must_use]
pub fn text(s: &str) -> Text {
    Text::new(s).expect("a text")
}

/// A number that is known to be one.
///
/// # Panics
/// When it is none.
#[must_use]
pub fn decimal(s: &str) -> Decimal {
    s.parse().expect("a decimal")
}

/// A name in one language.
#[must_use]
pub fn name(en: &str) -> Name {
    Name { zh: Text::default(), en: text(en) }
}

/// The key pair of a name: the same name, the same key.
#[must_use]
pub fn keys(name: &str) -> Keypair {
    Keypair::from_seed(blake3::hash(name.as_bytes()).as_bytes())
}

/// A key and where its own chain stands.
#[derive(Clone, Debug)]
pub struct Signer {
    /// The keys.
    pub keys: Keypair,
    /// The ledger it signs for; `None` before genesis.
    pub ledger: Option<LedgerId>,
    /// The count of its last submission.
    pub last_seq: KeySeq,
    /// The hash of its last submission.
    pub last_hash: SubmissionHash,
}

impl Signer {
    /// The signer of a name, before its first submission.
    #[must_use]
    pub fn new(name: &str, ledger: Option<LedgerId>) -> Self {
        Self { keys: keys(name), ledger, last_seq: KeySeq::NONE, last_hash: SubmissionHash::NONE }
    }

    /// Its public key.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        self.keys.public()
    }

    /// What it would submit next; change what you like before signing.
    #[must_use]
    pub fn draft(&self, events: Vec<Event>) -> Submission {
        Submission {
            ledger_id: self.ledger,
            key: self.public(),
            key_seq: self.last_seq.next(),
            key_prev: self.last_hash,
            created_at: Millis::new(1_700_000_000_000),
            not_after: Millis::default(),
            events,
        }
    }

    /// Signs its next submission without moving on.
    #[must_use]
    pub fn peek(&self, events: Vec<Event>) -> SignedSubmission {
        self.draft(events).sign(&self.keys)
    }

    /// Signs its next submission and moves on, trusting that it is recorded.
    pub fn sign(&mut self, events: Vec<Event>) -> SignedSubmission {
        let signed = self.peek(events);
        self.moved_on(&signed);
        signed
    }

    /// Moves on: this submission of its own was recorded.
    pub fn moved_on(&mut self, signed: &SignedSubmission) {
        self.last_seq = self.last_seq.next();
        self.last_hash = signed.hash();
    }
}

/// A ledger in memory: what was recorded, and who can sign.
#[derive(Clone, Debug)]
pub struct World {
    /// The rules' state.
    pub state: State,
    /// The entries.
    pub entries: Vec<Entry>,
    /// The clock.
    pub now: Millis,
    signers: BTreeMap<String, Signer>,
}

impl World {
    /// A ledger that is opened and nothing more.
    #[must_use]
    pub fn opened() -> Self {
        let mut world = Self {
            state: State::default(),
            entries: Vec::new(),
            now: Millis::new(1_700_000_000_000),
            signers: BTreeMap::new(),
        };
        let mut office = Signer::new("office-1", None);
        let signed = office.sign(vec![genesis().into()]);
        office.ledger = Some(hash::ledger_id(&signed.submission));
        world.signers.insert("office-1".into(), office);
        world.record(signed).expect("a genesis");
        world
    }

    /// A ledger with members `alpha` and `beta` (keys `alpha-admin`, `alpha-reporter`, …) and a plan of three indicators:
    /// `stock` (cumulative count), `pue` (ratio, two decimals, lower is better), `flow`; areas `520000` and `520100`; all
    /// reported by `alpha`, `stock` by `beta`, too.
    #[must_use]
    pub fn planned() -> Self {
        let mut world = Self::opened();
        for member in ["alpha", "beta"] {
            world.say("office-1", vec![world.admission(member).into()]);
            let reporter = world.enrolment(member, &format!("{member}-reporter"), &[Role::Reporter]);
            world.say(&format!("{member}-admin"), vec![reporter.into()]);
        }
        world.say("office-1", plan_events());
        world
    }

    /// The ledger's id.
    ///
    /// # Panics
    /// Never: a world is opened.
    #[must_use]
    pub fn ledger(&self) -> LedgerId {
        self.state.ledger().expect("an open ledger").id
    }

    /// The signer of a name.
    pub fn signer(&mut self, name: &str) -> &mut Signer {
        let ledger = self.ledger();
        self.signers.entry(name.to_owned()).or_insert_with(|| Signer::new(name, Some(ledger)))
    }

    /// An enrolment with its proof.
    #[must_use]
    pub fn enrolment(&self, member: &str, key_name: &str, roles: &[Role]) -> KeyEnrolled {
        enrolment(self.ledger(), member, key_name, roles)
    }

    /// An admission with the first key `<member>-admin`.
    #[must_use]
    pub fn admission(&self, member: &str) -> MemberAdmitted {
        MemberAdmitted {
            member: code(member),
            name: name(member),
            member_type: MemberType::Department,
            conference_role: None,
            first_key: self.enrolment(member, &format!("{member}-admin"), &[Role::Admin]),
        }
    }

    /// Signs events with the key of a name and records them.
    ///
    /// # Panics
    /// When they are refused.
    pub fn say(&mut self, signer: &str, events: Vec<Event>) -> SignedSubmission {
        let signed = self.signer(signer).sign(events);
        self.record(signed.clone()).unwrap_or_else(|refusal| panic!("{signer}: {refusal} ({})", refusal.field));
        signed
    }

    /// Signs events with the key of a name and offers them; a refused one leaves the signer where it was.
    ///
    /// # Errors
    /// The refusal.
    pub fn offer(&mut self, signer: &str, events: Vec<Event>) -> Result<SignedSubmission, Refusal> {
        let signed = self.signer(signer).peek(events.clone());
        self.record(signed.clone())?;
        Ok(self.signer(signer).sign(events)).inspect(|again| debug_assert_eq!(*again, signed))
    }

    /// Admits, decides, chains.
    ///
    /// # Errors
    /// The refusal.
    pub fn record(&mut self, signed: SignedSubmission) -> Result<(), Refusal> {
        let admitted = admit(signed)?;
        self.now = Millis::new(self.now.get() + 1);
        let seq = Size::new(self.entries.len() as u64).next_seq();
        let at = Position {
            seq,
            recorded_at: self.now,
            submission_hash: admitted.hash(),
            submission_bytes: admitted.signed().submission.len(),
        };
        self.state.record(admitted.submission(), &at)?;
        let prev = self.entries.last().map_or(ChainHash::NONE, Entry::chain_hash);
        self.entries.push(Entry::new(seq, self.now, prev, admitted.signed()));
        Ok(())
    }
}

/// An enrolment with its proof, for any ledger.
#[must_use]
pub fn enrolment(ledger: LedgerId, member: &str, key_name: &str, roles: &[Role]) -> KeyEnrolled {
    let keys = keys(key_name);
    let mut enrolled = KeyEnrolled {
        member: code(member),
        key: keys.public(),
        algorithm: Algorithm::Ed25519,
        roles: roles.to_vec(),
        holder: text(key_name),
        recovery: false,
        proof: None,
    };
    enrolled.proof = Some(keys.prove_enrolment(&ledger, &enrolled));
    enrolled
}

/// The next replacement of the checkpoint key of a ledger, signed by both keys.
///
/// # Panics
/// When all of [`CHECKPOINT_KEYS`] have signed.
#[must_use]
pub fn replacement(state: &State, valid_to: Size) -> CheckpointKeyReplaced {
    let count = state.checkpoint_keys().len();
    let ledger = state.ledger().expect("an open ledger").id;
    signed_replacement(ledger, CHECKPOINT_KEYS[count - 1], CHECKPOINT_KEYS[count], valid_to)
}

/// A replacement of one checkpoint key by another, signed by both.
///
/// # Panics
/// Never: the origin is a name.
#[must_use]
pub fn signed_replacement(ledger: LedgerId, old: &str, new: &str, valid_to: Size) -> CheckpointKeyReplaced {
    let vkey = |key: &str| VerifierKey::new(ORIGIN, keys(key).public()).expect("a name");
    let mut event = CheckpointKeyReplaced {
        replaced: text(&vkey(old).to_string()),
        replacement: text(&vkey(new).to_string()),
        valid_to,
        endorsement: None,
        proof: None,
    };
    let [endorsement, proof] = [old, new].map(|key| Some(keys(key).sign_replacement(&ledger, &event)));
    (event.endorsement, event.proof) = (endorsement, proof);
    event
}

/// The genesis of every test ledger; signed by `office-1`.
///
/// # Panics
/// Never.
#[must_use]
pub fn genesis() -> LedgerOpened {
    let named = |key: &str| GenesisKey { key: keys(key).public(), holder: text(key) };
    let checkpoint = VerifierKey::new(ORIGIN, keys("checkpoint").public()).expect("a name");
    LedgerOpened {
        origin: text(ORIGIN),
        title: name("test"),
        office: code("office"),
        office_name: name("office"),
        office_keys: vec![named("office-1"), named("office-2")],
        recovery_key: keys("recovery").public(),
        operator: code("operator"),
        operator_name: name("operator"),
        operator_key: named("operator-1"),
        checkpoint_key: text(&checkpoint.to_string()),
        rules_version: 1,
        limits: LedgerLimits { max_events: 1_000, max_submission_bytes: 65_420 },
        nonce: Nonce::from_bytes([7; 32]),
    }
}

/// Plan `test`, its three indicators and a target for each.
#[must_use]
pub fn plan_events() -> Vec<Event> {
    let area = |c: &str, parent: Option<&str>| Area {
        code: code(c),
        name: name(c),
        parent: parent.map(code),
        overlaps: false,
    };
    let plan = PlanPublished {
        plan: code("test"),
        title: name("test plan"),
        issuer: name("office"),
        first_year: 2022,
        last_year: 2024,
        parts: vec![PlanPart { code: code("main"), title: name("main part"), lead_units: vec![] }],
        areas: vec![area("520000", None), area("520100", Some("520000"))],
        provenance: None,
    };
    let stock = indicator("stock", Measure::Stock, Direction::Higher, RollUp::Sum, 0, &["alpha", "beta"]);
    let pue = indicator("pue", Measure::Ratio, Direction::Lower, RollUp::None, 2, &["alpha"]);
    let flow = indicator("flow", Measure::Flow, Direction::Higher, RollUp::Sum, 0, &["alpha"]);
    vec![
        plan.into(),
        stock.into(),
        pue.into(),
        flow.into(),
        target("stock", Comparator::AtLeast, "1000").into(),
        target("pue", Comparator::AtMost, "1.30").into(),
        target("flow", Comparator::MoreThan, "10").into(),
    ]
}

/// An indicator of plan `test`, in both areas, by year, quarter and month.
#[must_use]
pub fn indicator(
    indicator: &str,
    measure: Measure,
    direction: Direction,
    roll_up: RollUp,
    decimals: u32,
    units: &[&str],
) -> IndicatorDefined {
    IndicatorDefined {
        indicator: code(indicator),
        plan: code("test"),
        part: code("main"),
        name: name(indicator),
        unit: text("count"),
        measure,
        direction,
        roll_up,
        weight: None,
        decimals,
        lead_units: vec![],
        reporting_units: units.iter().map(|u| code(u)).collect(),
        areas: vec![code("520000"), code("520100")],
        period_types: vec![PeriodType::Year, PeriodType::Quarter, PeriodType::Month],
        provenance: None,
    }
}

/// A hard target for 2024 in the province.
#[must_use]
pub fn target(indicator: &str, comparator: Comparator, value: &str) -> TargetSet {
    TargetSet {
        indicator: code(indicator),
        area: code("520000"),
        year: 2024,
        strength: Strength::Hard,
        comparator,
        value: decimal(value),
        provenance: None,
    }
}

/// An exact, normal observation in the province.
///
/// # Panics
/// When the period is none.
#[must_use]
pub fn observation(indicator: &str, period: &str, value: &str) -> ObservationReported {
    ObservationReported {
        indicator: code(indicator),
        area: code("520000"),
        period: period.parse().expect("a period"),
        value: Some(decimal(value)),
        obs_status: ObsStatus::A,
        qualifier: Some(Qualifier::Exact),
        as_of_date: None,
        source: None,
        note: Text::default(),
        supersedes: None,
        reason: Text::default(),
        on_behalf_of: None,
        conf_status: None,
        method: Text::default(),
        evidence: vec![],
        embargo_until: Millis::default(),
        commitment: None,
        readers: vec![],
    }
}

/// The same with a status that keeps its value from publication, which a commitment stands for.
#[must_use]
pub fn withheld(mut open: ObservationReported, status: ConfStatus) -> ObservationReported {
    (open.conf_status, open.value) = (Some(status), None);
    open.commitment = Some(opening(&open).commitment());
    open
}

/// What opens the commitment of any observation of the tests: the salt is made from its cell, its method and what it supersedes, and
/// the value is 4711.42, so that both can be looked for wherever they must not be.
#[must_use]
pub fn opening(of: &ObservationReported) -> Opening {
    let ObservationReported { indicator, area, period, method, supersedes, .. } = of;
    let salt = blake3::hash(format!("{indicator} {area} {period} {method} {supersedes:?}").as_bytes());
    Opening::of_number(*salt.as_bytes(), decimal("4711.42"))
}

/// The openings of all that a submission commits to as these tests do; none of bytes that are no submission.
#[must_use]
pub fn openings(signed: &SignedSubmission) -> Vec<Opening> {
    let events = Submission::decode(&signed.submission).map(|said| said.events).unwrap_or_default();
    let openings = events.iter().filter_map(|event| match event {
        Event::ObservationReported(e) => Some(opening(e)).filter(|opening| e.commitment == Some(opening.commitment())),
        _ => None,
    });
    openings.collect()
}
