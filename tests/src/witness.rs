//! Witnesses inside the test's process, each at an address that it keeps while it is down.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hefu::witness::{Witness, WitnessError};
use hefu_http::Limits;
use hefu_types::note::NoteSigner;
use hefu_types::{AddCheckpoint, SignedCheckpoint, Size, VerifierKey};
use tempfile::TempDir;
use tokio::net::TcpSocket;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::world::{ORIGIN, keys};

/// Longer than an answer takes to be written.
const DEADLINE: Duration = Duration::from_secs(60);

/// A witness of the log of a [`crate::World`].
pub struct TestWitness {
    /// Its key.
    pub vkey: VerifierKey,
    address: SocketAddr,
    dir: TempDir,
    now: Now,
}

/// Whether it answers.
enum Now {
    /// Its address is taken, and nobody listens there: connections are refused.
    Down {
        _reserved: TcpSocket,
    },
    /// Connections are taken, and nobody answers.
    Hanging {
        _deaf: tokio::net::TcpListener,
    },
    Up {
        stop: oneshot::Sender<()>,
        serving: JoinHandle<()>,
    },
    Changing,
}

/// The key of the log of a [`crate::World`].
///
/// # Panics
/// Never: the origin is a name.
#[must_use]
pub fn log_key() -> VerifierKey {
    log_key_of("checkpoint")
}

/// The key of that log with the name of one of [`crate::world::CHECKPOINT_KEYS`].
///
/// # Panics
/// Never: the origin is a name.
#[must_use]
pub fn log_key_of(name: &str) -> VerifierKey {
    NoteSigner::new(ORIGIN, keys(name)).expect("a name").vkey().clone()
}

/// Writes a policy in which two of three witnesses are enough.
///
/// # Panics
/// When it can't be written.
pub fn policy(path: &Path, witnesses: &[TestWitness; 3]) {
    let [a, b, c] = witnesses.each_ref().map(|w| format!("{} http://{}", w.vkey, w.address));
    let lines = format!("witness a {a}\nwitness b {b}\nwitness c {c}\ngroup two 2 a b c\nquorum two\n");
    std::fs::write(path, format!("log {}\n{lines}", log_key())).expect("written");
}

fn reserve(address: SocketAddr) -> TcpSocket {
    let socket = TcpSocket::new_v4().expect("a socket");
    // Closed connections of an earlier time up must not keep the address.
    socket.set_reuseaddr(true).expect("an option");
    socket.bind(address).expect("an address");
    socket
}

impl TestWitness {
    /// A witness that is down.
    ///
    /// # Panics
    /// When its folder can't be made.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let vkey = Witness::init(dir.path(), name).expect("a witness");
        let reserved = reserve(([127, 0, 0, 1], 0).into());
        let address = reserved.local_addr().expect("bound");
        Self { vkey, address, dir, now: Now::Down { _reserved: reserved } }
    }

    /// Lets it, while it is down, cosign the first checkpoint of the log that it sees.
    ///
    /// # Panics
    /// When it does not.
    pub fn sees(&self, checkpoint: &SignedCheckpoint) {
        let witness = Witness::open(self.dir.path(), &[log_key()]).expect("a witness");
        let request = AddCheckpoint { old: Size::EMPTY, proof: vec![], note: checkpoint.note().clone() };
        witness.add_checkpoint(&request.to_bytes(), 1_700_000_000).expect("cosigned");
    }

    /// Where it serves when it is up.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Serves, with all that it remembers.
    ///
    /// # Panics
    /// When it can't.
    pub async fn up(&mut self) {
        self.up_for(&[log_key()]).await;
    }

    /// Serves the log of these keys, with all that it remembers.
    ///
    /// # Panics
    /// When it can't.
    pub async fn up_for(&mut self, logs: &[VerifierKey]) {
        self.down().await;
        let witness = self.open(logs).await;
        let listener = self.listen();
        let (stop, stopped) = oneshot::channel();
        let stopped = async { drop(stopped.await) };
        let serving = hefu::witness::serve(listener, Arc::new(witness), Limits::default(), stopped);
        self.now = Now::Up { stop, serving: tokio::spawn(serving) };
    }

    /// Opens it, when the last answer of its time before is written.
    async fn open(&self, logs: &[VerifierKey]) -> Witness {
        let opening = async {
            loop {
                match Witness::open(self.dir.path(), logs) {
                    Err(WitnessError::Busy { .. }) => tokio::time::sleep(Duration::from_millis(5)).await,
                    opened => return opened.expect("a witness"),
                }
            }
        };
        tokio::time::timeout(DEADLINE, opening).await.expect("a witness that ended")
    }

    /// Takes connections, and says nothing.
    ///
    /// # Panics
    /// When it can't.
    pub async fn hang(&mut self) {
        self.down().await;
        self.now = Now::Hanging { _deaf: self.listen() };
    }

    fn listen(&mut self) -> tokio::net::TcpListener {
        self.now = Now::Changing;
        reserve(self.address).listen(64).expect("listening")
    }

    /// Ends all connections and refuses new ones.
    ///
    /// # Panics
    /// When it served badly.
    pub async fn down(&mut self) {
        if let Now::Up { stop, serving } = std::mem::replace(&mut self.now, Now::Changing) {
            drop(stop);
            serving.await.expect("no panic");
        }
        self.now = Now::Down { _reserved: reserve(self.address) };
    }
}
