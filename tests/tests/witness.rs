//! Witnesses: what they cosign is shown, what they hold against the log is heeded, and none of them holds it up.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hefu_journal::{Clock, Journal, Options, Published, RocksStore};
use hefu_proto::v1;
use hefu_proto::v1::proof_service_client::ProofServiceClient;
use hefu_proto::{convert, status};
use hefu_rules::admit;
use hefu_tests::scene::{Scene, until};
use hefu_tests::server::{config, keeper};
use hefu_tests::world::World;
use hefu_tests::{TestServer, export};
use hefu_types::{Millis, Reason, SignedSubmission, Size};
use hefud::witnesses::{Evidence, Trouble};
use hefud::{Config, Server};

#[tokio::test(flavor = "multi_thread")]
async fn a_published_checkpoint_carries_what_every_witness_cosigned() {
    let mut scene = Scene::set().await;
    scene.all_up().await;
    let size = scene.world.entries.len() as u64;
    let mut server = TestServer::over(scene.config.clone()).await;
    scene.cosigned(&server, size, &[0, 1, 2]).await;
    server.submit(&scene.next("2024-Q1")).await.expect("accepted");
    scene.cosigned(&server, size + 1, &[0, 1, 2]).await;
    // A restart keeps what it got, and the witnesses go on from there.
    let (config, _) = server.stop().await;
    let mut server = TestServer::over(config).await;
    server.submit(&scene.next("2024-Q2")).await.expect("accepted");
    scene.cosigned(&server, size + 2, &[0, 1, 2]).await;
    server.verify_and_stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_witness_that_is_down_or_silent_holds_nothing_up() {
    let mut scene = Scene::set().await;
    scene.all_up().await;
    let size = scene.world.entries.len() as u64;
    let mut server = TestServer::over(scene.config.clone()).await;
    scene.cosigned(&server, size, &[0, 1, 2]).await;

    scene.witnesses[2].down().await;
    server.submit(&scene.next("2024-Q1")).await.expect("accepted");
    scene.cosigned(&server, size + 1, &[0, 1]).await;
    let standings = server.server.witnesses();
    assert_eq!((standings[0].1.size.get(), &standings[0].1.trouble), (size + 1, &None));
    assert_eq!(standings[2].1.size.get(), size);
    assert!(matches!(standings[2].1.trouble, Some(Trouble::Silent(_))), "{standings:?}");
    let told = hefud::operator::list_witnesses(&scene.config.data).await.expect("the operator's socket");
    assert_eq!((told.size, told.gate_closed, told.witnesses[2].size), (size + 1, false, size));
    assert!(told.witnesses[0].trouble.is_empty() && !told.witnesses[2].trouble.is_empty(), "{told:?}");

    scene.witnesses[2].hang().await;
    server.submit(&scene.next("2024-Q2")).await.expect("accepted");
    scene.cosigned(&server, size + 2, &[0, 1]).await;

    // Back again it gets what it missed, without a new entry.
    scene.witnesses[2].up().await;
    scene.cosigned(&server, size + 2, &[0, 1, 2]).await;
    assert_eq!(server.server.witnesses()[2].1.trouble, None);
    server.verify_and_stop().await;
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            copy(&entry.path(), &to.join(entry.file_name()));
        } else if kind.is_file() {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_was_rolled_back_is_not_served() {
    let mut scene = Scene::set().await;
    scene.all_up().await;
    let size = scene.world.entries.len() as u64;
    let backup = scene.dir.path().join("backup");
    copy(&scene.config.data, &backup);
    let mut server = TestServer::over(scene.config.clone()).await;
    server.submit(&scene.next("2024-Q1")).await.expect("accepted");
    scene.cosigned(&server, size + 1, &[0, 1, 2]).await;
    server.verify_and_stop().await;

    // The whole folder as it was before, head file and all; one witness is enough to tell, whatever the operator accepts.
    let restored = Config { data: backup, accept_missing_witnesses: true, ..scene.config.clone() };
    scene.witnesses[0].down().await;
    scene.witnesses[1].down().await;
    let error = Server::start(&restored).await.err().expect("refused");
    let evidence = error.downcast_ref::<Evidence>().expect("evidence");
    let expected = Evidence::Ahead { witness: "c".into(), theirs: Size::new(size + 1), ours: Size::new(size) };
    assert_eq!(evidence, &expected);

    // Without any witness it is not noticed, but nothing can be written either; when one comes back, that is said.
    scene.witnesses[2].down().await;
    let restored = Config { accept_missing_witnesses: false, ..restored };
    let mut server = TestServer::over(restored).await;
    let other = scene.next("2024-Q2");
    assert_eq!(server.submit(&other).await.expect_err("refused").reason, Reason::WitnessesUnreachable);
    scene.all_up().await;
    let (client, other) = (server.submissions.clone(), convert::signed_to_wire(&other));
    until("evidence", || {
        let (mut client, signed) = (client.clone(), Some(other.clone()));
        async move {
            let answer = client.submit(v1::SubmitRequest { signed, ..Default::default() }).await;
            let refusal = status::from_status(&answer.expect_err("never accepted")).unwrap();
            (refusal.reason == Reason::StorageDamaged).then_some(())
        }
    })
    .await;
    server.verify_and_stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_wait_for_a_quorum_of_witnesses() {
    let mut scene = Scene::set().await;
    let mut server = TestServer::over(scene.config.clone()).await;
    let signed = scene.next("2024-Q1");
    let refusal = server.submit(&signed).await.expect_err("refused");
    assert_eq!(refusal.reason, Reason::WitnessesUnreachable);
    assert_eq!(streamed(&server, &signed).await.expect_err("refused"), Reason::WitnessesUnreachable);
    // Reads go on, and one witness of two is not enough.
    scene.witnesses[0].up().await;
    let size = scene.world.entries.len() as u64;
    scene.cosigned(&server, size, &[0]).await;
    assert_eq!(server.submit(&signed).await.expect_err("refused").reason, Reason::WitnessesUnreachable);

    scene.witnesses[1].up().await;
    let (client, wire) = (server.submissions.clone(), convert::signed_to_wire(&signed));
    until("an open gate", || {
        let (mut client, signed) = (client.clone(), Some(wire.clone()));
        async move { client.submit(v1::SubmitRequest { signed, ..Default::default() }).await.ok() }
    })
    .await;
    assert!(streamed(&server, &signed).await.expect("recorded").already_recorded);
    // Once open it stays open.
    scene.witnesses[0].down().await;
    scene.witnesses[1].down().await;
    server.submit(&scene.next("2024-Q2")).await.expect("accepted");
    let (config, _) = server.stop().await;

    // The operator's word is enough.
    let mut server = TestServer::over(Config { accept_missing_witnesses: true, ..config }).await;
    server.submit(&scene.next("2024-Q3")).await.expect("accepted");
    server.verify_and_stop().await;
}

async fn streamed(server: &TestServer, signed: &SignedSubmission) -> Result<v1::Position, Reason> {
    use v1::submit_stream_response::Outcome;
    let request = v1::SubmitStreamRequest { signed: Some(convert::signed_to_wire(signed)), ..Default::default() };
    let mut client = server.submissions.clone();
    let mut answers = client.submit_stream(tokio_stream::once(request)).await.unwrap().into_inner();
    match answers.message().await.unwrap().unwrap().outcome.unwrap() {
        Outcome::Position(position) => Ok(position),
        Outcome::Refusal(refusal) => Err(Reason::from_code(&refusal.reason).unwrap()),
    }
}

/// A clock that stands some days back.
#[derive(Debug)]
struct Back(i64, std::time::Instant);

impl Clock for Back {
    fn wall(&self) -> Millis {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
        Millis::new(i64::try_from(now).unwrap() - self.0 * 24 * 3_600_000)
    }

    fn monotonic(&self) -> Duration {
        self.1.elapsed()
    }
}

/// Records a world with its last entries on other days, and publishes a checkpoint for each entry; every third is cosigned.
fn published_over_days(config: &Config, world: &World) {
    std::fs::create_dir_all(&config.data).unwrap();
    let store = RocksStore::create(&config.journal()).unwrap();
    hefu_client::keyfile::create(&config.checkpoint_key(), &hefu_tests::world::keys("checkpoint"), None).unwrap();
    let w = hefu_types::NoteSigner::cosigner("w", hefu_tests::world::keys("w")).unwrap();
    let days = [9, 5, 2, 0];
    for (day, part) in days.iter().zip(world.entries.chunks(world.entries.len().div_ceil(days.len()))) {
        let options = Options { clock: Box::new(Back(*day, std::time::Instant::now())), ..Options::default() };
        let journal = Journal::open(Arc::new(store.clone()), keeper(config), options).unwrap();
        for entry in part {
            let recorded = journal.submit(admit(entry.signed()).unwrap()).unwrap().wait().unwrap();
            let seal = journal.seal().unwrap();
            let line = w.cosign(seal.checkpoint.body(), 1).unwrap();
            let cosigned = seal.checkpoint.with_cosignature(&line, w.vkey()).unwrap();
            let checkpoint = if recorded.seq.get().is_multiple_of(3) { &cosigned } else { &seal.checkpoint };
            let published = Published { size: seal.size(), note: checkpoint.to_bytes().into() };
            store.checkpoints().put(&published).unwrap();
        }
        journal.close();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn old_checkpoints_that_nobody_cosigned_are_thinned_to_the_last_of_each_day() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path().join("data"));
    let world = World::planned();
    let (seeding, seeded) = (config.clone(), world.clone());
    tokio::task::spawn_blocking(move || published_over_days(&seeding, &seeded)).await.unwrap();
    let entries = world.entries.len() as u64;
    let part = entries.div_ceil(4);
    let stays = |size: u64| (size - 1).is_multiple_of(3) || size.is_multiple_of(part) || size > 3 * part;
    let expected: Vec<u64> = (1..=entries).rev().filter(|&size| stays(size)).collect();
    assert!(expected.len() < world.entries.len(), "something is thinned");

    let server = TestServer::over(config).await;
    let client = ProofServiceClient::connect(format!("http://{}", server.server.address())).await.unwrap();
    until("thinned checkpoints", || {
        let (mut client, expected) = (client.clone(), &expected);
        async move {
            let answer = client.list_checkpoints(v1::ListCheckpointsRequest::default()).await.unwrap().into_inner();
            let sizes: Vec<u64> = answer.checkpoints.iter().map(|c| c.size).collect();
            (sizes == *expected).then_some(())
        }
    })
    .await;
    drop(export::entries_of(server.server.journal()));
    server.verify_and_stop().await;
}
