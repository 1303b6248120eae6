//! A failure at every step of the write path: what survives is what `Fault` says, and a resend is always safe.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use hefu_journal::store::StoreError;
use hefu_journal::{AppendError, Block, Durability, Fault, Journal, Options, Recorded, RocksStore, Store};
use hefu_rules::admit;
use hefu_tests::altered::Altered;
use hefu_tests::export::verify_log;
use hefu_tests::load::{Corrector, correctors};
use hefu_tests::server::{config, keeper, seed};
use hefu_tests::world::World;
use hefu_types::{ChainHash, KeySeq, NodeHash, PublicKey, Reason, Refusal, Seq, SignedSubmission, Size};
use hefud::Config;

/// Where a failure strikes, and whether the submission is durable afterwards.
#[derive(Clone, Copy, Debug)]
enum Strike {
    /// At a step of the journal.
    Step(Fault),
    /// The store says that it failed, and did (lost) or did not (kept).
    Append { kept: bool },
}

impl Strike {
    fn all() -> impl Iterator<Item = Self> {
        let steps = Fault::ALL.iter().map(|&fault| Self::Step(fault));
        steps.chain([Self::Append { kept: false }, Self::Append { kept: true }])
    }

    fn keeps(self) -> bool {
        match self {
            Self::Step(fault) => fault.keeps(),
            Self::Append { kept } => kept,
        }
    }

    /// A failure before the submission was decided refuses that one only.
    fn latches(self) -> bool {
        !matches!(self, Self::Step(Fault::Dequeued))
    }
}

struct Rig {
    journal: Journal,
    fault: Arc<AtomicBool>,
    /// Fails the next append, after it was done or before.
    append: Arc<Mutex<Option<bool>>>,
    strike: Strike,
}

impl Rig {
    fn open(config: &Config, strike: Strike) -> Self {
        let (fault, append) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(None)));
        let armed = Arc::clone(&fault);
        let hook = move |step| match strike {
            Strike::Step(at) if at == step && armed.load(Ordering::SeqCst) => {
                Err(Refusal::new(Reason::NotWritten, "", "struck"))
            }
            _ => Ok(()),
        };
        let inner = RocksStore::open(&config.journal(), Durability::Synced).unwrap();
        let next: Arc<Mutex<Option<bool>>> = Arc::clone(&append);
        let store = Altered::appending(inner, move |store, block| {
            let Some(kept) = next.lock().unwrap().take() else { return store.append(block) };
            if kept {
                store.append(block)?;
            }
            Err(AppendError::Unknown(StoreError::new("the disk said no")))
        });
        let options = Options { fault: Arc::new(hook), ..Options::default() };
        let journal = Journal::open(Arc::new(store), keeper(config), options).unwrap();
        Self { journal, fault, append, strike }
    }

    fn arm(&self) {
        match self.strike {
            Strike::Step(_) => self.fault.store(true, Ordering::SeqCst),
            Strike::Append { kept } => *self.append.lock().unwrap() = Some(kept),
        }
    }

    fn submit(&self, signed: &SignedSubmission) -> Result<Recorded, Refusal> {
        self.journal.submit(admit(signed.clone()).unwrap())?.wait()
    }
}

#[test]
fn what_survives_a_failure_is_what_the_step_says_and_a_resend_is_safe() {
    for strike in Strike::all() {
        strike_once(strike);
    }
}

fn strike_once(strike: Strike) {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path().join("data"));
    let mut world = World::planned();
    let mut corrector = correctors(&mut world, 1).remove(0);
    seed(&config, &world);

    let rig = Rig::open(&config, strike);
    let before = rig.submit(&corrector.submission()).unwrap_or_else(|e| panic!("{strike:?}: {e}"));
    rig.arm();
    let struck = corrector.submission();
    let refusal = rig.submit(&struck).expect_err("a failure");
    if strike.keeps() {
        assert_eq!(refusal.reason, Reason::OutcomeUnknown, "{strike:?}");
    }
    check_after(&rig, strike, &mut corrector.clone(), before);
    rig.journal.close();

    let rig = Rig::open(&config, strike);
    let resent = rig.submit(&struck).unwrap_or_else(|e| panic!("{strike:?}: {e}"));
    assert_eq!(resent.seq, before.seq.size().next_seq(), "{strike:?}");
    assert_eq!(resent.already_recorded, strike.keeps(), "{strike:?}");
    rig.submit(&corrector.submission()).unwrap_or_else(|e| panic!("{strike:?}: {e}"));
    let _report = verify_log(&rig.journal);
}

/// Writes are refused with the first reason, reads go on.
fn check_after(rig: &Rig, strike: Strike, corrector: &mut Corrector, before: Recorded) {
    let after = rig.submit(&corrector.submission());
    assert!(after.is_err(), "{strike:?} let a later submission in");
    assert_eq!(rig.journal.latched().is_some(), strike.latches(), "{strike:?}");
    if let Some(first) = rig.journal.latched() {
        let again = rig.submit(&corrector.submission()).expect_err("latched");
        assert_eq!(again, first, "{strike:?}: the first reason wins");
    }
    let read = rig.journal.read(before.seq, 1, usize::MAX).unwrap();
    assert_eq!(hefu_types::hash::chain_hash(&read[0]), before.chain_hash, "{strike:?}");
}

#[test]
fn damage_in_the_middle_of_the_log_stops_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path().join("data"));
    let world = World::planned();
    seed(&config, &world);
    let mut entries = world.entries.clone();
    // Entry 3 with another time: still an entry, no longer the one that entry 4 links to.
    let old = &entries[3];
    entries[3] = hefu_types::Entry::new(old.seq(), hefu_types::Millis::new(1), old.prev(), &old.signed());
    let store = Replaced(entries.iter().map(|e| e.bytes().clone()).collect());
    let refused = Journal::open(Arc::new(store), keeper(&config), Options::default()).err().expect("damage");
    assert!(refused.to_string().starts_with("entry 3 is damaged"), "{refused}");
    assert_eq!(refused.code(), Reason::StorageDamaged);
}

/// Entries that nothing checked.
struct Replaced(Vec<Bytes>);

impl Store for Replaced {
    fn tail(&self) -> Result<(Size, ChainHash), StoreError> {
        let last = hefu_types::hash::chain_hash(self.0.last().unwrap());
        Ok((Size::new(self.0.len() as u64), last))
    }

    fn append(&self, block: &Block) -> Result<(), AppendError> {
        Err(AppendError::Conflict { expected: block.begin, found: block.begin })
    }

    fn nodes(&self, _: u8, _: u64, _: usize) -> Result<Vec<NodeHash>, StoreError> {
        Ok(vec![])
    }

    fn read(&self, from: Seq, limit: usize, _: usize) -> Result<Vec<Bytes>, StoreError> {
        let from = usize::try_from(from.get()).unwrap();
        Ok(self.0.iter().skip(from).take(limit).cloned().collect())
    }

    fn find(&self, _: &PublicKey, _: KeySeq) -> Result<Option<Seq>, StoreError> {
        Ok(None)
    }

    fn last_of(&self, _: &PublicKey) -> Result<Option<(KeySeq, Seq)>, StoreError> {
        Ok(None)
    }
}
