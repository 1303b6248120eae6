//! The block that is being made: it has a limit, and nobody who waits for it is forgotten when a thread of the journal dies.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use hefu_journal::{Durability, Fault, Journal, Options, Recorded, RocksStore, Store};
use hefu_rules::admit;
use hefu_tests::altered::Altered;
use hefu_tests::export::verify_log;
use hefu_tests::load::correctors;
use hefu_tests::server::{config, keeper, seed};
use hefu_tests::world::{World, observation};
use hefu_types::{Reason, Refusal, SignedSubmission};
use hefud::Config;

/// Submissions in one block.
const BLOCK_SUBMISSIONS_MAX: usize = 1_024;

/// How long is long enough to be sure that something does not happen.
const PATIENCE: Duration = Duration::from_secs(20);

/// A number that threads wait for.
#[derive(Default)]
struct Count(Mutex<usize>, Condvar);

impl Count {
    fn up(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.1.notify_all();
    }

    /// Whether it comes so far in this time.
    fn reaches(&self, count: usize, within: Duration) -> bool {
        let lock = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.1.wait_timeout_while(lock, within, |now| *now < count);
        *waited.unwrap_or_else(PoisonError::into_inner).0 >= count
    }
}

type Hook = Arc<dyn Fn(Fault) -> Result<(), Refusal> + Send + Sync>;

/// A journal, and how many entries each of its blocks has.
fn open(config: &Config, fault: Hook) -> (Journal, Arc<Mutex<Vec<usize>>>) {
    let inner = RocksStore::open(&config.journal(), Durability::Synced).unwrap();
    let blocks = Arc::new(Mutex::new(vec![]));
    let noted = Arc::clone(&blocks);
    let store = Altered::appending(inner, move |store, block| {
        noted.lock().unwrap().push(block.entries.len());
        store.append(block)
    });
    (Journal::open(Arc::new(store), keeper(config), Options { fault, ..Options::default() }).unwrap(), blocks)
}

#[test]
fn a_block_takes_so_many_submissions_and_no_more() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path().join("data"));
    let mut world = World::planned();
    let mut corrector = correctors(&mut world, 1).remove(0);
    seed(&config, &world);
    let begun = Arc::new(Count::default());
    let (begins, decided) = (Arc::clone(&begun), Count::default());
    let hook = move |fault| {
        match fault {
            Fault::Decided => decided.up(),
            // One is in the first block, and the next block fills up behind it. One more than fits does not come.
            Fault::BeforeAppend => {
                begins.up();
                assert!(decided.reaches(1 + BLOCK_SUBMISSIONS_MAX, PATIENCE));
                let _overfull = decided.reaches(2 + BLOCK_SUBMISSIONS_MAX, Duration::from_millis(200));
            }
            _ => {}
        }
        Ok(())
    };
    let (journal, blocks) = open(&config, Arc::new(hook));
    let mut submit = || journal.submit(admit(corrector.submission()).unwrap()).unwrap();
    let mut tickets = vec![submit()];
    assert!(begun.reaches(1, PATIENCE));
    tickets.extend((0..2 * BLOCK_SUBMISSIONS_MAX).map(|_| submit()));
    for ticket in tickets {
        ticket.wait().unwrap();
    }
    let blocks = blocks.lock().unwrap().clone();
    assert!(blocks.contains(&BLOCK_SUBMISSIONS_MAX), "{blocks:?}");
    assert!(blocks.iter().all(|entries| *entries <= BLOCK_SUBMISSIONS_MAX), "{blocks:?}");
    assert_eq!(verify_log(&journal).entries, (world.entries.len() + 1 + 2 * BLOCK_SUBMISSIONS_MAX) as u64);
}

