//! The auditor's part: from an export and a head alone.

use std::fs;
use std::path::Path;

use anyhow::ensure;

use super::chapters::column;
use super::export::flip;
use super::stage::Stage;

/// `hefu verify` found something wrong.
const BROKEN: i32 = 4;

pub(super) fn export(stage: &mut Stage) -> anyhow::Result<()> {
    println!(
        "An auditor takes a copy of the log, and the head, best from someone else. Nothing more is needed from now on."
    );
    stage.show("hefu log export export")?;
    stage.save("hefu --output json log head", "head.json")?;
    println!("$ hefu --output json log head >head.json");
    stage.head = stage.quiet("hefu --output csv log head")?;
    Ok(())
}

pub(super) fn verify(stage: &mut Stage) -> anyhow::Result<()> {
    println!(
        "Every signature under the keys as they stood at that moment, every link, and every rule is checked again, without"
    );
    println!("the server.");
    stage.show("hefu verify export --head head.json")
}

pub(super) fn tamper(stage: &mut Stage) -> anyhow::Result<()> {
    println!("In a copy, one bit of one entry is changed.");
    copy(&stage.folder.join("export"), &stage.folder.join("forged"))?;
    let (seq, path, at) = flip(&stage.folder.join("forged"))?;
    println!("\n(byte {at} of {} flipped, which is in entry {seq})", path.strip_prefix(&stage.folder)?.display());
    let words = "hefu verify forged --head head.json";
    let output = stage.watch(words)?;
    print!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.code() == Some(BROKEN), "verify ended with {} instead of {BROKEN}", output.status);
    let csv = stage.watch_quietly("hefu --output csv verify forged --head head.json")?;
    let named = column(&csv, "failure_seq")?;
    ensure!(named == [seq.to_string()], "verify named {named:?}, not entry {seq}");
    println!("Found, and named: entry {seq}.");
    Ok(())
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    for item in fs::read_dir(from)? {
        let item = item?;
        let target = to.join(item.file_name());
        if item.file_type()?.is_dir() {
            copy(&item.path(), &target)?;
        } else {
            fs::copy(item.path(), target)?;
        }
    }
    Ok(())
}

pub(super) fn replay(stage: &mut Stage) -> anyhow::Result<()> {
    println!(
        "All views are built once more, in memory, from the export. Their digests must be the server's, to the bit, and those"
    );
    println!("that the operator recorded in the log.");
    stage.show("hefu replay export --to replayed")?;
    let records = fs::read_to_string(stage.folder.join("replayed/records.json"))?;
    ensure!(records.matches("\"compared\": true").count() == 3, "not every view was held to its record:\n{records}");
    let ours = stage.quiet("hefu --output csv replay export --to replayed-again")?;
    let theirs = stage.until("hefu --output csv views", |csv| csv == ours)?;
    stage.show("hefu views")?;
    println!("{} views, the same.", column(&theirs, "digest")?.len());
    Ok(())
}
