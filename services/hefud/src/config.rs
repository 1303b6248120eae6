//! Settings from flags, environment and file, in this order of precedence, and every limit of a running server.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::ValueEnum;
use serde::Deserialize;

/// Bytes of one request: the largest submission (65,420) with its frame, and room for the longest query.
pub const REQUEST_BYTES_MAX: usize = 128 << 10;

/// Bytes of one answer: the board of a large plan.
pub const ANSWER_BYTES_MAX: usize = 16 << 20;

/// Submissions of one stream between their arrival and their answer: enough to fill blocks, little enough to be fair.
pub const STREAM_IN_FLIGHT_MAX: usize = 256;

/// Submissions that a thread checks at a time: enough to be woken seldom, few enough that the others have something to do.
pub const RUN_MAX: usize = 32;

/// Runs of answers of one stream that its client has not read yet.
pub const STREAM_RUNS_MAX: usize = 4;

/// Bytes of submissions of one stream between their arrival and their answer: all its places at twelve thousand bytes each, and
/// less than a block takes, so that no stream fills one alone.
pub const STREAM_BYTES_MAX: usize = 3 << 20;

/// The same of all streams together: whoever sends and never reads is slowed down before memory runs out.
pub const STREAMS_BYTES_MAX: usize = 256 << 20;

/// How long a stream's client may leave an answer unread before the stream is cut off.
pub const ANSWER_WAIT: std::time::Duration = std::time::Duration::from_secs(10);

/// Bytes of answers of a connection that wait for others, to be written together.
pub const TOGETHER_BYTES: usize = 64 << 10;

/// How long a new connection may be silent.
pub const FIRST_BYTE_WAIT: std::time::Duration = std::time::Duration::from_secs(10);

/// How often a silent connection is asked whether it is still there.
pub const KEEPALIVE_INTERVAL: std::time::Duration = std::time::Duration::from_secs(20);

/// How long it may take to answer.
pub const KEEPALIVE_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(10);

/// How long the server waits before it accepts again when the system refuses, for want of files for example.
pub const ACCEPT_PAUSE: std::time::Duration = std::time::Duration::from_millis(100);

/// Bytes of entries that are kept decoded until the views take them, as they are stored: a fifth of a second of single events at
/// full load. Decoded they take a few times as many.
pub const RECENT_BYTES: usize = 4 << 20;

/// Entries in one message of the log.
pub const LOG_ENTRIES_MAX: usize = 256;

/// Bytes in one message of the log.
pub const LOG_BYTES_MAX: usize = 256 << 10;

/// Changes in one answer.
pub const CHANGES_MAX: usize = 1_000;

/// Entries that are read for one answer about changes, however few of them are asked for.
pub const CHANGES_ENTRIES_MAX: usize = 10_000;

/// Bytes of written forms in one answer about changes, beyond which it ends.
pub const CHANGES_BYTES_MAX: usize = 1 << 20;

/// How often a checkpoint is published, while there is something new.
pub const PUBLISH_INTERVAL: std::time::Duration = std::time::Duration::from_secs(1);

/// How long an answer waits for a checkpoint that a quorum cosigned, if its caller wants one: a publication, the slowest
/// witness and another try take half of it.
pub const QUORUM_WAIT: std::time::Duration = std::time::Duration::from_secs(10);

/// How often old published checkpoints that nobody cosigned are thinned out.
pub const THIN_INTERVAL: std::time::Duration = std::time::Duration::from_secs(3_600);

/// How old they are then.
pub const THIN_AGE: std::time::Duration = std::time::Duration::from_secs(24 * 3_600);

/// Checkpoints in one answer.
pub const CHECKPOINTS_MAX: usize = 256;

/// Observations, challenges or opinions in one answer; a cell may have millions of vintages.
pub const ANSWER_ROWS_MAX: usize = 10_000;

/// Openings of submissions that are not decided yet, at most: what the queues of a few connections can hold, and few enough that
/// their files are no burden.
pub const OPENINGS_HELD_MAX: usize = 65_536;

/// How long an opening that no entry has is kept, by the time of its file: a log that was restored too old is noticed by then.
pub const OPENINGS_UNKNOWN_FOR: std::time::Duration = std::time::Duration::from_secs(30 * 24 * 3_600);

/// How long a query waits for the views to reach the position that it names.
pub const VIEW_WAIT: std::time::Duration = std::time::Duration::from_secs(5);

/// How long the server waits for open streams when it is told to stop.
pub const DRAIN_WAIT: std::time::Duration = std::time::Duration::from_secs(5);

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Human,
    /// One JSON object a line.
    Json,
}

