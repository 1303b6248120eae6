//! A server that shows checkpoints and proofs, right or wrong, and counts what it is asked.

use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use hefu_proto::v1;
use hefu_proto::v1::proof_service_server::{ProofService, ProofServiceServer};
use hefu_types::tree::{self, Edge};
use hefu_types::{NodeHash, Seq, Size};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};

/// A server of proofs, until the test ends. Clones are the same.
#[derive(Clone)]
pub struct Prover {
    shows: Arc<Mutex<Shows>>,
    /// Where it is: `http://127.0.0.1:PORT`.
    pub address: String,
}

/// What it shows, and what it was asked.
#[derive(Default)]
pub struct Shows {
    /// The latest checkpoint.
    pub latest: Vec<u8>,
    /// Earlier ones, the latest first.
    pub earlier: Vec<Vec<u8>>,
    /// The tree that proofs are made of.
    pub tree: Edge,
    /// Given instead of a consistency proof.
    pub consistency: Option<Vec<Bytes>>,
    /// Given instead of an inclusion proof.
    pub inclusion: Option<Vec<Bytes>>,
    /// Consistency and inclusion proofs that were asked for.
    pub asked: (usize, usize),
}

impl Prover {
    /// Starts it, showing nothing.
    ///
    /// # Panics
    /// When it can't listen.
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("bound"));
        let prover = Self { shows: Arc::default(), address };
        let server = tonic::transport::Server::builder().add_service(ProofServiceServer::new(prover.clone()));
        tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
        prover
    }

    /// What it shows, to be changed.
    ///
    /// # Panics
    /// Never: nobody panics while holding it.
    pub fn shows(&self) -> MutexGuard<'_, Shows> {
        self.shows.lock().expect("no panic")
    }
}

fn wire(hashes: &[NodeHash]) -> Vec<Bytes> {
    hashes.iter().map(|hash| Bytes::copy_from_slice(hash.as_bytes())).collect()
}

fn checkpoint(note: &[u8]) -> v1::Checkpoint {
    v1::Checkpoint { size: 0, note: Bytes::copy_from_slice(note) }
}

#[tonic::async_trait]
impl ProofService for Prover {
    async fn get_checkpoint(
        &self,
        _: Request<v1::GetCheckpointRequest>,
    ) -> Result<Response<v1::GetCheckpointResponse>, Status> {
        Ok(Response::new(v1::GetCheckpointResponse { checkpoint: Some(checkpoint(&self.shows().latest)) }))
    }

    async fn list_checkpoints(
        &self,
        _: Request<v1::ListCheckpointsRequest>,
    ) -> Result<Response<v1::ListCheckpointsResponse>, Status> {
        let shows = self.shows();
        let notes = std::iter::once(&shows.latest).chain(&shows.earlier);
        Ok(Response::new(v1::ListCheckpointsResponse { checkpoints: notes.map(|note| checkpoint(note)).collect() }))
    }

    async fn get_inclusion_proof(
        &self,
        request: Request<v1::GetInclusionProofRequest>,
    ) -> Result<Response<v1::GetInclusionProofResponse>, Status> {
        let (mut shows, v1::GetInclusionProofRequest { seq, size }) = (self.shows(), request.into_inner());
        shows.asked.1 += 1;
        let read = &mut |node| shows.tree.node(node).ok_or_else(|| Status::not_found("no such tree"));
        let path = tree::inclusion(Seq::new(seq), Size::new(size), read)?.unwrap_or_default();
        let hashes = shows.inclusion.clone().unwrap_or_else(|| wire(&path));
        Ok(Response::new(v1::GetInclusionProofResponse { size, hashes }))
    }

    async fn get_consistency_proof(
        &self,
        request: Request<v1::GetConsistencyProofRequest>,
    ) -> Result<Response<v1::GetConsistencyProofResponse>, Status> {
        let (mut shows, v1::GetConsistencyProofRequest { old_size, new_size }) = (self.shows(), request.into_inner());
        shows.asked.0 += 1;
        let read = &mut |node| shows.tree.node(node).ok_or_else(|| Status::not_found("no such tree"));
        let proof = tree::consistency(Size::new(old_size), Size::new(new_size), read)?.unwrap_or_default();
        let hashes = shows.consistency.clone().unwrap_or_else(|| wire(&proof));
        Ok(Response::new(v1::GetConsistencyProofResponse { new_size, hashes }))
    }
}
