//! A witness: cosigns the checkpoints of the logs that it looks after, each only if it follows from the one before.
//!
//! Whoever trusts the witness knows that the log showed everybody the same history. A witness holds no entries and knows
//! none: a checkpoint and a proof are all it needs. It never cosigns before it has kept what it cosigns, on disk.
//! Source: C2SP tlog-witness, <https://c2sp.org/tlog-witness>.
//!
//! Read next: [`decide`] (what is answered), `store.rs` (what is kept), `http.rs`.

pub mod decide;
mod http;
mod store;

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use hefu_client::keyfile::{self, KeyFile, KeyFileError};
use hefu_types::cosignature::CosignatureError;
use hefu_types::note::NoteSigner;
use hefu_types::{NoteSignature, VerifierKey};

pub use decide::{Logs, Offer, Rejection};
pub use http::serve;
use store::Kept;
pub(crate) use store::origin_hash;

use crate::durable::replace;

/// A witness with its key, the logs it looks after, and what it cosigned last of each.
#[derive(Debug)]
pub struct Witness {
    signer: NoteSigner,
    logs: Logs,
    /// By origin; whoever holds the lock of a log checks and keeps its next checkpoint as one step.
    kept: BTreeMap<String, Mutex<Kept>>,
    /// Held as long as the witness lives: two of them on one folder would cosign two histories.
    _lock: File,
}

/// Why a witness can't be made or opened.
#[derive(Debug, thiserror::Error)]
pub enum WitnessError {
    /// The name can't name a key.
    #[error("{0:?} is no name: 1 to 255 characters without spaces and '+', such as `witness.example.org`")]
    NameInvalid(String),
    /// The key's file can't be used.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// The key is encrypted.
    #[error("{} is encrypted; a witness must be able to sign by itself", path.display())]
    KeyEncrypted {
        /// The file.
        path: PathBuf,
    },
    /// A file can't be used.
    #[error("{} can't be used", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// What is kept is not what this witness kept.
    #[error("{} is not what this witness wrote", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// Another witness runs on the folder.
    #[error("another witness runs on {}", data.display())]
    Busy {
        /// The folder.
        data: PathBuf,
    },
    /// A key is no log's key.
    #[error("{0} is not the key of a log (type 0x01)")]
    NoLogKey(String),
}

/// Why a checkpoint was not cosigned.
#[derive(Debug, thiserror::Error)]
pub enum AddError {
    /// It must not be.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// It could not be kept.
    #[error("the checkpoint can't be kept: {0}")]
    Kept(#[from] io::Error),
    /// It could not be cosigned.
    #[error("the checkpoint can't be cosigned")]
    Cosignature(#[from] CosignatureError),
}

fn key_file(data: &Path) -> PathBuf {
    data.join("witness.pem")
}

/// The verifier key, which says the name.
fn vkey_file(data: &Path) -> PathBuf {
    data.join("vkey")
}

fn logs_folder(data: &Path) -> PathBuf {
    data.join("logs")
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> WitnessError {
    move |source| WitnessError::File { path: path.to_owned(), source }
}

impl Witness {
    /// Makes the folder of a witness with a new key, and gives the key that verifies its cosignatures.
    ///
    /// # Errors
    /// When the name does not fit, there is a key already, or a file can't be written.
    pub fn init(data: &Path, name: &str) -> Result<VerifierKey, WitnessError> {
        let keys = keyfile::generate();
        let vkey = VerifierKey::cosigner(name, keys.public());
        let vkey = vkey.map_err(|_| WitnessError::NameInvalid(name.to_owned()))?;
        let logs = logs_folder(data);
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&logs).map_err(at(&logs))?;
        keyfile::create(&key_file(data), &keys, None)?;
        let path = vkey_file(data);
        replace(&path, format!("{vkey}\n").as_bytes()).map_err(at(&path))?;
        Ok(vkey)
    }

    /// Opens the witness of a folder for the logs of these keys, with all it remembers of them.
    ///
    /// # Errors
    /// When the folder was not made by [`Witness::init`], is in use, is damaged, or a key is no log's.
    pub fn open(data: &Path, logs: &[VerifierKey]) -> Result<Self, WitnessError> {
        if let Some(other) = logs.iter().find(|key| !key.is_log_key()) {
            return Err(WitnessError::NoLogKey(other.to_string()));
        }
        let signer = signer(data)?;
        let lock = lock(data)?;
        let (logs, folder) = (Logs::new(logs), logs_folder(data));
        let open = |origin: &str| Ok((origin.to_owned(), Mutex::new(Kept::open(&folder, origin, signer.vkey())?)));
        let kept = logs.origins().map(open).collect::<Result<_, WitnessError>>()?;
        Ok(Self { signer, logs, kept, _lock: lock })
    }

    /// The key that verifies its cosignatures.
    #[must_use]
    pub const fn vkey(&self) -> &VerifierKey {
        self.signer.vkey()
    }

    /// Answers a request: the checkpoint is checked, cosigned as seen at a time in seconds since the Unix epoch, and kept
    /// on disk, in one step for each log.
    ///
    /// # Errors
    /// A [`Rejection`], or when it can't be kept.
    pub fn add_checkpoint(&self, body: &[u8], now: u64) -> Result<NoteSignature, AddError> {
        let offer = self.logs.read(body)?;
        let kept = self.kept.get(offer.checkpoint().origin()).ok_or(Rejection::OriginUnknown)?;
        // What is kept is changed last, so a panic leaves it whole.
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        offer.check(kept.latest())?;
        let cosignature = self.signer.cosign(offer.body(), now)?;
        let note = offer.cosigned(cosignature.clone()).map_err(CosignatureError::from)?;
        kept.keep(offer.checkpoint().clone(), note)?;
        Ok(cosignature)
    }

    /// The last cosigned checkpoint of the log whose origin has this SHA-256 hash in hex, with both signatures.
    #[must_use]
    pub fn checkpoint(&self, origin_hash: &str) -> Option<Vec<u8>> {
        let (_, kept) = self.kept.iter().find(|(origin, _)| store::origin_hash(origin) == origin_hash)?;
        let kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.note().map(hefu_types::Note::to_bytes)
    }
}

/// The key of a folder, under the name that it was made with.
fn signer(data: &Path) -> Result<NoteSigner, WitnessError> {
    let path = key_file(data);
    let keys = match keyfile::read(&path)? {
        KeyFile::Plain(keys) => keys,
        KeyFile::Encrypted(_) => return Err(WitnessError::KeyEncrypted { path }),
    };
    let path = vkey_file(data);
    let text = fs::read_to_string(&path).map_err(at(&path))?;
    let vkey: Option<VerifierKey> = text.trim_end().parse().ok();
    let signer = vkey.as_ref().and_then(|vkey| NoteSigner::cosigner(vkey.name(), keys).ok());
    signer.filter(|signer| Some(signer.vkey()) == vkey.as_ref()).ok_or(WitnessError::Damaged { path })
}

fn lock(data: &Path) -> Result<File, WitnessError> {
    let path = data.join("lock");
    let file = File::create(&path).map_err(at(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(WitnessError::Busy { data: data.to_owned() }),
        Err(TryLockError::Error(source)) => Err(at(&path)(source)),
    }
}

#[cfg(test)]
mod tests;
