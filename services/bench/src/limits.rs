//! What this machine can do at best: signature checks and synced writes.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use hefu_tests::world::{Signer, observation};
use hefu_types::hash::ledger_id;
use hefu_types::sign::verify_submission;
use hefu_types::{PublicKey, SignedSubmission};
use rayon::prelude::*;
use serde::Serialize;

use crate::load::Way;

/// How long signature checks are measured.
const TIME: Duration = Duration::from_secs(1);

/// Synced writes that are measured, each of this size: a batch of a dozen entries.
const SYNCS: usize = 300;
const SYNC_BYTES: usize = 4_096;

/// The machine, in a few words.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Machine {
    pub(crate) cores: usize,
    pub(crate) processor: String,
    /// Processes that wanted a core in the last minute: what others do here makes every figure worse.
    pub(crate) load_before: f64,
}

/// Its limits.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Limits {
    /// Strict verifications a second of a submission of the measured size.
    pub(crate) verifications_1_core: f64,
    pub(crate) verifications_all_cores: f64,
    /// A write of 4 KiB and its fdatasync.
    pub(crate) sync_p50_micros: u64,
    pub(crate) sync_p99_micros: u64,
}

pub(crate) fn machine() -> Machine {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = text.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("unknown processor");
    let load = std::fs::read_to_string("/proc/loadavg").ok();
    let load_before = load.and_then(|text| text.split(' ').next()?.parse().ok()).unwrap_or_default();
    Machine { cores, processor: name.trim_start_matches(['\t', ' ', ':']).to_owned(), load_before }
}

pub(crate) fn measure(folder: &Path) -> anyhow::Result<Limits> {
    let samples = samples();
    let syncs = syncs(folder)?;
    Ok(Limits {
        verifications_1_core: verifications(&samples),
        verifications_all_cores: (0..rayon::current_num_threads())
            .into_par_iter()
            .map(|_| verifications(&samples))
            .sum(),
        sync_p50_micros: syncs[syncs.len() / 2],
        sync_p99_micros: syncs[syncs.len() * 99 / 100],
    })
}

/// How many submissions to sign for a load: somewhat more than can be recorded. When they don't suffice, the load ends early
/// and its figures stay right.
pub(crate) fn enough(way: Way, seconds: u64, limits: &Limits) -> usize {
    let by_signatures = limits.verifications_all_cores;
    let by_disk = way.in_flight() as f64 * 2e6 / limits.sync_p50_micros.max(1) as f64;
    (seconds as f64 * by_signatures.min(by_disk)) as usize + way.in_flight()
}

/// Submissions by 28 keys, as the loads send them.
fn samples() -> Vec<(PublicKey, SignedSubmission)> {
    let mut signers = (0..28).map(|n| Signer::new(&format!("sample-{n}"), Some(ledger_id(b"sample"))));
    signers
        .by_ref()
        .map(|mut signer| {
            let event = observation("load-0-000", "2024-07-15", "12345").into();
            (signer.public(), signer.sign(vec![event]))
        })
        .collect()
}

/// Verifications a second on this thread.
fn verifications(samples: &[(PublicKey, SignedSubmission)]) -> f64 {
    let (since, mut count) = (Instant::now(), 0_u32);
    while since.elapsed() < TIME {
        for (key, signed) in samples {
            verify_submission(key, &signed.submission, &signed.signature).expect("signed just now");
            count += 1;
        }
    }
    f64::from(count) / since.elapsed().as_secs_f64()
}

/// Microseconds of appending and syncing, sorted.
fn syncs(folder: &Path) -> anyhow::Result<Vec<u64>> {
    let mut file = File::create(folder.join("syncs"))?;
    let mut times = Vec::with_capacity(SYNCS);
    for _ in 0..SYNCS {
        let since = Instant::now();
        file.write_all(&[7; SYNC_BYTES])?;
        file.sync_data()?;
        times.push(u64::try_from(since.elapsed().as_micros())?);
    }
    times.sort_unstable();
    Ok(times)
}
