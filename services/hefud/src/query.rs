//! Questions to the views, each about one moment.

use std::sync::Arc;

use hefu_journal::{Clock as _, Journal, SystemClock};
use hefu_proto::v1::as_of::Moment;
use hefu_proto::v1::view_service_server::ViewService;
use hefu_proto::{convert, status, v1};
use hefu_types::{Code, Millis, Period, PublicKey, Reason, Refusal, Seq, Size, SubmissionHash};
use hefu_views::series::{self, Selection};
use hefu_views::{
    AsOf, Cursor, Projector, Tables, VIEWS, ViewError, ViewId, board, explain, members, plan, rollup, target_check,
};
use tonic::{Request, Response, Status};

use crate::config::{ANSWER_ROWS_MAX, VIEW_WAIT};
use crate::lifetime::Lifetime;
use crate::projection::Projection;

/// Answers questions from the views.
#[derive(Clone)]
pub struct Queries {
    journal: Arc<Journal>,
    projection: Arc<Projection>,
    lifetime: Lifetime,
}

/// A result that is not an answer yet.
pub(crate) type Answer<T> = Result<T, Refusal>;

impl Queries {
    /// Answers from these views.
    #[must_use]
    pub const fn new(journal: Arc<Journal>, projection: Arc<Projection>, lifetime: Lifetime) -> Self {
        Self { journal, projection, lifetime }
    }

    /// Runs one query at one moment: waits until the views have seen enough, then reads off the async threads.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        as_of: Option<v1::AsOf>,
        min_seq: u64,
        query: impl FnOnce(&Tables<'_>, AsOf) -> Answer<T> + Send + 'static,
    ) -> Result<(T, Size), Status> {
        let size = self.moment(as_of, min_seq).await.map_err(|r| status::to_status(&r))?;
        let projection = Arc::clone(&self.projection);
        let lifetime = self.lifetime.clone();
        let read = move || {
            let answer = {
                let (_complete, rows) = projection.read();
                query(&Tables::of(rows), AsOf::size(size))
            };
            drop((projection, lifetime));
            answer
        };
        match tokio::task::spawn_blocking(read).await {
            Ok(answer) => answer.map(|answer| (answer, size)).map_err(|r| status::to_status(&r)),
            Err(_) => Err(status::to_status(&Refusal::new(Reason::ShuttingDown, "", "the server is stopping"))),
        }
    }

    /// The entries that views are made of.
    pub(crate) fn journal(&self) -> &Journal {
        &self.journal
    }

    /// A moment that must be given, as the size of the log then.
    pub(crate) async fn past(&self, moment: Option<v1::AsOf>, field: &str) -> Result<Size, Status> {
        let given = moment.filter(|moment| moment.moment.is_some());
        let missing = || Refusal::new(Reason::ArgumentInvalid, field, "no moment");
        let size = match given {
            Some(_) => self.moment(given, 0).await.map_err(|refusal| Refusal { field: field.to_owned(), ..refusal }),
            None => Err(missing()),
        };
        size.map_err(|refusal| status::to_status(&refusal))
    }

    /// The size of the log that the question is about, once every view has applied it and `min_seq`.
    async fn moment(&self, as_of: Option<v1::AsOf>, min_seq: u64) -> Answer<Size> {
        let needed = Size::new(if min_seq == 0 { 0 } else { min_seq.saturating_add(1) });
        self.check_recorded(needed, "min_seq")?;
        let asked = match as_of.and_then(|a| a.moment) {
            None => return self.wait_for(needed).await,
            Some(Moment::Seq(seq)) => Size::new(seq.saturating_add(1)),
            Some(Moment::Time(time)) => self.journal.size_at(Millis::new(time)).map_err(unreadable)?,
        };
        self.check_recorded(asked, "as_of")?;
        self.wait_for(asked.max(needed)).await.map(|_| asked)
    }

    fn check_recorded(&self, size: Size, field: &str) -> Answer<()> {
        let head = self.journal.head().size;
        match size.last_seq() {
            Some(seq) if size > head => {
                Err(Refusal::new(Reason::SeqBeyondHead, field, format!("position {seq} of a log of {head}")))
            }
            _ => Ok(()),
        }
    }

    /// Waits until every view has applied `size`; returns what they have applied.
    async fn wait_for(&self, size: Size) -> Answer<Size> {
        let mut applied = self.projection.applied();
        let reached = tokio::time::timeout(VIEW_WAIT, applied.wait_for(|applied| *applied >= size)).await;
        match reached {
            Ok(Ok(applied)) => Ok(*applied),
            _ => Err(Refusal::new(Reason::ViewBehind, "", format!("the views have not reached {size}"))),
        }
    }

