//! One row type, three forms: a table for people, JSON and CSV for programs.

mod cell;
mod table;

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;
use serde_json::{Value, json};

use crate::failure::{Exit, Failure};
use crate::lang::both;

pub(crate) use cell::{Cell, Codes, Hash, Number, Time, Word};

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

/// Rows.
pub(crate) fn rows<R: Record>(format: Format, rows: &[R]) -> String {
    match format {
        Format::Table => table::of_rows(rows),
        Format::Json => serde_json::to_string_pretty(rows).expect("records have keys that are strings") + "\n",
        Format::Csv => csv_of(rows, true),
    }
}

/// One thing: fields below one another, an object, or one row.
pub(crate) fn one<R: Record>(format: Format, thing: &R) -> String {
    match format {
        Format::Table => table::of_fields(thing),
        Format::Json => json_text(&json!(thing)),
        Format::Csv => csv_of(std::slice::from_ref(thing), true),
    }
}

/// One thing and the rows that belong to it. CSV has room for the rows only.
pub(crate) fn with_rows<R: Record, S: Record>(format: Format, thing: &R, name: &str, rows: &[S]) -> String {
    match format {
        Format::Table => format!("{}\n{}", table::of_fields(thing), table::of_rows(rows)),
        Format::Json => {
            let mut object = json!(thing);
            object[name] = json!(rows);
            json_text(&object)
        }
        Format::Csv => csv_of(rows, true),
    }
}

/// A row of a list that goes on: a line, without waiting for the next.
pub(crate) fn line<R: Record>(format: Format, row: &R, first: bool) -> String {
    match format {
        Format::Table => table::line(row),
        Format::Json => format!("{}\n", json!(row)),
        Format::Csv => csv_of(std::slice::from_ref(row), first),
    }
}

pub(crate) fn json_text(value: &Value) -> String {
    format!("{value:#}\n")
}

/// Writes to stdout at once.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

/// Makes a file that is not there yet. What is there stays: it may be all that somebody has.
pub(crate) fn create(path: &Path, content: impl AsRef<[u8]>) -> Result<(), Failure> {
    let mut file = File::create_new(path).map_err(|e| match e.kind() {
        io::ErrorKind::AlreadyExists => {
            let detail = format!("{} exists already", path.display());
            Failure::new(
                Exit::Usage,
                "FILE_EXISTS",
                detail,
                both!("Choose another name, or move the file away.", "请换一个文件名，或移走该文件。"),
            )
        }
        _ => Failure::file(path, &e),
    })?;
    file.write_all(content.as_ref()).map_err(|e| Failure::file(path, &e))
}

/// Rows as CSV.
pub(crate) fn csv_of<R: Record>(rows: &[R], header: bool) -> String {
    let mut writer = csv::Writer::from_writer(vec![]);
    let mut write = |fields: Vec<String>| writer.write_record(fields).expect("memory takes rows of one length");
    if header {
        write(R::COLUMNS.iter().map(|column| column.name.to_owned()).collect());
    }
    for row in rows {
        write(row.cells().iter().map(|cell| cell.text()).collect());
    }
    String::from_utf8(writer.into_inner().expect("memory takes everything")).expect("strings are UTF-8")
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
        let both = [row(), Row { roles: vec![], ..row() }];
        assert_eq!(rows(Format::Json, &both), json_text(&json!(both)), "a list looks as one thing does");
        assert_eq!(rows::<Row>(Format::Json, &[]), json_text(&json!([])));
        let csv = csv_of(&[row()], true);
        let expected =
            format!("area,note,value,hash,roles,at\n贵州省,,1.50,{hash},admin;office,2023-11-14T22:13:20.123Z\n");
        assert_eq!(csv, expected);
    }

    #[test]
    fn a_file_is_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("me.json");
        create(&path, "first").unwrap();
        assert_eq!(create(&path, "second").unwrap_err().code, "FILE_EXISTS");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "first");
        assert_eq!(create(&folder.path().join("no/me.json"), "").unwrap_err().code, "FILE_IO");
    }

    #[test]
    fn tables_shorten_and_leave_out() {
        let table = table::of_rows(&[row()]);
        assert!(table.contains("abababababab…") && !table.contains("note"), "{table}");
        assert!(table::of_fields(&row()).contains(&"ab".repeat(32)));
    }
}
