//! The Python programs of tests/: each in a virtual environment with exactly the packages that it names.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;

use crate::shell;
use crate::tally::{Tally, follow};

/// A program of tests/, and what it needs from PyPI when no requirements.txt stands beside it.
struct Program {
    path: &'static str,
    packages: &'static [&'static str],
}

const PROGRAMS: &[Program] = &[
    Program { path: "tests/vectors/reference.py", packages: &["blake3", "cryptography"] },
    Program { path: "tests/python/run.py", packages: &[] },
    Program { path: "tests/python/canonical.py", packages: &[] },
];

/// Runs them all; the workspace must be built.
pub(crate) fn run_all() -> anyhow::Result<Tally> {
    let mut tally = Tally::default();
    let python = match environment() {
        Ok(python) => python,
        Err(e) => {
            PROGRAMS.iter().for_each(|program| tally.skip(program.path, format!("{e:#}")));
            return Ok(tally);
        }
    };
    for program in PROGRAMS {
        if let Err(e) = install(&python, program) {
            tally.skip(program.path, format!("{e:#}"));
        } else {
            tally.add(run(&python, program)?);
        }
    }
    Ok(tally)
}

/// The interpreter of our environment, which is made when it is not there.
fn environment() -> anyhow::Result<PathBuf> {
    let folder = shell::cache("python");
    let python = folder.join("bin/python");
    if !shell::succeeds(Command::new(&python).arg("--version")) {
        println!("making a Python environment in the target folder");
        shell::capture(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
    }
    Ok(python)
}

fn install(python: &Path, program: &Program) -> anyhow::Result<()> {
    let script = shell::root().join(program.path);
    anyhow::ensure!(script.is_file(), "it is not there");
    let requirements = script.with_file_name("requirements.txt");
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    if requirements.is_file() {
        pip.arg("--requirement").arg(requirements);
    } else if program.packages.is_empty() {
        return Ok(());
    } else {
        pip.args(program.packages);
    }
    shell::capture(&mut pip).map(drop).context("its packages can't be installed")
}

/// Runs one and counts what it says; a program that says no count is one test.
fn run(python: &Path, program: &Program) -> anyhow::Result<Tally> {
    let mut command = Command::new(python);
    command.arg(shell::root().join(program.path)).env("PATH", path_with(python)).env("HEFU_BIN_DIR", shell::programs());
    println!("$ python {}", program.path);
    let mut child = command.current_dir(shell::root()).stdout(Stdio::piped()).spawn()?;
    let mut said = Vec::new();
    let output = std::io::BufReader::new(child.stdout.take().expect("a pipe"));
    follow(output, Both(&mut said))?;
    let status = child.wait()?;
    let text = String::from_utf8_lossy(&said);
    let counted = text.lines().rev().find_map(Tally::of_line);
    Ok(match counted {
        Some(tally) if status.success() => tally,
        Some(tally) => Tally { failed: tally.failed.max(1), ..tally },
        None if status.success() => Tally { passed: 1, ..Tally::default() },
        None => Tally { failed: 1, ..Tally::default() },
    })
}

/// What a Python program starts should find our programs and the same Python first.
fn path_with(python: &Path) -> std::ffi::OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let first = [shell::programs(), python.parent().expect("a folder").to_owned()];
    std::env::join_paths(first.into_iter().chain(std::env::split_paths(&path))).unwrap_or(path)
}

/// Writes to stdout and remembers.
struct Both<'a>(&'a mut Vec<u8>);

impl std::io::Write for Both<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        std::io::stdout().write_all(bytes)?;
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        std::io::stdout().flush()
    }
}
