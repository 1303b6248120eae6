//! Logs for tests: a few words make an entry. Key 1 is the office's; nothing here is signed.

use hefu_types::event::membership::{
    Algorithm, GenesisKey, KeyEnrolled, LedgerLimits, LedgerOpened, MemberAdmitted, MemberType, Role,
};
use hefu_types::event::plan::{
    Area, Comparator, Direction, IndicatorDefined, Measure, MilestoneSet, PlanPublished, RollUp, Strength,
    TargetAdjusted, TargetSet, TaskDefined, TrajectoryDeclared, TrajectoryPoint,
};
use hefu_types::event::reporting::{ConfStatus, ObsStatus, ObservationReported, ObservationRetracted, Qualifier};
use hefu_types::event::{EventRef, Name};
use hefu_types::ids::Nonce;
use hefu_types::{
    Code, Commitment, Decimal, DecodedEntry, Event, KeySeq, Millis, Period, PeriodType, PublicKey, Seq, Submission,
    SubmissionHash, Text, hash,
};

use crate::engine::Projector;
use crate::memory::Memory;
use crate::row::Origin;

pub(crate) const OFFICE: u8 = 1;
pub(crate) const OPERATOR: u8 = 4;
pub(crate) const REPORTER: u8 = 11;

pub(crate) fn code(text: &str) -> Code {
    Code::new(text).unwrap()
}

pub(crate) fn text(text: &str) -> Text {
    Text::new(text).unwrap()
}

pub(crate) fn name(en: &str) -> Name {
    Name { zh: Text::default(), en: text(en) }
}

pub(crate) fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

pub(crate) fn period(text: &str) -> Period {
    text.parse().unwrap()
}

pub(crate) fn key(n: u8) -> PublicKey {
    PublicKey::from_bytes([n; 32])
}

pub(crate) fn origin(seq: u64, event_index: u32) -> Origin {
    let (submission_hash, key) = (SubmissionHash::NONE, key(OFFICE));
    Origin { seq: Seq::new(seq), event_index, number: 72, recorded_at: Millis::new(0), submission_hash, key }
}

/// Entries in the making.
pub(crate) struct Log(pub(crate) Vec<DecodedEntry>);

impl Log {
    pub(crate) fn empty() -> Self {
        Self(Vec::new())
    }

    /// A ledger with plan `p` (2024 to 2026) and department `d`, whose key 11 reports.
    pub(crate) fn open() -> Self {
        let mut log = Self::empty();
        log.say(OFFICE, [genesis().into()]);
        log.say(OFFICE, [admission("d", REPORTER, &[Role::Admin, Role::Reporter]).into(), plan("p").into()]);
        log
    }

    pub(crate) fn say(&mut self, signer: u8, events: impl IntoIterator<Item = Event>) -> Seq {
        let seq = Seq::new(self.0.len() as u64);
        let submission = Submission {
            ledger_id: None,
            key: key(signer),
            key_seq: KeySeq::new(seq.get() + 1),
            key_prev: SubmissionHash::NONE,
            created_at: Millis::new(0),
            not_after: Millis::new(0),
            events: events.into_iter().collect(),
        };
        let submission_hash = hash::submission_hash(&submission.encode());
        let recorded_at = Millis::new(1_700_000_000_000 + seq.get() as i64);
        self.0.push(DecodedEntry { seq, recorded_at, submission_hash, submission });
        seq
    }

    /// Every view, fed with the first `n` entries.
    pub(crate) fn replay(&self, n: usize) -> Memory {
        let memory = Memory::new();
        Projector::new(&memory).apply_all(&self.0[..n]).unwrap();
        memory
    }

    pub(crate) fn store(&self) -> Memory {
        self.replay(self.0.len())
    }
}

pub(crate) fn genesis() -> LedgerOpened {
    let office_key = |n| GenesisKey { key: key(n), holder: text("office") };
    LedgerOpened {
        origin: text("example.org/test"),
        title: name("Test"),
        office: code("office"),
        office_name: name("Office"),
        office_keys: vec![office_key(OFFICE), office_key(2)],
        recovery_key: key(3),
        operator: code("operator"),
        operator_name: name("Operator"),
        operator_key: GenesisKey { key: key(OPERATOR), holder: text("machine") },
        checkpoint_key: text("example.org/test+00000000+AA"),
        rules_version: 1,
        limits: LedgerLimits { max_events: 1_000, max_submission_bytes: 65_420 },
        nonce: Nonce::from_bytes([0; 32]),
    }
}

pub(crate) fn enrolment(member: &str, n: u8, roles: &[Role]) -> KeyEnrolled {
    KeyEnrolled {
        member: code(member),
        key: key(n),
        algorithm: Algorithm::Ed25519,
        roles: roles.to_vec(),
        holder: text(&format!("holder-{n}")),
        recovery: false,
        proof: None,
    }
}

