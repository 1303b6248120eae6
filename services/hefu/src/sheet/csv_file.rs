//! CSV: UTF-8, a header row.

use csv::{Position, ReaderBuilder, Trim};

use super::{Row, Sheet};

const MEND: &str = "Mend the row; a field with a comma, a quote or a line break stands in quotes.";
const SAVE_AS: &str = "Save the file as CSV in UTF-8.";

/// The mark that spreadsheets put before the first byte is skipped by the reader.
pub(super) fn read(bytes: &[u8]) -> Sheet {
    let mut reader = ReaderBuilder::new().trim(Trim::All).flexible(true).from_reader(bytes);
    let mut sheet = Sheet { header_line: 1, ..Sheet::default() };
    match reader.headers() {
        Ok(header) => sheet.header = header.clone(),
        Err(error) => {
            sheet.fault(1, "", format!("not CSV in UTF-8: {error}"), SAVE_AS);
            return sheet;
        }
    }
    for record in reader.records() {
        match record {
            Ok(fields) => {
                let line = fields.position().map_or(0, |at| line(bytes, at));
                if fields.len() == sheet.header.len() {
                    sheet.rows.push(Row { line, fields });
                } else {
                    let detail = format!("{} fields, the header has {}", fields.len(), sheet.header.len());
                    sheet.fault(line, "", detail, MEND);
                }
            }
            Err(error) => {
                let line = error.position().map_or(0, |at| line(bytes, at));
                sheet.fault(line, "", format!("not CSV in UTF-8: {error}"), SAVE_AS);
            }
        }
    }
    sheet
}

/// The line that a row begins in. The reader stands before the line breaks that come first: empty lines, and of CRLF the LF.
fn line(bytes: &[u8], at: &Position) -> u64 {
    let start = usize::try_from(at.byte()).unwrap_or(usize::MAX).min(bytes.len());
    let breaks = bytes[start..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
    at.line() + breaks.filter(|byte| **byte == b'\n').count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<u64> {
        read(text.as_bytes()).rows.iter().map(|row| row.line).collect()
    }

    #[test]
    fn lines_are_counted_alike_however_they_end() {
        for mark in ["", "\u{feff}"] {
            let text = format!("{mark}a,b\nx,1\n\nx,\"2\"\nx,3\nx\n");
            for text in [text.replace('\n', "\r\n"), text] {
                let sheet = read(text.as_bytes());
                assert_eq!(lines(&text), [2, 4, 5], "{text:?}");
                assert_eq!(sheet.header, vec!["a", "b"], "{text:?}");
                assert_eq!(sheet.faults.iter().map(|fault| fault.line).collect::<Vec<_>>(), [6], "{text:?}");
            }
        }
        assert_eq!(lines("a\n\"two\nlines\"\nx\n"), [2, 4]);
    }

    #[test]
    fn every_row_that_cannot_be_read_is_a_fault() {
        let sheet = read(b"a,b\n1,2\n\xff,2\n3\n4,5,6\n7,8\n");
        let faults: Vec<(u64, &str)> = sheet.faults.iter().map(|f| (f.line, f.detail.as_str())).collect();
        assert_eq!(sheet.rows.iter().map(|row| row.line).collect::<Vec<_>>(), [2, 6]);
        assert_eq!(faults[1..], [(4, "1 fields, the header has 2"), (5, "3 fields, the header has 2")]);
        assert_eq!(faults[0].0, 3);
        assert_eq!(read(b"\xff,b\n1,2\n").faults.len(), 1);
    }
}
