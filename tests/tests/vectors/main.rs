//! Golden vectors of format 1: `tests/vectors/vectors.json`, recomputed from fixed inputs and compared to the byte.
//!
//! `HEFU_BLESS=1` rewrites the file. Bless only what was meant to change: after a release, a changed vector is a broken
//! format. All keys are made of seeds such as 32 × 0x01: test keys, with which nothing real may ever be signed.

mod entries;
mod invalid;
mod json;
mod keys;
mod ledger;
mod proofs;
mod scalars;
mod specification;
mod values;

use std::collections::HashMap;

use hefu_types::limits::SUBMISSION_BYTES_MAX;
use hefu_types::{
    ChainHash, Code, Decimal, Entry, KeySeq, Period, Reason, Submission, SubmissionHash, Text, hash, sign,
};
use serde_json::Value;

use json::{list, object, text, texts};
use values::unhex;

/// From the folder of this crate, in which cargo runs its tests, wherever they were built.
const GOLDEN: &str = "vectors/vectors.json";

#[test]
fn the_code_computes_the_golden_file() {
    let computed = compute();
    if std::env::var_os("HEFU_BLESS").is_some() {
        std::fs::write(GOLDEN, &computed).unwrap();
    }
    let golden = std::fs::read_to_string(GOLDEN).unwrap();
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

/// The whole file, with its members in reading order.
fn compute() -> String {
    let (ledger, entries) = ledger::ledger();
    let id = ledger::ledger_id(&entries);
    let about = "Golden vectors of hefu's format 1, see docs/format.md. Bytes are lower-case hex, numbers may need 64 bits. \
                 The keys are test keys: their seeds are public.";
    object(&[
        ("about", text(about)),
        ("format", "1".to_owned()),
        ("keys", keys::keys()),
        ("ledger_id", text(id)),
        ("ledger", list(ledger)),
        ("extremes", list(entries::extremes(id))),
        ("enrolment_proofs", list(proofs::enrolment_proofs(&entries))),
        ("replacement_proofs", list(proofs::replacement_proofs(&entries))),
        ("signatures", list(proofs::signatures())),
        ("key_checks", list(keys::key_checks())),
        ("verifier_keys", list(keys::verifier_keys())),
        ("commitments", list(proofs::commitments())),
        ("report_contents", list(proofs::report_contents())),
        ("decimals", list(scalars::decimals())),
        ("invalid_decimals", texts(scalars::INVALID_DECIMALS, |t| t.parse::<Decimal>().is_err())),
        ("periods", list(scalars::periods())),
        ("invalid_periods", texts(scalars::INVALID_PERIODS, |t| t.parse::<Period>().is_err())),
        ("codes", texts(scalars::CODES, |t| Code::new(t).is_ok())),
        ("invalid_codes", texts(scalars::INVALID_CODES, |t| Code::new(t).is_err())),
        ("texts", texts(scalars::TEXTS, |t| Text::new(t).is_ok())),
        ("invalid_texts", texts(scalars::INVALID_TEXTS, |t| Text::new(t).is_err())),
        ("invalid_submissions", list(invalid::invalid_submissions())),
        ("invalid_entries", list(entries::invalid_entries(&entries[0]))),
        ("bundles", list(entries::bundles(&entries))),
    ]) + "\n"
}

fn golden() -> Value {
    serde_json::from_str(&std::fs::read_to_string(GOLDEN).unwrap()).unwrap()
}
