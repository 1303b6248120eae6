//! What a process used: time on cores, memory, disk, as the kernel counts them.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;

/// The kernel's clock ticks of a second, the same on every architecture that Rust's standard library knows.
const TICKS: u32 = 100;

/// What a process has used since it started.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    /// Time of all its threads on cores, also of those that are gone.
    pub(crate) cpu: Duration,
    /// Bytes that it caused to be written to the disk.
    pub(crate) written_bytes: u64,
}

/// What a process has used.
pub(crate) fn usage(id: u32) -> anyhow::Result<Usage> {
    let io = read(&format!("/proc/{id}/io"))?;
    Ok(Usage { cpu: cpu(&read(&format!("/proc/{id}/stat"))?)?, written_bytes: number(&io, "write_bytes:")? })
}

/// Time of this thread on cores.
pub(crate) fn own_cpu() -> anyhow::Result<Duration> {
    cpu(&read("/proc/thread-self/stat")?)
}

/// Peak resident memory of a process.
pub(crate) fn peak_mib(id: u32) -> anyhow::Result<u64> {
    Ok(number(&read(&format!("/proc/{id}/status"))?, "VmHWM:")? / 1_024)
}

/// Bytes of the files of a folder, without what is set aside for them.
pub(crate) fn disk_bytes(folder: &Path) -> anyhow::Result<u64> {
    let mut bytes = 0;
    for entry in folder.read_dir().with_context(|| format!("can't read {}", folder.display()))? {
        let entry = entry?;
        // A file that is gone again was a temporary one.
        let Ok(facts) = entry.metadata() else { continue };
        bytes += if facts.is_dir() { disk_bytes(&entry.path())? } else { facts.len() };
    }
    Ok(bytes)
}

fn read(path: &str) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("can't read {path}"))
}

/// Time in user and in system mode of a `stat` line. The name before it may hold spaces and parentheses.
fn cpu(stat: &str) -> anyhow::Result<Duration> {
    let (_, after_name) = stat.rsplit_once(')').context("no name")?;
    let mut times = after_name.split_whitespace().skip(11).map(str::parse::<u32>);
    let mut next = || anyhow::Ok(times.next().context("no times")??);
    Ok(Duration::from_secs(1) * (next()? + next()?) / TICKS)
}

/// The number of a line that begins with a name, without its unit.
fn number(text: &str, name: &str) -> anyhow::Result<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name)).with_context(|| format!("no {name}"))?;
    Ok(line.split_whitespace().next().unwrap_or_default().parse()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_found_behind_an_odd_name() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194304 100 0 0 0 250 50 9 9 20 0 1 0 5 0 0";
        assert_eq!(cpu(stat).unwrap(), Duration::from_secs(3));
    }

    #[test]
    fn this_process_is_counted() {
        let id = std::process::id();
        assert!(peak_mib(id).unwrap() > 0);
        let (before, since) = (usage(id).unwrap().cpu, std::time::Instant::now());
        while since.elapsed() < Duration::from_millis(100) {}
        assert!(usage(id).unwrap().cpu > before);
    }
}
