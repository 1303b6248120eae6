//! XLSX, the workbooks of spreadsheets.
//!
//! A spreadsheet's number is a binary fraction that it shows with at most 15 significant digits, so that is what is read and
//! written: 0.1 + 0.2 is read as 0.3, and a number with more digits is written as text.

use std::error::Error;
use std::io::Cursor;

use calamine::{Data, ExcelDateTime, Range, Reader as _, Xlsx};
use csv::StringRecord;
use rust_xlsxwriter::{DataValidation, Format, Workbook, Worksheet, XlsxError};

use super::{Row, Sheet, Takes};
use crate::failure::Failure;
use crate::lang::both;
use crate::output::{Cell, Record};

/// Significant digits that a number of a spreadsheet holds.
const DIGITS_MAX: usize = 15;

/// The narrowest and the widest column, in characters.
const WIDTHS: (usize, usize) = (8, 40);

/// What to do about a column without a heading.
const NO_HEADING: &str = "Give the column one of the known names in the first row, or empty it.";

/// Reads the first sheet. Rows without any content are left out.
pub(super) fn read(bytes: Vec<u8>) -> Result<Sheet, Failure> {
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|e| unreadable(&e))?;
    match workbook.worksheet_range_at(0) {
        Some(range) => Ok(of_range(&range.map_err(|e| unreadable(&e))?)),
        None => Err(Failure::usage(
            both!("the workbook has no sheet", "工作簿中没有工作表"),
            "Put the rows on its first sheet.",
        )),
    }
}

fn unreadable(error: &dyn Error) -> Failure {
    Failure::usage(
        both!("not an XLSX workbook", "不是 XLSX 工作簿"),
        "Save the file as an Excel workbook (.xlsx), without a password.",
    )
    .because(error)
}

fn of_range(range: &Range<Data>) -> Sheet {
    let (first, first_column) = range.start().unwrap_or_default();
    let mut lines = (u64::from(first) + 1..).zip(range.rows());
    let Some((header_line, header)) = lines.next() else { return Sheet { header_line: 1, ..Sheet::default() } };
    let width = header.iter().rposition(|cell| !text(cell).is_empty()).map_or(0, |last| last + 1);
    let fields = |cells: &[Data]| cells[..width].iter().map(text).collect::<StringRecord>();
    let mut sheet = Sheet { header_line, header: fields(header), ..Sheet::default() };
    for (line, cells) in lines {
        for stray in (width..cells.len()).filter(|&column| !text(&cells[column]).is_empty()) {
            let name = letters(first_column as usize + stray);
            sheet.fault(line, &name, format!("{:?} stands below no heading", text(&cells[stray])), NO_HEADING);
        }
        let fields = fields(cells);
        if fields.iter().any(|field| !field.is_empty()) {
            sheet.rows.push(Row { line, fields });
        }
    }
    sheet
}

/// What a spreadsheet calls a column: A to Z, AA, AB, …
fn letters(column: usize) -> String {
    let last = char::from(b'A' + u8::try_from(column % 26).expect("below 26"));
    match column / 26 {
        0 => last.to_string(),
        before => letters(before - 1) + &last.to_string(),
    }
}

/// A cell as somebody would have typed it.
fn text(cell: &Data) -> String {
    match cell {
        Data::Empty => String::new(),
        Data::String(text) | Data::DurationIso(text) => text.trim().to_owned(),
        Data::Int(number) => number.to_string(),
        Data::Float(number) => number_text(*number),
        Data::Bool(truth) => truth.to_string().to_uppercase(),
        Data::DateTime(time) => time_text(time),
        Data::DateTimeIso(text) => text.trim_end_matches("T00:00:00").to_owned(),
        Data::Error(error) => error.to_string(),
    }
}

fn number_text(number: f64) -> String {
    let rounded = format!("{number:.*e}", DIGITS_MAX - 1);
    rounded.parse::<f64>().unwrap_or(number).to_string()
}

/// A day as ISO 8601 writes it, which is what spreadsheets make of `2024-07-15`; with its time, when it has one.
fn time_text(time: &ExcelDateTime) -> String {
    let (year, month, day, hour, minute, second, _) = time.to_ymd_hms_milli();
    match (hour, minute, second) {
        _ if time.is_duration() => number_text(time.as_f64()),
        (0, 0, 0) => format!("{year:04}-{month:02}-{day:02}"),
        _ => format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"),
    }
}

/// A workbook of one sheet.
pub(super) fn write<R: Record>(rows: &[R], takes: impl Fn(&str) -> Takes) -> Result<Vec<u8>, Failure> {
    workbook(rows, takes).map_err(|e| {
        Failure::usage(
            both!("the rows don't fit into a workbook", "行数超出工作簿的容量"),
            "Choose fewer of them, or CSV.",
        )
        .because(&e)
    })
}

