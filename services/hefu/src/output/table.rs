//! Tables: as wide as the terminal, or as their contents when stdout is no terminal.

use comfy_table::{Cell as TableCell, CellAlignment, ContentArrangement, LineStyle, Table, TableStyle, presets};

use super::{Cell, Record};
use crate::lang::Lang;
use crate::lang::headings::{self, stem};

/// Lines above, below and under the header; between rows only when one of them takes several lines.
const STYLE: TableStyle = presets::UTF8_HORIZONTAL_ONLY;

/// Lines that a table has beside its rows.
const FRAME_LINES: usize = 4;

/// Columns of a terminal that a column of a table needs to be readable; with less, rows become blocks of fields.
const COLUMN_WIDTH_MIN: usize = 9;

/// A column of a table: one of the record's, or two that say the same in Chinese and in English.
#[derive(Clone, Copy)]
enum Shown {
    One(usize),
    Both { zh: usize, en: usize },
}

impl Shown {
    /// The columns of a record: all of them, or those for tables.
    fn of<R: Record>(all: bool) -> Vec<Self> {
        let place = |name: &str, end: &str| {
            let twin = format!("{}{end}", stem(name));
            (stem(name) != name).then(|| R::COLUMNS.iter().position(|column| column.name == twin)).flatten()
        };
        let column = |index: usize| {
            let name = R::COLUMNS[index].name;
            match (place(name, "_zh"), place(name, "_en")) {
                (Some(zh), Some(en)) => (index == zh.min(en)).then_some(Self::Both { zh, en }),
                _ => Some(Self::One(index)),
            }
        };
        let shown = (0..R::COLUMNS.len()).filter_map(column);
        shown.filter(|shown| all || shown.indices().iter().any(|&index| R::COLUMNS[index].in_tables)).collect()
    }

    fn indices(self) -> Vec<usize> {
        match self {
            Self::One(index) => vec![index],
            Self::Both { zh, en } => vec![zh, en],
        }
    }

    /// What stands there in a row: the name in the language of this run, or the other one where it has only that.
    fn short(self, cells: &[&dyn Cell]) -> String {
        match self {
            Self::One(index) => cells[index].short(),
            Self::Both { zh, en } => Lang::now().name(&cells[zh].short(), &cells[en].short()).to_owned(),
        }
    }

    /// The same, unshortened.
    fn long(self, cells: &[&dyn Cell]) -> String {
        match self {
            Self::One(index) => cells[index].long(),
            Self::Both { zh, en } => Lang::now().name(&cells[zh].long(), &cells[en].long()).to_owned(),
        }
    }

    fn heading<R: Record>(self) -> String {
        match self {
            Self::One(index) => heading(R::COLUMNS[index].name),
            Self::Both { zh, .. } => heading(stem(R::COLUMNS[zh].name)),
        }
    }

    fn is_number(self, cells: &[&dyn Cell]) -> bool {
        matches!(self, Self::One(index) if cells[index].is_number())
    }
}

/// A row each; columns by their names. A column that says nothing is left out.
pub(super) fn of_rows<R: Record>(rows: &[R]) -> String {
    rows_within(rows, Table::new().width())
}

fn rows_within<R: Record>(rows: &[R], width: Option<u16>) -> String {
    if rows.is_empty() {
        return Lang::now().of("nothing\n", "无\n").into();
    }
    let said = |shown: &Shown| rows.iter().any(|row| !shown.short(&row.cells()).is_empty());
    let columns: Vec<Shown> = Shown::of::<R>(false).into_iter().filter(said).collect();
    match width {
        Some(width) if usize::from(width) < columns.len() * COLUMN_WIDTH_MIN => blocks(rows, &columns, width),
        _ => grid(rows, &columns, width),
    }
}

fn grid<R: Record>(rows: &[R], columns: &[Shown], width: Option<u16>) -> String {
    let mut table = sized(width);
    table.load_style(STYLE.row_separator(LineStyle::none()));
    table.set_header(columns.iter().map(|shown| shown.heading::<R>()).collect::<Vec<_>>());
    for row in rows {
        let cells = row.cells();
        table.add_row(columns.iter().map(|shown| {
            let side = if shown.is_number(&cells) { CellAlignment::Right } else { CellAlignment::Left };
            TableCell::new(shown.short(&cells)).set_alignment(side)
        }));
    }
    if table.lines().count() > rows.len() + FRAME_LINES {
        table.load_style(STYLE);
    }
    finish(&table)
}

