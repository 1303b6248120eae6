use std::io::Write as _;

use hefu_types::note::NoteSigner;
use hefu_types::sign::Keypair;

use super::*;

fn witness(n: u8) -> VerifierKey {
    NoteSigner::cosigner(&format!("w{n}"), Keypair::from_seed(&[n; 32])).unwrap().vkey().clone()
}

fn log(n: u8) -> VerifierKey {
    NoteSigner::new("example.org/log", Keypair::from_seed(&[n; 32])).unwrap().vkey().clone()
}

fn of(policy: &str) -> anyhow::Result<Witnesses> {
    let mut file = tempfile::NamedTempFile::new()?;
    file.write_all(policy.as_bytes())?;
    Witnesses::of(Some(file.path()))
}

fn three() -> Witnesses {
    let (a, b, c) = (witness(1), witness(2), witness(3));
    let lines = format!("witness a {a} http://a\nwitness b {b} http://b\nwitness c {c}\ngroup g 2 a b c\nquorum g\n");
    of(&lines).unwrap()
}

#[test]
fn a_quorum_has_answered_when_enough_witnesses_have() {
    let witnesses = three();
    assert_eq!(witnesses.standings().len(), 2, "the one without an address is not asked");
    assert!(!witnesses.have_answered());
    witnesses.witnesses[0].standing().turn("a", Ok(Size::new(3)));
    assert!(!witnesses.have_answered());
    witnesses.witnesses[1].standing().turn("b", Ok(Size::new(3)));
    assert!(witnesses.have_answered());
    assert!(Witnesses::of(None).unwrap().have_answered(), "without a policy nobody is waited for");
}

#[test]
fn evidence_names_the_witness_and_both_sizes() {
    let witnesses = three();
    assert_eq!(witnesses.evidence(Size::new(3)), None);
    witnesses.witnesses[1].standing().turn("b", Err(Trouble::Ahead(Size::new(5))));
    let evidence = witnesses.evidence(Size::new(3)).unwrap();
    assert_eq!(evidence, Evidence::Ahead { witness: "b".into(), theirs: Size::new(5), ours: Size::new(3) });
    assert!(evidence.to_string().contains("has 3 entries, but the witness b has cosigned 5"));
    assert_eq!(evidence.code(), Reason::StorageDamaged);
}

#[test]
fn a_policy_that_can_t_be_followed_is_refused() {
    let w = witness(1);
    let refused = |policy: String| format!("{:#}", of(&policy).err().unwrap());
    assert!(refused(format!("witness a {w} https://a\nquorum a\n")).contains("TLS"));
    assert!(refused("quorum x\n".to_owned()).contains("is no policy"));
    assert!(Witnesses::of(Some(Path::new("/nowhere/policy"))).is_err());
    let other = of(&format!("log {}\nquorum none\n", log(1))).unwrap();
    assert!(other.check_log(&[log(1)]).is_ok());
    assert!(other.check_log(&[log(2)]).is_err());
    assert!(three().check_log(&[log(2)]).is_ok(), "a policy may name no log");
}
