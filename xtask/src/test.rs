//! `cargo xtask test`.

use std::io::BufReader;
use std::process::Stdio;

use anyhow::bail;

use crate::setup::Purpose;
use crate::shell::{self, cargo, words};
use crate::tally::{Tally, follow};
use crate::{python, setup};

/// Builds, runs the programs in Python, then cargo's tests, so that cargo's own closing lines stand at the end.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<()> {
    crate::no_arguments(arguments)?;
    setup::ensure(Purpose::Test)?;
    shell::build_all()?;
    let mut tally = python::run_all()?;
    tally.add(cargo_test()?);
    println!("{tally}");
    match tally.failed {
        0 => Ok(()),
        n => bail!("{n} failed"),
    }
}

fn cargo_test() -> anyhow::Result<Tally> {
    let mut command = cargo(["test", "--workspace", "--no-fail-fast"]);
    println!("$ {}", words(&command));
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let output = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut tally = follow(output, std::io::stdout())?;
    if !child.wait()?.success() {
        // A crate that does not compile, or a test program that died, prints no count.
        tally.failed = tally.failed.max(1);
    }
    Ok(tally)
}
