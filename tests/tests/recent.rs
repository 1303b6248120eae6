//! Who follows the log closely gets the newest entries as they were decoded, and reads from the log what he missed.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, Weak};

use hefu_journal::{Durability, Fault, Journal, Offer, Options, Reply, RocksStore};
use hefu_rules::admit;
use hefu_tests::export::verify_log;
use hefu_tests::load::correctors;
use hefu_tests::server::{config, keeper, seed};
use hefu_tests::world::World;
use hefu_types::{DecodedEntry, Entry, Size};

/// What one follower has seen.
struct Follower {
    looked: usize,
    size: Size,
    taken: usize,
    read: usize,
}

fn stored(journal: &Journal, from: Size, limit: usize) -> Vec<DecodedEntry> {
    let entries = journal.read(from.next_seq(), limit, usize::MAX).unwrap();
    entries.into_iter().map(|bytes| Entry::parse(bytes).unwrap().decode().unwrap()).collect()
}

impl Follower {
    /// Goes on with what is here; or, if there is nothing, with what is stored.
    fn follow(&mut self, journal: &Journal) {
        let recent = journal.take_recent(self.size, 4);
        assert_eq!(recent, stored(journal, self.size, recent.len()), "behind {}", self.size);
        self.taken += recent.len();
        let next = match recent.last() {
            None => stored(journal, self.size, 3),
            Some(_) => vec![],
        };
        self.read += next.len();
        self.size = recent.last().or(next.last()).map_or(self.size, |last| last.seq.size());
    }
}

#[test]
fn whatever_is_missed_is_read_and_nothing_comes_twice() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path().join("data"));
    let mut world = World::planned();
    let mut corrector = correctors(&mut world, 1).remove(0);
    seed(&config, &world);
    let follower = Follower { looked: 0, size: Size::new(world.entries.len() as u64), taken: 0, read: 0 };
    let follower = Arc::new(Mutex::new(follower));
    let opened: Arc<OnceLock<Weak<Journal>>> = Arc::default();
    let (following, journal) = (Arc::clone(&follower), Arc::clone(&opened));
    // He looks while blocks are being made, so that there is room for some of a block's entries and none for others.
    let hook = move |fault| {
        if let (Fault::Decided, Some(journal)) = (fault, journal.get().and_then(Weak::upgrade)) {
            let mut follower = following.lock().unwrap();
            follower.looked += 1;
            // Now and then, so that some is there and some is missed.
            if follower.looked * 7_919 % 101 < 12 {
                follower.follow(&journal);
            }
        }
        Ok(())
    };
    let store = RocksStore::open(&config.journal(), Durability::Synced).unwrap();
    let options = Options { recent_bytes: 2_000, fault: Arc::new(hook), ..Options::default() };
    let journal = Arc::new(Journal::open(Arc::new(store), keeper(&config), options).unwrap());
    let mut submit = || journal.submit(admit(corrector.submission()).unwrap()).unwrap();
    // Blocks of one entry: there is room for a few of them until he begins to look.
    for _ in 0..10 {
        submit().wait().unwrap();
    }
    opened.get_or_init(|| Arc::downgrade(&journal));
    let tickets: Vec<_> = (0..1_200).map(|_| submit()).collect();
    for ticket in tickets {
        ticket.wait().unwrap();
    }
    let mut follower = follower.lock().unwrap();
    while follower.size < journal.head().size {
        follower.follow(&journal);
    }
    assert_eq!(follower.taken + follower.read, 1_210);
    assert!(follower.taken > 0 && follower.read > 0, "{} taken, {} read", follower.taken, follower.read);
    assert_eq!(verify_log(&journal).entries, journal.head().size.get());
}

/// The first of a block's entries finds room, the second none, the third some again.
#[test]
fn what_is_kept_of_a_block_has_no_gaps() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path().join("data"));
    let mut world = World::planned();
    let mut corrector = correctors(&mut world, 1).remove(0);
    seed(&config, &world);
    let begin = Size::new(world.entries.len() as u64);
    let opened: Arc<OnceLock<Weak<Journal>>> = Arc::default();
    let journal = Arc::clone(&opened);
    let decided = AtomicUsize::new(0);
    let hook = move |fault| {
        // When the third of the block has been decided, the entry before the block is taken.
        if fault == Fault::Decided && decided.fetch_add(1, Ordering::SeqCst) == 3 {
            let journal = journal.get().and_then(Weak::upgrade).unwrap();
            assert_eq!(journal.take_recent(begin, 9), stored(&journal, begin, 1));
        }
        Ok(())
    };
    let store = RocksStore::open(&config.journal(), Durability::Synced).unwrap();
    let options = Options { recent_bytes: 700, fault: Arc::new(hook), ..Options::default() };
    let journal = Arc::new(Journal::open(Arc::new(store), keeper(&config), options).unwrap());
    opened.get_or_init(|| Arc::downgrade(&journal));
    journal.submit(admit(corrector.submission()).unwrap()).unwrap().wait().unwrap();
    let (reply, tickets) = Reply::to(4);
    let items = (0..4).map(|_| Ok(admit(corrector.submission()).unwrap())).collect();
    journal.submit_all(vec![Offer { items, lane: None, reply }]);
    let outcomes = tokio::runtime::Runtime::new().unwrap().block_on(tickets.outcomes());
    outcomes.into_iter().for_each(|outcome| drop(outcome.unwrap()));
    let behind = begin.next_seq().size();
    let sizes: Vec<usize> = journal.read(begin.next_seq(), 9, usize::MAX).unwrap().iter().map(|e| e.len()).collect();
    assert!(sizes.len() == 5 && sizes[0] + sizes[1] <= 700 && sizes[..3].iter().sum::<usize>() > 700, "{sizes:?}");
    assert_eq!(journal.take_recent(behind, 9), stored(&journal, behind, 1));
    assert_eq!(stored(&journal, behind, 9).len(), 4);
    let _report = verify_log(&journal);
}
