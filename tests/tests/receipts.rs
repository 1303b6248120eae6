//! Receipts that no witness has seen: the client proves them later under a cosigned checkpoint, and keeps as evidence what
//! contradicts them, whoever holds the operator's keys.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use bytes::Bytes;
use hefu_client::{Retry, Server, Writer, keyfile};
use hefu_tests::TestServer;
use hefu_tests::child::program;
use hefu_tests::export::entries_of;
use hefu_tests::prover::Prover;
use hefu_tests::scene::Scene;
use hefu_tests::witness::log_key;
use hefu_tests::world::{ORIGIN, World, keys, observation};
use hefu_types::tree::{self, Edge};
use hefu_types::{Checkpoint, NoteSigner, Policy, SignedCheckpoint, TlogProof};
use hefud::Config;
use serde_json::Value;
use tempfile::TempDir;

/// A member's folder: key file, outbox, policy.
struct Desk {
    dir: TempDir,
}

impl Desk {
    fn new(policy: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        keyfile::create(&dir.path().join("me.pem"), &keys("alpha-reporter"), None).unwrap();
        std::fs::write(dir.path().join("policy"), policy).unwrap();
        Self { dir }
    }

    fn outbox(&self) -> PathBuf {
        self.dir.path().join("me.outbox")
    }

    fn hefu(&self, server: &str, args: &[&str]) -> Output {
        let mut command = Command::new(program("hefu"));
        command.args(["--output", "json", "--patience", "10", "--server", server]).args(args);
        command.current_dir(self.dir.path()).output().expect("a program")
    }

    /// The exit code, the error's code, and each receipt's state.
    fn check(&self, server: &str) -> (Option<i32>, String, Vec<String>) {
        let output = self.hefu(server, &["receipt", "check", "--key", "me.pem", "--policy", "policy"]);
        let rows: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
        let state = |row: &Value| row["state"].as_str().unwrap().to_owned();
        (output.status.code(), code(&output), rows.as_array().unwrap().iter().map(state).collect())
    }

    /// The receipts' files, and their bytes.
    fn receipts(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let files = std::fs::read_dir(self.outbox()).unwrap().map(|file| file.unwrap().path());
        let mut paths: Vec<PathBuf> =
            files.filter(|path| path.extension().is_some_and(|e| e == "tlog-proof")).collect();
        paths.sort();
        paths.into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
    }

    /// Verifies all receipts offline, with the policy.
    fn verified(&self) -> Option<i32> {
        let receipts: Vec<String> = self.receipts().iter().map(|(path, _)| path.display().to_string()).collect();
        let key = log_key().to_string();
        let args = ["receipt", "verify", "--policy", "policy", "--log-key", &key];
        let all: Vec<&str> = args.into_iter().chain(receipts.iter().map(String::as_str)).collect();
        self.hefu("http://127.0.0.1:1", &all).status.code()
    }

    async fn writer(&self, server: &TestServer) -> Writer {
        Writer::open(client(server), keys("alpha-reporter"), &self.outbox()).await.unwrap()
    }

    /// A file of the evidence about a receipt.
    fn evidence(&self, number: u64, name: &str) -> Vec<u8> {
        let path = self.outbox().join(format!("evidence/{number:020}/{name}"));
        std::fs::read(&path).unwrap_or_else(|_| panic!("{}", path.display()))
    }
}

fn code(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    let line = said.lines().find_map(|line| line.strip_prefix("error "));
    line.and_then(|line| line.split(':').next()).unwrap_or_default().to_owned()
}

fn client(server: &TestServer) -> Server {
    Server::new(&address(server), Retry::default()).unwrap()
}

fn address(server: &TestServer) -> String {
    format!("http://{}", server.server.address())
}

/// Reports months of flow, from a month on.
async fn report(writer: &mut Writer, from: usize, count: usize) {
    let cell = |n: usize| vec![observation("flow", &format!("{}-{:02}", 1950 + n / 12, n % 12 + 1), "7").into()];
    let batches: Vec<_> = (from..from + count).map(cell).collect();
    let all = |_, outcome: Result<_, hefu_types::Refusal>| {
        outcome.map_or_else(|r| panic!("{r}"), |_| ControlFlow::Continue(()))
    };
    writer.submit_all(batches, all).await.expect("recorded");
}

fn states(count: usize, state: &str) -> Vec<String> {
    vec![state.to_owned(); count]
}

const BROKEN: Option<i32> = Some(4);

