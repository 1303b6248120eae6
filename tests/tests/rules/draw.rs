//! Arbitrary values of everything that can stand in a submission: half of the time out of the air, half of the time what
//! the test ledger knows, so that decisions get deep.

use hefu_tests::Rng;
use hefu_tests::world::{CHECKPOINT_KEYS, ORIGIN, keys};
use hefu_types::event::assurance::*;
use hefu_types::event::cycle::*;
use hefu_types::event::delegation::{DelegationEnded, ReportingDelegated};
use hefu_types::event::membership::*;
use hefu_types::event::plan::*;
use hefu_types::event::platform::*;
use hefu_types::event::reporting::*;
use hefu_types::ids::{Nonce, ViewDigest};
use hefu_types::limits::{CODE_BYTES_MAX, DECIMAL_SCALE_MAX};
use hefu_types::{
    Code, Commitment, ContentHash, Decimal, Event, EventRef, FileHash, KeySeq, LedgerId, Millis, Name, Period,
    PeriodType, Provenance, PublicKey, Seq, Signature, Size, Source, Submission, SubmissionHash, Text, VerifierKey,
};

/// Something that can be drawn.
pub(crate) trait Draw {
    fn draw(rng: &mut Rng) -> Self;
}

/// Draws a value.
pub(crate) fn draw<T: Draw>(rng: &mut Rng) -> T {
    T::draw(rng)
}

const CODES: [&str; 13] =
    ["alpha", "beta", "office", "operator", "test", "main", "520000", "520100", "stock", "pue", "flow", "t1", "nobody"];
const TEXTS: [&str; 5] = ["count", "late returns", "合符", "example.org/test", "é\u{301} \u{10FFFF}"];
const PERIODS: [&str; 7] = ["2024", "2024-H1", "2024-Q3", "2024-07", "2024-02-29", "1900", "2199-12-31"];
const KEYS: [&str; 8] =
    ["office-1", "office-2", "operator-1", "recovery", "checkpoint", "alpha-admin", "alpha-reporter", "new"];

impl Draw for Code {
    fn draw(rng: &mut Rng) -> Self {
        if rng.percent(70) {
            return Code::new(CODES[rng.below(CODES.len())]).expect("a code");
        }
        let len = 1 + rng.below(CODE_BYTES_MAX);
        let text: String = (0..len).map(|_| char::from(b"abcxyz019"[rng.below(9)])).collect();
        Code::new(&text).expect("a code")
    }
}

impl Draw for Text {
    fn draw(rng: &mut Rng) -> Self {
        match rng.below(5) {
            0 => Text::default(),
            4 => Text::new(&verifier_key(rng).to_string()).expect("a text"),
            1 => Text::new(&"x".repeat(rng.below(300))).expect("a text"),
            _ => Text::new(TEXTS[rng.below(TEXTS.len())]).expect("a text"),
        }
    }
}

fn verifier_key(rng: &mut Rng) -> VerifierKey {
    let key = keys(CHECKPOINT_KEYS[rng.below(CHECKPOINT_KEYS.len())]).public();
    VerifierKey::new(ORIGIN, key).expect("a name")
}

impl Draw for Decimal {
    fn draw(rng: &mut Rng) -> Self {
        let units = match rng.below(4) {
            0 => i64::MIN,
            1 => i64::MAX,
            2 => 0,
            _ => rng.bits().cast_signed() >> rng.below(64),
        };
        Decimal::new(units, u32::draw(rng) % (DECIMAL_SCALE_MAX + 1)).expect("a decimal")
    }
}

impl Draw for Period {
    fn draw(rng: &mut Rng) -> Self {
        PERIODS[rng.below(PERIODS.len())].parse().expect("a period")
    }
}

impl Draw for PublicKey {
    fn draw(rng: &mut Rng) -> Self {
        if rng.percent(70) { keys(KEYS[rng.below(KEYS.len())]).public() } else { PublicKey::from_bytes(bytes(rng)) }
    }
}

