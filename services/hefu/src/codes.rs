//! The codes of what this program finds by itself; those of refusals are in `hefu_types::Reason`. `cargo xtask errors-md`
//! reads this table.

/// Code, exit code, cause.
#[cfg_attr(not(test), expect(dead_code, reason = "read by the maker of docs/errors.md, and held by a test"))]
const LOCAL: &[(&str, &str, &str)] = &[
    ("USAGE", "2", "A flag, a file of rows or a directory is not what the command takes."),
    ("FILE_IO", "2", "A file or directory can't be read or written."),
    ("FILE_EXISTS", "2", "A file to be written is there already; nothing is ever overwritten."),
    ("FEATURE_MISSING", "2", "The program was built without a feature that the command needs, such as `xlsx`."),
    ("OUTPUT_IO", "1", "The output can't be written."),
    ("KEY_FILE_IO", "2", "A key file can't be read or written."),
    ("KEY_FILE_EXISTS", "2", "A new key's file is there already."),
    ("KEY_FILE_INVALID", "2", "A key file holds no Ed25519 key in PKCS#8 PEM."),
    ("KEY_PASSPHRASE_WRONG", "2", "The passphrase does not open the key file."),
    ("SERVER_ADDRESS_INVALID", "2", "The address of the server has no scheme, host or port, or asks for TLS."),
    ("SERVER_UNREACHABLE", "3", "No answer came for as long as `--patience` says."),
    ("ANSWER_INVALID", "1", "The server answered what the protocol does not allow."),
    ("LOG_BROKEN", "4", "The entries that the server sent don't link, or don't end in its head."),
    ("LEDGER_ROLLED_BACK", "4", "The server no longer has a submission of this key whose position it had answered."),
    ("OUTBOX_IO", "1", "A file of the key's outbox can't be read or written."),
    ("OUTBOX_BUSY", "1", "Another program is writing with this key."),
    ("OUTBOX_FOREIGN", "1", "The outbox belongs to another ledger or key."),
    ("OUTBOX_DAMAGED", "1", "A file of the outbox is not what was written."),
    ("OUTBOX_BEHIND", "1", "The server has recorded submissions of this key that the outbox does not hold."),
    ("OUTBOX_DIVERGED", "1", "The server has another submission under a number of this key than the outbox."),
    ("EXPORT_AHEAD", "4 or 2", "The export holds more entries than the server's log (4) or `--size` asks for (2)."),
    ("EXPORT_DIFFERS", "4", "What the directory holds is no beginning of the server's log."),
    ("RECEIPT_INVALID", "4", "A receipt can't be read, or does not prove its submission under the log's key."),
    ("RECEIPT_CONTRADICTED", "4", "The log signs or proves what contradicts a receipt; the evidence is named."),
    ("POLICY_INVALID", "2", "A policy names no log, so that receipts can't be held to it."),
    ("CHECKPOINT_INVALID", "4", "A checkpoint can't be read, or is not signed by the log's key."),
    ("LOG_FORKED", "4", "The log signed two checkpoints that are not of one history."),
    ("LOG_ROLLED_BACK", "4", "The log shows fewer entries than it signed before: for receipts, longer than `--late`."),
    ("TILES_INVALID", "4", "The tiles at a URL are not those of its checkpoint, so nobody can tell what it is over."),
    ("QUORUM_OVERDUE", "4", "For longer than `--late`, the checkpoints at a URL have lacked a quorum of cosignatures."),
    ("VERIFICATION_FAILED", "4", "An entry does not fit; the message names its seq, the fault and what was expected."),
    ("SUBMISSION_OMITTED", "4", "A submission that was answered does not stand in the export where the answer says."),
    ("KEY_CHAIN_BROKEN", "4", "In the export, a key's submissions are not numbered and linked without a gap."),
    ("NEWER_THAN_TOOL", "1", "An entry is linked, but of a version or with a field that this program does not know."),
    ("WITNESS_BUSY", "1", "Another witness runs on the same folder."),
    ("WITNESS_DAMAGED", "1", "A file of the witness's folder is not what it wrote."),
    ("NOTHING_TO_RECORD", "1", "No view of the server has applied an entry yet."),
    ("VIEW_DIFFERS", "4", "The log records another digest of a view than the replay of its entries gives."),
    ("REPLAY_FAILED", "1", "An export can't be replayed."),
];

/// The codes.
#[cfg(test)]
pub(crate) fn local() -> impl Iterator<Item = &'static str> {
    LOCAL.iter().map(|(code, ..)| *code)
}

/// Whether a code has its place in a table.
#[cfg(test)]
pub(crate) fn is_known(code: &str) -> bool {
    code == crate::failure::PIPE_CLOSED
        || LOCAL.iter().any(|(local, _, _)| *local == code)
        || hefu_types::Reason::from_code(code).is_some()
}
