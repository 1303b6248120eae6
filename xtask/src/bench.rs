//! `cargo xtask bench`: builds, and hands over to `services/bench`; with `peers`, beside other stores.

use std::path::PathBuf;
use std::process::Command;

use crate::setup::Purpose;
use crate::{setup, shell};

/// Other stores: a workspace of its own, which the default build does not know.
const PEERS: &str = "services/bench/peers/Cargo.toml";

pub(crate) fn run(arguments: &[String]) -> anyhow::Result<()> {
    let (peers, arguments) = match arguments.split_first() {
        Some((first, rest)) if first == "peers" => (true, rest),
        _ => (false, arguments),
    };
    setup::ensure(if peers { Purpose::Peers } else { Purpose::Build })?;
    shell::build_all()?;
    let mut bench = Command::new(shell::program("hefu-bench")?);
    if peers {
        bench.arg("--peers").arg(build_peers()?);
    }
    shell::run(bench.args(arguments))
}

/// Builds the programs of other stores, in a folder of their own; without protoc, those that do without.
fn build_peers() -> anyhow::Result<PathBuf> {
    let target = shell::cache("peers");
    let mut build = shell::cargo(["build", "--release", "--locked", "--manifest-path", PEERS, "--target-dir"]);
    build.arg(&target);
    if shell::is_installed("protoc") {
        build.args(["--features", "umadb"]);
    }
    // Its own flags: those of the workspace are for our signatures.
    shell::run(build.env("RUSTFLAGS", ""))?;
    Ok(target.join("release"))
}
