//! Other stores, with the same payloads, synced before they answer, in the same run. Their programs are built by `cargo xtask
//! bench peers`; what is not there is skipped by name.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use hefu_types::SignedSubmission;
use serde::{Deserialize, Serialize};

use crate::answer;
use crate::frames::Frames;
use crate::ledger::Ledger;
use crate::load::{self, Clock};
use crate::trial::{self, Run};
use crate::unary;

const APPEND: &str = "/umadb.v1.DCB/Append";

/// How long a server may take to listen.
const PATIENCE: Duration = Duration::from_secs(30);

/// Connections of the appends, as those of our own calls.
const CONNECTIONS: usize = 4;

/// UmaDB's `AppendRequest`, as far as it is needed.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct AppendRequest {
    #[prost(message, repeated, tag = "1")]
    events: Vec<Event>,
}

/// UmaDB's `Event`, as far as it is needed.
#[derive(Clone, PartialEq, prost::Message)]
struct Event {
    #[prost(string, tag = "1")]
    event_type: String,
    #[prost(string, repeated, tag = "2")]
    tags: Vec<String>,
    #[prost(bytes = "vec", tag = "3")]
    data: Vec<u8>,
}

/// A process that is killed when dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may be gone already.
        let _gone = self.0.kill();
        let _status = self.0.wait();
    }
}

/// One run of as many appends at a time as there are keys, on a fresh UmaDB.
pub(crate) fn umadb(programs: &Path, folder: &Path, ledger: &Ledger, time: Duration) -> anyhow::Result<Run> {
    let data = folder.join("umadb");
    fs::create_dir(&data)?;
    let address = free_address()?;
    let mut command = Command::new(programs.join("umadb"));
    command.args(["--listen", &address, "--db-path"]).arg(&data).stdout(Stdio::null());
    let running = Running(command.spawn().context("umadb can't be started")?);
    wait_for(&address)?;
    let frames: Vec<Frames> = ledger
        .signed
        .iter()
        .enumerate()
        .map(|(key, signed)| Frames::new(signed.iter().map(|s| append(key, s))))
        .collect();
    let appends = async {
        let callers = unary::connect(&address, APPEND, CONNECTIONS).await?;
        unary::closed(&callers, frames, answer::appended, Clock::start(time)).await
    };
    let (run, ()) = trial::cost(running.0.id(), &data, || load::count(appends), || Ok(()))?;
    drop(running);
    fs::remove_dir_all(&data)?;
    Ok(run)
}

/// What a member sends, under one tag.
fn append(key: usize, signed: &SignedSubmission) -> AppendRequest {
    let event = Event {
        event_type: "observation".to_owned(),
        tags: vec![format!("desk-{key:03}")],
        data: [&signed.submission[..], signed.signature.as_bytes()].concat(),
    };
    AppendRequest { events: vec![event] }
}

fn free_address() -> anyhow::Result<String> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}

fn wait_for(address: &str) -> anyhow::Result<()> {
    let since = Instant::now();
    while std::net::TcpStream::connect(address).is_err() {
        ensure!(since.elapsed() < PATIENCE, "nobody listens on {address}");
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// What the program `hefu-peers` says.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Said {
    Skipped(String),
    Measured(Clients),
}

/// Appends of so many clients.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Clients {
    pub(crate) clients: usize,
    pub(crate) appends_per_second: f64,
    pub(crate) p50_micros: u64,
    pub(crate) p99_micros: u64,
}

/// One run of PostgreSQL with a hash chain, with 1 to 64 clients.
pub(crate) fn postgresql(programs: &Path, folder: &Path, seconds: u64, payload: usize) -> anyhow::Result<Vec<Said>> {
    let cluster = folder.join("cluster");
    fs::create_dir(&cluster)?;
    // PostgreSQL refuses root: its own user must find the way to its folder.
    for on_the_way in [folder, &cluster] {
        fs::set_permissions(on_the_way, fs::Permissions::from_mode(0o711))?;
    }
    let mut command = Command::new(programs.join("hefu-peers"));
    command.arg("--folder").arg(&cluster).stdin(Stdio::null());
    command.args([format!("--seconds={seconds}"), format!("--payload-bytes={payload}")]);
    let output = command.output().context("hefu-peers can't be started")?;
    ensure!(output.status.success(), "hefu-peers failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    fs::remove_dir_all(&cluster)?;
    String::from_utf8(output.stdout)?.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}
