use super::*;
use proptest::prelude::*;

use crate::sign::Keypair;

const BODY: &str = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

// The example of the specifications of checkpoints and cosignatures. They name no keys.
const EXAMPLE: &str = "example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
";

// The same tree, made with the Go packages golang.org/x/mod/sumdb/note v0.42.0 (log, seed of 32 times 0x01) and
// github.com/transparency-dev/formats/note v0.1.1 (witness, 32 times 0x02); once without, once with an extension line.
const LOG: &str = "example.com/behind-the-sofa+6ded73a9+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c";
const WITNESS: &str = "witness.example.com/w1+745fb5e8+BIE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU";
const MADE_AT: u64 = 1_795_259_664;
const MADE: &str = "example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa be1zqQx8hYrJJIfiWfY39ShElJ74dPrOjXSgJJ2qG3vny2U7JyHN2kKCWb5H5e2MfxP7My2OyDRrDvCH/RbVubiZ8AE=
— witness.example.com/w1 dF+16AAAAABrAX0QnMU6HwQJahFqrtlb5hGm4EbEwIkmvIo5yZM6xKQvmsCn9fV/KnqVEoceBBQAJZqVAeajWm0ubdOpAnWSSV1JBg==
";
const EXTENDED: &str = "example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
opaque extension

— example.com/behind-the-sofa be1zqRYbROnZDLI0KPoVCb0BptH09KqQor7Nd8AD4QmiPG7PCXBbFkeKnEms/ZX3HUiro7oyA79i+ZVAOEdlB/8c7AA=
— witness.example.com/w1 dF+16AAAAABrAX0QBbLZXiPYHfkcSCrMF+Bd9ab7g1K5aVneWsriNgLHNUm+LFWBCdJdrgNhT4Gqm/+eaaBAYWJxT7GAB4NantlXCA==
";

fn vkey(text: &str) -> VerifierKey {
    text.parse().unwrap()
}

fn log() -> NoteSigner {
    NoteSigner::new("example.com/behind-the-sofa", Keypair::from_seed(&[1; 32])).unwrap()
}

fn witness(number: u8) -> NoteSigner {
    NoteSigner::cosigner(&format!("witness.example.com/w{number}"), Keypair::from_seed(&[number + 1; 32])).unwrap()
}

fn signed() -> SignedCheckpoint {
    SignedCheckpoint::sign(&Checkpoint::parse_body(BODY).unwrap(), &log()).unwrap()
}

#[test]
fn reads_the_example_of_the_specification() {
    let note: Note = EXAMPLE.parse().unwrap();
    let checkpoint = Checkpoint::parse_body(note.text()).unwrap();
    assert_eq!((checkpoint.origin(), checkpoint.size()), ("example.com/behind-the-sofa", Size::new(20_852_163)));
    assert_eq!(checkpoint.root().to_string(), "0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62");
    assert_eq!(checkpoint.body(), BODY);
    assert_eq!(note.to_string(), EXAMPLE);
    assert_eq!(note.signatures()[1].bytes()[..8], 1_679_315_147_u64.to_be_bytes());
}

#[test]
fn agrees_with_the_reference() {
    assert_eq!((log().vkey(), witness(1).vkey()), (&vkey(LOG), &vkey(WITNESS)));
    for text in [MADE, EXTENDED] {
        let opened = SignedCheckpoint::open(text.as_bytes(), &vkey(LOG)).unwrap();
        assert_eq!(opened.to_bytes(), text.as_bytes());
        assert_eq!(opened.checkpoint().body(), BODY);
        let cosignatures = opened.cosignatures(&[vkey(WITNESS)]).unwrap();
        assert_eq!(cosignatures.iter().map(Cosignature::timestamp).collect::<Vec<_>>(), [MADE_AT]);
        assert_eq!(cosignatures[0].key(), &vkey(WITNESS));
        let again = witness(1).cosign(opened.body(), MADE_AT).unwrap();
        assert_eq!(again, opened.note().signatures()[1]);
    }
    let line = witness(1).cosign(BODY, MADE_AT).unwrap();
    let ours = signed().with_cosignature(&line, &vkey(WITNESS)).unwrap();
    assert_eq!(ours.to_bytes(), MADE.as_bytes());
}