fn blocks<R: Record>(rows: &[R], columns: &[Shown], width: u16) -> String {
    let block = |row: &R| {
        let cells = row.cells();
        let named = columns.iter().map(|shown| (shown.heading::<R>(), shown.short(&cells)));
        fields(named, Some(width))
    };
    rows.iter().map(block).collect::<Vec<_>>().join("\n")
}

/// A field each, unshortened.
pub(super) fn of_fields<R: Record>(thing: &R) -> String {
    let cells = thing.cells();
    let columns = Shown::of::<R>(true);
    let named = columns.iter().map(|shown| (shown.heading::<R>(), shown.long(&cells)));
    fields(named, Table::new().width())
}

fn fields(cells: impl Iterator<Item = (String, String)>, width: Option<u16>) -> String {
    let mut table = sized(width);
    table.load_style(presets::NOTHING);
    for (name, text) in cells.filter(|(_, text)| !text.is_empty()) {
        table.add_row([name, text]);
    }
    finish(&table)
}

/// One line of a list without an end.
pub(super) fn line<R: Record>(row: &R) -> String {
    let cells = row.cells();
    let texts: Vec<String> = Shown::of::<R>(false).iter().map(|shown| shown.short(&cells)).collect();
    format!("{}\n", texts.join("  "))
}

fn sized(width: Option<u16>) -> Table {
    let mut table = Table::new();
    table.set_content_arrangement(ContentArrangement::Dynamic);
    if let Some(width) = width {
        table.set_width(width);
    }
    table
}

fn heading(name: &str) -> String {
    match Lang::now() {
        Lang::Zh => headings::chinese(stem(name)).map_or_else(|| name.to_owned(), str::to_owned),
        Lang::En => name.replace('_', " "),
    }
}

fn finish(table: &Table) -> String {
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    format!("{}\n", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::{Number, record};

    record! {
        /// A row of a board.
        struct Row {
            both indicator: String,
            both name: String,
            both value: Number,
            both nothing: String,
            both status: String,
        }
    }

    fn rows() -> Vec<Row> {
        let row = |name: &str, value: &str, status: &str| Row {
            indicator: "gz-5g-base-stations".into(),
            name: name.into(),
            value: Number(value.into()),
            nothing: String::new(),
            status: status.into(),
        };
        vec![row("累计建成5G基站", "126000", "behind"), row("IoT connections", "7", "met")]
    }

    /// Columns that a text takes on a terminal: two for a Chinese character.
    fn columns(text: &str) -> usize {
        text.chars().map(|c| if ('\u{2e80}'..'\u{ff00}').contains(&c) { 2 } else { 1 }).sum()
    }

    #[test]
    fn chinese_and_english_rows_align() {
        for width in [None, Some(120), Some(60)] {
            let text = rows_within(&rows(), width);
            let end_of = |what: &str| {
                let line = text.lines().find(|line| line.contains(what)).unwrap_or_else(|| panic!("{text}"));
                columns(&line[..line.find(what).unwrap() + what.len()])
            };
            assert_eq!(end_of("126000"), end_of(" 7"), "{text}");
            assert!(text.lines().all(|line| columns(line) <= width.unwrap_or(120).into()), "{text}");
            assert!(!text.contains("nothing"), "{text}");
        }
    }

    record! {
        /// A thing with a name in two languages.
        struct Named {
            both unit: String,
            both name_zh: String,
            data name_en: String,
            data title_en: String,
        }
    }

    #[test]
    fn a_name_in_two_languages_is_one_column() {
        let named = |zh: &str, en: &str| Named {
            unit: "u".into(),
            name_zh: zh.into(),
            name_en: en.into(),
            title_en: "alone".into(),
        };
        let text = rows_within(&[named("贵州", "Guizhou"), named("遵义", "")], None);
        let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!([&lines[1], &lines[3], &lines[4]], [&["unit", "name"], &["u", "Guizhou"], &["u", "遵义"]], "{text}");
        assert!(of_fields(&named("贵州", "")).contains("alone"));
    }

    #[test]
    fn a_narrow_terminal_gets_blocks() {
        let text = rows_within(&rows(), Some(30));
        assert!(text.contains(" value      126000\n") && text.contains("\n\n"), "{text}");
        assert!(text.lines().all(|line| columns(line) <= 30), "{text}");
    }
}
