//! Golden vectors of format 1: `tests/vectors/vectors.json`, recomputed from fixed inputs and compared to the byte.
//!
//! `HEFU_BLESS=1` rewrites the file. Bless only what was meant to change: after a release, a changed vector is a broken
//! format. All keys are made of seeds such as 32 × 0x01: test keys, with which nothing real may ever be signed.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use hefu_types::commitment::{Commitment, Opening};
use hefu_types::entry::EntryError;
use hefu_types::event::membership::{
    Algorithm, ConferenceRole, GenesisKey, KeyEnrolled, KeyRevoked, LedgerLimits, LedgerOpened, MemberAdmitted,
    MemberType, RevocationReason, Role, RulesActivated,
};
use hefu_types::event::plan::{
    Area, Comparator, Direction, IndicatorDefined, Measure, PlanPart, PlanPublished, RollUp, Strength, TargetSet,
    TaskDefined,
};
use hefu_types::event::reporting::{ObsStatus, ObservationReported, ObservationRetracted, Qualifier};
use hefu_types::ids::Nonce;
use hefu_types::limits::{BUNDLE_ENTRIES, SUBMISSION_BYTES_MAX};
use hefu_types::period::PeriodType;
use hefu_types::sign::{self, Keypair};
use hefu_types::vkey::VerifierKey;
use hefu_types::wire::{self, MessageInfo, Value as _};
use hefu_types::{
    ChainHash, Code, Decimal, Entry, Event, EventRef, KeySeq, LedgerId, Millis, Name, Period, Provenance, PublicKey,
    Reason, Seq, Signature, SignedSubmission, Source, Submission, SubmissionHash, Text, hash, key,
};
use serde_json::Value;

/// 2026-01-01T00:00:00Z.
const START: i64 = 1_767_225_600_000;
const ORIGIN: &str = "example.org/hefu-test";

const OFFICE_1: u8 = 1;
const OFFICE_2: u8 = 2;
const RECOVERY: u8 = 3;
const OPERATOR: u8 = 4;
const CHECKPOINT: u8 = 5;
const MEMBER_ADMIN: u8 = 6;
const MEMBER_REPORTER: u8 = 7;

