//! Bytes that are not the canonical form of a submission, and signatures that are none.

use curve25519_dalek::constants::EIGHT_TORSION;
use curve25519_dalek::edwards::CompressedEdwardsY;
use hefu_proto::v1;
use hefu_tests::forge;
use hefu_tests::world::{keys, observation};
use hefu_types::event::membership::RulesActivated;
use hefu_types::limits::{EVENTS_MAX, LIST_MAX, SUBMISSION_BYTES_MAX};
use hefu_types::{KeySeq, PublicKey, Reason, Signature, Submission, wire};

use crate::table::Make::{As, Bytes, Frame, Raw, Sign, Wire};
use crate::table::{Bad, len, num};

const REPORTER: &str = "alpha-reporter";
const OFFICE: &str = "office-1";

const OBSERVATION: u32 = 72;
const RULES: u32 = 26;
const ENROLLED: u32 = 21;
const GRANTED: u32 = 23;
const SUSPENDED: u32 = 18;

const fn bytes(name: &'static str, reason: Reason, field: &'static str, make: fn(Vec<u8>) -> Vec<u8>) -> Bad {
    Bad { name, signer: REPORTER, make: Bytes(make), reason, field }
}

const fn raw(name: &'static str, reason: Reason, field: &'static str, make: fn() -> (u32, Vec<u8>)) -> Bad {
    Bad { name, signer: OFFICE, make: Raw(make), reason, field }
}

const fn signed(name: &'static str, reason: Reason, make: fn(&Signature, &[u8]) -> Vec<u8>) -> Bad {
    Bad { name, signer: REPORTER, make: Sign(make), reason, field: "signature" }
}

const fn named(name: &'static str, reason: Reason, key: fn() -> PublicKey) -> Bad {
    Bad { name, signer: REPORTER, make: As(key), reason, field: "signature" }
}

const fn request(name: &'static str, make: fn() -> Option<v1::SignedSubmission>) -> Bad {
    let (reason, field) = (Reason::SubmissionEmpty, "submission");
    Bad { name, signer: REPORTER, make: Wire(make), reason, field }
}

/// Before these bytes of a good submission stand ledger id, key, key_seq (one byte) and key_prev.
const AFTER_LEDGER: usize = 34;
const AFTER_KEY: usize = AFTER_LEDGER + 34;
const AFTER_KEY_SEQ: usize = AFTER_KEY + 2;
const AFTER_KEY_PREV: usize = AFTER_KEY_SEQ + 34;
/// 2023 and later, in milliseconds: six bytes after the tag.
const AFTER_CREATED_AT: usize = AFTER_KEY_PREV + 7;

fn spliced(mut bytes: Vec<u8>, at: std::ops::Range<usize>, with: &[u8]) -> Vec<u8> {
    bytes.splice(at, with.iter().copied());
    bytes
}

fn observed(tail: &[u8]) -> (u32, Vec<u8>) {
    (OBSERVATION, [wire::to_bytes(&observation("free", "2001", "1")), tail.to_vec()].concat())
}

/// An enrolment of a new key with this as its field `roles`.
fn with_roles(roles: &[u8]) -> (u32, Vec<u8>) {
    let key = keys("rolled").public();
    (ENROLLED, [len(1, b"office"), len(2, key.as_bytes()), num(3, 1), roles.to_vec(), len(5, b"x")].concat())
}

fn granted(tail: &[u8]) -> (u32, Vec<u8>) {
    (GRANTED, [len(1, keys("office-2").public().as_bytes()), tail.to_vec()].concat())
}

fn suspended(member: &[u8], reason: &[u8]) -> (u32, Vec<u8>) {
    (SUSPENDED, [len(1, member), len(2, reason)].concat())
}

fn many(count: usize) -> Vec<hefu_types::Event> {
    (0..count).map(|_| RulesActivated { version: 1 }.into()).collect()
}

/// An observation whose field of this number is replaced.
fn observed_with(number: u32, body: &[u8]) -> (u32, Vec<u8>) {
    let texts: [(u32, &[u8]); 3] = [(1, b"free"), (2, b"520000"), (3, b"2001")];
    let mut out = Vec::new();
    for (n, text) in texts {
        out.extend(len(n, if n == number { body } else { text }));
    }
    out.extend(len(4, if number == 4 { body } else { &[8, 2] }));
    out.extend([num(5, 1), num(6, 1)].concat());
    (OBSERVATION, out)
}

pub(crate) fn rows() -> Vec<Bad> {
    [top_level(), nested(), values(), counts(), signatures()].into_iter().flatten().collect()
}

