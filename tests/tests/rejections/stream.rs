//! A refusal within a stream.

use hefu_proto::v1::submit_stream_response::Outcome;
use hefu_proto::{convert, v1};
use hefu_tests::world::{Signer, World, observation};
use hefu_tests::TestServer;
use hefu_types::{Reason, SignedSubmission};
use tokio_stream::StreamExt as _;

/// The n-th observation of a signer, signed in the belief that all before it were recorded.
fn next(signer: &mut Signer, indicator: &str, n: u64) -> SignedSubmission {
    signer.sign(vec![observation(indicator, &format!("{}", 2000 + n), &format!("{n}")).into()])
}

/// The third of alpha's submissions names an indicator that does not exist; beta's are all good, and lie between.
fn submissions(world: &mut World) -> Vec<SignedSubmission> {
    let (mut alpha, mut beta) = (world.signer("alpha-reporter").clone(), world.signer("beta-reporter").clone());
    (0..6)
        .flat_map(|n| [next(&mut alpha, if n == 2 { "none" } else { "flow" }, n), next(&mut beta, "stock", n)])
        .collect()
}

async fn answers(server: &mut TestServer, sent: &[SignedSubmission]) -> Vec<v1::SubmitStreamResponse> {
    let requests: Vec<_> = (100..)
        .zip(sent)
        .map(|(correlation, signed)| {
            v1::SubmitStreamRequest { correlation, signed: Some(convert::signed_to_wire(signed)) }
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

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_in_a_stream_refuses_that_keys_later_ones() {
    let mut world = World::planned();
    let mut server = TestServer::with(&world).await;
    let sent = submissions(&mut world);
    let answers = answers(&mut server, &sent).await;

    let correlations: Vec<u64> = answers.iter().map(|answer| answer.correlation).collect();
    assert_eq!(correlations, (100..112).collect::<Vec<_>>());
    let refused = |reason: Reason| Err(reason.code().to_owned());
    let alpha: Vec<_> = answers.iter().step_by(2).map(outcome).collect();
    let beta: Vec<_> = answers.iter().skip(1).step_by(2).map(outcome).collect();
    assert!(alpha[..2].iter().chain(&beta).all(Result::is_ok), "{alpha:?} {beta:?}");
    assert_eq!(alpha[2], refused(Reason::IndicatorUnknown));
    assert_eq!(alpha[3..], [const { () }; 3].map(|()| refused(Reason::PredecessorRefused)));
    let seqs: Vec<u64> = answers.iter().filter_map(|answer| outcome(answer).ok()).collect();
    let first = world.entries.len() as u64;
    assert_eq!(seqs, (first..first + 8).collect::<Vec<_>>());

    // Mended, renumbered and signed again, it is accepted: the refusals consumed nothing. So is a resend of what stands.
    let signer = world.signer("alpha-reporter");
    signer.moved_on(&sent[0]);
    signer.moved_on(&sent[2]);
    let mended = next(signer, "flow", 2);
    assert_eq!(server.submit(&mended).await.expect("accepted").seq, first + 8);
    assert!(server.submit(&sent[1]).await.expect("recorded").already_recorded);
    server.verify_and_stop().await;
}
