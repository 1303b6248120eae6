//! A report as it is in the log, before somebody stands for it.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;

use hefu_proto::{convert, v1};
use hefu_types::report::{Reported, content_hash};
use hefu_types::{Code, ContentHash, DecodedEntry, Event, Seq, SubmissionHash};

use crate::error::ClientError;
use crate::reader::Reader;
use crate::server::Server;

/// A report whose observations were read from the entries that they came from, and whose content hash was made from them.
///
/// So what a person sees is what the hash binds, whatever the server shows.
#[derive(Clone, Debug)]
pub struct Reviewed {
    /// What the server answered.
    pub answer: v1::GetReportResponse,
    /// The hash of exactly the observations in `answer`; `None` without any.
    pub content: Option<ContentHash>,
}

impl Reviewed {
    /// Asks for a unit's report in a cycle as it stands now, and compares what it says with the log, entry by entry.
    ///
    /// # Errors
    /// `Protocol` when the server shows something else than the log holds; when it refuses or stays away.
    pub async fn read(server: &Server, cycle: &Code, unit: &Code) -> Result<Self, ClientError> {
        let min_seq = Reader::new(server.clone()).head().await?.size.last_seq().map_or(0, Seq::get);
        let (cycle, unit) = (cycle.to_string(), unit.to_string());
        Self::ask(server, v1::GetReportRequest { cycle, unit, min_seq, ..v1::GetReportRequest::default() }).await
    }

    /// The same for any moment and time.
    ///
    /// # Errors
    /// As for [`Reviewed::read`].
    pub async fn ask(server: &Server, request: v1::GetReportRequest) -> Result<Self, ClientError> {
        let answer = server.ask(async |server| server.reports().get_report(request.clone()).await).await?;
        let code = |text: &str| Code::new(text).map_err(|e| ClientError::Protocol(format!("{text:?}: {e}")));
        let (cycle, unit) = (code(&request.cycle)?, code(&request.unit)?);
        let (reader, mut entries) = (Reader::new(server.clone()), HashMap::new());
        let mut found = Vec::with_capacity(answer.observations.len());
        for observation in &answer.observations {
            let seq = Seq::new(observation.seq);
            let entry = match entries.entry(seq) {
                Slot::Occupied(slot) => slot.into_mut(),
                Slot::Vacant(slot) => slot.insert(read(&reader, seq).await?),
            };
            found.push(in_log(entry, observation)?);
        }
        let content = content_hash(&cycle, &unit, found.iter().map(Found::reported).collect());
        let shown = answer.report.as_ref().map(|report| ContentHash::from_slice(&report.content)).unwrap_or_default();
        if content != shown {
            return Err(ClientError::Protocol("the report's hash is not that of its observations".into()));
        }
        Ok(Self { answer, content })
    }
}

struct Found {
    indicator: Code,
    area: Code,
    submission_hash: SubmissionHash,
    index: u32,
}

impl Found {
    const fn reported(&self) -> Reported<'_> {
        let Self { indicator, area, submission_hash, index } = self;
        Reported { indicator, area, submission_hash: *submission_hash, index: *index }
    }
}

async fn read(reader: &Reader, seq: Seq) -> Result<DecodedEntry, ClientError> {
    let entry = reader.entries(seq, seq.size()).next().await?;
    let entry = entry.ok_or_else(|| ClientError::Protocol(format!("no entry at seq {seq}")))?;
    entry.decode().map_err(ClientError::Refused)
}

/// What is shown must be what its entry says.
fn in_log(entry: &DecodedEntry, shown: &v1::Observation) -> Result<Found, ClientError> {
    let event = usize::try_from(shown.event_index).ok().and_then(|index| entry.submission.events.get(index));
    let said = event.and_then(|event| match event {
        Event::ObservationReported(said) => Some(said),
        _ => None,
    });
    let said = said.filter(|said| {
        let as_said = v1::Observation {
            indicator: said.indicator.to_string(),
            area: said.area.to_string(),
            period: said.period.to_string(),
            value: said.value.as_ref().map(convert::to_wire),
            obs_status: said.obs_status.number().cast_signed(),
            qualifier: said.qualifier.map_or(0, |qualifier| qualifier.number().cast_signed()),
            as_of_date: said.as_of_date.map(|date| date.to_string()).unwrap_or_default(),
            source: said.source.as_ref().map(convert::to_wire),
            note: said.note.to_string(),
            reason: said.reason.to_string(),
            conf_status: said.conf_status.map_or(0, |status| status.number().cast_signed()),
            method: said.method.to_string(),
            evidence: said.evidence.iter().map(convert::to_wire).collect(),
            embargo_until: said.embargo_until.get(),
            commitment: said.commitment.map(|of| of.as_bytes().to_vec().into()).unwrap_or_default(),
            readers: said.readers.iter().map(Code::to_string).collect(),
            seq: entry.seq.get(),
            event_index: shown.event_index,
            submission_hash: entry.submission_hash.as_bytes().to_vec().into(),
            key: entry.submission.key.as_bytes().to_vec().into(),
            recorded_at: entry.recorded_at.get(),
            retracted: false,
            // Which unit a key speaks for, and what became of it, stands in other entries.
            member: said.on_behalf_of.as_ref().map_or_else(|| shown.member.clone(), Code::to_string),
            delegate: said.on_behalf_of.as_ref().map(|_| shown.delegate.clone()).unwrap_or_default(),
            key_compromised: shown.key_compromised,
        };
        as_said == *shown
    });
    let Some(said) = said else {
        return Err(ClientError::Protocol(format!(
            "the observation shown of seq {} is not the one in the log",
            entry.seq
        )));
    };
    let (indicator, area) = (said.indicator.clone(), said.area.clone());
    Ok(Found { indicator, area, submission_hash: entry.submission_hash, index: shown.event_index })
}

