//! What is proved: that a key was at hand when it was enrolled, who signed, what was committed to.

use hefu_types::commitment::Opening;
use hefu_types::event::membership::{Algorithm, KeyEnrolled, Role};
use hefu_types::event::platform::CheckpointKeyReplaced;
use hefu_types::report::{Reported, content_hash};
use hefu_types::{Code, Entry, Event, LedgerId, Reason, Signature, Size, SubmissionHash, sign, wire};

use crate::json::{hex, list, object, reason, text};
use crate::keys::{CHECKPOINT, CHECKPOINT_2, MEMBER_ADMIN, MEMBER_REPORTER, checkpoint_key, pair, public};
use crate::ledger::ledger_id;
use crate::values::{bytes, code, parse, t};

pub(crate) fn enrolment(seed: u8, roles: &[Role], holder: &str, ledger: LedgerId) -> KeyEnrolled {
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

pub(crate) fn replacement(ledger: LedgerId) -> CheckpointKeyReplaced {
    let key = |seed| t(&checkpoint_key(seed).to_string());
    let (replaced, replacement) = (key(CHECKPOINT), key(CHECKPOINT_2));
    let mut event =
        CheckpointKeyReplaced { replaced, replacement, valid_to: Size::new(20), endorsement: None, proof: None };
    let [endorsement, proof] =
        [CHECKPOINT, CHECKPOINT_2].map(|seed| Some(pair(seed).sign_replacement(&ledger, &event)));
    (event.endorsement, event.proof) = (endorsement, proof);
    event
}

pub(crate) fn replacement_proofs(entries: &[Entry]) -> Vec<String> {
    let id = ledger_id(entries);
    let events = entries.iter().flat_map(|e| e.decode().unwrap().submission.events);
    let replaced = events.filter_map(|e| if let Event::CheckpointKeyReplaced(e) = e { Some(*e) } else { None });
    replaced
        .map(|event| {
            for (seed, signature) in [(CHECKPOINT, &event.endorsement), (CHECKPOINT_2, &event.proof)] {
                assert_eq!(sign::verify_replacement(&public(seed), &id, &event, signature.as_ref()), Ok(()));
            }
            let unsigned = CheckpointKeyReplaced { endorsement: None, proof: None, ..event.clone() };
            let body = [id.as_bytes().as_slice(), &wire::to_bytes(&unsigned)].concat();
            object(&[
                ("body", hex(&body)),
                ("signing_input", hex(&sign::pre_authentication_encoding(sign::CHECKPOINT_KEY_TYPE, &body))),
                ("endorsement", text(event.endorsement.unwrap())),
                ("proof", text(event.proof.unwrap())),
                ("message", hex(&wire::to_bytes(&event))),
            ])
        })
        .collect()
}

pub(crate) fn enrolment_proofs(entries: &[Entry]) -> Vec<String> {
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
pub(crate) fn signatures() -> Vec<String> {
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

pub(crate) fn report_contents() -> Vec<String> {
    let cells =
        [("b", "520100", 0x11, 0), ("a-1", "520000", 0x22, 7), ("b", "520000", 0x33, 256), ("a", "520100", 0x44, 1)];
    let of =
        |count: usize| {
            let (cycle, unit) = (code("2024-q3"), code("dept-a"));
            let codes: Vec<(Code, Code)> = cells.iter().map(|(i, a, _, _)| (code(i), code(a))).collect();
            let reported = codes.iter().zip(cells).take(count).map(|((indicator, area), (_, _, byte, index))| {
                Reported { indicator, area, submission_hash: SubmissionHash::from_bytes([byte; 32]), index }
            });
            let reported: Vec<Reported<'_>> = reported.collect();
            let observations = reported.iter().map(|o| {
                object(&[
                    ("indicator", text(o.indicator)),
                    ("area", text(o.area)),
                    ("submission_hash", text(o.submission_hash)),
                    ("index", o.index.to_string()),
                ])
            });
            object(&[
                ("cycle", text(&cycle)),
                ("unit", text(&unit)),
                ("observations", list(observations)),
                ("content", text(content_hash(&cycle, &unit, reported).expect("observations"))),
            ])
        };
    vec![of(1), of(4)]
}

pub(crate) fn commitments() -> Vec<String> {
    let counting = std::array::from_fn(|i| i as u8);
    [(counting, "12.50"), ([0xff; 32], "0"), (counting, "-4711.42")]
        .into_iter()
        .map(|(salt, value)| {
            let opening = Opening::of_number(salt, value.parse().expect("a decimal"));
            object(&[
                ("salt", hex(&salt)),
                ("value_text", text(value)),
                ("value", hex(opening.value())),
                ("commitment", hex(opening.commitment().as_bytes())),
            ])
        })
        .collect()
}
