//! What the canonical form excludes.

use hefu_types::event::membership::RulesActivated;
use hefu_types::{KeySeq, Millis, Reason, Submission, SubmissionHash, wire};

use crate::json::{hex, object, text};
use crate::keys::{MEMBER_ADMIN, public};
use crate::values::bytes;

/// 77 bytes: key 0, key_seq 34, key_prev 36, events 70; the event's bytes begin at 72.
pub(crate) fn base() -> Submission {
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

pub(crate) fn invalid_submissions() -> Vec<String> {
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
        ("an unknown kind of event", event("9a0600"), UnknownField, Some(72), "events[0]"),
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
