use hefu_types::Event;

/// What one push hands over: an event, or several that stand or fall together.
///
/// A single event shares a submission with others. Several, and one that refers to an event of its own submission (a reference
/// without a hash), are a submission of their own, exactly as they are: no other event moves their indices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group(Vec<Event>);

impl Group {
    pub(super) fn is_alone(&self) -> bool {
        self.0.len() != 1 || refers_within(&self.0[0])
    }

    pub(super) fn into_events(self) -> Vec<Event> {
        self.0
    }
}

impl From<Event> for Group {
    fn from(event: Event) -> Self {
        Self(vec![event])
    }
}

impl From<Vec<Event>> for Group {
    fn from(events: Vec<Event>) -> Self {
        Self(events)
    }
}

/// Whether an event refers to one of the same submission. A test holds that no other kind has a reference.
fn refers_within(event: &Event) -> bool {
    let reference = match event {
        Event::ObservationReported(e) => e.supersedes.as_ref(),
        Event::ObservationRetracted(e) => Some(&e.observation),
        Event::ObservationAttested(e) => Some(&e.observation),
        Event::ObservationChallenged(e) => Some(&e.observation),
        Event::ChallengeAnswered(e) => Some(&e.challenge),
        Event::ChallengeResolved(e) => Some(&e.challenge),
        Event::DelegationEnded(e) => Some(&e.delegation),
        _ => None,
    };
    reference.is_some_and(|reference| reference.submission_hash.is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use hefu_types::event::reporting::ObservationRetracted;
    use hefu_types::wire::{MessageInfo, Value as _};
    use hefu_types::{EventRef, SubmissionHash, Text};

    fn retraction(submission_hash: Option<SubmissionHash>) -> Event {
        let observation = EventRef { submission_hash, index: 0 };
        let (period, reason) = ("2024".parse().unwrap(), Text::new("a typing error").unwrap());
        let (indicator, area) = ("a".parse().unwrap(), "b".parse().unwrap());
        ObservationRetracted { indicator, area, period, observation, reason, on_behalf_of: None }.into()
    }

    fn holds_reference(message: &MessageInfo) -> bool {
        let mut inner = message.fields.iter().filter_map(|field| field.shape.message);
        inner.any(|inner| inner.name == EventRef::TYPE || holds_reference(inner))
    }

    #[test]
    fn every_kind_that_refers_to_an_event_is_known() {
        let kinds =
            Event::MESSAGE.unwrap().fields.iter().filter(|kind| kind.shape.message.is_some_and(holds_reference));
        let kinds: Vec<_> = kinds.map(|kind| kind.name).collect();
        let known = [
            "observation_reported",
            "observation_retracted",
            "observation_attested",
            "observation_challenged",
            "challenge_answered",
            "challenge_resolved",
            "delegation_ended",
        ];
        assert_eq!(kinds, known, "refers_within knows these");
    }

    #[test]
    fn what_refers_to_its_own_submission_stands_alone() {
        assert!(!Group::from(retraction(Some(SubmissionHash::NONE))).is_alone());
        assert!(Group::from(retraction(None)).is_alone());
        assert!(Group::from(vec![retraction(Some(SubmissionHash::NONE)); 2]).is_alone());
    }
}
