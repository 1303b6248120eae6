//! What remains of a refused batch.

use hefu_types::{Event, Reason, Refusal};

use crate::stream::Batch;

/// The numbers of the pushes that a batch holds: one for each event, or one for a group that stands alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Numbers(pub(super) Vec<u64>);

/// What becomes of a refused batch.
#[derive(Debug)]
pub(super) struct Mended {
    /// Refused for good.
    pub(super) out: Vec<(u64, Refusal)>,
    /// To be submitted again, in this order. Each is smaller than what was refused, so mending ends: after at most one
    /// submission for each event that a refusal names, and twice as many halves where it names none.
    pub(super) again: Vec<Batch<Numbers>>,
}

/// Takes out what a refusal is about: the event that it names; all of them, when it is about who signs; and when it is about
/// something else, each half is to be tried by itself.
pub(super) fn mend(Numbers(mut numbers): Numbers, mut events: Vec<Event>, refusal: Refusal) -> Mended {
    if numbers.len() == 1 || is_about_signer(&refusal, &events) {
        let out = numbers.into_iter().map(|number| (number, refusal.clone())).collect();
        return Mended { out, again: vec![] };
    }
    let Some(index) = event_at_fault(&refusal).filter(|index| *index < events.len()) else {
        let (behind, half) = (numbers.split_off(numbers.len() / 2), events.split_off(events.len() / 2));
        let again = vec![Batch::new(Numbers(numbers), events), Batch::new(Numbers(behind), half)];
        return Mended { out: vec![], again };
    };
    events.remove(index);
    let out = vec![(numbers.remove(index), alone(refusal, index))];
    Mended { out, again: vec![Batch::new(Numbers(numbers), events)] }
}

/// Whether every event of the batch would be refused so. Observations all need the same role, and give nobody another.
fn is_about_signer(refusal: &Refusal, events: &[Event]) -> bool {
    let observations =
        || events.iter().all(|event| matches!(event, Event::ObservationReported(_) | Event::ObservationRetracted(_)));
    let envelope = ["ledger_id", "key", "key_seq", "key_prev", "created_at", "not_after", "signature"];
    envelope.contains(&refusal.field.as_str()) || refusal.reason == Reason::RoleMissing && observations()
}

/// The event that a refusal names: `events[i]`, or a field below it.
fn event_at_fault(refusal: &Refusal) -> Option<usize> {
    refusal.field.strip_prefix("events[")?.split_once(']')?.0.parse().ok()
}

/// The refusal as it would read had the event been submitted by itself.
fn alone(mut refusal: Refusal, index: usize) -> Refusal {
    let rest = refusal.field.split_off(format!("events[{index}]").len());
    refusal.field = format!("events[0]{rest}");
    refusal
}

#[cfg(test)]
mod tests;
