//! What must build, and be audited, without the database; and dependencies that nobody uses.

use super::Finding;
use super::source::{File, Tree};
use super::walls::names;
use crate::shell::{capture, cargo};

/// Crates that an auditor or a member builds: small, quick, and unable to open a database.
const WITHOUT_DATABASE: &[&str] = &[
    "hefu-types",
    "hefu-rules",
    "hefu-views",
    "hefu-verify",
    "hefu-proto",
    "hefu-client",
    "hefu-http",
    "hefu-seeds",
    "hefu",
    "xtask",
];

/// Crates that decide or describe: no network, no runtime, however far down.
const PURE: &[&str] = &["hefu-types", "hefu-rules"];

const DATABASE: &[&str] = &["rocksdb", "librocksdb-sys", "hefu-journal", "hefud"];
const IMPURE: &[&str] = &["tokio", "tonic", "prost", "rocksdb", "hefu-journal"];

/// Used by generated code alone, which lies outside the tree.
const GENERATED: &[(&str, &str)] = &[("proto/Cargo.toml", "tonic-prost")];

pub(super) fn check(tree: &Tree) -> anyhow::Result<Vec<Finding>> {
    let mut findings = vec![];
    for package in WITHOUT_DATABASE {
        let why = "it is for auditors and members, and never opens the database";
        findings.extend(forbidden(package, DATABASE, why)?);
    }
    for package in PURE {
        findings.extend(forbidden(package, IMPURE, "it is pure: bytes and decisions, the same everywhere")?);
    }
    let manifests = tree.files.iter().filter(|file| file.path.ends_with("/Cargo.toml"));
    findings.extend(manifests.flat_map(|manifest| unused(manifest, tree)));
    Ok(findings)
}

fn forbidden(package: &str, crates: &[&str], why: &str) -> anyhow::Result<Option<Finding>> {
    let tree = capture(cargo(["tree", "--edges", "normal,build", "--prefix", "none"]).args(["--package", package]))?;
    let found = tree.lines().skip(1).filter_map(|line| line.split(' ').next()).find(|name| crates.contains(name));
    Ok(found.map(|name| Finding::new(package, format!("it depends on {name}; {why}"))))
}

/// Dependencies that no file of the crate names. Those of build scripts may stand for the features that they select.
fn unused(manifest: &File, tree: &Tree) -> Vec<Finding> {
    let folder = manifest.path.trim_end_matches("Cargo.toml");
    let sources: Vec<&File> = tree.rust().filter(|file| file.is_below(&[folder])).collect();
    let is_named = |name: &str| sources.iter().any(|file| file.text.lines().any(|line| names(line, name)));
    let is_used = |name: &str| is_named(&name.replace('-', "_")) || GENERATED.contains(&(&manifest.path, name));
    let unused = dependencies(&manifest.text).filter(|(_, name)| !is_used(name));
    unused.map(|(line, name)| Finding::new(manifest.at(line), format!("{name} is never used; take it out"))).collect()
}

/// Names below `[dependencies]` and `[dev-dependencies]`, with their lines.
fn dependencies(manifest: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut counts = false;
    manifest.lines().zip(1..).filter_map(move |(line, n)| {
        if line.starts_with('[') {
            counts = matches!(line, "[dependencies]" | "[dev-dependencies]");
            return None;
        }
        let end = line.find(|c: char| !c.is_alphanumeric() && c != '-' && c != '_')?;
        (counts && end > 0).then(|| (n, &line[..end]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unused_dependencies_are_named_with_their_line() {
        let manifest = "[package]\nname = \"x\"\n[dependencies]\n# why\na-b.workspace = true\nc = { path = \"c\" }\n\n[build-dependencies]\nd = \"1\"\n";
        let file = |path: &str, text: &str| File { path: path.into(), text: text.into() };
        let tree = Tree { files: vec![file("x/src/lib.rs", "use a_b::B;\n"), file("y/src/lib.rs", "use c::C;\n")] };
        let found = unused(&file("x/Cargo.toml", manifest), &tree);
        assert_eq!(found, [Finding::new("x/Cargo.toml:6", "c is never used; take it out")]);
    }
}
