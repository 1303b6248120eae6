//! `cargo xtask test`.

use anyhow::bail;

use crate::setup::Purpose;
use crate::shell::{self, cargo};
use crate::tally::{Tally, count};
use crate::{python, setup};

/// Builds, runs the programs in Python, then cargo's tests, so that cargo's own closing lines stand at the end, and below
/// them one line with all counts.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<()> {
    crate::no_arguments(arguments)?;
    setup::ensure(Purpose::Test)?;
    let tally = tests().unwrap_or_else(|e| {
        println!("{e:#}");
        Tally { failed: 1, ..Tally::default() }
    });
    println!("{tally}");
    match tally.failed {
        0 => Ok(()),
        n => bail!("{n} failed"),
    }
}

fn tests() -> anyhow::Result<Tally> {
    // All targets at once, so that programs and tests share the features of what they depend on: nothing is built twice.
    shell::run(&mut cargo(["build", "--workspace", "--all-targets"]))?;
    let mut tally = python::run_all()?;
    // Tests read what the programs say in English, wherever they run.
    tally.add(count(cargo(["test", "--workspace", "--no-fail-fast"]).env("HEFU_LANG", "en"))?);
    Ok(tally)
}