    /// Runs one query about states at a time, at one moment: `at` when it is given, else the moment's own time, which is the
    /// clock's for the present.
    pub(crate) async fn ask_at<T: Send + 'static>(
        &self,
        (at, as_of): (i64, Option<v1::AsOf>),
        min_seq: u64,
        query: impl FnOnce(&Tables<'_>, Millis, AsOf) -> Answer<T> + Send + 'static,
    ) -> Result<(T, Millis, Size), Status> {
        let journal = Arc::clone(&self.journal);
        let moment = as_of.and_then(|as_of| as_of.moment);
        let timed = move |tables: &Tables<'_>, as_of| {
            let at = match moment {
                _ if at != 0 => Millis::new(at),
                None => SystemClock::default().wall(),
                Some(Moment::Time(time)) => Millis::new(time),
                Some(Moment::Seq(seq)) => {
                    let recorded = journal.recorded_at(Seq::new(seq)).map_err(unreadable)?;
                    recorded.ok_or_else(|| Refusal::new(Reason::SeqBeyondHead, "as_of", format!("position {seq}")))?
                }
            };
            query(tables, at, as_of).map(|answer| (answer, at))
        };
        self.ask(as_of, min_seq, timed).await.map(|((answer, at), size)| (answer, at, size))
    }

    /// Each view, and how far it is behind the log.
    fn views(&self) -> Answer<Vec<v1::View>> {
        let (_complete, rows) = self.projection.read();
        let (projector, rebuilt) = (Projector::new(rows), self.projection.rebuilt());
        let shown = |view: ViewId, cursor: Cursor| {
            let head = self.journal.head().size;
            let lag = head.get().saturating_sub(cursor.size().get());
            let waits =
                if lag == 0 { None } else { self.journal.recorded_at(cursor.size().next_seq()).map_err(unreadable)? };
            let now = SystemClock::default().wall();
            Ok(v1::View {
                lag,
                lag_millis: waits.map_or(0, |since| now.get().saturating_sub(since.get()).max(0).cast_unsigned()),
                rebuilt_size: rebuilt.filter(|(of, _)| *of == view).map_or(0, |(_, size)| size.get()),
                ..hefu_answers::view(&view, &cursor)
            })
        };
        VIEWS.iter().map(|view| shown(view.id(), projector.cursor(*view).map_err(failed)?)).collect()
    }

    /// Where a key stands, durably.
    ///
    /// # Errors
    /// When the store can't be read or the views are behind.
    pub async fn key_state(&self, key: PublicKey) -> Result<v1::GetKeyStateResponse, Status> {
        // The head first: the views must have seen every entry that the index is asked about.
        let head = self.journal.head().size;
        let journal = Arc::clone(&self.journal);
        let min_seq = head.last_seq().map_or(0, |seq| seq.get());
        let ledger_id = self.journal.ledger().map(|l| l.id.as_bytes().to_vec().into()).unwrap_or_default();
        let query = move |tables: &Tables<'_>, as_of| {
            let last = journal.last_of(&key).map_err(unreadable)?;
            let last = last.map(|entry| entry.decode()).transpose()?;
            let (key_seq, hash) =
                last.map_or((0, SubmissionHash::NONE), |e| (e.submission.key_seq.get(), e.submission_hash));
            let owner = members::member_of(&*tables.members, &key, as_of).map_err(failed)?;
            let member = owner.map(|code| members::get(&*tables.members, &code, as_of)).transpose().map_err(failed)?;
            Ok(hefu_answers::key_state(member.flatten().as_ref(), &key, key_seq, &hash, ledger_id))
        };
        self.ask(None, min_seq, query).await.map(|(state, _)| state)
    }
}

pub(crate) fn failed(e: ViewError) -> Refusal {
    match e {
        ViewError::TooMany(limit) => {
            Refusal::new(Reason::ArgumentInvalid, "", format!("more than {limit} observations; narrow the question"))
        }
        other => unreadable(other),
    }
}

pub(crate) fn unreadable(e: impl std::error::Error) -> Refusal {
    Refusal::new(Reason::StorageDamaged, "", e.to_string())
}

pub(crate) fn code(text: &str, field: &str) -> Answer<Code> {
    Code::new(text).map_err(|e| Refusal::new(Reason::CodeInvalid, field, e.to_string()))
}

pub(crate) fn optional_code(text: &str, field: &str) -> Answer<Option<Code>> {
    if text.is_empty() { Ok(None) } else { code(text, field).map(Some) }
}

fn optional_period(text: &str) -> Answer<Option<Period>> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|e| Refusal::new(Reason::PeriodInvalid, "period", format!("{e}")))
}