fn workbook<R: Record>(rows: &[R], takes: impl Fn(&str) -> Takes) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.set_freeze_panes(1, 0)?;
    for (column, number) in R::COLUMNS.iter().zip(0..) {
        let longest = rows.iter().map(|row| width(&row.cells()[usize::from(number)].text())).max();
        let wide = longest.unwrap_or_default().max(width(column.name) + 1).clamp(WIDTHS.0, WIDTHS.1);
        sheet.set_column_width(number, u32::try_from(wide).expect("clamped"))?;
        prepare(sheet, number, takes(column.name), rows.len())?;
        sheet.write_string_with_format(0, number, column.name, &Format::new().set_bold())?;
    }
    for (row, line) in rows.iter().zip(1..) {
        for (cell, column) in row.cells().into_iter().zip(0..) {
            write_cell(sheet, line, column, cell)?;
        }
    }
    workbook.save_to_buffer()
}

/// Columns that a cell's text takes: two for a Chinese character.
fn width(text: &str) -> usize {
    text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum()
}

fn prepare(sheet: &mut Worksheet, column: u16, takes: Takes, rows: usize) -> Result<(), XlsxError> {
    if takes != Takes::Anything {
        sheet.set_column_format(column, &Format::new().set_num_format("@"))?;
    }
    if let (Takes::OneOf(choices), Ok(last @ 1..)) = (takes, u32::try_from(rows)) {
        let list = DataValidation::new().allow_list_strings(&choices)?;
        sheet.add_data_validation(1, column, last, column, &list)?;
    }
    Ok(())
}

fn write_cell(sheet: &mut Worksheet, row: u32, column: u16, cell: &dyn Cell) -> Result<(), XlsxError> {
    let text = cell.text();
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    match text.parse::<f64>() {
        Ok(number) if cell.is_number() && digits <= DIGITS_MAX => sheet.write_number(row, column, number)?,
        _ if text.is_empty() => sheet,
        _ => sheet.write_string(row, column, text)?,
    };
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::{Number, record};
    use calamine::ExcelDateTimeType;

    record! {
        /// A row with what cells can hold.
        struct Example {
            both code: String,
            both value: Option<Number>,
            both note: String,
        }
    }

    fn rows(values: &[&str]) -> Vec<Example> {
        let value = |value: &str| (!value.is_empty()).then(|| Number(value.into()));
        values.iter().map(|v| Example { code: "007".into(), value: value(v), note: "=1+1".into() }).collect()
    }

    #[test]
    fn what_is_written_is_read_back() {
        let values = ["60.5", "", "-0.000001", "123456789012345678", "0.1", "150000000000000"];
        let takes = |column: &str| match column {
            "note" => Takes::OneOf(vec!["=1+1".into(), "b".into()]),
            "code" => Takes::Text,
            _ => Takes::Anything,
        };
        let sheet = read(write(&rows(&values), takes).unwrap()).unwrap();
        assert_eq!(sheet.header, vec!["code", "value", "note"]);
        assert_eq!(sheet.rows.iter().map(|row| row.line).collect::<Vec<_>>(), [2, 3, 4, 5, 6, 7]);
        assert_eq!(sheet.rows.iter().map(|row| &row.fields[1]).collect::<Vec<_>>(), values);
        assert!(sheet.rows.iter().all(|row| &row.fields[0] == "007" && &row.fields[2] == "=1+1"));
        assert!(sheet.faults.is_empty());
    }

    #[test]
    fn numbers_are_as_a_spreadsheet_shows_them() {
        assert_eq!(text(&Data::Float(0.1 + 0.2)), "0.3");
        assert_eq!(text(&Data::Float(2024.0)), "2024");
        assert_eq!(text(&Data::Float(1e15)), "1000000000000000");
        assert_eq!(text(&Data::Bool(true)), "TRUE");
        assert_eq!(text(&Data::Error(calamine::CellErrorType::Div0)), "#DIV/0!");
        let day = |value| text(&Data::DateTime(ExcelDateTime::new(value, ExcelDateTimeType::DateTime, false)));
        assert_eq!([day(45_488.0), day(45_488.5)], ["2024-07-15", "2024-07-15T12:00:00"]);
    }

    #[test]
    fn what_stands_below_no_heading_is_a_fault() {
        let cell = |row, column, text: &str| calamine::Cell::new((row, column), Data::String(text.into()));
        let cells = vec![cell(2, 1, "code"), cell(4, 1, "a"), cell(4, 2, "stray"), cell(6, 1, "b")];
        let sheet = of_range(&Range::from_sparse(cells));
        assert_eq!((sheet.header_line, sheet.rows.iter().map(|row| row.line).collect()), (3, vec![5, 7]));
        let Some(fault) = sheet.faults.first() else { panic!("no fault") };
        assert_eq!((fault.line, fault.column.as_str()), (5, "C"));
        assert_eq!([letters(0), letters(25), letters(26), letters(702)], ["A", "Z", "AA", "AAA"]);
    }

    #[test]
    fn what_is_no_workbook_is_refused() {
        assert_eq!(read(b"indicator,area\n".to_vec()).unwrap_err().code, "USAGE");
    }
}
