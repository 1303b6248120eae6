//! Who may name what, and how large and how well introduced files are.

use super::Finding;
use super::source::{File, Tree};

/// The most lines of a Rust file: beyond that it is two.
const LINES_MAX: usize = 450;

/// The fewest lines of a crate's introduction: what it is, what it never does, what to read next.
const CRATE_DOC_LINES_MIN: usize = 10;

/// Words that only some files may use.
struct Wall {
    words: &'static [&'static str],
    /// Which files the rule is about.
    applies: fn(&File) -> bool,
    why: &'static str,
}

const ROCKS_FILES: &[&str] = &[
    "ledger/journal/src/rocks.rs",
    "ledger/journal/src/checkpoints.rs",
    "ledger/journal/src/rows.rs",
    "ledger/journal/src/options.rs",
];
const PURE: &[&str] = &["ledger/types/src/", "ledger/rules/src/"];
const OWN_CLOCK: &[&str] = &["ledger/journal/src/clock.rs", "services/", "tests/", "xtask/"];

const WALLS: &[Wall] = &[
    Wall {
        words: &["prost", "prost_types", "tonic"],
        applies: |f| !f.is_below(&["proto/", "services/", "tests/", "xtask/"]),
        why: "only proto/ and services/ know the wire: everything behind them takes domain types",
    },
    Wall {
        words: &["rocksdb"],
        applies: |f| !ROCKS_FILES.contains(&f.path.as_str()) && !f.is_below(&["xtask/"]),
        why: "only the journal's rocks.rs, checkpoints.rs, rows.rs and options.rs know RocksDB, so that another engine can stand there",
    },
    Wall {
        words: &[
            "std::time",
            "std::fs",
            "std::net",
            "std::env",
            "std::process",
            "std::thread",
            "SystemTime",
            "Instant",
        ],
        applies: |f| f.is_below(PURE) && !f.is_test(),
        why: "types and rules are pure: a decision depends on the log alone, or replay would not repeat it",
    },
    Wall {
        words: &["getrandom", "rand", "tokio", "rayon"],
        applies: |f| f.is_below(PURE) && !f.is_test(),
        why: "types and rules use neither randomness nor I/O: a decision depends on the log alone",
    },
    Wall {
        words: &["SystemTime", "Instant"],
        applies: |f| !f.is_below(OWN_CLOCK) && !f.is_test(),
        why: "entries carry the only time that counts; the journal's clock.rs and the services read clocks",
    },
    Wall {
        words: &["f32", "f64"],
        applies: |f| {
            f.is_below(&["ledger/types/src/", "ledger/rules/src/", "ledger/views/src/", "ledger/journal/src/"])
        },
        why: "numbers are decimals: a float does not give the same sum everywhere",
    },
    Wall {
        words: &["HashMap", "HashSet"],
        applies: |f| f.is_below(&["ledger/rules/src/"]),
        why: "the rules' state is walked in an order that must not depend on a random seed: BTreeMap, BTreeSet",
    },
];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings: Vec<Finding> = tree.rust().flat_map(|file| breaches(file).chain(too_long(file))).collect();
    findings.extend(missing_rocks(tree));
    findings.extend(tree.rust().filter_map(short_introduction));
    findings
}

fn breaches(file: &File) -> impl Iterator<Item = Finding> {
    WALLS.iter().filter(|wall| (wall.applies)(file)).flat_map(move |wall| {
        file.code().filter_map(move |(line, code)| {
            let word = wall.words.iter().find(|word| names(code, word))?;
            Some(Finding::new(file.at(line), format!("{word}: {}", wall.why)))
        })
    })
}

/// Whether a line holds a path or name as whole words; a longer name or `prost_types` is not `prost`.
pub(super) fn names(code: &str, word: &str) -> bool {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word)
        .any(|(at, _)| !code[..at].ends_with(is_name) && !code[at + word.len()..].starts_with(is_name))
}

