//! Tables: as wide as the terminal, or as their contents when stdout is no terminal.

use comfy_table::{Cell as TableCell, CellAlignment, ContentArrangement, LineStyle, Table, TableStyle, presets};

use super::Record;

/// Lines above, below and under the header; between rows only when one of them takes several lines.
const STYLE: TableStyle = presets::UTF8_HORIZONTAL_ONLY;

/// Lines that a table has beside its rows.
const FRAME_LINES: usize = 4;

/// Columns of a terminal that a column of a table needs to be readable; with less, rows become blocks of fields.
const COLUMN_WIDTH_MIN: usize = 9;

/// A row each; columns by their names. A column that says nothing is left out.
pub(super) fn of_rows<R: Record>(rows: &[R]) -> String {
    rows_within(rows, Table::new().width())
}

fn rows_within<R: Record>(rows: &[R], width: Option<u16>) -> String {
    if rows.is_empty() {
        return "nothing\n".into();
    }
    let said = |index: usize| rows.iter().any(|row| !row.cells()[index].short().is_empty());
    let shown = |index: &usize| R::COLUMNS[*index].in_tables && said(*index);
    let indices: Vec<usize> = (0..R::COLUMNS.len()).filter(shown).collect();
    match width {
        Some(width) if usize::from(width) < indices.len() * COLUMN_WIDTH_MIN => blocks(rows, &indices, width),
        _ => grid(rows, &indices, width),
    }
}

fn grid<R: Record>(rows: &[R], indices: &[usize], width: Option<u16>) -> String {
    let mut table = sized(width);
    table.load_style(STYLE.row_separator(LineStyle::none()));
    table.set_header(indices.iter().map(|&i| heading(R::COLUMNS[i].name)).collect::<Vec<_>>());
    for row in rows {
        let cells = row.cells();
        table.add_row(indices.iter().map(|&i| {
            let side = if cells[i].is_number() { CellAlignment::Right } else { CellAlignment::Left };
            TableCell::new(cells[i].short()).set_alignment(side)
        }));
    }
    if table.lines().count() > rows.len() + FRAME_LINES {
        table.load_style(STYLE);
    }
    finish(&table)
}

fn blocks<R: Record>(rows: &[R], indices: &[usize], width: u16) -> String {
    let block = |row: &R| {
        let cells = row.cells();
        fields(indices.iter().map(|&i| (R::COLUMNS[i].name, cells[i].short())), Some(width))
    };
    rows.iter().map(block).collect::<Vec<_>>().join("\n")
}

/// A field each, unshortened.
pub(super) fn of_fields<R: Record>(thing: &R) -> String {
    let cells = R::COLUMNS.iter().zip(thing.cells());
    fields(cells.map(|(column, cell)| (column.name, cell.long())), Table::new().width())
}

fn fields(cells: impl Iterator<Item = (&'static str, String)>, width: Option<u16>) -> String {
    let mut table = sized(width);
    table.load_style(presets::NOTHING);
    for (name, text) in cells.filter(|(_, text)| !text.is_empty()) {
        table.add_row([heading(name), text]);
    }
    finish(&table)
}

/// One line of a list without an end.
pub(super) fn line<R: Record>(row: &R) -> String {
    let shown = R::COLUMNS.iter().zip(row.cells()).filter(|(column, _)| column.in_tables);
    let cells: Vec<String> = shown.map(|(_, cell)| cell.short()).collect();
    format!("{}\n", cells.join("  "))
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
    name.replace('_', " ")
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

    #[test]
    fn a_narrow_terminal_gets_blocks() {
        let text = rows_within(&rows(), Some(30));
        assert!(text.contains(" value      126000\n") && text.contains("\n\n"), "{text}");
        assert!(text.lines().all(|line| columns(line) <= 30), "{text}");
    }
}
