//! One checkpoint key replaces another: both sign for a while, then the old one never again; whoever trusts the old key follows
//! it to the new one, witnesses go on, and old receipts hold.

use std::path::Path;
use std::process::Output;
use std::time::Duration;

use hefu_client::{Outbox, Retry, Server, Writer, receipts};
use hefu_proto::v1;
use hefu_proto::v1::proof_service_client::ProofServiceClient;
use hefu_tests::child::program;
use hefu_tests::server::{config, seed};
use hefu_tests::witness::{TestWitness, log_key, log_key_of};
use hefu_tests::world::{World, keys, observation, text};
use hefu_tests::{TestServer, export};
use hefu_types::event::platform::CheckpointKeyReplaced;
use hefu_types::note::{Note, NoteSigner};
use hefu_types::{Checkpoint, KeySeq, Reason, SignedCheckpoint, Size, VerifierKey, receipt, tlog_proof};
use hefud::{Config, operator};
use serde_json::Value;
use tempfile::TempDir;

/// Entries for which both keys sign.
const OVERLAP: u64 = 3;

/// The key that the server has ready.
const NEW: &str = "checkpoint-2";

fn hefu(args: &[&str]) -> Output {
    let mut command = std::process::Command::new(program("hefu"));
    command.args(["--output", "json", "--patience", "10"]).args(args).output().expect("a program")
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
}

struct Scene {
    dir: TempDir,
    config: Config,
    world: World,
    server: TestServer,
    witness: TestWitness,
    months: usize,
}

/// A log with a witness that knows both keys, and a policy that asks for it.
async fn scene() -> Scene {
    let dir = tempfile::tempdir().unwrap();
    let mut witness = TestWitness::new("w.example.org");
    witness.up_for(&[log_key(), log_key_of(NEW)]).await;
    let policy = dir.path().join("policy");
    let logs = format!("log {}\nlog {}\n", log_key(), log_key_of(NEW));
    std::fs::write(&policy, format!("{logs}witness w {} {}\nquorum w\n", witness.vkey, witness.url())).unwrap();
    let config = Config { policy: Some(policy), ..config(dir.path().join("data")) };
    let world = World::planned();
    let (seeding, seeded) = (config.clone(), world.clone());
    tokio::task::spawn_blocking(move || seed(&seeding, &seeded)).await.unwrap();
    let server = TestServer::over(config.clone()).await;
    Scene { dir, config, world, server, witness, months: 0 }
}

impl Scene {
    fn size(&self) -> Size {
        Size::new(self.world.entries.len() as u64)
    }

    /// Records an observation, and gives its receipt's file.
    async fn report(&mut self) -> Vec<u8> {
        let period = format!("{}-{:02}", 2022 + self.months / 12, self.months % 12 + 1);
        self.months += 1;
        let signed = self.world.say("alpha-reporter", vec![observation("flow", &period, "1").into()]);
        let request =
            v1::SubmitRequest { signed: Some(hefu_proto::convert::signed_to_wire(&signed)), ..Default::default() };
        let answer = self.server.submissions.submit(request).await.expect("accepted").into_inner();
        let receipt = tlog_proof::TlogProof::from_bytes(&answer.receipt).expect("a receipt");
        let signers = [log_key(), log_key_of(NEW)];
        let by = signers.iter().find(|key| receipt.checkpoint().verify(key).is_ok()).expect("signed by the log");
        receipt::verify(&receipt, &signed.submission, by, None).expect("it holds");
        answer.receipt.to_vec()
    }

    async fn prepare(&self, valid_to: Size) -> CheckpointKeyReplaced {
        let (ledger, event) = operator::prepare_checkpoint_key(&self.config.data, valid_to).await.expect("prepared");
        assert_eq!((ledger, event.replacement.as_str()), (self.world.ledger(), &*log_key_of(NEW).to_string()));
        event
    }

