//! The way to a server: one channel, the generated clients, their limits.

use std::time::Duration;

use hefu_proto::v1::assurance_service_client::AssuranceServiceClient;
use hefu_proto::v1::change_service_client::ChangeServiceClient;
use hefu_proto::v1::log_service_client::LogServiceClient;
use hefu_proto::v1::openings_service_client::OpeningsServiceClient;
use hefu_proto::v1::plan_service_client::PlanServiceClient;
use hefu_proto::v1::proof_service_client::ProofServiceClient;
use hefu_proto::v1::report_service_client::ReportServiceClient;
use hefu_proto::v1::submission_service_client::SubmissionServiceClient;
use hefu_proto::v1::view_service_client::ViewServiceClient;
use hefu_proto::{status, v1};
use hefu_types::{Class, LedgerId, PublicKey, Reason, Refusal};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Response, Status};

use crate::retry::Backoff;
use crate::{ClientError, Retry};

/// Bytes of one answer: a run of entries, or a board of every area of a large plan. Far above what a server sends.
const ANSWER_BYTES_MAX: usize = 64 << 20;

/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How often a silent connection is asked whether it still lives, and how long it may take to say so.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// A server, reached over one connection that is made when it is first needed and again after it was lost.
#[derive(Clone, Debug)]
pub struct Server {
    address: String,
    channel: Channel,
    retry: Retry,
}

/// What is to be made of an answer that is no success.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// Refused, certainly and for good: nothing was written.
    Refused(Refusal),
    /// The server can't now, and waiting does not help.
    Stop(Refusal),
    /// The same bytes may be sent again.
    Again(Box<dyn std::error::Error + Send + Sync>),
}

/// Where a key stands, as the server tells.
#[derive(Clone, Debug)]
pub struct KeyState {
    /// The ledger.
    pub ledger: LedgerId,
    /// The answer.
    pub answer: v1::GetKeyStateResponse,
}

impl Server {
    /// A server at an address such as `http://127.0.0.1:7400`. Nothing is sent yet.
    ///
    /// # Errors
    /// When the text is no such address, or asks for TLS, which is not built in: nothing is ever sent in the clear to a
    /// server that was to be asked in secret.
    pub fn new(address: &str, retry: Retry) -> Result<Self, ClientError> {
        let wrong = || ClientError::Address(address.to_owned());
        let endpoint = Endpoint::from_shared(address.to_owned()).map_err(|_| wrong())?;
        let scheme = endpoint.uri().scheme_str().unwrap_or_default().to_ascii_lowercase();
        match (scheme.as_str(), endpoint.uri().authority()) {
            ("http", Some(_)) => {}
            ("https", Some(_)) => return Err(ClientError::Tls(address.to_owned())),
            _ => return Err(wrong()),
        }
        let endpoint = endpoint
            .connect_timeout(CONNECT_TIMEOUT)
            .http2_keep_alive_interval(KEEP_ALIVE)
            .keep_alive_timeout(KEEP_ALIVE)
            .tcp_nodelay(true);
        Ok(Self { address: address.to_owned(), channel: endpoint.connect_lazy(), retry })
    }

    /// Its address.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// How patiently it is tried again.
    #[must_use]
    pub const fn retry(&self) -> Retry {
        self.retry
    }

    /// The generated client of the way in. [`crate::Writer`] is safer.
    #[must_use]
    pub fn submissions(&self) -> SubmissionServiceClient<Channel> {
        SubmissionServiceClient::new(self.channel.clone()).max_decoding_message_size(ANSWER_BYTES_MAX)
    }

    /// The generated client of the log. [`crate::Reader`] checks what comes.
    #[must_use]
    pub fn log(&self) -> LogServiceClient<Channel> {
        LogServiceClient::new(self.channel.clone()).max_decoding_message_size(ANSWER_BYTES_MAX)
    }

    /// The generated client of checkpoints and proofs.
    #[must_use]
    pub fn proofs(&self) -> ProofServiceClient<Channel> {
        ProofServiceClient::new(self.channel.clone()).max_decoding_message_size(ANSWER_BYTES_MAX)
    }

    /// The generated client of the views.
    #[must_use]
    pub fn views(&self) -> ViewServiceClient<Channel> {
        ViewServiceClient::new(self.channel.clone()).max_decoding_message_size(ANSWER_BYTES_MAX)
    }

    /// The generated client of opinions and challenges.
    #[must_use]
    pub fn assurances(&self) -> AssuranceServiceClient<Channel> {
        AssuranceServiceClient::new(self.channel.clone()).max_decoding_message_size(ANSWER_BYTES_MAX)
    }

    /// The generated client of values that are not free.
    #[must_use]
    pub fn openings(&self) -> OpeningsServiceClient<Channel> {
        OpeningsServiceClient::new(self.channel.clone())
    }

    /// The generated client of cycles and reports.
    #[must_use]
    pub fn reports(&self) -> ReportServiceClient<Channel> {
        ReportServiceClient::new(self.channel.clone()).max_decoding_message_size(ANSWER_BYTES_MAX)
    }

    /// The generated client of changes.
    #[must_use]
    pub fn changes(&self) -> ChangeServiceClient<Channel> {
        ChangeServiceClient::new(self.channel.clone()).max_decoding_message_size(ANSWER_BYTES_MAX)
    }

    /// The generated client of plans and who works on them.
    #[must_use]
    pub fn plans(&self) -> PlanServiceClient<Channel> {
        PlanServiceClient::new(self.channel.clone()).max_decoding_message_size(ANSWER_BYTES_MAX)
    }