fn top_level() -> Vec<Bad> {
    vec![
        bytes("garbage", Reason::Malformed, "", |_| vec![0xff; 40]),
        bytes("text instead of protobuf", Reason::Malformed, "", |_| b"not protobuf".to_vec()),
        bytes("truncated", Reason::Malformed, "events", |b| b[..b.len() - 1].to_vec()),
        bytes("field 0", Reason::Malformed, "", |b| [b, vec![0x00, 0x00]].concat()),
        bytes("a group", Reason::Malformed, "", |b| [b, vec![0x83, 0x01]].concat()),
        bytes("unknown field at the top", Reason::UnknownField, "", |b| [b, num(31, 1)].concat()),
        bytes("field out of order at the top", Reason::FieldOrder, "not_after", |b| [b, num(6, 1)].concat()),
        bytes("field twice", Reason::FieldRepeated, "key_seq", |b| {
            spliced(b, AFTER_KEY_SEQ..AFTER_KEY_SEQ, &[0x18, 1])
        }),
        bytes("length in two bytes", Reason::VarintNotMinimal, "ledger_id", |b| spliced(b, 1..2, &[0xa0, 0x00])),
        bytes("tag in two bytes", Reason::VarintNotMinimal, "", |b| spliced(b, 0..1, &[0x8a, 0x00])),
        bytes("explicit default", Reason::ExplicitDefault, "not_after", |b| {
            spliced(b, AFTER_CREATED_AT..AFTER_CREATED_AT, &num(6, 0))
        }),
        bytes("empty bytes written", Reason::ExplicitDefault, "ledger_id", |b| spliced(b, 0..AFTER_LEDGER, &[0x0a, 0])),
        bytes("a number of 65 bits", Reason::Malformed, "key_seq", |b| {
            spliced(b, AFTER_KEY + 1..AFTER_KEY_SEQ, &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02])
        }),
        bytes("another wire type", Reason::Malformed, "key", |b| spliced(b, AFTER_LEDGER..AFTER_KEY, &num(2, 5))),
        bytes("a fixed wire type", Reason::Malformed, "key_seq", |b| {
            spliced(b, AFTER_KEY..AFTER_KEY_SEQ, &[0x1d, 1, 0, 0, 0])
        }),
        bytes("key missing", Reason::FieldMissing, "key", |b| spliced(b, AFTER_LEDGER..AFTER_KEY, &[])),
        bytes("key of 31 bytes", Reason::LengthInvalid, "key", |b| {
            spliced(b, AFTER_LEDGER..AFTER_KEY, &len(2, &[1; 31]))
        }),
        bytes("key_prev missing", Reason::FieldMissing, "key_prev", |b| spliced(b, AFTER_KEY_SEQ..AFTER_KEY_PREV, &[])),
    ]
}

fn nested() -> Vec<Bad> {
    vec![
        raw("unknown field in an event", Reason::UnknownField, "events[0].observation_reported", || {
            observed(&num(99, 1))
        }),
        raw("unknown kind of event", Reason::UnknownField, "events[0]", || (400, vec![])),
        raw("field out of order in an event", Reason::FieldOrder, "events[0].role_granted.key", || {
            (GRANTED, [num(2, 4), len(1, keys("office-2").public().as_bytes())].concat())
        }),
        raw("field twice in an event", Reason::FieldRepeated, "events[0].rules_activated.version", || {
            (RULES, [num(1, 1), num(1, 1)].concat())
        }),
        raw("explicit default in an event", Reason::ExplicitDefault, "events[0].rules_activated.version", || {
            (RULES, num(1, 0))
        }),
        raw("empty text written", Reason::ExplicitDefault, "events[0].member_suspended.reason", || {
            suspended(b"beta", b"")
        }),
        raw("false written", Reason::ExplicitDefault, "events[0].key_enrolled.recovery", || {
            let (number, body) = with_roles(&len(4, &[4]));
            (number, [body, num(6, 0)].concat())
        }),
        raw("enum 0", Reason::ExplicitDefault, "events[0].role_granted.role", || granted(&num(2, 0))),
        raw("unknown enum", Reason::UnknownEnum, "events[0].role_granted.role", || granted(&num(2, 99))),
        raw("unknown enum in a list", Reason::UnknownEnum, "events[0].key_enrolled.roles[1]", || {
            with_roles(&len(4, &[4, 99]))
        }),
        raw("list not packed", Reason::NotPacked, "events[0].key_enrolled.roles", || {
            with_roles(&[num(4, 1), num(4, 4)].concat())
        }),
        raw("empty list written", Reason::ExplicitDefault, "events[0].key_enrolled.roles", || with_roles(&len(4, &[]))),
        raw("required field missing", Reason::FieldMissing, "events[0].role_granted.role", || granted(&[])),
        Bad {
            name: "an event of no kind",
            signer: REPORTER,
            make: Bytes(|b| [b, len(15, &[])].concat()),
            reason: Reason::FieldMissing,
            field: "events[1]",
        },
        Bad {
            name: "an event of two kinds",
            signer: REPORTER,
            make: Bytes(|b| [b, len(15, &[len(RULES, &num(1, 1)), len(OBSERVATION, &[])].concat())].concat()),
            reason: Reason::FieldRepeated,
            field: "events[1].rules_activated",
        },
    ]
}

