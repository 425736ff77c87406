//! Aligned tables.

use std::io::{self, Write};

use comfy_table::{Attribute, Cell, CellAlignment, ContentArrangement, Table, presets};

/// A column: its name and its alignment.
pub(crate) type Column = (&'static str, CellAlignment);

/// Writes a header, then one row a line.
pub(crate) fn write<const WIDTH: usize>(
    out: &mut dyn Write,
    columns: [Column; WIDTH],
    rows: impl IntoIterator<Item = [Cell; WIDTH]>,
) -> io::Result<()> {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled)
        .enforce_styling()
        .set_header(columns.map(|(name, _)| Cell::new(name).add_attribute(Attribute::Bold)))
        .add_rows(rows);
    for (column, (_, alignment)) in table.column_iter_mut().zip(columns) {
        column.set_padding((0, 2)).set_cell_alignment(alignment);
    }
    if let Some(last) = table.column_mut(WIDTH - 1) {
        last.set_padding((0, 0));
    }
    table
        .lines()
        .try_for_each(|line| writeln!(out, "{}", trim_end_styled(&line)))
}

/// Removes trailing blanks, also inside a style.
fn trim_end_styled(line: &str) -> String {
    const RESET: &str = "\x1b[0m";
    let line = line.trim_end();
    match line.strip_suffix(RESET) {
        Some(styled) => styled.trim_end().to_owned() + RESET,
        None => line.to_owned(),
    }
}
