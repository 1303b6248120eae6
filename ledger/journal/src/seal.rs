//! A checkpoint for each block: signed, kept in the head file, and only then told to anybody.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};

use hefu_rules::CheckpointKey;
use hefu_types::checkpoint::{Checkpoint, CheckpointError, SignedCheckpoint};
use hefu_types::note::{Note, NoteSigner};
use hefu_types::tree::{self, Edge, Prover};
use hefu_types::{NodeHash, PublicKey, Seq, Size, VerifierKey};

use crate::error::OpenError;
use crate::head_file::{HeadFile, Notes};
use crate::nodes::Nodes;
use crate::recovery::Recovered;
use crate::store::{Store, StoreError};

/// A signed checkpoint, and proofs of the entries of the block that it seals.
#[derive(Debug)]
pub struct Seal {
    /// The signed checkpoint.
    pub checkpoint: SignedCheckpoint,
    /// Its text, as a note.
    pub text: String,
    /// The checkpoint keys that the log has had.
    pub keys: Vec<(PublicKey, CheckpointKey)>,
    prover: Mutex<Prover>,
}

impl Seal {
    fn new(edge: Edge, checkpoint: SignedCheckpoint, keys: Vec<(PublicKey, CheckpointKey)>) -> Self {
        let prover = Mutex::new(Prover::new(edge, checkpoint.checkpoint().root()));
        Self { text: checkpoint.note().to_string(), checkpoint, keys, prover }
    }

    /// The number of entries.
    #[must_use]
    pub const fn size(&self) -> Size {
        self.checkpoint.checkpoint().size()
    }

    /// The inclusion proof of an entry of this block under its checkpoint, from the entry's sibling up: from memory, and
    /// verified before it is given away. What neighbours share is verified once, whoever asks for them.
    ///
    /// # Errors
    /// When the entry is not of this block, or the proof does not hold.
    pub fn prove(&self, seq: Seq, leaf: NodeHash) -> Result<Vec<NodeHash>, StoreError> {
        let proof = self.prover.lock().unwrap_or_else(PoisonError::into_inner).prove(seq, leaf);
        proof
            .map_err(StoreError::new)?
            .ok_or_else(|| StoreError::new(format!("entry {seq} is not of the block up to {}", self.size())))
    }
}

/// Signs checkpoints, and where the last one is kept.
#[derive(Debug)]
pub struct Keeper {
    /// Sign as the log, whose origin is their name: the checkpoint key, and, around its replacement, the next or the last one.
    pub signers: Vec<NoteSigner>,
    /// The head file.
    pub path: PathBuf,
    /// Start without the head file: whoever says so knows that nothing that was answered is missing.
    pub accept_missing: bool,
}

/// The keys that can sign checkpoints: read for each block, and added to before a replacement.
#[derive(Clone, Debug)]
pub(crate) struct Signers(Arc<RwLock<Vec<NoteSigner>>>);

impl Signers {
    fn new(signers: Vec<NoteSigner>) -> Self {
        Self(Arc::new(RwLock::new(signers)))
    }

    fn all(&self) -> RwLockReadGuard<'_, Vec<NoteSigner>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn hold(&self, key: &VerifierKey) -> bool {
        self.all().iter().any(|signer| signer.vkey() == key)
    }

    /// Those wanted.
    pub(crate) fn keys(&self, wanted: impl Fn(PublicKey) -> bool) -> Vec<VerifierKey> {
        let all = self.all();
        all.iter().map(NoteSigner::vkey).filter(|vkey| wanted(vkey.key())).cloned().collect()
    }

    pub(crate) fn add(&self, signer: NoteSigner) {
        if !self.hold(signer.vkey()) {
            self.0.write().unwrap_or_else(PoisonError::into_inner).push(signer);
        }
    }

    fn sign(&self, edge: &Edge, keys: &[(PublicKey, CheckpointKey)]) -> Result<SignedCheckpoint, CheckpointError> {
        let all = self.all();
        let signs = |key: PublicKey| keys.iter().any(|(known, record)| *known == key && record.signs(edge.size()));
        let mut signers = all.iter().filter(|signer| signs(signer.vkey().key()));
        let first = signers.next().expect("whoever signs is held: looked at when opened, and before each replacement");
        let checkpoint = Checkpoint::new(first.vkey().name(), edge.size(), edge.root())?;
        let signed = SignedCheckpoint::sign(&checkpoint, first)?;
        signers.try_fold(signed, |signed, signer| signed.signed_also_by(signer))
    }
}