#[tokio::test(flavor = "multi_thread")]
async fn a_pending_receipt_is_proved_once_the_witnesses_are_back() {
    let mut scene = Scene::set().await;
    let desk = Desk::new(&std::fs::read_to_string(scene.config.policy.as_ref().unwrap()).unwrap());
    let config = Config { accept_missing_witnesses: true, ..scene.config.clone() };
    let server = TestServer::over(config).await;
    let mut writer = desk.writer(&server).await;
    writer.hold_to(scene.policy()).await.unwrap();
    report(&mut writer, 0, 20).await;
    report(&mut writer, 20, 1).await;
    assert_eq!(writer.pending_receipts(), 21);
    drop(writer);
    let before = desk.receipts();
    assert_eq!(desk.check(&address(&server)), (Some(0), String::new(), states(21, "pending")));
    assert_eq!(desk.check("http://127.0.0.1:1"), (Some(0), String::new(), states(21, "pending")), "nobody is there");
    assert_eq!((desk.receipts() == before, desk.verified()), (true, BROKEN));

    scene.witnesses[0].up().await;
    scene.witnesses[1].up().await;
    let size = entries_of(server.server.journal()).len() as u64;
    scene.cosigned(&server, size, &[0, 1]).await;
    assert_eq!(desk.check(&address(&server)), (Some(0), String::new(), states(21, "cosigned")));
    assert_eq!(desk.verified(), Some(0));

    // Whoever goes on writing needs no command for that.
    let mut writer = desk.writer(&server).await;
    report(&mut writer, 21, 1).await;
    scene.cosigned(&server, size + 1, &[0, 1]).await;
    drop(writer);
    assert_eq!(desk.verified(), BROKEN);
    let mut writer = desk.writer(&server).await;
    writer.hold_to(scene.policy()).await.unwrap();
    assert_eq!((writer.pending_receipts(), desk.verified()), (0, Some(0)));
    // What waits for the quorum is never pending.
    writer.wait_for_quorum();
    let position = writer.submit(vec![observation("flow", "1960-01", "7").into()]).await.unwrap();
    let found = writer.receipt(&position).expect("looked at");
    assert!(matches!(&found.state, hefu_client::receipts::State::Cosigned(by) if by.len() == 2), "{found:?}");
    assert_eq!(desk.verified(), Some(0));
    server.verify_and_stop().await;
    assert!(!desk.outbox().join("evidence").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fork_with_the_operators_own_keys_and_honest_witnesses_is_evidence() {
    // One log answers the member; the other one, of the same keys, is shown to the witnesses.
    let world = World::planned();
    let server = TestServer::with(&world).await;
    let mut scene = Scene::set().await;
    let desk = Desk::new(&std::fs::read_to_string(scene.config.policy.as_ref().unwrap()).unwrap());
    let mut writer = desk.writer(&server).await;
    report(&mut writer, 0, 3).await;
    report(&mut writer, 3, 1).await;
    drop(writer);
    server.verify_and_stop().await;
    let before = desk.receipts();

    scene.all_up().await;
    let mut fork = TestServer::over(scene.config.clone()).await;
    let size = scene.world.entries.len() as u64;
    for n in 0..4 {
        fork.submit(&scene.next(&format!("2023-0{}", n + 1))).await.expect("recorded");
    }
    scene.cosigned(&fork, size + 4, &[0, 1, 2]).await;
    let (exit, code, found) = desk.check(&address(&fork));
    assert_eq!((exit, code.as_str(), found), (BROKEN, "RECEIPT_CONTRADICTED", states(4, "contradicted")));
    assert_eq!(desk.receipts(), before, "a receipt that is evidence stays as it is");
    for (number, (_, receipt)) in (1..).zip(&before) {
        assert_eq!(desk.evidence(number, "receipt.tlog-proof"), *receipt);
        let shown = SignedCheckpoint::open(&desk.evidence(number, "checkpoint"), &log_key()).expect("the log's own");
        assert_eq!((shown.checkpoint().size().get(), scene.policy().check(&shown).is_ok()), (size + 4, true));
        let submission = desk.outbox().join(format!("{number:020}.sub"));
        assert_eq!(desk.evidence(number, "receipt.sub"), std::fs::read(submission).unwrap());
    }
    // The last receipt's checkpoint has the fork's size and needs no proof; the first one's was asked for.
    assert!(desk.evidence(4, "why").starts_with(b"the log signed another tree"));
    let proof = String::from_utf8(desk.evidence(1, "proof")).unwrap();
    assert!(proof.starts_with("consistency "), "{proof}");

    // It is kept once: what a later look finds overwrites nothing.
    fork.submit(&scene.next("2023-05")).await.expect("recorded");
    scene.cosigned(&fork, size + 5, &[0, 1, 2]).await;
    let kept = desk.evidence(1, "checkpoint");
    assert_eq!(desk.check(&address(&fork)).0, BROKEN);
    assert_eq!(desk.evidence(1, "checkpoint"), kept);
    fork.verify_and_stop().await;
}

/// A member with answered submissions, a log that is gone, and a server that shows what it is told.
struct Shown {
    desk: Desk,
    entries: Vec<Bytes>,
    prover: Prover,
}

fn witness() -> NoteSigner {
    NoteSigner::cosigner("w.example.org", keys("w")).unwrap()
}

/// The log of an origin; each has a key of its own.
fn signer(origin: &str) -> NoteSigner {
    let name = if origin == ORIGIN { "checkpoint" } else { origin };
    NoteSigner::new(origin, keys(name)).unwrap()
}

fn edge(entries: &[Bytes]) -> Edge {
    let mut edge = Edge::default();
    entries.iter().for_each(|entry| edge.push(tree::leaf(entry), |_, _| ()));
    edge
}

/// A checkpoint of these entries, by a log, that the witness cosigned.
fn cosigned(origin: &str, entries: &[Bytes]) -> Vec<u8> {
    let edge = edge(entries);
    let of = Checkpoint::new(origin, edge.size(), edge.root()).unwrap();
    let signed = SignedCheckpoint::sign(&of, &signer(origin)).unwrap();
    let line = witness().cosign(signed.body(), 1_700_000_000).unwrap();
    signed.with_cosignature(&line, witness().vkey()).unwrap().to_bytes()
}

const ELSEWHERE: &str = "example.org/elsewhere";

fn policy() -> String {
    format!("log {}\nlog {}\nwitness w {}\nquorum w\n", signer(ELSEWHERE).vkey(), log_key(), witness().vkey())
}

async fn shown(count: usize) -> Shown {
    let server = TestServer::with(&World::planned()).await;
    let desk = Desk::new(&policy());
    let mut writer = desk.writer(&server).await;
    report(&mut writer, 0, count).await;
    drop(writer);
    let entries = entries_of(server.server.journal());
    server.verify_and_stop().await;
    let prover = Prover::start().await;
    prover.shows().tree = edge(&entries);
    prover.shows().latest = cosigned(ORIGIN, &entries);
    Shown { desk, entries, prover }
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_of_one_block_cost_one_consistency_proof_and_proved_ones_nothing() {
    let Shown { desk, prover, .. } = shown(300).await;
    let open = |bytes: &[u8]| TlogProof::from_bytes(bytes).unwrap().open_checkpoint(&log_key()).unwrap();
    let size = |bytes: &[u8]| open(bytes).checkpoint().size();
    let blocks: BTreeSet<_> = desk.receipts().iter().map(|(_, bytes)| size(bytes)).collect();
    assert_eq!(desk.check(&prover.address).2, states(300, "cosigned"));
    let (consistency, inclusion) = prover.shows().asked;
    assert!(consistency <= blocks.len() && blocks.len() < 300, "{consistency} proofs for {} blocks", blocks.len());
    assert_eq!(inclusion, 300);
    assert_eq!((desk.check(&prover.address).0, desk.verified()), (Some(0), Some(0)));
    assert_eq!(prover.shows().asked, (consistency, inclusion), "nothing is asked again");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_proofs_under_a_cosigned_checkpoint_are_evidence_and_not_too_much_of_it() {
    for consistency in [true, false] {
        let Shown { desk, prover, entries } = shown(2).await;
        // One more entry, so that there is something to prove.
        let grown: Vec<Bytes> = entries.iter().cloned().chain([Bytes::from_static(b"more")]).collect();
        prover.shows().tree = edge(&grown);
        prover.shows().latest = cosigned(ORIGIN, &grown);
        let wrong = Some(vec![Bytes::from(vec![7; 1 << 10]); 20_000]);
        let name = if consistency {
            prover.shows().consistency = wrong;
            "consistency "
        } else {
            prover.shows().inclusion = wrong;
            "inclusion "
        };
        let (exit, code, found) = desk.check(&prover.address);
        assert_eq!((exit, code.as_str(), found), (BROKEN, "RECEIPT_CONTRADICTED", states(2, "contradicted")));
        let proof = desk.evidence(2, "proof");
        assert!(proof.starts_with(name.as_bytes()) && proof.len() < 10_000, "{} bytes", proof.len());
        // When the log can prove it after all, it is proved; the evidence stays.
        prover.shows().consistency = None;
        prover.shows().inclusion = None;
        assert_eq!(desk.check(&prover.address).2, states(2, "cosigned"));
        assert_eq!((desk.evidence(2, "proof"), desk.verified()), (proof, Some(0)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_cosigned_of_another_log_or_of_too_few_entries_settles_nothing() {
    let Shown { desk, prover, entries } = shown(2).await;
    let before = desk.receipts();
    let pending = (Some(0), String::new(), states(2, "pending"));
    // Another log that the policy knows, one that it does not, and an earlier state of this one.
    let more: Vec<Bytes> = (0..9_u8).map(|n| Bytes::from(vec![n])).chain(entries.iter().cloned()).collect();
    let (other, twin) = (cosigned(ELSEWHERE, &more), cosigned(ELSEWHERE, &more[9 - 1..more.len() - 1]));
    let strange = cosigned("example.org/strange", &more);
    let known: Policy = policy().parse().unwrap();
    let opened = SignedCheckpoint::open(&other, signer(ELSEWHERE).vkey()).unwrap();
    assert!(known.check(&opened).is_ok(), "nothing but its origin speaks against it");
    for latest in [other, twin, strange, cosigned(ORIGIN, &entries[..5]), b"nothing".to_vec()] {
        prover.shows().latest = latest;
        assert_eq!(desk.check(&prover.address), pending);
    }
    assert_eq!(desk.receipts(), before);
    assert!(!desk.outbox().join("evidence").exists());
    // The one that satisfies is found in the list.
    prover.shows().earlier = vec![cosigned(ORIGIN, &entries)];
    assert_eq!(desk.check(&prover.address).2, states(2, "cosigned"));
}

const ROW: [&str; 8] = ["--indicator", "flow", "--area", "520000", "--period", "1970-01", "--value", "7"];

#[tokio::test(flavor = "multi_thread")]
async fn a_contradiction_fails_the_command_after_the_submission_is_recorded() {
    let server = TestServer::with(&World::planned()).await;
    // The member knows the log by another key: whoever signs these receipts is not that log.
    let other = NoteSigner::new(ORIGIN, keys("another checkpoint")).unwrap();
    let desk = Desk::new(&format!("log {}\nwitness w {}\nquorum w\n", other.vkey(), witness().vkey()));
    let submit = [&["submit", "--key", "me.pem", "--policy", "policy"][..], &ROW].concat();
    let output = desk.hefu(&address(&server), &submit);
    assert_eq!((output.status.code(), code(&output).as_str()), (BROKEN, "RECEIPT_CONTRADICTED"), "{output:?}");
    let said: Value = serde_json::from_slice(&output.stdout).expect("the position was said");
    assert_eq!((&said["receipt"], said["seq"].is_u64()), (&"contradicted".into(), true));
    assert!(Path::new(&desk.outbox()).join(format!("{:020}.ack", 1)).is_file(), "and noted");
    assert_eq!(desk.evidence(1, "receipt.tlog-proof"), desk.receipts()[0].1);
    server.verify_and_stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_waits_for_a_quorum_and_says_who_cosigned() {
    let mut scene = Scene::set().await;
    scene.all_up().await;
    let desk = Desk::new(&std::fs::read_to_string(scene.config.policy.as_ref().unwrap()).unwrap());
    let server = TestServer::over(scene.config.clone()).await;
    let bare = [&["submit", "--key", "me.pem", "--wait-for", "quorum"][..], &ROW].concat();
    let usage = desk.hefu(&address(&server), &bare);
    assert_eq!((usage.status.code(), code(&usage).as_str()), (Some(2), "USAGE"));
    let submit = [&bare[..], &["--policy", "policy"]].concat();
    let output = desk.hefu(&address(&server), &submit);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&said["receipt"], said["witnesses"].as_array().map(Vec::len)), (&"cosigned".into(), Some(3)), "{said}");
    assert_eq!(desk.verified(), Some(0));
    server.verify_and_stop().await;

    // Where there are no witnesses nothing is recorded, and the number is free again.
    let desk = Desk::new(&policy());
    let server = TestServer::with(&World::planned()).await;
    let size = server.server.journal().head().size;
    let output = desk.hefu(&address(&server), &submit);
    assert_eq!((output.status.code(), code(&output).as_str()), (Some(1), "WITNESSES_NONE"), "{output:?}");
    assert_eq!(server.server.journal().head().size, size);
    let mut writer = desk.writer(&server).await;
    assert!(writer.recovered().is_empty());
    writer.wait_for_quorum();
    let many: Vec<_> = (1..4).map(|n| vec![observation("flow", &format!("1980-0{n}"), "7").into()]).collect();
    let error = writer.submit_all(many, |_, _| ControlFlow::Continue(())).await.unwrap_err();
    assert_eq!(error.code(), "WITNESSES_NONE");
    drop(writer);
    let writer = desk.writer(&server).await;
    assert!(writer.recovered().is_empty(), "{:?}", writer.recovered());
    assert_eq!(server.server.journal().head().size, size);
    server.verify_and_stop().await;
}
