//! Reading the rows of a file: columns by name in any order.

use std::path::{Path, PathBuf};

use csv::StringRecord;

use super::line::Line;
use crate::failure::Failure;
use crate::observation::{COLUMNS, DESCRIBING, Draft, REQUIRED};
use crate::sheet::{Fault, Row, Sheet, SheetFormat};

/// The file whose rows are reported.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct FileArgs {
    /// Report the rows of this file instead. Its header names the columns, like the flags: indicator, area, period and value,
    /// and as needed status, qualifier, as_of_date, source_title, source_uri, source_date, note, supersedes, reason, on_behalf_of. What
    /// `hefu report template` adds for people (name_zh, name_en, unit_of_measure, decimals) is not read, and a row that says
    /// nothing beside indicator, area and period is left out.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["indicator", "area", "period", "value", "xlsx"])]
    csv: Option<PathBuf>,
    /// The same of the first sheet of an Excel workbook.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["indicator", "area", "period", "value"])]
    xlsx: Option<PathBuf>,
}

/// The rows of a file, as far as they can be told, and what is wrong with it otherwise.
#[derive(Debug)]
pub(crate) struct File {
    path: PathBuf,
    pub(crate) lines: Vec<Line>,
    pub(crate) faults: Vec<Fault>,
}

impl FileArgs {
    /// Reads the file that is given.
    ///
    /// Rows that name no unit are of this one, if one is given.
    pub(crate) fn read(&self, on_behalf_of: &str) -> Result<Option<File>, Failure> {
        let file = |path: &Option<PathBuf>, format| {
            path.as_ref()
                .map(|path| Ok::<_, Failure>(File::of(path, Sheet::read(path, format)?, on_behalf_of)))
                .transpose()
        };
        Ok(file(&self.csv, SheetFormat::Csv)?.or(file(&self.xlsx, SheetFormat::Xlsx)?))
    }
}

impl File {
    /// A row that makes no sense is a refused line; what makes the file none is a fault.
    fn of(path: &Path, sheet: Sheet, on_behalf_of: &str) -> Self {
        let mut faults = header_faults(&sheet);
        let lines = match faults.as_slice() {
            [] => {
                let line = |row: &Row| Line::new(row.line, draft(&sheet.header, &row.fields, on_behalf_of));
                sheet.rows.iter().map(line).collect()
            }
            _ => vec![],
        };
        faults.extend(sheet.faults);
        Self { path: path.to_owned(), lines, faults }
    }

    /// All rows, of a file that is as it should be.
    pub(crate) fn lines(self) -> Result<Vec<Line>, Failure> {
        match self.faults.into_iter().next() {
            None => Ok(self.lines),
            Some(fault) => Err(Failure::from(fault).of_file(&self.path)),
        }
    }
}

fn draft(header: &StringRecord, fields: &StringRecord, on_behalf_of: &str) -> Draft {
    let mut draft: Draft = fields.deserialize(Some(header)).expect("texts, one for each column");
    if draft.on_behalf_of.trim().is_empty() {
        on_behalf_of.clone_into(&mut draft.on_behalf_of);
    }
    draft
}

/// A column that is not known, stands twice, or is missing.
fn header_faults(sheet: &Sheet) -> Vec<Fault> {
    let fault = |name: &str, detail: String| Fault {
        line: sheet.header_line,
        column: name.to_owned(),
        detail,
        remedy: format!("The columns are: {}; not read are {}.", COLUMNS.join(", "), DESCRIBING.join(", ")),
    };
    let header: Vec<&str> = sheet.header.iter().collect();
    let mut faults = vec![];
    for (place, name) in header.iter().enumerate() {
        if !COLUMNS.contains(name) && !DESCRIBING.contains(name) {
            faults.push(fault(name, format!("no column may be named {name:?}")));
        } else if header[..place].contains(name) {
            faults.push(fault(name, format!("the column {name} stands twice")));
        }
    }
    let missing = REQUIRED.iter().filter(|name| !header.contains(name));
    faults.extend(missing.map(|name| fault(name, format!("the column {name} is missing"))));
    faults
}

/// The rows of a CSV file in memory.
#[cfg(test)]
pub(crate) fn parse_csv(bytes: &[u8]) -> Result<Vec<Line>, Failure> {
    File::of(Path::new("rows.csv"), Sheet::of_csv(bytes), "").lines()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::submit::line::Outcome;

    #[test]
    fn columns_are_found_by_name_and_rows_by_line() {
        let text = "\u{feff}value,period,area,indicator,name_zh,note\n\
            1.5,2024,520000,gz-5g,5G基站,\"two\nlines\"\n 2 ,2024-Q1,520000,gz-5g,5G基站,\n,2024-Q2,520000,gz-5g,,\n";
        let lines = parse_csv(text.as_bytes()).unwrap();
        assert_eq!(lines.iter().map(|l| l.line).collect::<Vec<_>>(), [2, 4, 5]);
        let second = lines[1].waiting().unwrap();
        assert_eq!(second.fact.value.unwrap().to_string(), "2");
        assert!(matches!(&lines[0].outcome, Some(Outcome::Refused(r)) if r.field == "note"), "a line break in a note");
        assert_eq!(lines[2].outcome, Some(Outcome::Blank), "a row of a template that nobody filled in");
    }

    #[test]
    fn rows_that_name_no_unit_are_of_the_one_that_is_given() {
        let text = b"indicator,area,period,value,on_behalf_of\ngz-5g,520000,2024,1,\ngz-5g,520000,2023,1,beta\n";
        let lines = File::of(Path::new("rows.csv"), Sheet::of_csv(text), "alpha").lines().unwrap();
        let units = lines.iter().map(|line| line.waiting().unwrap().fact.on_behalf_of.clone().unwrap().to_string());
        assert_eq!(units.collect::<Vec<_>>(), ["alpha", "beta"]);
    }

    #[test]
    fn a_file_without_sense_is_a_failure() {
        let detail = |text: &str| parse_csv(text.as_bytes()).unwrap_err().detail;
        assert!(detail("indicator,area,period,worth\n").contains("\"worth\""));
        assert!(detail("indicator,area,period\n").contains("value"));
        assert!(detail("indicator,area,period,value,value\n").contains("twice"));
        assert!(detail("indicator,area,period,value\na,b,c\n").starts_with("rows.csv: line 2"));
        assert!(parse_csv(b"indicator,area,period,value\na,b,c,\xff\n").is_err());
    }

    #[test]
    fn every_fault_of_a_file_has_its_place() {
        let file = File::of(Path::new("rows.csv"), Sheet::of_csv(b"indicator,worth,area,worth\na,b\n"), "");
        let faults: Vec<(u64, &str)> = file.faults.iter().map(|f| (f.line, f.column.as_str())).collect();
        assert_eq!(faults, [(1, "worth"), (1, "worth"), (1, "period"), (1, "value"), (2, "")]);
        assert!(file.lines.is_empty(), "nobody knows what the rows mean");
    }
}
