//! What stands, as the server's view tells it.

use std::collections::BTreeMap;

use hefu_client::ClientError;
use hefu_proto::{convert, v1};
use hefu_types::event::reporting::{EvidenceFile, ObservationReported};
use hefu_types::{Code, EventRef, Period, Reason, Refusal, Seq, Source, SubmissionHash};

use crate::args::StandingArg;
use crate::context::Context;
use crate::failure::Failure;
use crate::observation::CellKey;
use crate::words;

/// Every vintage of some indicators, by cell, from the oldest to the newest.
#[derive(Debug, Default)]
pub(crate) struct Standing(BTreeMap<CellKey, Vec<v1::Observation>>);

impl Standing {
    /// Asks for the vintages of indicators, once the view has seen a position. An unknown indicator has none.
    pub(crate) async fn fetch<'a>(
        context: &Context,
        indicators: impl IntoIterator<Item = &'a Code>,
        seen: Seq,
    ) -> Result<Self, Failure> {
        Self::fetch_in(context, indicators, String::new(), seen).await
    }

    /// Asks for the vintages of a cell, and its indicator's others in its area, as of the head.
    pub(crate) async fn of_cell(context: &Context, (indicator, area, _): &CellKey) -> Result<Self, Failure> {
        let seen = context.reader()?.head().await?.size.last_seq().unwrap_or(Seq::FIRST);
        Self::fetch_in(context, [indicator], area.to_string(), seen).await
    }

    async fn fetch_in<'a>(
        context: &Context,
        indicators: impl IntoIterator<Item = &'a Code>,
        area: String,
        seen: Seq,
    ) -> Result<Self, Failure> {
        let server = context.server()?;
        let mut standing = Self::default();
        for indicator in indicators {
            let request = v1::GetSeriesRequest {
                indicator: indicator.to_string(),
                area: area.clone(),
                include_history: true,
                as_of: None,
                min_seq: seen.get(),
            };
            match server.ask(async |server| server.views().get_series(request.clone()).await).await {
                Ok(answer) => standing.add(indicator, answer.observations),
                Err(ClientError::Refused(refusal)) if refusal.reason == Reason::IndicatorNotFound => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(standing)
    }

    pub(super) fn add(&mut self, indicator: &Code, observations: Vec<v1::Observation>) {
        for observation in observations {
            let area = Code::new(&observation.area);
            if let (Ok(area), Ok(period)) = (area, observation.period.parse::<Period>()) {
                self.0.entry((indicator.clone(), area, period)).or_default().push(observation);
            }
        }
        self.0.values_mut().for_each(|vintages| vintages.sort_by_key(|o| (o.seq, o.event_index)));
    }

    /// The observation that stands in a cell.
    pub(crate) fn of(&self, cell: &CellKey) -> Option<&v1::Observation> {
        self.0.get(cell)?.last().filter(|o| !o.retracted)
    }

    /// The cells in which an observation stands, with it.
    pub(crate) fn cells(&self) -> impl Iterator<Item = (&CellKey, &v1::Observation)> {
        self.0.keys().filter_map(|cell| Some((cell, self.of(cell)?)))
    }

    /// The reference that a correction or retraction names.
    pub(crate) fn named(&self, cell: &CellKey) -> Result<EventRef, Refusal> {
        let reference = self
            .of(cell)
            .and_then(|o| Some(StandingArg::event(SubmissionHash::from_slice(&o.submission_hash)?, o.event_index)));
        reference.ok_or_else(|| {
            let (indicator, area, period) = cell;
            let detail = format!("no observation of {indicator} stands in {area} for {period}");
            Refusal::new(Reason::NothingToSupersede, "supersedes", detail)
        })
    }

    /// Where the same was recorded before: for a first report in any vintage since the last retraction, as it may have been
    /// corrected since; for a correction, where it stands.
    pub(crate) fn recorded(&self, cell: &CellKey, fact: &ObservationReported, correction: bool) -> Option<(u64, u32)> {
        let vintages = self.0.get(cell)?;
        let same = |o: &&v1::Observation| is_same(o, fact);
        let found = if correction {
            vintages.last().filter(|o| !o.retracted).filter(same)
        } else {
            vintages.iter().rev().take_while(|o| !o.retracted).find(same)
        };
        found.map(|o| (o.seq, o.event_index))
    }
}

/// Whether it says the same. Whether a value that is not free is another one nobody can tell: it counts as another.
fn is_same(recorded: &v1::Observation, fact: &ObservationReported) -> bool {
    if fact.conf_status.is_some() || recorded.conf_status != 0 {
        return false;
    }
    let evidence = |files: &[v1::EvidenceFile]| -> Option<Vec<EvidenceFile>> {
        files.iter().map(|file| convert::from_wire(file).ok()).collect()
    };
    let source = recorded.source.as_ref().and_then(|s| convert::from_wire::<Source>(s).ok());
    let value = recorded.value.as_ref().and_then(words::decimal);
    let same_value = match (value, fact.value) {
        (Some(a), Some(b)) => a.compare(b).is_eq(),
        (a, b) => a == b,
    };
    same_value
        && recorded.obs_status.cast_unsigned() == fact.obs_status.number()
        && recorded.qualifier.cast_unsigned() == fact.qualifier.map_or(0, |q| q.number())
        && recorded.as_of_date == fact.as_of_date.map(|d| d.to_string()).unwrap_or_default()
        && recorded.note == fact.note.as_str()
        && recorded.method == fact.method.as_str()
        // A file of rows has none to give.
        && (fact.evidence.is_empty() || evidence(&recorded.evidence).as_ref() == Some(&fact.evidence))
        && source == fact.source
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::Draft;

    fn fact(value: &str) -> ObservationReported {
        let (indicator, area, period) = ("gz-5g".into(), "520000".into(), "2024".into());
        let draft = Draft { indicator, area, period, value: value.into(), ..Draft::default() };
        draft.parse().unwrap().fact
    }

    fn cell() -> CellKey {
        let fact = fact("1");
        (fact.indicator, fact.area, fact.period)
    }

    fn vintage(seq: u64, value: i64) -> v1::Observation {
        v1::Observation {
            area: "520000".into(),
            period: "2024".into(),
            value: Some(v1::Decimal { units: value * 10, scale: 1 }),
            obs_status: v1::ObsStatus::A as i32,
            qualifier: v1::Qualifier::Exact as i32,
            seq,
            submission_hash: vec![9; 32].into(),
            ..v1::Observation::default()
        }
    }

    fn retraction(seq: u64) -> v1::Observation {
        v1::Observation { value: None, retracted: true, ..vintage(seq, 0) }
    }

    fn standing(vintages: Vec<v1::Observation>) -> Standing {
        let mut standing = Standing::default();
        standing.add(&cell().0, vintages);
        standing
    }

    #[test]
    fn a_first_report_is_found_even_after_its_correction() {
        let known = standing(vec![vintage(7, 2), vintage(4, 1)]);
        assert_eq!(known.recorded(&cell(), &fact("1"), false), Some((4, 0)));
        assert_eq!(known.recorded(&cell(), &fact("2.00"), true), Some((7, 0)));
        assert_eq!(known.recorded(&cell(), &fact("1"), true), None);
        assert_eq!(known.recorded(&cell(), &fact("3"), false), None);
        assert_eq!(known.of(&cell()).unwrap().seq, 7);
        assert_eq!(known.named(&cell()).unwrap().index, 0);
    }

    #[test]
    fn what_was_retracted_may_be_reported_again() {
        let known = standing(vec![vintage(4, 1), retraction(5)]);
        assert_eq!(known.recorded(&cell(), &fact("1"), false), None);
        assert_eq!(known.named(&cell()).unwrap_err().reason, Reason::NothingToSupersede);
        let again = standing(vec![vintage(4, 1), retraction(5), vintage(6, 1)]);
        assert_eq!(again.recorded(&cell(), &fact("1"), false), Some((6, 0)));
    }

    #[test]
    fn every_field_counts() {
        let known = standing(vec![vintage(4, 1)]);
        let differs = |change: fn(&mut Draft)| {
            let mut draft = Draft { indicator: "gz-5g".into(), area: "520000".into(), ..Draft::default() };
            (draft.period, draft.value) = ("2024".into(), "1".into());
            change(&mut draft);
            assert_eq!(known.recorded(&cell(), &draft.parse().unwrap().fact, false), None, "{draft:?}");
        };
        differs(|d| d.status = "E".into());
        differs(|d| d.qualifier = "approx".into());
        differs(|d| d.as_of_date = "2024-07-15".into());
        differs(|d| d.note = "a note".into());
        differs(|d| d.method = "counted".into());
        differs(|d| d.conf_status = "C".into());
        differs(|d| d.source_title = "a source".into());
    }
}
