//! The views' thread: it hears what it is told, however much is being written, and what it builds again is built beside what is read.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hefu_journal::{Durability, Journal, Options, RocksRows, RocksStore};
use hefu_rules::admit;
use hefu_tests::export::verify_log;
use hefu_tests::load::correctors;
use hefu_tests::server::{config, keeper, seed};
use hefu_tests::world::{World, observation};
use hefu_types::Size;
use hefu_views::{Changes, Cursor, Projector, Rebuild as _, RowStore as _, VIEWS, View, ViewId};
use hefud::projection::Projection;

/// Blocks, each of which wakes the thread: at ten milliseconds a wake it would take more than a minute to look at each.
const BLOCKS: usize = 8_000;

/// How long is long enough to be sure that something does not happen.
const PATIENCE: Duration = Duration::from_secs(20);

/// The view that the tests build again.
fn series() -> &'static dyn View {
    *VIEWS.iter().find(|view| view.id().name == "series").expect("a view of observations")
}

/// A log of this many corrections after the plan, its rows, and the views of it, which `before` may have seen first.
async fn running(
    dir: &std::path::Path,
    blocks: usize,
    before: impl FnOnce(&RocksRows),
) -> (Arc<Journal>, Arc<RocksRows>, Projection) {
    let config = config(dir.join("data"));
    let mut world = World::planned();
    let mut corrector = correctors(&mut world, 1).remove(0);
    let seeding = config.clone();
    tokio::task::spawn_blocking(move || seed(&seeding, &world)).await.unwrap();
    let store = RocksStore::open(&config.journal(), Durability::Unsynced).unwrap();
    let rows = Arc::new(store.rows().unwrap());
    before(&rows);
    let journal = Journal::open(Arc::new(store), keeper(&config), Options::default()).unwrap();
    let journal = Arc::new(journal);
    let projection = Projection::start(Arc::clone(&journal), Arc::clone(&rows)).unwrap();
    for _ in 0..blocks {
        journal.submit(admit(corrector.submission()).unwrap()).unwrap().outcome().await.unwrap();
    }
    (journal, rows, projection)
}

async fn end(journal: Arc<Journal>, projection: Arc<Projection>) {
    tokio::task::spawn_blocking(move || {
        drop(projection);
        let _report = verify_log(&journal);
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn wakes_do_not_pile_up_in_front_of_an_order() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _, projection) = running(dir.path(), BLOCKS, |_| ()).await;
    let rebuilt = tokio::time::timeout(PATIENCE, projection.rebuild("series")).await.expect("an answer").unwrap();
    assert_eq!(rebuilt.size(), journal.head().size);
    end(journal, Arc::new(projection)).await;
}

/// Waits until the views have applied the whole log, and gives the cursor of the view.
async fn caught_up(journal: &Journal, rows: &RocksRows, projection: &Projection) -> Cursor {
    let head = journal.head().size;
    projection.applied().wait_for(|applied| *applied >= head).await.unwrap();
    Projector::new(rows).cursor(series()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_is_read_until_the_one_built_beside_it_is_complete() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, rows, projection) = running(dir.path(), 50, leave_something).await;
    let projection = Arc::new(projection);
    let before = caught_up(&journal, &rows, &projection).await;
    let head = journal.head().size;
    let rebuild = tokio::spawn({
        let projection = Arc::clone(&projection);
        async move { projection.rebuild("series").await }
    });
    let (whole, reader) = (before.clone(), Arc::clone(&projection));
    // A query that goes on until the new view is complete.
    let query = move || {
        let (reading, stored) = reader.read();
        let end = Instant::now() + PATIENCE;
        while reader.rebuilt() != Some((series().id(), head)) {
            assert!(Instant::now() < end, "it is built while somebody reads");
            std::thread::yield_now();
        }
        assert_eq!(Projector::new(stored).recount(series()).unwrap(), whole, "what is read is whole all the while");
        drop(reading);
    };
    tokio::task::spawn_blocking(query).await.unwrap();
    let rebuilt = tokio::time::timeout(PATIENCE, rebuild).await.expect("an end").unwrap().unwrap();
    assert_eq!(rebuilt, before);
    assert_eq!(Projector::new(&*rows).recount(series()).unwrap(), before, "without what was left of the attempt");
    assert_eq!(rows.beside().cursor(&series().id()).unwrap(), None, "what was read before is gone");
    assert_eq!(projection.rebuilt(), None);
    drop(rows);
    end(journal, projection).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_took_over_is_read_after_the_next_start_and_can_be_built_again() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, rows, projection) = running(dir.path(), 20, |_| ()).await;
    let before = caught_up(&journal, &rows, &projection).await;
    assert_eq!(projection.rebuild("series").await.unwrap(), before);
    tokio::task::spawn_blocking(move || drop((projection, rows, journal))).await.unwrap();
    let config = config(dir.path().join("data"));
    let store = RocksStore::open(&config.journal(), Durability::Unsynced).unwrap();
    let rows = Arc::new(store.rows().unwrap());
    assert_eq!(Projector::new(&*rows).recount(series()).unwrap(), before);
    let journal = Arc::new(Journal::open(Arc::new(store), keeper(&config), Options::default()).unwrap());
    let projection = Projection::start(Arc::clone(&journal), Arc::clone(&rows)).unwrap();
    assert_eq!(projection.rebuild("series").await.unwrap(), before);
    assert_eq!(Projector::new(&*rows).recount(series()).unwrap(), before);
    drop(rows);
    end(journal, Arc::new(projection)).await;
}

/// Rows of an observation that the log does not have.
fn leave_something(rows: &RocksRows) {
    let mut other = World::planned();
    other.say("alpha-reporter", vec![observation("flow", "1999", "1").into()]);
    let entries: Vec<_> = other.entries.iter().map(|entry| entry.decode().unwrap()).collect();
    let cursor = Projector::new(&*rows.beside()).apply(series(), &entries).unwrap();
    assert!(cursor.rows() > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_an_earlier_version_go_when_the_present_one_has_caught_up() {
    let dir = tempfile::tempdir().unwrap();
    let earlier = ViewId { version: series().id().version - 1, ..series().id() };
    let (journal, rows, projection) = running(dir.path(), 5, |rows| {
        rows.commit(&earlier, &Changes::default(), &Cursor::start()).unwrap();
    })
    .await;
    let before = caught_up(&journal, &rows, &projection).await;
    let gone = async {
        while rows.cursor(&earlier).unwrap().is_some() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, gone).await.expect("nobody reads it");
    assert_eq!(before.size(), Size::new(journal.head().size.get()));
    drop(rows);
    end(journal, Arc::new(projection)).await;
}
