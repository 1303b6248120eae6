//! The rules' state at a size of the log, in a file beside the database, so that a start need not replay what it sums up.
//!
//! ```text
//! "hefu snapshot\n"
//! u32  layout of this file, and of the state in it; big-endian
//! 32   checksum of the rest
//! …    a `Snapshot`, postcard
//! ```
//! Nobody has to trust it. A start goes on from it only when the log has its last entry, with the chain hash, the time and the
//! tree that it names; every entry behind it is replayed as ever; and while the server runs, the state is derived once more
//! from the first entry on, see [`crate::recheck`]. A file that is missing, damaged, of another program or of another log costs
//! the time of a whole replay and nothing else: it may be deleted at any time.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use hefu_rules::{STATE_VERSION, State};
use hefu_types::tree::Edge;
use hefu_types::{ChainHash, Entry, Millis, RootHash, Size, hash};
use serde::{Deserialize, Serialize};

use crate::nodes::Nodes;
use crate::recovery::Recovered;
use crate::store::{Store, StoreError};

const MAGIC: &[u8] = b"hefu snapshot\n";
const LAYOUT: u32 = 1;
const CONTEXT: &str = "hefu v1 snapshot";

/// When snapshots are taken, and where they are kept.
#[derive(Clone, Debug)]
pub struct SnapshotOptions {
    /// The file.
    pub path: PathBuf,
    /// Entries between two snapshots at least: with twice as many, a start after a crash may take twice as long.
    pub every: u64,
}

impl SnapshotOptions {
    /// Entries between two snapshots, unless somebody says otherwise: a second or two of replay.
    pub const EVERY: u64 = 250_000;
}

/// The state that the first `size` entries amount to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Snapshot {
    pub(crate) size: Size,
    pub(crate) chain_hash: ChainHash,
    pub(crate) root: RootHash,
    pub(crate) recorded_at: Millis,
    pub(crate) state: State,
}

impl Snapshot {
    /// Reads a file; `None` when it is not there.
    pub(crate) fn read(path: &Path) -> Result<Option<Self>, String> {
        match fs::read(path) {
            Ok(bytes) => Self::from_bytes(&bytes).map(Some),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e.to_string()),
        }
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        let rest = bytes.strip_prefix(MAGIC).ok_or("it is no snapshot")?;
        let (version, rest) = rest.split_first_chunk::<8>().ok_or("it is cut off")?;
        if *version != self::version() {
            return Err("another version of the program wrote it".to_owned());
        }
        let (checksum, body) = rest.split_first_chunk::<32>().ok_or("it is cut off")?;
        if *checksum != hash::derive(CONTEXT, body) {
            return Err("its checksum is wrong".to_owned());
        }
        postcard::from_bytes(body).map_err(|e| e.to_string())
    }

    fn to_bytes(&self) -> Vec<u8> {
        let body = postcard::to_stdvec(self).expect("memory takes every state");
        [MAGIC, &version(), &hash::derive(CONTEXT, &body), &body].concat()
    }

    /// Replaces the file: whole or not at all.
    pub(crate) fn write(&self, path: &Path) -> io::Result<()> {
        let new = path.with_extension("new");
        let mut file = File::create(&new)?;
        file.write_all(&self.to_bytes())?;
        file.sync_all()?;
        fs::rename(&new, path)?;
        path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    }

    /// Goes on from here, if this log has been here; says what does not fit otherwise.
    pub(crate) fn resume(self, store: &dyn Store) -> Result<Result<Recovered, String>, StoreError> {
        let Self { size, chain_hash, root, recorded_at, state } = self;
        let (tail, _) = store.tail()?;
        let Some(last) = size.last_seq().filter(|_| size <= tail) else {
            return Ok(Err(format!("it sums up {size} entries, {tail} are here")));
        };
        let bytes = store.read(last, 1, usize::MAX)?.pop();
        let entry = bytes.and_then(|bytes| Entry::parse(bytes).ok());
        let same =
            |entry: &Entry| (entry.seq(), entry.chain_hash(), entry.recorded_at()) == (last, chain_hash, recorded_at);
        if !entry.is_some_and(|entry| same(&entry)) {
            return Ok(Err(format!("entry {last} is not the one that it ends with")));
        }
        let mut nodes = Nodes::of(store);
        let edge = Edge::read(size, &mut |node| nodes.read(node))?;
        if edge.root() != root {
            return Ok(Err(format!("the tree of {size} entries has another root")));
        }
        Ok(Ok(Recovered { state, size, chain_hash, recorded_at, edge }))
    }
}

fn version() -> [u8; 8] {
    let mut out = [0; 8];
    out[..4].copy_from_slice(&LAYOUT.to_be_bytes());
    out[4..].copy_from_slice(&STATE_VERSION.to_be_bytes());
    out
}

/// What tells two states apart.
pub(crate) fn digest(state: &State) -> [u8; 32] {
    hash::derive(CONTEXT, &postcard::to_stdvec(state).expect("memory takes every state"))
}

/// Where recovery begins: at a snapshot that fits, or at the first entry.
pub(crate) fn start(path: &Path, store: &dyn Store) -> Result<Option<Recovered>, StoreError> {
    let resumed = match Snapshot::read(path) {
        Ok(None) => return Ok(None),
        Ok(Some(snapshot)) => snapshot.resume(store)?,
        Err(why) => Err(why),
    };
    if let Err(why) = &resumed {
        tracing::warn!(path = %path.display(), why, "the snapshot is passed over; every entry is replayed");
    }
    Ok(resumed.ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_file_is_no_snapshot() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("snapshot");
        assert!(Snapshot::read(&path).unwrap().is_none());
        let snapshot = Snapshot {
            size: Size::new(7),
            chain_hash: ChainHash::from_bytes([1; 32]),
            root: RootHash::from_bytes([2; 32]),
            recorded_at: Millis::new(3),
            state: State::default(),
        };
        snapshot.write(&path).unwrap();
        let read = Snapshot::read(&path).unwrap().unwrap();
        assert_eq!((read.size, read.chain_hash, read.root), (snapshot.size, snapshot.chain_hash, snapshot.root));
        assert_eq!((read.recorded_at, read.state), (snapshot.recorded_at, snapshot.state));
        let bytes = fs::read(&path).unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert!(Snapshot::from_bytes(&changed).is_err(), "{at}");
            assert!(Snapshot::from_bytes(&bytes[..at]).is_err(), "{at}");
        }
    }
}
