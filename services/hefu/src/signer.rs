//! The key that a command signs with, and what becomes of the receipts.

use std::fs;
use std::io::{IsTerminal as _, stdin};
use std::path::{Path, PathBuf};

use hefu_client::keyfile::{self, KeyFile};
use hefu_types::Policy;
use hefu_types::sign::Keypair;
use zeroize::Zeroizing;

use crate::args::read_log_policy;
use crate::failure::Failure;
use crate::lang::{both, note};

/// The signing key.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct SignerArgs {
    /// The private key to sign with; its outbox stands beside it (me.pem → me.outbox/).
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// A file whose first line is the key's passphrase; asked for on a terminal without it.
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
}

/// Whoever submits: the signing key, and what becomes of its receipts.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct WriterArgs {
    #[command(flatten)]
    pub(crate) signer: SignerArgs,
    /// A tlog-policy file that the receipts in the outbox are held to: those that no quorum of its witnesses has cosigned are
    /// proved under a checkpoint that one has, as soon as the log shows it.
    #[arg(long, value_name = "FILE", env = "HEFU_POLICY")]
    policy: Option<PathBuf>,
    /// Let the answer wait until witnesses have cosigned the entry, ten seconds at most; the submission is recorded all the
    /// same. Needs --policy, which says whether the receipt's witnesses are enough.
    #[arg(long, value_enum, value_name = "WHAT")]
    wait_for: Option<WaitForArg>,
}

/// What an answer waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum WaitForArg {
    /// A quorum of the server's witnesses.
    Quorum,
}

impl WriterArgs {
    /// The policy that receipts are held to.
    pub(crate) fn policy(&self) -> Result<Option<Policy>, Failure> {
        if self.waits() && self.policy.is_none() {
            let remedy =
                "Give --policy FILE (or HEFU_POLICY) with the log's key and the witnesses whose word you take.";
            return Err(Failure::usage(
                both!("--wait-for quorum needs a policy", "--wait-for quorum 需要策略"),
                remedy,
            ));
        }
        self.policy.as_deref().map(read_log_policy).transpose()
    }

    /// Whether answers wait for a quorum.
    pub(crate) const fn waits(&self) -> bool {
        matches!(self.wait_for, Some(WaitForArg::Quorum))
    }
}

impl SignerArgs {
    /// Reads the key, asking for its passphrase when it needs one.
    pub(crate) fn load(&self) -> Result<Keypair, Failure> {
        load(&self.key, self.passphrase_file.as_deref())
    }
}

/// Reads a private key, asking for its passphrase when it needs one.
pub(crate) fn load(path: &Path, passphrase_file: Option<&Path>) -> Result<Keypair, Failure> {
    let key = keyfile::read(path)?;
    if keyfile::is_exposed(path) {
        let path = path.display();
        note!(
            "warning: others can read {path}; do: chmod 600 {path}",
            "警告：其他用户可读 {path}；请执行：chmod 600 {path}"
        );
    }
    match key {
        KeyFile::Plain(keys) => Ok(keys),
        KeyFile::Encrypted(key) => {
            let question = format!("Passphrase of {}: ", path.display());
            let passphrase = match passphrase_file {
                Some(file) => from_file(file)?,
                None => ask(&question)?,
            };
            Ok(key.open(&passphrase)?)
        }
    }
}

/// The first line of a file.
pub(crate) fn from_file(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let text = fs::read_to_string(path).map(Zeroizing::new).map_err(|e| Failure::file(path, &e))?;
    let line = text.lines().next().unwrap_or_default();
    if line.is_empty() {
        let detail = format!("{} is empty", path.display());
        return Err(Failure::usage(detail, both!("Put the passphrase on its first line.", "请把口令放在第一行。")));
    }
    Ok(Zeroizing::new(line.to_owned()))
}

/// Asks on the terminal.
pub(crate) fn ask(question: &str) -> Result<Zeroizing<String>, Failure> {
    if !stdin().is_terminal() {
        return Err(Failure::usage(
            both!("the key needs its passphrase", "该密钥需要口令"),
            "Give --passphrase-file, or run on a terminal.",
        ));
    }
    rpassword::prompt_password(question).map(Zeroizing::new).map_err(Failure::from)
}
