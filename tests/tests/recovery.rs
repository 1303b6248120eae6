//! What a thief of an office key can do, what the recovery key can do about it, what a lost file does to a ledger, and what
//! compaction does not.

use hefu_journal::{Durability, Journal, Options, RocksStore};
use hefu_rules::admit;
use hefu_tests::export::verify_log;
use hefu_tests::server::{config, keeper, seed};
use hefu_tests::world::{World, code, keys};
use hefu_types::event::membership::{KeyRevoked, OfficeKeyReplaced, RevocationReason, Role};
use hefu_types::limits::OFFICE_KEYS_MAX;
use hefu_types::{Event, Reason, Seq};
use std::sync::Arc;

const OFFICE: &[Role] = &[Role::Admin, Role::Office];

fn replaced(world: &World, old: &str, new: &str) -> Event {
    let replacement = world.enrolment("office", new, OFFICE);
    let reason = RevocationReason::Compromised;
    OfficeKeyReplaced { replaced: keys(old).public(), reason, since_seq: Seq::FIRST, replacement }.into()
}

fn revoked(name: &str) -> Event {
    let reason = RevocationReason::Superseded;
    KeyRevoked { key: keys(name).public(), reason, since_seq: Seq::FIRST }.into()
}

#[test]
fn the_recovery_key_replaces_every_key_of_a_thief_in_one_submission() {
    let mut world = World::opened();
    // The thief holds office-1: it enrols as many keys as it may, and revokes the honest one.
    let thief: Vec<String> = (2..OFFICE_KEYS_MAX).map(|n| format!("thief-{n}")).collect();
    let enrolments = thief.iter().map(|name| world.enrolment("office", name, OFFICE).into()).collect();
    world.say("office-1", enrolments);
    let one_more = world.enrolment("office", "thief-more", OFFICE).into();
    let refusal = world.offer("office-1", vec![one_more]).expect_err("too many office keys");
    assert_eq!(refusal.reason, Reason::OfficeKeysTooMany);
    world.say("office-1", vec![revoked("office-2")]);

    let mut stolen = thief;
    stolen.push("office-1".to_owned());
    let events = stolen.iter().map(|old| replaced(&world, old, &format!("new-{old}"))).collect();
    world.say("recovery", events);
    for old in &stolen {
        let refusal = world.offer(old, vec![world.admission("anyone").into()]).expect_err("a revoked key");
        assert_eq!(refusal.reason, Reason::KeyRevoked, "{old}");
    }
    let admission = world.admission("gamma").into();
    world.say("new-office-1", vec![admission]);
    assert!(world.state.member(&code("gamma")).is_some());
}

#[test]
fn a_folder_that_lost_its_manifest_pointer_is_never_taken_for_an_empty_one() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path().join("data"));
    seed(&config, &World::planned());
    let (path, current) = (config.journal(), config.journal().join("CURRENT"));
    let kept = std::fs::read(&current).unwrap();
    std::fs::remove_file(&current).unwrap();
    for _ in 0..2 {
        assert!(RocksStore::open(&path, Durability::Synced).is_err(), "opened without CURRENT");
    }
    assert!(RocksStore::create(&path).is_err(), "created over old files");
    std::fs::write(&current, kept).unwrap();
    let store = RocksStore::open(&path, Durability::Synced).unwrap();
    let journal = Journal::open(Arc::new(store), keeper(&config), Options::default()).unwrap();
    assert_eq!(verify_log(&journal).entries, World::planned().entries.len() as u64);
}

#[test]
fn a_compacted_database_holds_the_same_log_in_fewer_files() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path().join("data"));
    let mut world = World::planned();
    seed(&config, &world);
    let open = || {
        let store = RocksStore::open(&config.journal(), Durability::Synced).unwrap();
        Journal::open(Arc::new(store), keeper(&config), Options::default()).unwrap()
    };
    // Each start writes out what the last run left in its log.
    for member in ["gamma", "delta"] {
        let signed = world.say("office-1", vec![world.admission(member).into()]);
        let journal = open();
        journal.submit(admit(signed).unwrap()).unwrap().wait().unwrap();
        journal.close();
    }
    let tables = || {
        let files = config.journal().read_dir().unwrap().map(|file| file.unwrap().path());
        files.filter(|path| path.extension().is_some_and(|kind| kind == "sst")).count()
    };
    let store = RocksStore::open(&config.journal(), Durability::Synced).unwrap();
    let before = tables();
    store.compact().unwrap();
    drop(store);
    assert!(tables() < before, "{} tables of {before}", tables());
    let journal = open();
    assert_eq!(verify_log(&journal).entries, world.entries.len() as u64);
    journal.close();
}
