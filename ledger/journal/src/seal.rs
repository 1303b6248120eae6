//! A checkpoint for each block: signed, kept in the head file, and only then told to anybody.

use std::path::PathBuf;
use std::sync::Arc;

use hefu_types::checkpoint::{Checkpoint, SignedCheckpoint};
use hefu_types::note::NoteSigner;
use hefu_types::tree::{self, Edge};
use hefu_types::{NodeHash, Seq, Size};

use crate::error::OpenError;
use crate::head_file::{HeadFile, Notes};
use crate::nodes;
use crate::recovery::Recovered;
use crate::store::{Store, StoreError};

/// A signed checkpoint, and the edge of its tree as far as it grew with the block that it seals.
#[derive(Debug)]
pub struct Seal {
    /// The signed checkpoint.
    pub checkpoint: SignedCheckpoint,
    /// Its text, as a note.
    pub text: String,
    edge: Edge,
}

impl Seal {
    /// The number of entries.
    #[must_use]
    pub const fn size(&self) -> Size {
        self.checkpoint.checkpoint().size()
    }

    /// The inclusion proof of an entry in this tree; entries of earlier blocks are read from the store.
    ///
    /// # Errors
    /// When the store can't be read.
    pub(crate) fn inclusion(&self, seq: Seq, store: &dyn Store) -> Result<Option<Vec<NodeHash>>, StoreError> {
        match self.edge.inclusion(seq) {
            Some(proof) => Ok(Some(proof)),
            None => tree::inclusion(seq, self.size(), &mut |node| nodes::read(store, node)),
        }
    }
}

/// Signs checkpoints, and where the last one is kept.
#[derive(Debug)]
pub struct Keeper {
    /// Signs as the log; its name is the origin.
    pub signer: NoteSigner,
    /// The head file.
    pub path: PathBuf,
    /// Start without the head file: whoever says so knows that nothing that was answered is missing.
    pub accept_missing: bool,
}

/// Seals blocks, from the committer's thread.
#[derive(Debug)]
pub(crate) struct Sealer {
    signer: NoteSigner,
    file: HeadFile,
}

impl Sealer {
    /// Holds what was recovered against the head file; seals it anew if the file is behind, as it is after a crash before
    /// anybody was answered. `None` for a journal without entries.
    pub(crate) fn open(
        keeper: Keeper,
        store: &dyn Store,
        recovered: &Recovered,
    ) -> Result<(Self, Option<Arc<Seal>>), OpenError> {
        let Keeper { signer, path, accept_missing } = keeper;
        check_key(&signer, recovered)?;
        let (file, notes) =
            HeadFile::open(&path).map_err(|source| OpenError::HeadFile { path: path.clone(), source })?;
        let mut sealer = Self { signer, file };
        let kept = sealer.latest(notes);
        if recovered.size == Size::EMPTY && kept.is_none() {
            return Ok((sealer, None));
        }
        match &kept {
            Some(kept) => check_kept(kept.checkpoint(), store, recovered)?,
            None if accept_missing => {}
            None => return Err(OpenError::HeadMissing { path }),
        }
        let current = kept.filter(|kept| kept.checkpoint().size() == recovered.size);
        let seal = match current {
            Some(kept) => seal_of(recovered.edge.clone(), kept),
            None => sealer.seal(recovered.edge.clone()).map_err(|source| OpenError::HeadFile { path, source })?,
        };
        Ok((sealer, Some(Arc::new(seal))))
    }

    /// The newer of the two slots that hold checkpoints of this log; the other one is written next.
    fn latest(&mut self, notes: Notes) -> Option<SignedCheckpoint> {
        let key = self.signer.vkey();
        let open = |(slot, note): (u64, Vec<u8>)| Some((slot, SignedCheckpoint::open(&note, key).ok()?));
        let (slot, latest) = notes.into_iter().filter_map(open).max_by_key(|(_, kept)| kept.checkpoint().size())?;
        self.file.keep(slot);
        Some(latest)
    }

    /// Signs the checkpoint of a tree and keeps it.
    pub(crate) fn seal(&mut self, edge: Edge) -> std::io::Result<Seal> {
        let checkpoint = Checkpoint::new(self.signer.vkey().name(), edge.size(), edge.root());
        let signed = checkpoint.and_then(|checkpoint| SignedCheckpoint::sign(&checkpoint, &self.signer));
        let seal = seal_of(edge, signed.map_err(std::io::Error::other)?);
        self.file.write(seal.text.as_bytes())?;
        Ok(seal)
    }
}

fn seal_of(edge: Edge, checkpoint: SignedCheckpoint) -> Seal {
    Seal { text: checkpoint.note().to_string(), checkpoint, edge }
}

/// The checkpoint key is the one that the genesis names.
fn check_key(signer: &NoteSigner, recovered: &Recovered) -> Result<(), OpenError> {
    let Some(ledger) = recovered.state.ledger() else { return Ok(()) };
    let vkey = signer.vkey();
    if (vkey.name(), vkey.key()) == (ledger.origin.as_str(), ledger.checkpoint_key) {
        return Ok(());
    }
    Err(OpenError::CheckpointKey { found: vkey.to_string(), origin: ledger.origin.clone() })
}

/// What was told is still there: the log has at least these entries, and they are the same.
fn check_kept(kept: &Checkpoint, store: &dyn Store, recovered: &Recovered) -> Result<(), OpenError> {
    if kept.size() > recovered.size {
        return Err(OpenError::RolledBack { kept: kept.size(), found: recovered.size });
    }
    let root = tree::root(kept.size(), &mut |node| nodes::read(store, node))?;
    if root == kept.root() { Ok(()) } else { Err(OpenError::OtherRoot { size: kept.size() }) }
}
