//! The write path of a server whose disk can be made to wait.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::export::verify_log;
use crate::server::{config, keeper, seed};
use crate::world::World;
use hefu_journal::{Durability, Fault, Journal, Options, RocksStore};
use hefu_proto::v1::submission_service_client::SubmissionServiceClient;
use hefu_proto::v1::submission_service_server::SubmissionServiceServer;
use hefu_proto::v1::submit_stream_response::Outcome;
use hefu_proto::{convert, v1};
use hefu_types::SignedSubmission;
use hefud::admission::Admission;
use hefud::lifetime::{Tasks, lifetime};
use hefud::openings::Openings;
use hefud::projection::Projection;
use hefud::query::Queries;
use hefud::quorum::Quorum;
use hefud::receipt::Receipts;
use hefud::submit::Submissions;
use hefud::witnesses::Gate;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::Channel;

/// The write path of a server over a journal whose disk waits for permission before each block.
pub struct Gated {
    journal: Arc<Journal>,
    /// Checks signatures and hands runs over.
    pub admission: Arc<Admission>,
    /// Where it is served: `http://127.0.0.1:PORT`.
    pub address: String,
    /// A client.
    pub client: SubmissionServiceClient<Channel>,
    /// Submissions that the sequencer has looked at.
    sequenced: Arc<AtomicUsize>,
    permit: Option<Sender<()>>,
    serving: JoinHandle<()>,
    tasks: Tasks,
    _dir: TempDir,
}

/// Serves a world's entries; the gate is closed.
///
/// # Panics
/// When it can't.
pub async fn gated(world: &World) -> Gated {
    let dir = tempfile::tempdir().expect("a folder");
    let config = config(dir.path().join("data"));
    let (seeding, seeded) = (config.clone(), world.clone());
    tokio::task::spawn_blocking(move || seed(&seeding, &seeded)).await.expect("seeded");
    let (permit, permits) = channel();
    let permits = Mutex::new(permits);
    let sequenced = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&sequenced);
    let hook = move |fault| {
        match fault {
            Fault::Dequeued => drop(counted.fetch_add(1, Ordering::SeqCst)),
            // Permits are given for ever once the sender is gone.
            Fault::BeforeAppend => drop(permits.lock().expect("no panic").recv()),
            _ => {}
        }
        Ok(())
    };
    let store = RocksStore::open(&config.journal(), Durability::Synced).expect("a database");
    let rows = Arc::new(store.rows().unwrap());
    let options = Options { fault: Arc::new(hook), ..Options::default() };
    let journal = Arc::new(Journal::open(Arc::new(store), keeper(&config), options).expect("a journal"));
    let (lifetime, tasks) = lifetime();
    let projection = Arc::new(Projection::start(Arc::clone(&journal), rows).expect("views"));
    let admission = Arc::new(Admission::start(2, config.queue_max, &journal, &Gate::open()).expect("threads"));
    let quorum = Quorum::of(None);
    let submissions = Submissions {
        admission: Arc::clone(&admission),
        openings: Arc::new(Openings::open(&config.openings()).expect("a folder")),
        receipts: Receipts { journal: Arc::clone(&journal), quorum, lifetime: lifetime.clone() },
        queries: Queries::new(Arc::clone(&journal), projection, lifetime.clone()),
        lifetime: lifetime.clone(),
    };
    let listener = TcpListener::bind(config.listen).await.expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let router = tonic::transport::Server::builder().add_service(SubmissionServiceServer::new(submissions));
    let stopping = lifetime.stopping();
    let serving = tokio::spawn(async move {
        router.serve_with_incoming_shutdown(TcpListenerStream::new(listener), stopping).await.expect("served");
    });
    drop(lifetime);
    let client = SubmissionServiceClient::connect(address.clone()).await.expect("a connection");
    Gated { journal, admission, address, client, sequenced, permit: Some(permit), serving, tasks, _dir: dir }
}

/// Answers that are on their way.
pub type Answers = JoinHandle<Vec<v1::SubmitStreamResponse>>;

/// Sends these over a stream of its own; its answers, once all have come.
///
/// # Panics
/// In the task, when the stream breaks.
#[must_use]
pub fn stream(client: &SubmissionServiceClient<Channel>, sent: &[SignedSubmission]) -> Answers {
    let request = |(correlation, signed): (u64, &SignedSubmission)| v1::SubmitStreamRequest {
        correlation,
        signed: Some(convert::signed_to_wire(signed)),
        ..Default::default()
    };
    let (mut client, requests): (_, Vec<_>) = (client.clone(), (0..).zip(sent).map(request).collect());
    tokio::spawn(async move {
        let mut answers = client.submit_stream(tokio_stream::iter(requests)).await.expect("a stream").into_inner();
        let mut all = vec![];
        while let Some(answer) = answers.message().await.expect("an answer") {
            all.push(answer);
        }
        all
    })
}

/// The positions, in the order sent.
///
/// # Panics
/// When one was refused.
#[must_use]
pub fn positions(answers: &[v1::SubmitStreamResponse]) -> Vec<u64> {
    let position =
        |(correlation, answer): (u64, &v1::SubmitStreamResponse)| match answer.outcome.as_ref().expect("an outcome") {
            Outcome::Position(position) if answer.correlation == correlation => position.seq,
            other => panic!("{correlation}: {other:?}"),
        };
    (0..).zip(answers).map(position).collect()
}

impl Gated {
    /// Submissions that the sequencer has looked at.
    #[must_use]
    pub fn sequenced(&self) -> usize {
        self.sequenced.load(Ordering::SeqCst)
    }

    /// Waits until the sequencer has looked at so many.
    ///
    /// # Panics
    /// When it takes a minute.
    pub async fn wait_for_sequenced(&self, count: usize) {
        let since = Instant::now();
        while self.sequenced() < count {
            assert!(since.elapsed() < Duration::from_secs(60), "{} of {count}", self.sequenced());
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Lets every block through from now on.
    pub fn open_gate(&mut self) {
        self.permit = None;
    }

    /// Stops, and verifies what was written.
    ///
    /// # Panics
    /// When it does not verify.
    pub async fn verify_and_stop(self) {
        let Self { journal, admission, client, serving, mut tasks, _dir, .. } = self;
        tasks.stop();
        drop((client, admission));
        serving.await.expect("served");
        tasks.ended().await;
        tokio::task::spawn_blocking(move || drop(verify_log(&journal))).await.expect("a log that verifies");
    }
}
