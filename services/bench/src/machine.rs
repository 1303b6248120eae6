//! The machine, in a few facts: figures of different machines can't be compared.

use std::path::Path;

use serde::Serialize;

/// What the figures depend on.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Machine {
    pub(crate) cores: usize,
    pub(crate) processor: String,
    pub(crate) memory_mib: u64,
    pub(crate) kernel: String,
    /// The file system of the folder that the ledgers lie in.
    pub(crate) file_system: String,
    /// Processes that wanted a core in the last minute: what others do here makes every figure worse.
    pub(crate) load_before: f64,
}

pub(crate) fn machine(folder: &Path) -> Machine {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let after = |text: &str, name: &str| {
        let value = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("unknown");
        value.trim_start_matches(['\t', ' ', ':']).to_owned()
    };
    let memory = after(&read("/proc/meminfo"), "MemTotal");
    Machine {
        cores: cores(),
        processor: after(&read("/proc/cpuinfo"), "model name"),
        memory_mib: memory.trim_end_matches(" kB").parse::<u64>().unwrap_or_default() / 1_024,
        kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
        file_system: file_system(folder, &read("/proc/self/mounts")),
        load_before: read("/proc/loadavg").split(' ').next().and_then(|load| load.parse().ok()).unwrap_or_default(),
    }
}

/// Cores that this process may use.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// The kind of the innermost mount that holds a folder.
fn file_system(folder: &Path, mounts: &str) -> String {
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let mounts = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        Some((words.next()?, words.next()?))
    });
    let holding = mounts.filter(|(place, _)| folder.starts_with(place)).max_by_key(|(place, _)| place.len());
    holding.map_or("unknown", |(_, kind)| kind).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_mount_counts() {
        let mounts = "a / ext4 rw 0 0\nb /nowhere tmpfs rw 0 0\nc /nowhere/deep xfs rw 0 0\n";
        let kind = |folder: &str| file_system(Path::new(folder), mounts);
        assert_eq!([kind("/else"), kind("/nowhere/x"), kind("/nowhere/deep/x")], ["ext4", "tmpfs", "xfs"]);
    }
}
