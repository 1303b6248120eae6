//! How the parts are joined, started in order and stopped in the reverse one.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use hefu_http::Limits;
use hefu_journal::{Answers, Durability, Journal, Keeper, Options, RocksStore, SnapshotOptions, Store as _};
use hefu_proto::v1::assurance_service_server::AssuranceServiceServer;
use hefu_proto::v1::change_service_server::ChangeServiceServer;
use hefu_proto::v1::log_service_server::LogServiceServer;
use hefu_proto::v1::openings_service_server::OpeningsServiceServer;
use hefu_proto::v1::plan_service_server::PlanServiceServer;
use hefu_proto::v1::proof_service_server::ProofServiceServer;
use hefu_proto::v1::report_service_server::ReportServiceServer;
use hefu_proto::v1::submission_service_server::SubmissionServiceServer;
use hefu_proto::v1::view_service_server::ViewServiceServer;
use hefu_types::{DecodedEntry, Entry, Event, Seq};
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tonic::transport::server::Router;

use crate::admission::Admission;
use crate::assurance::Assurances;
use crate::changes::Changes;
use crate::checkpoint_keys;
use crate::config::{
    ANSWER_BYTES_MAX, Config, DRAIN_WAIT, KEEPALIVE_INTERVAL, KEEPALIVE_TIMEOUT, RECENT_BYTES, REQUEST_BYTES_MAX,
};
use crate::connections;
use crate::lifetime::{Lifetime, Tasks, lifetime};
use crate::log::Log;
use crate::openings::{Openings, OpeningsReader};
use crate::operator::{self, Operator};
use crate::plans::Plans;
use crate::projection::Projection;
use crate::proof::Proofs;
use crate::publish::Publisher;
use crate::query::Queries;
use crate::receipt::Receipts;
use crate::reports::Reports;
use crate::submit::Submissions;
use crate::tiles::{self, Tiles};
use crate::witnesses::{Gate, Witnesses};

/// A running server.
pub struct Server {
    address: SocketAddr,
    http_address: SocketAddr,
    openings: Arc<Openings>,
    journal: Arc<Journal>,
    projection: Arc<Projection>,
    publisher: Publisher,
    tasks: Tasks,
    serving: JoinHandle<Result<(), tonic::transport::Error>>,
    files: JoinHandle<()>,
}

/// Opens the journal of a configured folder.
///
/// # Errors
/// When it can't be opened, see [`hefu_journal::OpenError`].
pub fn open_journal(config: &Config) -> anyhow::Result<(Journal, RocksStore)> {
    open_journal_beside(config, Arc::new(open_openings(config)?))
}

fn open_openings(config: &Config) -> anyhow::Result<Openings> {
    let folder = config.openings();
    Openings::open(&folder).with_context(|| format!("can't use {}", folder.display()))
}

fn open_journal_beside(config: &Config, openings: Arc<Openings>) -> anyhow::Result<(Journal, RocksStore)> {
    let durability = if config.unsafe_no_sync { Durability::Unsynced } else { Durability::Synced };
    let path = config.journal();
    let store = open_store(&path, durability)?;
    let options = Options {
        queue_submissions: config.queue_max,
        accept_clock_gap: config.accept_clock_gap,
        snapshots: Some(SnapshotOptions { path: config.snapshot(), every: SnapshotOptions::EVERY }),
        recent_bytes: RECENT_BYTES,
        answer: answer_together(),
        beside: openings,
        ..Options::default()
    };
    let journal = Journal::open(Arc::new(store.clone()), keeper(config, &store)?, options)
        .map_err(|e| anyhow::Error::new(e).context(format!("{} does not open", path.display())))?;
    Ok((journal, store))
}

/// Everybody who waits for a block is told by one task of this runtime, if there is one. Told by the committer's thread, each
/// would be woken by itself, and its answer written by itself.
fn answer_together() -> Box<dyn FnMut(Answers) + Send> {
    let Ok(runtime) = Handle::try_current() else { return Box::new(Answers::give) };
    let (sender, mut blocks) = mpsc::unbounded_channel::<Answers>();
    runtime.spawn(async move {
        while let Some(answers) = blocks.recv().await {
            answers.give();
        }
    });
    // When the runtime has ended, nobody there waits any more.
    Box::new(move |answers| sender.send(answers).unwrap_or_else(|unsent| unsent.0.give()))
}

/// What signs checkpoints, and where the last one is kept.
fn keeper(config: &Config, store: &RocksStore) -> anyhow::Result<Keeper> {
    let empty =
        || format!("the journal in {} holds no entry; keep the folder and look for a copy", config.data.display());
    let genesis = store.read(Seq::FIRST, 1, usize::MAX)?.pop().with_context(empty)?;
    let opened = Entry::parse(genesis)?.decode()?.submission.events.into_iter().next();
    let Some(Event::LedgerOpened(opened)) = opened else { bail!("the first entry is no genesis") };
    let signers = checkpoint_keys::signers(&config.data, opened.origin.as_str())?;
    Ok(Keeper { signers, path: config.head_file(), accept_missing: config.accept_missing_head })
}