#[test]
fn the_code_computes_the_golden_file() {
    let (path, computed) = (path("vectors/vectors.json"), compute());
    if std::env::var_os("HEFU_BLESS").is_some() {
        std::fs::write(&path, &computed).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap();
    for (number, (golden, computed)) in golden.lines().zip(computed.lines()).enumerate() {
        assert_eq!(golden, computed, "vectors.json, line {}", number + 1);
    }
    assert_eq!(golden.len(), computed.len(), "vectors.json has another length");
}

/// Reads the file as a stranger would: everything follows from the bytes in it.
#[test]
fn the_golden_file_stands_alone() {
    let file = golden();
    let genesis = unhex(&file["ledger"][0]["submission"]);
    assert_eq!(file["ledger_id"], hash::ledger_id(&genesis).to_string());
    let mut prev = ChainHash::NONE;
    let mut heads = HashMap::new();
    for (seq, vector) in file["ledger"].as_array().unwrap().iter().enumerate() {
        let entry = check_submission(vector);
        let submission = entry.decode().unwrap().submission;
        assert_eq!((entry.seq().get(), entry.prev()), (seq as u64, prev));
        let head = heads.entry(submission.key).or_insert((KeySeq::NONE, SubmissionHash::NONE));
        assert_eq!((submission.key_seq, submission.key_prev), (head.0.next(), head.1));
        *head = (submission.key_seq, entry.signed().hash());
        prev = entry.chain_hash();
    }
    file["extremes"].as_array().unwrap().iter().for_each(|vector| drop(check_submission(vector)));
}

fn check_submission(vector: &Value) -> Entry {
    let entry = Entry::parse(unhex(&vector["entry"]).into()).unwrap();
    let signed = entry.signed();
    let submission = Submission::decode(&signed.submission).unwrap();
    assert_eq!(submission, serde_json::from_value(vector["fields"].clone()).unwrap());
    assert_eq!(submission.encode(), signed.submission);
    assert_eq!(signed.submission, unhex(&vector["submission"]));
    assert_eq!(sign::verify_submission(&submission.key, &signed.submission, &signed.signature), Ok(()));
    assert_eq!(vector["submission_hash"], signed.hash().to_string());
    assert_eq!(vector["chain_hash"], entry.chain_hash().to_string());
    assert_eq!(vector["leaf_hash"], entry.leaf_hash().to_string());
    entry
}

#[test]
fn the_sizes_at_the_bounds_are_told_apart() {
    let refused = |len| Submission::decode(&vec![0; len]).unwrap_err().reason;
    assert_eq!(refused(SUBMISSION_BYTES_MAX), Reason::Malformed);
    assert_eq!(refused(SUBMISSION_BYTES_MAX + 1), Reason::SubmissionTooLarge);
}

/// Every byte string in a block marked `hex` stands in the golden file; text after `#` is comment.
#[test]
fn the_specification_quotes_the_vectors() {
    let golden = std::fs::read_to_string(path("vectors/vectors.json")).unwrap();
    let format = std::fs::read_to_string(path("../docs/format.md")).unwrap();
    let mut blocks = 0;
    for block in format.split("```hex\n").skip(1) {
        let block = block.split("```").next().unwrap();
        let bytes = block.lines().map(|line| line.split('#').next().unwrap());
        let bytes: String = bytes.flat_map(str::split_whitespace).collect();
        assert!(!bytes.is_empty() && golden.contains(&bytes), "docs/format.md quotes what no vector holds:\n{block}");
        blocks += 1;
    }
    assert!(blocks >= 15, "{blocks} examples in docs/format.md");
}

/// Every message that a submission can hold has its row in the specification, with every field number.
#[test]
fn the_specification_lists_every_field() {
    let format = std::fs::read_to_string(path("../docs/format.md")).unwrap();
    let mut todo = vec![Submission::MESSAGE.unwrap()];
    let mut done = Vec::new();
    while let Some(message) = todo.pop() {
        if done.contains(&message.name) {
            continue;
        }
        done.push(message.name);
        check_rows(&format, message);
        todo.extend(message.fields.iter().filter_map(|field| field.shape.message));
    }
    assert!(done.len() > Event::KINDS.len(), "{done:?}");
}

fn check_rows(format: &str, message: &MessageInfo) {
    let rows: Vec<_> = format.lines().filter(|l| l.starts_with(&format!("| `{}` |", message.name))).collect();
    assert!(!rows.is_empty(), "docs/format.md has no row for {}", message.name);
    for field in message.fields {
        let cell = format!(" {} `{}`", field.number, field.name);
        assert!(rows.iter().any(|row| row.contains(&cell)), "docs/format.md lacks{cell} of {}", message.name);
    }
}

/// The whole file, with its members in reading order.
fn compute() -> String {
    let (ledger, entries) = ledger();
    let id = ledger_id(&entries);
    let about = "Golden vectors of hefu's format 1, see docs/format.md. Bytes are lower-case hex, numbers may need 64 bits. \
                 The keys are test keys: their seeds are public.";
    object(&[
        ("about", text(about)),
        ("format", "1".to_owned()),
        ("keys", keys()),
        ("ledger_id", text(id)),
        ("ledger", list(ledger)),
        ("extremes", list(extremes(id))),
        ("enrolment_proofs", list(enrolment_proofs(&entries))),
        ("signatures", list(signatures())),
        ("key_checks", list(key_checks())),
        ("verifier_keys", list(verifier_keys())),
        ("commitments", list(commitments())),
        ("decimals", list(decimals())),
        ("invalid_decimals", texts(INVALID_DECIMALS, |t| t.parse::<Decimal>().is_err())),
        ("periods", list(periods())),
        ("invalid_periods", texts(INVALID_PERIODS, |t| t.parse::<Period>().is_err())),
        ("codes", texts(CODES, |t| Code::new(t).is_ok())),
        ("invalid_codes", texts(INVALID_CODES, |t| Code::new(t).is_err())),
        ("texts", texts(TEXTS, |t| Text::new(t).is_ok())),
        ("invalid_texts", texts(INVALID_TEXTS, |t| Text::new(t).is_err())),
        ("invalid_submissions", list(invalid_submissions())),
        ("invalid_entries", list(invalid_entries(&entries[0]))),
        ("bundles", list(bundles(&entries))),
    ]) + "\n"
}

// Keys and proofs.

fn pair(seed: u8) -> Keypair {
    Keypair::from_seed(&[seed; 32])
}

fn public(seed: u8) -> PublicKey {
    pair(seed).public()
}

fn keys() -> String {
    let names = ["office-1", "office-2", "recovery", "operator", "checkpoint", "member-admin", "member-reporter"];
    list((1..).zip(names).map(|(seed, name)| {
        object(&[("name", text(name)), ("seed", hex(&[seed; 32])), ("public", text(public(seed)))])
    }))
}

fn enrolment(seed: u8, roles: &[Role], holder: &str, ledger: LedgerId) -> KeyEnrolled {
    let mut enrolment = KeyEnrolled {
        member: code("dept-a"),
        key: public(seed),
        algorithm: Algorithm::Ed25519,
        roles: roles.to_vec(),
        holder: t(holder),
        recovery: false,
        proof: None,
    };
    enrolment.proof = Some(pair(seed).prove_enrolment(&ledger, &enrolment));
    enrolment
}

fn enrolment_proofs(entries: &[Entry]) -> Vec<String> {
    let id = ledger_id(entries);
    let enrolments = entries.iter().flat_map(|e| e.decode().unwrap().submission.events).filter_map(|e| match e {
        Event::MemberAdmitted(admitted) => Some(admitted.first_key),
        Event::KeyEnrolled(enrolled) => Some(*enrolled),
        _ => None,
    });
    enrolments
        .map(|enrolment| {
            assert_eq!(sign::verify_enrolment(&id, &enrolment), Ok(()));
            let without_proof = wire::to_bytes(&KeyEnrolled { proof: None, ..enrolment.clone() });
            let body = [id.as_bytes().as_slice(), &without_proof].concat();
            object(&[
                ("member", text(&enrolment.member)),
                ("without_proof", hex(&without_proof)),
                ("body", hex(&body)),
                ("signing_input", hex(&sign::pre_authentication_encoding(sign::ENROLMENT_TYPE, &body))),
                ("proof", text(enrolment.proof.unwrap())),
                ("message", hex(&wire::to_bytes(&enrolment))),
            ])
        })
        .collect()
}

/// Signatures over the body `hefu`, on which lax, cofactored and strict verifiers part.
fn signatures() -> Vec<String> {
    const BODY: &[u8] = b"hefu";
    const IDENTITY: &str = "0100000000000000000000000000000000000000000000000000000000000000";
    // s is k·a, so that s·B = R + k·A holds with R the identity.
    let small_r = "8d8abb552b7093dbd89adb094843892579c7e09fe164fca49f026f04c46ed90b";
    // R is a point plus one of order 8: 8·s·B = 8·R + 8·k·A holds, s·B = R + k·A does not.
    let cofactored = "c57077b154392b0b71e903bd8831bf29222550dad8280c56d2b0cc32ee16ee1f\
                      893681ae7de7af47333f2b7b8467aed33870290b8c5995455197ce57cc49c308";
    // R is r·B and s is r: holds under every body when A is the identity.
    let small_a = "4faa93763d0702316ddef05a7921b30b30e81530b44cf9f35773ffee16f68638\
                   0909090909090909090909090909090909090909090909090909090909090909";
    let admin = public(MEMBER_ADMIN);
    let good = pair(MEMBER_ADMIN).sign_submission(BODY);
    let other_type =
        *enrolment(MEMBER_ADMIN, &[Role::Admin], "", LedgerId::from_bytes([0; 32])).proof.unwrap().as_bytes();
    let cases = [
        ("good", admin, good, Ok(())),
        ("one bit of S", admin, flip(good, 40), Err(Reason::SignatureInvalid)),
        ("one bit of R", admin, flip(good, 0), Err(Reason::SignatureInvalid)),
        ("another payload type and body", admin, Signature::from_bytes(other_type), Err(Reason::SignatureInvalid)),
        ("another key", public(MEMBER_REPORTER), good, Err(Reason::SignatureInvalid)),
        ("S plus the group order", admin, plus_order(good), Err(Reason::SignatureNotCanonical)),
        ("R of small order", admin, parse(&format!("{IDENTITY}{small_r}")), Err(Reason::SignatureInvalid)),
        ("valid only when the cofactor is cleared", admin, parse(cofactored), Err(Reason::SignatureInvalid)),
        ("key of small order", parse(IDENTITY), parse(small_a), Err(Reason::KeySmallOrder)),
    ];
    cases
        .into_iter()
        .map(|(about, key, signature, expected)| {
            assert_eq!(sign::verify_submission(&key, BODY, &signature), expected, "{about}");
            object(&[
                ("about", text(about)),
                ("key", text(key)),
                ("body", hex(BODY)),
                ("signing_input", hex(&sign::pre_authentication_encoding(sign::SUBMISSION_TYPE, BODY))),
                ("signature", text(signature)),
                ("reason", reason(expected)),
            ])
        })
        .collect()
}

fn flip(signature: Signature, at: usize) -> Signature {
    let mut bytes = *signature.as_bytes();
    bytes[at] ^= 1;
    Signature::from_bytes(bytes)
}

/// The same signature with S + L, which lax verifiers accept.
fn plus_order(signature: Signature) -> Signature {
    let order = bytes("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    let mut bytes = *signature.as_bytes();
    let mut carry = 0;
    for (byte, order) in bytes[32..].iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        *byte = (sum & 0xff) as u8;
        carry = sum >> 8;
    }
    Signature::from_bytes(bytes)
}

fn key_checks() -> Vec<String> {
    let zeros = "00".repeat(30);
    let fs = "ff".repeat(30);
    let order_8 = "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05".to_owned();
    let mixed = "5d72811e666c2b0e363e798b33a6c7f037cf2e59e580b22162358030cecc2590".to_owned();
    let cases = [
        ("an ordinary key", public(MEMBER_ADMIN).to_string(), Ok(())),
        ("order 1", format!("01{zeros}00"), Err(Reason::KeySmallOrder)),
        ("order 2", format!("ec{fs}7f"), Err(Reason::KeySmallOrder)),
        ("order 4", format!("00{zeros}00"), Err(Reason::KeySmallOrder)),
        ("order 8", order_8, Err(Reason::KeySmallOrder)),
        ("member-admin plus a point of order 8", mixed, Err(Reason::KeyTorsion)),
        ("y = p + 1", format!("ee{fs}7f"), Err(Reason::KeyNotCanonical)),
        ("x = 0 with its sign bit set", format!("01{zeros}80"), Err(Reason::KeyNotCanonical)),
        ("no point of the curve", format!("02{zeros}00"), Err(Reason::KeyNotCanonical)),
    ];
    cases
        .into_iter()
        .map(|(about, encoded, expected)| {
            assert_eq!(key::check(&parse(&encoded)), expected, "{about}");
            object(&[("about", text(about)), ("key", text(encoded)), ("reason", reason(expected))])
        })
        .collect()
}

fn verifier_key() -> VerifierKey {
    VerifierKey::new(ORIGIN, public(CHECKPOINT)).unwrap()
}

fn verifier_keys() -> Vec<String> {
    let published = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW".parse().unwrap();
    [verifier_key(), published]
        .into_iter()
        .map(|vkey: VerifierKey| {
            object(&[
                ("name", text(vkey.name())),
                ("public", text(vkey.key())),
                ("id_input", hex(&[vkey.name().as_bytes(), b"\n\x01", vkey.key().as_bytes()].concat())),
                ("id", hex(&vkey.id())),
                ("vkey", text(&vkey)),
            ])
        })
        .collect()
}

fn commitments() -> Vec<String> {
    let counting = std::array::from_fn(|i| i as u8);
    [(counting, "12.50"), ([0xff; 32], ""), (counting, "不公开")]
        .into_iter()
        .map(|(salt, value): ([u8; 32], &str)| {
            let commitment: Commitment = Opening::new(salt, value.into()).commitment();
            object(&[
                ("salt", hex(&salt)),
                ("value_text", text(value)),
                ("value", hex(value.as_bytes())),
                ("commitment", hex(commitment.as_bytes())),
            ])
        })
        .collect()
}

// Submissions and entries.

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

fn ledger() -> (Vec<String>, Vec<Entry>) {
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
    };
    ledger.record("retraction", "refers to event 1 of another submission", MEMBER_REPORTER, vec![retracted.into()]);
    (ledger.vectors, ledger.entries)
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
    }
}

