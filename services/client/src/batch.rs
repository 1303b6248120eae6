//! Many events in few submissions.

use hefu_types::Event;
use hefu_types::event::membership::LedgerLimits;
use hefu_types::wire;

/// Bytes of a submission beside its events: ledger, key and link (34 each), key number and two times (at most 11 each).
const FRAME_BYTES: usize = 3 * 34 + 3 * 11;

/// Bytes that an event costs beside its own: a tag and a length.
const EVENT_FRAME_BYTES: usize = 1 + 3;

/// Cuts events, in their order, into as few submissions as the ledger's limits allow. An event that alone exceeds them
/// stands alone, for the server to refuse.
#[must_use]
pub fn pack(events: Vec<Event>, limits: &LedgerLimits) -> Vec<Vec<Event>> {
    let (events_max, bytes_max) = (limits.max_events as usize, limits.max_submission_bytes as usize);
    let mut batches: Vec<Vec<Event>> = Vec::new();
    let mut bytes = 0;
    for event in events {
        let cost = wire::to_bytes(&event).len() + EVENT_FRAME_BYTES;
        match batches.last_mut().filter(|batch| batch.len() < events_max && bytes + cost <= bytes_max) {
            Some(batch) => batch.push(event),
            None => {
                bytes = FRAME_BYTES;
                batches.push(vec![event]);
            }
        }
        bytes += cost;
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;
    use hefu_types::event::membership::MemberSuspended;
    use hefu_types::{Code, KeySeq, LedgerId, Millis, PublicKey, Submission, SubmissionHash, Text};

    fn event(reason: usize) -> Event {
        let member = Code::new("member").unwrap();
        Event::from(MemberSuspended { member, reason: Text::new(&"x".repeat(reason)).unwrap() })
    }

    fn largest(events: Vec<Event>) -> usize {
        let submission = Submission {
            ledger_id: Some(LedgerId::from_bytes([1; 32])),
            key: PublicKey::from_bytes([2; 32]),
            key_seq: KeySeq::new(u64::MAX),
            key_prev: SubmissionHash::from_bytes([3; 32]),
            created_at: Millis::new(-1),
            not_after: Millis::new(-1),
            events,
        };
        submission.encode().len()
    }

    #[test]
    fn batches_keep_order_and_limits() {
        let events: Vec<Event> = (0..500).map(|n| event(n * 7 % 2_000)).collect();
        for (max_events, max_submission_bytes) in [(7, 65_420), (1_000, 4_096), (1_000, 65_420)] {
            let batches = pack(events.clone(), &LedgerLimits { max_events, max_submission_bytes });
            assert_eq!(batches.concat(), events);
            for pair in batches.windows(2) {
                assert!(pair[0].len() <= max_events as usize);
                assert!(largest(pair[0].clone()) <= max_submission_bytes as usize);
                let next = [&pair[0][..], &pair[1][..1]].concat();
                let full = next.len() > max_events as usize || largest(next) + 2 * 500 > max_submission_bytes as usize;
                assert!(full, "a batch of {} could have held one more", pair[0].len());
            }
        }
        assert!(pack(vec![], &LedgerLimits { max_events: 1, max_submission_bytes: 1 }).is_empty());
    }
}
