//! What this machine can do at best: signature checks, synced writes, and the store alone.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use ed25519_dalek::{Signature, VerifyingKey};
use hefu_journal::{Block, RocksStore, Sequenced, Store as _};
use hefu_types::sign::{SUBMISSION_TYPE, pre_authentication_encoding};
use hefu_types::tree::{self, Edge};
use hefu_types::{ChainHash, Entry, KeySeq, Millis, PublicKey, Seq, SignedSubmission, Size};
use serde::Serialize;

use crate::machine::cores;

/// How long signature checks are measured.
const TIME: Duration = Duration::from_secs(1);

/// Synced writes that are measured, each of this size: a batch of a dozen entries.
const SYNCS: usize = 300;
const SYNC_BYTES: usize = 4_096;

/// Entries of a block that the store alone is given, and blocks.
const BLOCK: usize = 1_000;
const BLOCKS: usize = 100;

/// The limits at one time.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Limits {
    /// *L*: strict verifications a second of a submission of the measured size, on all cores at once.
    pub(crate) verifications_per_second: f64,
    /// A write of 4 KiB and its fdatasync.
    pub(crate) sync_p50_micros: u64,
    pub(crate) sync_p99_micros: u64,
    /// Entries a second into the store alone, in synced blocks of 1,000.
    pub(crate) stored_per_second: f64,
}

impl Limits {
    /// Halfway between two times.
    pub(crate) fn mean(&self, other: &Self) -> Self {
        Self {
            verifications_per_second: f64::midpoint(self.verifications_per_second, other.verifications_per_second),
            sync_p50_micros: self.sync_p50_micros.midpoint(other.sync_p50_micros),
            sync_p99_micros: self.sync_p99_micros.midpoint(other.sync_p99_micros),
            stored_per_second: f64::midpoint(self.stored_per_second, other.stored_per_second),
        }
    }
}

/// Submissions by the keys of the loads, as the loads send them.
pub(crate) type Samples = [Vec<SignedSubmission>];

pub(crate) fn measure(folder: &Path, samples: &Samples, keys: &[PublicKey]) -> anyhow::Result<Limits> {
    let syncs = syncs(folder)?;
    Ok(Limits {
        verifications_per_second: verifications(samples, keys)?,
        sync_p50_micros: syncs[syncs.len() / 2],
        sync_p99_micros: syncs[syncs.len() * 99 / 100],
        stored_per_second: stored(&folder.join("limit"), samples, keys)?,
    })
}

/// A key, and what it signed.
type Check = (VerifyingKey, Vec<u8>, Signature);

/// Strict verifications a second, one thread a core, with keys that were parsed before: the library's own best.
fn verifications(samples: &Samples, keys: &[PublicKey]) -> anyhow::Result<f64> {
    let checks: Vec<Check> = samples.iter().zip(keys).filter_map(|(of_key, key)| check(of_key.first()?, key)).collect();
    anyhow::ensure!(checks.len() == keys.len(), "a key without a sample");
    let (threads, begin) = (cores(), Barrier::new(cores()));
    let rates = std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(|| one_core(&checks, &begin))).collect();
        running.into_iter().map(|thread| thread.join().expect("valid signatures")).collect::<Vec<f64>>()
    });
    Ok(rates.iter().sum())
}

fn check(signed: &SignedSubmission, key: &PublicKey) -> Option<Check> {
    let message = pre_authentication_encoding(SUBMISSION_TYPE, &signed.submission);
    let key = VerifyingKey::from_bytes(key.as_bytes()).ok()?;
    Some((key, message, Signature::from_bytes(signed.signature.as_bytes())))
}

fn one_core(checks: &[Check], begin: &Barrier) -> f64 {
    begin.wait();
    let (since, mut count) = (Instant::now(), 0_u32);
    while since.elapsed() < TIME {
        for (key, message, signature) in checks {
            key.verify_strict(message, signature).expect("signed just now");
            count += 1;
        }
    }
    f64::from(count) / since.elapsed().as_secs_f64()
}

/// Microseconds of appending and syncing, sorted.
fn syncs(folder: &Path) -> anyhow::Result<Vec<u64>> {
    let path = folder.join("syncs");
    let mut file = File::create(&path)?;
    let mut times = Vec::with_capacity(SYNCS);
    for _ in 0..SYNCS {
        let since = Instant::now();
        file.write_all(&[7; SYNC_BYTES])?;
        file.sync_data()?;
        times.push(u64::try_from(since.elapsed().as_micros())?);
    }
    std::fs::remove_file(path)?;
    times.sort_unstable();
    Ok(times)
}

/// Entries a second that the store takes when nobody checks, decides, chains or answers: laid out and hashed beforehand.
fn stored(folder: &Path, samples: &Samples, keys: &[PublicKey]) -> anyhow::Result<f64> {
    let blocks = blocks(samples, keys);
    let store = RocksStore::create(folder)?;
    let since = Instant::now();
    for block in &blocks {
        store.append(block)?;
    }
    let elapsed = since.elapsed();
    drop(store);
    std::fs::remove_dir_all(folder).with_context(|| format!("can't remove {}", folder.display()))?;
    Ok((BLOCKS * BLOCK) as f64 / elapsed.as_secs_f64())
}

fn blocks(samples: &Samples, keys: &[PublicKey]) -> Vec<Block> {
    let (mut prev, mut edge) = (ChainHash::NONE, Edge::default());
    let mut block = |n: usize| {
        let begin = Size::new((n * BLOCK) as u64);
        let (mut entries, mut nodes) = (Vec::with_capacity(BLOCK), Vec::new());
        for seq in n * BLOCK..(n + 1) * BLOCK {
            let (key, key_seq) = (seq % keys.len(), KeySeq::new((seq / keys.len() + 1) as u64));
            let signed = &samples[key][seq / keys.len() % samples[key].len()];
            let entry = Entry::new(Seq::new(seq as u64), Millis::new(1_700_000_000_000), prev, signed);
            edge.push(tree::leaf(entry.bytes()), |node, hash| {
                if node.level % 8 == 0 {
                    nodes.push((node, hash));
                }
            });
            prev = entry.chain_hash();
            let (chain_hash, submission_hash) = (prev, signed.hash());
            entries.push(Sequenced { entry, chain_hash, submission_hash, key: keys[key], key_seq });
        }
        edge.trim();
        Block { begin, entries, nodes }
    };
    (0..BLOCKS).map(&mut block).collect()
}
