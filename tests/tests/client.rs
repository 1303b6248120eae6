//! Our own client against a real server that goes away and comes back: everything is recorded, once.

use std::ops::ControlFlow;

use hefu_client::{Retry, Server, Writer};
use hefu_tests::world::{World, keys, observation};
use hefu_tests::{TestServer, export};
use hefu_types::{Entry, Event, PublicKey};

/// Submissions of the load, enough to be under way when the server stops.
const SUBMISSIONS: usize = 1_000;

fn submissions_of(server: &TestServer, key: &PublicKey) -> usize {
    let entries = export::entries_of(server.server.journal());
    entries
        .into_iter()
        .filter(|bytes| Entry::parse(bytes.clone()).unwrap().decode().unwrap().submission.key == *key)
        .count()
}

/// Each batch reports a month of its own.
fn batches() -> Vec<Vec<Event>> {
    let cell = |n: usize| format!("{}-{:02}", 1910 + n / 12, n % 12 + 1);
    (0..SUBMISSIONS).map(|n| vec![observation("flow", &cell(n), "1").into()]).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_survives_a_restart_of_the_server() {
    let world = World::planned();
    let server = TestServer::with(&world).await;
    let (address, key) = (server.server.address(), keys("alpha-reporter"));
    let outbox = tempfile::tempdir().unwrap();
    let client = Server::new(&format!("http://{address}"), Retry::default()).unwrap();
    let mut writer = Writer::open(client, key.clone(), &outbox.path().join("me.outbox")).await.unwrap();

    let mut tip = server.server.journal().tip();
    let load = tokio::spawn(async move {
        let mut recorded = 0;
        let count = |_, outcome: Result<_, _>| {
            outcome.unwrap_or_else(|refusal: hefu_types::Refusal| panic!("{refusal}"));
            recorded += 1;
            ControlFlow::Continue(())
        };
        writer.submit_all(batches(), count).await.expect("a server that comes back");
        recorded
    });
    let before = world.entries.len() as u64;
    tip.wait_for(|tip| tip.head.size.get() > before + SUBMISSIONS as u64 / 4).await.expect("a running journal");
    let (mut config, _dir) = server.stop().await;
    config.listen = address;
    let server = TestServer::over(config).await;

    assert_eq!(load.await.expect("a load that ends"), SUBMISSIONS);
    assert_eq!(submissions_of(&server, &key.public()), SUBMISSIONS);
    server.verify_and_stop().await;
}
