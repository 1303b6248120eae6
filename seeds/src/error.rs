//! What can be wrong with a plan's files.

use thiserror::Error;

/// A file of a plan does not have its shape; names the file as `folder/file` and the 1-based line.
#[derive(Debug, Error)]
pub enum SeedError {
    /// A row of a table does not fit: a column is missing or unknown, or a word is none of those allowed.
    #[error("{file}, line {line}: {source}")]
    Table {
        /// The file, as in `guizhou/targets.csv`.
        file: String,
        /// The line that the row starts on.
        line: u64,
        /// What the table reader said.
        source: csv::Error,
    },
    /// `plan.toml` does not fit.
    #[error("{file}, line {line}: {source}")]
    Plan {
        /// The file, as in `guizhou/plan.toml`.
        file: String,
        /// The line that the fault starts on; 1 when it has no place, as for a missing key at the top.
        line: u64,
        /// What the TOML reader said.
        source: Box<toml::de::Error>,
    },
}

impl SeedError {
    /// The file at fault, as in `guizhou/targets.csv`.
    #[must_use]
    pub fn file(&self) -> &str {
        match self {
            Self::Table { file, .. } | Self::Plan { file, .. } => file,
        }
    }

    /// The 1-based line at fault.
    #[must_use]
    pub fn line(&self) -> u64 {
        match self {
            Self::Table { line, .. } | Self::Plan { line, .. } => *line,
        }
    }
}
