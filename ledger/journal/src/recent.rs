//! Durable entries as they were decoded to be decided, for whoever follows the log closely: he need not read them back and
//! decode them once more.
//!
//! They are handed over without a lock. The follower works behind everybody else, and who waits for a lock of his waits behind
//! all.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use hefu_types::{DecodedEntry, Size};

/// Room for entries between the moment that they are decided and the moment that the follower takes them, in bytes as they
/// are stored: decoded they take a few times as many.
#[derive(Debug)]
pub(crate) struct Room {
    bytes: AtomicUsize,
    bytes_max: usize,
}

impl Room {
    /// Takes room for an entry, if there is some left: what comes while there is none is left to the log.
    pub(crate) fn take(&self, bytes: usize) -> bool {
        let fits = |taken: usize| taken.checked_add(bytes).filter(|taken| *taken <= self.bytes_max);
        self.bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).is_ok()
    }

    fn give_back(&self, bytes: usize) {
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// Entries without gaps, and the room that they take.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    entries: Vec<DecodedEntry>,
    bytes: usize,
}

impl Kept {
    /// The number of entries.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Adds the next entry, which was given room.
    pub(crate) fn push(&mut self, entry: DecodedEntry, bytes: usize) {
        self.entries.push(entry);
        self.bytes += bytes;
    }
}

/// Where the committer puts what is durable now.
#[derive(Debug)]
pub(crate) struct Put {
    sender: Sender<Kept>,
    room: Arc<Room>,
}

impl Put {
    /// Puts in the entries that a block begins with. Where there are none, nobody need take them: so the room bounds the queue.
    pub(crate) fn put(&self, kept: Kept) {
        if kept.entries.is_empty() {
            return;
        }
        if let Err(unsent) = self.sender.send(kept) {
            self.forget(&unsent.0);
        }
    }

    /// Forgets those of a block that may not be durable.
    pub(crate) fn forget(&self, kept: &Kept) {
        self.room.give_back(kept.bytes);
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
        while let Some(kept) = ahead.take().or_else(|| receiver.try_recv().ok()) {
            let next = taken.last().map_or(from, |last| last.seq.size()).next_seq();
            let follows = kept.entries.first().is_some_and(|first| first.seq <= next);
            if !follows || (!taken.is_empty() && taken.len() + kept.len() > limit) {
                *ahead = Some(kept);
                break;
            }
            self.room.give_back(kept.bytes);
            taken.extend(kept.entries.into_iter().filter(|entry| entry.seq >= next));
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hefu_types::{KeySeq, Millis, PublicKey, Seq, Submission, SubmissionHash};

    fn entries(from: u64, to: u64) -> Kept {
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
        Kept { entries: (from..to).map(entry).collect(), bytes: 10 }
    }

    fn take(recent: &Recent, from: u64, limit: usize) -> Vec<u64> {
        recent.take(Size::new(from), limit).iter().map(|entry| entry.seq.get()).collect()
    }

    #[test]
    fn entries_are_taken_as_they_came_and_once() {
        let (put, recent, room) = recent(100);
        assert!(room.take(30));
        [(5, 7), (7, 8), (8, 12)].into_iter().for_each(|(from, to)| put.put(entries(from, to)));
        assert_eq!(take(&recent, 5, 4), [5, 6, 7]);
        assert_eq!(take(&recent, 5, 4), [0; 0]);
        assert_eq!(take(&recent, 8, 1), [8, 9, 10, 11]);
        assert_eq!(take(&recent, 12, 1), [0; 0]);
    }

    #[test]
    fn a_gap_is_left_to_the_log_and_what_is_behind_is_dropped() {
        let (put, recent, room) = recent(100);
        assert!(room.take(30));
        [(5, 7), (7, 9), (9, 10)].into_iter().for_each(|(from, to)| put.put(entries(from, to)));
        assert_eq!(take(&recent, 4, 9), [0; 0]);
        assert_eq!(take(&recent, 8, 9), [8, 9]);
    }

    #[test]
    fn room_is_taken_and_given_back() {
        let (put, recent, room) = recent(20);
        assert!([10, 10].map(|bytes| room.take(bytes)).iter().all(|fits| *fits));
        assert!(!room.take(1) && !room.take(usize::MAX));
        put.put(entries(0, 1));
        put.forget(&entries(1, 2));
        assert!(room.take(10) && !room.take(1));
        assert_eq!(take(&recent, 0, 1), [0]);
        assert!(room.take(10) && !room.take(1));
        let (put, recent, room) = super::recent(0);
        assert!(!room.take(1));
        put.put(Kept::default());
        assert!(recent.queue.lock().unwrap().0.try_recv().is_err(), "what is not there takes no place in the queue");
    }
}