/// Encodings at the ends of their ranges; no rule would admit them.
fn extremes(id: LedgerId) -> Vec<String> {
    let key = public(MEMBER_ADMIN);
    let smallest = Submission { events: vec![RulesActivated { version: 0 }.into()], ..base() };
    let target = |value| TargetSet {
        indicator: code("a"),
        area: code("a"),
        year: u32::MAX,
        strength: Strength::Stretch,
        comparator: Comparator::LessThan,
        value,
        provenance: Some(Provenance { document: t(""), section: t(""), note: t("") }),
    };
    let largest = Submission {
        ledger_id: Some(id),
        key,
        key_seq: KeySeq::new(u64::MAX),
        key_prev: SubmissionHash::from_bytes([0xff; 32]),
        created_at: Millis::new(-1),
        not_after: Millis::new(i64::MAX),
        events: vec![
            KeyRevoked { key, reason: RevocationReason::Compromised, since_seq: Seq::new(u64::MAX) }.into(),
            target(Decimal::new(i64::MIN, 12).unwrap()).into(),
            target(Decimal::new(i64::MAX, 0).unwrap()).into(),
        ],
    };
    let first = (Seq::FIRST, Millis::new(0), ChainHash::NONE);
    let last = (Seq::new(u64::MAX), Millis::new(i64::MAX), ChainHash::from_bytes([0xff; 32]));
    let admin = pair(MEMBER_ADMIN);
    [
        vector("smallest", "one event, an empty message: its only field is 0", &smallest, &admin, first),
        vector(
            "largest_varints",
            "varints of ten and nine bytes; -1, least and greatest units",
            &largest,
            &admin,
            last,
        ),
    ]
    .map(|(vector, _)| vector)
    .into()
}

