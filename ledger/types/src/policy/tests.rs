use super::*;
use proptest::prelude::*;

use crate::sign::Keypair;

fn log(number: u8) -> VerifierKey {
    VerifierKey::new(&format!("log.example/{number}"), Keypair::from_seed(&[number; 32]).public()).unwrap()
}

fn witness(number: u8) -> VerifierKey {
    VerifierKey::cosigner(&format!("witness.example/{number}"), Keypair::from_seed(&[number; 32]).public()).unwrap()
}

/// Reads a policy in which `<log N>` and `<witness N>` stand for keys.
fn read(text: &str) -> Result<Policy, PolicyError> {
    let keyed = (0..10).fold(text.to_owned(), |text, n| {
        text.replace(&format!("<log {n}>"), &log(n).to_string())
            .replace(&format!("<witness {n}>"), &witness(n).to_string())
    });
    keyed.parse()
}

fn satisfied(policy: &Policy, cosigners: &[u8]) -> bool {
    let keys: Vec<VerifierKey> = cosigners.iter().map(|&n| witness(n)).collect();
    policy.is_satisfied_by(&keys)
}

/// The example of the specification, with keys of ours.
const EXAMPLE: &str = "log <log 0>

witness X1 <witness 1>
witness X2 <witness 2>
witness X3 <witness 3>
group X-witnesses 2 X1 X2 X3

witness Y1 <witness 4>
witness Y2 <witness 5>
witness Y3 <witness 6>
group Y-witnesses any Y1 Y2 Y3

group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
";

#[test]
fn reads_the_example_of_the_specification() {
    let policy = read(EXAMPLE).unwrap();
    assert_eq!((policy.logs().len(), policy.witnesses().len(), policy.groups().len()), (1, 6, 3));
    assert_eq!(policy.groups()[0].threshold, 2);
    assert_eq!(policy.groups()[2].members, [PolicyMember::Group(0), PolicyMember::Group(1)]);
    assert_eq!(policy.quorum(), Some(PolicyMember::Group(2)));
    assert_eq!(policy.witness_keys().next(), Some(&witness(1)));
    for (cosigners, expected) in [
        (&[][..], false),
        (&[1, 2], false),
        (&[1, 4], false),
        (&[4, 5, 6], false),
        (&[1, 1, 4], false),
        (&[1, 7, 4], false),
        (&[1, 2, 4], true),
        (&[6, 3, 1], true),
        (&[1, 2, 3, 4, 5, 6], true),
    ] {
        assert_eq!(satisfied(&policy, cosigners), expected, "{cosigners:?}");
    }
}

#[test]
fn a_cosigner_is_its_whole_key() {
    let policy = read("witness w <witness 1>\nquorum w\n").unwrap();
    assert!(satisfied(&policy, &[1]));
    let key = witness(1).key();
    let as_log = VerifierKey::new(witness(1).name(), key).unwrap();
    let renamed = VerifierKey::cosigner("other", key).unwrap();
    assert!(!policy.is_satisfied_by([&as_log, &renamed]));
}

#[test]
fn none_needs_no_witness() {
    for text in ["quorum none\n", "log <log 1>\nquorum none\n", "quorum none\nwitness w <witness 1>\n"] {
        let policy = read(text).unwrap();
        assert_eq!(policy.quorum(), None);
        assert!(satisfied(&policy, &[]));
    }
}

#[test]
fn spaces_comments_and_addresses() {
    let policy = read(
        "\t# a comment\n#another\n \t \n\t log\t<log 1> \thttps://log.example/ \n\
         witness all <witness 1> https://贵.example/w\nwitness #1 <witness 2>\n\
         group any any all #1\nquorum any\n",
    )
    .unwrap();
    let url = |url: &Option<Octets>| url.as_ref().and_then(Octets::as_str).map(str::to_owned);
    assert_eq!(url(&policy.logs()[0].url).as_deref(), Some("https://log.example/"));
    assert_eq!(url(&policy.witnesses()[0].url).as_deref(), Some("https://贵.example/w"));
    assert_eq!(policy.witnesses()[1].url, None);
    assert_eq!(policy.witnesses()[1].name.to_string(), "#1");
    assert_eq!(policy.groups()[0].name.as_bytes(), b"any");
}

#[test]
fn names_are_octets() {
    let key = witness(1).to_string();
    let line = [b"witness \xff\xfe ".as_slice(), key.as_bytes(), b" \x80\nquorum \xff\xfe\n"].concat();
    let policy = Policy::from_bytes(&line).unwrap();
    assert_eq!(
        (policy.witnesses()[0].name.as_bytes(), policy.witnesses()[0].name.as_str()),
        (b"\xff\xfe".as_slice(), None)
    );
    assert_eq!(format!("{:?}", policy.witnesses()[0].url), "Some(\"\\x80\")");
    // The letter K and the Kelvin sign are two names.
    assert!(read("witness K <witness 1>\nwitness \u{212A} <witness 2>\nquorum \u{212A}\n").is_ok());
    // A no-break space is no space.
    assert!(read("witness a\u{A0}b <witness 1>\nquorum a\u{A0}b\n").is_ok());
}

