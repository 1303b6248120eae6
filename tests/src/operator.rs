//! An operator who cheats: a test double that holds the keys of a real one, and nobody else's.
//!
//! It runs real servers, each over a log of its own, which members' clients and HTTP see behind one address each: a switch
//! before them decides which server a new connection meets. So whatever is answered is really recorded somewhere, under
//! signatures of the log's key, and every receipt is valid.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use hefu_client::{Position, Retry, Server, Writer};
use hefu_journal::{Clock, Options};
use hefu_proto::v1::GetCheckpointRequest;
use hefu_proto::v1::proof_service_client::ProofServiceClient;
use hefu_types::sign::Keypair;
use hefu_types::{Entry, Event, Millis, PublicKey, SignedSubmission};
use hefud::Config;
use tempfile::TempDir;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

use crate::export::{copy_folder, entries_of};
use crate::server::{TestServer, config, seed_with};
use crate::witness::{TestWitness, log_key};
use crate::world::{World, keys};

/// An address whose next connection meets whom the operator wants it to.
struct Switch {
    address: SocketAddr,
    to: Arc<Mutex<SocketAddr>>,
}

impl Switch {
    async fn before(to: SocketAddr) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let (address, to) = (listener.local_addr().expect("bound"), Arc::new(Mutex::new(to)));
        let switch = Self { address, to: Arc::clone(&to) };
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let to = *to.lock().unwrap_or_else(PoisonError::into_inner);
                tokio::spawn(async move {
                    let mut far = TcpStream::connect(to).await?;
                    // Either side may be cut off at any time.
                    copy_bidirectional(&mut near, &mut far).await
                });
            }
        });
        switch
    }

    fn turn(&self, to: SocketAddr) {
        *self.to.lock().unwrap_or_else(PoisonError::into_inner) = to;
    }
}

/// A clock that says what it is told to.
#[derive(Clone, Debug, Default)]
struct Told(Arc<AtomicI64>);

impl Clock for Told {
    fn wall(&self) -> Millis {
        Millis::new(self.0.load(Ordering::SeqCst))
    }

    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::SeqCst).unsigned_abs())
    }
}

/// What a log is made of: when it was recorded, and what was said.
pub type Parts = Vec<(Millis, SignedSubmission)>;

/// Which of its logs.
pub type LogNumber = usize;

/// The operator, and its logs by number.
pub struct Operator {
    logs: Vec<Option<TestServer>>,
    answers: Switch,
    files: Switch,
    dir: TempDir,
    _witness: TestWitness,
    /// Last, for everything else needs it to end well.
    runtime: Runtime,
}

/// A member with our client, and what it keeps.
pub struct Member {
    keys: Keypair,
    /// Its outbox.
    pub outbox: PathBuf,
}

impl Member {
    /// Its key.
    #[must_use]
    pub fn key(&self) -> PublicKey {
        self.keys.public()
    }
}

impl Operator {
    /// One honest log with the entries of [`World::planned`], which everybody meets and a witness cosigns. No witness is asked
    /// about the others.
    ///
    /// # Panics
    /// When it can't be served.
    #[must_use]
    pub fn open() -> Self {
        let (runtime, dir) = (Runtime::new().expect("a runtime"), tempfile::tempdir().expect("a folder"));
        let mut witness = TestWitness::new("w.example.org");
        runtime.block_on(witness.up());
        let policy = dir.path().join("policy");
        let lines = format!("log {}\nwitness w {} {}\nquorum w\n", log_key(), witness.vkey, witness.url());
        std::fs::write(&policy, lines).expect("written");
        let config = Config { policy: Some(policy), ..config(dir.path().join("0")) };
        seed_with(&config, Options::default(), World::planned().entries.iter().map(Entry::signed));
        let server = runtime.block_on(TestServer::over(config));
        let answers = runtime.block_on(Switch::before(server.server.address()));
        let files = runtime.block_on(Switch::before(server.server.http_address()));
        Self { logs: vec![Some(server)], answers, files, dir, _witness: witness, runtime }
    }

    fn log(&self, log: LogNumber) -> &TestServer {
        self.logs[log].as_ref().expect("it is served")
    }

    fn fresh(&self) -> Config {
        config(self.dir.path().join(self.logs.len().to_string()))
    }

