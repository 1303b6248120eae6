//! `cargo xtask check`: everything that can be said about the code without running it.

use anyhow::bail;

use crate::setup::Purpose;
use crate::shell::{cargo, run as run_aloud, succeeds};
use crate::{features, setup, tidy};

type Step = (&'static str, fn() -> anyhow::Result<()>);

const STEPS: &[Step] = &[
    ("tidy", || tidy::run(&[])),
    ("features", features::check),
    ("format", || run_aloud(&mut cargo(["fmt", "--all", "--check"]))),
    ("clippy", || {
        run_aloud(&mut cargo(["clippy", "--workspace", "--all-targets", "--keep-going", "--", "--deny", "warnings"]))
    }),
    ("documentation", document),
    ("dependencies", deny),
];

/// Runs every step, also after one has failed, and names those that have.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<()> {
    crate::no_arguments(arguments)?;
    setup::ensure(Purpose::Build)?;
    let mut failed = vec![];
    for (name, step) in STEPS {
        println!("== {name}");
        if let Err(e) = step() {
            println!("{e:#}");
            failed.push(*name);
        }
    }
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    println!("check: all is well");
    Ok(())
}

/// A link to a private item is plain text in the published pages and works in an editor; it is allowed. A broken one is not.
fn document() -> anyhow::Result<()> {
    let mut command = cargo(["doc", "--workspace", "--no-deps", "--quiet"]);
    run_aloud(command.env("RUSTDOCFLAGS", "--deny warnings --allow rustdoc::private_intra_doc_links"))
}

fn deny() -> anyhow::Result<()> {
    if !succeeds(&mut cargo(["deny", "--version"])) {
        println!("skipped: licences and advisories (cargo-deny is not installed: cargo install --locked cargo-deny)");
        return Ok(());
    }
    run_aloud(&mut cargo(["deny", "--all-features", "check", "bans", "licenses", "sources"]))?;
    // The database of advisories is fetched from its own repository, which not every machine can reach.
    if succeeds(&mut cargo(["deny", "fetch", "db"])) {
        run_aloud(&mut cargo(["deny", "--all-features", "check", "advisories"]))
    } else {
        println!("skipped: advisories (their database can't be fetched from here)");
        Ok(())
    }
}
