//! The keys that sign the checkpoints of a log that is being copied.

use hefu_types::{Entry, Seq, VerifierKey};
use hefu_verify::LogKeys;

/// The key that the genesis names and those that replaced it, as far as entries were read.
#[derive(Clone, Debug, Default)]
pub(super) struct Keys(Option<LogKeys>);

impl Keys {
    /// Takes the entries in order, from the genesis on.
    pub(super) fn learn(&mut self, entry: &Entry) {
        match &mut self.0 {
            None if entry.seq() == Seq::FIRST => self.0 = LogKeys::of_genesis(entry),
            None => {}
            Some(keys) => keys.learn(entry),
        }
    }

    /// The keys, the oldest first; none for a log whose genesis names none.
    pub(super) fn all(&self) -> &[VerifierKey] {
        self.0.as_ref().map_or(&[], LogKeys::keys)
    }
}