/// Random bytes; now and then all the same.
fn bytes<const N: usize>(rng: &mut Rng) -> [u8; N] {
    if rng.percent(20) { [0; N] } else { std::array::from_fn(|_| rng.bits().to_be_bytes()[0]) }
}

macro_rules! bytes {
    ($($ty:ty),+) => {$(impl Draw for $ty {
        fn draw(rng: &mut Rng) -> Self { <$ty>::from_bytes(bytes(rng)) }
    })+};
}

bytes!(Signature, LedgerId, SubmissionHash, ContentHash, Nonce, ViewDigest, Commitment, FileHash);

impl Draw for u64 {
    fn draw(rng: &mut Rng) -> Self {
        let shift = rng.below(64);
        if rng.percent(20) { 0 } else { rng.bits() >> shift }
    }
}

impl Draw for u32 {
    fn draw(rng: &mut Rng) -> Self {
        match rng.below(5) {
            0 => 2024,
            1 => 1,
            2 => u32::MAX,
            _ => u32::try_from(rng.below(5)).expect("small"),
        }
    }
}

impl Draw for bool {
    fn draw(rng: &mut Rng) -> Self {
        rng.percent(50)
    }
}

impl Draw for Seq {
    fn draw(rng: &mut Rng) -> Self {
        Self::new(draw(rng))
    }
}

impl Draw for Size {
    fn draw(rng: &mut Rng) -> Self {
        Self::new(draw(rng))
    }
}

impl Draw for KeySeq {
    fn draw(rng: &mut Rng) -> Self {
        Self::new(draw::<u64>(rng).max(1))
    }
}

impl Draw for Millis {
    fn draw(rng: &mut Rng) -> Self {
        Self::new(draw::<u64>(rng).cast_signed())
    }
}

impl<T: Draw> Draw for Option<T> {
    fn draw(rng: &mut Rng) -> Self {
        rng.percent(50).then(|| draw(rng))
    }
}

impl<T: Draw> Draw for Vec<T> {
    fn draw(rng: &mut Rng) -> Self {
        (0..rng.below(4)).map(|_| draw(rng)).collect()
    }
}

macro_rules! enums {
    ($($ty:ty),+) => {$(impl Draw for $ty {
        fn draw(rng: &mut Rng) -> Self { *rng.pick(<$ty>::ALL).expect("values") }
    })+};
}

enums!(Algorithm, Role, MemberType, ConferenceRole, RevocationReason, Measure, Direction, RollUp, Comparator, Strength);
enums!(PeriodType, ObsStatus, ConfStatus, Qualifier, Opinion, ChallengeOutcome);

macro_rules! structs {
    ($($ty:ident { $($field:ident),* })+) => {$(impl Draw for $ty {
        fn draw(rng: &mut Rng) -> Self { Self { $($field: draw(rng)),* } }
    })+};
}

