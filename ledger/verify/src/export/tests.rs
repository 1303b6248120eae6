use super::*;
use std::fs::{self, File};
use std::ops::ControlFlow;

const END: Size = Size::new(u64::MAX);
const LONGEST: u64 = longest(Tile { contents: Contents::Entries, number: 0, width: 1 });

#[test]
fn splits_whole_entries_and_keeps_count_of_the_rest() {
    let bundle = Bundle::split(Bytes::from_static(&[0, 2, b'a', b'b', 0, 0, 0, 3, b'c']));
    assert_eq!(bundle.entries, [&b"ab"[..], b""]);
    assert_eq!(bundle.leftover, 3);
    let zeros = Bundle::split(Bytes::from(vec![0; 2 * 257]));
    assert_eq!((zeros.entries.len(), zeros.leftover, zeros.is_whole()), (256, 2, false));
}

fn export(files: &[(&str, &[u8])]) -> (tempfile::TempDir, Export) {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join("tile/entries").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    let export = Export::open(folder.path()).unwrap();
    (folder, export)
}

#[test]
fn narrower_files_must_hold_the_first_entries_of_the_widest() {
    let three = [0, 1, b'a', 0, 1, b'b', 0, 1, b'c'];
    for (narrower, differing) in [(&three[..6], None), (&three[..3], Some(2)), (&three[3..], Some(2)), (&[], Some(2))] {
        let (_folder, export) = export(&[("000.p/3", &three), ("000.p/2", narrower)]);
        let bundle = export.bundle(0, END).unwrap();
        assert_eq!((bundle.entries.len(), bundle.differing), (3, differing));
        assert_eq!(bundle.is_whole(), export.entries(None).all(|entry| entry.is_ok()));
    }
}

#[test]
fn what_is_no_bundle_is_neither_waited_for_nor_read_whole() {
    let (folder, export) = export(&[("000", &[0, 1, b'a']), ("001.p/1", b""), ("002.p/300", b""), ("002.p/0", b"")]);
    let root = folder.path().join("tile/entries");
    let sparse = File::create(root.join("000")).unwrap();
    sparse.set_len(1 << 40).unwrap();
    let bundle = export.bundle(0, END).unwrap();
    assert_eq!((bundle.entries.len() as u64, bundle.leftover as u64), (256, LONGEST + 1 - 512));
    std::os::unix::fs::symlink("/dev/zero", root.join("001")).unwrap();
    assert_eq!(export.bundle(1, END).unwrap().entries.len(), 0);
    assert_eq!(export.last(Contents::Entries).unwrap(), Some(1));
}

/// What `work` hands out of an export, and whether it ended well; it stops when so many bundles were taken.
fn worked(export: &Export, most: usize) -> (Vec<Bytes>, Result<(), ExportError>) {
    let (mut taken, mut bundles) = (Vec::new(), 0);
    let outcome = export.work(<[Bytes]>::to_vec, |entries| {
        taken.extend(entries);
        bundles += 1;
        Ok(if bundles == most { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    });
    (taken, outcome)
}

#[test]
fn work_is_handed_out_in_the_order_of_entries_up_to_the_first_fault() {
    let bundle = |number: u16, entries: u16| -> Vec<u8> {
        (0..entries).flat_map(|n| [&[0, 4][..], &number.to_be_bytes(), &n.to_be_bytes()].concat()).collect()
    };
    let number = |n: u16| format!("{n:03}");
    let mut files: Vec<(String, Vec<u8>)> = (0..70).map(|n| (number(n), bundle(n, 256))).collect();
    files.push(("070.p/9".into(), bundle(70, 9)));
    let open = |files: &[(String, Vec<u8>)]| {
        export(&files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect::<Vec<_>>())
    };
    let all = |export: &Export| export.entries(None).map_while(Result::ok).collect::<Vec<_>>();
    let (_folder, whole) = open(&files);
    let (taken, outcome) = worked(&whole, usize::MAX);
    assert!(outcome.is_ok());
    assert_eq!((taken.len(), &taken), (70 * 256 + 9, &all(&whole)));
    assert_eq!(worked(&whole, 40).0, all(&whole)[..40 * 256]);

    files[50].1.push(7);
    let (_folder, damaged) = open(&files);
    let (taken, outcome) = worked(&damaged, usize::MAX);
    assert!(matches!(outcome, Err(ExportError::Damaged(50))), "{outcome:?}");
    assert_eq!((taken.len(), taken), (50 * 256, all(&damaged)));
    assert!(worked(&damaged, 50).1.is_ok(), "nobody looked so far");
}
