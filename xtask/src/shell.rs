//! Running other programs, and where things are.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context as _, bail};

/// Compilers that remember what they compiled, under the compilers' own names.
const CCACHE: &str = "/usr/lib/ccache";

/// The workspace.
pub(crate) fn root() -> PathBuf {
    let here = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&here).parent().expect("xtask lies in the workspace").to_owned()
}

/// Where the workspace's programs are built: beside this one.
pub(crate) fn programs() -> PathBuf {
    let this = std::env::current_exe().expect("a path to this program");
    this.parent().expect("a folder").to_owned()
}

/// A program of the workspace.
pub(crate) fn program(name: &str) -> anyhow::Result<PathBuf> {
    let path = programs().join(name);
    if !path.is_file() {
        bail!("{} is not built; does the workspace still have it?", path.display());
    }
    Ok(path)
}

/// A folder for what is fetched and may be thrown away, such as Python's and JavaScript's packages.
pub(crate) fn cache(name: &str) -> PathBuf {
    programs().parent().expect("a target folder").join("xtask").join(name)
}

/// `cargo`, in the workspace, with ccache before the compilers where it is installed.
///
/// ccache comes in through `PATH` alone: a changed `CC` or `CXX` would make cargo compile RocksDB anew.
pub(crate) fn cargo<const N: usize>(arguments: [&str; N]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root()).env("PATH", path());
    command
}

fn path() -> OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).filter(|folder| folder != Path::new(CCACHE));
    let ccache = Path::new(CCACHE).is_dir().then(|| PathBuf::from(CCACHE));
    std::env::join_paths(ccache.into_iter().chain(folders)).unwrap_or(path)
}

/// Builds every program of the workspace.
///
/// Always the whole workspace: another selection could select other features, and RocksDB takes minutes.
pub(crate) fn build_all() -> anyhow::Result<()> {
    run(&mut cargo(["build", "--workspace", "--bins"]))
}

/// The words of a command, as one would type it.
pub(crate) fn words(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| quoted(&word.to_string_lossy())).collect::<Vec<_>>().join(" ")
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./:=,@+…".contains(c);
    if !word.is_empty() && word.chars().all(plain) { word.to_owned() } else { format!("'{word}'") }
}

/// Prints a command and runs it with the terminal's own input and output.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<()> {
    println!("$ {}", words(command));
    let status = command.status().with_context(|| format!("{} can't be started", words(command)))?;
    if !status.success() {
        bail!("`{}` failed ({status})", words(command));
    }
    Ok(())
}

/// Runs a command without input and returns what it printed, whether it succeeded or not.
pub(crate) fn output(command: &mut Command) -> anyhow::Result<Output> {
    command.stdin(Stdio::null()).output().with_context(|| format!("{} can't be started", words(command)))
}

/// Runs a command without input and returns its stdout.
pub(crate) fn capture(command: &mut Command) -> anyhow::Result<String> {
    let output = output(command)?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("`{}` failed ({}):\n{}", words(command), output.status, said.trim_end());
    }
    String::from_utf8(output.stdout).with_context(|| format!("{} printed something that is no text", words(command)))
}

/// Whether a command can be started and succeeds; its output goes nowhere.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command.stdin(Stdio::null()).output().is_ok_and(|output| output.status.success())
}

/// Whether a program is installed.
pub(crate) fn is_installed(name: &str) -> bool {
    std::env::split_paths(&path()).any(|folder| folder.join(name).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_one_would_type_it() {
        let mut command = Command::new("/somewhere/hefu");
        command.args(["member", "list", "--reason", "two words", ""]);
        assert_eq!(words(&command), "hefu member list --reason 'two words' ''");
    }
}
