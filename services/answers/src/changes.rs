use hefu_proto::v1;
use hefu_types::Code;
use hefu_views::Origin;
use hefu_views::changes::Change;

use crate::assurance::said;
use crate::bytes;

/// What an event changed.
#[must_use]
pub fn change(change: &Change) -> v1::Change {
    let code = |code: &Option<Code>| code.as_ref().map(Code::to_string).unwrap_or_default();
    let codes = |codes: &[Code]| codes.iter().map(Code::to_string).collect();
    v1::Change {
        said: Some(said(&change.member, &change.origin)),
        holder: change.holder.to_string(),
        kind: change.origin.kind().to_owned(),
        plan: code(&change.subject.plan),
        cycle: code(&change.subject.cycle),
        indicators: codes(&change.subject.indicators),
        areas: codes(&change.subject.areas),
        period: change.subject.period.clone(),
        units: codes(&change.subject.units),
        item: change.subject.item.clone(),
        before: change.before.clone(),
        after: change.after.clone(),
        reason: change.reason.to_string(),
        deadline: change.deadline.map_or(0, |time| time.get()),
        prior: change.prior.as_ref().map(prior),
    }
}

fn prior(origin: &Origin) -> v1::ChangePrior {
    v1::ChangePrior {
        seq: origin.seq.get(),
        event_index: origin.event_index,
        submission_hash: bytes(origin.submission_hash.as_bytes()),
    }
}
