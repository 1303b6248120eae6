//! The Python programs of tests/: `run.py` there runs them all, against a server of its own.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use crate::shell::{self, root};
use crate::tally::{Tally, count};

const RUNNER: &str = "tests/python/run.py";
const PACKAGES: &str = "tests/python/requirements.txt";

/// Runs them; the workspace must be built. Without Python, or without the packages and a network, they are skipped.
pub(crate) fn run_all() -> anyhow::Result<Tally> {
    match environment() {
        Ok(python) => {
            let mut runner = Command::new(python);
            runner.env("HEFUD", shell::program("hefud")?).env("HEFU", shell::program("hefu")?);
            count(runner.arg(RUNNER).current_dir(root()))
        }
        Err(e) => {
            let mut tally = Tally::default();
            tally.skip(RUNNER, format!("{e:#}"));
            Ok(tally)
        }
    }
}

/// An interpreter with exactly the packages that the programs name.
fn environment() -> anyhow::Result<PathBuf> {
    let folder = shell::cache("python");
    let python = folder.join("bin/python");
    if !shell::succeeds(Command::new(&python).arg("--version")) {
        shell::capture(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
    }
    install(&python)?;
    Ok(python)
}

fn install(python: &Path) -> anyhow::Result<()> {
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", PACKAGES]);
    shell::capture(pip.current_dir(root())).map(drop).context("its packages can't be installed")
}
