//! A small ledger: a genesis, a member with its keys, a plan, observations and their corrections.

use std::collections::HashMap;

use hefu_types::event::cycle::{ReportSubmitted, ReportingCycleOpened};
use hefu_types::event::membership::{
    ConferenceRole, GenesisKey, LedgerLimits, LedgerOpened, MemberAdmitted, MemberType, Role,
};
use hefu_types::event::plan::{
    Area, Direction, IndicatorDefined, Measure, PlanPart, PlanPublished, RollUp, TaskDefined,
};
use hefu_types::event::platform::ViewsRecorded;
use hefu_types::event::reporting::{
    ConfStatus, EvidenceFile, ObsStatus, ObservationReported, ObservationRetracted, Qualifier, ValueErased,
};
use hefu_types::ids::{Nonce, ViewDigest};
use hefu_types::period::PeriodType;
use hefu_types::report::{Reported, content_hash};
use hefu_types::{
    ChainHash, ContentHash, Entry, Event, EventRef, FileHash, KeySeq, LedgerId, Millis, Opening, Provenance, PublicKey,
    Seq, Size, Source, Submission, SubmissionHash, hash,
};

use crate::entries::vector;
use crate::keys::{
    MEMBER_ADMIN, MEMBER_REPORTER, OFFICE_1, OFFICE_2, OPERATOR, ORIGIN, RECOVERY, pair, public, verifier_key,
};
use crate::proofs::{enrolment, replacement};
use crate::values::{code, name, period, t};

/// 2026-01-01T00:00:00Z.
const START: i64 = 1_767_225_600_000;

/// A small ledger of which every entry obeys the rules, so that later programs can replay it.
struct Ledger {
    id: Option<LedgerId>,
    heads: HashMap<PublicKey, (KeySeq, SubmissionHash)>,
    entries: Vec<Entry>,
    vectors: Vec<String>,
}

impl Ledger {
    fn record(&mut self, name: &str, about: &str, seed: u8, events: Vec<Event>) -> SubmissionHash {
        let seq = Seq::new(self.entries.len() as u64);
        let recorded_at = START + 1_000 * self.entries.len() as i64;
        let head = self.heads.entry(public(seed)).or_insert((KeySeq::NONE, SubmissionHash::NONE));
        let submission = Submission {
            ledger_id: self.id,
            key: public(seed),
            key_seq: head.0.next(),
            key_prev: head.1,
            created_at: Millis::new(recorded_at - 250),
            not_after: Millis::new(if seq.get().is_multiple_of(2) { 0 } else { recorded_at + 60_000 }),
            events,
        };
        let prev = self.entries.last().map_or(ChainHash::NONE, Entry::chain_hash);
        let (vector, entry) = vector(name, about, &submission, &pair(seed), (seq, Millis::new(recorded_at), prev));
        let hash = entry.signed().hash();
        *head = (submission.key_seq, hash);
        self.id.get_or_insert(hash::ledger_id(&entry.signed().submission));
        self.entries.push(entry);
        self.vectors.push(vector);
        hash
    }
}

