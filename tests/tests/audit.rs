//! Nothing that was answered can be left out unnoticed: an operator who chains the log anew, without anybody's key, is found
//! by what the member kept, also where the log that is left fits together.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use bytes::Bytes;
use hefu_client::{Retry, Server, Writer};
use hefu_tests::child::program;
use hefu_tests::export::{self, entries_of, head_of};
use hefu_tests::world::{World, keys, observation};
use hefu_tests::{Signer, TestServer};
use hefu_types::{ChainHash, Entry, Millis, Seq, SignedSubmission};
use serde_json::Value;
use tempfile::TempDir;

/// Verification failed.
const BROKEN: i32 = 4;

/// Submissions of `alpha-reporter`, which sends through our client.
const SUBMISSIONS: u64 = 4;

type Parts = Vec<(Millis, SignedSubmission)>;

/// What the operator has, and what the member keeps.
struct Scene {
    parts: Parts,
    /// The positions that were answered.
    seqs: Vec<usize>,
    dir: TempDir,
    /// It goes on: looking at an outbox does not need it closed.
    _writer: Writer,
}

/// A member reports through our client, and another unit in between.
async fn scene() -> Scene {
    let mut world = World::planned();
    let mut server = TestServer::with(&world).await;
    let dir = tempfile::tempdir().unwrap();
    let client = Server::new(&format!("http://{}", server.server.address()), Retry::default()).unwrap();
    let mut writer = Writer::open(client, keys("alpha-reporter"), &outbox(&dir)).await.unwrap();
    let mut seqs = vec![];
    for n in 1..=SUBMISSIONS {
        let position = writer.submit(vec![observation("flow", &month(n), "7").into()]).await.expect("recorded");
        seqs.push(usize::try_from(position.seq.get()).unwrap());
        let beta: &mut Signer = world.signer("beta-reporter");
        let other = beta.sign(vec![observation("stock", &month(n), "7").into()]);
        server.submit(&other).await.expect("recorded");
    }
    let entries = entries_of(server.server.journal()).into_iter().map(|bytes| Entry::parse(bytes).unwrap());
    let parts = entries.map(|entry| (entry.recorded_at(), entry.signed())).collect();
    server.verify_and_stop().await;
    Scene { parts, seqs, dir, _writer: writer }
}

fn month(n: u64) -> String {
    format!("2023-{n:02}")
}

fn outbox(dir: &TempDir) -> PathBuf {
    dir.path().join("me.outbox")
}

/// Chains submissions anew, which takes nobody's key.
fn chain(parts: &Parts) -> Vec<Entry> {
    let mut prev = ChainHash::NONE;
    let entry = |((recorded_at, signed), seq): (&(Millis, SignedSubmission), u64)| {
        let entry = Entry::new(Seq::new(seq), *recorded_at, prev, signed);
        prev = entry.chain_hash();
        entry
    };
    parts.iter().zip(0..).map(entry).collect()
}

/// Two submissions change places; the times stay where they are, or anybody would see it.
fn swap(parts: &mut Parts, a: usize, b: usize) {
    let times = (parts[a].0, parts[b].0);
    parts.swap(a, b);
    (parts[a].0, parts[b].0) = times;
}

/// An export that the operator gives out, and the head that it names for it.
struct Shown {
    dir: TempDir,
    entries: Vec<Entry>,
}

impl Scene {
    fn shown(&self, change: impl FnOnce(&mut Parts)) -> Shown {
        let mut parts = self.parts.clone();
        change(&mut parts);
        let (dir, entries) = (tempfile::tempdir().unwrap(), chain(&parts));
        let bytes: Vec<Bytes> = entries.iter().map(|entry| entry.bytes().clone()).collect();
        export::write(dir.path(), &bytes);
        export::write_tree(dir.path(), &bytes);
        Shown { dir, entries }
    }

    /// The exit code, the error's code, the object on stdout, and its findings: number and kind.
    fn audit(&self, shown: &Shown, with_outbox: bool) -> (Option<i32>, String, Value, Vec<(u64, String)>) {
        let key = keys("alpha-reporter").public().to_string();
        let mut command = Command::new(program("hefu"));
        command.args(["--output", "json", "audit", "member", &key]).arg(shown.dir.path());
        if with_outbox {
            command.arg("--outbox").arg(outbox(&self.dir));
        }
        let output = command.output().expect("a program");
        let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
        let finding = |row: &Value| (row["number"].as_u64().unwrap(), row["finding"].as_str().unwrap().to_owned());
        let findings = report["findings"].as_array().unwrap().iter().map(finding).collect();
        (output.status.code(), code(&output), report, findings)
    }
}