/// A plan that is asked for is there.
pub(crate) fn known_plan(tables: &Tables<'_>, plan: Option<&Code>, as_of: AsOf) -> Answer<()> {
    let Some(code) = plan else { return Ok(()) };
    let found = plan::plan(&*tables.plan, code, as_of).map_err(failed)?;
    found.map(drop).ok_or_else(|| Refusal::new(Reason::PlanNotFound, "plan", format!("no plan {code}")))
}

/// A unit that is asked for is there.
pub(crate) fn known_unit(tables: &Tables<'_>, unit: Option<&Code>, as_of: AsOf) -> Answer<()> {
    let Some(unit) = unit else { return Ok(()) };
    let found = members::get(&*tables.members, unit, as_of).map_err(failed)?;
    found.map(drop).ok_or_else(|| Refusal::new(Reason::MemberNotFound, "unit", format!("no member {unit}")))
}

/// An indicator that is asked for is there.
pub(crate) fn known_indicator(tables: &Tables<'_>, indicator: Option<&Code>, as_of: AsOf) -> Answer<()> {
    let Some(indicator) = indicator else { return Ok(()) };
    let found = plan::indicator(&*tables.plan, indicator, as_of).map_err(failed)?;
    found.map(drop).ok_or_else(|| no_indicator(indicator))
}

pub(crate) fn no_indicator(code: &Code) -> Refusal {
    Refusal::new(Reason::IndicatorNotFound, "indicator", format!("no indicator {code}"))
}