pub(crate) fn ledger() -> (Vec<String>, Vec<Entry>) {
    let mut ledger = Ledger { id: None, heads: HashMap::new(), entries: Vec::new(), vectors: Vec::new() };
    ledger.record("genesis", "entry 0: no ledger id, prev and key_prev are zeros", OFFICE_1, vec![genesis().into()]);
    let id = ledger.id.unwrap();
    let admitted = MemberAdmitted {
        member: code("dept-a"),
        name: name("示例部门甲", "Example Department A"),
        member_type: MemberType::Department,
        conference_role: Some(ConferenceRole::Member),
        first_key: enrolment(MEMBER_ADMIN, &[Role::Admin], "holder-001", id),
    };
    ledger.record(
        "member_admitted",
        "a member with its first key and that key's proof",
        OFFICE_1,
        vec![admitted.into()],
    );
    let reporter = enrolment(MEMBER_REPORTER, &[Role::Reporter, Role::Trader], "holder-002", id);
    ledger.record(
        "key_enrolled",
        "a second key, enrolled by the member's admin key; packed roles",
        MEMBER_ADMIN,
        vec![reporter.into()],
    );
    ledger.record(
        "plan_with_unicode_names",
        "a plan, a task and an indicator in one submission; names outside the basic plane, and é in both forms: nothing is normalised",
        OFFICE_1,
        vec![plan().into(), task().into(), indicator().into()],
    );
    let first = ledger.record(
        "observation_with_value",
        "the first observation of its cell, with a published source",
        MEMBER_REPORTER,
        vec![observation("2025-Q1", "12.50").into()],
    );
    let corrected = ObservationReported {
        supersedes: Some(EventRef { submission_hash: Some(first), index: 0 }),
        reason: t("订正：漏报一个站点"),
        ..observation("2025-Q1", "13.50")
    };
    ledger.record("correction", "supersedes event 0 of another submission", MEMBER_REPORTER, vec![corrected.into()]);
    let missing = ObservationReported {
        value: None,
        qualifier: None,
        obs_status: ObsStatus::L,
        source: None,
        ..observation("2025-Q2", "0")
    };
    ledger.record("missing_value", "status L: no value and no qualifier", MEMBER_REPORTER, vec![missing.into()]);
    let in_same = ObservationReported {
        supersedes: Some(EventRef { submission_hash: None, index: 0 }),
        reason: t("B"),
        ..observation("2025-Q3", "0")
    };
    let second = ledger.record(
        "reference_to_the_same_submission",
        "event 1 corrects event 0: its EventRef is an empty message, and so is its value 0",
        MEMBER_REPORTER,
        vec![observation("2025-Q3", "7").into(), in_same.into()],
    );
    ledger.record(
        "negative_decimal",
        "the value -0.05",
        MEMBER_REPORTER,
        vec![ObservationReported { obs_status: ObsStatus::P, ..observation("2025-Q4", "-0.05") }.into()],
    );
    let retracted = ObservationRetracted {
        indicator: code("sites"),
        area: code("520100"),
        period: period("2025-Q3"),
        observation: EventRef { submission_hash: Some(second), index: 1 },
        reason: t("误报"),
        on_behalf_of: None,
    };
    ledger.record("retraction", "refers to event 1 of another submission", MEMBER_REPORTER, vec![retracted.into()]);
    let view = ViewsRecorded {
        size: Size::new(9),
        view: code("series"),
        version: 1,
        digest: ViewDigest::from_bytes([0x5a; 32]),
    };
    ledger.record("view_recorded", "a size of 1 to seq; this digest is made up", OPERATOR, vec![view.into()]);
    ledger.record(
        "checkpoint_key_replaced",
        "signed by the office; inside it both checkpoint keys sign, over the message without fields 14 and 15",
        OFFICE_1,
        vec![replacement(id).into()],
    );
    let opened = ReportingCycleOpened {
        cycle: code("2026-q1"),
        plan: code("plan-2025"),
        period: period("2026-Q1"),
        opens_at: Millis::new(0),
        due_at: Millis::new(1_775_433_600_000),
        locks_at: Millis::new(1_776_000_000_000),
        indicators: vec![code("sites")],
        units: vec![code("dept-a")],
        accepting_units: vec![],
    };
    ledger.record("cycle_opened", "a cycle that is open since 1970", OFFICE_1, vec![opened.into()]);
    let reported = ledger.record(
        "observation_of_a_cycle",
        "what the next entry says is complete",
        MEMBER_REPORTER,
        vec![observation("2026-Q1", "20").into()],
    );
    let submitted = ReportSubmitted {
        cycle: code("2026-q1"),
        unit: code("dept-a"),
        content: report_content(reported).expect("an observation"),
    };
    ledger.record("report_submitted", "bound to exactly one observation", MEMBER_REPORTER, vec![submitted.into()]);
    let opening = Opening::of_number([0x33; 32], "12.50".parse().expect("a decimal"));
    let withheld = ObservationReported {
        value: None,
        source: None,
        conf_status: Some(ConfStatus::E),
        method: t("抽样调查"),
        evidence: vec![EvidenceFile {
            blake3: FileHash::from_bytes(*blake3::hash(b"a file").as_bytes()),
            media_type: t("text/csv"),
            size: 6,
            uri: t("https://example.org/1.csv"),
        }],
        embargo_until: Millis::new(START + 86_400_000),
        commitment: Some(opening.commitment()),
        readers: vec![code("office")],
        ..observation("2026-Q2", "0")
    };
    ledger.record(
        "withheld_value",
        "a commitment for an embargoed value, which is 12.50 under a salt of 0x33; evidence; a reader",
        MEMBER_REPORTER,
        vec![withheld.into()],
    );
    let erased = ValueErased { commitment: opening.commitment(), reason: t("依法删除") };
    ledger.record("value_erased", "its opening is gone", MEMBER_ADMIN, vec![erased.into()]);
    (ledger.vectors, ledger.entries)
}