#[test]
fn what_is_not_recorded_fills_no_block() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path().join("data"));
    let mut world = World::planned();
    let mut corrector = correctors(&mut world, 1).remove(0);
    seed(&config, &world);
    let journal = Arc::new(open(&config, Arc::new(|_| Ok(()))).0);
    let (done, ended) = channel();
    let submitting = Arc::clone(&journal);
    let attempts = std::thread::spawn(move || {
        let submit = |signed: &SignedSubmission| submitting.submit(admit(signed.clone()).unwrap()).unwrap().wait();
        // A stranger's, whom nobody admitted, and one that has its position already.
        let stranger = world.signer("stranger").peek(vec![observation("flow", "2024", "1").into()]);
        let good = corrector.submission();
        submit(&good).unwrap();
        for _ in 0..2 * BLOCK_SUBMISSIONS_MAX {
            assert_eq!(submit(&stranger).unwrap_err().reason, Reason::KeyUnknown);
        }
        for _ in 0..2 * BLOCK_SUBMISSIONS_MAX {
            assert!(submit(&good).unwrap().already_recorded);
        }
        submit(&corrector.submission()).unwrap();
        done.send(()).unwrap();
    });
    let waited = ended.recv_timeout(PATIENCE);
    assert!(waited.is_ok() || attempts.is_finished(), "nothing is answered any more");
    attempts.join().unwrap();
    let _report = verify_log(&journal);
}

/// Two submissions, of which the second is in line behind the first when the thread that takes this step panics; then a third.
fn panics_at(step: Fault, steps_before: usize) {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path().join("data"));
    let mut world = World::planned();
    let mut corrector = correctors(&mut world, 1).remove(0);
    seed(&config, &world);
    let begun = Arc::new(Count::default());
    let (begins, decided, taken) = (Arc::clone(&begun), Count::default(), Count::default());
    let hook = move |fault| {
        if fault == Fault::Decided {
            decided.up();
        }
        if fault == Fault::BeforeAppend {
            begins.up();
            // The second one is decided while the first is on its way to the disk.
            assert!(decided.reaches(2, PATIENCE));
        }
        if fault == step {
            assert!(!taken.reaches(steps_before + 1, Duration::ZERO), "the step comes once more");
            taken.up();
            assert!(!taken.reaches(steps_before + 1, Duration::ZERO), "the panic that the test wants");
        }
        Ok(())
    };
    let (journal, _) = open(&config, Arc::new(hook));
    let sent = [corrector.submission(), corrector.submission()];
    let submit = |signed: &SignedSubmission| journal.submit(admit(signed.clone()).unwrap());
    let first = submit(&sent[0]).unwrap();
    assert!(begun.reaches(1, PATIENCE));
    let tickets = [first, submit(&sent[1]).unwrap()];
    let (answer, answers) = channel::<Result<Recorded, Refusal>>();
    let waiting = std::thread::spawn(move || tickets.into_iter().for_each(|t| answer.send(t.wait()).unwrap()));
    for _ in &sent {
        let answer = answers.recv_timeout(PATIENCE);
        assert!(!matches!(answer, Err(RecvTimeoutError::Timeout)), "{step:?}: a caller was forgotten");
        // What was on its way when the sequencer died still gets through.
        if let Err(refusal) = answer.unwrap() {
            assert!([Reason::OutcomeUnknown, Reason::StorageLatched].contains(&refusal.reason), "{step:?}: {refusal}");
        }
    }
    waiting.join().unwrap();
    let latched = journal.latched().unwrap_or_else(|| panic!("{step:?}: nobody can see that writes are refused"));
    let after = submit(&corrector.submission()).and_then(|ticket| ticket.wait());
    let refusal = after.expect_err("no thread takes it");
    assert_eq!(refusal, latched, "{step:?}");
    journal.close();

    let (journal, _) = open(&config, Arc::new(|_| Ok(())));
    for signed in sent {
        journal.submit(admit(signed).unwrap()).unwrap().wait().unwrap();
    }
    let _report = verify_log(&journal);
}

#[test]
fn a_thread_that_dies_leaves_nobody_waiting_and_latches_writes() {
    panics_at(Fault::BeforeAppend, 0);
    panics_at(Fault::AfterAppend, 0);
    panics_at(Fault::Decided, 1);
}
