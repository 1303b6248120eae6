//! A stream's submissions reach the sequencer in the order sent, and no more of them are under way than its share, however
//! long the disk takes.

use std::ops::Range;
use std::sync::Arc;

use hefu_journal::{Durability, Journal, Lane, Offer, Options, Rejected, Reply, RocksStore};
use hefu_rules::admit;
use hefu_tests::export::verify_log;
use hefu_tests::gated::{gated, positions, stream};
use hefu_tests::load::{Corrector, correctors};
use hefu_tests::server::{config, keeper, seed};
use hefu_tests::world::{World, observation, text};
use hefu_tests::{Signer, TestServer};
use hefu_types::{Event, EventRef, PublicKey, Reason, Refusal, SignedSubmission};
use hefud::admission::{Came, Turns};
use hefud::config::{STREAM_BYTES_MAX, STREAM_IN_FLIGHT_MAX};

fn next(corrector: &mut Corrector, count: usize) -> Vec<SignedSubmission> {
    (0..count).map(|_| corrector.submission()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_that_are_checked_too_early_wait_for_their_turn() {
    const RUNS: usize = 40;
    let mut world = World::planned();
    let mut corrector = correctors(&mut world, 1).remove(0);
    let mut rig = gated(&world).await;
    rig.open_gate();
    let turns = Arc::new(Turns::default());
    let came = |signed| Ok(Came { signed, brought: None });
    let runs: Vec<_> = (0..RUNS).map(|_| next(&mut corrector, 3).into_iter().map(came).collect()).collect();
    let mut tickets = vec![];
    // The last one first: nothing can be recorded before the first one comes.
    for (number, run) in (0..).zip(runs).collect::<Vec<_>>().into_iter().rev() {
        tickets.push(rig.admission.submit_run(run, (Arc::clone(&turns), number)).await.unwrap());
    }
    let mut seqs = vec![];
    for tickets in tickets.into_iter().rev() {
        seqs.extend(tickets.outcomes().await.into_iter().map(|outcome| outcome.unwrap().0.seq.get()));
    }
    let first = world.entries.len() as u64;
    assert_eq!(seqs, (first..).take(3 * RUNS).collect::<Vec<_>>());
    rig.verify_and_stop().await;
}

/// A reporter that corrects its cell many times in one submission, which takes as many times longer to check.
struct Heavy {
    signer: Signer,
    stands: Option<EventRef>,
    count: u64,
}

impl Heavy {
    fn of(world: &mut World) -> Self {
        Self { signer: world.signer("alpha-reporter").clone(), stands: None, count: 0 }
    }

    fn submission(&mut self, events: u32) -> SignedSubmission {
        let events = (0..events).map(|index| self.event(index)).collect();
        let signed = self.signer.sign(events);
        let last = self.stands.as_mut().unwrap();
        last.submission_hash = Some(signed.hash());
        signed
    }

    fn event(&mut self, index: u32) -> Event {
        self.count += 1;
        let mut reported = observation("flow", "1999", &self.count.to_string());
        reported.supersedes = self.stands.replace(EventRef { submission_hash: None, index });
        if reported.supersedes.is_some() {
            reported.reason = text("again");
        }
        reported.into()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_takes_long_to_check_is_not_overtaken_by_what_the_stream_sent_later() {
    let mut world = World::planned();
    let server = TestServer::with(&world).await;
    let mut heavy = Heavy::of(&mut world);
    // Some runs of large ones, and then some of small ones, over and over.
    let sizes = (0..12).flat_map(|_| [300; 8].into_iter().chain([1; 72]));
    let sent: Vec<_> = sizes.map(|size| heavy.submission(size)).collect();
    let answers = stream(&server.submissions, &sent).await.unwrap();
    let first = world.entries.len() as u64;
    assert_eq!(positions(&answers), (first..).take(sent.len()).collect::<Vec<_>>());
    server.verify_and_stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_has_no_more_under_way_than_its_share() {
    let mut world = World::planned();
    let mut correctors = correctors(&mut world, 2);
    let mut rig = gated(&world).await;
    // Far more than its places.
    let many = next(&mut correctors[0], 4 * STREAM_IN_FLIGHT_MAX);
    let many_answers = stream(&rig.client, &many);
    rig.wait_for_sequenced(STREAM_IN_FLIGHT_MAX).await;
    // More than its bytes.
    let mut heavy = Heavy::of(&mut world);
    let large: Vec<_> = (0..120).map(|_| heavy.submission(600)).collect();
    let mut bytes = 0;
    let fit = large.iter().take_while(|signed| {
        bytes += signed.submission.len();
        bytes <= STREAM_BYTES_MAX
    });
    let expected = STREAM_IN_FLIGHT_MAX + fit.count();
    assert!(expected < STREAM_IN_FLIGHT_MAX + large.len());
    let large_answers = stream(&rig.client, &large);
    rig.wait_for_sequenced(expected).await;
    // Another stream is let through all the same, and those two stand where they stood.
    let others = next(&mut correctors[1], STREAM_IN_FLIGHT_MAX);
    let others_answers = stream(&rig.client, &others);
    let expected = expected + STREAM_IN_FLIGHT_MAX;
    rig.wait_for_sequenced(expected).await;
    assert_eq!(rig.sequenced(), expected);
    rig.open_gate();
    for (sent, answers) in [(many, many_answers), (large, large_answers), (others, others_answers)] {
        let positions = positions(&answers.await.unwrap());
        assert_eq!(positions.len(), sent.len());
        assert!(positions.is_sorted(), "{positions:?}");
    }
    rig.verify_and_stop().await;
}

#[test]
fn a_stream_is_at_its_end_when_too_many_keys_were_refused_in_it() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path().join("data"));
    let mut world = World::planned();
    let mut corrector = correctors(&mut world, 1).remove(0);
    seed(&config, &world);
    let store = RocksStore::open(&config.journal(), Durability::Synced).unwrap();
    let journal = Journal::open(Arc::new(store), keeper(&config), Options::default()).unwrap();
    let refused = |key: usize| {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&key.to_be_bytes());
        let refusal = Refusal::new(Reason::SignatureInvalid, "signature", "");
        Err(Rejected { key: Some(PublicKey::from_bytes(bytes)), refusal })
    };
    let mut offer = |lane: &Arc<Lane>, keys: Range<usize>| {
        let signed = corrector.clone().submission();
        let items: Vec<_> = keys.map(refused).chain([Ok(admit(signed).unwrap())]).collect();
        let (reply, tickets) = Reply::to(items.len());
        journal.submit_all(vec![Offer { items, lane: Some(Arc::clone(lane)), reply }]);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let outcome = runtime.block_on(tickets.outcomes()).pop().unwrap();
        if outcome.is_ok() {
            let _recorded = corrector.submission();
        }
        outcome.map(|_| ()).map_err(|refusal| refusal.reason)
    };
    let lane = Arc::default();
    assert_eq!(offer(&lane, 0..Lane::KEYS_MAX - 1), Ok(()));
    assert_eq!(offer(&lane, 0..Lane::KEYS_MAX - 1), Ok(()), "the same ones again");
    assert_eq!(offer(&lane, Lane::KEYS_MAX - 1..Lane::KEYS_MAX), Err(Reason::PredecessorRefused));
    assert_eq!(offer(&lane, 0..0), Err(Reason::PredecessorRefused));
    assert_eq!(offer(&Arc::default(), 0..0), Ok(()), "another stream");
    let _report = verify_log(&journal);
}