/// The content of a report with the only observation of a submission.
fn report_content(submission_hash: SubmissionHash) -> Option<ContentHash> {
    let (indicator, area) = (&code("sites"), &code("520100"));
    content_hash(&code("2026-q1"), &code("dept-a"), vec![Reported { indicator, area, submission_hash, index: 0 }])
}

pub(crate) fn ledger_id(entries: &[Entry]) -> LedgerId {
    hash::ledger_id(&entries[0].signed().submission)
}

fn genesis() -> LedgerOpened {
    let key = |seed: u8, holder: &str| GenesisKey { key: public(seed), holder: t(holder) };
    LedgerOpened {
        origin: t(ORIGIN),
        title: name("示例账本", "Example ledger"),
        office: code("office"),
        office_name: name("示例联席会议办公室", "Example office"),
        office_keys: vec![key(OFFICE_1, "office-001"), key(OFFICE_2, "office-002")],
        recovery_key: public(RECOVERY),
        operator: code("operator"),
        operator_name: name("示例运营单位", "Example operator"),
        operator_key: key(OPERATOR, "operator-001"),
        checkpoint_key: t(&verifier_key().to_string()),
        rules_version: 1,
        limits: LedgerLimits { max_events: 1_000, max_submission_bytes: 65_420 },
        nonce: Nonce::from_bytes([0xa5; 32]),
    }
}

fn plan() -> PlanPublished {
    let area = |id: &str, zh: &str, parent: Option<&str>| Area {
        code: code(id),
        name: name(zh, ""),
        parent: parent.map(code),
        overlaps: false,
    };
    PlanPublished {
        plan: code("plan-2025"),
        title: name("示例省新型基础设施建设三年行动计划", "Example plan for new infrastructure"),
        issuer: name("示例省人民政府", ""),
        first_year: 2025,
        last_year: 2027,
        parts: vec![PlanPart {
            code: code("main"),
            title: name("总体", "Main part"),
            lead_units: vec![code("dept-a")],
        }],
        areas: vec![area("520000", "示例省", None), area("520100", "示例市", Some("520000"))],
        provenance: Some(Provenance { document: t("示例〔2025〕1号"), section: t("一"), note: t("") }),
    }
}

fn task() -> TaskDefined {
    TaskDefined {
        plan: code("plan-2025"),
        task: code("task-1"),
        part: code("main"),
        number: t("1"),
        title: name("𠮷野站点", "caf\u{e9} = cafe\u{301}"),
        lead_units: vec![],
        supporting_units: vec![],
        provenance: None,
    }
}

fn indicator() -> IndicatorDefined {
    IndicatorDefined {
        indicator: code("sites"),
        plan: code("plan-2025"),
        part: code("main"),
        name: name("站点数净增", "Net new sites"),
        unit: t("count"),
        measure: Measure::Flow,
        direction: Direction::Higher,
        roll_up: RollUp::Sum,
        weight: None,
        decimals: 2,
        lead_units: vec![],
        reporting_units: vec![code("dept-a")],
        areas: vec![code("520000"), code("520100")],
        period_types: vec![PeriodType::Year, PeriodType::Quarter],
        provenance: None,
    }
}

fn observation(of: &str, value: &str) -> ObservationReported {
    ObservationReported {
        indicator: code("sites"),
        area: code("520100"),
        period: period(of),
        value: Some(value.parse().unwrap()),
        obs_status: ObsStatus::A,
        qualifier: Some(Qualifier::Exact),
        as_of_date: None,
        source: Some(Source {
            title: t("示例公报"),
            uri: t("https://example.org/1"),
            date: Some(period("2025-04-20")),
        }),
        note: t(""),
        supersedes: None,
        reason: t(""),
        on_behalf_of: None,
        conf_status: None,
        method: t(""),
        evidence: vec![],
        embargo_until: Millis::default(),
        commitment: None,
        readers: vec![],
    }
}
