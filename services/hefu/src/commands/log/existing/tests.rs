use hefu_types::Seq;
use tempfile::TempDir;

use super::testing::{log, write};
use super::*;

fn export(size: u64) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), size);
    folder
}

fn checked(folder: &TempDir) -> Result<u64, &'static str> {
    let size = Existing::open(folder.path()).and_then(Existing::check).map(|(_, checked)| checked.checker.size());
    size.map(|size| size.get()).map_err(|failure| failure.code)
}

#[test]
fn everything_that_is_there_is_checked() {
    for size in [0, 1, 40, 256, 300] {
        assert_eq!(checked(&export(size)), Ok(size));
    }
    let files = [
        (40, "entries/000.p/40"),
        (300, "entries/000"),
        (300, "entries/001.p/44"),
        (40, "0/000.p/40"),
        (300, "0/000"),
        (300, "0/001.p/44"),
        (300, "1/000.p/1"),
    ];
    for (size, file) in files {
        let folder = export(size);
        let path = folder.path().join("tile").join(file);
        let good = fs::read(&path).unwrap();
        let mut flipped = good.clone();
        flipped[good.len() / 2] ^= 1;
        let more = [&good[..], &[0]].concat();
        for bad in [&flipped[..], &good[..good.len() - 1], &good[..good.len() / 40 * 39], &more, &[0], &[]] {
            fs::write(&path, bad).unwrap();
            assert_eq!(checked(&folder), Err("EXPORT_DIFFERS"), "{file} of {size}, {} bytes", bad.len());
        }
    }
}

#[test]
fn gaps_and_files_of_another_width_are_no_export() {
    let folder = export(600);
    let root = folder.path().join("tile/entries");
    fs::rename(root.join("001"), root.join("kept")).unwrap();
    assert_eq!(checked(&folder), Err("EXPORT_DIFFERS"));
    fs::rename(root.join("kept"), root.join("001")).unwrap();
    fs::rename(root.join("002.p/88"), root.join("002.p/89")).unwrap();
    assert_eq!(checked(&folder), Err("EXPORT_DIFFERS"));
}

#[test]
fn a_tile_of_entries_that_are_not_there_is_no_export() {
    for file in ["0/002.p/1", "0/001.p/45", "1/000.p/2", "2/000.p/1"] {
        let folder = export(300);
        let path = folder.path().join("tile").join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, [0; 64]).unwrap();
        assert_eq!(checked(&folder), Err("EXPORT_DIFFERS"), "{file}");
    }
}

/// What an interrupted export leaves is fine, if it is what the wider file begins with.
#[test]
fn narrower_files_are_checked_too() {
    let folder = export(300);
    let root = folder.path().join("tile/entries");
    let mut first = vec![];
    frame(&mut first, log(1)[0].bytes());
    fs::create_dir(root.join("000.p")).unwrap();
    fs::write(root.join("000.p/1"), &first).unwrap();
    assert_eq!(checked(&folder), Ok(300));
    fs::write(root.join("001.p/1"), &first).unwrap();
    assert_eq!(checked(&folder), Err("EXPORT_DIFFERS"));
}

#[test]
fn tiles_that_are_missing_are_made() {
    let folder = export(600);
    let before = testing::files_of(folder.path());
    for file in ["0/000", "0/002.p/88", "1/000.p/2"] {
        fs::remove_file(folder.path().join("tile").join(file)).unwrap();
    }
    assert_eq!(checked(&folder), Ok(600));
    write(folder.path(), 600);
    assert_eq!(testing::files_of(folder.path()), before);
}

#[test]
fn a_checkpoint_of_another_root_or_a_longer_log_is_no_export() {
    let folder = export(300);
    let (_, found) = Existing::open(folder.path()).and_then(Existing::check).unwrap();
    let note = |size: u64, root| {
        let body = Checkpoint::new("o", Size::new(size), root).unwrap().body();
        let line = hefu_types::NoteSignature::new("o", [0; 4], &[1]).unwrap();
        fs::write(folder.path().join("checkpoint"), Note::new(body, vec![line]).unwrap().to_bytes()).unwrap();
    };
    note(300, found.rows.root());
    assert_eq!(checked(&folder), Ok(300));
    for (size, root) in [(299, found.rows.root()), (301, found.rows.root()), (300, TileRows::default().root())] {
        note(size, root);
        assert_eq!(checked(&folder), Err("EXPORT_DIFFERS"), "{size}");
    }
    fs::write(folder.path().join("checkpoint"), "no note").unwrap();
    assert_eq!(checked(&folder), Err("EXPORT_DIFFERS"));
}

#[test]
fn a_folder_with_something_else_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(checked(&folder), Ok(0));
    fs::write(folder.path().join("letter.txt"), "").unwrap();
    assert_eq!(checked(&folder), Err("USAGE"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    let (_, found) = Existing::open(&folder.path().join("new/copy")).and_then(Existing::check).unwrap();
    assert_eq!(found.checker.size().get(), 0);
    assert!(!folder.path().join("new").exists());
}

#[test]
fn an_entry_is_found_by_its_position() {
    let folder = export(300);
    let existing = Existing::open(folder.path()).unwrap();
    for entry in log(300).iter().step_by(37) {
        assert_eq!(existing.entry(entry.seq()).unwrap(), entry.bytes());
    }
    assert_eq!(existing.entry(Seq::new(300)).unwrap_err().code, "EXPORT_DIFFERS");
}
