//! One row type, three forms: a table for people, JSON and CSV for programs.

mod cell;
mod table;

use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Value, json};

pub(crate) use cell::{Cell, Hash, Number, Time};

/// The form of what goes to stdout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people: aligned, hashes shortened.
    Table,
    /// For programs: decimals as strings, hashes in hex, times in RFC 3339.
    Json,
    /// For spreadsheets: a header row, lists joined by ';'.
    Csv,
}

/// A column's name, and whether tables show it.
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) in_tables: bool,
}

/// A row of output: the same columns in all three forms, but that a table leaves some out.
pub(crate) trait Record: Serialize {
    const COLUMNS: &'static [Column];
    fn cells(&self) -> Vec<&dyn Cell>;
}

/// Declares a record, a line a column: `both` columns are in every form, `data` columns in JSON and CSV only.
macro_rules! record {
    ($(#[doc = $doc:expr])+ struct $name:ident { $($show:ident $field:ident: $ty:ty,)+ }) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, serde::Serialize)]
        pub(crate) struct $name { $(pub(crate) $field: $ty,)+ }

        impl $crate::output::Record for $name {
            const COLUMNS: &'static [$crate::output::Column] = &[$($crate::output::Column {
                name: stringify!($field),
                in_tables: $crate::output::record!(@ $show),
            },)+];

            fn cells(&self) -> Vec<&dyn $crate::output::Cell> { vec![$(&self.$field),+] }
        }
    };
    (@ both) => { true };
    (@ data) => { false };
}
pub(crate) use record;

/// Prints rows.
pub(crate) fn rows<R: Record>(format: Format, rows: &[R]) -> io::Result<()> {
    match format {
        Format::Table => print(&table::of_rows(rows)),
        Format::Json => print_json(&json!(rows)),
        Format::Csv => print(&csv_of(rows, true)?),
    }
}

/// Prints one thing: fields below one another, an object, or one row.
pub(crate) fn one<R: Record>(format: Format, thing: &R) -> io::Result<()> {
    match format {
        Format::Table => print(&table::of_fields(thing)),
        Format::Json => print_json(&json!(thing)),
        Format::Csv => print(&csv_of(std::slice::from_ref(thing), true)?),
    }
}

/// Prints one thing and the rows that belong to it. CSV has room for the rows only.
pub(crate) fn with_rows<R: Record, S: Record>(format: Format, thing: &R, name: &str, rows: &[S]) -> io::Result<()> {
    match format {
        Format::Table => print(&format!("{}\n{}", table::of_fields(thing), table::of_rows(rows))),
        Format::Json => {
            let mut object = json!(thing);
            object[name] = json!(rows);
            print_json(&object)
        }
        Format::Csv => print(&csv_of(rows, true)?),
    }
}

/// Prints rows as they come: a line each, without waiting for the next.
pub(crate) fn line<R: Record>(format: Format, row: &R, first: bool) -> io::Result<()> {
    match format {
        Format::Table => print(&table::line(row)),
        Format::Json => print(&format!("{}\n", json!(row))),
        Format::Csv => print(&csv_of(std::slice::from_ref(row), first)?),
    }
}

pub(crate) fn print_json(value: &Value) -> io::Result<()> {
    print(&format!("{value:#}\n"))
}

pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

/// Rows as CSV.
pub(crate) fn csv_of<R: Record>(rows: &[R], header: bool) -> io::Result<String> {
    let mut writer = csv::Writer::from_writer(vec![]);
    if header {
        writer.write_record(R::COLUMNS.iter().map(|column| column.name))?;
    }
    for row in rows {
        writer.write_record(row.cells().iter().map(|cell| cell.text()))?;
    }
    let bytes = writer.into_inner().map_err(|e| io::Error::other(e.to_string()))?;
    String::from_utf8(bytes).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;

    record! {
        /// A row with every kind of cell.
        struct Row {
            both area: String,
            data note: Option<String>,
            both value: Number,
            both hash: Hash,
            both roles: Vec<String>,
            both at: Time,
        }
    }

    fn row() -> Row {
        Row {
            area: "贵州省".into(),
            note: None,
            value: Number("1.50".into()),
            hash: Hash::of(&[0xab; 32]),
            roles: vec!["admin".into(), "office".into()],
            at: Time(1_700_000_000_123),
        }
    }

    #[test]
    fn json_and_csv_hold_everything_unshortened() {
        let hash = "ab".repeat(32);
        let object = json!({
            "area": "贵州省", "note": null, "value": "1.50", "hash": hash, "roles": ["admin", "office"],
            "at": "2023-11-14T22:13:20.123Z",
        });
        assert_eq!(json!(row()), object);
        let csv = csv_of(&[row()], true).unwrap();
        let expected = format!(
            "area,note,value,hash,roles,at\n贵州省,,1.50,{hash},admin;office,2023-11-14T22:13:20.123Z\n"
        );
        assert_eq!(csv, expected);
    }

    #[test]
    fn tables_shorten_and_leave_out() {
        let table = table::of_rows(&[row()]);
        assert!(table.contains("abababababab…") && !table.contains("note"), "{table}");
        assert!(table::of_fields(&row()).contains(&"ab".repeat(32)));
    }
}
