//! `cargo xtask test`.

use anyhow::bail;

use crate::setup::Purpose;
use crate::shell::{build_all, cargo};
use crate::tally::count;
use crate::{python, setup};

/// Builds, runs the programs in Python, then cargo's tests, so that cargo's own closing lines stand at the end.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<()> {
    crate::no_arguments(arguments)?;
    setup::ensure(Purpose::Test)?;
    build_all()?;
    let mut tally = python::run_all()?;
    tally.add(count(&mut cargo(["test", "--workspace", "--no-fail-fast"]))?);
    println!("{tally}");
    match tally.failed {
        0 => Ok(()),
        n => bail!("{n} failed"),
    }
}