fn vector(
    name: &str,
    about: &str,
    submission: &Submission,
    keys: &Keypair,
    (seq, recorded_at, prev): (Seq, Millis, ChainHash),
) -> (String, Entry) {
    let signed: SignedSubmission = submission.sign(keys);
    let entry = Entry::new(seq, recorded_at, prev, &signed);
    let vector = object(&[
        ("name", text(name)),
        ("about", text(about)),
        ("fields", serde_json::to_string(submission).unwrap()),
        ("submission", hex(&signed.submission)),
        ("signing_input", hex(&sign::pre_authentication_encoding(sign::SUBMISSION_TYPE, &signed.submission))),
        ("signature", text(signed.signature)),
        ("submission_hash", text(signed.hash())),
        ("seq", seq.to_string()),
        ("recorded_at", recorded_at.to_string()),
        ("prev", text(prev)),
        ("entry", hex(entry.bytes())),
        ("chain_hash", text(entry.chain_hash())),
        ("leaf_hash", text(entry.leaf_hash())),
    ]);
    (vector, entry)
}

fn ledger_id(entries: &[Entry]) -> LedgerId {
    hash::ledger_id(&entries[0].signed().submission)
}

fn invalid_entries(good: &Entry) -> Vec<String> {
    let good = good.bytes();
    let with = |at: usize, byte: u8| {
        let mut bytes = good[..120].to_vec();
        bytes[at] = byte;
        bytes
    };
    let cases = [
        ("no byte", vec![], "length"),
        ("no byte of a submission", good[..115].to_vec(), "length"),
        ("version 2: newer than this format, not damaged", with(0, 2), "version"),
        ("recorded_at of 2^63", with(9, 0x80), "recorded_at"),
        ("a signature of 65 bytes", with(50, 65), "signature_length"),
    ];
    cases
        .into_iter()
        .map(|(about, bytes, expected)| {
            let found = match Entry::parse(bytes.clone().into()).unwrap_err() {
                EntryError::Length(_) => "length",
                EntryError::Version(_) => "version",
                EntryError::SignatureLength(_) => "signature_length",
                EntryError::RecordedAt(_) => "recorded_at",
            };
            assert_eq!(found, expected, "{about}");
            object(&[("about", text(about)), ("entry", hex(&bytes)), ("error", text(found))])
        })
        .collect()
}

