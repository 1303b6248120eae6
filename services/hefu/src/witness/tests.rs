use hefu_types::checkpoint::SignedCheckpoint;
use hefu_types::sign::Keypair;
use hefu_types::{AddCheckpoint, Checkpoint, RootHash, Size, cosignature};

use super::*;

const ORIGIN: &str = "example.org/log";

pub(super) fn log() -> NoteSigner {
    NoteSigner::new(ORIGIN, Keypair::from_seed(&[1; 32])).unwrap()
}

/// Asks for a first checkpoint; no proof is needed for it.
pub(super) fn first(size: u64, root: u8) -> AddCheckpoint {
    let checkpoint = Checkpoint::new(ORIGIN, Size::new(size), RootHash::from_bytes([root; 32])).unwrap();
    let note = SignedCheckpoint::sign(&checkpoint, &log()).unwrap().note().clone();
    AddCheckpoint { old: Size::EMPTY, proof: vec![], note }
}

fn again(request: AddCheckpoint, size: u64) -> AddCheckpoint {
    AddCheckpoint { old: Size::new(size), ..request }
}

pub(super) fn witness(data: &Path) -> Witness {
    Witness::open(data, &[log().vkey().clone()]).unwrap()
}

fn status(answer: Result<NoteSignature, AddError>) -> u16 {
    match answer {
        Ok(_) => 200,
        Err(AddError::Rejected(rejection)) => rejection.status(),
        Err(_) => 500,
    }
}

#[test]
fn a_restart_remembers_what_was_cosigned() {
    let dir = tempfile::tempdir().unwrap();
    let vkey = Witness::init(dir.path(), "w.example.org").unwrap();
    let before = witness(dir.path());
    assert_eq!(before.vkey(), &vkey);
    let line = before.add_checkpoint(&first(7, 1).to_bytes(), 99).unwrap();
    let seen = cosignature::verify(first(7, 1).note.text(), &line, &vkey).unwrap();
    assert_eq!(seen.timestamp(), 99);
    drop(before);

    let after = witness(dir.path());
    let served = after.checkpoint(&origin_hash(ORIGIN)).unwrap();
    let served = SignedCheckpoint::open(&served, log().vkey()).unwrap();
    assert_eq!(served.cosignatures([&vkey]).unwrap(), [seen]);
    assert_eq!(status(after.add_checkpoint(&first(9, 2).to_bytes(), 100)), 409);
    assert_eq!(status(after.add_checkpoint(&again(first(7, 2), 7).to_bytes(), 100)), 422);
    assert_eq!(status(after.add_checkpoint(&again(first(7, 1), 7).to_bytes(), 100)), 200);
}

#[test]
fn what_can_t_be_kept_is_not_cosigned_nor_is_anything_after_it() {
    let dir = tempfile::tempdir().unwrap();
    Witness::init(dir.path(), "w").unwrap();
    let witness = witness(dir.path());
    fs::remove_dir(logs_folder(dir.path())).unwrap();
    assert_eq!(status(witness.add_checkpoint(&first(7, 1).to_bytes(), 1)), 500);
    fs::create_dir(logs_folder(dir.path())).unwrap();
    assert_eq!(status(witness.add_checkpoint(&first(7, 1).to_bytes(), 1)), 500, "nobody knows what the disk holds");
    assert_eq!(witness.checkpoint(&origin_hash(ORIGIN)), None);
}

#[test]
fn two_at_a_time_cosign_one_history() {
    let dir = tempfile::tempdir().unwrap();
    Witness::init(dir.path(), "w").unwrap();
    let witness = &witness(dir.path());
    let cosigned = std::thread::scope(|scope| {
        let ask = |root| scope.spawn(move || status(witness.add_checkpoint(&first(7, root).to_bytes(), 1)));
        let asked: Vec<_> = (0..8).map(ask).collect();
        asked.into_iter().map(|one| one.join().unwrap()).filter(|status| *status == 200).count()
    });
    assert_eq!(cosigned, 1);
}

#[test]
fn a_folder_that_is_not_in_order_does_not_open() {
    let dir = tempfile::tempdir().unwrap();
    let open = |keys: &[VerifierKey]| Witness::open(dir.path(), keys);
    assert!(matches!(open(&[]), Err(WitnessError::Key(_))));
    assert!(matches!(Witness::init(dir.path(), "a b"), Err(WitnessError::NameInvalid(_))));
    let vkey = Witness::init(dir.path(), "w").unwrap();
    assert!(matches!(Witness::init(dir.path(), "w"), Err(WitnessError::Key(_))), "a key is never overwritten");
    assert!(matches!(open(&[vkey]), Err(WitnessError::NoLogKey(_))));

    let running = witness(dir.path());
    assert!(matches!(open(&[]), Err(WitnessError::Busy { .. })));
    running.add_checkpoint(&first(7, 1).to_bytes(), 1).unwrap();
    drop(running);

    let kept = logs_folder(dir.path()).join(origin_hash(ORIGIN));
    let good = fs::read_to_string(&kept).unwrap();
    let ours = good.trim_end().rfind('\n').unwrap();
    for bad in [String::new(), good.replacen("\n7\n", "\n8\n", 1), good[..=ours].to_owned()] {
        fs::write(&kept, bad).unwrap();
        assert!(matches!(open(&[log().vkey().clone()]), Err(WitnessError::Damaged { .. })));
    }
    fs::write(&kept, good).unwrap();
    assert!(open(&[log().vkey().clone()]).is_ok());
}

#[test]
fn the_key_is_its_owner_s_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    Witness::init(dir.path(), "w").unwrap();
    let mode = fs::metadata(key_file(dir.path())).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}
