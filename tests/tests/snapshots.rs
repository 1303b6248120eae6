//! Snapshots of the rules' state: a start goes on from one, and nobody has to trust it.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use hefu_journal::{Durability, Fault, Journal, Keeper, OpenError, Options, RocksStore, SnapshotOptions, Store};
use hefu_rules::admit;
use hefu_tests::altered::Altered;
use hefu_tests::export::{copy_folder as copy, verify_log};
use hefu_tests::load::{Corrector, correctors};
use hefu_tests::server::{config, keeper, seed};
use hefu_tests::world::World;
use hefu_types::tree::{self, Edge, Node};
use hefu_types::{Entry, Millis, NodeHash, Reason, Refusal, RootHash, Seq, hash};
use hefud::Config;
use tempfile::TempDir;

/// Puts another body under a checksum that fits.
fn forge(snapshot: &[u8], change: impl FnOnce(&mut [u8])) -> Vec<u8> {
    let mut forged = snapshot.to_vec();
    change(&mut forged[BEFORE_BODY..]);
    let checksum = hash::derive("hefu v1 snapshot", &forged[BEFORE_BODY..]);
    forged[BEFORE_BODY - 32..BEFORE_BODY].copy_from_slice(&checksum);
    forged
}

/// Bytes of a snapshot before what its checksum covers.
const BEFORE_BODY: usize = 14 + 8 + 32;

struct Rig {
    dir: TempDir,
    config: Config,
    corrector: Corrector,
    /// Entries before the first test's own.
    seeded: u64,
}

fn rig() -> Rig {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path().join("data"));
    let mut world = World::planned();
    let corrector = correctors(&mut world, 1).remove(0);
    seed(&config, &world);
    Rig { dir, config, corrector, seeded: world.entries.len() as u64 }
}

fn open_every(config: &Config, every: u64) -> Result<Journal, OpenError> {
    let store = RocksStore::open(&config.journal(), Durability::Synced).unwrap();
    let snapshots = Some(SnapshotOptions { path: config.snapshot(), every });
    Journal::open(Arc::new(store), keeper(config), Options { snapshots, ..Options::default() })
}

fn open(config: &Config) -> Journal {
    open_every(config, SnapshotOptions::EVERY).unwrap()
}

impl Rig {
    fn record(&mut self, journal: &Journal, count: usize) {
        for _ in 0..count {
            journal.submit(admit(self.corrector.submission()).unwrap()).unwrap().wait().unwrap();
        }
    }

    /// The folder as a crash would leave it now.
    fn crashed(&self, name: &str) -> Config {
        let copied = config(self.dir.path().join(name));
        copy(&self.config.data, &copied.data);
        copied
    }
}

