//! The last signed checkpoint, in a file of its own beside the database: what the server has told the world, as far as it
//! knows, when the database is older than it should be.
//!
//! Two slots of 2,048 bytes are written in turn and synced, each before the first answer that depends on it. A slot is a
//! length (4 bytes, big-endian), a checksum (32 bytes) and the checkpoint as a signed note; zeros follow. A crash tears the
//! slot that was being written, and nobody was answered for it; the other one stands.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::Path;

use hefu_types::hash;

const SLOT_BYTES: usize = 2_048;
const PREFIX_BYTES: usize = 4 + 32;
/// The context of a slot's checksum.
const CONTEXT: &str = "hefu v1 head file";

/// Each readable slot and its note.
pub(crate) type Notes = Vec<(u64, Vec<u8>)>;

/// The open file.
#[derive(Debug)]
pub(crate) struct HeadFile {
    file: File,
    /// The slot to write next.
    next: u64,
}

impl HeadFile {
    /// Opens or makes the file; gives its slots' notes, of which one or both may be unreadable.
    pub(crate) fn open(path: &Path) -> io::Result<(Self, Notes)> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
        if file.metadata()?.len() < 2 * SLOT_BYTES as u64 {
            // The size is fixed once, so that a later sync need not write it.
            file.write_all_at(&[0; 2 * SLOT_BYTES], 0)?;
            file.sync_all()?;
            if let Some(folder) = path.parent() {
                File::open(folder)?.sync_all()?;
            }
        }
        let mut notes = vec![];
        for slot in 0..2 {
            let mut bytes = [0; SLOT_BYTES];
            file.read_exact_at(&mut bytes, slot * SLOT_BYTES as u64)?;
            notes.extend(note_of(&bytes).map(|note| (slot, note.to_vec())));
        }
        Ok((Self { file, next: 0 }, notes))
    }

    /// Keeps a slot: the next write goes to the other one.
    pub(crate) const fn keep(&mut self, slot: u64) {
        self.next = 1 - slot;
    }

    /// Empties a slot, and writes there next.
    pub(crate) fn clear(&mut self, slot: u64) -> io::Result<()> {
        self.file.write_all_at(&[0; SLOT_BYTES], slot * SLOT_BYTES as u64)?;
        self.file.sync_data()?;
        self.next = slot;
        Ok(())
    }

    /// Writes a checkpoint; it survives a power cut when this returns.
    pub(crate) fn write(&mut self, note: &[u8]) -> io::Result<()> {
        let room = SLOT_BYTES - PREFIX_BYTES;
        let len = u32::try_from(note.len()).ok().filter(|_| note.len() <= room);
        let len =
            len.ok_or_else(|| io::Error::other(format!("a checkpoint of {} bytes, room for {room}", note.len())))?;
        let mut bytes = [0; SLOT_BYTES];
        bytes[..4].copy_from_slice(&len.to_be_bytes());
        bytes[4..PREFIX_BYTES].copy_from_slice(&hash::derive(CONTEXT, note));
        bytes[PREFIX_BYTES..][..note.len()].copy_from_slice(note);
        self.file.write_all_at(&bytes, self.next * SLOT_BYTES as u64)?;
        self.file.sync_data()?;
        self.next = 1 - self.next;
        Ok(())
    }
}

fn note_of(slot: &[u8; SLOT_BYTES]) -> Option<&[u8]> {
    let (len, rest) = slot.split_first_chunk::<4>()?;
    let (checksum, rest) = rest.split_first_chunk::<32>()?;
    let note = rest.get(..usize::try_from(u32::from_be_bytes(*len)).ok()?)?;
    (!note.is_empty() && hash::derive(CONTEXT, note) == *checksum).then_some(note)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notes(path: &Path) -> Vec<Vec<u8>> {
        HeadFile::open(path).unwrap().1.into_iter().map(|(_, note)| note).collect()
    }

    #[test]
    fn the_last_two_checkpoints_are_there_and_a_torn_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("head");
        let (mut file, found) = HeadFile::open(&path).unwrap();
        assert!(found.is_empty());
        for note in ["one", "two", "three"] {
            file.write(note.as_bytes()).unwrap();
        }
        assert_eq!(notes(&path), [b"three".to_vec(), b"two".to_vec()]);
        let (mut file, _) = HeadFile::open(&path).unwrap();
        file.keep(0);
        file.write(b"four").unwrap();
        assert_eq!(notes(&path), [b"three".to_vec(), b"four".to_vec()]);
        let raw = OpenOptions::new().write(true).open(&path).unwrap();
        raw.write_all_at(b"x", SLOT_BYTES as u64 + 38).unwrap();
        assert_eq!(notes(&path), [b"three".to_vec()]);
    }

    #[test]
    fn what_does_not_fit_is_refused_before_anything_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("head");
        let (mut file, _) = HeadFile::open(&path).unwrap();
        file.write(b"one").unwrap();
        assert!(file.write(&[b'x'; SLOT_BYTES]).is_err());
        file.write(&[b'x'; SLOT_BYTES - PREFIX_BYTES]).unwrap();
        assert_eq!(notes(&path).len(), 2);
    }
}
