//! `hefu monitor` and `hefu verify URL`, against a real server, and against mirrors that lie under the log's own key.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use bytes::Bytes;
use hefu_tests::TestServer;
use hefu_tests::child::program;
use hefu_tests::export::entries_of;
use hefu_tests::mirror::Mirror;
use hefu_tests::witness::{TestWitness, log_key};
use hefu_tests::world::{World, observation};
use hefu_types::{Seq, SignedCheckpoint, TlogProof, tree};
use serde_json::Value;

fn hefu(args: &[&str]) -> Output {
    let mut command = Command::new(program("hefu"));
    command.args(["--output", "json", "--patience", "10"]).args(args).output().expect("a program")
}

/// Looks once, and remembers in a folder.
fn monitor(state: &Path, more: &[&str]) -> Output {
    let key = log_key().to_string();
    hefu(&[&["monitor", "--once", "--key", &key, "--state", state.to_str().expect("a name")], more].concat())
}

fn is_good(output: &Output) {
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

/// Holds that exactly this was found, between checkpoints of these sizes, and that the evidence is kept and printed.
fn is_found(output: &Output, state: &Path, code: &str, sizes: &[usize]) {
    assert_eq!(output.status.code(), Some(4), "{output:?}");
    let rows: Value = serde_json::from_slice(&output.stdout).expect("rows");
    let sizes: Vec<String> = sizes.iter().map(usize::to_string).collect();
    assert_eq!((rows[0]["code"].as_str(), &rows[0]["sizes"]), (Some(code), &Value::from(sizes.clone())), "{rows}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains(code), "{said}");
    let kept = std::fs::read_dir(state.join("evidence")).expect("a folder");
    let kept: Vec<Vec<u8>> = kept.map(|file| std::fs::read(file.expect("a file").path()).expect("evidence")).collect();
    assert!(kept.iter().all(|bytes| said.contains(&*String::from_utf8_lossy(bytes))), "{said}");
    let signed = kept.iter().filter_map(|bytes| SignedCheckpoint::open(bytes, &log_key()).ok());
    let held: Vec<String> = signed.map(|signed| signed.checkpoint().size().to_string()).collect();
    assert!(sizes.iter().all(|size| held.contains(size)), "{sizes:?} {held:?}");
}

/// Entries of a log; with a mark they are others from a position on.
fn log(size: usize, other_from: usize) -> Vec<Bytes> {
    (0..size).map(|n| Bytes::from(format!("{n} {}", n >= other_from))).collect()
}

const NEVER: usize = usize::MAX;

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_only_grows_is_good_at_all_its_mirrors() {
    let mut world = World::planned();
    let signed = world.signer("alpha-reporter").sign(vec![observation("stock", "2024-Q1", "840").into()]);
    let mut server = TestServer::with(&world).await;
    let url = format!("http://{}", server.server.http_address());
    let before = entries_of(server.server.journal());
    let mirror = Mirror::of(&before[..before.len() - 3]);
    let state = tempfile::tempdir().unwrap();
    is_good(&monitor(state.path(), &[&url, &mirror.url]));
    server.submit(&signed).await.expect("accepted");
    let size = before.len() as u64 + 1;
    let request = hefu_proto::v1::GetCheckpointRequest { size_min: size };
    let address = format!("http://{}", server.server.address());
    let mut proofs = hefu_proto::v1::proof_service_client::ProofServiceClient::connect(address).await.unwrap();
    proofs.get_checkpoint(request).await.expect("published");
    is_good(&monitor(state.path(), &[&url, &mirror.url]));
    let journal = Arc::clone(server.server.journal());
    mirror.show(&entries_of(&journal));
    is_good(&monitor(state.path(), &[&mirror.url, &url]));
    for url in [&url, &mirror.url] {
        let verified = hefu(&["verify", url, "--key", &log_key().to_string()]);
        is_good(&verified);
        let report: Value = serde_json::from_slice(&verified.stdout).unwrap();
        assert_eq!((&report["verified"], &report["entries"]), (&true.into(), &size.into()), "{report}");
    }
    server.verify_and_stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_follows_the_log() {
    let mut world = World::planned();
    let signer = world.signer("alpha-reporter");
    let signed = ["2024-Q1", "2024-Q2"].map(|period| signer.sign(vec![observation("stock", period, "840").into()]));
    let mut server = TestServer::with(&world).await;
    let dir = tempfile::tempdir().unwrap();
    let mut command = Command::new(program("hefu"));
    command.args(["log", "export", "--follow", "--server", &format!("http://{}", server.server.address())]);
    let mut child = command.arg(dir.path()).stdout(std::process::Stdio::null()).spawn().unwrap();
    let shown = || {
        let bytes = std::fs::read(dir.path().join("checkpoint")).ok()?;
        Some(SignedCheckpoint::open(&bytes, &log_key()).unwrap().checkpoint().size().get())
    };
    let size = entries_of(server.server.journal()).len() as u64;
    for (expected, next) in (size..).zip(signed.iter().map(Some).chain([None])) {
        for _ in 0..600 {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            if shown() == Some(expected) {
                break;
            }
        }
        assert_eq!(shown(), Some(expected));
        let verified = hefu(&["verify", dir.path().to_str().unwrap(), "--key", &log_key().to_string()]);
        is_good(&verified);
        if let Some(next) = next {
            server.submit(next).await.expect("accepted");
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    server.verify_and_stop().await;
}

#[test]
fn a_url_that_is_no_log_is_not_verified() {
    let key = log_key().to_string();
    let mirror = Mirror::of(&log(5, NEVER));
    let verify = |url: &str| hefu(&["verify", url, "--key", &key]).status.code();
    assert_eq!(verify(&mirror.url), Some(4), "its entries are none");
    assert_eq!(verify("https://127.0.0.1:1"), Some(2));
    assert_eq!(verify("http://127.0.0.1:1"), Some(3));
    assert_eq!(verify(&format!("{}/elsewhere", mirror.url)), Some(2), "no checkpoint");
}

#[test]
fn two_histories_are_found_at_two_urls_and_at_one() {
    let honest = Mirror::of(&log(300, NEVER));
    for (size, from) in [(300, 299), (310, 100), (290, 0)] {
        let liar = Mirror::of(&log(size, from));
        let state = tempfile::tempdir().unwrap();
        let sizes = [size.min(300), size.max(300)];
        is_found(&monitor(state.path(), &[&honest.url, &liar.url]), state.path(), "LOG_FORKED", &sizes);
    }
    let state = tempfile::tempdir().unwrap();
    is_good(&monitor(state.path(), &[&honest.url]));
    honest.show(&log(600, 299));
    is_found(&monitor(state.path(), &[&honest.url]), state.path(), "LOG_FORKED", &[300, 600]);
    is_found(&monitor(state.path(), &[&honest.url]), state.path(), "LOG_FORKED", &[300, 600]);
}

#[test]
fn fewer_entries_than_before_are_a_rollback_and_a_log_that_stands_still_is_none() {
    let mirror = Mirror::of(&log(40, NEVER));
    let state = tempfile::tempdir().unwrap();
    is_good(&monitor(state.path(), &[&mirror.url]));
    is_good(&monitor(state.path(), &[&mirror.url]));
    mirror.show(&log(39, NEVER));
    is_found(&monitor(state.path(), &[&mirror.url]), state.path(), "LOG_ROLLED_BACK", &[40, 39]);
}

#[test]
fn what_nobody_signed_and_tiles_of_nothing_are_found() {
    let mirror = Mirror::of(&log(40, NEVER));
    let state = tempfile::tempdir().unwrap();
    is_good(&monitor(state.path(), &[&mirror.url]));
    let text = String::from_utf8(mirror.file("checkpoint")).unwrap();
    mirror.put("checkpoint", text.replacen("\n40\n", "\n41\n", 1).as_bytes());
    let fresh = tempfile::tempdir().unwrap();
    is_found(&monitor(fresh.path(), &[&mirror.url]), fresh.path(), "CHECKPOINT_INVALID", &[]);
    mirror.show(&log(50, NEVER));
    mirror.put("tile/0/000.p/50", &[7; 50 * 32]);
    is_found(&monitor(state.path(), &[&mirror.url]), state.path(), "TILES_INVALID", &[40, 50]);
    let gone = monitor(state.path(), &["http://127.0.0.1:1"]);
    assert_eq!(gone.status.code(), Some(3), "{gone:?}");
}

/// A receipt of an entry, under the checkpoint that a mirror shows.
fn receipt(entries: &[Bytes], shown: &[u8]) -> Vec<u8> {
    let mut edge = tree::Edge::default();
    entries.iter().for_each(|entry| edge.push(tree::leaf(entry), |_, _| ()));
    let seq = Seq::new(3);
    let note = hefu_types::Note::from_bytes(shown).unwrap();
    TlogProof::new(None, seq, edge.inclusion(seq).unwrap(), note).unwrap().to_bytes()
}

#[test]
fn receipts_hold_the_log_to_what_it_signed() {
    let (entries, other) = (log(40, NEVER), log(30, 20));
    let (mirror, liar, ahead) = (Mirror::of(&entries), Mirror::of(&other), Mirror::of(&log(44, NEVER)));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("1.tlog-proof");
    let look = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        let state = tempfile::tempdir().unwrap();
        let receipts = folder.path().to_str().unwrap();
        (monitor(state.path(), &[&mirror.url, "--receipts", receipts]), state)
    };
    let good = receipt(&entries, &mirror.file("checkpoint"));
    is_good(&look(&good).0);
    let (forked, state) = look(&receipt(&other, &liar.file("checkpoint")));
    is_found(&forked, state.path(), "LOG_FORKED", &[30, 40]);
    let text = String::from_utf8(good).unwrap();
    let (forged, state) = look(text.replacen("\n40\n", "\n39\n", 1).as_bytes());
    is_found(&forged, state.path(), "RECEIPT_INVALID", &[]);
    let (early, _) = look(&receipt(&log(44, NEVER), &ahead.file("checkpoint")));
    is_good(&early);
    assert!(String::from_utf8_lossy(&early.stderr).contains("waiting: "), "{early:?}");
}

fn is_waiting(output: &Output, what: &str) {
    is_good(output);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.lines().any(|line| line.starts_with("waiting: ") && line.contains(what)), "{said}");
}

/// Lets what was late at the last look be so for longer: its time stands in the folder.
fn pass(state: &Path, seconds: i64) {
    let path = state.join("late");
    let mut late: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    for thing in late.as_object_mut().unwrap().values_mut() {
        thing["since"] = (thing["since"].as_i64().unwrap() - seconds * 1_000).into();
    }
    std::fs::write(path, late.to_string()).unwrap();
}

#[test]
fn a_log_that_never_shows_what_it_answered_is_found_by_whoever_looks_now_and_then() {
    let (mirror, ahead) = (Mirror::of(&log(40, NEVER)), Mirror::of(&log(44, NEVER)));
    let receipts = tempfile::tempdir().unwrap();
    let path = receipts.path().join("1.tlog-proof");
    std::fs::write(&path, receipt(&log(44, NEVER), &ahead.file("checkpoint"))).unwrap();
    let look = |state: &Path, more: &[&str]| {
        monitor(state, &[&[&mirror.url, "--receipts", receipts.path().to_str().unwrap()], more].concat())
    };
    let (state, impatient) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    is_waiting(&look(state.path(), &[]), "this is of 44 entries, the log shows 40");
    pass(state.path(), 500);
    is_waiting(&look(state.path(), &[]), "44 entries");
    pass(state.path(), 200);
    is_found(&look(state.path(), &[]), state.path(), "LOG_ROLLED_BACK", &[44, 40]);
    is_found(&look(state.path(), &[]), state.path(), "LOG_ROLLED_BACK", &[44, 40]);
    is_found(&look(impatient.path(), &["--late", "0"]), impatient.path(), "LOG_ROLLED_BACK", &[44, 40]);
    // A log that grows is not late, though at every look somebody's last receipt is ahead of it.
    mirror.show(&log(44, NEVER));
    ahead.show(&log(48, NEVER));
    std::fs::write(&path, receipt(&log(48, NEVER), &ahead.file("checkpoint"))).unwrap();
    is_waiting(&look(state.path(), &[]), "48 entries");
    mirror.show(&log(48, NEVER));
    is_good(&look(state.path(), &["--late", "0"]));
}

#[test]
fn a_checkpoint_without_a_quorum_is_reported_and_waited_for() {
    let mirror = Mirror::of(&log(40, NEVER));
    let folder = tempfile::tempdir().unwrap();
    let (policy, state) = (folder.path().join("policy"), folder.path().join("state"));
    let witness = TestWitness::new("w.example.org");
    std::fs::write(&policy, format!("witness w {}\nquorum w\n", witness.vkey)).unwrap();
    let look = |more: &[&str]| monitor(&state, &[&[&mirror.url, "--policy", policy.to_str().unwrap()], more].concat());
    is_waiting(&look(&[]), "lacks cosignatures");
    pass(&state, 700);
    // Whoever does not answer now and then does not begin anew.
    let shown = mirror.file("checkpoint");
    mirror.hide("checkpoint");
    assert_eq!(look(&[]).status.code(), Some(3));
    mirror.put("checkpoint", &shown);
    is_found(&look(&[]), &state, "QUORUM_OVERDUE", &[40]);
    is_waiting(&look(&["--late", "86400"]), "lacks cosignatures");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_witness_that_is_asked_tells_of_what_the_log_does_not_show() {
    let shown = Mirror::of(&log(300, NEVER));
    for (size, from, code) in [
        (250, NEVER, None),
        (300, NEVER, None),
        (300, 299, Some("LOG_FORKED")),
        (200, 5, Some("LOG_FORKED")),
        (301, NEVER, Some("LOG_ROLLED_BACK")),
    ] {
        let mut witness = TestWitness::new("w.example.org");
        let seen = Mirror::of(&log(size, from)).file("checkpoint");
        witness.sees(&SignedCheckpoint::open(&seen, &log_key()).unwrap());
        witness.up().await;
        let state = tempfile::tempdir().unwrap();
        let args = [&*shown.url, "--witness", &witness.url(), "--late", "0"].map(str::to_owned);
        let path = state.path().to_owned();
        let look = move || monitor(&path, &args.each_ref().map(String::as_str));
        let output = tokio::task::spawn_blocking(look).await.unwrap();
        match code {
            None => is_good(&output),
            Some(code) => is_found(&output, state.path(), code, &[size, 300]),
        }
    }
}
