//! A log of 1,000 entries, its export, and what an auditor finds in a changed copy.

use std::path::Path;

use bytes::Bytes;
use hefu_tests::export::{self, BUNDLE};
use hefu_tests::world::{code, name, observation, text};
use hefu_tests::{Signer, World};
use hefu_types::event::membership::{MemberSuspended, Role, RoleGranted, RoleRevoked, RulesActivated};
use hefu_types::event::plan::MilestoneSet;
use hefu_types::{ChainHash, Entry, Event, EventRef, Millis, Seq, SignedSubmission, SubmissionHash};
use hefu_verify::{Export, Failure, FailureKind, Head, verify};
use tempfile::TempDir;

/// Entries of the log: three full bundles and a partial one.
pub(crate) const SIZE: usize = 1_000;

/// The log, of every kind that members say day by day. Its last two entries and the first of the second bundle are small
/// and of three kinds.
pub(crate) fn world() -> World {
    let mut world = World::planned();
    let mut stands = SubmissionHash::NONE;
    while world.entries.len() < SIZE - 2 {
        let n = world.entries.len();
        let (signer, event) = match (n, n % 6) {
            (256, _) | (_, 5) => ("office-2", RulesActivated { version: 1 }.into()),
            (_, 0) => ("alpha-reporter", flow(n)),
            (_, 1) => ("alpha-reporter", corrected(n - 1, stands)),
            (_, 2) => ("beta-reporter", observation("stock", &month(n), &n.to_string()).into()),
            (_, 3) => ("alpha-admin", trader(&mut world, n)),
            _ => ("office-1", milestone(n)),
        };
        stands = world.say(signer, vec![event]).hash();
    }
    let key = world.signer("alpha-reporter").public();
    world.say("alpha-admin", vec![RoleGranted { key, role: Role::Approver }.into()]);
    let suspended = MemberSuspended { member: code("beta"), reason: text("x") };
    world.say("office-1", vec![suspended.into()]);
    world
}

pub(crate) fn month(n: usize) -> String {
    format!("{}-{:02}", 1950 + n / 12, n % 12 + 1)
}

fn flow(n: usize) -> Event {
    observation("flow", &month(n), "7").into()
}

/// Corrects what the entry before said about its month; a little later the month is corrected by nobody.
fn corrected(n: usize, stands: SubmissionHash) -> Event {
    let mut e = observation("flow", &month(n), "8");
    e.supersedes = Some(EventRef { submission_hash: Some(stands), index: 0 });
    e.reason = text("late returns");
    e.into()
}

/// The reporter gets the role trader, or loses it.
fn trader(world: &mut World, n: usize) -> Event {
    let (key, role) = (world.signer("alpha-reporter").public(), Role::Trader);
    if n % 12 == 3 { RoleRevoked { key, role }.into() } else { RoleGranted { key, role }.into() }
}

fn milestone(n: usize) -> Event {
    MilestoneSet {
        plan: code("test"),
        milestone: code(&format!("g{n}")),
        part: code("main"),
        title: name("a goal"),
        year: 2024,
        task: None,
        lead_units: vec![],
        provenance: None,
    }
    .into()
}

/// Entries as an export holds them.
pub(crate) fn bytes_of(entries: &[Entry]) -> Vec<Bytes> {
    entries.iter().map(|entry| entry.bytes().clone()).collect()
}

/// Chains submissions anew: what an operator can do without anybody's key.
pub(crate) fn chain(parts: &[(Millis, SignedSubmission)]) -> Vec<Entry> {
    let mut prev = ChainHash::NONE;
    let entry = |((recorded_at, signed), seq): (&(Millis, SignedSubmission), u64)| {
        let entry = Entry::new(Seq::new(seq), *recorded_at, prev, signed);
        prev = entry.chain_hash();
        entry
    };
    parts.iter().zip(0..).map(entry).collect()
}

/// What entries consist of before they are chained.
pub(crate) fn parts(entries: &[Entry]) -> Vec<(Millis, SignedSubmission)> {
    entries.iter().map(|entry| (entry.recorded_at(), entry.signed())).collect()
}

/// What the auditor says about an export, in short.
pub(crate) fn verdict(dir: &Path, head: Head) -> Option<(u64, FailureKind)> {
    failure(dir, head).map(|failure| (failure.seq.get(), failure.kind))
}

/// What the auditor says about an export.
pub(crate) fn failure(dir: &Path, head: Head) -> Option<Failure> {
    let export = Export::open(dir).expect("an export");
    verify(&export, head, &mut |_| {}).expect("a readable export").failure
}

/// What the auditor says about these entries.
pub(crate) fn verdict_of(entries: &[Bytes], head: Head) -> Option<(u64, FailureKind)> {
    let dir = tempfile::tempdir().expect("a folder");
    export::write(dir.path(), entries);
    verdict(dir.path(), head)
}

/// An export of the log, one file of which can be changed at a time.
pub(crate) struct Copy {
    pub(crate) dir: TempDir,
    pub(crate) entries: Vec<Bytes>,
    pub(crate) head: Head,
}

impl Copy {
    pub(crate) fn of(world: &World) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let entries = bytes_of(&world.entries);
        export::write(dir.path(), &entries);
        Self { dir, entries, head: export::head_of(&world.entries) }
    }

    /// The entries of the bundle that holds this one.
    pub(crate) fn bundle(&self, seq: usize) -> Vec<Bytes> {
        self.entries.chunks(BUNDLE).nth(seq / BUNDLE).expect("a bundle").to_vec()
    }

    /// What the auditor says when the file that holds this entry has these bytes. The file is mended afterwards.
    pub(crate) fn with_file(&self, seq: usize, bytes: &[u8]) -> Option<(u64, FailureKind)> {
        let good = self.bundle(seq);
        let file = export::bundle_file(self.dir.path(), (seq / BUNDLE) as u64, good.len());
        std::fs::write(&file, bytes).expect("a bundle");
        let verdict = verdict(self.dir.path(), self.head);
        std::fs::write(&file, export::framed(&good)).expect("a bundle");
        verdict
    }

    /// What the auditor says when this entry has these bytes.
    pub(crate) fn with_entry(&self, seq: usize, bytes: Vec<u8>) -> Option<(u64, FailureKind)> {
        let mut bundle = self.bundle(seq);
        bundle[seq % BUNDLE] = bytes.into();
        self.with_file(seq, &export::framed(&bundle))
    }
}

/// A signer of the world, wherever its chain stands.
pub(crate) fn signer(world: &World, name: &str) -> Signer {
    world.clone().signer(name).clone()
}
