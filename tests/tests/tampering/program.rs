//! What `hefu verify` says: exit code 4, and the entry at fault by position and kind.

use std::process::{Command, Output};

use bytes::Bytes;
use hefu_tests::child::program;
use hefu_tests::export;
use serde_json::Value;

use crate::log::{Copy, world};

/// Changes the entries of an export.
type Change = fn(&mut Vec<Bytes>);

/// Verification failed.
const BROKEN: i32 = 4;

fn verify(entries: &[Bytes], copy: &Copy) -> Output {
    let dir = tempfile::tempdir().expect("a folder");
    export::write(dir.path(), entries);
    let mut command = Command::new(program("hefu"));
    command.args(["verify", "--output", "json", "--size", &copy.head.size.to_string()]);
    command.args(["--chain-hash", &copy.head.chain_hash.to_string()]).arg(dir.path());
    command.output().expect("a program")
}

fn report(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).expect("a report")
}

#[test]
fn the_program_exits_with_4_and_names_position_and_kind() {
    let copy = Copy::of(&world());
    let good = verify(&copy.entries, &copy);
    assert!(good.status.success(), "{good:?}");
    assert_eq!(report(&good)["verified"], true);

    let edits: [(Change, u64, &str); 5] = [
        (|entries| flip(entries, 300, 60), 300, "signature"),
        (|entries| flip(entries, 999, 16), 999, "head"),
        (|entries| flip(entries, 0, 0), 0, "link"),
        (|entries| drop(entries.remove(255)), 255, "seq"),
        (|entries| drop(entries.pop()), 999, "missing"),
    ];
    for (make, seq, kind) in edits {
        let mut entries = copy.entries.clone();
        make(&mut entries);
        let output = verify(&entries, &copy);
        assert_eq!(output.status.code(), Some(BROKEN), "{output:?}");
        let report = report(&output);
        assert_eq!((&report["failure_seq"], &report["failure_kind"]), (&seq.into(), &kind.into()), "{report}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(&seq.to_string()) && said.contains(kind), "{said}");
    }
}

fn flip(entries: &mut [Bytes], seq: usize, byte: usize) {
    let mut bytes = entries[seq].to_vec();
    bytes[byte] ^= 0x10;
    entries[seq] = bytes.into();
}