#[test]
fn thresholds_are_one_to_all() {
    let with = |k: &str| read(&format!("witness a <witness 1>\nwitness b <witness 2>\ngroup g {k} a b\nquorum g\n"));
    for (k, threshold) in [("1", 1), ("2", 2), ("02", 2), ("any", 1), ("all", 2)] {
        assert_eq!(with(k).unwrap().groups()[0].threshold, threshold);
    }
    for k in ["0", "3", "-1", "+1", "1.0", "0x1", "ALL", "99999999999999999999999"] {
        let error = PolicyError::Line { line: 3, source: PolicyLineError::ThresholdWrong };
        assert_eq!(with(k), Err(error), "{k}");
    }
}

#[test]
fn every_rule_names_its_line() {
    use PolicyLineError::{
        Control, ItemsWrong, KeyInvalid, KeyTwice, KeywordUnknown, MemberTwice, NameTaken, NameUnknown, QuorumTwice,
    };
    let ab = "witness a <witness 1>\nwitness b <witness 2>\n";
    let same = VerifierKey::cosigner("other", witness(1).key()).unwrap();
    let same_log = VerifierKey::new("other", log(1).key()).unwrap();
    for (text, line, source) in [
        ("witnesses a <witness 1>\n".to_owned(), 1, KeywordUnknown),
        ("Log <log 1>\n".to_owned(), 1, KeywordUnknown),
        ("log\n".to_owned(), 1, ItemsWrong),
        ("log <log 1> url more\n".to_owned(), 1, ItemsWrong),
        ("log <log 1> # no comment\n".to_owned(), 1, ItemsWrong),
        ("witness a\n".to_owned(), 1, ItemsWrong),
        ("witness a <witness 1> url more\n".to_owned(), 1, ItemsWrong),
        ("quorum\n".to_owned(), 1, ItemsWrong),
        ("quorum none none\n".to_owned(), 1, ItemsWrong),
        ("group g\n".to_owned(), 1, ItemsWrong),
        ("group g any\n".to_owned(), 1, ItemsWrong),
        ("group g all\n".to_owned(), 1, ItemsWrong),
        ("log vkey\n".to_owned(), 1, KeyInvalid),
        ("log <witness 1>\n".to_owned(), 1, KeyInvalid),
        ("witness a <log 1>\n".to_owned(), 1, KeyInvalid),
        (format!("log <log 1>\nlog {same_log}\n"), 2, KeyTwice),
        (format!("{ab}witness c {same}\n"), 3, KeyTwice),
        (format!("{ab}witness b <witness 3>\n"), 3, NameTaken),
        (format!("{ab}group b any a\n"), 3, NameTaken),
        (format!("{ab}group g any a\nwitness g <witness 3>\n"), 4, NameTaken),
        ("witness none <witness 1>\n".to_owned(), 1, NameTaken),
        (format!("{ab}group none any a\n"), 3, NameTaken),
        (format!("{ab}group g any a none\n"), 3, NameUnknown),
        (format!("{ab}group g any a g\n"), 3, NameUnknown),
        (format!("{ab}group g any a c\nwitness c <witness 3>\n"), 3, NameUnknown),
        ("quorum a\nwitness a <witness 1>\n".to_owned(), 1, NameUnknown),
        (format!("{ab}quorum A\n"), 3, NameUnknown),
        (format!("{ab}group g any a a\n"), 3, MemberTwice),
        (format!("{ab}group g any a b\ngroup h any a\n"), 4, MemberTwice),
        (format!("{ab}quorum a\nquorum a\n"), 4, QuorumTwice),
        ("quorum none\nquorum none\n".to_owned(), 2, QuorumTwice),
        ("quorum none\r\n".to_owned(), 1, Control),
        ("\nquorum\u{b}none\n".to_owned(), 2, Control),
        ("# \u{7f}\n".to_owned(), 1, Control),
        ("# \0\n".to_owned(), 1, Control),
    ] {
        assert_eq!(read(&text), Err(PolicyError::Line { line, source }), "{text:?}");
    }
    // A log and a witness may share a key; a quorum may be a member.
    assert!(read(&format!("log <log 1>\n{ab}group g any a b\nquorum a\n")).is_ok());
}

#[test]
fn the_file_ends_and_has_a_quorum() {
    assert_eq!(read(""), Err(PolicyError::QuorumMissing));
    assert_eq!(read("log <log 1>\n"), Err(PolicyError::QuorumMissing));
    assert_eq!(read("quorum none"), Err(PolicyError::LineUnended));
    assert_eq!(Policy::from_bytes(&vec![b'\n'; POLICY_BYTES_MAX + 1]), Err(PolicyError::TooLarge));
}

/// A flat policy of `n` witnesses of whom `k` are enough.
fn flat(k: usize, n: u8) -> Policy {
    let witnesses: String = (1..=n).map(|i| format!("witness w{i} <witness {i}>\n")).collect();
    let members: String = (1..=n).map(|i| format!(" w{i}")).collect();
    read(&format!("{witnesses}group g {k}{members}\nquorum g\n")).unwrap()
}

proptest! {
    #[test]
    fn k_of_n_are_enough((n, k) in (1..8_u8).prop_flat_map(|n| (Just(n), 1..=usize::from(n))), chosen: u8) {
        let cosigners: Vec<u8> = (1..=n).filter(|i| chosen & (1 << (i - 1)) != 0).collect();
        prop_assert_eq!(satisfied(&flat(k, n), &cosigners), cosigners.len() >= k);
    }

    #[test]
    fn anything_is_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        drop(Policy::from_bytes(&bytes));
    }
}
