//! Questions about plans, each about one moment.

use hefu_proto::v1;
use hefu_proto::v1::plan_service_server::PlanService;
use hefu_types::{Code, Reason, Refusal};
use hefu_views::{Tables, groups, members, plan};
use tonic::{Request, Response, Status};

use crate::query::{Queries, failed, optional_code};

/// Answers questions about plans.
#[derive(Clone)]
pub struct Plans(pub Queries);

#[tonic::async_trait]
impl PlanService for Plans {
    async fn list_working_groups(
        &self,
        request: Request<v1::ListWorkingGroupsRequest>,
    ) -> Result<Response<v1::ListWorkingGroupsResponse>, Status> {
        let v1::ListWorkingGroupsRequest { plan, unit, as_of, min_seq } = request.into_inner();
        let query = move |tables: &Tables<'_>, as_of| {
            let (plan, unit) = (optional_code(&plan, "plan")?, optional_code(&unit, "unit")?);
            if let Some(code) = &plan {
                let known = plan::plan(&*tables.plan, code, as_of).map_err(failed)?;
                known.ok_or_else(|| Refusal::new(Reason::PlanUnknown, "plan", format!("no plan {code}")))?;
            }
            let members = members::list(&*tables.members, as_of).map_err(failed)?;
            let name = |code: &Code| members.iter().find(|m| m.member == *code).map(|m| m.name.clone());
            let found = groups::list(tables, plan.as_ref(), unit.as_ref(), as_of).map_err(failed)?;
            if let Some(code) = unit.filter(|code| found.is_empty() && name(code).is_none()) {
                return Err(Refusal::new(Reason::MemberNotFound, "unit", format!("no member {code}")));
            }
            Ok(found.iter().map(|group| hefu_answers::working_group(group, name)).collect())
        };
        let (groups, size) = self.0.ask(as_of, min_seq, query).await?;
        Ok(Response::new(v1::ListWorkingGroupsResponse { groups, size: size.get() }))
    }
}