structs! {
    Name { zh, en }
    EventRef { submission_hash, index }
    Provenance { document, section, note }
    Source { title, uri, date }
    GenesisKey { key, holder }
    LedgerLimits { max_events, max_submission_bytes }
    LedgerOpened {
        origin, title, office, office_name, office_keys, recovery_key, operator, operator_name, operator_key, checkpoint_key,
        rules_version, limits, nonce
    }
    MemberAdmitted { member, name, member_type, conference_role, first_key }
    MemberSuspended { member, reason }
    MemberReinstated { member, reason }
    MemberWithdrawn { member, reason }
    KeyEnrolled { member, key, algorithm, roles, holder, recovery, proof }
    KeyRevoked { key, reason, since_seq }
    RoleGranted { key, role }
    RoleRevoked { key, role }
    OfficeKeyReplaced { replaced, reason, since_seq, replacement }
    RulesActivated { version }
    Area { code, name, parent, overlaps }
    PlanPart { code, title, lead_units }
    PlanPublished { plan, title, issuer, first_year, last_year, parts, areas, provenance }
    TaskDefined { plan, task, part, number, title, lead_units, supporting_units, provenance }
    MilestoneSet { plan, milestone, part, title, year, task, lead_units, provenance }
    IndicatorDefined {
        indicator, plan, part, name, unit, measure, direction, roll_up, weight, decimals, lead_units, reporting_units, areas,
        period_types, provenance
    }
    IndicatorRevised { definition, reason }
    IndicatorRetired { indicator, reason }
    TargetSet { indicator, area, year, strength, comparator, value, provenance }
    TargetAdjusted { indicator, area, year, strength, comparator, value, reason }
    TrajectoryPoint { period, value }
    TrajectoryDeclared { indicator, area, year, strength, points, reason, provenance }
    ObservationReported {
        indicator, area, period, value, obs_status, qualifier, as_of_date, source, note, supersedes, reason, conf_status,
        method, evidence, embargo_until, commitment, readers, on_behalf_of
    }
    EvidenceFile { blake3, media_type, size, uri }
    ValueErased { commitment, reason }
    ObservationRetracted { indicator, area, period, observation, reason, on_behalf_of }
    ReportingCycleOpened {
        cycle, plan, period, opens_at, due_at, locks_at, indicators, units, accepting_units
    }
    LockExceptionGranted { cycle, units, indicators, expires_at, reason }
    NilReportDeclared { cycle, unit, reason }
    ReportSubmitted { cycle, unit, content }
    ReportApproved { cycle, unit, content }
    ReportReturned { cycle, unit, content, reason }
    ReportAccepted { cycle, unit, content }
    ObservationAttested { indicator, area, period, observation, opinion, reason }
    ObservationChallenged { indicator, area, period, observation, reason, answer_by }
    ChallengeAnswered { challenge, answer }
    ChallengeResolved { challenge, outcome, reason }
    ReportingDelegated { unit, delegate, indicators, expires_at, reason }
    DelegationEnded { unit, delegate, delegation, reason }
    CheckpointKeyReplaced { replaced, replacement, valid_to, endorsement, proof }
    ViewsRecorded { size, view, version, digest }
}

macro_rules! events {
    ($($kind:ident),+) => {
        impl Draw for Event {
            fn draw(rng: &mut Rng) -> Self {
                let draws: &[fn(&mut Rng) -> Event] = &[$(|rng| draw::<$kind>(rng).into(),)+];
                assert_eq!(draws.len(), Event::KINDS.len(), "a kind of event is not drawn");
                draws[rng.below(draws.len())](rng)
            }
        }
    };
}

events!(
    LedgerOpened,
    MemberAdmitted,
    MemberSuspended,
    MemberReinstated,
    MemberWithdrawn,
    KeyEnrolled,
    KeyRevoked,
    RoleGranted,
    RoleRevoked,
    OfficeKeyReplaced,
    RulesActivated,
    PlanPublished,
    TaskDefined,
    MilestoneSet,
    IndicatorDefined,
    IndicatorRevised,
    IndicatorRetired,
    TargetSet,
    TargetAdjusted,
    TrajectoryDeclared,
    ObservationReported,
    ObservationRetracted,
    ReportingCycleOpened,
    LockExceptionGranted,
    NilReportDeclared,
    ReportSubmitted,
    ReportApproved,
    ReportReturned,
    ReportAccepted,
    ObservationAttested,
    ObservationChallenged,
    ChallengeAnswered,
    ChallengeResolved,
    ValueErased,
    ReportingDelegated,
    DelegationEnded,
    CheckpointKeyReplaced,
    ViewsRecorded
);

impl Draw for Submission {
    fn draw(rng: &mut Rng) -> Self {
        Self {
            ledger_id: draw(rng),
            key: draw(rng),
            key_seq: draw(rng),
            key_prev: draw(rng),
            created_at: draw(rng),
            not_after: draw(rng),
            events: (0..=rng.below(4)).map(|_| draw(rng)).collect(),
        }
    }
}
