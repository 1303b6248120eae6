//! The test keys, which encodings are keys, and how the checkpoint key is written down.

use hefu_types::sign::Keypair;
use hefu_types::vkey::VerifierKey;
use hefu_types::{PublicKey, Reason, key};

use crate::json::{hex, list, object, reason, text};
use crate::values::parse;

pub(crate) const ORIGIN: &str = "example.org/hefu-test";

pub(crate) const OFFICE_1: u8 = 1;
pub(crate) const OFFICE_2: u8 = 2;
pub(crate) const RECOVERY: u8 = 3;
pub(crate) const OPERATOR: u8 = 4;
pub(crate) const CHECKPOINT: u8 = 5;
pub(crate) const MEMBER_ADMIN: u8 = 6;
pub(crate) const MEMBER_REPORTER: u8 = 7;
pub(crate) const CHECKPOINT_2: u8 = 8;

pub(crate) fn pair(seed: u8) -> Keypair {
    Keypair::from_seed(&[seed; 32])
}

pub(crate) fn public(seed: u8) -> PublicKey {
    pair(seed).public()
}

pub(crate) fn keys() -> String {
    let names = [
        "office-1",
        "office-2",
        "recovery",
        "operator",
        "checkpoint",
        "member-admin",
        "member-reporter",
        "checkpoint-2",
    ];
    list((1..).zip(names).map(|(seed, name)| {
        object(&[("name", text(name)), ("seed", hex(&[seed; 32])), ("public", text(public(seed)))])
    }))
}

pub(crate) fn key_checks() -> Vec<String> {
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

pub(crate) fn verifier_key() -> VerifierKey {
    checkpoint_key(CHECKPOINT)
}

pub(crate) fn checkpoint_key(seed: u8) -> VerifierKey {
    VerifierKey::new(ORIGIN, public(seed)).unwrap()
}

pub(crate) fn verifier_keys() -> Vec<String> {
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
