//! Questions about opinions and challenges, each about one moment.

use hefu_proto::v1;
use hefu_proto::v1::assurance_service_server::AssuranceService;
use hefu_types::{Code, Reason, Refusal};
use hefu_views::Tables;
use hefu_views::assurance::{self, Selection};
use tonic::{Request, Response, Status};

use crate::query::{Answer, Queries, failed, optional_code};

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

#[tonic::async_trait]
impl AssuranceService for Assurances {
    async fn list_challenges(
        &self,
        request: Request<v1::ListChallengesRequest>,
    ) -> Result<Response<v1::ListChallengesResponse>, Status> {
        let v1::ListChallengesRequest { indicator, area, open_only, at, as_of, min_seq } = request.into_inner();
        let query = move |tables: &Tables<'_>, _, as_of| {
            let (indicator, area) = selected(&indicator, &area)?;
            let select = Selection { indicator: indicator.as_ref(), area: area.as_ref() };
            assurance::challenges(tables, &select, as_of).map_err(failed)
        };
        let (mut challenges, at, size) = self.0.ask_at((at, as_of), min_seq, query).await?;
        challenges.retain(|challenge| !open_only || challenge.ending.is_none());
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
            let select = Selection { indicator: indicator.as_ref(), area: area.as_ref() };
            assurance::opinions(tables, &select, as_of).map_err(failed)
        };
        let (opinions, size) = self.0.ask(as_of, min_seq, query).await?;
        let opinions = opinions.iter().map(hefu_answers::attestation).collect();
        Ok(Response::new(v1::ListOpinionsResponse { opinions, size: size.get() }))
    }
}
