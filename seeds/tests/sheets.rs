//! Each plan's sheet of figures is the one that was committed after reading it line by line against the source.
//!
//! `HEFU_BLESS=1` rewrites the files. Bless only what was read again.

use std::path::Path;

use hefu_seeds::{Catalogue, PLANS};

#[test]
fn every_sheet_is_the_committed_one() {
    for files in PLANS {
        let rendered = Catalogue::load(files).expect("a readable plan").target_sheet();
        // Cargo runs a test in the folder of its crate.
        let path = Path::new(files.folder).join("TARGETS.md");
        if std::env::var_os("HEFU_BLESS").is_some() {
            std::fs::write(&path, &rendered).expect("a writable sheet");
        }
        let committed = std::fs::read_to_string(&path).expect("a committed sheet");
        for (number, (committed, rendered)) in (1..).zip(committed.lines().zip(rendered.lines())) {
            assert_eq!(committed, rendered, "{}/TARGETS.md, line {number}", files.folder);
        }
        assert_eq!(committed.len(), rendered.len(), "{}/TARGETS.md has another length", files.folder);
    }
}
