//! Cosignatures bound the times of entries from outside, and kept checkpoints are passed through: what `hefu verify` makes of
//! `--policy` and `--through`.

use std::path::{Path, PathBuf};
use std::process::Output;

use bytes::Bytes;
use hefu_tests::child::program;
use hefu_tests::export;
use hefu_tests::witness::log_key;
use hefu_tests::world::{ORIGIN, World, keys};
use hefu_types::note::NoteSigner;
use hefu_types::{Checkpoint, SignedCheckpoint, tree};
use serde_json::Value;
use tempfile::TempDir;

/// Seconds: entries of a [`World`] are recorded within the same one.
const RECORDED: u64 = 1_700_000_000;
/// Seconds by which times may differ: `COSIGNATURE_SLACK`.
const SLACK: u64 = 600;

struct Scene {
    dir: TempDir,
    entries: Vec<Bytes>,
}

fn witness(name: &str) -> NoteSigner {
    NoteSigner::cosigner(name, keys(name)).unwrap()
}

impl Scene {
    /// An export, and a policy in which both of two witnesses are needed.
    fn new() -> Self {
        let entries: Vec<Bytes> = World::planned().entries.iter().map(|entry| entry.bytes().clone()).collect();
        let dir = tempfile::tempdir().unwrap();
        export::write(&dir.path().join("export"), &entries);
        export::write_tree(&dir.path().join("export"), &entries);
        let [a, b] = ["a", "b"].map(|name| witness(name).vkey().to_string());
        let policy = format!("log {}\nwitness a {a}\nwitness b {b}\ngroup both all a b\nquorum both\n", log_key());
        std::fs::write(dir.path().join("policy"), policy).unwrap();
        Self { dir, entries }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The checkpoint of the first entries, cosigned at these times by one witness each.
    fn checkpoint(&self, name: &str, size: usize, times: &[u64]) -> PathBuf {
        let mut edge = tree::Edge::default();
        self.entries[..size].iter().for_each(|entry| edge.push(tree::leaf(entry), |_, _| ()));
        self.signed(name, &Checkpoint::new(ORIGIN, edge.size(), edge.root()).unwrap(), times)
    }

    fn signed(&self, name: &str, checkpoint: &Checkpoint, times: &[u64]) -> PathBuf {
        let log = NoteSigner::new(ORIGIN, keys("checkpoint")).unwrap();
        let mut signed = SignedCheckpoint::sign(checkpoint, &log).unwrap();
        for (name, &time) in ["a", "b"].into_iter().zip(times) {
            let line = witness(name).cosign(signed.body(), time).unwrap();
            signed = signed.with_cosignature(&line, witness(name).vkey()).unwrap();
        }
        std::fs::write(self.path(name), signed.to_bytes()).unwrap();
        self.path(name)
    }

    fn verify(&self, end: &Path, through: Option<&Path>, with_policy: bool) -> Output {
        let mut command = std::process::Command::new(program("hefu"));
        command.args(["--output", "json", "verify"]).arg(self.path("export"));
        command.args(["--key", &log_key().to_string(), "--checkpoint"]).arg(end);
        if with_policy {
            command.arg("--policy").arg(self.path("policy"));
        }
        if let Some(through) = through {
            command.arg("--through").arg(through);
        }
        command.output().unwrap()
    }

    /// The first failure of a log that ends in its checkpoint, cosigned at these times.
    fn failure_of(&self, times: [u64; 2], through: Option<&Path>) -> Option<(String, u64)> {
        let end = self.checkpoint("end", self.entries.len(), &times);
        failure(&self.verify(&end, through, true))
    }
}

fn failure(output: &Output) -> Option<(String, u64)> {
    let row: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    let kind = row["failure_kind"].as_str().map(str::to_owned);
    assert_eq!(output.status.code(), Some(if kind.is_none() { 0 } else { 4 }), "{output:?}");
    kind.map(|kind| (kind, row["failure_seq"].as_u64().unwrap()))
}

fn time(seq: usize) -> Option<(String, u64)> {
    Some(("time".to_owned(), seq as u64))
}

#[test]
fn no_entry_is_later_than_a_cosignature_that_covers_it() {
    let scene = Scene::new();
    let (early, late) = (RECORDED - SLACK - 2, RECORDED - SLACK + 2);
    assert_eq!(scene.failure_of([RECORDED; 2], None), None);
    assert_eq!(scene.failure_of([late; 2], None), None);
    assert_eq!(scene.failure_of([early; 2], None), time(0));
    assert_eq!(scene.failure_of([early, RECORDED], None), None, "one witness's clock may be wrong");
    let end = scene.checkpoint("end", scene.entries.len(), &[early; 2]);
    assert_eq!(failure(&scene.verify(&end, None, false)), None, "nobody was said to be trusted");
}

#[test]
fn no_entry_is_earlier_than_a_cosignature_that_does_not_cover_it() {
    let scene = Scene::new();
    let (early, late) = (RECORDED + SLACK - 2, RECORDED + SLACK + 2);
    let through = |times: &[u64]| scene.checkpoint("through", 3, times);
    let failure_of = |times: &[u64]| scene.failure_of([late; 2], Some(&through(times)));
    assert_eq!(failure_of(&[early; 2]), None);
    assert_eq!(failure_of(&[late; 2]), time(3));
    assert_eq!(failure_of(&[late, early]), None, "one witness's clock may be wrong");
    assert_eq!(failure_of(&[late]), None, "no quorum says so");
}

#[test]
fn a_log_passes_through_what_was_kept_of_it() {
    let scene = Scene::new();
    let end = scene.checkpoint("end", scene.entries.len(), &[]);
    let passed = |through: &Path| failure(&scene.verify(&end, Some(through), false));
    for size in 1..=scene.entries.len() {
        assert_eq!(passed(&scene.checkpoint("through", size, &[])), None, "{size}");
    }
    let other = |size| Checkpoint::new(ORIGIN, hefu_types::Size::new(size), tree::empty_root()).unwrap();
    assert_eq!(passed(&scene.signed("through", &other(4), &[])), Some(("checkpoint".to_owned(), 3)));
    let last = scene.entries.len() as u64;
    assert_eq!(passed(&scene.signed("through", &other(last), &[])), Some(("checkpoint".to_owned(), last - 1)));
    let beyond = scene.verify(&end, Some(&scene.signed("through", &other(last + 1), &[])), false);
    assert_eq!(beyond.status.code(), Some(2), "{beyond:?}");
}