/// Entry bundles of logs of some sizes: where they lie, and for the first two entries what is in them.
fn bundles(entries: &[Entry]) -> Vec<String> {
    let framed = |e: &Entry| [&(e.bytes().len() as u16).to_be_bytes(), e.bytes().as_ref()].concat();
    let two: Vec<u8> = entries[..2].iter().flat_map(framed).collect();
    let path_of = |size: u64| text(bundle_path(size));
    let mut all = vec![object(&[("size", "2".into()), ("last_bundle", path_of(2)), ("bytes", hex(&two))])];
    for size in [10, 255, 256, 257, 70_000, 256_000, 256_001, 315_921_152, 315_921_153] {
        all.push(object(&[("size", size.to_string()), ("last_bundle", path_of(size))]));
    }
    all
}

/// Where the last entry of a log of this size lies.
fn bundle_path(size: u64) -> String {
    let (index, width) = ((size - 1) / BUNDLE_ENTRIES, size % BUNDLE_ENTRIES);
    let digits = index.to_string();
    let padded = format!("{index:0width$}", width = digits.len().div_ceil(3) * 3);
    let groups: Vec<&str> = (0..padded.len()).step_by(3).map(|at| &padded[at..at + 3]).collect();
    let path = format!("tile/entries/x{}", groups.join("/x"));
    let (head, last) = path.rsplit_once('x').unwrap();
    if width == 0 { format!("{head}{last}") } else { format!("{head}{last}.p/{width}") }
}

