use super::*;
use proptest::prelude::*;

use crate::ids::PublicKey;

// The example of the Go package golang.org/x/mod/sumdb/note.
const PETER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const PETER_SEED: &str = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const TEXT: &str =
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const PETER_LINE: &str =
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=";

// The example of the specification's section on verifier keys.
const FOO: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const FOO_NOTE: &str = "This is an example message.\n\n\
    — example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

fn peter() -> NoteSigner {
    let typed = from_base64(PETER_SEED).unwrap();
    NoteSigner::new("PeterNeumann", Keypair::from_seed(typed[1..].try_into().unwrap())).unwrap()
}

fn line(name: &str) -> NoteSignature {
    NoteSignature::new(name, [1, 2, 3, 4], &[5]).unwrap()
}

#[test]
fn signs_the_example_of_the_reference() {
    let signer = peter();
    assert_eq!(signer.vkey().to_string(), PETER);
    let signature = signer.sign_note(TEXT).unwrap();
    assert_eq!(signature.to_string(), PETER_LINE);
    let note = Note::new(TEXT.to_owned(), vec![signature]).unwrap();
    assert_eq!(note.to_string(), format!("{TEXT}\n{PETER_LINE}\n"));
    assert_eq!(note.verify(signer.vkey()), Ok(()));
}

#[test]
fn verifies_the_example_of_the_specification() {
    let note: Note = FOO_NOTE.parse().unwrap();
    assert_eq!(note.verify(&FOO.parse().unwrap()), Ok(()));
    assert_eq!(note.to_string(), FOO_NOTE);
}

#[test]
fn the_last_blank_line_ends_the_text() {
    // The first example of the specification; it names no key.
    let poem = "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n";
    let line = "— quasimodo.example/salvatore \
        NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=";
    let note: Note = format!("{poem}\n{line}\n").parse().unwrap();
    assert_eq!((note.text(), note.signatures().len()), (poem, 1));
    for text in ["\n", "\n\n", "a\n\n", "\n\na\n"] {
        let note: Note = format!("{text}\n{line}\n").parse().unwrap();
        assert_eq!(note.text(), text);
    }
}

#[test]
fn unknown_signatures_are_ignored_and_wrong_ones_are_not() {
    let peter = peter();
    let other = NoteSigner::new("EnochRoot", Keypair::from_seed(&[9; 32])).unwrap();
    let right = peter.sign_note(TEXT).unwrap();
    let note = |signatures: &[&NoteSignature]| {
        Note::new(TEXT.to_owned(), signatures.iter().map(|s| (*s).clone()).collect()).unwrap()
    };
    let foreign = other.sign_note("another text\n").unwrap();
    assert_eq!(note(&[&foreign, &right]).verify(peter.vkey()), Ok(()));
    assert_eq!(note(&[&foreign]).verify(peter.vkey()), Err(NoteError::NotSigned("PeterNeumann".into())));
    let wrong = Err(NoteError::SignatureWrong("PeterNeumann".into()));
    let forged = NoteSignature { bytes: foreign.bytes.clone(), ..right.clone() };
    assert_eq!(note(&[&right, &forged]).verify(peter.vkey()), wrong);
    let short = NoteSignature { bytes: right.bytes[..63].to_vec(), ..right.clone() };
    assert_eq!(note(&[&short]).verify(peter.vkey()), wrong);
    // The same name with another id, and the same id with another name, are unknown keys.
    for near in [NoteSignature { id: [0; 4], ..forged.clone() }, NoteSignature { name: "Paul".into(), ..forged }] {
        assert_eq!(note(&[&near, &right]).verify(peter.vkey()), Ok(()));
        assert!(matches!(note(&[&near]).verify(peter.vkey()), Err(NoteError::NotSigned(_))));
    }
}

#[test]
fn verification_is_strict() {
    // Under a key of small order, the neutral element and S = 0 pass a lax verifier for any text.
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let key = VerifierKey::new("a", PublicKey::from_bytes(neutral)).unwrap();
    let blob = [neutral, [0; 32]].concat();
    let note = Note::new(TEXT.to_owned(), vec![NoteSignature::new("a", key.id(), &blob).unwrap()]).unwrap();
    assert_eq!(note.verify(&key), Err(NoteError::SignatureWrong("a".into())));
}

#[test]
fn a_witness_key_neither_signs_nor_verifies_notes() {
    let witness = NoteSigner::cosigner("w", Keypair::from_seed(&[1; 32])).unwrap();
    let wrong = NoteError::KeyKindWrong("w".into());
    assert_eq!(witness.sign_note(TEXT), Err(wrong.clone()));
    let blob = witness.sign_bytes(TEXT.as_bytes());
    let signature = NoteSignature::new("w", witness.vkey().id(), blob.as_bytes()).unwrap();
    let note = Note::new(TEXT.to_owned(), vec![signature]).unwrap();
    assert_eq!(note.verify(witness.vkey()), Err(wrong));
}

