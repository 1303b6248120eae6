//! Answers that wait for a quorum of witnesses: what they prove, and what happens when the quorum does not come.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use hefu_proto::v1::proof_service_client::ProofServiceClient;
use hefu_proto::{convert, status, v1};
use hefu_tests::load::correctors;
use hefu_tests::scene::Scene;
use hefu_tests::witness::log_key;
use hefu_tests::world::{World, observation};
use hefu_tests::{TestServer, export};
use hefu_types::policy::QuorumError;
use hefu_types::receipt::{self, ReceiptError, VerifiedReceipt};
use hefu_types::{Policy, Reason, SignedSubmission, TlogProof};
use hefud::Config;
use hefud::config::DRAIN_WAIT;
use tonic::Request;

const QUORUM: i32 = v1::WaitFor::Quorum as i32;

fn asks(signed: &SignedSubmission) -> v1::SubmitRequest {
    let signed = Some(convert::signed_to_wire(signed));
    v1::SubmitRequest { signed, wait_for: QUORUM, ..Default::default() }
}

/// What an outsider finds with a policy, or without.
fn verified(bytes: &[u8], signed: &SignedSubmission, policy: Option<&Policy>) -> Result<VerifiedReceipt, ReceiptError> {
    let proof = TlogProof::from_bytes(bytes).expect("a receipt");
    receipt::verify(&proof, &signed.submission, &log_key(), policy)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_that_waited_verifies_with_the_policy_at_once() {
    let mut scene = Scene::set().await;
    scene.witnesses[0].up().await;
    scene.witnesses[1].up().await;
    let policy = scene.policy();
    let mut server = TestServer::over(scene.config.clone()).await;
    let signed = scene.next("2024-Q1");
    let answer = server.submissions.submit(asks(&signed)).await.expect("recorded").into_inner();
    let seq = answer.position.expect("a position").seq;
    let found = verified(&answer.receipt, &signed, Some(&policy)).expect("cosigned by two of three");
    assert_eq!((found.entry.seq().get(), found.cosignatures.len()), (seq, 2));
    assert!(found.checkpoint.checkpoint().size().get() > seq);

    // The same again, also after a restart without witnesses, at a head that they have not seen: what they cosigned before is
    // not forgotten.
    let again = server.submissions.submit(asks(&signed)).await.expect("recorded").into_inner();
    assert!(again.position.expect("a position").already_recorded);
    verified(&again.receipt, &signed, Some(&policy)).expect("cosigned");
    scene.witnesses[0].down().await;
    scene.witnesses[1].down().await;
    server.submit(&scene.next("2024-Q2")).await.expect("accepted");
    let (config, _) = server.stop().await;
    let mut server = TestServer::over(Config { accept_missing_witnesses: true, ..config }).await;
    let again = server.submissions.submit(asks(&signed)).await.expect("recorded").into_inner();
    verified(&again.receipt, &signed, Some(&policy)).expect("cosigned before");
    server.verify_and_stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_declines_the_receipt_waits_all_the_same() {
    let mut scene = Scene::set().await;
    scene.all_up().await;
    let policy = scene.policy();
    let mut server = TestServer::over(scene.config.clone()).await;
    let request = v1::SubmitRequest { decline_receipt: true, ..asks(&scene.next("2024-Q1")) };
    let answer = server.submissions.submit(request).await.expect("recorded").into_inner();
    assert!(answer.receipt.is_empty());
    let address = format!("http://{}", server.server.address());
    let mut proofs = ProofServiceClient::connect(address).await.expect("a connection");
    let shown = proofs.get_checkpoint(v1::GetCheckpointRequest::default()).await.expect("published").into_inner();
    let shown = hefu_types::SignedCheckpoint::open(&shown.checkpoint.expect("one").note, &log_key()).expect("signed");
    assert!(shown.checkpoint().size().get() > answer.position.expect("a position").seq);
    assert_eq!(policy.check(&shown).map(|by| by.len() >= 2), Ok(true));
    server.verify_and_stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_witness_holds_up_nobody_who_does_not_wait() {
    let mut scene = Scene::set().await;
    scene.all_up().await;
    let mut server = TestServer::over(scene.config.clone()).await;
    scene.witnesses[2].hang().await;
    let (policy, signed) = (scene.policy(), scene.next("2024-Q1"));
    let (mut client, request) = (server.submissions.clone(), asks(&signed));
    let waiting = tokio::spawn(async move { client.submit(request).await });
    let mut tip = server.server.journal().tip();
    let size = scene.world.entries.len() as u64;
    tip.wait_for(|tip| tip.head.size.get() > size).await.expect("a running journal");
    server.submit(&scene.next("2024-Q2")).await.expect("accepted");
    assert!(!waiting.is_finished(), "it waits for the silent one, the plain answer does not");
    let answer = waiting.await.unwrap().expect("recorded").into_inner();
    verified(&answer.receipt, &signed, Some(&policy)).expect("two are enough");
    server.verify_and_stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_quorum_the_submission_is_recorded_and_its_receipt_pending() {
    let mut scene = Scene::set().await;
    scene.witnesses[0].up().await;
    let policy = scene.policy();
    let config = Config { accept_missing_witnesses: true, ..scene.config.clone() };
    let mut server = TestServer::over(config).await;
    let signed = scene.next("2024-Q1");
    // The caller's own deadline is the shorter one, and it is kept.
    let mut request = Request::new(asks(&signed));
    request.set_timeout(Duration::from_secs(4));
    let since = Instant::now();
    let answer = server.submissions.submit(request).await.expect("recorded").into_inner();
    assert!(since.elapsed() >= Duration::from_secs(3), "it waited");
    assert!(!answer.position.expect("a position").already_recorded);
    verified(&answer.receipt, &signed, None).expect("a receipt like any other");
    let pending = verified(&answer.receipt, &signed, Some(&policy)).unwrap_err();
    assert_eq!(pending, ReceiptError::Quorum(QuorumError::Missing));

    // A server that stops does not leave those who wait without an answer.
    let signed = scene.next("2024-Q2");
    let (mut client, request) = (server.submissions.clone(), asks(&signed));
    let waiting = tokio::spawn(async move { client.submit(request).await });
    let mut tip = server.server.journal().tip();
    let size = scene.world.entries.len() as u64 + 2;
    tip.wait_for(|tip| tip.head.size.get() >= size).await.expect("a running journal");
    drop(export::verify_log(server.server.journal()));
    let since = Instant::now();
    server.stop().await;
    assert!(since.elapsed() < DRAIN_WAIT, "nobody was to be cut off");
    let answer = waiting.await.unwrap().expect("recorded").into_inner();
    verified(&answer.receipt, &signed, None).expect("a receipt like any other");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_a_policy_refuses_before_anything_is_written() {
    let mut world = World::planned();
    let signed = world.signer("alpha-reporter").sign(vec![observation("stock", "2024-Q1", "840").into()]);
    let mut server = TestServer::with(&world).await;
    let before = server.server.journal().head().size;
    let refused = |e: tonic::Status| status::from_status(&e).expect("a refusal of ours");
    let refusal = refused(server.submissions.submit(asks(&signed)).await.unwrap_err());
    assert_eq!((refusal.reason, refusal.field.as_str()), (Reason::WitnessesNone, "wait_for"));
    let unknown = v1::SubmitRequest { wait_for: 7, ..asks(&signed) };
    let refusal = refused(server.submissions.submit(unknown).await.unwrap_err());
    assert_eq!((refusal.reason, refusal.field.as_str()), (Reason::UnknownEnum, "wait_for"));

    // In a stream it refuses the key's later ones, too, whatever they wait for.
    let later = world.signer("alpha-reporter").sign(vec![observation("stock", "2024-Q2", "840").into()]);
    let of = |signed: &SignedSubmission, wait_for| v1::SubmitStreamRequest {
        signed: Some(convert::signed_to_wire(signed)),
        wait_for,
        ..Default::default()
    };
    let requests = tokio_stream::iter([of(&signed, QUORUM), of(&later, 0)]);
    let mut answers = server.submissions.submit_stream(requests).await.unwrap().into_inner();
    for expected in [Reason::WitnessesNone, Reason::PredecessorRefused] {
        let outcome = answers.message().await.unwrap().unwrap().outcome.unwrap();
        let v1::submit_stream_response::Outcome::Refusal(refusal) = outcome else { panic!("{outcome:?}") };
        assert_eq!(Reason::from_code(&refusal.reason), Some(expected));
    }
    assert_eq!(server.server.journal().head().size, before);
    server.submit(&signed).await.expect("the number is free");
    server.verify_and_stop().await;
}

/// Submissions of a stream that wait at the same time.
const MANY: usize = 200;

#[tokio::test(flavor = "multi_thread")]
async fn many_that_wait_in_a_stream_are_answered_together() {
    let mut world = World::planned();
    let mut corrector = correctors(&mut world, 1).remove(0);
    let mut scene = Scene::over(world).await;
    scene.all_up().await;
    let policy = scene.policy();
    let mut server = TestServer::over(scene.config.clone()).await;
    let sent: Vec<SignedSubmission> = (0..MANY).map(|_| corrector.submission()).collect();
    let of = |(correlation, signed): (u64, &SignedSubmission)| v1::SubmitStreamRequest {
        correlation,
        signed: Some(convert::signed_to_wire(signed)),
        wait_for: QUORUM,
        ..Default::default()
    };
    let requests: Vec<_> = (0..).zip(&sent).map(of).collect();
    let mut answers = server.submissions.submit_stream(tokio_stream::iter(requests)).await.unwrap().into_inner();
    let mut checkpoints = BTreeSet::new();
    for signed in &sent {
        let answer = answers.message().await.expect("an answer").expect("one for each");
        let found = verified(&answer.receipt, signed, Some(&policy)).expect("cosigned");
        checkpoints.insert(found.checkpoint.checkpoint().size().get());
    }
    assert!(checkpoints.len() < 5, "{checkpoints:?}");
    server.verify_and_stop().await;
}
