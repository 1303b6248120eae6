//! `cargo xtask setup`: what the other commands need beyond Rust.
//!
//! Protobuf code is generated in Rust and RocksDB is compiled without make or cmake, so that this is little.

use std::path::Path;
use std::process::Command;

use anyhow::bail;

use crate::shell::{is_installed, run as run_aloud, succeeds};

/// What a thing is needed for. A purpose includes those before it, but for the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Purpose {
    /// Building.
    Build,
    /// Running all tests.
    Test,
    /// Talking to the server from other languages.
    Interop,
    /// Measuring other stores; takes nothing but building besides.
    Peers,
}

impl Purpose {
    fn covers(self, other: Self) -> bool {
        if self == Self::Peers { matches!(other, Self::Build | Self::Peers) } else { other <= self }
    }
}

struct Need {
    what: &'static str,
    package: &'static str,
    purpose: Purpose,
    is_there: fn() -> bool,
}

const NEEDS: &[Need] = &[
    Need { what: "a C++ compiler, for RocksDB", package: "g++", purpose: Purpose::Build, is_there: has_compiler },
    Need {
        what: "libclang with its headers, for RocksDB's bindings",
        package: "libclang-dev",
        purpose: Purpose::Build,
        is_there: has_libclang,
    },
    Need { what: "python3", package: "python3", purpose: Purpose::Test, is_there: || is_installed("python3") },
    Need { what: "Python's venv", package: "python3-venv", purpose: Purpose::Test, is_there: has_venv },
    Need {
        what: "strace, to see that answers follow syncs",
        package: "strace",
        purpose: Purpose::Test,
        is_there: || is_installed("strace"),
    },
    Need {
        what: "openssl, to open our key files with",
        package: "openssl",
        purpose: Purpose::Test,
        is_there: || is_installed("openssl"),
    },
    Need { what: "node", package: "nodejs", purpose: Purpose::Interop, is_there: || is_installed("node") },
    Need { what: "npm", package: "npm", purpose: Purpose::Interop, is_there: || is_installed("npm") },
    Need { what: "go", package: "golang-go", purpose: Purpose::Interop, is_there: || is_installed("go") },
    Need {
        what: "protoc, to build UmaDB",
        package: "protobuf-compiler",
        purpose: Purpose::Peers,
        is_there: || is_installed("protoc"),
    },
    Need {
        what: "PostgreSQL",
        package: "postgresql",
        purpose: Purpose::Peers,
        is_there: || Path::new("/usr/lib/postgresql").is_dir(),
    },
];

/// Installs everything, for every purpose.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<()> {
    crate::no_arguments(arguments)?;
    ensure(Purpose::Interop)?;
    let ccache = if is_installed("ccache") { ", and ccache is used" } else { "" };
    match missing(Purpose::Interop).count() {
        0 => println!("setup: everything is there{ccache}"),
        n => {
            println!("setup: building is possible{ccache}; what needs the missing {n} will be skipped by name, or fail")
        }
    }
    Ok(())
}

/// Installs what a purpose needs. What only tests need and can't be installed is named there, by whatever is skipped;
/// without what building needs, nothing can go on.
pub(crate) fn ensure(purpose: Purpose) -> anyhow::Result<()> {
    if missing(purpose).next().is_some() {
        install(purpose)?;
    }
    let still: Vec<&Need> = missing(purpose).collect();
    for need in &still {
        println!("setup: missing {} (Debian package {})", need.what, need.package);
    }
    if still.iter().any(|need| need.purpose == Purpose::Build) {
        let packages: Vec<&str> = still.iter().map(|need| need.package).collect();
        bail!("install first, as root: apt-get install {}", packages.join(" "));
    }
    Ok(())
}

fn missing(purpose: Purpose) -> impl Iterator<Item = &'static Need> {
    NEEDS.iter().filter(move |need| purpose.covers(need.purpose) && !(need.is_there)())
}

/// Installs with apt-get, as root or through a sudo that asks nothing; does nothing where neither is possible.
fn install(purpose: Purpose) -> anyhow::Result<()> {
    let Some(prefix) = privilege() else { return Ok(()) };
    let apt = |arguments: &[&str]| {
        let words = [prefix, &["apt-get"], arguments].concat();
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    let mut packages: Vec<&str> = missing(purpose).map(|need| need.package).collect();
    packages.dedup();
    run_aloud(&mut apt(&["update", "--quiet=2"]))?;
    run_aloud(&mut apt(&[&["install", "--quiet=2", "--yes", "--no-install-recommends"], &packages[..]].concat()))
}

fn privilege() -> Option<&'static [&'static str]> {
    if !is_installed("apt-get") {
        return None;
    }
    let is_root = crate::shell::capture(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    match is_root {
        true => Some(&[]),
        false if succeeds(Command::new("sudo").args(["-n", "true"])) => Some(&["sudo", "-n"]),
        false => None,
    }
}

fn has_compiler() -> bool {
    is_installed("c++") && is_installed("cc")
}

/// The library, and the headers that come with the compiler (`stddef.h` and its like): one is useless without the other.
fn has_libclang() -> bool {
    if std::env::var_os("LIBCLANG_PATH").is_some() {
        return true;
    }
    let below = |folder: &str, name: &str| {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).any(|path| path.join(name).is_file())
    };
    let library = below("/usr/lib", "lib/libclang.so") || below("/usr/lib", "libclang.so");
    let headers = below("/usr/lib/clang", "include/stddef.h") || Path::new("/usr/lib64/clang").is_dir();
    library && headers
}

fn has_venv() -> bool {
    succeeds(Command::new("python3").args(["-c", "import venv, ensurepip"]))
}