pub(crate) fn admission(member: &str, n: u8, roles: &[Role]) -> MemberAdmitted {
    MemberAdmitted {
        member: code(member),
        name: name(member),
        member_type: MemberType::Department,
        conference_role: None,
        first_key: enrolment(member, n, roles),
    }
}

pub(crate) fn plan(plan: &str) -> PlanPublished {
    PlanPublished {
        plan: code(plan),
        title: name("Plan"),
        issuer: name("Province"),
        first_year: 2024,
        last_year: 2026,
        parts: vec![],
        areas: vec![],
        provenance: None,
    }
}

/// An area; an empty parent is none.
pub(crate) fn area(area: &str, parent: &str) -> Area {
    let parent = (!parent.is_empty()).then(|| code(parent));
    Area { code: code(area), name: name(area), parent, overlaps: false }
}

pub(crate) fn indicator(indicator: &str, direction: Direction, areas: &[&str]) -> IndicatorDefined {
    IndicatorDefined {
        indicator: code(indicator),
        plan: code("p"),
        part: code("main"),
        name: name(indicator),
        unit: text("count"),
        measure: Measure::Stock,
        direction,
        roll_up: RollUp::None,
        weight: None,
        decimals: 2,
        lead_units: vec![],
        reporting_units: vec![code("d")],
        areas: areas.iter().map(|area| code(area)).collect(),
        period_types: vec![PeriodType::Year],
        provenance: None,
    }
}

pub(crate) fn target(indicator: &str, area: &str, year: u32, comparator: Comparator, value: &str) -> TargetSet {
    TargetSet {
        indicator: code(indicator),
        area: code(area),
        year,
        strength: Strength::Hard,
        comparator,
        value: decimal(value),
        provenance: None,
    }
}

/// Adjusts a target to more than `value`.
pub(crate) fn adjusted(to: &TargetSet, value: &str) -> TargetAdjusted {
    TargetAdjusted {
        indicator: to.indicator.clone(),
        area: to.area.clone(),
        year: to.year,
        strength: to.strength,
        comparator: Comparator::MoreThan,
        value: decimal(value),
        reason: text("too easy"),
    }
}

/// The way to a hard target, through these values at the ends of these periods.
pub(crate) fn trajectory(indicator: &str, area: &str, year: u32, points: &[(&str, &str)]) -> TrajectoryDeclared {
    let point = |(when, value): &(&str, &str)| TrajectoryPoint { period: period(when), value: decimal(value) };
    TrajectoryDeclared {
        indicator: code(indicator),
        area: code(area),
        year,
        strength: Strength::Hard,
        points: points.iter().map(point).collect(),
        reason: text("late start"),
        provenance: None,
    }
}

pub(crate) fn task(plan: &str, task: &str, title: &str) -> TaskDefined {
    TaskDefined {
        plan: code(plan),
        task: code(task),
        part: code("main"),
        number: text("1"),
        title: name(title),
        lead_units: vec![],
        supporting_units: vec![],
        provenance: None,
    }
}

pub(crate) fn milestone(plan: &str, milestone: &str, title: &str) -> MilestoneSet {
    MilestoneSet {
        plan: code(plan),
        milestone: code(milestone),
        part: code("main"),
        title: name(title),
        year: 0,
        task: None,
        lead_units: vec![],
        provenance: None,
    }
}

/// An observation; an empty value says that it is missing.
pub(crate) fn observed(indicator: &str, area: &str, when: &str, value: &str) -> Event {
    let value = (!value.is_empty()).then(|| decimal(value));
    ObservationReported {
        indicator: code(indicator),
        area: code(area),
        period: period(when),
        value,
        obs_status: if value.is_some() { ObsStatus::A } else { ObsStatus::M },
        qualifier: value.map(|_| Qualifier::Exact),
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
    .into()
}

/// An observation whose value is not free; the number makes its commitment.
pub(crate) fn withheld(indicator: &str, area: &str, when: &str, n: u8) -> Event {
    let Event::ObservationReported(mut e) = observed(indicator, area, when, "1") else { unreachable!("it is one") };
    (e.value, e.conf_status) = (None, Some(ConfStatus::N));
    (e.commitment, e.readers) = (Some(Commitment::from_bytes([n; 32])), vec![code("other")]);
    Event::ObservationReported(e)
}

pub(crate) fn retracted(indicator: &str, area: &str, when: &str) -> Event {
    ObservationRetracted {
        indicator: code(indicator),
        area: code(area),
        period: period(when),
        observation: EventRef { submission_hash: None, index: 0 },
        reason: text("wrong"),
        on_behalf_of: None,
    }
    .into()
}
