//! The write path, as its callers see it: read this first.

use std::sync::Arc;

use hefu_journal::Recorded;
use hefu_proto::v1::submission_service_server::SubmissionService;
use hefu_proto::{convert, status, v1};
use hefu_types::{Refusal, SubmissionHash};
use tokio::time::Instant;
use tonic::{Request, Response, Status, Streaming};

use crate::admission::{Admission, Came};
use crate::lifetime::Lifetime;
use crate::openings::{Brought, Openings};
use crate::query::Queries;
use crate::receipt::Receipts;
use crate::{quorum, stream};

/// Takes submissions.
pub struct Submissions {
    /// Checks what needs no state, on all cores, and hands it to the sequencer while the gate is open.
    pub admission: Arc<Admission>,
    /// Keeps what opens commitments.
    pub openings: Arc<Openings>,
    /// Proves it to the caller.
    pub receipts: Receipts,
    /// Knows members and keys.
    pub queries: Queries,
    /// Ends streams when the server stops.
    pub lifetime: Lifetime,
}

#[tonic::async_trait]
impl SubmissionService for Submissions {
    async fn submit(&self, request: Request<v1::SubmitRequest>) -> Result<Response<v1::SubmitResponse>, Status> {
        let until = quorum::until(request.metadata());
        let answer = self.record(request.into_inner(), until).await.map_err(|r| status::to_status(&r))?;
        Ok(Response::new(answer))
    }

    type SubmitStreamStream = stream::Answers;

    async fn submit_stream(
        &self,
        request: Request<Streaming<v1::SubmitStreamRequest>>,
    ) -> Result<Response<Self::SubmitStreamStream>, Status> {
        let (admission, receipts) = (Arc::clone(&self.admission), self.receipts.clone());
        let parts = (admission, Arc::clone(&self.openings), receipts);
        Ok(Response::new(stream::serve(request.into_inner(), parts, self.lifetime.clone())))
    }

    async fn get_key_state(
        &self,
        request: Request<v1::GetKeyStateRequest>,
    ) -> Result<Response<v1::GetKeyStateResponse>, Status> {
        let key = convert::public_key(&request.into_inner().key).map_err(|r| status::to_status(&r))?;
        self.queries.key_state(key).await.map(Response::new)
    }
}

impl Submissions {
    async fn record(&self, request: v1::SubmitRequest, until: Instant) -> Result<v1::SubmitResponse, Refusal> {
        let v1::SubmitRequest { signed, decline_receipt, wait_for, openings } = request;
        let wanted = self.receipts.wanted(decline_receipt, wait_for, until)?;
        let signed = convert::signed(signed)?; //                          the wire
        let brought = Brought::of(&self.openings, &openings)?; //          what opens its commitments, beside it
        // Canonical form, limits, strict signature; the witnesses have seen no more than is here; openings are kept; in line for
        // the sequencer.
        let ticket = self.admission.submit(Came { signed: signed.clone(), brought: brought.clone() })?;
        let (recorded, seal) = match brought {
            None => ticket.sealed().await?, //                             decided, chained, synced, sealed
            Some(brought) => brought.outcome(ticket).await?,
        };
        let receipt = self.receipts.make(&signed, &recorded, seal, wanted).await; // perhaps once a quorum cosigned
        Ok(v1::SubmitResponse { position: Some(position(&recorded)), receipt })
    }
}

/// The position as the wire carries it.
#[must_use]
pub fn position(recorded: &Recorded) -> v1::Position {
    let Recorded { seq, recorded_at, chain_hash, submission_hash, already_recorded, .. } = recorded;
    let hash = |h: &SubmissionHash| h.as_bytes().to_vec().into();
    v1::Position {
        seq: seq.get(),
        recorded_at: recorded_at.get(),
        chain_hash: chain_hash.as_bytes().to_vec().into(),
        submission_hash: hash(submission_hash),
        already_recorded: *already_recorded,
    }
}
