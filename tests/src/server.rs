//! A real server inside the test's process, on a free port, over a real database in a temporary folder.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use hefu_journal::{Journal, Keeper, Options, RocksStore};
use hefu_proto::v1::log_service_client::LogServiceClient;
use hefu_proto::v1::report_service_client::ReportServiceClient;
use hefu_proto::v1::submission_service_client::SubmissionServiceClient;
use hefu_proto::v1::view_service_client::ViewServiceClient;
use hefu_proto::{convert, status, v1};
use hefu_rules::admit;
use hefu_types::note::NoteSigner;
use hefu_types::{Entry, Refusal, SignedSubmission};
use hefud::config::Settings;
use hefud::{Config, Server};
use tempfile::TempDir;
use tonic::transport::Channel;

use crate::export::verify_log;
use crate::world::{CHECKPOINT_KEYS, ORIGIN, World, keys};

/// A server with the entries of a [`World`], and clients for it.
pub struct TestServer {
    /// The server.
    pub server: Server,
    /// Its settings, for another start over the same folder.
    pub config: Config,
    /// Clients.
    pub submissions: SubmissionServiceClient<Channel>,
    /// Clients.
    pub log: LogServiceClient<Channel>,
    /// Clients.
    pub views: ViewServiceClient<Channel>,
    /// Clients.
    pub reports: ReportServiceClient<Channel>,
    _dir: Option<TempDir>,
}

/// Settings for a server over a folder on a free port.
///
/// # Panics
/// Never: the settings fit.
#[must_use]
pub fn config(data: PathBuf) -> Config {
    let listen: SocketAddr = ([127, 0, 0, 1], 0).into();
    Settings { data: Some(data), listen: Some(listen), http_listen: Some(listen), ..Settings::default() }
        .resolve()
        .expect("settings that fit")
}

/// The keys that a server of the tests can sign checkpoints with; the last one is an event key, which may never do so.
fn held_keys() -> impl Iterator<Item = &'static str> {
    CHECKPOINT_KEYS.into_iter().chain(["office-2"])
}

/// What signs the checkpoints of a [`World`], and the head file of these settings.
///
/// # Panics
/// Never: the origin is a name.
#[must_use]
pub fn keeper(config: &Config) -> Keeper {
    let signer = |name| NoteSigner::new(ORIGIN, keys(name)).expect("a name");
    Keeper { signers: held_keys().map(signer).collect(), path: config.head_file(), accept_missing: false }
}

/// Records a world's submissions into a fresh journal.
///
/// # Panics
/// When one of them is refused.
pub fn seed(config: &Config, world: &World) {
    seed_with(config, Options::default(), world.entries.iter().map(Entry::signed));
}

/// Records submissions into a fresh journal.
///
/// # Panics
/// When one of them is refused.
pub fn seed_with(config: &Config, options: Options, submissions: impl IntoIterator<Item = SignedSubmission>) {
    std::fs::create_dir_all(&config.data).expect("a folder");
    let store = RocksStore::create(&config.journal()).expect("a fresh database");
    for (name, file) in
        held_keys().zip(["checkpoint.pem".into()].into_iter().chain((2..).map(|n| format!("checkpoint-{n}.pem"))))
    {
        hefu_client::keyfile::create(&config.data.join(file), &keys(name), None).expect("a key file");
    }
    let journal = Journal::open(Arc::new(store), keeper(config), options).expect("an empty journal");
    for signed in submissions {
        let admitted = admit(signed).expect("admitted before");
        journal.submit(admitted).expect("room").wait().expect("accepted before");
    }
    journal.close();
}

impl TestServer {
    /// A server over a fresh folder with a world's entries.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn with(world: &World) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let config = config(dir.path().join("data"));
        let (seeding, world) = (config.clone(), world.clone());
        tokio::task::spawn_blocking(move || seed(&seeding, &world)).await.expect("seeded");
        Self { _dir: Some(dir), ..Self::over(config).await }
    }

    /// A server over the folder of `config`.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn over(config: Config) -> Self {
        let server = Server::start(&config).await.expect("a server");
        let address = format!("http://{}", server.address());
        let channel = Channel::from_shared(address).expect("an address").connect().await.expect("a connection");
        Self {
            server,
            config,
            submissions: SubmissionServiceClient::new(channel.clone()),
            log: LogServiceClient::new(channel.clone()),
            reports: ReportServiceClient::new(channel.clone()),
            views: ViewServiceClient::new(channel).max_decoding_message_size(16 << 20),
            _dir: None,
        }
    }

    /// Submits over gRPC, with the openings of the tests beside it.
    ///
    /// # Errors
    /// The refusal.
    ///
    /// # Panics
    /// When the answer is neither a position nor a refusal of ours.
    pub async fn submit(&mut self, signed: &SignedSubmission) -> Result<v1::Position, Refusal> {
        let openings = crate::world::openings(signed).iter().map(convert::opening_to_wire).collect();
        let request =
            v1::SubmitRequest { signed: Some(convert::signed_to_wire(signed)), openings, ..Default::default() };
        match self.submissions.submit(request).await {
            Ok(answer) => Ok(answer.into_inner().position.expect("a position")),
            Err(e) => Err(status::from_status(&e).unwrap_or_else(|| panic!("a foreign status: {e:?}"))),
        }
    }

    /// Verifies what was written, and stops.
    ///
    /// # Panics
    /// When it does not verify.
    pub async fn verify_and_stop(self) {
        let journal = Arc::clone(self.server.journal());
        tokio::task::spawn_blocking(move || drop(verify_log(&journal))).await.expect("a log that verifies");
        self.stop().await;
    }

    /// Stops; gives back what a restart needs.
    pub async fn stop(self) -> (Config, Option<TempDir>) {
        let Self { server, config, _dir, .. } = self;
        server.stop().await;
        (config, _dir)
    }
}
