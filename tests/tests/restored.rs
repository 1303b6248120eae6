//! A log that is older than what was told of it: restored copies, and a write-ahead log that was cut off.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use hefu_journal::{Durability, Journal, Keeper, Offer, OpenError, Options, Reply, RocksStore};
use hefu_tests::export::{copy_folder as copy, verify_log};
use hefu_tests::load::correctors;
use hefu_tests::server::{config, keeper, seed};
use hefu_tests::world::{CHECKPOINT_KEYS, ORIGIN, World, keys, signed_replacement};
use hefu_types::{NoteSigner, Size};
use hefud::Config;

/// A folder with a log, and the same folder as it was before the last entries.
struct Restored {
    config: Config,
    old: Config,
    _dir: tempfile::TempDir,
}

fn restored() -> Restored {
    let dir = tempfile::tempdir().unwrap();
    let (config, old) = (config(dir.path().join("data")), config(dir.path().join("old")));
    let mut world = World::planned();
    let mut corrector = correctors(&mut world, 1).remove(0);
    seed(&config, &world);
    copy(&config.data, &old.data);
    let journal = open(&config, keeper(&config)).unwrap();
    for _ in 0..5 {
        let admitted = hefu_rules::admit(corrector.submission()).unwrap();
        journal.submit(admitted).unwrap().wait().unwrap();
    }
    journal.close();
    Restored { config, old, _dir: dir }
}

fn open(config: &Config, keeper: Keeper) -> Result<Journal, OpenError> {
    let store = RocksStore::open(&config.journal(), Durability::Synced).unwrap();
    Journal::open(Arc::new(store), keeper, Options::default())
}

#[test]
fn an_old_copy_beside_the_head_file_does_not_open() {
    let Restored { config, old, _dir } = restored();
    fs::copy(config.head_file(), old.head_file()).unwrap();
    let refused = open(&old, keeper(&old)).err().expect("a rollback");
    let OpenError::RolledBack { kept, found } = refused else { panic!("{refused}") };
    assert_eq!(kept.get(), found.get() + 5);
    // The newer log beside the older head file is what a crash leaves before anybody is answered.
    let Restored { config, old, _dir } = restored();
    fs::copy(old.head_file(), config.head_file()).unwrap();
    let journal = open(&config, keeper(&config)).expect("nothing is missing");
    let _report = verify_log(&journal);
}

#[test]
fn a_missing_or_foreign_head_file_does_not_open_unless_that_is_accepted() {
    let Restored { config, _dir, .. } = restored();
    fs::remove_file(config.head_file()).unwrap();
    assert!(matches!(open(&config, keeper(&config)), Err(OpenError::HeadMissing { .. })));
    let accepting = Keeper { accept_missing: true, ..keeper(&config) };
    open(&config, accepting).expect("accepted").close();
    open(&config, keeper(&config)).expect("made anew").close();
    // Both slots damaged: the same as none.
    fs::write(config.head_file(), [7; 4_096]).unwrap();
    assert!(matches!(open(&config, keeper(&config)), Err(OpenError::HeadMissing { .. })));
    let other = NoteSigner::new(ORIGIN, keys("another")).unwrap();
    let foreign = Keeper { signers: vec![other], ..keeper(&config) };
    assert!(matches!(open(&config, foreign), Err(OpenError::CheckpointKey { .. })));
}

