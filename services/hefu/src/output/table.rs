//! Tables: as wide as the terminal, or as their contents when stdout is no terminal.

use comfy_table::{Cell as TableCell, CellAlignment, ContentArrangement, Table, presets};

use super::Record;

fn empty() -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    table
}

/// A row each; columns by their names.
pub(super) fn of_rows<R: Record>(rows: &[R]) -> String {
    if rows.is_empty() {
        return "nothing\n".into();
    }
    let mut table = empty();
    let shown = |index: &usize| R::COLUMNS[*index].in_tables;
    let indices: Vec<usize> = (0..R::COLUMNS.len()).filter(shown).collect();
    table.set_header(indices.iter().map(|&i| heading(R::COLUMNS[i].name)).collect::<Vec<_>>());
    for row in rows {
        let cells = row.cells();
        table.add_row(indices.iter().map(|&i| {
            let side = if cells[i].is_number() { CellAlignment::Right } else { CellAlignment::Left };
            TableCell::new(cells[i].short()).set_alignment(side)
        }));
    }
    finish(&table)
}

/// A field each, unshortened.
pub(super) fn of_fields<R: Record>(thing: &R) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    for (column, cell) in R::COLUMNS.iter().zip(thing.cells()) {
        let text = cell.text();
        if !text.is_empty() {
            table.add_row([heading(column.name), text]);
        }
    }
    finish(&table)
}

/// One line of a list without an end.
pub(super) fn line<R: Record>(row: &R) -> String {
    let shown = R::COLUMNS.iter().zip(row.cells()).filter(|(column, _)| column.in_tables);
    let cells: Vec<String> = shown.map(|(_, cell)| cell.short()).collect();
    format!("{}\n", cells.join("  "))
}

fn heading(name: &str) -> String {
    name.replace('_', " ")
}

fn finish(table: &Table) -> String {
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    format!("{}\n", lines.join("\n"))
}
