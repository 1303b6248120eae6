//! Every bound of the format, with the reason for its value. Bounds of a running server are in `hefud::config`.

/// Bytes of an entry: a tlog-tiles entry bundle gives each entry a 16-bit length.
pub const ENTRY_BYTES_MAX: usize = 65_535;

/// Bytes of an entry before its signature: version, seq, recorded_at, prev, signature length.
pub const ENTRY_HEADER_BYTES: usize = 1 + 8 + 8 + 32 + 2;

/// Bytes of an Ed25519 signature.
pub const SIGNATURE_BYTES: usize = 64;

/// Bytes of a submission signed with Ed25519: what is left of an entry.
pub const SUBMISSION_BYTES_MAX: usize = ENTRY_BYTES_MAX - ENTRY_HEADER_BYTES - SIGNATURE_BYTES;

/// Events of a submission: keeps the time that one submission can hold the sequencer under a few milliseconds.
pub const EVENTS_MAX: usize = 1_000;

/// Bytes of a code (member, indicator, area …): long enough to be readable, short enough to be a key.
pub const CODE_BYTES_MAX: usize = 64;

/// Bytes of a text such as a name, a note, a reason or an address.
pub const TEXT_BYTES_MAX: usize = 2_048;

/// Bytes of a log's origin: it is repeated in every checkpoint.
pub const ORIGIN_BYTES_MAX: usize = 255;

/// Decimals of a number: 10^12 leaves 6 digits before the point, and products of two fit 128 bits.
pub const DECIMAL_SCALE_MAX: u32 = 12;

/// The first year of a period.
pub const YEAR_MIN: u16 = 1900;

/// The last year of a period.
pub const YEAR_MAX: u16 = 2199;

/// Elements of any repeated field: bounds the work of decoding; above [`EVENTS_MAX`], so that too many events are named so.
pub const LIST_MAX: usize = 4_096;

/// Office keys named by the genesis submission: at least two, so that losing one does not lose the office.
pub const GENESIS_OFFICE_KEYS_MIN: usize = 2;

/// Keys that may act for the office at a time: few enough that the recovery key can replace all of them in one submission,
/// before a thief of one of them can answer.
pub const OFFICE_KEYS_MAX: usize = 32;

/// Entries of a full tlog-tiles entry bundle.
pub const BUNDLE_ENTRIES: u64 = 256;

/// Bytes of a signed note: a checkpoint with 100 post-quantum signatures of 5 kB takes half of it.
pub const NOTE_BYTES_MAX: usize = 1 << 20;

/// Signatures of a note: as many as the Go reference reads; the specification asks for at least 16.
pub const NOTE_SIGNATURES_MAX: usize = 100;

/// Seconds in a cosignature's timestamp: the specification keeps it within a signed 64-bit number.
pub const COSIGNATURE_SECONDS_MAX: u64 = i64::MAX.unsigned_abs();

/// Entries for which two checkpoint keys sign, at most: more than an hour at the fastest that a server was measured. While they
/// do, the key can't be replaced again, and a size mistyped by a few digits would make that for ever.
pub const OVERLAP_ENTRIES_MAX: u64 = 100_000_000;

/// Milliseconds by which a server's clock may depart from its witnesses', and a cosignature may be later than what it covers:
/// between a block and its cosignature lie seconds, and clocks are set by hand where there is no network time.
pub const COSIGNATURE_SLACK: i64 = 600_000;

/// Hashes of an inclusion proof: one for each level of a tree with 64-bit positions.
pub const PROOF_HASHES_MAX: usize = 64;

/// Hashes of a consistency proof: as many as tlog-witness lets a log send.
pub const CONSISTENCY_HASHES_MAX: usize = 63;

/// Bytes of a request to a witness: the largest checkpoint, and 63 hashes of 45 bytes with the line of the old size.
pub const ADD_CHECKPOINT_BYTES_MAX: usize = NOTE_BYTES_MAX + 4_096;

/// Bytes of a tlog-proof file: the largest checkpoint, and as much again for the proof and the extra data.
pub const PROOF_BYTES_MAX: usize = 2 * NOTE_BYTES_MAX;

/// Bytes of a tlog-policy file: 1,000 lines of a key, a name and an address of 1 kB.
pub const POLICY_BYTES_MAX: usize = 1 << 20;

/// Delegations of a unit to another that hold at a time: each decision about a delegate looks through them.
pub const DELEGATIONS_MAX: usize = 64;

/// Points of a target's trajectory: the months of ten years.
pub const TRAJECTORY_POINTS_MAX: usize = 120;

/// The time that a challenge leaves for an answer, at least, in milliseconds: a day.
pub const ANSWER_MILLIS_MIN: i64 = 24 * 3_600_000;

/// Milliseconds by which the time of a request to read may differ from the server's clock: five minutes, for clocks that are set by
/// hand.
pub const READ_REQUEST_MILLIS_MAX: i64 = 300_000;

/// Pieces of evidence of one observation: a figure has a table, a note and a few protocols behind it, and all stand in the entry.
pub const EVIDENCE_MAX: usize = 16;

/// Units besides the reporting one and the office that may read a confidential value: more than that is no secret.
pub const READERS_MAX: usize = 64;

/// Milliseconds that an embargo may last: ten years. What is kept longer is confidential, and a year mistyped would hide it for
/// ever.
pub const EMBARGO_MILLIS_MAX: i64 = 3_653 * 24 * 3_600_000;