// Numbers, periods and strings: lists separated by one space, so that two in a row hold an empty text.

const DECIMALS: &str = "-9223372036854775808 -1 -0.05 0 0.00 0.000000000001 1.5 1.50 12.50 9223372036854775807";
const INVALID_DECIMALS: &str = " . - 1. .5 1e3 +1 1,000 --1 0.0000000000001 9223372036854775808";
const PERIODS: &str = "1900-01-01 2023 2024-01-31 2024-01 2024-02-29 2024-02 2024-06-30 2024-06 2024-Q2 2024-H1 \
                       2024-07-01 2024-Q4 2024-H2 2024 2199";
const INVALID_PERIODS: &str = " 24 1899 2200 2024-H3 2024-Q0 2024-13 2023-02-29 2024-7 2024-h1 2024-W01 ２０２４";
const CODES: &str = "0 520000 a.b_c-d 64-bytes-64-bytes-64-bytes-64-bytes-64-bytes-64-bytes-64-bytes-6";
const INVALID_CODES: &str = " -a .a _a A é 贵州 a/b 65-bytes-65-bytes-65-bytes-65-bytes-65-bytes-65-bytes-65-bytes-65";
const TEXTS: &str = "a 合符 \u{20bb7} e\u{301} \u{a0} \u{2010} \u{2027} \u{202f} \u{205f} \u{2070} \u{fe0f} \u{fffc}";
const INVALID_TEXTS: &str = "\n \t \0 \u{7f} \u{85} \u{ad} \u{34f} \u{61c} \u{180e} \u{200b} \u{200f} \u{2028} \u{202e} \
                             \u{2060} \u{2066} \u{206f} \u{feff} \u{fff9} \u{fffb} \u{e0000} \u{e007f}";

/// Ascending by value; equal values in several written forms.
fn decimals() -> Vec<String> {
    let numbers: Vec<Decimal> = DECIMALS.split(' ').map(|w| w.parse().unwrap()).collect();
    assert!(numbers.is_sorted_by(|a, b| a.compare(*b).is_le()));
    DECIMALS
        .split(' ')
        .zip(numbers)
        .map(|(written, number)| {
            assert_eq!(number.to_string(), written);
            object(&[
                ("text", text(written)),
                ("units", number.units().to_string()),
                ("scale", number.scale().to_string()),
                ("message", hex(&wire::to_bytes(&number))),
            ])
        })
        .collect()
}

/// Ascending in the order of periods.
fn periods() -> Vec<String> {
    let periods: Vec<Period> = PERIODS.split(' ').map(|w| w.parse().unwrap()).collect();
    assert!(periods.is_sorted_by(|a, b| a < b));
    PERIODS
        .split(' ')
        .zip(periods)
        .map(|(written, period)| {
            assert_eq!(period.to_string(), written);
            let (year, month, day) = period.last_day();
            object(&[
                ("period", text(written)),
                ("kind", text(period.kind())),
                ("last_day", text(format!("{year}-{month:02}-{day:02}"))),
                ("sort_key", hex(&period.sort_key())),
            ])
        })
        .collect()
}

// What the canonical form excludes.

/// 77 bytes: key 0, key_seq 34, key_prev 36, events 70; the event's bytes begin at 72.
fn base() -> Submission {
    Submission {
        ledger_id: None,
        key: public(MEMBER_ADMIN),
        key_seq: KeySeq::new(1),
        key_prev: SubmissionHash::NONE,
        created_at: Millis::new(0),
        not_after: Millis::new(0),
        events: vec![RulesActivated { version: 1 }.into()],
    }
}

/// The base with the bytes `[from, to)` replaced.
fn splice(from: usize, to: usize, with: &str) -> Vec<u8> {
    let base = base().encode();
    [&base[..from], &bytes(with), &base[to..]].concat()
}

/// The base with another event, which begins at byte 72.
fn event(body: &str) -> Vec<u8> {
    let body = bytes(body);
    assert!(body.len() < 128);
    [&base().encode()[..70], &[0x7a, body.len() as u8], &body].concat()
}

