//! Once: the same bytes get the same position, while the first are still on their way, later, and for ever.

use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};

use hefu_journal::{Durability, Fault, Journal, Options, RocksStore, Ticket};
use hefu_rules::admit;
use hefu_tests::export::verify_log;
use hefu_tests::load::{Corrector, correctors};
use hefu_tests::server::{config, keeper, seed};
use hefu_tests::world::{World, observation};
use hefu_types::{Reason, Refusal, SignedSubmission};
use hefud::Config;
use tempfile::TempDir;

/// A journal whose disk waits for permission before each block.
struct Gated {
    journal: Journal,
    permit: Sender<()>,
    _dir: TempDir,
}

fn gated(world: &World, queue_submissions: usize) -> Gated {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path().join("data"));
    seed(&config, world);
    let (permit, permits) = channel();
    let permits = Mutex::new(permits);
    let hook = move |fault| {
        if fault == Fault::BeforeAppend {
            // Permits are given for ever once the sender is gone.
            let _open = permits.lock().unwrap().recv();
        }
        Ok(())
    };
    let options = Options { queue_submissions, fault: Arc::new(hook), ..Options::default() };
    let journal = open(&config, options);
    Gated { journal, permit, _dir: dir }
}

fn open(config: &Config, options: Options) -> Journal {
    let store = RocksStore::open(&config.journal(), Durability::Synced).unwrap();
    Journal::open(Arc::new(store), keeper(config), options).unwrap()
}

impl Gated {
    fn submit(&self, signed: &SignedSubmission) -> Result<Ticket, Refusal> {
        self.journal.submit(admit(signed.clone()).unwrap())
    }

    /// Lets every block through from now on.
    fn open_gate(self) -> (Journal, TempDir) {
        drop(self.permit);
        (self.journal, self._dir)
    }
}

fn world() -> (World, Corrector) {
    let mut world = World::planned();
    let corrector = correctors(&mut world, 1).remove(0);
    (world, corrector)
}

#[test]
fn a_duplicate_of_what_is_not_durable_yet_waits_for_it_and_gets_its_position() {
    let (world, mut corrector) = world();
    let rig = gated(&world, 64);
    let (first, second) = (corrector.submission(), corrector.submission());
    let tickets: Vec<Ticket> =
        [&first, &second, &first, &second].map(|signed| rig.submit(signed).unwrap()).into_iter().collect();
    let (journal, _dir) = rig.open_gate();
    let answers: Vec<_> = tickets.into_iter().map(|ticket| ticket.wait().unwrap()).collect();
    assert_eq!(answers.iter().map(|a| a.already_recorded).collect::<Vec<_>>(), [false, false, true, true]);
    assert_eq!((answers[0].seq, answers[0].chain_hash), (answers[2].seq, answers[2].chain_hash));
    assert_eq!((answers[1].seq, answers[1].chain_hash), (answers[3].seq, answers[3].chain_hash));
    assert_eq!(verify_log(&journal).entries, world.entries.len() as u64 + 2);
}

#[test]
fn other_bytes_under_a_number_on_its_way_are_refused_without_waiting() {
    let (mut world, _) = world();
    let reporter = world.signer("alpha-reporter").clone();
    let rig = gated(&world, 64);
    let ticket = rig.submit(&reporter.peek(vec![observation("stock", "2023", "1").into()])).unwrap();
    let other = rig.submit(&reporter.peek(vec![observation("stock", "2023", "2").into()])).unwrap();
    // No block was let through yet: this answer does not wait for one.
    assert_eq!(other.wait().unwrap_err().reason, Reason::KeySeqUsed);
    let (journal, _dir) = rig.open_gate();
    ticket.wait().unwrap();
    let _report = verify_log(&journal);
}

#[test]
fn overload_is_refused_early_and_loses_nothing() {
    let (world, mut corrector) = world();
    let rig = gated(&world, 1);
    let mut tickets = Vec::new();
    let refused = loop {
        let signed = corrector.submission();
        match rig.submit(&signed) {
            Ok(ticket) => tickets.push(ticket),
            Err(refusal) => {
                assert_eq!(refusal.reason, Reason::Overloaded);
                break signed;
            }
        }
        assert!(tickets.len() < 10_000, "a queue of one took {} submissions", tickets.len());
    };
    let accepted = tickets.len();
    let (journal, _dir) = rig.open_gate();
    for ticket in tickets {
        ticket.wait().unwrap();
    }
    journal.submit(admit(refused).unwrap()).unwrap().wait().unwrap();
    assert_eq!(verify_log(&journal).entries, (world.entries.len() + accepted + 1) as u64);
}

#[test]
fn a_recorded_submission_keeps_its_position_after_a_restart_and_a_revocation() {
    let (mut world, _) = world();
    let signed = world.say("alpha-reporter", vec![observation("stock", "2023", "1").into()]);
    let seq = world.entries.last().unwrap().seq();
    let key = world.signer("alpha-reporter").public();
    let revoked = hefu_types::event::membership::KeyRevoked {
        key,
        reason: hefu_types::event::membership::RevocationReason::Ceased,
        since_seq: hefu_types::Seq::FIRST,
    };
    world.say("alpha-admin", vec![revoked.into()]);
    let (journal, _dir) = gated(&world, 64).open_gate();
    let again = journal.submit(admit(signed).unwrap()).unwrap().wait().unwrap();
    assert_eq!((again.seq, again.already_recorded), (seq, true));
    let _report = verify_log(&journal);
}
