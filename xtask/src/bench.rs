//! `cargo xtask bench`: builds, and hands over to `services/bench`.

use std::process::Command;

use crate::setup::Purpose;
use crate::{setup, shell};

pub(crate) fn run(arguments: &[String]) -> anyhow::Result<()> {
    setup::ensure(Purpose::Build)?;
    shell::build_all()?;
    shell::run(Command::new(shell::program("hefu-bench")?).args(arguments))
}