impl Shown {
    /// What verification against the operator's own head says: nothing, or what kind of fault it found.
    fn verdict(&self) -> Option<String> {
        let head = head_of(&self.entries);
        let mut command = Command::new(program("hefu"));
        command.args(["--output", "json", "verify", "--size", &head.size.to_string()]);
        let output =
            command.args(["--chain-hash", &head.chain_hash.to_string()]).arg(self.dir.path()).output().unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        report["failure_kind"].as_str().map(str::to_owned)
    }
}

/// The code on stderr, if any.
fn code(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    let code = said.lines().find_map(|line| line.strip_prefix("error ")).and_then(|line| line.split(':').next());
    code.unwrap_or_default().to_owned()
}

fn names(numbers: &[(u64, &str)]) -> Vec<(u64, String)> {
    numbers.iter().map(|(number, finding)| (*number, (*finding).to_owned())).collect()
}

/// What stands there, but after another history.
const RECHAINED: &str = "rechained: the log before it was changed";

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_and_left_out_moved_or_replaced_is_named() {
    let scene = scene().await;
    let at = |n: usize| scene.seqs[n - 1];

    let honest = scene.shown(|_| ());
    for with_outbox in [false, true] {
        let (exit, code, report, findings) = scene.audit(&honest, with_outbox);
        assert_eq!((exit, code.as_str(), findings), (Some(0), "", vec![]), "{report}");
        assert_eq!((&report["submissions"], &report["first_seq"]), (&SUBMISSIONS.into(), &at(1).into()));
        assert_eq!((&report["signatures"], &report["rules"]), (&"not verified".into(), &"not verified".into()));
    }

    // The second one is gone; verification finds that the third does not follow the first.
    let dropped = scene.shown(|parts| drop(parts.remove(at(2))));
    assert_eq!(dropped.verdict().as_deref(), Some("key_chain"));
    let (exit, code, _, findings) = scene.audit(&dropped, false);
    assert_eq!((exit, code.as_str()), (Some(BROKEN), "KEY_CHAIN_BROKEN"));
    assert_eq!(findings, names(&[(3, "gap: number 2 comes next")]));
    let (exit, code, report, findings) = scene.audit(&dropped, true);
    assert_eq!((exit, code.as_str()), (Some(BROKEN), "SUBMISSION_OMITTED"));
    assert_eq!(findings[1..], names(&[(2, "dropped"), (3, "moved"), (4, "moved")]));
    let receipt = report["findings"][1]["receipt"].as_str().expect("evidence");
    assert!(receipt.ends_with("00000000000000000002.tlog-proof") && Path::new(receipt).is_file(), "{receipt}");

    let reordered = scene.shown(|parts| swap(parts, at(2), at(3)));
    assert_eq!(reordered.verdict().as_deref(), Some("key_chain"));
    let (exit, code, _, findings) = scene.audit(&reordered, true);
    assert_eq!((exit, code.as_str()), (Some(BROKEN), "SUBMISSION_OMITTED"));
    assert!(names(&[(2, "moved"), (3, "moved"), (4, RECHAINED)]).iter().all(|f| findings.contains(f)), "{findings:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_verification_can_t_know_the_outbox_does() {
    let scene = scene().await;
    let at = |n: usize| scene.seqs[n - 1];

    // The last one of the key is gone: what is left fits together, whatever is asked of it.
    let last = scene.shown(|parts| drop(parts.remove(at(4))));
    assert_eq!(last.verdict(), None);
    let (exit, code, ..) = scene.audit(&last, false);
    assert_eq!((exit, code.as_str()), (Some(0), ""));
    let (exit, code, _, findings) = scene.audit(&last, true);
    assert_eq!((exit, code.as_str(), findings), (Some(BROKEN), "SUBMISSION_OMITTED", names(&[(4, "dropped")])));

    // So is what somebody else said, before it: the member's answers name the whole log up to them.
    let other = scene.shown(|parts| swap(parts, at(1) - 2, at(1) - 1));
    assert_eq!(other.verdict(), None);
    let (exit, code, _, findings) = scene.audit(&other, true);
    assert_eq!((exit, code.as_str()), (Some(BROKEN), "SUBMISSION_OMITTED"));
    assert_eq!(findings, names(&[(1, RECHAINED), (2, RECHAINED), (3, RECHAINED), (4, RECHAINED)]));

    // An older export accuses nobody.
    let older = scene.shown(|parts| parts.truncate(at(3)));
    let (exit, code, report, findings) = scene.audit(&older, true);
    assert_eq!((exit, code.as_str(), findings), (Some(0), "", vec![]));
    assert_eq!((&report["answered"], &report["answered_after_export"]), (&SUBMISSIONS.into(), &2.into()));
}