/// Opens the database below a data folder.
///
/// # Errors
/// When it is locked by another process, damaged, or newer than this program.
pub fn open_store(path: &Path, durability: Durability) -> anyhow::Result<RocksStore> {
    RocksStore::open(path, durability).map_err(|e| match e.to_string() {
        // RocksDB says it in its own words; a person wants to know who has the folder.
        cause if cause.contains("/LOCK") => anyhow::anyhow!("another hefud runs on {}; stop it first", path.display()),
        cause => anyhow::anyhow!(
            "can't open {}: {cause}; keep the folder as it is and restore from a verified copy",
            path.display()
        ),
    })
}

impl Server {
    /// Opens the journal, starts the views and listens. It answers when this returns.
    ///
    /// # Errors
    /// When there is no ledger in the folder, it can't be opened, or the address can't be had.
    pub async fn start(config: &Config) -> anyhow::Result<Self> {
        if !config.journal().is_dir() {
            bail!("{} holds no ledger; make one with `hefud init`", config.data.display());
        }
        let witnesses = Witnesses::of(config.policy.as_deref())?;
        let openings = Arc::new(open_openings(config)?);
        let (journal, store) = open_journal_beside(config, Arc::clone(&openings))?;
        let journal = Arc::new(journal);
        let (lifetime, tasks) = lifetime();
        let gate = if config.accept_missing_witnesses { Gate::open() } else { Gate::waiting() };
        // Before anybody can write: who has seen more of this log than is here?
        let publisher = Publisher::start(&journal, store.checkpoints(), witnesses, gate.clone(), &lifetime).await?;
        let listener =
            TcpListener::bind(config.listen).await.with_context(|| format!("can't listen on {}", config.listen))?;
        let address = listener.local_addr()?;
        let http = TcpListener::bind(config.http_listen)
            .await
            .with_context(|| format!("can't listen on {}", config.http_listen))?;
        let http_address = http.local_addr()?;
        let eraser = Arc::clone(&openings);
        let tell = Box::new(move |entry: &DecodedEntry| eraser.erase(&entry.submission));
        let projection = Arc::new(Projection::telling(Arc::clone(&journal), Arc::new(store.rows()?), tell)?);
        let operator = Operator {
            projection: Arc::clone(&projection),
            publisher: publisher.clone(),
            journal: Arc::clone(&journal),
            data: config.data.clone(),
        };
        if let Err(e) = operator::serve(&config.operator_socket(), operator, lifetime.clone()) {
            // A path that is too long for a socket must not keep the ledger from being served.
            tracing::warn!(
                error = format!("{e:#}"),
                "no operator's socket: views can't be rebuilt and witnesses not seen while this server runs"
            );
        }
        let tiles = Tiles { journal: Arc::clone(&journal), publisher: publisher.clone(), _lifetime: lifetime.clone() };
        let limits = Limits { connections_max: config.connections_max, ..Limits::default() };
        let files = tokio::spawn(hefu_http::serve(http, tiles::routes(tiles), limits, lifetime.stopping()));
        let kept = (&journal, &projection, &openings);
        let router = router(config, kept, (publisher.clone(), gate), &lifetime).await?;
        let connections = connections::accept(listener, config.connections_max);
        let serving = tokio::spawn(router.serve_with_incoming_shutdown(connections, lifetime.stopping()));
        let head = journal.head();
        tracing::info!(%address, %http_address, size = %head.size, chain_hash = %head.chain_hash, "serving");
        Ok(Self { address, http_address, journal, openings, projection, publisher, tasks, serving, files })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where static files are served.
    #[must_use]
    pub const fn http_address(&self) -> SocketAddr {
        self.http_address
    }

    /// The openings, for tests that look behind the wire.
    #[must_use]
    pub const fn openings(&self) -> &Arc<Openings> {
        &self.openings
    }

    /// The journal, for tests that look behind the wire.
    #[must_use]
    pub const fn journal(&self) -> &Arc<Journal> {
        &self.journal
    }

    /// The views, for tests that look behind the wire.
    #[must_use]
    pub const fn projection(&self) -> &Arc<Projection> {
        &self.projection
    }

    /// How each witness stands, by its name in the policy.
    #[must_use]
    pub fn witnesses(&self) -> Vec<(String, crate::witnesses::Standing)> {
        self.publisher.witnesses()
    }

    /// Stops: takes no new calls, lets open ones finish for a while, commits what is queued, closes the database.
    pub async fn stop(self) {
        let Self { journal, projection, publisher, mut tasks, mut serving, mut files, .. } = self;
        tasks.stop();
        if tokio::time::timeout(DRAIN_WAIT, &mut serving).await.is_err() {
            tracing::warn!("open calls are cut off");
            serving.abort();
        }
        if tokio::time::timeout(DRAIN_WAIT, &mut files).await.is_err() {
            files.abort();
        }
        if tokio::time::timeout(DRAIN_WAIT, tasks.ended()).await.is_err() {
            tracing::warn!("a connection outlives the server; its database closes with the process");
        }
        let closing = move || {
            drop(projection);
            drop(publisher);
            drop(journal);
        };
        if tokio::task::spawn_blocking(closing).await.is_err() {
            tracing::error!("closing failed");
        }
    }
}

async fn router(
    config: &Config,
    (journal, projection, openings): (&Arc<Journal>, &Arc<Projection>, &Arc<Openings>),
    (publisher, gate): (Publisher, Gate),
    lifetime: &Lifetime,
) -> anyhow::Result<Router> {
    let queries = Queries::new(Arc::clone(journal), Arc::clone(projection), lifetime.clone());
    let submissions = Submissions {
        admission: Arc::new(Admission::start(config.admission_threads, config.queue_max, journal, &gate)?),
        openings: Arc::clone(openings),
        receipts: Receipts {
            journal: Arc::clone(journal),
            quorum: publisher.quorum().clone(),
            lifetime: lifetime.clone(),
        },
        queries: queries.clone(),
        lifetime: lifetime.clone(),
    };
    let reader =
        OpeningsReader { openings: Arc::clone(openings), journal: Arc::clone(journal), queries: queries.clone() };
    let log = Log { journal: Arc::clone(journal), lifetime: lifetime.clone() };
    let proofs = Proofs { journal: Arc::clone(journal), publisher };
    let (health, health_service) = tonic_health::server::health_reporter();
    health.set_serving::<LogServiceServer<Log>>().await;
    health.set_serving::<ProofServiceServer<Proofs>>().await;
    health.set_serving::<OpeningsServiceServer<OpeningsReader>>().await;
    health.set_serving::<ViewServiceServer<Queries>>().await;
    health.set_serving::<ReportServiceServer<Reports>>().await;
    health.set_serving::<AssuranceServiceServer<Assurances>>().await;
    health.set_serving::<ChangeServiceServer<Changes>>().await;
    health.set_serving::<PlanServiceServer<Plans>>().await;
    tokio::spawn(report_health(health, Arc::downgrade(journal), gate));
    let reflection = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(hefu_proto::PUBLIC_DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    Ok(tonic::transport::Server::builder()
        .max_concurrent_streams(config.streams_max)
        .http2_keepalive_interval(Some(KEEPALIVE_INTERVAL))
        .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
        .add_service(health_service)
        .add_service(reflection().build_v1()?)
        // Clients of older libraries, Python's among them, still ask for this one.
        .add_service(reflection().build_v1alpha()?)
        .add_service(SubmissionServiceServer::new(submissions).max_decoding_message_size(REQUEST_BYTES_MAX))
        .add_service(LogServiceServer::new(log).max_decoding_message_size(REQUEST_BYTES_MAX))
        .add_service(ProofServiceServer::new(proofs).max_decoding_message_size(REQUEST_BYTES_MAX))
        .add_service(OpeningsServiceServer::new(reader).max_decoding_message_size(REQUEST_BYTES_MAX))
        .add_service(
            AssuranceServiceServer::new(Assurances(queries.clone()))
                .max_decoding_message_size(REQUEST_BYTES_MAX)
                .max_encoding_message_size(ANSWER_BYTES_MAX),
        )
        .add_service(
            ReportServiceServer::new(Reports(queries.clone()))
                .max_decoding_message_size(REQUEST_BYTES_MAX)
                .max_encoding_message_size(ANSWER_BYTES_MAX),
        )
        .add_service(
            ChangeServiceServer::new(Changes(queries.clone()))
                .max_decoding_message_size(REQUEST_BYTES_MAX)
                .max_encoding_message_size(ANSWER_BYTES_MAX),
        )
        .add_service(
            PlanServiceServer::new(Plans(queries.clone()))
                .max_decoding_message_size(REQUEST_BYTES_MAX)
                .max_encoding_message_size(ANSWER_BYTES_MAX),
        )
        .add_service(
            ViewServiceServer::new(queries)
                .max_decoding_message_size(REQUEST_BYTES_MAX)
                .max_encoding_message_size(ANSWER_BYTES_MAX),
        ))
}

/// Says whether writes are served: not before the gate is open, and not once the journal has latched; reads go on.
async fn report_health(health: tonic_health::server::HealthReporter, journal: std::sync::Weak<Journal>, gate: Gate) {
    let mut tick = tokio::time::interval(std::time::Duration::from_millis(500));
    loop {
        tick.tick().await;
        match journal.upgrade().map(|journal| journal.latched()) {
            Some(None) if gate.is_open() => health.set_serving::<SubmissionServiceServer<Submissions>>().await,
            Some(None) => health.set_not_serving::<SubmissionServiceServer<Submissions>>().await,
            Some(Some(_)) => return health.set_not_serving::<SubmissionServiceServer<Submissions>>().await,
            None => return,
        }
    }
}
