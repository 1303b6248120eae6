//! The server as a process of its own, over a folder of its own.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use hefu_client::{Reader, Retry, Server};
use hefu_proto::v1::ListViewsRequest;
use hefu_tests::World;
use hefu_tests::child::Hefud;
use hefu_tests::server::{config, seed};
use hefu_types::Reason;

use crate::load::runtime;
use crate::process;

/// How long the views may take.
const PATIENCE: Duration = Duration::from_secs(600);

/// A running `hefud`, killed when dropped.
pub(crate) struct Serving {
    hefud: Hefud,
    data: PathBuf,
}

impl Serving {
    /// Starts over a fresh folder with a world's entries.
    pub(crate) fn fresh(data: &Path, world: &World) -> anyhow::Result<Self> {
        if data.exists() {
            std::fs::remove_dir_all(data)?;
        }
        seed(&config(data.to_owned()), world);
        let serving = Self::over(data)?;
        serving.views_complete()?;
        Ok(serving)
    }

    /// Starts over the folder of a ledger.
    pub(crate) fn over(data: &Path) -> anyhow::Result<Self> {
        let mut command = Command::new(program("hefud")?);
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0", "--log", "warn", "--data"])
            .arg(data);
        Ok(Self { hefud: Hefud::spawn(command), data: data.to_owned() })
    }

    /// `HOST:PORT`.
    pub(crate) fn address(&self) -> &str {
        &self.hefud.address
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.hefud.address)
    }

    /// The process.
    pub(crate) fn id(&self) -> u32 {
        self.hefud.id()
    }

    /// The data folder.
    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    pub(crate) fn peak_mib(&self) -> anyhow::Result<u64> {
        process::peak_mib(self.id())
    }

    /// Waits until the views have applied everything, and returns the size of the log.
    pub(crate) fn views_complete(&self) -> anyhow::Result<u64> {
        runtime()?.block_on(views_complete(&self.url()))
    }

    /// Stops it, and waits until it has written out what it had in memory.
    pub(crate) fn stop(self) {
        self.hefud.stop();
    }

    pub(crate) fn kill(self) {
        self.hefud.kill();
    }
}

/// A program of the workspace, built beside this one.
pub(crate) fn program(name: &str) -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe()?.with_file_name(name);
    ensure!(program.is_file(), "{} is not built; run `cargo xtask bench`", program.display());
    Ok(program)
}

async fn views_complete(url: &str) -> anyhow::Result<u64> {
    let server = Server::new(url, Retry::default())?;
    let size = Reader::new(server.clone()).head().await?.size;
    let min_seq = size.last_seq().context("an empty log")?.get();
    let since = Instant::now();
    while since.elapsed() < PATIENCE {
        match server.views().list_views(ListViewsRequest { min_seq }).await {
            Ok(_) => return Ok(size.get()),
            Err(status) if is_behind(&status) => tokio::time::sleep(Duration::from_millis(20)).await,
            Err(status) => return Err(status.into()),
        }
    }
    bail!("the views did not follow within {PATIENCE:?}")
}

fn is_behind(status: &tonic::Status) -> bool {
    hefu_proto::status::from_status(status).is_some_and(|refusal| refusal.reason == Reason::ViewBehind)
}