/// Seals blocks, from the committer's thread.
#[derive(Debug)]
pub(crate) struct Sealer {
    signers: Signers,
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
        let Keeper { signers, path, accept_missing } = keeper;
        let signers = Signers::new(signers);
        check_keys(&signers, recovered)?;
        let (file, notes) =
            HeadFile::open(&path).map_err(|source| OpenError::HeadFile { path: path.clone(), source })?;
        let mut sealer = Self { signers, file };
        let (known, unknown) = sealer.read(notes, recovered);
        if recovered.size > Size::EMPTY && !unknown.is_empty() {
            if !accept_missing {
                return Err(OpenError::HeadUnknown { path });
            }
            let cleared = unknown.into_iter().try_for_each(|slot| sealer.file.clear(slot));
            cleared.map_err(|source| OpenError::HeadFile { path: path.clone(), source })?;
        }
        let kept = sealer.latest(known);
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
            Some(kept) => Seal::new(recovered.edge.clone(), kept, recovered.state.checkpoint_keys()),
            None => sealer
                .seal(recovered.edge.clone(), recovered.state.checkpoint_keys())
                .map_err(|source| OpenError::HeadFile { path, source })?,
        };
        Ok((sealer, Some(Arc::new(seal))))
    }

    /// The slots that hold checkpoints of this log, and those whose notes no known key signed. A torn slot is neither.
    fn read(&self, notes: Notes, recovered: &Recovered) -> (Vec<(u64, SignedCheckpoint)>, Vec<u64>) {
        // A log that was rolled back may not know the last key that signed for it; then it is still held.
        let log = recovered.log_keys(|_| true);
        let held = self.signers.all();
        let keys: Vec<&VerifierKey> = log.iter().chain(held.iter().map(NoteSigner::vkey)).collect();
        let (mut known, mut unknown) = (vec![], vec![]);
        for (slot, note) in notes {
            let note = Note::from_bytes(&note).map_err(CheckpointError::from);
            match note.and_then(|note| SignedCheckpoint::from_note_by_any(note, keys.iter().copied())) {
                Ok(signed) => known.push((slot, signed)),
                Err(_) => unknown.push(slot),
            }
        }
        (known, unknown)
    }

    /// The newer of these; the other slot is written next.
    fn latest(&mut self, slots: Vec<(u64, SignedCheckpoint)>) -> Option<SignedCheckpoint> {
        let (slot, latest) = slots.into_iter().max_by_key(|(_, kept)| kept.checkpoint().size())?;
        self.file.keep(slot);
        Some(latest)
    }

    /// The keys that can sign.
    pub(crate) fn signers(&self) -> Signers {
        self.signers.clone()
    }

    /// Signs the checkpoint of a tree with the keys that sign that size, and keeps it.
    pub(crate) fn seal(&mut self, edge: Edge, keys: Vec<(PublicKey, CheckpointKey)>) -> std::io::Result<Seal> {
        let signed = self.signers.sign(&edge, &keys).map_err(std::io::Error::other)?;
        let seal = Seal::new(edge, signed, keys);
        self.file.write(seal.text.as_bytes())?;
        Ok(seal)
    }
}

/// The keys that sign the checkpoint of the log as it is are all held.
fn check_keys(signers: &Signers, recovered: &Recovered) -> Result<(), OpenError> {
    let mut signing = recovered.log_keys(|key| key.signs(recovered.size)).into_iter();
    signing.find(|key| !signers.hold(key)).map_or(Ok(()), |missing| Err(OpenError::CheckpointKey { missing }))
}

/// What was told is still there: the log has at least these entries, and they are the same.
fn check_kept(kept: &Checkpoint, store: &dyn Store, recovered: &Recovered) -> Result<(), OpenError> {
    if kept.size() > recovered.size {
        return Err(OpenError::RolledBack { kept: kept.size(), found: recovered.size });
    }
    let mut nodes = Nodes::of(store);
    let root = tree::root(kept.size(), &mut |node| nodes.read(node))?;
    if root == kept.root() { Ok(()) } else { Err(OpenError::OtherRoot { size: kept.size() }) }
}
