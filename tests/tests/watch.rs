//! A watcher sees every position exactly once, in order: started during load, across a restart of the server.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hefu_proto::v1::log_service_client::LogServiceClient;
use hefu_proto::v1::submission_service_client::SubmissionServiceClient;
use hefu_proto::{convert, v1};
use hefu_tests::load::{Corrector, correctors};
use hefu_tests::world::World;
use hefu_tests::{TestServer, export};
use hefu_types::Entry;
use tokio::sync::watch;
use tokio_stream::StreamExt as _;
use tonic::transport::{Channel, Endpoint};

/// Submissions recorded before, and again after, the restart.
const HALF: u64 = 1_500;

fn channel(address: SocketAddr) -> Channel {
    Endpoint::try_from(format!("http://{address}")).unwrap().connect_lazy()
}

/// Follows the log from its first entry on, reconnecting as often as it takes, until it has seen `until` entries.
async fn follow(address: SocketAddr, seen: watch::Sender<Vec<Entry>>, until: u64) {
    while (seen.borrow().len() as u64) < until {
        let from_seq = seen.borrow().len() as u64;
        let watching = LogServiceClient::new(channel(address)).watch(v1::WatchRequest { from_seq }).await;
        let Ok(stream) = watching else {
            tokio::task::yield_now().await;
            continue;
        };
        let mut stream = stream.into_inner();
        while let Some(Ok(message)) = stream.next().await {
            let new: Vec<Entry> = message.entries.into_iter().map(|b| Entry::parse(b).unwrap()).collect();
            assert_eq!(message.first_seq, new[0].seq().get());
            seen.send_modify(|all| all.extend(new));
            if seen.borrow().len() as u64 >= until {
                return;
            }
        }
    }
}

/// Submits until `stop`, resending what a restart cut off.
async fn load(address: SocketAddr, mut corrector: Corrector, stop: Arc<AtomicBool>) {
    let mut client = SubmissionServiceClient::new(channel(address));
    let mut signed = corrector.submission();
    while !stop.load(Ordering::Relaxed) {
        let request = v1::SubmitRequest { signed: Some(convert::signed_to_wire(&signed)), ..Default::default() };
        match client.submit(request).await {
            Ok(_) => signed = corrector.submission(),
            Err(_) => tokio::task::yield_now().await,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watcher_misses_nothing_and_sees_nothing_twice() {
    let mut world = World::planned();
    let loaders = correctors(&mut world, 4);
    let mut server = TestServer::with(&world).await;
    let address = server.server.address();
    let stop = Arc::new(AtomicBool::new(false));
    let loads: Vec<_> = loaders.into_iter().map(|c| tokio::spawn(load(address, c, Arc::clone(&stop)))).collect();

    reach(&server, HALF / 2).await;
    let (seen, mut progress) = watch::channel(Vec::new());
    let watcher = tokio::spawn(follow(address, seen, 2 * HALF));
    progress.wait_for(|seen| seen.len() as u64 >= HALF).await.expect("a watcher");

    let (mut config, _dir) = server.stop().await;
    config.listen = address;
    server = TestServer::over(config).await;
    watcher.await.expect("a watcher that saw enough");
    stop.store(true, Ordering::Relaxed);
    for load in loads {
        load.await.expect("a load");
    }

    let seen = progress.borrow().clone();
    assert!(seen.iter().zip(0..).all(|(entry, seq)| entry.seq().get() == seq), "a gap or a repetition");
    let stored = export::entries_of(server.server.journal());
    assert!(seen.iter().zip(&stored).all(|(entry, stored)| entry.bytes() == stored));
    server.verify_and_stop().await;
}

/// Waits until the log has so many entries.
async fn reach(server: &TestServer, size: u64) {
    let mut tip = server.server.journal().tip();
    tip.wait_for(|tip| tip.head.size.get() >= size).await.expect("a running journal");
}