/// What can be set. A value that is absent everywhere has the default that [`Config`] names.
#[derive(Clone, Debug, Default, clap::Args, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The folder that `hefud init` made.
    #[arg(long, env = "HEFUD_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Where to listen [default: 127.0.0.1:7400].
    #[arg(long, env = "HEFUD_LISTEN", value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,
    /// Where to serve the log as static files over HTTP, for mirrors and verifiers [default: 127.0.0.1:7401].
    #[arg(long, env = "HEFUD_HTTP_LISTEN", value_name = "ADDRESS:PORT")]
    pub http_listen: Option<SocketAddr>,
    /// Listen beyond this machine without encryption.
    #[arg(long, env = "HEFUD_ALLOW_PLAINTEXT", num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    pub allow_plaintext: Option<bool>,
    /// What to log: error, warn, info, debug or a filter such as `hefud=debug` [default: info].
    #[arg(long, env = "HEFUD_LOG", value_name = "FILTER")]
    pub log: Option<String>,
    /// How log lines look [default: human].
    #[arg(long, env = "HEFUD_LOG_FORMAT", value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,
    /// Connections at a time; with table files and logs they must fit the process's limit of open files [default: 512].
    #[arg(long, env = "HEFUD_CONNECTIONS_MAX", value_name = "N")]
    pub connections_max: Option<usize>,
    /// Calls at a time on one connection [default: 128].
    #[arg(long, env = "HEFUD_STREAMS_MAX", value_name = "N")]
    pub streams_max: Option<u32>,
    /// Submissions that may wait for a signature check, and again for the sequencer [default: 4096].
    #[arg(long, env = "HEFUD_QUEUE_MAX", value_name = "N")]
    pub queue_max: Option<usize>,
    /// Threads that check signatures [default: one for each core].
    #[arg(long, env = "HEFUD_ADMISSION_THREADS", value_name = "N")]
    pub admission_threads: Option<usize>,
    /// Accept a long gap between the last entry and the clock; look at the clock first.
    #[arg(long, env = "HEFUD_ACCEPT_CLOCK_GAP", num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    pub accept_clock_gap: Option<bool>,
    /// Start without the head file, which says what was answered; only when nothing that was answered can be missing.
    #[arg(long, env = "HEFUD_ACCEPT_MISSING_HEAD", num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    pub accept_missing_head: Option<bool>,
    /// A tlog-policy file with the witnesses that cosign checkpoints; without it nobody is asked.
    #[arg(long, env = "HEFUD_POLICY", value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// Take writes although too few witnesses answer; only when no entry that was answered can be missing.
    #[arg(long, env = "HEFUD_ACCEPT_MISSING_WITNESSES", num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    pub accept_missing_witnesses: Option<bool>,
    /// Answer before entries are synced to disk. Breaks the promise of durability; only for the test that shows it.
    #[arg(long, env = "HEFUD_UNSAFE_NO_SYNC", hide = true, num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    pub unsafe_no_sync: Option<bool>,
}

/// Settings with every default filled in and checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// The data folder.
    pub data: PathBuf,
    /// Where to listen; port 0 picks a free one.
    pub listen: SocketAddr,
    /// Where to serve static files; port 0 picks a free one.
    pub http_listen: SocketAddr,
    /// What to log.
    pub log: String,
    /// How log lines look.
    pub log_format: LogFormat,
    /// Connections at a time.
    pub connections_max: usize,
    /// Calls at a time on one connection.
    pub streams_max: u32,
    /// Submissions that may wait at each of the two queues.
    pub queue_max: usize,
    /// Threads that check signatures.
    pub admission_threads: usize,
    /// The operator accepts a gap of the clock.
    pub accept_clock_gap: bool,
    /// The operator starts without the head file.
    pub accept_missing_head: bool,
    /// The policy with the witnesses.
    pub policy: Option<PathBuf>,
    /// The operator takes writes although too few witnesses answer.
    pub accept_missing_witnesses: bool,
    /// Never set outside one test.
    pub unsafe_no_sync: bool,
}