    /// Asks something that may be asked again, until there is an answer or patience ends: a server may come up late, or be
    /// silent.
    ///
    /// # Errors
    /// When the server refuses or stays away.
    pub async fn ask<T>(&self, question: impl AsyncFn(&Self) -> Result<Response<T>, Status>) -> Result<T, ClientError> {
        let mut backoff = Backoff::new(self.retry);
        loop {
            let source = match backoff.attempt(question(self)).await.map_err(Verdict::of_status) {
                Ok(answer) => return Ok(answer.into_inner()),
                Err(Verdict::Refused(refusal) | Verdict::Stop(refusal)) => return Err(ClientError::Refused(refusal)),
                Err(Verdict::Again(source)) => source,
            };
            if !backoff.wait().await {
                return Err(self.unreachable(source));
            }
        }
    }

    /// Tells where a key stands.
    ///
    /// # Errors
    /// When the server does not answer, or names no ledger.
    pub async fn key_state(&self, key: &PublicKey) -> Result<KeyState, ClientError> {
        let request = v1::GetKeyStateRequest { key: key.as_bytes().to_vec().into() };
        let answer = self.ask(async |server| server.submissions().get_key_state(request.clone()).await).await?;
        let ledger = LedgerId::from_slice(&answer.ledger_id)
            .ok_or_else(|| ClientError::Protocol("a key state without a ledger".into()))?;
        Ok(KeyState { ledger, answer })
    }

    /// What a failed question means: a refusal, or no answer.
    #[must_use]
    pub fn error(&self, status: Status) -> ClientError {
        match Verdict::of_status(status) {
            Verdict::Refused(refusal) | Verdict::Stop(refusal) => ClientError::Refused(refusal),
            Verdict::Again(source) => self.unreachable(source),
        }
    }

    pub(crate) fn unreachable(&self, source: Box<dyn std::error::Error + Send + Sync>) -> ClientError {
        match source.downcast::<Refusal>() {
            Ok(refusal) => ClientError::Refused(*refusal),
            Err(source) => ClientError::Unreachable { server: self.address.clone(), source },
        }
    }
}

impl Verdict {
    pub(crate) fn of_refusal(refusal: Refusal) -> Self {
        match (refusal.reason, refusal.reason.class()) {
            // The last says nothing about an earlier call with the same bytes, which may have recorded them.
            (Reason::StorageLatched | Reason::ClockLatched | Reason::WitnessesNone, _) | (_, Class::DataLoss) => {
                Self::Stop(refusal)
            }
            (_, Class::Exhausted | Class::Unavailable | Class::Unknown) => Self::Again(refusal.into()),
            (_, Class::Invalid | Class::Precondition | Class::Denied | Class::NotFound | Class::Conflict) => {
                Self::Refused(refusal)
            }
        }
    }

    /// A status without our own code says nothing about what became of a submission, except when the request itself was
    /// impossible: then trying again is in vain.
    pub(crate) fn of_status(status: Status) -> Self {
        if let Some(refusal) = status::from_status(&status) {
            return Self::of_refusal(refusal);
        }
        match status.code() {
            Code::Unimplemented | Code::Unauthenticated | Code::InvalidArgument | Code::OutOfRange => {
                let detail = format!("{}: {}", status.code(), status.message());
                Self::Stop(Refusal::new(Reason::ArgumentInvalid, "", detail))
            }
            _ => Self::Again(no_answer(&status).into()),
        }
    }
}

/// What a status without our own code says, and the root of it.
fn no_answer(status: &Status) -> String {
    let mut root: Option<&dyn std::error::Error> = std::error::Error::source(status);
    while let Some(cause) = root.and_then(std::error::Error::source) {
        root = Some(cause);
    }
    match root {
        Some(root) => format!("{}: {root}", status.message()),
        None => status.message().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn addresses_have_scheme_and_host() {
        for good in ["http://127.0.0.1:7400", "http://ledger.example.org"] {
            assert!(Server::new(good, Retry::default()).is_ok(), "{good}");
        }
        for bad in ["", "127.0.0.1:7400", "/tmp/socket", "http://", "not an address", "ftp://ledger.example.org"] {
            let error = Server::new(bad, Retry::default()).unwrap_err();
            assert_eq!(error.code(), "SERVER_ADDRESS_INVALID", "{bad}");
        }
        for secret in ["https://ledger.example.org", "HTTPS://127.0.0.1:7400"] {
            let error = Server::new(secret, Retry::default()).unwrap_err();
            assert_eq!(error.code(), "SERVER_ADDRESS_INVALID");
            assert!(error.to_string().contains("TLS is not built in yet"), "{error}");
        }
    }

    #[test]
    fn only_a_certain_refusal_is_final() {
        let verdict = |reason| match Verdict::of_refusal(Refusal::new(reason, "", "")) {
            Verdict::Refused(_) => "refused",
            Verdict::Stop(_) => "stop",
            Verdict::Again(_) => "again",
        };
        for (reason, expected) in [
            (Reason::RoleMissing, "refused"),
            (Reason::KeySeqUsed, "refused"),
            (Reason::NotWritten, "again"),
            (Reason::OutcomeUnknown, "again"),
            (Reason::Overloaded, "again"),
            (Reason::ShuttingDown, "again"),
            (Reason::StorageLatched, "stop"),
            (Reason::StorageDamaged, "stop"),
            (Reason::WitnessesNone, "stop"),
        ] {
            assert_eq!(verdict(reason), expected, "{reason}");
        }
        assert!(matches!(Verdict::of_status(Status::unknown("h2 protocol error")), Verdict::Again(_)));
        assert!(matches!(Verdict::of_status(Status::cancelled("")), Verdict::Again(_)));
        assert!(matches!(Verdict::of_status(Status::unimplemented("")), Verdict::Stop(_)));
    }
}
