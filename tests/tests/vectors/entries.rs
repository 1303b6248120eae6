//! Submissions and the entries that hold them: all their bytes and hashes, the ends of their ranges, bytes that are no
//! entry, and the bundles that entries lie in.

use hefu_types::entry::EntryError;
use hefu_types::event::membership::{KeyRevoked, RevocationReason, RulesActivated};
use hefu_types::event::plan::{Comparator, Strength, TargetSet};
use hefu_types::limits::BUNDLE_ENTRIES;
use hefu_types::sign::{self, Keypair};
use hefu_types::{
    ChainHash, Decimal, Entry, KeySeq, LedgerId, Millis, Provenance, Seq, SignedSubmission, Submission, SubmissionHash,
};

use crate::invalid::base;
use crate::json::{hex, object, text};
use crate::keys::{MEMBER_ADMIN, pair, public};
use crate::values::{code, t};

pub(crate) fn vector(
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
        ("recorded_at", recorded_at.get().to_string()),
        ("prev", text(prev)),
        ("entry", hex(entry.bytes())),
        ("chain_hash", text(entry.chain_hash())),
        ("leaf_hash", text(entry.leaf_hash())),
    ]);
    (vector, entry)
}

/// Encodings at the ends of their ranges; no rule would admit them.
pub(crate) fn extremes(id: LedgerId) -> Vec<String> {
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

pub(crate) fn invalid_entries(good: &Entry) -> Vec<String> {
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
pub(crate) fn bundles(entries: &[Entry]) -> Vec<String> {
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