/// An event of one kind: its fields begin at byte 75.
fn fact(tag: &str, fields: &str) -> Vec<u8> {
    event(&format!("{tag}{:02x}{fields}", bytes(fields).len()))
}

fn invalid_submissions() -> Vec<String> {
    let key = public(MEMBER_ADMIN);
    let role = |field: &str| fact("ba01", &format!("0a20{key}{field}"));
    let suspended = |field: &str| fact("9201", &format!("0a0161{field}"));
    let enrolled = |fields: &str| fact("aa01", &format!("0a01611220{key}1801{fields}"));
    let observed = |period: &str, value: &str| fact("c204", &format!("0a0161120161{period}{value}2801"));
    let year = "1a0432303234";
    let all = base().encode();
    use Reason::*;
    #[rustfmt::skip]
    let cases = [
        ("no byte", vec![], SubmissionEmpty, None, ""),
        ("no event", all[..70].to_vec(), EventsMissing, None, "events"),
        ("cut off inside the event", all[..76].to_vec(), Malformed, Some(72), "events"),
        ("cut off inside a varint", splice(35, 77, "80"), Malformed, Some(35), "key_seq"),
        ("a length that leaves its message", event("d201030801"), Malformed, Some(75), "events[0].rules_activated"),
        ("a varint beyond 64 bits", splice(35, 36, "ffffffffffffffffff02"), Malformed, Some(35), "key_seq"),
        ("a uint32 beyond 32 bits", fact("d201", "088080808010"), Malformed, Some(76), "events[0].rules_activated.version"),
        ("a bool of 2", enrolled("2201013002"), Malformed, Some(118), "events[0].key_enrolled.recovery"),
        ("field number 0", splice(0, 0, "0000"), Malformed, Some(0), ""),
        ("wire type 1 (64 bits)", splice(70, 70, "290000000000000000"), Malformed, Some(70), "created_at"),
        ("wire type 5 (32 bits)", splice(70, 70, "2d00000000"), Malformed, Some(70), "created_at"),
        ("wire type 3 (group)", splice(70, 70, "2b2c"), Malformed, Some(70), ""),
        ("bytes instead of a number", splice(34, 36, "1a0101"), Malformed, Some(34), "key_seq"),
        ("a string that is not UTF-8", suspended("120261ff"), Malformed, Some(81), "events[0].member_suspended.reason"),
        ("an unknown field", splice(70, 70, "3801"), UnknownField, Some(70), ""),
        ("an unknown field of an event", fact("d201", "08011001"), UnknownField, Some(77), "events[0].rules_activated"),
        ("an unknown kind of event", event("d20400"), UnknownField, Some(72), "events[0]"),
        ("an unknown enum number", role("1063"), UnknownEnum, Some(110), "events[0].role_granted.role"),
        ("key after key_seq", splice(0, 0, "1801"), FieldOrder, Some(2), "key"),
        ("a singular field twice", splice(36, 36, "1801"), FieldRepeated, Some(36), "key_seq"),
        ("a packed list in two pieces", enrolled("220101220102"), FieldRepeated, Some(117), "events[0].key_enrolled.roles"),
        ("two kinds in one event", event("d201020801ca0400"), FieldRepeated, Some(77), "events[0].rules_activated"),
        ("one kind twice in one event", event("d20100d20100"), FieldRepeated, Some(75), "events[0].rules_activated"),
        ("an explicit 0 (int64)", splice(70, 70, "2800"), ExplicitDefault, Some(70), "created_at"),
        ("an explicit 0 (uint64)", splice(35, 36, "00"), ExplicitDefault, Some(34), "key_seq"),
        ("an explicit 0 (sint64)", observed(year, "22020800"), ExplicitDefault, Some(89), "events[0].observation_reported.value.units"),
        ("an explicit false", enrolled("2201013000"), ExplicitDefault, Some(117), "events[0].key_enrolled.recovery"),
        ("explicitly empty bytes", splice(0, 0, "0a00"), ExplicitDefault, Some(0), "ledger_id"),
        ("an explicitly empty string", suspended("1200"), ExplicitDefault, Some(78), "events[0].member_suspended.reason"),
        ("an explicit enum 0", role("1000"), ExplicitDefault, Some(110), "events[0].role_granted.role"),
        ("an empty packed list", enrolled("2200"), ExplicitDefault, Some(114), "events[0].key_enrolled.roles"),
        ("an enum 0 in a packed list", enrolled("220100"), ExplicitDefault, Some(116), "events[0].key_enrolled.roles[0]"),
        ("a value longer than needed", splice(35, 36, "8100"), VarintNotMinimal, Some(35), "key_seq"),
        ("a tag longer than needed", splice(34, 35, "9800"), VarintNotMinimal, Some(34), ""),
        ("a length longer than needed", splice(1, 2, "a000"), VarintNotMinimal, Some(1), "key"),
        ("a list that is not packed", enrolled("2001"), NotPacked, Some(114), "events[0].key_enrolled.roles"),
        ("no key", all[34..].to_vec(), FieldMissing, Some(0), "key"),
        ("an event without a kind", event(""), FieldMissing, Some(72), "events[0]"),
        ("no member in the event", fact("9201", "120161"), FieldMissing, Some(75), "events[0].member_suspended.member"),
        ("no role in the event", role(""), FieldMissing, Some(109), "events[0].role_granted.role"),
        ("a key of 31 bytes", splice(1, 3, "1f"), LengthInvalid, Some(2), "key"),
        ("an upper-case code", fact("9201", "0a0141"), CodeInvalid, Some(77), "events[0].member_suspended.member"),
        ("a line feed in a text", suspended("12010a"), TextInvalid, Some(80), "events[0].member_suspended.reason"),
        ("a scale of 13", observed(year, "2202100d"), DecimalInvalid, Some(89), "events[0].observation_reported.value.scale"),
        ("month 13", observed("1a07323032342d3133", ""), PeriodInvalid, Some(83), "events[0].observation_reported.period"),
    ];
    cases.into_iter().map(|(about, bytes, reason, at, field)| invalid(about, &bytes, reason, at, field)).collect()
}