impl Settings {
    /// Settings of a TOML file.
    ///
    /// # Errors
    /// When the file can't be read, or holds something that is no setting.
    pub fn from_file(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("can't read {}", path.display()))?;
        toml::from_str(&text).with_context(|| format!("{} is no configuration", path.display()))
    }

    /// These settings, and those of `other` where these say nothing.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            data: self.data.or(other.data),
            listen: self.listen.or(other.listen),
            http_listen: self.http_listen.or(other.http_listen),
            allow_plaintext: self.allow_plaintext.or(other.allow_plaintext),
            log: self.log.or(other.log),
            log_format: self.log_format.or(other.log_format),
            connections_max: self.connections_max.or(other.connections_max),
            streams_max: self.streams_max.or(other.streams_max),
            queue_max: self.queue_max.or(other.queue_max),
            admission_threads: self.admission_threads.or(other.admission_threads),
            accept_clock_gap: self.accept_clock_gap.or(other.accept_clock_gap),
            accept_missing_head: self.accept_missing_head.or(other.accept_missing_head),
            policy: self.policy.or(other.policy),
            accept_missing_witnesses: self.accept_missing_witnesses.or(other.accept_missing_witnesses),
            unsafe_no_sync: self.unsafe_no_sync.or(other.unsafe_no_sync),
        }
    }

    /// Fills in defaults and checks what contradicts.
    ///
    /// # Errors
    /// Without a data folder, with a limit of zero, or when the server would listen in public without encryption.
    pub fn resolve(self) -> anyhow::Result<Config> {
        let Some(data) = self.data else { bail!("name the data folder: --data DIR, HEFUD_DATA or `data` in the file") };
        let listen = self.listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 7400)));
        let http_listen = self.http_listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 7401)));
        let public = [listen, http_listen].into_iter().find(|address| !address.ip().is_loopback());
        if let Some(public) = public.filter(|_| !self.allow_plaintext.unwrap_or(false)) {
            bail!(
                "{public} can be reached from other machines and nothing is encrypted: listen on 127.0.0.1 behind a proxy \
                 that does TLS, or say --allow-plaintext"
            );
        }
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let config = Config {
            data,
            listen,
            http_listen,
            log: self.log.unwrap_or_else(|| "info".to_owned()),
            log_format: self.log_format.unwrap_or_default(),
            connections_max: self.connections_max.unwrap_or(512),
            streams_max: self.streams_max.unwrap_or(128),
            queue_max: self.queue_max.unwrap_or(4_096),
            admission_threads: self.admission_threads.unwrap_or(cores),
            accept_clock_gap: self.accept_clock_gap.unwrap_or(false),
            accept_missing_head: self.accept_missing_head.unwrap_or(false),
            policy: self.policy,
            accept_missing_witnesses: self.accept_missing_witnesses.unwrap_or(false),
            unsafe_no_sync: self.unsafe_no_sync.unwrap_or(false),
        };
        let zero = config.connections_max == 0 || config.streams_max == 0;
        if zero || config.queue_max == 0 || config.admission_threads == 0 {
            bail!("limits and thread counts are at least 1");
        }
        Ok(config)
    }
}

impl Config {
    /// Where the journal's database lies.
    #[must_use]
    pub fn journal(&self) -> PathBuf {
        journal_of(&self.data)
    }

    /// The head file: the last checkpoint that was signed.
    #[must_use]
    pub fn head_file(&self) -> PathBuf {
        head_file_of(&self.data)
    }

    /// The snapshot of the rules' state.
    #[must_use]
    pub fn snapshot(&self) -> PathBuf {
        self.data.join("snapshot")
    }

    /// The folder of openings.
    #[must_use]
    pub fn openings(&self) -> PathBuf {
        self.data.join("openings")
    }

    /// The file of the checkpoint key.
    #[must_use]
    pub fn checkpoint_key(&self) -> PathBuf {
        checkpoint_key_of(&self.data)
    }

    /// The socket for whoever runs the server.
    #[must_use]
    pub fn operator_socket(&self) -> PathBuf {
        operator_socket_of(&self.data)
    }
}

/// Where the journal's database of a data folder lies.
#[must_use]
pub fn journal_of(data: &Path) -> PathBuf {
    data.join("journal")
}

/// The head file of a data folder.
#[must_use]
pub fn head_file_of(data: &Path) -> PathBuf {
    data.join("head")
}

/// The file of the checkpoint key of a data folder.
#[must_use]
pub fn checkpoint_key_of(data: &Path) -> PathBuf {
    data.join("checkpoint.pem")
}

/// The operator's socket of a data folder.
#[must_use]
pub fn operator_socket_of(data: &Path) -> PathBuf {
    data.join("operator.sock")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(listen: &str) -> Settings {
        Settings { data: Some("data".into()), listen: Some(listen.parse().unwrap()), ..Settings::default() }
    }

    #[test]
    fn refuses_to_listen_in_public_without_encryption_unless_told_so() {
        assert!(settings("127.0.0.1:0").resolve().is_ok());
        assert!(settings("[::1]:0").resolve().is_ok());
        for public in ["0.0.0.0:7400", "192.0.2.1:7400", "[::]:7400"] {
            assert!(settings(public).resolve().is_err(), "{public}");
            let told = Settings { allow_plaintext: Some(true), ..settings(public) };
            assert!(told.resolve().is_ok(), "{public}");
            let http = Settings { http_listen: Some(public.parse().unwrap()), ..settings("127.0.0.1:0") };
            assert!(http.resolve().is_err(), "{public}");
        }
    }

    #[test]
    fn flags_win_over_the_file_and_the_file_over_defaults() {
        let file: Settings = toml::from_str("listen = '127.0.0.1:1'\nqueue_max = 7").unwrap();
        let config = settings("127.0.0.1:2").or(file).resolve().unwrap();
        assert_eq!((config.listen.port(), config.queue_max, config.streams_max), (2, 7, 128));
        assert!(toml::from_str::<Settings>("lisen = '127.0.0.1:1'").is_err());
    }
}