#[cfg(test)]
mod tests {
    use super::*;
    use hefu_types::event::reporting::{ObsStatus, ObservationReported, ObservationRetracted, Qualifier};
    use hefu_types::{EventRef, KeySeq, Millis, PublicKey, Submission, Text};

    fn code(text: &str) -> Code {
        Code::new(text).unwrap()
    }

    fn entry() -> DecodedEntry {
        let reported = ObservationReported {
            indicator: code("i"),
            area: code("520000"),
            period: "2024".parse().unwrap(),
            value: Some("60.5".parse().unwrap()),
            obs_status: ObsStatus::A,
            qualifier: Some(Qualifier::Exact),
            as_of_date: None,
            source: None,
            note: Text::new("a note").unwrap(),
            supersedes: None,
            reason: Text::default(),
            on_behalf_of: None,
            conf_status: None,
            method: Text::default(),
            evidence: vec![],
            embargo_until: Millis::default(),
            commitment: None,
            readers: vec![],
        };
        let retracted = ObservationRetracted {
            indicator: code("i"),
            area: code("520000"),
            period: "2024".parse().unwrap(),
            observation: EventRef { submission_hash: None, index: 0 },
            reason: Text::new("wrong").unwrap(),
            on_behalf_of: None,
        };
        let submission = Submission {
            ledger_id: None,
            key: PublicKey::from_bytes([5; 32]),
            key_seq: KeySeq::new(1),
            key_prev: SubmissionHash::NONE,
            created_at: Millis::new(0),
            not_after: Millis::new(0),
            events: vec![reported.into(), retracted.into()],
        };
        let (seq, recorded_at) = (Seq::new(7), Millis::new(9));
        DecodedEntry { seq, recorded_at, submission_hash: SubmissionHash::from_bytes([3; 32]), submission }
    }

    fn shown() -> v1::Observation {
        v1::Observation {
            indicator: "i".into(),
            area: "520000".into(),
            period: "2024".into(),
            value: Some(v1::Decimal { units: 605, scale: 1 }),
            obs_status: v1::ObsStatus::A as i32,
            qualifier: v1::Qualifier::Exact as i32,
            note: "a note".into(),
            member: "d".into(),
            key: vec![5; 32].into(),
            recorded_at: 9,
            seq: 7,
            submission_hash: vec![3; 32].into(),
            ..v1::Observation::default()
        }
    }

    #[test]
    fn what_is_shown_is_what_the_entry_says_in_every_field() {
        let found = in_log(&entry(), &shown()).unwrap();
        assert_eq!((found.indicator, found.index), (code("i"), 0));
        let lies: [fn(&mut v1::Observation); 21] = [
            |o| o.indicator = "j".into(),
            |o| o.area = "520100".into(),
            |o| o.period = "2023".into(),
            |o| o.value = Some(v1::Decimal { units: 999, scale: 1 }),
            |o| o.value = None,
            |o| o.obs_status = v1::ObsStatus::P as i32,
            |o| o.qualifier = v1::Qualifier::Approx as i32,
            |o| o.as_of_date = "2024-07-15".into(),
            |o| o.source = Some(v1::Source::default()),
            |o| o.note = "another".into(),
            |o| o.reason = "a reason".into(),
            |o| o.recorded_at = 8,
            |o| o.submission_hash = vec![4; 32].into(),
            |o| o.key = vec![6; 32].into(),
            |o| o.retracted = true,
            |o| o.conf_status = v1::ConfStatus::N as i32,
            |o| o.method = "counted".into(),
            |o| o.evidence = vec![v1::EvidenceFile::default()],
            |o| o.embargo_until = 1,
            |o| o.commitment = vec![1; 32].into(),
            |o| o.readers = vec!["d".into()],
        ];
        for (n, lie) in lies.iter().enumerate() {
            let mut shown = shown();
            lie(&mut shown);
            assert!(in_log(&entry(), &shown).is_err(), "lie {n}");
        }
        for event_index in [1, 2] {
            assert!(in_log(&entry(), &v1::Observation { event_index, ..shown() }).is_err(), "event {event_index}");
        }
    }
}
