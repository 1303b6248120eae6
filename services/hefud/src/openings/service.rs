use std::sync::Arc;

use hefu_journal::{Clock as _, Journal, SystemClock};
use hefu_proto::v1::openings_service_server::OpeningsService;
use hefu_proto::{convert, status, v1};
use hefu_types::event::reporting::ConfStatus;
use hefu_types::limits::READ_REQUEST_MILLIS_MAX;
use hefu_types::{Code, Commitment, Millis, Opening, PublicKey, ReadRequest, Reason, Refusal};
use hefu_views::members::MemberStatus;
use hefu_views::series::{self, ConfidentialValue};
use hefu_views::{AsOf, Tables, members};
use tonic::{Request, Response, Status};

use super::Openings;
use crate::query::{Queries, failed};

/// Shows openings to who may read them.
pub struct OpeningsReader {
    /// What is kept.
    pub openings: Arc<Openings>,
    /// The log, whose office may read everything.
    pub journal: Arc<Journal>,
    /// Knows who reported what, and whose key it is.
    pub queries: Queries,
}

#[tonic::async_trait]
impl OpeningsService for OpeningsReader {
    async fn open_value(
        &self,
        request: Request<v1::OpenValueRequest>,
    ) -> Result<Response<v1::OpenValueResponse>, Status> {
        let v1::OpenValueRequest { request, signature } = request.into_inner();
        let asked = self.check(&request, &signature).map_err(|r| status::to_status(&r))?;
        let value = match self.known(&asked).await {
            Ok(value) => value,
            Err(status) => return Err(denied(&asked, status)),
        };
        let opening = self.opening(asked.commitment).await.map_err(|r| status::to_status(&r))?;
        let Some(opening) = opening else {
            // Erased since; or it was lost.
            self.known(&asked).await?;
            let detail =
                format!("the opening of {} is not here, and no entry says that it was erased", asked.commitment);
            return Err(status::to_status(&Refusal::new(Reason::StorageDamaged, "commitment", detail)));
        };
        Ok(Response::new(v1::OpenValueResponse {
            opening: Some(convert::opening_to_wire(&opening)),
            seq: value.reported.seq.get(),
            event_index: value.reported.event_index,
        }))
    }
}

impl OpeningsReader {
    /// A request of this ledger, signed by the key that it names, of about now.
    fn check(&self, request: &[u8], signature: &[u8]) -> Result<ReadRequest, Refusal> {
        let asked = ReadRequest::open(request, signature)?;
        if let Some(ledger) = self.journal.ledger().filter(|ledger| ledger.id != asked.ledger_id) {
            return Err(Refusal::new(Reason::LedgerMismatch, "ledger_id", format!("this ledger is {}", ledger.id)));
        }
        let now = SystemClock::default().wall();
        if now.get().abs_diff(asked.created_at.get()) > READ_REQUEST_MILLIS_MAX.unsigned_abs() {
            let detail = format!("it is {}, the request is of {}", now.utc(), asked.created_at.utc());
            return Err(Refusal::new(Reason::ReadRequestExpired, "created_at", detail));
        }
        Ok(asked)
    }

    /// The value that is asked for, if who asks may read it and it was not erased, as of the head.
    async fn known(&self, asked: &ReadRequest) -> Result<ConfidentialValue, Status> {
        let min_seq = self.journal.head().size.last_seq().map_or(0, |seq| seq.get());
        let office = self.journal.ledger().map(|ledger| ledger.office.clone());
        let (key, commitment) = (asked.key, asked.commitment);
        let query = move |tables: &Tables<'_>, as_of| {
            let value = series::value(tables, &commitment, as_of).map_err(failed)?;
            let none = || Refusal::new(Reason::ValueNotFound, "commitment", format!("no observation has {commitment}"));
            let value = value.ok_or_else(none)?;
            let reader = key.map(|key| live_member(tables, &key, as_of)).transpose()?;
            check_reader(&value, reader.as_ref(), office.as_ref(), SystemClock::default().wall())?;
            match &value.erased {
                None => Ok(value),
                Some((by, reason)) => {
                    let detail = format!("erased by the entry at seq {}: {reason}", by.seq);
                    Err(Refusal::new(Reason::ValueWasErased, "commitment", detail))
                }
            }
        };
        self.queries.ask(None, min_seq, query).await.map(|(value, _)| value)
    }

    async fn opening(&self, commitment: Commitment) -> Result<Option<Opening>, Refusal> {
        let openings = Arc::clone(&self.openings);
        match tokio::task::spawn_blocking(move || openings.get(&commitment)).await {
            Ok(Ok(opening)) => Ok(opening),
            Ok(Err(e)) => Err(Refusal::new(Reason::StorageDamaged, "commitment", e.to_string())),
            Err(_) => Err(Refusal::new(Reason::ShuttingDown, "", "the server is stopping")),
        }
    }
}

