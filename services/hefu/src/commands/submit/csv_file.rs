//! Reading a CSV file: UTF-8, a header row, columns by name in any order.

use std::path::Path;

use csv::{Reader, ReaderBuilder, StringRecord, Trim};

use super::line::Line;
use crate::failure::Failure;
use crate::observation::{COLUMNS, REQUIRED};

/// Reads all rows. A row that makes no sense is a refused line; a file that makes none is a failure.
pub(crate) fn read(path: &Path) -> Result<Vec<Line>, Failure> {
    let bytes = std::fs::read(path).map_err(|e| Failure::file(path, &e))?;
    parse(&bytes).map_err(|failure| failure.of_file(path))
}

/// The mark that spreadsheets put before the first byte is skipped by the reader.
pub(crate) fn parse(bytes: &[u8]) -> Result<Vec<Line>, Failure> {
    let mut reader = ReaderBuilder::new().trim(Trim::All).from_reader(bytes);
    let wrong = |e: &csv::Error| wrong(bytes, e);
    let header = header(&mut reader, wrong)?;
    let mut lines = vec![];
    for record in reader.records() {
        let record = record.map_err(|e| wrong(&e))?;
        let line = record.position().map_or(0, |at| line(bytes, at));
        let draft = record.deserialize(Some(&header)).map_err(|e| wrong(&e))?;
        lines.push(Line::new(line, draft));
    }
    Ok(lines)
}

/// The line that a row begins in. The reader stands before the line breaks that come first: empty lines, and of CRLF the LF.
fn line(bytes: &[u8], at: &csv::Position) -> u64 {
    let start = usize::try_from(at.byte()).unwrap_or(usize::MAX).min(bytes.len());
    let breaks = bytes[start..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
    at.line() + breaks.filter(|byte| **byte == b'\n').count() as u64
}

fn header(reader: &mut Reader<&[u8]>, wrong: impl Fn(&csv::Error) -> Failure) -> Result<StringRecord, Failure> {
    let header = reader.headers().map_err(|e| wrong(&e))?.clone();
    let remedy = || format!("The columns are: {}.", COLUMNS.join(", "));
    if let Some(unknown) = header.iter().find(|name| !COLUMNS.contains(name)) {
        return Err(Failure::usage(format!("no column may be named {unknown:?}"), remedy()));
    }
    if let Some(missing) = REQUIRED.iter().find(|name| header.iter().all(|h| h != **name)) {
        return Err(Failure::usage(format!("the column {missing} is missing"), remedy()));
    }
    if let Some(twice) = COLUMNS.iter().find(|name| header.iter().filter(|h| h == *name).count() > 1) {
        return Err(Failure::usage(format!("the column {twice} stands twice"), remedy()));
    }
    Ok(header)
}

fn wrong(bytes: &[u8], error: &csv::Error) -> Failure {
    let line = error.position().map_or_else(String::new, |at| format!("line {}: ", line(bytes, at)));
    Failure::usage(format!("{line}not CSV in UTF-8 with as many fields as the header"), "Mend the file.").because(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::submit::line::Outcome;

    #[test]
    fn columns_are_found_by_name_and_rows_by_line() {
        let text = "\u{feff}value,period,area,indicator,note\n1.5,2024,520000,gz-5g,\"two\nlines\"\n 2 ,2024-Q1,520000,gz-5g,\n";
        let lines = parse(text.as_bytes()).unwrap();
        assert_eq!(lines.iter().map(|l| l.line).collect::<Vec<_>>(), [2, 4]);
        let second = lines[1].waiting().unwrap();
        assert_eq!(second.fact.value.unwrap().to_string(), "2");
        assert!(matches!(&lines[0].outcome, Some(Outcome::Refused(r)) if r.field == "note"), "a line break in a note");
    }

    #[test]
    fn lines_are_counted_alike_however_they_end() {
        for mark in ["", "\u{feff}"] {
            let text = format!("{mark}indicator,area,period,value\na,b,2024,1\n\na,b,2023,\"2\"\na,b,2022,3\na,b,c\n");
            for text in [text.replace('\n', "\r\n"), text] {
                let bad = text.rfind("a,b,c").unwrap();
                let lines = parse(&text.as_bytes()[..bad]).unwrap();
                assert_eq!(lines.iter().map(|l| l.line).collect::<Vec<_>>(), [2, 4, 5], "{text:?}");
                assert!(parse(text.as_bytes()).unwrap_err().detail.starts_with("line 6"), "{text:?}");
            }
        }
    }

    #[test]
    fn a_file_without_sense_is_a_failure() {
        let detail = |text: &str| parse(text.as_bytes()).unwrap_err().detail;
        assert!(detail("indicator,area,period,worth\n").contains("\"worth\""));
        assert!(detail("indicator,area,period\n").contains("value"));
        assert!(detail("indicator,area,period,value,value\n").contains("twice"));
        assert!(detail("indicator,area,period,value\na,b,c\n").contains("line 2"));
        assert!(parse(b"indicator,area,period,value\na,b,c,\xff\n").is_err());
    }
}