fn values() -> Vec<Bad> {
    vec![
        raw("code in capitals", Reason::CodeInvalid, "events[0].member_suspended.member", || suspended(b"Beta", b"x")),
        raw("code of 65 letters", Reason::CodeInvalid, "events[0].member_suspended.member", || {
            suspended(&[b'b'; 65], b"x")
        }),
        raw("text with a control character", Reason::TextInvalid, "events[0].member_suspended.reason", || {
            suspended(b"beta", b"a\x07b")
        }),
        raw("text with an invisible character", Reason::TextInvalid, "events[0].member_suspended.reason", || {
            suspended(b"beta", "zero\u{200b}width".as_bytes())
        }),
        raw("text that is not UTF-8", Reason::Malformed, "events[0].member_suspended.reason", || {
            suspended(b"beta", &[0xc3, 0x28])
        }),
        raw("text too long", Reason::TextInvalid, "events[0].member_suspended.reason", || {
            suspended(b"beta", &[b'x'; 2_049])
        }),
        raw("month 13", Reason::PeriodInvalid, "events[0].observation_reported.period", || {
            observed_with(3, b"2024-13")
        }),
        raw("30 February", Reason::PeriodInvalid, "events[0].observation_reported.period", || {
            observed_with(3, b"2024-02-30")
        }),
        raw("13 decimals", Reason::DecimalInvalid, "events[0].observation_reported.value.scale", || {
            observed_with(4, &[num(1, 3), num(2, 13)].concat())
        }),
        raw("a number beyond 32 bits", Reason::Malformed, "events[0].rules_activated.version", || {
            (RULES, num(1, 1 << 32))
        }),
        raw("key of 33 bytes in an event", Reason::LengthInvalid, "events[0].role_granted.key", || {
            (GRANTED, [len(1, &[1; 33]), num(2, 4)].concat())
        }),
        raw("list too long", Reason::ListTooLong, "events[0].key_enrolled.roles", || {
            with_roles(&len(4, &[4; LIST_MAX + 1]))
        }),
    ]
}

const fn frame(name: &'static str, reason: Reason, field: &'static str, make: fn(&mut Submission)) -> Bad {
    Bad { name, signer: OFFICE, make: Frame(make), reason, field }
}

fn counts() -> Vec<Bad> {
    vec![
        bytes("too large", Reason::SubmissionTooLarge, "", |b| {
            let missing = SUBMISSION_BYTES_MAX + 1 - b.len();
            [b, vec![0; missing]].concat()
        }),
        frame("no event", Reason::EventsMissing, "events", |s| s.events.clear()),
        frame("one event too many", Reason::EventsTooMany, "events", |s| s.events = many(EVENTS_MAX + 1)),
        frame("far too many events", Reason::ListTooLong, "events", |s| s.events = many(LIST_MAX + 1)),
        frame("key_seq 0", Reason::FieldMissing, "key_seq", |s| s.key_seq = KeySeq::NONE),
        request("no submission in the request", || None),
        request("an empty submission", || {
            Some(v1::SignedSubmission { submission: vec![].into(), signature: vec![1; 64].into() })
        }),
    ]
}

/// The public point plus one of order 8: it verifies what the key signs for whoever multiplies by the cofactor.
pub(crate) fn torsioned_key() -> PublicKey {
    let point = CompressedEdwardsY(*keys("torsioned").public().as_bytes()).decompress().expect("a point");
    PublicKey::from_bytes((point + EIGHT_TORSION[1]).compress().to_bytes())
}

fn signatures() -> Vec<Bad> {
    vec![
        signed("signature of 63 bytes", Reason::SignatureLength, |s, _| s.as_bytes()[..63].to_vec()),
        signed("no signature", Reason::SignatureLength, |_, _| vec![]),
        signed("signature by another key", Reason::SignatureInvalid, |_, body| {
            keys("beta-reporter").sign_submission(body).as_bytes().to_vec()
        }),
        signed("signature of other bytes", Reason::SignatureInvalid, |_, body| {
            keys(REPORTER).sign_submission(&body[1..]).as_bytes().to_vec()
        }),
        signed("one bit of R flipped", Reason::SignatureInvalid, |s, _| flipped(s, 3)),
        signed("one bit of S flipped", Reason::SignatureInvalid, |s, _| flipped(s, 35)),
        signed("S + L", Reason::SignatureNotCanonical, |s, _| forge::malleated(s).as_bytes().to_vec()),
        signed("signature of zeros", Reason::SignatureInvalid, |_, _| vec![0; 64]),
        signed("signature of ones", Reason::SignatureNotCanonical, |_, _| vec![0xff; 64]),
        named("signed by a key of small order", Reason::KeySmallOrder, forge::small_order_key),
        named("signed by a key not canonical", Reason::KeyNotCanonical, forge::key_not_canonical),
        named("signed by a torsioned key", Reason::KeyTorsion, torsioned_key),
        named("signed in another's name", Reason::SignatureInvalid, || keys("alpha-admin").public()),
    ]
}

fn flipped(signature: &Signature, byte: usize) -> Vec<u8> {
    let mut bytes = signature.as_bytes().to_vec();
    bytes[byte] ^= 1;
    bytes
}
