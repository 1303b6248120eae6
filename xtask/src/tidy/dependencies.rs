//! What must build, and be audited, without the database.

use super::Finding;
use crate::shell::{capture, cargo};

/// Crates that an auditor or a member builds: small, quick, and unable to open a database.
const WITHOUT_DATABASE: &[&str] = &[
    "hefu-types",
    "hefu-rules",
    "hefu-views",
    "hefu-verify",
    "hefu-proto",
    "hefu-client",
    "hefu-seeds",
    "hefu",
    "xtask",
];

/// Crates that decide or describe: no network, no runtime, no randomness, however far down.
const PURE: &[&str] = &["hefu-types", "hefu-rules"];

const DATABASE: &[&str] = &["rocksdb", "librocksdb-sys", "hefu-journal", "hefud"];
const IMPURE: &[&str] = &["tokio", "tonic", "prost", "rand", "rocksdb", "hefu-journal"];

pub(super) fn check() -> anyhow::Result<Vec<Finding>> {
    let mut findings = vec![];
    for package in WITHOUT_DATABASE {
        let why = "it is for auditors and members, and never opens the database";
        findings.extend(forbidden(package, DATABASE, why)?);
    }
    for package in PURE {
        findings.extend(forbidden(package, IMPURE, "it is pure: bytes and decisions, the same everywhere")?);
    }
    Ok(findings)
}

fn forbidden(package: &str, crates: &[&str], why: &str) -> anyhow::Result<Option<Finding>> {
    let tree = capture(cargo(["tree", "--edges", "normal,build", "--prefix", "none"]).args(["--package", package]))?;
    let found = tree.lines().skip(1).filter_map(|line| line.split(' ').next()).find(|name| crates.contains(name));
    Ok(found.map(|name| Finding::new(package, format!("it depends on {name}; {why}"))))
}