#[tonic::async_trait]
impl ViewService for Queries {
    async fn list_indicators(
        &self,
        request: Request<v1::ListIndicatorsRequest>,
    ) -> Result<Response<v1::ListIndicatorsResponse>, Status> {
        let v1::ListIndicatorsRequest { plan, area, as_of, min_seq } = request.into_inner();
        let query = move |tables: &Tables<'_>, as_of| {
            let (plan, area) = (optional_code(&plan, "plan")?, optional_code(&area, "area")?);
            board::list(tables, plan.as_ref(), area.as_ref(), as_of).map_err(failed)
        };
        let (rows, size) = self.ask(as_of, min_seq, query).await?;
        let rows = rows.iter().map(hefu_answers::board_row).collect();
        Ok(Response::new(v1::ListIndicatorsResponse { rows, size: size.get() }))
    }

    async fn get_indicator(
        &self,
        request: Request<v1::GetIndicatorRequest>,
    ) -> Result<Response<v1::GetIndicatorResponse>, Status> {
        let v1::GetIndicatorRequest { indicator, as_of, min_seq } = request.into_inner();
        let query = move |tables: &Tables<'_>, as_of| {
            let indicator = code(&indicator, "indicator")?;
            let found = board::indicator(tables, &indicator, as_of).map_err(failed)?;
            found.ok_or_else(|| no_indicator(&indicator))
        };
        let ((indicator, rows), size) = self.ask(as_of, min_seq, query).await?;
        Ok(Response::new(v1::GetIndicatorResponse {
            definition: Some(convert::to_wire(&indicator.definition)),
            retired: indicator.retired,
            rows: rows.iter().map(hefu_answers::board_row).collect(),
            size: size.get(),
        }))
    }

    async fn get_series(
        &self,
        request: Request<v1::GetSeriesRequest>,
    ) -> Result<Response<v1::GetSeriesResponse>, Status> {
        let v1::GetSeriesRequest { indicator, area, include_history, as_of, min_seq } = request.into_inner();
        let query = move |tables: &Tables<'_>, as_of| {
            let (indicator, area) = (code(&indicator, "indicator")?, optional_code(&area, "area")?);
            let known = plan::indicator(&*tables.plan, &indicator, as_of).map_err(failed)?;
            known.ok_or_else(|| no_indicator(&indicator))?;
            let select = Selection {
                indicator: &indicator,
                area: area.as_ref(),
                history: include_history,
                limit: ANSWER_ROWS_MAX,
            };
            series::query(tables, &select, as_of).map_err(failed)
        };
        let (observations, size) = self.ask(as_of, min_seq, query).await?;
        let observations = observations.iter().map(hefu_answers::observation).collect();
        Ok(Response::new(v1::GetSeriesResponse { observations, size: size.get() }))
    }

    async fn list_members(
        &self,
        request: Request<v1::ListMembersRequest>,
    ) -> Result<Response<v1::ListMembersResponse>, Status> {
        let v1::ListMembersRequest { as_of, min_seq } = request.into_inner();
        let query = |tables: &Tables<'_>, as_of| members::list(&*tables.members, as_of).map_err(failed);
        let (members, size) = self.ask(as_of, min_seq, query).await?;
        let members = members.iter().map(hefu_answers::member).collect();
        Ok(Response::new(v1::ListMembersResponse { members, size: size.get() }))
    }

    async fn get_member(
        &self,
        request: Request<v1::GetMemberRequest>,
    ) -> Result<Response<v1::GetMemberResponse>, Status> {
        let v1::GetMemberRequest { member, as_of, min_seq } = request.into_inner();
        let query = move |tables: &Tables<'_>, as_of| {
            let member = code(&member, "member")?;
            let found = members::get(&*tables.members, &member, as_of).map_err(failed)?;
            found.ok_or_else(|| Refusal::new(Reason::MemberNotFound, "member", format!("no member {member}")))
        };
        let (member, size) = self.ask(as_of, min_seq, query).await?;
        Ok(Response::new(v1::GetMemberResponse { member: Some(hefu_answers::member(&member)), size: size.get() }))
    }

    async fn explain_value(
        &self,
        request: Request<v1::ExplainValueRequest>,
    ) -> Result<Response<v1::ExplainValueResponse>, Status> {
        let v1::ExplainValueRequest { indicator, area, period, as_of, min_seq } = request.into_inner();
        let query = move |tables: &Tables<'_>, as_of| {
            let (indicator, area) = (code(&indicator, "indicator")?, code(&area, "area")?);
            let period = optional_period(&period)?;
            let known = plan::indicator(&*tables.plan, &indicator, as_of).map_err(failed)?;
            let known = known.ok_or_else(|| no_indicator(&indicator))?;
            if !known.definition.areas.contains(&area) {
                let detail = format!("{indicator} is not observed in {area}");
                return Err(Refusal::new(Reason::AreaNotObserved, "area", detail));
            }
            let found = explain::value(tables, &indicator, &area, period, as_of).map_err(failed)?;
            found.ok_or_else(|| no_indicator(&indicator))
        };
        let (explanation, size) = self.ask(as_of, min_seq, query).await?;
        Ok(Response::new(hefu_answers::explanation(&explanation, size)))
    }

    async fn get_roll_up(
        &self,
        request: Request<v1::GetRollUpRequest>,
    ) -> Result<Response<v1::GetRollUpResponse>, Status> {
        let v1::GetRollUpRequest { indicator, area, period, as_of, min_seq } = request.into_inner();
        let query = move |tables: &Tables<'_>, as_of| {
            let (indicator, area) = (code(&indicator, "indicator")?, code(&area, "area")?);
            let period = optional_period(&period)?;
            let known = plan::indicator(&*tables.plan, &indicator, as_of).map_err(failed)?;
            let known = known.ok_or_else(|| no_indicator(&indicator))?;
            let published = plan::plan(&*tables.plan, &known.definition.plan, as_of).map_err(failed)?;
            if !published.is_some_and(|plan| plan.fact.areas.iter().any(|known| known.code == area)) {
                let detail = format!("no area {area} in plan {}", known.definition.plan);
                return Err(Refusal::new(Reason::AreaUnknown, "area", detail));
            }
            rollup::query(tables, &known, &area, period, as_of).map_err(failed)
        };
        let (rolled_up, size) = self.ask(as_of, min_seq, query).await?;
        let rolled_up = rolled_up.as_ref().map(hefu_answers::rolled_up);
        Ok(Response::new(v1::GetRollUpResponse { rolled_up, size: size.get() }))
    }

    async fn check_targets(
        &self,
        request: Request<v1::CheckTargetsRequest>,
    ) -> Result<Response<v1::CheckTargetsResponse>, Status> {
        let v1::CheckTargetsRequest { plan, as_of, min_seq } = request.into_inner();
        let query = move |tables: &Tables<'_>, as_of| {
            let plan = optional_code(&plan, "plan")?;
            target_check::check(tables, plan.as_ref(), as_of).map_err(failed)
        };
        let (checks, size) = self.ask(as_of, min_seq, query).await?;
        let checks = checks.iter().map(hefu_answers::target_check).collect();
        Ok(Response::new(v1::CheckTargetsResponse { checks, size: size.get() }))
    }

    async fn list_views(
        &self,
        request: Request<v1::ListViewsRequest>,
    ) -> Result<Response<v1::ListViewsResponse>, Status> {
        self.moment(None, request.into_inner().min_seq).await.map_err(|r| status::to_status(&r))?;
        let views = self.views().map_err(|r| status::to_status(&r))?;
        Ok(Response::new(v1::ListViewsResponse { views, head: self.journal.head().size.get() }))
    }
}
