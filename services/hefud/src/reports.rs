//! Questions about cycles and reports, each about one moment and one time.

use hefu_proto::v1;
use hefu_proto::v1::report_service_server::ReportService;
use hefu_types::{Code, Reason, Refusal};
use hefu_views::reports::{self, Group, Selection};
use hefu_views::{AsOf, Tables, members};
use tonic::{Request, Response, Status};

use crate::query::{Answer, Queries, code, failed, known_plan, known_unit, optional_code};

/// Answers questions about reports.
#[derive(Clone)]
pub struct Reports(pub Queries);

/// A [`Selection`] with codes of its own.
struct Asked {
    plan: Option<Code>,
    cycle: Option<Code>,
    unit: Option<Code>,
}

impl Asked {
    fn of([plan, cycle, unit]: [&str; 3]) -> Answer<Self> {
        let (plan, cycle) = (optional_code(plan, "plan")?, optional_code(cycle, "cycle")?);
        Ok(Self { plan, cycle, unit: optional_code(unit, "unit")? })
    }

    /// Whether there is what is asked for: nothing is no answer to a slip.
    fn known(&self, tables: &Tables<'_>, as_of: AsOf) -> Answer<()> {
        known_plan(tables, self.plan.as_ref(), as_of)?;
        if let Some(cycle) = &self.cycle {
            reports::cycle(tables, cycle, as_of).map_err(failed)?.ok_or_else(|| no_cycle(cycle))?;
        }
        known_unit(tables, self.unit.as_ref(), as_of)
    }

    const fn selection(&self) -> Selection<'_> {
        Selection { plan: self.plan.as_ref(), cycle: self.cycle.as_ref(), unit: self.unit.as_ref() }
    }
}

fn no_cycle(cycle: &Code) -> Refusal {
    Refusal::new(Reason::CycleNotFound, "cycle", format!("no cycle {cycle}"))
}

#[tonic::async_trait]
impl ReportService for Reports {
    async fn list_cycles(
        &self,
        request: Request<v1::ListCyclesRequest>,
    ) -> Result<Response<v1::ListCyclesResponse>, Status> {
        let v1::ListCyclesRequest { plan, as_of, min_seq } = request.into_inner();
        let query = move |tables: &Tables<'_>, as_of| {
            let plan = optional_code(&plan, "plan")?;
            known_plan(tables, plan.as_ref(), as_of)?;
            reports::cycles(tables, plan.as_ref(), as_of).map_err(failed)
        };
        let (cycles, size) = self.0.ask(as_of, min_seq, query).await?;
        let cycles = cycles.iter().map(hefu_answers::cycle).collect();
        Ok(Response::new(v1::ListCyclesResponse { cycles, size: size.get() }))
    }

    async fn list_reports(
        &self,
        request: Request<v1::ListReportsRequest>,
    ) -> Result<Response<v1::ListReportsResponse>, Status> {
        let v1::ListReportsRequest { plan, cycle, unit, at, as_of, min_seq } = request.into_inner();
        let query = move |tables: &Tables<'_>, at, as_of| {
            let asked = Asked::of([&plan, &cycle, &unit])?;
            asked.known(tables, as_of)?;
            reports::list(tables, &asked.selection(), at, as_of).map_err(failed)
        };
        let (reports, at, size) = self.0.ask_at((at, as_of), min_seq, query).await?;
        let reports = reports.iter().map(hefu_answers::report).collect();
        Ok(Response::new(v1::ListReportsResponse { reports, at: at.get(), size: size.get() }))
    }

    async fn get_report(
        &self,
        request: Request<v1::GetReportRequest>,
    ) -> Result<Response<v1::GetReportResponse>, Status> {
        let v1::GetReportRequest { cycle, unit, at, as_of, min_seq } = request.into_inner();
        let query = move |tables: &Tables<'_>, at, as_of| {
            let (cycle, unit) = (code(&cycle, "cycle")?, code(&unit, "unit")?);
            let known = reports::cycle(tables, &cycle, as_of).map_err(failed)?.ok_or_else(|| no_cycle(&cycle))?;
            let found = reports::reports_of(tables, &known, Some(&unit), at, as_of).map_err(failed)?;
            let none = || Refusal::new(Reason::ReportNotFound, "unit", format!("{unit} does not report in {cycle}"));
            found.into_iter().next().ok_or_else(none)
        };
        let (report, at, size) = self.0.ask_at((at, as_of), min_seq, query).await?;
        Ok(Response::new(v1::GetReportResponse {
            report: Some(hefu_answers::report(&report)),
            observations: report.observations.iter().map(hefu_answers::observation).collect(),
            missing: report.missing.iter().map(hefu_answers::report_cell).collect(),
            at: at.get(),
            size: size.get(),
        }))
    }

    async fn list_reporting_rates(
        &self,
        request: Request<v1::ListReportingRatesRequest>,
    ) -> Result<Response<v1::ListReportingRatesResponse>, Status> {
        let v1::ListReportingRatesRequest { group, plan, cycle, unit, at, as_of, min_seq } = request.into_inner();
        let query = move |tables: &Tables<'_>, at, as_of| {
            let group = match v1::ReportGroup::try_from(group) {
                Ok(v1::ReportGroup::Unspecified | v1::ReportGroup::Unit) => Group::Unit,
                Ok(v1::ReportGroup::Cycle) => Group::Cycle,
                Ok(v1::ReportGroup::Plan) => Group::Plan,
                Err(_) => return Err(Refusal::new(Reason::ArgumentInvalid, "group", format!("no group {group}"))),
            };
            let asked = Asked::of([&plan, &cycle, &unit])?;
            asked.known(tables, as_of)?;
            reports::rates(tables, &asked.selection(), group, at, as_of).map_err(failed)
        };
        let (rates, at, size) = self.0.ask_at((at, as_of), min_seq, query).await?;
        let rates = rates.iter().map(|(code, rate)| hefu_answers::rate(code, rate)).collect();
        Ok(Response::new(v1::ListReportingRatesResponse { rates, at: at.get(), size: size.get() }))
    }

    async fn list_delegations(
        &self,
        request: Request<v1::ListDelegationsRequest>,
    ) -> Result<Response<v1::ListDelegationsResponse>, Status> {
        let v1::ListDelegationsRequest { unit, at, as_of, min_seq } = request.into_inner();
        let query = move |tables: &Tables<'_>, _, as_of| {
            let unit = optional_code(&unit, "unit")?;
            known_unit(tables, unit.as_ref(), as_of)?;
            members::delegations(&*tables.members, unit.as_ref(), as_of).map_err(failed)
        };
        let (delegations, at, size) = self.0.ask_at((at, as_of), min_seq, query).await?;
        let delegations = delegations.iter().map(|delegation| hefu_answers::delegation(delegation, at)).collect();
        Ok(Response::new(v1::ListDelegationsResponse { delegations, at: at.get(), size: size.get() }))
    }
}
