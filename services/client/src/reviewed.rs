//! A report as it is in the log, before somebody stands for it.

use hefu_proto::{convert, v1};
use hefu_types::report::{Reported, content_hash};
use hefu_types::{Code, ContentHash, Event, Seq, SubmissionHash};

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
    /// Asks for a unit's report in a cycle, and compares what it says with the log, entry by entry.
    ///
    /// # Errors
    /// `Protocol` when the server shows something else than the log holds; when it refuses or stays away.
    pub async fn read(server: &Server, cycle: &Code, unit: &Code) -> Result<Self, ClientError> {
        let request = v1::GetReportRequest {
            cycle: cycle.to_string(),
            unit: unit.to_string(),
            ..v1::GetReportRequest::default()
        };
        let answer = server.ask(async |server| server.reports().get_report(request.clone()).await).await?;
        let reader = Reader::new(server.clone());
        let mut found = Vec::with_capacity(answer.observations.len());
        for observation in &answer.observations {
            found.push(in_log(&reader, observation).await?);
        }
        let content = content_hash(cycle, unit, found.iter().map(Found::reported).collect());
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

/// What is shown must be what its entry says.
async fn in_log(reader: &Reader, shown: &v1::Observation) -> Result<Found, ClientError> {
    let seq = Seq::new(shown.seq);
    let differs = || ClientError::Protocol(format!("the observation shown of seq {seq} is not the one in the log"));
    let entry = reader.entries(seq, seq.size()).next().await?.ok_or_else(differs)?;
    let entry = entry.decode().map_err(|_| differs())?;
    let event = usize::try_from(shown.event_index).ok().and_then(|index| entry.submission.events.get(index));
    let Some(Event::ObservationReported(said)) = event else { return Err(differs()) };
    let shown_as = (shown.indicator.as_str(), shown.area.as_str(), shown.period.clone(), shown.obs_status);
    let said_as =
        (said.indicator.as_str(), said.area.as_str(), said.period.to_string(), said.obs_status.number().cast_signed());
    let value: Option<v1::Decimal> = said.value.as_ref().map(convert::to_wire);
    if shown_as != said_as || shown.value != value || shown.submission_hash != entry.submission_hash.as_bytes()[..] {
        return Err(differs());
    }
    let (indicator, area) = (said.indicator.clone(), said.area.clone());
    Ok(Found { indicator, area, submission_hash: entry.submission_hash, index: shown.event_index })
}
