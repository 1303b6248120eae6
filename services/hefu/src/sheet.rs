//! Files of rows: a header and rows of text below it, as CSV or XLSX.
//!
//! What is wrong with a file is found as a whole, each fault with its row and column, so that somebody can mend all of it at
//! once.

mod csv_file;
#[cfg(feature = "xlsx")]
mod xlsx;
#[cfg(not(feature = "xlsx"))]
#[path = "sheet/no_xlsx.rs"]
mod xlsx;

use std::path::Path;

use csv::StringRecord;

use crate::failure::Failure;
use crate::lang::both;
use crate::output::{self, Record};

/// The form of a file of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SheetFormat {
    /// UTF-8, fields divided by commas.
    Csv,
    /// A workbook, of which the first sheet counts.
    Xlsx,
}

impl SheetFormat {
    /// The form that a file's name says.
    pub(crate) fn of(path: &Path) -> Result<Self, Failure> {
        match path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase).as_deref() {
            Some("csv") => Ok(Self::Csv),
            Some("xlsx") => Ok(Self::Xlsx),
            _ => {
                let detail = format!("{} says neither CSV nor XLSX", path.display());
                Err(Failure::usage(
                    detail,
                    both!("Let the file's name end in .csv or .xlsx.", "文件名须以 .csv 或 .xlsx 结尾。"),
                ))
            }
        }
    }
}

/// A row of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// The line in the file that it begins in, or its row in the sheet; the first is 1.
    pub(crate) line: u64,
    pub(crate) fields: StringRecord,
}

/// What is wrong with a file at some place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) line: u64,
    /// The column's name; empty when the fault is of no column.
    pub(crate) column: String,
    pub(crate) detail: String,
    pub(crate) remedy: String,
}

/// The rows of a file below its header, and what is wrong with it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sheet {
    /// The line of the header.
    pub(crate) header_line: u64,
    pub(crate) header: StringRecord,
    /// Rows with as many fields as the header.
    pub(crate) rows: Vec<Row>,
    pub(crate) faults: Vec<Fault>,
}

impl Sheet {
    /// Reads a file. It fails when the file can't be read at all.
    pub(crate) fn read(path: &Path, format: SheetFormat) -> Result<Self, Failure> {
        let bytes = std::fs::read(path).map_err(|e| Failure::file(path, &e))?;
        match format {
            SheetFormat::Csv => Ok(Self::of_csv(&bytes)),
            SheetFormat::Xlsx => xlsx::read(bytes).map_err(|failure| failure.of_file(path)),
        }
    }

    /// Reads CSV.
    pub(crate) fn of_csv(bytes: &[u8]) -> Self {
        csv_file::read(bytes)
    }

    fn fault(&mut self, line: u64, column: &str, detail: impl Into<String>, remedy: &str) {
        self.faults.push(Fault { line, column: column.into(), detail: detail.into(), remedy: remedy.into() });
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        let failure = Self::usage(format!("line {}: {}", fault.line, fault.detail), fault.remedy);
        Self { field: fault.column, ..failure }
    }
}

/// What the cells of a column are for, in a sheet that somebody fills in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Takes {
    /// Whatever the spreadsheet makes of what is typed.
    Anything,
    /// What is typed, which the spreadsheet is not to turn into a number or a date.
    Text,
    /// One of these.
    OneOf(Vec<String>),
}

/// Rows as a file of their own.
pub(crate) fn bytes<R: Record>(
    format: SheetFormat,
    rows: &[R],
    takes: impl Fn(&str) -> Takes,
) -> Result<Vec<u8>, Failure> {
    match format {
        SheetFormat::Csv => Ok(output::csv_of(rows, true).into_bytes()),
        SheetFormat::Xlsx => xlsx::write(rows, takes),
    }
}