    fn serve(&mut self, config: Config) -> LogNumber {
        self.logs.push(Some(self.runtime.block_on(TestServer::over(config))));
        self.logs.len() - 1
    }

    /// A tlog-policy file with the log's key and its witness.
    #[must_use]
    pub fn policy(&self) -> PathBuf {
        self.dir.path().join("policy")
    }

    /// Where members find the log.
    #[must_use]
    pub fn address(&self) -> String {
        format!("http://{}", self.answers.address)
    }

    /// Where everybody finds the log's files.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.files.address)
    }

    /// Where the files of one of the logs are: a mirror that only shows this one.
    #[must_use]
    pub fn url_of(&self, log: LogNumber) -> String {
        format!("http://{}", self.log(log).server.http_address())
    }

    /// The entries of a log.
    #[must_use]
    pub fn entries(&self, log: LogNumber) -> Vec<Bytes> {
        entries_of(self.log(log).server.journal())
    }

    /// The number of logs.
    #[must_use]
    pub const fn logs(&self) -> usize {
        self.logs.len()
    }

    /// A second log that begins as one does now: its folder is copied while nobody uses it, head file and all.
    ///
    /// # Panics
    /// When it can't be.
    pub fn copy(&mut self, log: LogNumber) -> LogNumber {
        let server = self.logs[log].take().expect("it is served");
        let (config, _) = self.runtime.block_on(server.stop());
        let copied = self.fresh();
        copy_folder(&config.data, &copied.data);
        self.logs[log] = Some(self.runtime.block_on(TestServer::over(config)));
        // It listens elsewhere now.
        self.answer_from(log);
        self.show(log);
        self.serve(copied)
    }

    /// A log of the same submissions at the same times, but for a change: recorded anew, under fresh signatures of the log's
    /// key.
    ///
    /// # Panics
    /// When what is left does not keep the rules.
    pub fn record_anew(&mut self, log: LogNumber, change: impl FnOnce(&mut Parts)) -> LogNumber {
        let entries = self.entries(log).into_iter().map(|bytes| Entry::parse(bytes).expect("an entry"));
        let mut parts: Parts = entries.map(|entry| (entry.recorded_at(), entry.signed())).collect();
        change(&mut parts);
        let (config, clock) = (self.fresh(), Told::default());
        let told = clock.clone();
        let submissions = parts.into_iter().map(|(time, signed)| {
            told.0.store(time.get(), Ordering::SeqCst);
            signed
        });
        seed_with(&config, Options { clock: Box::new(clock), ..Options::default() }, submissions);
        self.serve(config)
    }

    /// Lets new connections of members meet a log.
    pub fn answer_from(&self, log: LogNumber) {
        self.answers.turn(self.log(log).server.address());
    }

    /// Lets everybody see the files of a log, once they are all there.
    ///
    /// # Panics
    /// When it does not publish them.
    pub fn show(&self, log: LogNumber) {
        let server = &self.log(log).server;
        let size = server.journal().head().size.get();
        let address = format!("http://{}", server.address());
        self.runtime.block_on(async {
            let mut proofs = ProofServiceClient::connect(address).await.expect("a connection");
            proofs.get_checkpoint(GetCheckpointRequest { size_min: size }).await.expect("published");
        });
        self.show_files_at(server.http_address());
    }

    /// Lets everybody see files from somewhere.
    pub fn show_files_at(&self, address: SocketAddr) {
        self.files.turn(address);
    }

    /// The member with the key of a name.
    #[must_use]
    pub fn member(&self, key: &str) -> Member {
        Member { keys: keys(key), outbox: self.dir.path().join(format!("{key}.outbox")) }
    }

    /// A member meets a server, submits, and believes the answer.
    ///
    /// # Panics
    /// When it is refused.
    pub fn submit(&self, member: &Member, event: impl Into<Event>) -> Position {
        let submitting = async {
            let server = Server::new(&self.address(), Retry::default()).expect("an address");
            let mut writer = Writer::open(server, member.keys.clone(), &member.outbox).await.expect("a writer");
            writer.submit(vec![event.into()]).await.expect("recorded")
        };
        self.runtime.block_on(submitting)
    }

    /// Holds that each log verifies by itself, and stops.
    ///
    /// # Panics
    /// When one does not.
    pub fn verify_and_stop(mut self) {
        for server in self.logs.drain(..).flatten() {
            self.runtime.block_on(server.verify_and_stop());
        }
    }
}
