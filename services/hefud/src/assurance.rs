//! Questions about opinions and challenges, each about one moment.

use hefu_proto::v1;
use hefu_proto::v1::assurance_service_server::AssuranceService;
use hefu_types::{Code, Reason, Refusal};
use hefu_views::assurance::{self, Selection};
use hefu_views::{Tables, compromised};
use tonic::{Request, Response, Status};

use crate::config::ANSWER_ROWS_MAX;
use crate::query::{Answer, Queries, failed, known_indicator, known_unit, optional_code};

/// Answers questions about opinions and challenges.
#[derive(Clone)]
pub struct Assurances(pub Queries);

/// Indicator and area; an area alone selects nothing.
fn selected(indicator: &str, area: &str) -> Answer<(Option<Code>, Option<Code>)> {
    let (indicator, area) = (optional_code(indicator, "indicator")?, optional_code(area, "area")?);
    if area.is_some() && indicator.is_none() {
        return Err(Refusal::new(Reason::ArgumentInvalid, "area", "an area needs an indicator"));
    }
    Ok((indicator, area))
}

/// As many as fit an answer.
fn few<T>(found: Vec<T>) -> Answer<Vec<T>> {
    if found.len() <= ANSWER_ROWS_MAX {
        return Ok(found);
    }
    let detail = format!("{} rows, at most {ANSWER_ROWS_MAX}; narrow the question", found.len());
    Err(Refusal::new(Reason::ArgumentInvalid, "indicator", detail))
}

#[tonic::async_trait]
impl AssuranceService for Assurances {
    async fn list_challenges(
        &self,
        request: Request<v1::ListChallengesRequest>,
    ) -> Result<Response<v1::ListChallengesResponse>, Status> {
        let v1::ListChallengesRequest { indicator, area, open_only, at, as_of, min_seq, unit } = request.into_inner();
        let query = move |tables: &Tables<'_>, _, as_of| {
            let (indicator, area) = selected(&indicator, &area)?;
            let unit = optional_code(&unit, "unit")?;
            known_indicator(tables, indicator.as_ref(), as_of)?;
            known_unit(tables, unit.as_ref(), as_of)?;
            let select = Selection { indicator: indicator.as_ref(), area: area.as_ref() };
            let mut found = assurance::challenges(tables, &select, as_of).map_err(failed)?;
            found.retain(|known| unit.as_ref().is_none_or(|unit| [&known.owner, &known.member].contains(&unit)));
            found.retain(|known| !open_only || known.ending.is_none());
            few(found)
        };
        let (challenges, at, size) = self.0.ask_at((at, as_of), min_seq, query).await?;
        let challenges = challenges.iter().map(|challenge| hefu_answers::challenge(challenge, at)).collect();
        Ok(Response::new(v1::ListChallengesResponse { challenges, at: at.get(), size: size.get() }))
    }

    async fn list_opinions(
        &self,
        request: Request<v1::ListOpinionsRequest>,
    ) -> Result<Response<v1::ListOpinionsResponse>, Status> {
        let v1::ListOpinionsRequest { indicator, area, as_of, min_seq } = request.into_inner();
        let query = move |tables: &Tables<'_>, as_of| {
            let (indicator, area) = selected(&indicator, &area)?;
            known_indicator(tables, indicator.as_ref(), as_of)?;
            let select = Selection { indicator: indicator.as_ref(), area: area.as_ref() };
            few(assurance::opinions(tables, &select, as_of).map_err(failed)?)
        };
        let (opinions, size) = self.0.ask(as_of, min_seq, query).await?;
        let opinions = opinions.iter().map(hefu_answers::attestation).collect();
        Ok(Response::new(v1::ListOpinionsResponse { opinions, size: size.get() }))
    }

    async fn list_flagged(
        &self,
        request: Request<v1::ListFlaggedRequest>,
    ) -> Result<Response<v1::ListFlaggedResponse>, Status> {
        let v1::ListFlaggedRequest { unit, at, as_of, min_seq } = request.into_inner();
        let query = move |tables: &Tables<'_>, at, as_of| {
            let unit = optional_code(&unit, "unit")?;
            known_unit(tables, unit.as_ref(), as_of)?;
            compromised::list(tables, unit.as_ref(), ANSWER_ROWS_MAX, at, as_of).map_err(failed)
        };
        let (flagged, _, size) = self.0.ask_at((at, as_of), min_seq, query).await?;
        Ok(Response::new(v1::ListFlaggedResponse {
            observations: flagged.observations.iter().map(hefu_answers::flagged_observation).collect(),
            steps: flagged.steps.iter().map(hefu_answers::flagged_step).collect(),
            size: size.get(),
        }))
    }
}