#[test]
fn refuses_what_is_no_note() {
    use NoteError::{NotText, SignatureMalformed, TextUnended};
    let line = "— a AQIDBAU=";
    for (bad, error) in [
        (String::new(), TextUnended),
        (TEXT.to_owned(), TextUnended),
        (format!("text\n{line}\n"), TextUnended),
        (format!("\n{line}\n"), TextUnended),
        ("text\n\n".to_owned(), SignatureMalformed),
        (format!("text\n\n{line}"), SignatureMalformed),
        (format!("text\n\n{line}\n\n"), SignatureMalformed),
        (format!("text\n\n{line}\nmore\n"), SignatureMalformed),
        (format!("text\n\n{line} \n"), SignatureMalformed),
        (format!("text\n\n {line}\n"), SignatureMalformed),
        ("text\n\n- a AQIDBAU=\n".to_owned(), SignatureMalformed),
        ("text\n\n—  AQIDBAU=\n".to_owned(), SignatureMalformed),
        ("text\n\n— a+b AQIDBAU=\n".to_owned(), SignatureMalformed),
        ("text\n\n— a\u{3000}b AQIDBAU=\n".to_owned(), SignatureMalformed),
        ("text\n\n— a\n".to_owned(), SignatureMalformed),
        ("text\n\n— a \n".to_owned(), SignatureMalformed),
        ("text\n\n— a AQIDBA==\n".to_owned(), SignatureMalformed),
        ("text\n\n— a AQIDBAV=\n".to_owned(), SignatureMalformed),
        ("text\n\n— a AQIDBAU\n".to_owned(), SignatureMalformed),
        (format!("text\r\n\n{line}\n"), NotText),
        (format!("te\txt\n\n{line}\n"), NotText),
        (format!("text\n\n{line}\r\n"), NotText),
        (format!("te\0xt\n\n{line}\n"), NotText),
    ] {
        assert_eq!(bad.parse::<Note>(), Err(error), "{bad:?}");
    }
    assert_eq!(Note::from_bytes(b"te\xffxt\n\n\xe2\x80\x94 a AQIDBAU=\n"), Err(NotText));
    assert!(format!("te\u{7f}xt\n\n{line}\n").parse::<Note>().is_ok(), "only controls below U+0020 are banned");
}

#[test]
fn refuses_to_write_what_it_would_not_read() {
    assert_eq!(Note::new("text".into(), vec![line("a")]), Err(NoteError::TextUnended));
    assert_eq!(Note::new("te\txt\n".into(), vec![line("a")]), Err(NoteError::NotText));
    assert_eq!(Note::new("text\n".into(), vec![]), Err(NoteError::SignatureMalformed));
    for name in ["", "a b", "a+b", "a\nb", "a\u{1}b", "a\u{85}b"] {
        assert_eq!(NoteSignature::new(name, [0; 4], &[1]), Err(NoteError::SignatureMalformed), "{name:?}");
    }
    assert_eq!(NoteSignature::new("a", [0; 4], &[]), Err(NoteError::SignatureMalformed));
    for text in ["text", "te\rxt\n"] {
        assert!(peter().sign_note(text).is_err());
    }
}

#[test]
fn bounds_are_exact() {
    let text = || "text\n".to_owned();
    let most = Note::new(text(), vec![line("a"); NOTE_SIGNATURES_MAX]).unwrap();
    assert_eq!(most.to_string().parse::<Note>(), Ok(most.clone()));
    assert_eq!(Note::new(text(), vec![line("a"); NOTE_SIGNATURES_MAX + 1]), Err(NoteError::SignaturesTooMany));
    let over = format!("{most}{}\n", line("a"));
    assert_eq!(over.parse::<Note>(), Err(NoteError::SignaturesTooMany));
    let rest = "\n\n".len() + line("a").to_string().len() + "\n".len();
    let long = |bytes: usize| format!("{}\n", "x".repeat(bytes - rest));
    let largest = Note::new(long(NOTE_BYTES_MAX), vec![line("a")]).unwrap();
    assert_eq!(largest.to_bytes().len(), NOTE_BYTES_MAX);
    assert_eq!(Note::from_bytes(&largest.to_bytes()), Ok(largest));
    assert_eq!(Note::new(long(NOTE_BYTES_MAX + 1), vec![line("a")]), Err(NoteError::TooLarge));
    assert_eq!(Note::from_bytes(&vec![b'x'; NOTE_BYTES_MAX + 1]), Err(NoteError::TooLarge));
}

fn signatures() -> impl Strategy<Value = Vec<NoteSignature>> {
    let one = ("[^\\s+\\p{Cc}]{1,20}", any::<[u8; 4]>(), prop::collection::vec(any::<u8>(), 1..80))
        .prop_map(|(name, id, bytes)| NoteSignature::new(&name, id, &bytes).unwrap());
    prop::collection::vec(one, 1..5)
}

proptest! {
    #[test]
    fn notes_round_trip(text in "([^\\p{Cc}]{0,10}\n){1,6}", signatures in signatures()) {
        let note = Note::new(text, signatures).unwrap();
        prop_assert_eq!(Note::from_bytes(&note.to_bytes()), Ok(note));
    }

    #[test]
    fn what_is_read_is_written_again(note in "(a|b|\n|— a AQIDBAU=|— b AQIDBAUG){0,12}") {
        if let Ok(read) = note.parse::<Note>() {
            prop_assert_eq!(read.to_string(), note);
        }
    }

    #[test]
    fn every_changed_bit_breaks_a_signature(bit in 0..512_usize) {
        let mut signature = peter().sign_note(TEXT).unwrap();
        signature.bytes[bit / 8] ^= 1 << (bit % 8);
        let note = Note::new(TEXT.to_owned(), vec![signature]).unwrap();
        prop_assert_eq!(note.verify(peter().vkey()), Err(NoteError::SignatureWrong("PeterNeumann".into())));
    }
}
