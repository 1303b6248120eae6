//! Rebuilt views equal the live ones, and the past is what a replay that stops there finds.
//!
//! One long random history goes through the whole server: signature checks, sequencer, RocksDB, views; every answer is the
//! one that the generator foresaw. While it runs, questions are asked and each view is dropped and rebuilt. Then the export is
//! replayed into memory and compared with what the server holds.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hefu_journal::Recorded;
use hefu_proto::{convert, v1};
use hefu_rules::{Admitted, admit};
use hefu_tests::history::Offer;
use hefu_tests::world::openings;
use hefu_tests::{History, Rng, TestServer, World, dump, export};
use hefu_types::{Code, DecodedEntry, Entry, Event, Reason, Refusal, Seq, Submission};
use hefu_verify::Export;
use hefu_views::board::BoardRow;
use hefu_views::explain::{self, Explanation};
use hefu_views::members::{self, Member};
use hefu_views::plan::{self, Indicator};
use hefu_views::series::{self, Observation, Selection};
use hefu_views::{AsOf, Memory, Projector, RowStore, Tables, VIEWS, board};
use hefud::Server;
use hefud::openings::Brought;
use tokio::sync::mpsc::{Receiver, Sender, channel};

const SEED: u64 = 2_024;
const SUBMISSIONS: usize = 100_000;
const CHUNK: usize = 2_000;
/// Moments of the past that are asked about.
const MOMENTS: usize = 40;

/// Makes the history on a thread of its own, a chunk at a time.
fn narrate(chunks: &Sender<Vec<Offer>>) -> History {
    let mut history = History::new(SEED);
    for _ in 0..SUBMISSIONS / CHUNK {
        let chunk = (0..CHUNK).map(|_| history.offer()).collect();
        chunks.blocking_send(chunk).expect("somebody who listens");
    }
    history
}

/// Signature checks on two threads.
fn admit_all(offers: &[Offer]) -> Vec<Result<Admitted, Refusal>> {
    let half = |part: &[Offer]| part.iter().map(|offer| admit(offer.signed.clone())).collect::<Vec<_>>();
    let (first, second) = offers.split_at(offers.len() / 2);
    std::thread::scope(|scope| {
        let other = scope.spawn(|| half(second));
        half(first).into_iter().chain(other.join().expect("verdicts")).collect()
    })
}

/// Submits a chunk in order and returns what became of each.
async fn submit(server: &Server, chunk: Arc<Vec<Offer>>) -> Vec<Result<Recorded, Refusal>> {
    let journal = server.journal();
    let admitted = tokio::task::spawn_blocking(move || admit_all(&chunk)).await.expect("verdicts");
    let mut tickets = Vec::new();
    for verdict in admitted {
        tickets.push(match verdict {
            // A lane of its own: what follows a refusal is judged by itself.
            Ok(admitted) => {
                bring(server, &admitted);
                journal.submit(admitted)
            }
            Err(refusal) => Err(refusal),
        });
    }
    let mut outcomes = Vec::new();
    for ticket in tickets {
        outcomes.push(match ticket {
            Ok(ticket) => ticket.outcome().await,
            Err(refusal) => Err(refusal),
        });
    }
    outcomes
}

/// What a submission commits to travels beside it, as over the wire.
fn bring(server: &Server, admitted: &Admitted) {
    let openings: Vec<_> = openings(admitted.signed()).iter().map(convert::opening_to_wire).collect();
    let brought = Brought::of(server.openings(), &openings).expect("openings");
    brought.into_iter().for_each(|brought| brought.keep(admitted.submission()).expect("kept"));
}

/// Whether it commits to something that none of the tests' openings fits.
fn lacks_openings(offer: &Offer) -> bool {
    let events = Submission::decode(&offer.signed.submission).map(|said| said.events).unwrap_or_default();
    let commits = |event: &&Event| matches!(event, Event::ObservationReported(e) if e.commitment.is_some());
    offer.refused.is_some() && events.iter().filter(commits).count() > openings(&offer.signed).len()
}

fn reason_of(outcome: &Result<Recorded, Refusal>) -> Option<Reason> {
    outcome.as_ref().err().map(|refusal| refusal.reason)
}

/// Feeds the history; halfway, lets the views be rebuilt beside it.
async fn feed(server: &TestServer, mut chunks: Receiver<Vec<Offer>>) {
    let mut rebuilding = None;
    let mut fed = 0;
    while let Some(chunk) = chunks.recv().await {
        let chunk = Arc::new(chunk);
        let outcomes = submit(&server.server, Arc::clone(&chunk)).await;
        for (offer, outcome) in chunk.iter().zip(&outcomes) {
            // What nothing opens is refused before the rules look at it.
            let refused = if lacks_openings(offer) { Some(Reason::OpeningMissing) } else { offer.refused };
            assert!([refused, offer.refused].contains(&reason_of(outcome)), "{outcome:?}: {:?}", offer.refused);
        }
        fed += chunk.len();
        if fed >= SUBMISSIONS / 2 && rebuilding.is_none() {
            rebuilding = Some(tokio::spawn(rebuild_all(server.config.data.clone())));
        }
    }
    rebuilding.expect("half of the history").await.expect("views that were rebuilt");
}

/// Drops and rebuilds each view by the operator's socket.
async fn rebuild_all(data: std::path::PathBuf) {
    for view in VIEWS {
        let rebuilt = hefud::operator::rebuild_view(&data, view.id().name.to_owned()).await.expect("rebuilt");
        assert!(rebuilt.size > 1, "{} was rebuilt over entries", view.id().name);
    }
}

