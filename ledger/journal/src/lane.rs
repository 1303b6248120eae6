//! The order of one stream, as far as refusals go.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use hefu_types::{PublicKey, Reason, Refusal};

/// The submissions of one stream: once one of a key is refused, the key's later ones are refused, too.
#[derive(Debug, Default)]
pub struct Lane(Mutex<HashSet<PublicKey>>);

impl Lane {
    /// Keys that are remembered. Anybody can name a key, so that they would fill the memory of a stream that stays open; behind
    /// so many refused ones, the stream is at its end for every key.
    pub const KEYS_MAX: usize = 4_096;

    pub(crate) fn refused(&self, key: PublicKey) {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if keys.len() < Self::KEYS_MAX {
            keys.insert(key);
        }
    }

    pub(crate) fn check(&self, key: &PublicKey) -> Result<(), Refusal> {
        let keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let detail = if keys.contains(key) {
            format!("an earlier submission of key {key} in this stream was refused")
        } else if keys.len() < Self::KEYS_MAX {
            return Ok(());
        } else {
            format!("submissions of {} keys in this stream were refused; open another one", Self::KEYS_MAX)
        };
        Err(Refusal::new(Reason::PredecessorRefused, "", detail))
    }
}