/// Who asked for what in vain is written down: whoever looks after the ledger wants to know.
fn denied(asked: &ReadRequest, status: Status) -> Status {
    let key = asked.key.map(|key| key.to_string()).unwrap_or_default();
    tracing::warn!(%key, commitment = %asked.commitment, reason = status.message(), "a value was not shown");
    status
}

/// The member of a key that may speak.
fn live_member(tables: &Tables<'_>, key: &PublicKey, as_of: AsOf) -> Result<Code, Refusal> {
    let refuse = |reason, detail: String| Err(Refusal::new(reason, "key", detail));
    let Some(code) = members::member_of(&*tables.members, key, as_of).map_err(failed)? else {
        return refuse(Reason::KeyUnknown, format!("key {key} is not enrolled"));
    };
    let member = members::get(&*tables.members, &code, as_of).map_err(failed)?;
    let status = member.as_ref().map(|member| member.status);
    let revoked = member.iter().flat_map(|member| &member.keys).any(|of| of.key == *key && of.revoked.is_some());
    match status {
        _ if revoked => refuse(Reason::KeyRevoked, format!("key {key} of {code} was revoked")),
        Some(MemberStatus::Active) => Ok(code),
        Some(MemberStatus::Suspended) => refuse(Reason::MemberSuspended, format!("member {code} is suspended")),
        Some(MemberStatus::Withdrawn) | None => refuse(Reason::MemberWithdrawn, format!("member {code} has withdrawn")),
    }
}

/// Whether a member, or anybody, may read a value at a time.
fn check_reader(
    value: &ConfidentialValue,
    reader: Option<&Code>,
    office: Option<&Code>,
    now: Millis,
) -> Result<(), Refusal> {
    let committed = &value.committed;
    let is_free = committed.conf_status == ConfStatus::E && now >= committed.embargo_until;
    let is_reader =
        |code: &Code| *code == value.member || Some(code) == office || committed.readers.binary_search(code).is_ok();
    if is_free || reader.is_some_and(is_reader) {
        return Ok(());
    }
    let who = reader.map_or("anybody", Code::as_str);
    let detail = format!("its confidentiality status is {}, and it is not for {who}", committed.conf_status);
    Err(Refusal::new(Reason::NotAReader, "commitment", detail))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hefu_types::{Seq, SubmissionHash};
    use hefu_views::Origin;
    use hefu_views::series::Committed;

    fn code(text: &str) -> Code {
        Code::new(text).unwrap()
    }

    fn value(conf_status: ConfStatus, embargo_until: i64) -> ConfidentialValue {
        let reported = Origin {
            seq: Seq::new(7),
            event_index: 0,
            number: 72,
            recorded_at: Millis::new(1),
            submission_hash: SubmissionHash::NONE,
            key: PublicKey::from_bytes([5; 32]),
        };
        let committed = Committed {
            indicator: code("i"),
            area: code("520000"),
            period: "2024".parse().unwrap(),
            conf_status,
            embargo_until: Millis::new(embargo_until),
            readers: vec![code("audit"), code("dept-b")],
            on_behalf_of: None,
        };
        ConfidentialValue { committed, member: code("dept-a"), reported, erased: None }
    }

    fn may(value: &ConfidentialValue, reader: Option<&str>, now: i64) -> bool {
        let reader = reader.map(code);
        check_reader(value, reader.as_ref(), Some(&code("office")), Millis::new(now)).is_ok()
    }

    #[test]
    fn a_value_is_for_its_unit_the_office_and_its_readers() {
        let value = value(ConfStatus::N, 0);
        for reader in ["dept-a", "office", "audit", "dept-b"] {
            assert!(may(&value, Some(reader), 10), "{reader}");
        }
        for other in [Some("dept-c"), Some("operator"), None] {
            assert!(!may(&value, other, 10), "{other:?}");
        }
    }

    #[test]
    fn an_embargo_ends_for_everybody_at_its_time() {
        let value = value(ConfStatus::E, 1_000);
        assert!(may(&value, Some("dept-b"), 999));
        assert!(!may(&value, Some("dept-c"), 999) && !may(&value, None, 999));
        assert!(may(&value, Some("dept-c"), 1_000) && may(&value, None, 1_000));
    }
}
