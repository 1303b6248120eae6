use std::io;
use std::path::{Path, PathBuf};

/// Why a key file could not be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// There is a file already.
    #[error("{} exists", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// It can't be read.
    #[error("{} can't be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// It can't be written.
    #[error("{} can't be written", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// It is no PEM file.
    #[error("{} is no PEM file", path.display())]
    NotPem {
        /// The file.
        path: PathBuf,
    },
    /// It holds something else than a PKCS#8 private key.
    #[error("{} holds {label:?}, not a PKCS#8 private key", path.display())]
    Label {
        /// The file.
        path: PathBuf,
        /// What it says that it holds.
        label: String,
    },
    /// It holds a key of another algorithm.
    #[error("{} holds no Ed25519 private key", path.display())]
    Algorithm {
        /// The file.
        path: PathBuf,
    },
    /// It is encrypted in a way that this program does not know.
    #[error("{} is encrypted in a way that this program does not know", path.display())]
    Encryption {
        /// The file.
        path: PathBuf,
    },
    /// The passphrase does not open it.
    #[error("the passphrase does not open {}", path.display())]
    Passphrase {
        /// The file.
        path: PathBuf,
    },
}

impl KeyFileError {
    pub(super) fn read(path: &Path, source: io::Error) -> Self {
        Self::Read { path: path.to_owned(), source }
    }

    pub(super) fn write(path: &Path, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::AlreadyExists => Self::Exists { path: path.to_owned() },
            _ => Self::Write { path: path.to_owned(), source },
        }
    }

    pub(super) fn not_pem(path: &Path) -> Self {
        Self::NotPem { path: path.to_owned() }
    }

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Exists { .. } => "KEY_FILE_EXISTS",
            Self::Read { .. } | Self::Write { .. } => "KEY_FILE_IO",
            Self::NotPem { .. } | Self::Label { .. } | Self::Algorithm { .. } | Self::Encryption { .. } => {
                "KEY_FILE_INVALID"
            }
            Self::Passphrase { .. } => "KEY_PASSPHRASE_WRONG",
        }
    }

    /// What to do about it.
    #[must_use]
    pub const fn remedy(&self) -> &'static str {
        match self {
            Self::Exists { .. } => "Choose another name: a key file is never overwritten.",
            Self::Read { .. } => "Check the path and its permissions.",
            Self::Write { .. } => "Check that the directory exists and that you may write there.",
            Self::NotPem { .. } | Self::Label { .. } => {
                "Give a file made by `hefu key new` or `openssl genpkey -algorithm ed25519`."
            }
            Self::Algorithm { .. } => "Make a key with `hefu key new` or `openssl genpkey -algorithm ed25519`.",
            Self::Encryption { .. } => {
                "Encrypt it anew: `openssl pkcs8 -topk8 -v2 aes-256-cbc -in OLD.pem -out NEW.pem`."
            }
            Self::Passphrase { .. } => "Give the passphrase that the key was made with.",
        }
    }
}
