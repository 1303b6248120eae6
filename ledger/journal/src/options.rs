//! RocksDB's settings for an append-only log, each with its reason.

use rocksdb::{
    BlockBasedOptions, Cache, ColumnFamilyDescriptor, DBCompressionType, DBRecoveryMode, Env, Options, WriteOptions,
};

use crate::keyspace::Family;

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;

/// Memory for blocks read back: readers of the tail hit memtables, replays read each block once.
const BLOCK_CACHE_BYTES: usize = 32 * MIB;

/// What a column family may hold in memory before it is written out: the larger, the less is merged again later.
const WRITE_BUFFER_BYTES: usize = 32 * MIB;

/// Table files kept open.
const FILES_MAX: i32 = 256;

/// Logs kept for families that were not written out yet: bounds the replay of the WAL at start.
const WAL_BYTES_MAX: u64 = 192 << 20;

/// `create` only for a new ledger: told to create, RocksDB takes a folder whose CURRENT is lost for an empty one, and deletes
/// what it finds there.
pub(crate) fn database(create: bool) -> Options {
    let mut options = Options::default();
    options.create_if_missing(create);
    options.create_missing_column_families(create);
    options.set_error_if_exists(create);
    // A crash can only tear the last record that was being written, and nobody was answered for it. Anything else that does
    // not fit is damage and must stop the start: PointInTime recovery would silently drop acknowledged entries behind it.
    // What this mode can't see is a newest log file that was cut shorter from outside; only a head kept elsewhere shows that.
    options.set_wal_recovery_mode(DBRecoveryMode::TolerateCorruptedTailRecords);
    // Recycled logs end in old records, which that mode can't tell from damage.
    options.set_recycle_log_file_num(0);
    // A missing WAL file that was closed is damage, too: the manifest knows it.
    options.set_track_and_verify_wals_in_manifest(true);
    options.set_paranoid_checks(true);
    options.set_max_total_wal_size(WAL_BYTES_MAX);
    // A process has 1,024 files if nobody says more; connections need most of them, and a failed open latches writes.
    options.set_max_open_files(FILES_MAX);
    // fdatasync: the file's size is metadata that it covers; times don't matter.
    options.set_use_fsync(false);
    // Two cores: one flush and one compaction must not crowd out signatures.
    options.set_max_background_jobs(2);
    // Submissions first: what is merged later only costs readers a little.
    if let Ok(mut env) = Env::new() {
        env.lower_thread_pool_cpu_priority();
        options.set_env(&env);
    }
    // Its own log is for its developers; ours says what matters.
    options.set_keep_log_file_num(2);
    options.set_max_log_file_size(4 * MIB);
    options
}

pub(crate) fn families(cache: &Cache) -> Vec<ColumnFamilyDescriptor> {
    Family::ALL.iter().map(|&family| ColumnFamilyDescriptor::new(family.name(), options_of(family, cache))).collect()
}

fn options_of(family: Family, cache: &Cache) -> Options {
    let mut options = Options::default();
    let mut table = BlockBasedOptions::default();
    table.set_block_cache(cache);
    table.set_format_version(5);
    options.set_write_buffer_size(WRITE_BUFFER_BYTES);
    // Signatures and hashes don't compress, everything around them does. One codec on all levels, so that what was written in
    // order is moved down as it is, and never read and packed again.
    options.set_compression_type(DBCompressionType::Lz4);
    match family {
        // Written in order and read in runs: large blocks, no filter (every position below the head exists).
        Family::Entries => table.set_block_size(32 * KIB),
        // Read in runs of up to 256, each of one tile; hashes don't compress, their keys do.
        Family::Nodes => table.set_block_size(16 * KIB),
        // Asked for keys that are mostly there only when a client resends.
        Family::Keys | Family::Checkpoints | Family::Meta => table.set_block_size(4 * KIB),
        // Asked by prefix and backwards.
        Family::Rows => table.set_block_size(8 * KIB),
    }
    options.set_block_based_table_factory(&table);
    options
}

pub(crate) fn cache() -> Cache {
    Cache::new_lru_cache(BLOCK_CACHE_BYTES)
}

/// A write that may be lost in a crash: it is in memory until its family is written out, and when the database is closed.
pub(crate) fn unlogged() -> WriteOptions {
    let mut options = WriteOptions::default();
    options.disable_wal(true);
    options
}

/// The write of a block: it returns after the WAL was synced.
pub(crate) fn synced(sync: bool) -> WriteOptions {
    let mut options = WriteOptions::default();
    options.set_sync(sync);
    options
}