    /// The office announces that the new key signs from now on, and the old one for some entries more.
    async fn replace(&mut self) -> Size {
        let valid_to = Size::new(self.size().get() + OVERLAP);
        let event = self.prepare(valid_to).await;
        let signed = self.world.say("office-1", vec![event.into()]);
        self.server.submit(&signed).await.expect("recorded");
        valid_to
    }

    /// The published checkpoint of all entries, once the witness has cosigned it.
    async fn cosigned(&self) -> Note {
        let address = format!("http://{}", self.server.server.address());
        let mut client = ProofServiceClient::connect(address).await.unwrap();
        let size = self.size();
        let waiting = async {
            loop {
                let request = v1::GetCheckpointRequest { size_min: size.get() };
                let answer = client.get_checkpoint(request).await.unwrap().into_inner();
                let note = Note::from_bytes(&answer.checkpoint.unwrap().note).unwrap();
                if note.signatures_by(&self.witness.vkey).next().is_some() {
                    return note;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), waiting).await.expect("a cosigned checkpoint")
    }

    async fn signers(&self) -> Vec<&'static str> {
        let note = self.cosigned().await;
        ["checkpoint", NEW].into_iter().filter(|name| note.verify(&log_key_of(name)).is_ok()).collect()
    }

    /// What `hefu verify` says of the files that the server shows, to whoever trusts a key.
    async fn verify(&self, key: &VerifierKey) -> Output {
        let url = format!("http://{}", self.server.server.http_address());
        let (key, policy) = (key.to_string(), self.config.policy.clone().unwrap());
        let run = move || hefu(&["verify", &url, "--key", &key, "--policy", policy.to_str().unwrap()]);
        tokio::task::spawn_blocking(run).await.unwrap()
    }

    async fn holds(&self, key: &str, signed_by: &[&str]) {
        let output = self.verify(&log_key_of(key)).await;
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let expected: Vec<String> = signed_by.iter().map(|name| log_key_of(name).to_string()).collect();
        let mut found: Vec<String> = serde_json::from_value(json(&output)["signed_by"].clone()).unwrap();
        found.sort_unstable_by_key(|key| expected.iter().position(|known| known == key));
        assert_eq!(found, expected);
    }
}