/// Asks for the board again and again, and holds that no answer is older than the one before.
async fn keep_asking(server: &TestServer, done: Arc<AtomicBool>) -> usize {
    let (mut views, mut asked, mut size) = (server.views.clone(), 0, 0);
    while !done.load(Ordering::Acquire) {
        let answer = views.list_indicators(v1::ListIndicatorsRequest::default()).await.expect("an answer").into_inner();
        assert!(answer.size >= size, "{} after {size}", answer.size);
        (asked, size) = (asked + 1, answer.size);
    }
    asked
}

/// Entries of an export, decoded.
fn decoded(dir: &Path) -> Vec<DecodedEntry> {
    let export = Export::open(dir).expect("an export");
    let entry = |bytes| Entry::parse(bytes).expect("an entry").decode().expect("a submission");
    export.entries(None).map(|bytes| entry(bytes.expect("a readable export"))).collect()
}

/// Everything that is compared at one moment.
#[derive(Debug, PartialEq)]
struct Answers {
    indicators: Vec<Indicator>,
    board: Vec<BoardRow>,
    members: Vec<Member>,
    series: Vec<Vec<Observation>>,
    explained: Vec<Option<Explanation>>,
}

fn answers(store: &dyn RowStore, as_of: AsOf, mut rng: Rng) -> Answers {
    let tables = Tables::of(store);
    let indicators = plan::indicators(&*tables.plan, None, as_of).expect("indicators");
    let board = board::list(&tables, None, None, as_of).expect("a board");
    let some: Vec<Code> =
        (0..3).filter_map(|_| rng.pick(&indicators)).map(|i| i.definition.indicator.clone()).collect();
    let of = |indicator, history| Selection { indicator, area: None, history, limit: usize::MAX };
    let series = some.iter().flat_map(|code| [of(code, true), of(code, false)]);
    let rows: Vec<&BoardRow> = (0..6).filter_map(|_| rng.pick(&board)).collect();
    let explain = |row: &&BoardRow| explain::value(&tables, &row.indicator, &row.area, None, as_of).expect("explained");
    Answers {
        series: series.map(|select| series::query(&tables, &select, as_of).expect("a series")).collect(),
        explained: rows.iter().map(explain).collect(),
        members: members::list(&*tables.members, as_of).expect("members"),
        indicators,
        board,
    }
}

/// Replays again, stopping at random positions, and compares each with what the live views say about that moment.
fn check_the_past(live: &dyn RowStore, entries: &[DecodedEntry]) {
    let mut rng = Rng::new(SEED);
    let mut stops: Vec<usize> = (0..MOMENTS).map(|_| rng.below(entries.len())).collect();
    stops.extend([0, 1, entries.len() - 1]);
    stops.sort_unstable();
    let (memory, mut fed, mut values) = (Memory::new(), 0, 0);
    for stop in stops {
        for batch in entries[fed..=stop].chunks(1_024) {
            Projector::new(&memory).apply_all(batch).expect("replayed");
        }
        fed = stop + 1;
        let stopped = answers(&memory, AsOf::LATEST, rng.clone());
        let asked = answers(live, AsOf::after(Seq::new(stop as u64)), rng.clone());
        assert!(asked == stopped, "as of {stop}");
        values += stopped.board.iter().filter(|row| row.latest.is_some()).count();
        rng.bits();
    }
    assert!(values > 500, "{values} values were compared");
}

fn replayed(entries: &[DecodedEntry]) -> Memory {
    let memory = Memory::new();
    entries.chunks(999).for_each(|batch| Projector::new(&memory).apply_all(batch).expect("replayed"));
    memory
}

fn check_equal(live: &dyn RowStore, memory: &Memory) {
    let (live_rows, rows) = (dump::rows(live), dump::rows(memory));
    for (view, expected) in &rows {
        assert_eq!(live_rows[view].len(), expected.len(), "rows of {view}");
        let differs = live_rows[view].iter().zip(expected).position(|(a, b)| a != b);
        assert_eq!(differs, None, "the first row of {view} that differs");
    }
    assert_eq!(dump::digests(live), dump::digests(memory));
    for view in VIEWS {
        let counted = Projector::new(live).recount(view).expect("readable rows");
        assert_eq!(counted, Projector::new(live).cursor(view).expect("a cursor"), "{}", view.id().name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_history_replays_to_the_same_views_and_the_same_past() {
    let server = TestServer::with(&World::opened()).await;
    let (sender, chunks) = channel(2);
    let narrator = tokio::task::spawn_blocking(move || narrate(&sender));
    let done = Arc::new(AtomicBool::new(false));
    let fed = async {
        feed(&server, chunks).await;
        done.store(true, Ordering::Release);
    };
    let ((), asked) = tokio::join!(fed, keep_asking(&server, Arc::clone(&done)));
    assert!(asked > 10, "{asked} questions");

    let history = narrator.await.expect("a history");
    assert_eq!(history.missing_kinds(), [].into());
    assert!(history.refused() * 5 >= SUBMISSIONS, "{} refused", history.refused());
    let head = server.server.journal().head();
    assert_eq!(head.size.get(), (SUBMISSIONS - history.refused() + 1) as u64);
    server.server.projection().applied().wait_for(|applied| *applied == head.size).await.expect("a projection");

    let (journal, projection) = (Arc::clone(server.server.journal()), Arc::clone(server.server.projection()));
    let compare = move || {
        let dir = tempfile::tempdir().expect("a folder");
        export::write(dir.path(), &export::entries_of(&journal));
        let entries = decoded(dir.path());
        assert_eq!(entries.len() as u64, head.size.get());
        let (_complete, live) = projection.read();
        check_equal(live, &replayed(&entries));
        check_the_past(live, &entries);
    };
    tokio::task::spawn_blocking(compare).await.expect("equal views");
    server.verify_and_stop().await;
}
