//! The directory that replayed tables are written to.

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::lang::both;
use crate::output::{self, Format, Record};

/// A directory of tables in one form.
pub(super) struct Files {
    root: PathBuf,
    format: Format,
}

impl Files {
    /// Makes the directory. One that holds something is refused, so that no old table stands beside new ones.
    pub(super) fn create(root: &Path, format: Format) -> Result<Self, Failure> {
        fs::create_dir_all(root).map_err(|e| Failure::file(root, &e))?;
        let mut entries = fs::read_dir(root).map_err(|e| Failure::file(root, &e))?;
        if entries.next().is_some() {
            let detail = format!("{} is not empty", root.display());
            return Err(Failure::usage(detail, both!("Give a new or empty directory.", "请给出新的或空的目录。")));
        }
        Ok(Self { root: root.to_owned(), format })
    }

    /// Writes rows, as `--output` prints them.
    pub(super) fn rows<R: Record>(&self, name: &str, rows: &[R]) -> Result<(), Failure> {
        self.write(name, &output::rows(self.format, rows))
    }

    /// Writes a thing with its rows, as `--output` prints it.
    pub(super) fn with_rows<R: Record, S: Record>(
        &self,
        name: &str,
        thing: &R,
        rows_name: &str,
        rows: &[S],
    ) -> Result<(), Failure> {
        self.write(name, &output::with_rows(self.format, thing, rows_name, rows))
    }

    fn write(&self, name: &str, text: &str) -> Result<(), Failure> {
        let extension = match self.format {
            Format::Json => "json",
            Format::Csv => "csv",
            Format::Table => "txt",
        };
        let path = self.root.join(format!("{name}.{extension}"));
        let folder = path.parent().unwrap_or(&self.root);
        fs::create_dir_all(folder).map_err(|e| Failure::file(folder, &e))?;
        output::create(&path, text)
    }
}
