//! Files that are there whole or not at all.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

use hefu_types::hash;

/// The context of a file's fingerprint.
const CONTEXT: &str = "hefu v1 file name";

/// 16 hex digits that tell files of different bytes apart, for their names.
pub(crate) fn fingerprint(bytes: &[u8]) -> String {
    hash::derive(CONTEXT, bytes)[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Creates a file, readable by its owner only, with these bytes, and syncs it and its directory. An existing file is an
/// error and stays as it is; a crash leaves the whole file or none (and perhaps a `.hefu-…` file without meaning).
pub(crate) fn create_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let directory = parent(path);
    let mut file = tempfile::Builder::new().prefix(".hefu-").tempfile_in(directory)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path).map_err(|e| e.error)?;
    sync_directory(directory)
}

/// Puts these bytes into a file's place, synced with its directory. A crash leaves what was there before, or all of them.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let directory = parent(path);
    let mut file = tempfile::Builder::new().prefix(".hefu-").tempfile_in(directory)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|e| e.error)?;
    sync_directory(directory)
}

/// Makes the names in a directory durable.
pub(crate) fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}