#[test]
fn extension_lines_are_signed_and_kept() {
    let changed = EXTENDED.replace("opaque", "opaquE");
    let error = SignedCheckpoint::open(changed.as_bytes(), &vkey(LOG)).unwrap_err();
    assert_eq!(error, NoteError::SignatureWrong("example.com/behind-the-sofa".into()).into());
    let opened = SignedCheckpoint::open(EXTENDED.as_bytes(), &vkey(LOG)).unwrap();
    assert_eq!(opened.body(), format!("{BODY}opaque extension\n"));
    let line = witness(3).cosign(opened.body(), 7).unwrap();
    assert!(opened.with_cosignature(&line, witness(3).vkey()).is_ok());
    let line = witness(3).cosign(&opened.checkpoint().body(), 7).unwrap();
    assert!(opened.with_cosignature(&line, witness(3).vkey()).is_err());
}

#[test]
fn refuses_what_is_no_checkpoint() {
    let root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
    for good in [format!("o\n0\n{root}\n"), format!("a b+c\n1\n{root}\n"), format!("o\n1\n{root}\nx\n y \n")] {
        assert!(Checkpoint::parse_body(&good).is_ok(), "{good:?}");
    }
    for bad in [
        String::new(),
        "\n".to_owned(),
        "o\n".to_owned(),
        "o\n1\n".to_owned(),
        format!("o\n1\n{root}"),
        format!("\n1\n{root}\n"),
        format!("o\n\n{root}\n"),
        format!("o\n01\n{root}\n"),
        format!("o\n+1\n{root}\n"),
        format!("o\n-1\n{root}\n"),
        format!("o\n1 \n{root}\n"),
        format!("o\n18446744073709551616\n{root}\n"),
        format!("o\n1\n{root}=\n"),
        format!("o\n1\n{}\n", &root[..40]),
        "o\n1\nAAAA\n".to_owned(),
        format!("o\n1\n{root}\n\n"),
        format!("o\n1\n{root}\n\nx\n"),
        format!("o\n1\n{root}\nx\ty\n"),
        format!("o\r\n1\n{root}\n"),
    ] {
        assert_eq!(Checkpoint::parse_body(&bad), Err(CheckpointError::Malformed), "{bad:?}");
    }
    for origin in ["", "a\nb", "a\tb"] {
        let made = Checkpoint::new(origin, Size::EMPTY, RootHash::from_bytes([0; 32]));
        assert_eq!(made, Err(CheckpointError::Malformed), "{origin:?}");
    }
}

#[test]
fn the_log_s_key_is_named_after_the_origin() {
    let checkpoint = Checkpoint::parse_body(BODY).unwrap();
    let other = NoteSigner::new("example.com/other", Keypair::from_seed(&[1; 32])).unwrap();
    let wrong =
        CheckpointError::OriginWrong { origin: "example.com/behind-the-sofa".into(), key: "example.com/other".into() };
    assert_eq!(SignedCheckpoint::sign(&checkpoint, &other), Err(wrong.clone()));
    let note = Note::new(BODY.to_owned(), vec![other.sign_note(BODY).unwrap()]).unwrap();
    assert_eq!(SignedCheckpoint::from_note(note, other.vkey()), Err(wrong));
    let cosigner = NoteSigner::cosigner(checkpoint.origin(), Keypair::from_seed(&[1; 32])).unwrap();
    let kind = CheckpointError::Note(NoteError::KeyKindWrong(checkpoint.origin().to_owned()));
    assert_eq!(SignedCheckpoint::sign(&checkpoint, &cosigner), Err(kind.clone()));
    assert_eq!(SignedCheckpoint::open(MADE.as_bytes(), cosigner.vkey()), Err(kind));
}

