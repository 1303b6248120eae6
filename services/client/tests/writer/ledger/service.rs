//! The generated services over the book.

use std::pin::Pin;

use hefu_proto::{convert, status, v1};
use hefu_types::{PublicKey, Reason, Refusal};
use tokio_stream::{Stream, StreamExt as _};
use tonic::{Request, Response, Status, Streaming};

use super::FakeLedger;

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

fn broken() -> Status {
    Status::unavailable("the connection broke")
}

#[tonic::async_trait]
impl v1::submission_service_server::SubmissionService for FakeLedger {
    type SubmitStreamStream = Answers<v1::SubmitStreamResponse>;

    async fn submit(&self, request: Request<v1::SubmitRequest>) -> Result<Response<v1::SubmitResponse>, Status> {
        let signed = convert::signed(request.into_inner().signed).map_err(|r| status::to_status(&r))?;
        if self.is_silent() {
            std::future::pending::<()>().await;
        }
        let answer = self.book().answer(signed).ok_or_else(broken)?;
        let position = Some(answer.map_err(|r| status::to_status(&r))?);
        Ok(Response::new(v1::SubmitResponse { position, ..Default::default() }))
    }

    async fn submit_stream(
        &self,
        request: Request<Streaming<v1::SubmitStreamRequest>>,
    ) -> Result<Response<Self::SubmitStreamStream>, Status> {
        let (ledger, mut refused) = (self.clone(), false);
        let answers = request.into_inner().map(move |message| {
            let message = message?;
            let signed = convert::signed(message.signed).map_err(|r| status::to_status(&r))?;
            let answer = if refused {
                Err(Refusal::new(Reason::PredecessorRefused, "key_prev", "an earlier one was refused"))
            } else {
                ledger.book().answer(signed).ok_or_else(broken)?
            };
            refused |= answer.is_err();
            use v1::submit_stream_response::Outcome;
            let outcome = Some(match answer {
                Ok(position) => Outcome::Position(position),
                Err(refusal) => Outcome::Refusal(status::to_message(&refusal)),
            });
            Ok(v1::SubmitStreamResponse { correlation: message.correlation, outcome, ..Default::default() })
        });
        let mut over = false;
        let until_broken = answers.take_while(move |answer| !std::mem::replace(&mut over, answer.is_err()));
        Ok(Response::new(Box::pin(until_broken)))
    }

    async fn get_key_state(
        &self,
        request: Request<v1::GetKeyStateRequest>,
    ) -> Result<Response<v1::GetKeyStateResponse>, Status> {
        let book = self.book();
        let key = PublicKey::from_slice(&request.into_inner().key).ok_or_else(|| Status::invalid_argument("a key"))?;
        let known = book.state.key(&key);
        Ok(Response::new(v1::GetKeyStateResponse {
            key_seq: known.map_or(0, |k| k.last_seq.get()),
            submission_hash: known.map_or(vec![0; 32], |k| k.last_hash.as_bytes().to_vec()).into(),
            ledger_id: book.state.ledger().unwrap().id.as_bytes().to_vec().into(),
            ..v1::GetKeyStateResponse::default()
        }))
    }
}

/// Entries of a run, and runs of a stream: so few that every test sees streams end early.
const RUN: usize = 3;
const RUNS: usize = 2;

impl FakeLedger {
    fn runs(&self, from: u64, to: usize) -> Vec<(u64, Vec<tonic::codegen::Bytes>)> {
        let book = self.book();
        let from = usize::try_from(from).unwrap().min(to);
        let entries = &book.log[from..to.min(book.log.len())];
        let runs = entries.chunks(RUN).take(RUNS);
        runs.map(|run| (run[0].seq().get(), run.iter().map(|e| e.bytes().clone()).collect())).collect()
    }
}

#[tonic::async_trait]
impl v1::log_service_server::LogService for FakeLedger {
    type ReadEntriesStream = Answers<v1::ReadEntriesResponse>;
    type WatchStream = Answers<v1::WatchResponse>;

    async fn get_head(&self, _: Request<v1::GetHeadRequest>) -> Result<Response<v1::GetHeadResponse>, Status> {
        let book = self.book();
        let last = book.log.last().unwrap();
        Ok(Response::new(v1::GetHeadResponse {
            ledger_id: book.state.ledger().unwrap().id.as_bytes().to_vec().into(),
            size: last.seq().size().get(),
            chain_hash: last.chain_hash().as_bytes().to_vec().into(),
            recorded_at: last.recorded_at().get(),
            origin: "example.org/ledger".into(),
        }))
    }

    async fn read_entries(
        &self,
        request: Request<v1::ReadEntriesRequest>,
    ) -> Result<Response<Self::ReadEntriesStream>, Status> {
        let v1::ReadEntriesRequest { from_seq, to_size } = request.into_inner();
        let runs = self.runs(from_seq, usize::try_from(to_size).unwrap()).into_iter();
        let runs = runs.map(|(first_seq, entries)| Ok(v1::ReadEntriesResponse { first_seq, entries }));
        Ok(Response::new(Box::pin(tokio_stream::iter(runs))))
    }

    async fn watch(&self, request: Request<v1::WatchRequest>) -> Result<Response<Self::WatchStream>, Status> {
        let runs = self.runs(request.into_inner().from_seq, usize::MAX).into_iter();
        let runs = runs.map(|(first_seq, entries)| Ok(v1::WatchResponse { first_seq, entries }));
        Ok(Response::new(Box::pin(tokio_stream::iter(runs))))
    }
}
