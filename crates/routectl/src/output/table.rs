//! Rows as an aligned table.

use std::io::{self, Write};

use comfy_table::{Attribute, Cell, CellAlignment, ContentArrangement, Table, presets};

/// A column: its name, and where its values stand.
pub(crate) type Column = (&'static str, CellAlignment);

/// Writes rows, one a line, under a header.
pub(crate) fn write<const WIDTH: usize>(
    out: &mut dyn Write,
    columns: [Column; WIDTH],
    rows: impl IntoIterator<Item = [Cell; WIDTH]>,
) -> io::Result<()> {
    let mut table = Table::new();
    table
        .load_preset(presets::NOTHING)
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
    writeln!(out, "{}", table.trim_fmt())
}
