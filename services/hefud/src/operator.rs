//! Maintenance while the server runs, over a socket that only the data folder's owner can reach.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use anyhow::Context as _;
use hefu_journal::Journal;
use hefu_proto::v1::operator_service_client::OperatorServiceClient;
use hefu_proto::v1::operator_service_server::{OperatorService, OperatorServiceServer};
use hefu_proto::{status, v1};
use hefu_types::event::platform::CheckpointKeyReplaced;
use hefu_types::{LedgerId, Size, wire};
use tokio::net::UnixListener;
use tokio_stream::wrappers::UnixListenerStream;
use tonic::{Request, Response, Status};

use crate::checkpoint_keys;
use crate::config::operator_socket_of;
use crate::lifetime::Lifetime;
use crate::projection::Projection;
use crate::publish::Publisher;
use crate::witnesses::Standing;

/// Does what the operator asks.
pub struct Operator {
    /// Rebuilds views.
    pub projection: Arc<Projection>,
    /// Knows the witnesses.
    pub publisher: Publisher,
    /// How large the log is, and which keys sign for it.
    pub journal: Arc<Journal>,
    /// Where those keys are.
    pub data: PathBuf,
}

#[tonic::async_trait]
impl OperatorService for Operator {
    async fn rebuild_view(
        &self,
        request: Request<v1::RebuildViewRequest>,
    ) -> Result<Response<v1::RebuildViewResponse>, Status> {
        let cursor = self.projection.rebuild(&request.into_inner().name).await.map_err(|r| status::to_status(&r))?;
        let digest = cursor.digest().as_bytes().to_vec().into();
        Ok(Response::new(v1::RebuildViewResponse { size: cursor.size().get(), digest }))
    }

    async fn list_witnesses(
        &self,
        _: Request<v1::ListWitnessesRequest>,
    ) -> Result<Response<v1::ListWitnessesResponse>, Status> {
        let witness = |(name, standing): (String, Standing)| v1::Witness {
            name,
            size: standing.size.get(),
            trouble: standing.trouble.as_ref().map(ToString::to_string).unwrap_or_default(),
            since: millis(standing.since),
        };
        Ok(Response::new(v1::ListWitnessesResponse {
            size: self.journal.head().size.get(),
            gate_closed: !self.publisher.takes_writes(),
            witnesses: self.publisher.witnesses().into_iter().map(witness).collect(),
        }))
    }

    async fn prepare_checkpoint_key(
        &self,
        request: Request<v1::PrepareCheckpointKeyRequest>,
    ) -> Result<Response<v1::PrepareCheckpointKeyResponse>, Status> {
        let valid_to = Size::new(request.into_inner().valid_to);
        let prepared = checkpoint_keys::prepare(&self.journal, &self.data, valid_to);
        let (ledger, event) = prepared.map_err(|r| status::to_status(&r))?;
        Ok(Response::new(v1::PrepareCheckpointKeyResponse {
            ledger_id: ledger.as_bytes().to_vec().into(),
            event: wire::to_bytes(&event).into(),
        }))
    }
}

/// Serves the socket until told to stop. A socket that a killed server left behind is replaced: the journal's lock has
/// shown that no other server has this folder.
///
/// # Errors
/// When the socket can't be made.
pub fn serve(socket: &Path, operator: Operator, lifetime: Lifetime) -> anyhow::Result<()> {
    if socket.exists() {
        std::fs::remove_file(socket).with_context(|| format!("can't remove {}", socket.display()))?;
    }
    let listener = UnixListener::bind(socket).with_context(|| format!("can't make {}", socket.display()))?;
    std::fs::set_permissions(socket, std::fs::Permissions::from_mode(0o600))?;
    let service = OperatorServiceServer::new(operator);
    tokio::spawn(async move {
        let server = tonic::transport::Server::builder().add_service(service);
        let incoming = UnixListenerStream::new(listener);
        if let Err(e) = server.serve_with_incoming_shutdown(incoming, lifetime.stopping()).await {
            tracing::error!(error = %e, "the operator's socket failed");
        }
        drop(lifetime);
    });
    Ok(())
}

/// Asks the server of a data folder to rebuild a view.
///
/// # Errors
/// When no server runs there, or it refuses.
pub async fn rebuild_view(data: &Path, name: String) -> anyhow::Result<v1::RebuildViewResponse> {
    told(connect(data).await?.rebuild_view(v1::RebuildViewRequest { name }).await)
}

/// Asks the server of a data folder how its witnesses stand.
///
/// # Errors
/// When no server runs there.
pub async fn list_witnesses(data: &Path) -> anyhow::Result<v1::ListWitnessesResponse> {
    told(connect(data).await?.list_witnesses(v1::ListWitnessesRequest {}).await)
}

/// Asks the server of a data folder for a new checkpoint key: the ledger, and the event that announces the key.
///
/// # Errors
/// When no server runs there, or it refuses.
pub async fn prepare_checkpoint_key(data: &Path, valid_to: Size) -> anyhow::Result<(LedgerId, CheckpointKeyReplaced)> {
    let request = v1::PrepareCheckpointKeyRequest { valid_to: valid_to.get() };
    let answer = told(connect(data).await?.prepare_checkpoint_key(request).await)?;
    let ledger = LedgerId::from_slice(&answer.ledger_id).context("a ledger id of 32 bytes")?;
    Ok((ledger, wire::from_bytes(&answer.event)?))
}

fn millis(time: SystemTime) -> i64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

async fn connect(data: &Path) -> anyhow::Result<OperatorServiceClient<tonic::transport::Channel>> {
    let socket = operator_socket_of(data);
    let address = format!("unix:{}", socket.display());
    let endpoint = tonic::transport::Endpoint::try_from(address)?;
    let no_server = |_| anyhow::anyhow!("no server runs on {}; start it with `hefud serve`", data.display());
    Ok(OperatorServiceClient::new(endpoint.connect().await.map_err(no_server)?))
}

fn told<T>(answer: Result<Response<T>, Status>) -> anyhow::Result<T> {
    answer.map(Response::into_inner).map_err(|s| match status::from_status(&s) {
        Some(refusal) => anyhow::anyhow!("{refusal}\n{}", refusal.reason.remedy()),
        None => s.into(),
    })
}