/// The wall around RocksDB names files that are there and use it, so that it can't be kept by an empty list.
fn missing_rocks(tree: &Tree) -> Vec<Finding> {
    let uses =
        |path: &str| tree.rust().any(|file| file.path == path && file.code().any(|(_, code)| names(code, "rocksdb")));
    let idle = ROCKS_FILES.iter().filter(|path| !uses(path));
    idle.map(|path| Finding::new(*path, "it does not use RocksDB; take it from the list in tidy/walls.rs")).collect()
}

fn too_long(file: &File) -> Option<Finding> {
    let lines = file.text.lines().count();
    let says = format!("{lines} lines, at most {LINES_MAX}: a file is read in one sitting; make it two");
    (lines > LINES_MAX).then(|| Finding::new(&file.path, says))
}

/// Crate roots, binaries' and libraries', open with an introduction; where a crate has both, the library's counts.
fn short_introduction(file: &File) -> Option<Finding> {
    let root = file.path.ends_with("src/lib.rs") || file.path == "xtask/src/main.rs" || is_lonely_main(file);
    let lines = file.text.lines().take_while(|line| line.starts_with("//!")).count();
    let says = format!(
        "an introduction of {lines} lines; a crate says in {CRATE_DOC_LINES_MIN} or more what it is, what it never does and \
         what to read next"
    );
    (root && lines < CRATE_DOC_LINES_MIN).then(|| Finding::new(&file.path, says))
}

fn is_lonely_main(file: &File) -> bool {
    let library = file.path.strip_suffix("main.rs").map(|folder| format!("{folder}lib.rs"));
    file.path.ends_with("src/main.rs") && library.is_some_and(|path| !crate::shell::root().join(path).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> File {
        File { path: path.into(), text: text.into() }
    }

    /// What is said about a file with this line.
    fn found(path: &str, text: &str) -> Vec<String> {
        breaches(&file(path, text)).map(|finding| finding.says).collect()
    }

    #[test]
    fn each_wall_is_seen_from_the_wrong_side_only() {
        for (line, wrong, right) in [
            ("use tonic::Status;", "ledger/journal/src/journal.rs", "services/hefud/src/query.rs"),
            ("let m = prost::Message::encode(x);", "ledger/views/src/row.rs", "proto/src/convert.rs"),
            ("use rocksdb::DB;", "services/hefud/src/server.rs", "ledger/journal/src/rows.rs"),
            ("use std::fs;", "ledger/types/src/ids.rs", "ledger/verify/src/export.rs"),
            ("let t = std::time::Duration::ZERO;", "ledger/rules/src/plan.rs", "ledger/journal/src/clock.rs"),
            ("getrandom::fill(&mut x);", "ledger/rules/src/state.rs", "services/client/src/keyfile.rs"),
            ("let now = Instant::now();", "ledger/views/src/engine.rs", "services/client/src/retry.rs"),
            ("fn mean(x: f64) {}", "ledger/views/src/board.rs", "services/bench/src/main.rs"),
            ("use std::collections::HashMap;", "ledger/rules/src/state.rs", "ledger/views/src/memory.rs"),
        ] {
            assert!(!found(wrong, line).is_empty(), "{line} in {wrong}");
            assert_eq!(found(right, line), Vec::<String>::new(), "{line} in {right}");
        }
    }

    #[test]
    fn words_are_whole_and_comments_are_free() {
        assert_eq!(
            found("ledger/types/src/a.rs", "// use std::fs;\nlet operand = brand;\nlet x = 1; // rocksdb"),
            [""; 0]
        );
    }

    #[test]
    fn long_files_and_short_introductions_are_found() {
        assert!(too_long(&file("a.rs", &"x\n".repeat(LINES_MAX))).is_none());
        assert!(too_long(&file("a.rs", &"x\n".repeat(LINES_MAX + 1))).is_some());
        assert!(short_introduction(&file("seeds/src/lib.rs", "//! Short.\n")).is_some());
        assert!(short_introduction(&file("seeds/src/lib.rs", &"//! Long.\n".repeat(10))).is_none());
        assert!(short_introduction(&file("seeds/src/plan.rs", "//! Short.\n")).is_none());
    }
}
