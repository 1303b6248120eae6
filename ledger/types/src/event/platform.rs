//! What the platform says about itself: the key of its checkpoints, and what its views show.

use crate::ids::{Signature, Size, ViewDigest};
use crate::text::{Code, Text};
use crate::wire::message;

message! {
    /// The office announces that another key will sign the log's checkpoints. From this entry on the replacement signs every
    /// checkpoint; the replaced key signs beside it up to `valid_to` entries, and never again.
    pub struct CheckpointKeyReplaced {
        /// The checkpoint key in force, `name+hash+base64`.
        1 => replaced: Text,
        /// The checkpoint key that takes its place, named like the origin.
        2 => replacement: Text,
        /// The largest size of a checkpoint that the replaced key may have signed.
        3 => valid_to: Size,
        /// The replaced key's signature, 64 bytes: DSSE over ledger_id and this message with `endorsement` and `proof` empty.
        14 => endorsement: Option<Signature>,
        /// The replacement's own signature over the same, 64 bytes.
        15 => proof: Option<Signature>,
    }
}

message! {
    /// The operator records what one of its views amounts to, so that whoever replays the log can hold it to that.
    pub struct ViewsRecorded {
        /// The number of entries that the view had applied.
        1 => size: Size,
        /// The view's name.
        2 => view: Code,
        /// The view's version.
        3 => version: u32,
        /// The digest of its rows, 32 bytes.
        4 => digest: ViewDigest,
    }
}