fn invalid(about: &str, bytes: &[u8], reason: Reason, at: Option<usize>, field: &str) -> String {
    let refusal = Submission::decode(bytes).expect_err(about);
    let offset = wire::from_bytes::<Submission>(bytes).err().filter(|e| e.reason == refusal.reason).map(|e| e.offset);
    assert_eq!((refusal.reason, offset, refusal.field.as_str()), (reason, at, field), "{about}");
    object(&[
        ("about", text(about)),
        ("submission", hex(bytes)),
        ("reason", text(reason)),
        ("offset", at.map_or("null".into(), |at| at.to_string())),
        ("field", text(field)),
    ])
}

// Small helpers: values from text, and JSON with its members in the given order.

fn code(text: &str) -> Code {
    Code::new(text).unwrap()
}

fn t(text: &str) -> Text {
    Text::new(text).unwrap()
}

fn name(zh: &str, en: &str) -> Name {
    Name { zh: t(zh), en: t(en) }
}

fn period(text: &str) -> Period {
    text.parse().unwrap()
}

fn parse<T: std::str::FromStr<Err: std::fmt::Debug>>(hex: &str) -> T {
    hex.parse().unwrap()
}

fn bytes(hex: &str) -> Vec<u8> {
    assert!(hex.len().is_multiple_of(2), "{hex}");
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn unhex(value: &Value) -> Vec<u8> {
    bytes(value.as_str().unwrap())
}

fn path(relative: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(relative)
}

fn golden() -> Value {
    serde_json::from_str(&std::fs::read_to_string(path("vectors/vectors.json")).unwrap()).unwrap()
}

fn text(value: impl ToString) -> String {
    Value::String(value.to_string()).to_string()
}

fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().fold(String::new(), |mut digits, byte| {
        write!(digits, "{byte:02x}").unwrap();
        digits
    });
    text(digits)
}

fn reason(verdict: Result<(), Reason>) -> String {
    verdict.err().map_or("null".into(), text)
}

/// A list of texts that all pass the check.
fn texts(all: &str, check: impl Fn(&str) -> bool) -> String {
    assert!(all.split(' ').all(check), "{all:?}");
    list(all.split(' ').map(text))
}

fn object(members: &[(&str, String)]) -> String {
    lines('{', members.iter().map(|(name, value)| format!("{}: {value}", text(name))), '}')
}

fn list(items: impl IntoIterator<Item = String>) -> String {
    lines('[', items, ']')
}

fn lines(open: char, items: impl IntoIterator<Item = String>, close: char) -> String {
    let items: Vec<String> = items.into_iter().map(|item| format!("\n  {}", item.replace('\n', "\n  "))).collect();
    format!("{open}{}\n{close}", items.join(","))
}
