//! A refusal within a stream.

use hefu_proto::v1::submit_stream_response::Outcome;
use hefu_proto::{convert, v1};
use hefu_tests::world::{Signer, World, observation};
use hefu_tests::{TestServer, forge};
use hefu_types::{Reason, SignedSubmission};
use tokio_stream::StreamExt as _;

/// Makes the submission that is refused.
type Spoil = fn(&mut Signer) -> SignedSubmission;

/// The n-th observation of a signer, signed in the belief that all before it were recorded.
fn next(signer: &mut Signer, indicator: &str, n: u64) -> SignedSubmission {
    signer.sign(vec![observation(indicator, &format!("{}", 2000 + n), &format!("{n}")).into()])
}

/// Six submissions of alpha's, of which the third is spoilt; six good ones of beta's lie between.
fn submissions(world: &mut World, spoil: Spoil) -> Vec<SignedSubmission> {
    let (mut alpha, mut beta) = (world.signer("alpha-reporter").clone(), world.signer("beta-reporter").clone());
    let mut alphas = |n| if n == 2 { spoil(&mut alpha) } else { next(&mut alpha, "flow", n) };
    (0..6).flat_map(|n| [alphas(n), next(&mut beta, "stock", n)]).collect()
}

async fn answers(server: &mut TestServer, sent: &[SignedSubmission]) -> Vec<v1::SubmitStreamResponse> {
    let requests: Vec<_> = (100..)
        .zip(sent)
        .map(|(correlation, signed)| v1::SubmitStreamRequest {
            correlation,
            signed: Some(convert::signed_to_wire(signed)),
            ..Default::default()
        })
        .collect();
    let answers = server.submissions.submit_stream(tokio_stream::iter(requests)).await.expect("a stream").into_inner();
    answers.map(|answer| answer.expect("an answer")).collect().await
}

/// The position, or the code of the refusal.
fn outcome(answer: &v1::SubmitStreamResponse) -> Result<u64, String> {
    match answer.outcome.as_ref().expect("an outcome") {
        Outcome::Position(position) => Ok(position.seq),
        Outcome::Refusal(refusal) => {
            assert!(!refusal.remedy.is_empty() && !refusal.message.is_empty());
            Err(refusal.reason.clone())
        }
    }
}

async fn check(spoil: Spoil, reason: Reason) {
    let mut world = World::planned();
    let mut server = TestServer::with(&world).await;
    let sent = submissions(&mut world, spoil);
    let answers = answers(&mut server, &sent).await;

    let correlations: Vec<u64> = answers.iter().map(|answer| answer.correlation).collect();
    assert_eq!(correlations, (100..112).collect::<Vec<_>>());
    let alpha: Vec<_> = answers.iter().step_by(2).map(outcome).collect();
    let beta: Vec<_> = answers.iter().skip(1).step_by(2).map(outcome).collect();
    assert!(alpha[..2].iter().chain(&beta).all(Result::is_ok), "{alpha:?} {beta:?}");
    assert_eq!(alpha[2], Err(reason.code().to_owned()));
    let after = Err(Reason::PredecessorRefused.code().to_owned());
    assert!(alpha[3..].iter().all(|outcome| *outcome == after), "{alpha:?}");
    let seqs: Vec<u64> = answers.iter().filter_map(|answer| outcome(answer).ok()).collect();
    let first = world.entries.len() as u64;
    assert_eq!(seqs, (first..first + 8).collect::<Vec<_>>());

    // Mended, renumbered and signed again, it is accepted: the refusals consumed nothing. What stands can be sent again.
    let signer = world.signer("alpha-reporter");
    signer.moved_on(&sent[0]);
    signer.moved_on(&sent[2]);
    let mended = next(signer, "flow", 2);
    assert_eq!(server.submit(&mended).await.expect("accepted").seq, first + 8);
    assert!(server.submit(&sent[1]).await.expect("recorded").already_recorded);
    server.verify_and_stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_in_a_stream_refuses_that_keys_later_ones() {
    check(|signer| next(signer, "none", 2), Reason::IndicatorUnknown).await;
}

/// The sequencer never sees this one; the key's later ones wait for it all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_bad_signature_in_a_stream_refuses_that_keys_later_ones() {
    let spoil = |signer: &mut Signer| {
        let good = next(signer, "flow", 2);
        SignedSubmission { signature: forge::malleated(&good.signature), ..good }
    };
    check(spoil, Reason::SignatureNotCanonical).await;
}
