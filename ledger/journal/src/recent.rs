//! The newest durable entries as they were decoded to be decided, for whoever follows the log closely: he need not read them
//! back and decode them once more.
//!
//! No lock is shared with the follower. He works behind everybody else, and who waits for a lock of his waits behind all.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use hefu_types::{DecodedEntry, Size};

/// Bytes of the entries that wait for the follower.
#[derive(Debug)]
pub(crate) struct Room {
    bytes: AtomicUsize,
    bytes_max: usize,
}

impl Room {
    /// Whether entries are worth keeping: those that come while there is no room are left to the log.
    pub(crate) fn is_left(&self) -> bool {
        self.bytes.load(Ordering::Relaxed) < self.bytes_max
    }
}

/// Entries without gaps, and their bytes.
type Kept = (Vec<DecodedEntry>, usize);

/// Where the committer puts them.
#[derive(Debug)]
pub(crate) struct Put {
    sender: Sender<Kept>,
    room: Arc<Room>,
}

impl Put {
    /// Puts in the entries that a block begins with, of so many bytes.
    pub(crate) fn put(&self, entries: Vec<DecodedEntry>, bytes: usize) {
        if entries.is_empty() {
            return;
        }
        self.room.bytes.fetch_add(bytes, Ordering::Relaxed);
        // The journal is being closed when nobody follows any more.
        let _gone = self.sender.send((entries, bytes));
    }
}

/// Where one follower takes them.
#[derive(Debug)]
pub(crate) struct Recent {
    queue: Mutex<(Receiver<Kept>, Option<Kept>)>,
    room: Arc<Room>,
}

/// Both ends, and the room between them.
pub(crate) fn recent(bytes_max: usize) -> (Put, Recent, Arc<Room>) {
    let (sender, receiver) = channel();
    let room = Arc::new(Room { bytes: AtomicUsize::new(0), bytes_max });
    let recent = Recent { queue: Mutex::new((receiver, None)), room: Arc::clone(&room) };
    (Put { sender, room: Arc::clone(&room) }, recent, room)
}

impl Recent {
    /// Takes the entries behind a size: no more than `limit`, unless those that came first are more. Empty when they are not
    /// here.
    pub(crate) fn take(&self, from: Size, limit: usize) -> Vec<DecodedEntry> {
        let mut taken: Vec<DecodedEntry> = vec![];
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let (receiver, ahead) = &mut *queue;
        while let Some((entries, bytes)) = ahead.take().or_else(|| receiver.try_recv().ok()) {
            let next = taken.last().map_or(from, |last| last.seq.size()).next_seq();
            let follows = entries.first().is_some_and(|first| first.seq <= next);
            if !follows || (!taken.is_empty() && taken.len() + entries.len() > limit) {
                *ahead = Some((entries, bytes));
                break;
            }
            self.room.bytes.fetch_sub(bytes, Ordering::Relaxed);
            taken.extend(entries.into_iter().filter(|entry| entry.seq >= next));
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hefu_types::{KeySeq, Millis, PublicKey, Seq, Submission, SubmissionHash};

    fn entries(from: u64, to: u64) -> Vec<DecodedEntry> {
        let submission = Submission {
            ledger_id: None,
            key: PublicKey::from_bytes([1; 32]),
            key_seq: KeySeq::new(1),
            key_prev: SubmissionHash::NONE,
            created_at: Millis::new(0),
            not_after: Millis::new(0),
            events: vec![],
        };
        let entry = |seq| DecodedEntry {
            seq: Seq::new(seq),
            recorded_at: Millis::new(1),
            submission_hash: SubmissionHash::NONE,
            submission: submission.clone(),
        };
        (from..to).map(entry).collect()
    }

    fn take(recent: &Recent, from: u64, limit: usize) -> Vec<u64> {
        recent.take(Size::new(from), limit).iter().map(|entry| entry.seq.get()).collect()
    }

    #[test]
    fn entries_are_taken_as_they_came_and_once() {
        let (put, recent, _) = recent(100);
        [(5, 7), (7, 8), (8, 12)].into_iter().for_each(|(from, to)| put.put(entries(from, to), 10));
        assert_eq!(take(&recent, 5, 4), [5, 6, 7]);
        assert_eq!(take(&recent, 5, 4), [0; 0]);
        assert_eq!(take(&recent, 8, 1), [8, 9, 10, 11]);
        assert_eq!(take(&recent, 12, 1), [0; 0]);
    }

    #[test]
    fn a_gap_is_left_to_the_log_and_what_is_behind_is_dropped() {
        let (put, recent, _) = recent(100);
        [(5, 7), (7, 9), (9, 10)].into_iter().for_each(|(from, to)| put.put(entries(from, to), 10));
        assert_eq!(take(&recent, 4, 9), [0; 0]);
        assert_eq!(take(&recent, 8, 9), [8, 9]);
    }

    #[test]
    fn room_is_taken_and_given_back() {
        let (put, recent, room) = recent(20);
        assert!(room.is_left());
        [(0, 1), (1, 2)].into_iter().for_each(|(from, to)| put.put(entries(from, to), 10));
        assert!(!room.is_left());
        assert_eq!(take(&recent, 0, 1), [0]);
        assert!(room.is_left());
        assert!(!super::recent(0).2.is_left());
    }
}
