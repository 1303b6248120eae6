//! A cluster of PostgreSQL in a folder of its own: made, started, stopped.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use tokio_postgres::{Client, Config, NoTls};

/// Where Debian keeps the programs of each version.
const VERSIONS: &str = "/usr/lib/postgresql";

/// Who owns a cluster when root starts it, for PostgreSQL refuses root.
const USER: &str = "postgres";

/// What differs from Debian's defaults: nobody from outside, room for the clients, and logs that are not checkpointed while
/// they are measured. Syncs are as they come: each commit waits for its own.
const SETTINGS: [&str; 7] = [
    "listen_addresses=",
    "fsync=on",
    "synchronous_commit=on",
    "full_page_writes=on",
    "max_connections=100",
    "shared_buffers=512MB",
    "max_wal_size=4GB",
];

/// How long it may take to start.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running cluster, stopped when dropped.
pub(crate) struct Cluster {
    programs: PathBuf,
    folder: PathBuf,
    owner: Option<(u32, u32)>,
    server: Option<Child>,
}

/// The programs of the newest version that is installed.
pub(crate) fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir(VERSIONS).ok()?.flatten();
    let numbered = versions.filter_map(|entry| Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path())));
    let newest = numbered.max_by_key(|(version, _)| *version)?.1.join("bin");
    newest.join("postgres").is_file().then_some(newest)
}

impl Cluster {
    /// Makes a cluster and starts it.
    pub(crate) async fn start(programs: &Path, folder: &Path) -> anyhow::Result<Self> {
        let folder = folder.join("postgresql");
        fs::create_dir(&folder).with_context(|| format!("can't make {}", folder.display()))?;
        let owner = owner()?;
        if let Some((user, group)) = owner {
            chown(&folder, Some(user), Some(group))?;
        }
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700))?;
        let mut cluster = Self { programs: programs.to_owned(), folder, owner, server: None };
        let made = cluster.command("initdb").args(["--auth=trust", "--username=peer", "--encoding=UTF8"]).output()?;
        ensure!(made.status.success(), "initdb failed: {}", String::from_utf8_lossy(&made.stderr));
        let mut server = cluster.command("postgres");
        server.arg("-k").arg(&cluster.folder).stderr(fs::File::create(cluster.log())?);
        for setting in SETTINGS {
            server.args(["-c", setting]);
        }
        cluster.server = Some(server.spawn()?);
        cluster.wait().await?;
        Ok(cluster)
    }

    /// One of its programs, as its owner, on its data.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        if let Some((user, group)) = self.owner {
            command.uid(user).gid(group);
        }
        command.current_dir(&self.folder).env("PGDATA", self.folder.join("data"));
        command.stdin(Stdio::null()).stdout(Stdio::null());
        command
    }

    fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    async fn wait(&mut self) -> anyhow::Result<()> {
        let since = Instant::now();
        while since.elapsed() < PATIENCE {
            if self.connect().await.is_ok() {
                return Ok(());
            }
            if let Some(status) = self.server.as_mut().map(Child::try_wait).transpose()?.flatten() {
                bail!("PostgreSQL ended with {status}: {}", fs::read_to_string(self.log())?);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        bail!("PostgreSQL did not start within {PATIENCE:?}")
    }

    /// A connection over the socket.
    pub(crate) async fn connect(&self) -> anyhow::Result<Client> {
        let mut config = Config::new();
        config.host_path(&self.folder).user("peer").dbname("postgres");
        let (client, connection) = config.connect(NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(mut server) = self.server.take() {
            // Its own way, since its processes share memory; when that fails, it is killed.
            let asked = self.command("pg_ctl").args(["stop", "--mode=immediate", "--wait"]).status();
            if !asked.is_ok_and(|status| status.success()) {
                let _gone = server.kill();
            }
            let _status = server.wait();
        }
    }
}

/// User and group that own the cluster; nobody else than this process when it is not root's.
fn owner() -> anyhow::Result<Option<(u32, u32)>> {
    use std::os::unix::fs::MetadataExt as _;
    if fs::metadata("/proc/self")?.uid() != 0 {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd")?;
    let line = users.lines().find(|line| line.split(':').next() == Some(USER));
    let mut ids = line.with_context(|| format!("no user {USER}"))?.split(':').skip(2).map(str::parse::<u32>);
    let mut next = || anyhow::Ok(ids.next().context("no id")??);
    Ok(Some((next()?, next()?)))
}