impl Scene {
    /// A member that was not told of the new key is warned: it can't know who signs there. Told, it finds that all is well.
    async fn a_policy_needs_the_new_key(&self) {
        let server = Server::new(&format!("http://{}", self.server.server.address()), Retry::default()).unwrap();
        let path = self.dir.path().join("outbox");
        let mut writer = Writer::open(server.clone(), keys("beta-reporter"), &path).await.unwrap();
        writer.submit(vec![observation("stock", "2024-Q1", "840").into()]).await.unwrap();
        drop(writer);
        let both = std::fs::read_to_string(self.config.policy.as_ref().unwrap()).unwrap();
        let old = both.replace(&format!("log {}\n", log_key_of(NEW)), "");
        assert_ne!(both, old);
        let state = async |policy: &str| {
            let outbox = Outbox::reopen(&path).unwrap();
            let policy = policy.parse().unwrap();
            let report = receipts::check(&outbox, KeySeq::NONE, &policy, &server, None).await.unwrap();
            report.receipts.into_iter().next().expect("a receipt").state
        };
        let unknown = state(&old).await;
        let why = receipts::Contradiction::NotSigned;
        assert!(matches!(unknown, receipts::State::Contradicted { why: found, .. } if found == why), "{unknown:?}");
        assert!(matches!(state(&both).await, receipts::State::Pending | receipts::State::Cosigned(_)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_keys_sign_for_the_overlap_and_the_old_one_never_again() {
    let mut scene = scene().await;
    let old_receipt = scene.report().await;
    let old = scene.cosigned().await;
    assert_eq!(scene.signers().await, ["checkpoint"]);
    let copy = scene.dir.path().join("copy");
    let server = format!("http://{}", scene.server.server.address());
    let export = async |copy: &Path| {
        let (server, copy) = (server.clone(), copy.to_str().unwrap().to_owned());
        let run = move || hefu(&["--server", &server, "log", "export", &copy]);
        let output = tokio::task::spawn_blocking(run).await.unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    };
    export(&copy).await;

    let valid_to = scene.replace().await;
    assert_eq!(scene.signers().await, ["checkpoint", NEW]);
    scene.holds("checkpoint", &["checkpoint", NEW]).await;
    scene.holds(NEW, &["checkpoint", NEW]).await;
    while scene.size() < valid_to {
        scene.report().await;
    }
    assert_eq!(scene.signers().await, ["checkpoint", NEW], "at the last size of the overlap");
    scene.report().await;
    assert_eq!(scene.signers().await, [NEW], "and beyond it");
    scene.holds("checkpoint", &[NEW]).await;
    scene.holds(NEW, &[NEW]).await;

    // A copy that was made before goes on across the replacement, and passes through what was kept from before.
    export(&copy).await;
    let (through, receipt) = (scene.dir.path().join("old"), scene.dir.path().join("old.tlog-proof"));
    std::fs::write(&through, old.to_bytes()).unwrap();
    let (key, new_key) = (log_key().to_string(), log_key_of(NEW).to_string());
    let copied = copy.to_str().unwrap();
    let passes = |key: &str| hefu(&["verify", copied, "--key", key, "--through", through.to_str().unwrap()]);
    for key in [&key, &new_key] {
        let output = passes(key);
        assert_eq!(output.status.code(), Some(0), "{key}: {output:?}");
    }
    // A stranger's signature, and another tree that the old key signed, are not what it passes through.
    let root = Checkpoint::parse_body(old.text()).unwrap();
    let other = Checkpoint::new(root.origin(), root.size(), hefu_types::RootHash::from_bytes([7; 32])).unwrap();
    for (of, signer, code) in [(&root, "stranger", "CHECKPOINT_INVALID"), (&other, "checkpoint", "VERIFICATION_FAILED")]
    {
        let signer = NoteSigner::new(root.origin(), keys(signer)).unwrap();
        std::fs::write(&through, SignedCheckpoint::sign(of, &signer).unwrap().to_bytes()).unwrap();
        let output = passes(&new_key);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), said.contains(code)), (Some(4), true), "{output:?}");
    }

    // An old receipt still holds under the key that signed it.
    std::fs::write(&receipt, old_receipt).unwrap();
    let entry = scene.world.entries.iter().rev().find(|e| e.seq().size() == size_of(&old)).unwrap().signed();
    let submission = [&entry.signature.as_bytes()[..], &entry.submission].concat();
    std::fs::write(receipt.with_extension("sub"), submission).unwrap();
    let receipt = receipt.to_str().unwrap();
    let output = hefu(&["receipt", "verify", receipt, "--log-key", &new_key, "--log-key", &key]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");

    // What the old key signs now is no checkpoint of this log, and neither is what a key signs that nobody announced.
    let root = Checkpoint::parse_body(scene.cosigned().await.text()).unwrap();
    for (signer, trusted) in [("checkpoint", "checkpoint"), ("stranger", "stranger")] {
        let signer = NoteSigner::new(root.origin(), keys(signer)).unwrap();
        let forged = scene.dir.path().join("forged");
        std::fs::write(&forged, SignedCheckpoint::sign(&root, &signer).unwrap().to_bytes()).unwrap();
        let key = log_key_of(trusted).to_string();
        let output = hefu(&["verify", copied, "--key", &key, "--checkpoint", forged.to_str().unwrap()]);
        assert_eq!(
            (output.status.code(), &json(&output)["failure_kind"]),
            (Some(4), &Value::from("key")),
            "{output:?}"
        );
    }
    scene.a_policy_needs_the_new_key().await;
    scene.server.verify_and_stop().await;
}

fn size_of(note: &Note) -> Size {
    Checkpoint::parse_body(note.text()).unwrap().size()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_needs_the_keys_that_sign_and_no_others() {
    let mut scene = scene().await;
    let valid_to = scene.replace().await;
    let Scene { server, config, dir, world, mut witness, .. } = scene;
    server.stop().await;
    let (first, second) = (config.data.join("checkpoint.pem"), config.data.join("checkpoint-2.pem"));
    let aside = config.data.join("aside");
    for key in [&first, &second] {
        std::fs::rename(key, &aside).unwrap();
        let refused = format!("{:#}", hefud::Server::start(&config).await.err().expect("refused"));
        assert!(refused.contains("signs the checkpoints of this log, and is not here"), "{refused}");
        std::fs::rename(&aside, key).unwrap();
    }
    let server = TestServer::over(config.clone()).await;
    let mut scene = Scene { dir, config, world, server, witness, months: 0 };
    while scene.size() <= valid_to {
        scene.report().await;
    }
    Scene { witness, .. } = scene;
    scene.server.stop().await;
    std::fs::remove_file(first).unwrap();
    // The witness need not know the old key any more, either.
    witness.up_for(&[log_key_of(NEW)]).await;
    let server = TestServer::over(scene.config.clone()).await;
    let mut scene = Scene { dir: scene.dir, config: scene.config, world: scene.world, server, witness, months: 30 };
    scene.report().await;
    assert_eq!(scene.signers().await, [NEW]);
    let report = tokio::task::spawn_blocking({
        let journal = std::sync::Arc::clone(scene.server.server.journal());
        move || export::verify_log(&journal)
    });
    assert_eq!(report.await.unwrap().entries, scene.size().get());
    scene.server.verify_and_stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_key_that_the_server_holds_is_announced_and_one_at_a_time() {
    let mut scene = scene().await;
    let small = operator::prepare_checkpoint_key(&scene.config.data, scene.size()).await.unwrap_err();
    assert!(small.to_string().contains("OVERLAP_INVALID"), "{small:#}");
    let far = Size::new(1_000);
    // Asked again, the same key is taken.
    assert_eq!(scene.prepare(far).await, scene.prepare(far).await);
    // The request as the command line prints it is what the office records.
    let args = ["checkpoint-key", "prepare", "--valid-to", "1000", "--data"];
    let mut command = std::process::Command::new(program("hefud"));
    let output = command.args(args).arg(&scene.config.data).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let (request, key) = (scene.dir.path().join("request.json"), scene.dir.path().join("office.pem"));
    std::fs::write(&request, &output.stdout).unwrap();
    hefu_client::keyfile::create(&key, &keys("office-2"), None).unwrap();
    let server = format!("http://{}", scene.server.server.address());
    let (request, key) = (request.to_str().unwrap().to_owned(), key.to_str().unwrap().to_owned());
    let record =
        move || hefu(&["--server", &server, "checkpoint-key", "replace", "--request", &request, "--key", &key]);
    let output = tokio::task::spawn_blocking(record).await.unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");

    let again = operator::prepare_checkpoint_key(&scene.config.data, far).await.unwrap_err();
    assert!(again.to_string().contains("CHECKPOINT_KEY_WRONG"), "{again:#}");
    let elsewhere = hefu_tests::world::signed_replacement(scene.world.ledger(), NEW, "elsewhere", far);
    let signed = scene.world.signer("office-1").peek(vec![elsewhere.into()]);
    assert_eq!(scene.server.submit(&signed).await.unwrap_err().reason, Reason::CheckpointKeyNotHeld);
    let unreadable = CheckpointKeyReplaced { replacement: text("x"), ..scene_event(&scene.world, far) };
    let signed = scene.world.signer("office-1").peek(vec![unreadable.into()]);
    assert_eq!(scene.server.submit(&signed).await.unwrap_err().reason, Reason::VerifierKeyInvalid);
    scene.server.verify_and_stop().await;
}

fn scene_event(world: &World, valid_to: Size) -> CheckpointKeyReplaced {
    hefu_tests::world::signed_replacement(world.ledger(), "checkpoint", NEW, valid_to)
}
