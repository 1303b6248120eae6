//! What changed between two moments, read from the entries between them.

use hefu_proto::v1;
use hefu_proto::v1::change_service_server::ChangeService;
use hefu_types::{Code, Entry, Reason, Refusal, Seq, Size};
use hefu_views::changes::{self, Change, Selection};
use hefu_views::{AsOf, Tables, members, plan};
use tonic::{Request, Response, Status};

use crate::config::{CHANGES_BYTES_MAX, CHANGES_ENTRIES_MAX, CHANGES_MAX, LOG_BYTES_MAX, LOG_ENTRIES_MAX};
use crate::query::{Answer, Queries, failed, no_indicator, optional_code, unreadable};

/// Answers questions about changes.
#[derive(Clone)]
pub struct Changes(pub Queries);

/// A [`Selection`] with codes of its own.
#[derive(Clone)]
struct Asked {
    plan: Option<Code>,
    indicator: Option<Code>,
    area: Option<Code>,
    unit: Option<Code>,
}

impl Asked {
    const fn selection(&self) -> Selection<'_> {
        Selection {
            plan: self.plan.as_ref(),
            indicator: self.indicator.as_ref(),
            area: self.area.as_ref(),
            unit: self.unit.as_ref(),
        }
    }

    /// Refuses what the ledger has never heard of: nothing would change it, and that would say nothing.
    fn check(&self, tables: &Tables<'_>, as_of: AsOf) -> Answer<()> {
        let refuse = |reason, field: &str, detail| Err(Refusal::new(reason, field, detail));
        let plans = plan::plans(&*tables.plan, as_of).map_err(failed)?;
        if let Some(code) = self.plan.as_ref().filter(|code| plans.iter().all(|plan| plan.fact.plan != **code)) {
            return refuse(Reason::PlanUnknown, "plan", format!("no plan {code}"));
        }
        if let Some(code) = &self.indicator {
            let known = plan::indicator(&*tables.plan, code, as_of).map_err(failed)?;
            known.ok_or_else(|| no_indicator(code))?;
        }
        let known = |code: &Code| plans.iter().any(|plan| plan.fact.areas.iter().any(|area| area.code == *code));
        if let Some(code) = self.area.as_ref().filter(|code| !known(code)) {
            return refuse(Reason::AreaUnknown, "area", format!("no area {code} in any plan"));
        }
        if let Some(code) = &self.unit {
            let known = members::get(&*tables.members, code, as_of).map_err(failed)?;
            known.ok_or_else(|| Refusal::new(Reason::MemberNotFound, "unit", format!("no member {code}")))?;
        }
        Ok(())
    }
}

/// Where a page begins: up to which size the question goes, and the first event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Start {
    to: Size,
    seq: Seq,
    event_index: u32,
}

impl Start {
    /// `to.seq.event`.
    fn parse(token: &str) -> Answer<Self> {
        let numbers: Option<Vec<u64>> = token.split('.').map(|part| part.parse().ok()).collect();
        let start = match numbers.as_deref() {
            Some(&[to, seq, index]) => {
                u32::try_from(index).ok().map(|event_index| Self { to: Size::new(to), seq: Seq::new(seq), event_index })
            }
            _ => None,
        };
        start.ok_or_else(|| Refusal::new(Reason::ArgumentInvalid, "page_token", "no token of an earlier answer"))
    }

    fn token(self) -> String {
        format!("{}.{}.{}", self.to, self.seq, self.event_index)
    }
}

/// One page: the changes, and where the next page begins.
fn page(
    queries: &Queries,
    tables: &Tables<'_>,
    select: &Selection<'_>,
    start: Start,
    limit: usize,
) -> Answer<(Vec<Change>, Option<Start>)> {
    let (mut found, mut bytes, mut read, mut next) = (Vec::new(), 0, 0, start.seq);
    while next < start.to.next_seq() && read < CHANGES_ENTRIES_MAX {
        let left = usize::try_from(start.to.get() - next.get()).unwrap_or(usize::MAX).min(LOG_ENTRIES_MAX);
        let entries = queries.journal().read(next, left, LOG_BYTES_MAX).map_err(unreadable)?;
        if entries.is_empty() {
            return Err(unreadable(std::io::Error::other(format!("entry {next} is not there"))));
        }
        for entry in entries {
            let entry = Entry::parse(entry).map_err(unreadable)?.decode()?;
            for change in changes::of_entry(tables, &entry, select).map_err(failed)? {
                let at = change.origin.position();
                if at < (start.seq, start.event_index) {
                    continue;
                }
                if found.len() == limit || bytes > CHANGES_BYTES_MAX {
                    return Ok((found, Some(Start { seq: at.0, event_index: at.1, ..start })));
                }
                bytes += change.before.len() + change.after.len() + change.reason.as_str().len();
                found.push(change);
            }
            (next, read) = (entry.seq.size().next_seq(), read + 1);
        }
    }
    let more = next < start.to.next_seq();
    Ok((found, more.then_some(Start { seq: next, event_index: 0, ..start })))
}

#[tonic::async_trait]
impl ChangeService for Changes {
    async fn list_changes(
        &self,
        request: Request<v1::ListChangesRequest>,
    ) -> Result<Response<v1::ListChangesResponse>, Status> {
        let v1::ListChangesRequest { from, to, plan, indicator, area, unit, page_size, page_token, min_seq } =
            request.into_inner();
        let Self(queries) = self;
        let from = queries.past(from, "from").await?;
        let limit = if page_size == 0 { CHANGES_MAX } else { (page_size as usize).min(CHANGES_MAX) };
        let for_pages = queries.clone();
        let query = move |tables: &Tables<'_>, as_of: AsOf| {
            let to = as_of.get();
            let asked = Asked {
                plan: optional_code(&plan, "plan")?,
                indicator: optional_code(&indicator, "indicator")?,
                area: optional_code(&area, "area")?,
                unit: optional_code(&unit, "unit")?,
            };
            asked.check(tables, as_of)?;
            if from > to {
                let detail = format!("from size {from} to size {to}: the end is before the start");
                return Err(Refusal::new(Reason::ArgumentInvalid, "from", detail));
            }
            let start = match page_token.as_str() {
                "" => Start { to, seq: from.next_seq(), event_index: 0 },
                token => Start::parse(token)?,
            };
            if start.to > to || start.seq < from.next_seq() {
                return Err(Refusal::new(Reason::ArgumentInvalid, "page_token", "a token of another question"));
            }
            page(&for_pages, tables, &asked.selection(), start, limit).map(|page| (page, start.to))
        };
        let (((changes, next), to), _) = queries.ask(to, min_seq, query).await?;
        Ok(Response::new(v1::ListChangesResponse {
            changes: changes.iter().map(hefu_answers::change).collect(),
            next_page_token: next.map(Start::token).unwrap_or_default(),
            from_size: from.get(),
            to_size: to.get(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_says_where_a_page_begins() {
        let start = Start { to: Size::new(9), seq: Seq::new(7), event_index: 3 };
        assert_eq!(start.token(), "9.7.3");
        assert_eq!(Start::parse("9.7.3"), Ok(start));
        for bad in ["", "9", "9.7", "9.7.x", "9.7.-1", "9.7.3.1", "9.7.4294967296"] {
            assert_eq!(Start::parse(bad).map_err(|refusal| refusal.field), Err("page_token".into()), "{bad}");
        }
    }
}
