//! The views' thread hears what it is told, however much is being written.

use std::sync::Arc;
use std::time::Duration;

use hefu_journal::{Durability, Journal, Options, RocksStore};
use hefu_rules::admit;
use hefu_tests::export::verify_log;
use hefu_tests::load::correctors;
use hefu_tests::server::{config, keeper, seed};
use hefu_tests::world::World;
use hefud::projection::Projection;

/// Blocks, each of which wakes the thread: at ten milliseconds a wake it would take more than a minute to look at each.
const BLOCKS: usize = 8_000;

/// How long is long enough to be sure that something does not happen.
const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
async fn wakes_do_not_pile_up_in_front_of_an_order() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path().join("data"));
    let mut world = World::planned();
    let mut corrector = correctors(&mut world, 1).remove(0);
    let seeding = config.clone();
    tokio::task::spawn_blocking(move || seed(&seeding, &world)).await.unwrap();
    let store = RocksStore::open(&config.journal(), Durability::Unsynced).unwrap();
    let rows = Arc::new(store.rows());
    let journal = Journal::open(Arc::new(store), keeper(&config), Options::default()).unwrap();
    let journal = Arc::new(journal);
    let projection = Projection::start(Arc::clone(&journal), rows).unwrap();
    for _ in 0..BLOCKS {
        journal.submit(admit(corrector.submission()).unwrap()).unwrap().outcome().await.unwrap();
    }
    let rebuilt = tokio::time::timeout(PATIENCE, projection.rebuild("series")).await.expect("an answer").unwrap();
    assert_eq!(rebuilt.size(), journal.head().size);
    tokio::task::spawn_blocking(move || {
        drop(projection);
        let _report = verify_log(&journal);
    })
    .await
    .unwrap();
}
