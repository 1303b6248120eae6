//! Checkpoints and proofs over gRPC.

use std::sync::Arc;

use hefu_journal::store::StoreError;
use hefu_journal::{Journal, Published};
use hefu_proto::v1::proof_service_server::ProofService;
use hefu_proto::{status, v1};
use hefu_types::{NodeHash, Reason, Refusal, Seq, Size};
use tonic::{Request, Response, Status};

use crate::config::{CHECKPOINTS_MAX, VIEW_WAIT};
use crate::publish::Publisher;

/// Proves.
pub struct Proofs {
    /// Where the tree is.
    pub journal: Arc<Journal>,
    /// Where checkpoints are.
    pub publisher: Publisher,
}

fn refuse(reason: Reason, field: &str, detail: String) -> Status {
    status::to_status(&Refusal::new(reason, field, detail))
}

fn checkpoint(published: Published) -> v1::Checkpoint {
    v1::Checkpoint { size: published.size.get(), note: published.note }
}

fn bytes(hashes: &[NodeHash]) -> Vec<bytes::Bytes> {
    hashes.iter().map(|hash| bytes::Bytes::copy_from_slice(hash.as_bytes())).collect()
}

impl Proofs {
    /// Reads on a thread that may wait for the disk.
    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Journal, &Publisher) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Status> {
        let (journal, publisher) = (Arc::clone(&self.journal), self.publisher.clone());
        match tokio::task::spawn_blocking(move || read(&journal, &publisher)).await {
            Ok(Ok(found)) => Ok(found),
            Ok(Err(e)) => Err(refuse(Reason::StorageDamaged, "", e.to_string())),
            Err(_) => Err(refuse(Reason::ShuttingDown, "", "the server is stopping".to_owned())),
        }
    }

    /// The size that was asked for, or that of the latest published checkpoint.
    fn size(&self, asked: u64) -> Size {
        if asked == 0 { self.publisher.latest().size } else { Size::new(asked) }
    }
}

#[tonic::async_trait]
impl ProofService for Proofs {
    async fn get_checkpoint(
        &self,
        request: Request<v1::GetCheckpointRequest>,
    ) -> Result<Response<v1::GetCheckpointResponse>, Status> {
        let size = Size::new(request.into_inner().size_min);
        let head = self.journal.head().size;
        if size > head {
            return Err(refuse(Reason::SeqBeyondHead, "size_min", format!("the log has {head} entries, not {size}")));
        }
        let published = tokio::time::timeout(VIEW_WAIT, self.publisher.at_least(size)).await;
        let late =
            |_| refuse(Reason::ViewBehind, "size_min", format!("no checkpoint of {size} entries is published yet"));
        let checkpoint = Some(checkpoint(published.map_err(late)?));
        Ok(Response::new(v1::GetCheckpointResponse { checkpoint }))
    }

    async fn list_checkpoints(
        &self,
        request: Request<v1::ListCheckpointsRequest>,
    ) -> Result<Response<v1::ListCheckpointsResponse>, Status> {
        let v1::ListCheckpointsRequest { size_max, limit } = request.into_inner();
        let size = Size::new(if size_max == 0 { u64::MAX } else { size_max });
        let limit = match usize::try_from(limit).unwrap_or(usize::MAX) {
            0 => CHECKPOINTS_MAX,
            asked => asked.min(CHECKPOINTS_MAX),
        };
        let found = self.read(move |_, publisher| publisher.up_to(size, limit)).await?;
        let checkpoints = found.into_iter().map(checkpoint).collect();
        Ok(Response::new(v1::ListCheckpointsResponse { checkpoints }))
    }

    async fn get_inclusion_proof(
        &self,
        request: Request<v1::GetInclusionProofRequest>,
    ) -> Result<Response<v1::GetInclusionProofResponse>, Status> {
        let v1::GetInclusionProofRequest { seq, size } = request.into_inner();
        let size = self.size(size);
        let found = self.read(move |journal, _| journal.inclusion(Seq::new(seq), size)).await?;
        let beyond = || {
            let head = self.journal.head().size;
            refuse(Reason::SeqBeyondHead, "seq", format!("entry {seq} in a tree of {size}; the log has {head} entries"))
        };
        let hashes = bytes(&found.ok_or_else(beyond)?);
        Ok(Response::new(v1::GetInclusionProofResponse { size: size.get(), hashes }))
    }

    async fn get_consistency_proof(
        &self,
        request: Request<v1::GetConsistencyProofRequest>,
    ) -> Result<Response<v1::GetConsistencyProofResponse>, Status> {
        let v1::GetConsistencyProofRequest { old_size, new_size } = request.into_inner();
        let (old, new) = (Size::new(old_size), self.size(new_size));
        let found = self.read(move |journal, _| journal.consistency(old, new)).await?;
        let beyond = || {
            let head = self.journal.head().size;
            let detail = format!("a tree of {old} in a tree of {new}; the log has {head} entries");
            refuse(Reason::SeqBeyondHead, "old_size", detail)
        };
        let hashes = bytes(&found.ok_or_else(beyond)?);
        Ok(Response::new(v1::GetConsistencyProofResponse { new_size: new.get(), hashes }))
    }
}
