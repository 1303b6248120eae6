//! What a command must show beside its verdict, so that it convinces somebody who was not there.

use std::path::Path;
use std::process::Output;

use bytes::Bytes;
use hefu_tests::witness::log_key;
use hefu_tests::world::keys;
use hefu_types::{Checkpoint, SignedCheckpoint, TlogProof, receipt, tree};
use serde_json::Value;

use crate::stage::Stage;

/// The log or the export is not what it should be.
const BROKEN: i32 = 4;

/// What is shown.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Evidence {
    /// Two checkpoints that the log's key signed and that are of no one history, on stderr.
    TwoSigned,
    /// A finding of this kind, and the file of a receipt that proves, under the log's key, what was answered.
    Receipt(&'static str),
    /// The entry that does not fit, and what does not fit about it.
    Entry(&'static str),
    /// In the folder that a finding names: a receipt that holds, and the checkpoint that contradicts it.
    Kept,
    /// The position of what the operator said, under its own event key.
    SignedByOperator,
    /// Words on stderr.
    Said(&'static str),
}

/// Holds that a command ends as it must, and shows the evidence.
pub(crate) fn check(evidence: &Evidence, stage: &Stage, code: &str, output: &Output, what: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    let ended = said.lines().any(|line| line.starts_with(&format!("error {code}: ")));
    assert_eq!((output.status.code(), ended), (Some(BROKEN), true), "{what}: {output:?}");
    match evidence {
        Evidence::TwoSigned => two_signed(stage, &said, what),
        Evidence::Receipt(kind) => receipt_of(kind, &json(output), what),
        Evidence::Entry(kind) => {
            let report = json(output);
            let seq = match *kind {
                "signature" => stage.seq_of_alpha(),
                // The last one that the kept checkpoint covers.
                _ => stage.histories()[0].len() - 1,
            };
            assert_eq!((&report["failure_kind"], &report["failure_seq"]), (&(*kind).into(), &seq.into()), "{what}");
        }
        Evidence::Kept => kept(stage, &json(output), what),
        Evidence::SignedByOperator => {
            let seq = usize::try_from(json(output)["seq"].as_u64().expect("a position")).unwrap();
            let entry = hefu_types::Entry::parse(stage.histories()[0][seq].clone()).unwrap();
            assert_eq!(entry.decode().unwrap().submission.key, keys("operator-1").public(), "{what}");
            let _admitted = hefu_rules::admit(entry.signed()).expect("under its signature");
        }
        Evidence::Said(words) => assert!(said.contains(words), "{what}: {said}"),
    }
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
}

/// Whether a checkpoint is of the beginning of a history.
fn is_of(checkpoint: &Checkpoint, history: &[Bytes]) -> bool {
    let mut edge = tree::Edge::default();
    let size = usize::try_from(checkpoint.size().get()).unwrap();
    history.iter().take(size).for_each(|entry| edge.push(tree::leaf(entry), |_, _| ()));
    (edge.size(), edge.root()) == (checkpoint.size(), checkpoint.root())
}

/// Both are signed; and no history has both, or the one that was shown later is shorter.
fn two_signed(stage: &Stage, said: &str, what: &str) {
    let end = |text: &str| text.find("\nevidence: ").or_else(|| text.find("\nerror ")).unwrap_or(text.len());
    let notes = said.split("---\n").skip(1).map(|text| text[..end(text)].trim_end_matches('\n').to_owned() + "\n");
    let open = |note: String| SignedCheckpoint::open(note.as_bytes(), &log_key()).expect("signed by the log");
    let shown: Vec<Checkpoint> = notes.map(|note| open(note).checkpoint().clone()).collect();
    let [known, later, ..] = &shown[..] else { panic!("{what}: {said}") };
    let histories = stage.histories();
    for checkpoint in [known, later] {
        assert!(histories.iter().any(|history| is_of(checkpoint, history)), "{what}: a history of the operator's");
    }
    let one_history = histories.iter().any(|history| is_of(known, history) && is_of(later, history));
    assert!(!one_history || later.size() < known.size(), "{what}: {known:?} {later:?}");
}

/// The receipt holds, whatever the log says now.
fn receipt_of(kind: &str, report: &Value, what: &str) {
    let findings = report["findings"].as_array().unwrap();
    let finding =
        findings.iter().find(|finding| finding["finding"] == kind).unwrap_or_else(|| panic!("{what}: {report}"));
    holds(Path::new(finding["receipt"].as_str().expect("a receipt")));
}

/// A receipt proves the submission beside it; the checkpoint that it is under.
fn holds(path: &Path) -> Checkpoint {
    let proof = TlogProof::from_bytes(&std::fs::read(path).unwrap()).unwrap();
    let stored = std::fs::read(path.with_extension("sub")).unwrap();
    receipt::verify(&proof, &stored[hefu_types::Signature::LEN..], &log_key(), None).expect("it holds");
    proof.open_checkpoint(&log_key()).expect("signed by the log").checkpoint().clone()
}

fn kept(stage: &Stage, rows: &Value, what: &str) {
    let named = rows.as_array().unwrap().iter().find_map(|row| row["evidence"].as_str());
    let folder = Path::new(named.unwrap_or_else(|| panic!("{what}: {rows}")));
    let answered = holds(&folder.join("receipt.tlog-proof"));
    let bytes = std::fs::read(folder.join("checkpoint")).unwrap();
    let shown = SignedCheckpoint::open(&bytes, &log_key()).expect("signed by the log");
    let histories = stage.histories();
    assert!(histories.iter().any(|history| is_of(shown.checkpoint(), history)), "{what}");
    let both = |history: &Vec<Bytes>| is_of(&answered, history) && is_of(shown.checkpoint(), history);
    assert!(!histories.iter().any(both), "{what}: {answered:?} {shown:?}");
}