/// The copy is from before the checkpoint key was replaced, and has no file of the new key. One block held the replacement and
/// the end of the overlap, so the new key alone signed what is missing, and the old one what is there.
#[test]
fn an_old_copy_without_the_key_that_signed_last_does_not_open() {
    let dir = tempfile::tempdir().unwrap();
    let (config, old) = (config(dir.path().join("data")), config(dir.path().join("old")));
    let mut world = World::planned();
    let mut corrector = correctors(&mut world, 1).remove(0);
    seed(&config, &world);
    copy(&config.data, &old.data);
    let journal = open(&config, keeper(&config)).unwrap();
    let size = world.entries.len() as u64;
    let [first, second] = [CHECKPOINT_KEYS[0], CHECKPOINT_KEYS[1]];
    let replacement = signed_replacement(world.ledger(), first, second, Size::new(size + 1));
    let said =
        [world.signer("office-1").peek(vec![replacement.into()]), corrector.submission(), corrector.submission()];
    // What is offered as one run is one block.
    let (reply, tickets) = Reply::to(said.len());
    let items = said.into_iter().map(|signed| Ok(hefu_rules::admit(signed).unwrap())).collect();
    journal.submit_all(vec![Offer { items, lane: None, reply }]);
    let outcomes = tokio::runtime::Runtime::new().unwrap().block_on(tickets.outcomes());
    outcomes.into_iter().for_each(|outcome| drop(outcome.unwrap()));
    assert_eq!(journal.seal().unwrap().checkpoint.note().signatures().len(), 1);
    let _report = verify_log(&journal);
    journal.close();
    fs::copy(config.head_file(), old.head_file()).unwrap();
    let without = || Keeper { signers: vec![NoteSigner::new(ORIGIN, keys(first)).unwrap()], ..keeper(&old) };
    assert!(matches!(open(&old, without()), Err(OpenError::HeadUnknown { .. })));
    assert!(matches!(open(&old, keeper(&old)), Err(OpenError::RolledBack { .. })), "with the key it is known");
    // Whoever accepts it is not asked again.
    open(&old, Keeper { accept_missing: true, ..without() }).expect("accepted").close();
    let journal = open(&old, without()).expect("accepted before");
    let _report = verify_log(&journal);
}

#[test]
fn another_log_of_the_same_size_beside_the_head_file_does_not_open() {
    let (one, other) = (restored(), restored());
    // The same submissions, recorded at other times.
    fs::copy(one.config.head_file(), other.config.head_file()).unwrap();
    let outcome = open(&other.config, keeper(&other.config));
    assert!(matches!(outcome, Err(OpenError::OtherRoot { .. })), "{:?}", outcome.err());
}

/// The write-ahead log that was written last.
fn last_wal(config: &Config) -> PathBuf {
    let files = fs::read_dir(config.journal()).unwrap().map(|file| file.unwrap().path());
    let logs = files.filter(|path| path.extension().is_some_and(|e| e == "log"));
    logs.max_by_key(|path| path.file_name().map(ToOwned::to_owned)).expect("a write-ahead log")
}

/// Wherever the last record of the write-ahead log is cut off: everything that was answered is there, or the journal does not
/// open.
#[test]
fn a_write_ahead_log_that_is_cut_off_anywhere_loses_nothing_in_silence() {
    let dir = tempfile::tempdir().unwrap();
    let whole = config(dir.path().join("whole"));
    let mut world = World::planned();
    let mut corrector = correctors(&mut world, 1).remove(0);
    seed(&whole, &world);
    let journal = open(&whole, keeper(&whole)).unwrap();
    let mut record = || journal.submit(hefu_rules::admit(corrector.submission()).unwrap()).unwrap().wait().unwrap();
    record();
    let before = fs::metadata(last_wal(&whole)).unwrap().len();
    record();
    let after = fs::metadata(last_wal(&whole)).unwrap().len();
    assert!(after > before, "the record is in the write-ahead log");
    let size = journal.head().size;
    // As a power cut leaves it: nothing was closed.
    let (cut, older) = (config(dir.path().join("cut")), fs::read(whole.head_file()).unwrap());
    let (mut opened, mut refused) = (0, 0);
    for len in before..=after {
        let _left = fs::remove_dir_all(&cut.data);
        copy(&whole.data, &cut.data);
        fs::write(cut.head_file(), &older).unwrap();
        fs::OpenOptions::new().write(true).open(last_wal(&cut)).unwrap().set_len(len).unwrap();
        match open(&cut, keeper(&cut)) {
            Ok(journal) => {
                assert_eq!((journal.head().size, len), (size, after), "started with less");
                opened += 1;
            }
            Err(OpenError::RolledBack { kept, found }) => {
                assert_eq!((kept, found.get()), (size, size.get() - 1), "cut to {len}");
                refused += 1;
            }
            Err(other) => panic!("cut to {len}: {other}"),
        }
    }
    assert_eq!((opened, refused), (1, after - before));
    // The same cuts before anybody was answered: the entry was never told, and the log goes on without it.
    let _left = fs::remove_dir_all(&cut.data);
    copy(&whole.data, &cut.data);
    fs::remove_file(cut.head_file()).unwrap();
    fs::OpenOptions::new().write(true).open(last_wal(&cut)).unwrap().set_len(after - 1).unwrap();
    let journal = open(&cut, Keeper { accept_missing: true, ..keeper(&cut) }).expect("said to be complete");
    assert_eq!(journal.head().size.get(), size.get() - 1);
    let _report = verify_log(&journal);
    drop(journal);
}
