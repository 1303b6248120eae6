//! Opening: every stored entry goes once more through the rules that admitted it.

use hefu_rules::{CheckpointKey, Position, State};
use hefu_types::tree::{self, Edge};
use hefu_types::{ChainHash, Entry, Millis, Seq, Size, VerifierKey};

use crate::error::OpenError;
use crate::nodes::Nodes;
use crate::store::{Sequenced, Store};

/// Entries read at a time.
const READ_ENTRIES: usize = 4_096;
/// Bytes read at a time.
const READ_BYTES: usize = 4 << 20;

/// What the entries amount to.
pub(crate) struct Recovered {
    pub(crate) state: State,
    pub(crate) size: Size,
    pub(crate) chain_hash: ChainHash,
    pub(crate) recorded_at: Millis,
    /// The right edge of the tree.
    pub(crate) edge: Edge,
}

impl Recovered {
    /// Before the first entry.
    pub(crate) fn start() -> Self {
        Self {
            state: State::default(),
            size: Size::EMPTY,
            chain_hash: ChainHash::NONE,
            recorded_at: Millis::new(0),
            edge: Edge::default(),
        }
    }

    /// Replays some more entries, up to a size; `false` when there are none.
    pub(crate) fn advance(&mut self, store: &dyn Store, size: Size) -> Result<bool, OpenError> {
        let left = usize::try_from(size.get().saturating_sub(self.size.get())).unwrap_or(usize::MAX);
        let batch = store.read(self.size.next_seq(), READ_ENTRIES.min(left), READ_BYTES)?;
        let any = !batch.is_empty();
        for bytes in batch {
            let seq = self.size.next_seq();
            let entry = Entry::parse(bytes).map_err(|e| damaged(seq, e.to_string()))?;
            replay(self, &entry)?;
        }
        self.edge.trim();
        Ok(any)
    }

    /// The checkpoint keys that the log has had, of those wanted.
    pub(crate) fn log_keys(&self, wanted: impl Fn(&CheckpointKey) -> bool) -> Vec<VerifierKey> {
        let Some(ledger) = self.state.ledger() else { return vec![] };
        let keys = self.state.checkpoint_keys().into_iter().filter(|(_, record)| wanted(record));
        keys.map(|(key, _)| VerifierKey::new(&ledger.origin, key).expect("an origin is a key's name")).collect()
    }
}

/// Replays what is stored behind a start.
pub(crate) fn recover(store: &dyn Store, start: Option<Recovered>) -> Result<Recovered, OpenError> {
    let mut so_far = start.unwrap_or_else(Recovered::start);
    while so_far.advance(store, Size::new(u64::MAX))? {}
    let tail = store.tail()?;
    if tail != (so_far.size, so_far.chain_hash) {
        return Err(damaged(so_far.size.next_seq(), format!("the head says {} entries, ending in {}", tail.0, tail.1)));
    }
    // The tree as stored must be the tree of the entries; damage further left would show in the first proof that needs it.
    let mut nodes = Nodes::of(store);
    if Edge::read(so_far.size, &mut |node| nodes.read(node))? != so_far.edge {
        return Err(damaged(so_far.size.next_seq(), "the stored tree is not that of the entries".to_owned()));
    }
    Ok(so_far)
}

fn damaged(seq: Seq, what: String) -> OpenError {
    OpenError::Damaged { seq, what }
}

fn replay(so_far: &mut Recovered, entry: &Entry) -> Result<(), OpenError> {
    let seq = so_far.size.next_seq();
    if entry.seq() != seq {
        return Err(damaged(seq, format!("it says that it is entry {}", entry.seq())));
    }
    if entry.prev() != so_far.chain_hash {
        return Err(damaged(seq, format!("it links to {} instead of {}", entry.prev(), so_far.chain_hash)));
    }
    if entry.recorded_at() < so_far.recorded_at {
        return Err(damaged(seq, "it was recorded before its predecessor".to_owned()));
    }
    let decoded = entry.decode().map_err(|refusal| OpenError::Refused { seq, refusal })?;
    so_far
        .state
        .record(&decoded.submission, &Position::of(entry))
        .map_err(|refusal| OpenError::Refused { seq, refusal })?;
    so_far.size = seq.size();
    so_far.chain_hash = entry.chain_hash();
    so_far.edge.push(tree::leaf(entry.bytes()), |_, _| ());
    so_far.recorded_at = entry.recorded_at();
    Ok(())
}

/// The last entry's summary as readers of the head need it.
pub(crate) fn last_of(block: &[Sequenced]) -> Option<(Size, ChainHash, Millis)> {
    block.last().map(|item| (item.entry.seq().size(), item.chain_hash, item.entry.recorded_at()))
}
