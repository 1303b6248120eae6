//! Many events under few signatures: the fast path for bulk reports and for whatever is measured all the time.
//!
//! ```text
//! Producer::push ──► Feed ─┐                      ┌─► recorded: a place for each event
//!                          ├─► packer ─► a stream ┤
//! an iterator of events ───┘   (batches)          └─► refused: mend, and again, in the same place
//! ```
//!
//! A batch is closed when the next event would exceed the ledger's limits in bytes or events, when its oldest event has waited
//! for the feed's linger, or on [`Producer::flush`]; one of an iterator never waits. It goes the way of every submission: stored
//! in the outbox before it is sent, sent again until it is answered. What that costs (two syncs here, one there, a signature,
//! an answer) is shared by up to 1,000 events.
//!
//! **A submission is atomic, and these are not.** An event that is refused takes the others of its batch along, so the batch is
//! mended: that event is out, and the rest is signed again, before anything that comes after it. Whoever wants several events to
//! stand or fall together gives them as one [`Group`], or to [`Writer::submit`](crate::Writer::submit).
//!
//! A batch that a crash left unanswered is sent again as it is, when the outbox is opened, and not mended:
//! [`Writer::recovered`](crate::Writer::recovered) tells its events and what became of them all.
//!
//! Every event gets exactly one outcome, told in the order in which events came. The recorded ones stand in the log in that order.

mod feed;
mod group;
mod mend;
mod outcomes;
mod packer;
mod submit;

use std::time::Duration;

use hefu_types::Event;
use hefu_types::event::membership::LedgerLimits;

pub use feed::{Feed, FeedClosed, Producer, feed};
pub use group::Group;
pub use outcomes::{Outcome, Place};

use packer::Packer;

/// How long the oldest event of a batch waits for others, unless the caller says otherwise: several times what a synced write
/// takes on a common disk, so that waiting costs less than it saves, and still nothing that a person notices.
pub const LINGER: Duration = Duration::from_millis(20);

/// Groups that a feed holds before `push` waits: a whole batch is ready when the one before it has left.
const FEED_GROUPS_MAX: usize = hefu_types::limits::EVENTS_MAX;

/// Cuts events, in their order, into as few submissions as the ledger's limits allow. An event that alone exceeds them
/// stands alone, for the server to refuse; so does one that refers to its own submission.
#[must_use]
pub fn pack(events: Vec<Event>, limits: &LedgerLimits) -> Vec<Vec<Event>> {
    let mut packer = Packer::new(limits.clone());
    (0..).zip(events).for_each(|(number, event)| packer.add(number, event.into()));
    packer.close();
    std::iter::from_fn(|| packer.take()).map(|batch| batch.events).collect()
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