#[test]
fn a_witness_has_one_line_and_the_log_s_stays_first() {
    let add = |to: &SignedCheckpoint, number: u8, at: u64| {
        to.with_cosignature(&witness(number).cosign(BODY, at).unwrap(), witness(number).vkey()).unwrap()
    };
    let two = add(&add(&signed(), 1, 10), 2, 20);
    assert_eq!(add(&two, 1, 10), two, "the same line again");
    assert_eq!(add(&two, 1, 9), two, "an older line");
    let later = add(&two, 1, 11);
    let names: Vec<&str> = later.note().signatures().iter().map(NoteSignature::name).collect();
    assert_eq!(names, ["example.com/behind-the-sofa", "witness.example.com/w1", "witness.example.com/w2"]);
    let keys = [witness(2).vkey().clone(), witness(3).vkey().clone(), witness(1).vkey().clone()];
    let found = later.cosignatures(&keys).unwrap();
    let found: Vec<_> = found.iter().map(|c| (c.key().name(), c.timestamp())).collect();
    assert_eq!(found, [("witness.example.com/w2", 20), ("witness.example.com/w1", 11)]);
    assert_eq!(SignedCheckpoint::open(&later.to_bytes(), log().vkey()), Ok(later));
}

#[test]
fn wrong_cosignatures_of_known_witnesses_are_errors() {
    let elsewhere = witness(1).cosign("o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n", 10).unwrap();
    let wrong = CosignatureError::Note(NoteError::SignatureWrong("witness.example.com/w1".into()));
    assert_eq!(signed().with_cosignature(&elsewhere, witness(1).vkey()), Err(wrong.clone()));
    let lines = [log().sign_note(BODY).unwrap(), elsewhere, witness(2).cosign(BODY, 5).unwrap()];
    let note = Note::new(BODY.to_owned(), lines.to_vec()).unwrap();
    let opened = SignedCheckpoint::from_note(note, log().vkey()).unwrap();
    assert_eq!(opened.cosignatures([witness(1).vkey(), witness(2).vkey()]), Err(wrong));
    assert_eq!(opened.cosignatures([witness(2).vkey()]).unwrap().len(), 1, "w1 is not asked for");
    assert_eq!(opened.cosignatures([log().vkey()]).map_err(|e| matches!(e, CosignatureError::Note(_))), Err(true));
}

#[test]
fn of_several_lines_of_a_witness_the_latest_counts_once() {
    let at = |time| witness(1).cosign(BODY, time).unwrap();
    let note = Note::new(BODY.to_owned(), vec![log().sign_note(BODY).unwrap(), at(5), at(7), at(6)]).unwrap();
    let found = SignedCheckpoint::from_note(note, log().vkey()).unwrap().cosignatures([witness(1).vkey()]).unwrap();
    assert_eq!(found.iter().map(Cosignature::timestamp).collect::<Vec<_>>(), [7]);
}

proptest! {
    #[test]
    fn bodies_round_trip(origin in "[^\\p{Cc}]{1,40}", size: u64, root: [u8; 32]) {
        let checkpoint = Checkpoint::new(&origin, Size::new(size), RootHash::from_bytes(root)).unwrap();
        prop_assert_eq!(Checkpoint::parse_body(&checkpoint.body()), Ok(checkpoint));
    }

    #[test]
    fn signed_checkpoints_round_trip(size: u64, root: [u8; 32], times in prop::collection::vec(0..=i64::MAX as u64, 0..4)) {
        let checkpoint = Checkpoint::new(log().vkey().name(), Size::new(size), RootHash::from_bytes(root)).unwrap();
        let mut made = SignedCheckpoint::sign(&checkpoint, &log()).unwrap();
        for (number, time) in (1..).zip(&times) {
            let line = witness(number).cosign(made.body(), *time).unwrap();
            made = made.with_cosignature(&line, witness(number).vkey()).unwrap();
        }
        let read = SignedCheckpoint::open(&made.to_bytes(), log().vkey()).unwrap();
        let keys: Vec<VerifierKey> = (1..4).map(|number| witness(number).vkey().clone()).collect();
        let read_times: Vec<u64> = read.cosignatures(&keys).unwrap().iter().map(Cosignature::timestamp).collect();
        prop_assert_eq!(read_times, times);
        prop_assert_eq!(read, made);
    }
}