fn wait_for(what: &str, mut holds: impl FnMut() -> bool) {
    let since = Instant::now();
    while !holds() {
        assert!(since.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_start_replays_what_is_behind_the_snapshot_and_checks_the_rest_later() {
    let mut rig = rig();
    let journal = open(&rig.config);
    assert_eq!((journal.replayed(), journal.is_rechecked()), (rig.seeded, true));
    rig.record(&journal, 20);
    // What is refused leaves no trace in the state, or it would not be what the entries amount to.
    let mut refused = rig.corrector.clone();
    let (_skipped, gap) = (refused.submission(), refused.submission());
    let _refusal = journal.submit(admit(gap).unwrap()).unwrap().wait().unwrap_err();
    journal.close();

    let journal = open(&rig.config);
    assert_eq!(journal.replayed(), 0);
    rig.record(&journal, 3);
    let crashed = rig.crashed("crashed");
    wait_for("the snapshot is derived once more", || journal.is_rechecked());
    journal.close();

    let journal = open(&crashed);
    assert_eq!(journal.replayed(), 3);
    rig.record(&journal, 2);
    let report = verify_log(&journal);
    assert_eq!(report.entries, rig.seeded + 25);
}

#[test]
fn a_running_journal_takes_snapshots_of_what_is_durable() {
    let mut rig = rig();
    let journal = open_every(&rig.config, 1).unwrap();
    wait_for("a snapshot", || {
        rig.record(&journal, 50);
        rig.config.snapshot().exists()
    });
    let crashed = rig.crashed("crashed");
    let size = journal.head().size.get();
    journal.close();
    let journal = open(&crashed);
    assert!(journal.replayed() < size, "{} of {size}", journal.replayed());
    wait_for("the snapshot is derived once more", || journal.is_rechecked());
    let _report = verify_log(&journal);
}

#[test]
fn a_snapshot_that_does_not_fit_is_passed_over() {
    let mut rig = rig();
    let journal = open(&rig.config);
    rig.record(&journal, 5);
    journal.close();
    let older = rig.crashed("older");
    let journal = open(&rig.config);
    rig.record(&journal, 5);
    journal.close();
    // A folder that was brought back beside a newer snapshot.
    fs::copy(rig.config.snapshot(), older.snapshot()).unwrap();
    let journal = open(&older);
    assert_eq!(journal.replayed(), rig.seeded + 5);
    let _report = verify_log(&journal);
    journal.close();
    // A snapshot of another log of the same length: the same world at another time.
    let other = self::rig();
    let journal = open(&other.config);
    journal.close();
    let journal = open(&rig.config);
    journal.close();
    fs::copy(rig.config.snapshot(), other.config.snapshot()).unwrap();
    assert_eq!(open(&other.config).replayed(), other.seeded);
    // And one that was cut off.
    let bytes = fs::read(rig.config.snapshot()).unwrap();
    fs::write(rig.config.snapshot(), &bytes[..bytes.len() - 1]).unwrap();
    assert_eq!(open(&rig.config).replayed(), rig.seeded + 10);
}

#[test]
fn a_forged_state_is_found_and_latches_writes() {
    let mut rig = rig();
    let journal = open(&rig.config);
    rig.record(&journal, 5);
    journal.close();
    let bytes = fs::read(rig.config.snapshot()).unwrap();
    let (mut found, mut next) = (0, rig.corrector.submission());
    // A bit of every hundredth byte or so, under a checksum that fits.
    for at in (BEFORE_BODY..bytes.len()).step_by((bytes.len() / 60).max(1)) {
        let forged = forge(&bytes, |body| body[at - BEFORE_BODY] ^= 1);
        fs::write(rig.config.snapshot(), forged).unwrap();
        // Another checkpoint key than those that are held does not even open.
        let Ok(journal) = open_every(&rig.config, SnapshotOptions::EVERY) else { continue };
        if journal.replayed() > 0 {
            continue;
        }
        wait_for("the snapshot is looked at", || journal.is_rechecked() || journal.latched().is_some());
        // Some bits mean nothing: then the state is the same.
        let Some(refusal) = journal.latched() else { continue };
        found += 1;
        assert_eq!(refusal.reason, Reason::StorageDamaged);
        assert!(!rig.config.snapshot().exists(), "the next start looks for itself");
        let refused = journal.submit(admit(next.clone()).unwrap()).unwrap().wait();
        assert!(refused.is_err(), "byte {at}");
        journal.close();
    }
    assert!(found > 10, "{found}");
    let _gone = fs::remove_file(rig.config.snapshot());
    let journal = open(&rig.config);
    assert_eq!(journal.replayed(), rig.seeded + 5);
    journal.submit(admit(std::mem::replace(&mut next, rig.corrector.submission())).unwrap()).unwrap().wait().unwrap();
    let _report = verify_log(&journal);
}

#[test]
fn no_snapshot_is_taken_of_what_is_not_durable() {
    let mut rig = rig();
    let journal = open(&rig.config);
    rig.record(&journal, 5);
    journal.close();
    let taken = fs::read(rig.config.snapshot()).unwrap();
    // Each submission is due for a snapshot, and this one is refused by the disk.
    let failing = Arc::new(AtomicBool::new(true));
    let fails = Arc::clone(&failing);
    let hook = move |step| match step {
        Fault::BeforeAppend if fails.load(Ordering::SeqCst) => Err(Refusal::new(Reason::NotWritten, "", "no")),
        _ => Ok(()),
    };
    let snapshots = Some(SnapshotOptions { path: rig.config.snapshot(), every: 1 });
    let store = RocksStore::open(&rig.config.journal(), Durability::Synced).unwrap();
    let options = Options { snapshots, fault: Arc::new(hook), ..Options::default() };
    let journal = Journal::open(Arc::new(store), keeper(&rig.config), options).unwrap();
    let lost = rig.corrector.submission();
    let _refusal = journal.submit(admit(lost.clone()).unwrap()).unwrap().wait().unwrap_err();
    journal.close();
    assert!(fs::read(rig.config.snapshot()).unwrap() == taken, "a snapshot of what was lost");

    let journal = open(&rig.config);
    assert_eq!(journal.replayed(), 0);
    journal.submit(admit(lost).unwrap()).unwrap().wait().unwrap();
    let _report = verify_log(&journal);
}

/// Opens from the snapshot, and waits until the recheck has found the damage.
fn check_found(config: &Config, store: Altered, accept_missing: bool) {
    let snapshots = Some(SnapshotOptions { path: config.snapshot(), every: SnapshotOptions::EVERY });
    let keeper = Keeper { accept_missing, ..keeper(config) };
    let journal = Journal::open(Arc::new(store), keeper, Options { snapshots, ..Options::default() }).unwrap();
    assert_eq!(journal.replayed(), 0);
    wait_for("the log is looked at", || journal.is_rechecked() || journal.latched().is_some());
    assert_eq!(journal.latched().map(|refusal| refusal.reason), Some(Reason::StorageDamaged));
    journal.close();
    assert!(!config.snapshot().exists(), "the next start looks for itself");
}

#[test]
fn damage_before_the_snapshot_is_found_beside_the_work() {
    let mut rig = rig();
    let journal = open(&rig.config);
    rig.record(&journal, 5);
    journal.close();
    let inner = RocksStore::open(&rig.config.journal(), Durability::Synced).unwrap();
    let old = Entry::parse(inner.read(Seq::new(3), 1, usize::MAX).unwrap().remove(0)).unwrap();
    let entry = Entry::new(old.seq(), Millis::new(1), old.prev(), &old.signed());
    check_found(&rig.config, Altered::showing(inner, entry), false);
    let _report = verify_log(&open(&rig.config));
}

#[test]
fn a_tree_that_is_not_that_of_the_entries_is_found_beside_the_work() {
    let mut rig = rig();
    let journal = open(&rig.config);
    rig.record(&journal, 5);
    let size = journal.head().size;
    journal.close();
    let inner = RocksStore::open(&rig.config.journal(), Durability::Synced).unwrap();
    let root = |leaf: Option<(u64, NodeHash)>| {
        let mut edge = Edge::default();
        let bytes = inner.read(Seq::FIRST, usize::MAX, usize::MAX).unwrap();
        for (bytes, index) in bytes.iter().zip(0..) {
            let forged = leaf.filter(|(at, _)| *at == index).map(|(_, hash)| hash);
            edge.push(forged.unwrap_or_else(|| tree::leaf(bytes)), |_: Node, _| ());
        }
        assert_eq!(edge.size(), size);
        edge.root()
    };
    let leaf = NodeHash::from_bytes([7; 32]);
    let (ours, theirs): (RootHash, RootHash) = (root(None), root(Some((3, leaf))));
    let bytes = fs::read(rig.config.snapshot()).unwrap();
    let at = bytes.windows(32).position(|window| window == ours.as_bytes()).unwrap() - BEFORE_BODY;
    let forged = forge(&bytes, |body| body[at..at + 32].copy_from_slice(theirs.as_bytes()));
    fs::write(rig.config.snapshot(), forged).unwrap();
    // Whoever has the checkpoint key could sign that root as well.
    let signed = fs::read(rig.config.head_file()).unwrap();
    fs::remove_file(rig.config.head_file()).unwrap();
    check_found(&rig.config, Altered::showing_leaf(inner, 3, leaf), true);
    fs::write(rig.config.head_file(), signed).unwrap();
    let _report = verify_log(&open(&rig.config));
}
