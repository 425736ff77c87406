//! Aligned tables.

use std::io::{self, Write};
use std::iter;

use comfy_table::{
    Attribute, Cell, CellAlignment, ColumnConstraint, ContentArrangement, Table, Width, presets,
};

/// A column: its name and its alignment.
pub(crate) type Column = (&'static str, CellAlignment);

/// Lines that are laid out at once: a laid-out line takes some kilobytes, and a table may have a
/// million.
const PAGE: usize = 1_024;

/// Blanks between two columns.
const GAP: u16 = 2;

/// Writes a header, then one row a line. Goes through the rows twice: first to find how wide the columns
/// are.
pub(crate) fn write<const WIDTH: usize>(
    out: &mut dyn Write,
    columns: [Column; WIDTH],
    rows: impl IntoIterator<Item = [Cell; WIDTH], IntoIter: Clone>,
) -> io::Result<()> {
    let rows = rows.into_iter();
    let widths_of = |page| laid_out(columns, page).column_max_content_widths();
    let mut widths = widths_of(Vec::new());
    for page in pages(rows.clone()) {
        for (width, of_page) in widths.iter_mut().zip(widths_of(page)) {
            *width = of_page.max(*width);
        }
    }
    let mut pages = pages(rows);
    // A table without rows has a header.
    let first = pages.next().unwrap_or_default();
    for (number, page) in iter::once(first).chain(pages).enumerate() {
        let mut table = laid_out(columns, page);
        for (column, width) in table.column_iter_mut().zip(&widths) {
            let width = Width::Fixed(width.saturating_add(column.padding_width()));
            column.set_constraint(ColumnConstraint::Absolute(width));
        }
        // The header is a line of each page, and the first page shows it.
        let hidden = usize::from(number > 0);
        for line in table.lines().skip(hidden) {
            writeln!(out, "{}", trim_end_styled(&line))?;
        }
    }
    Ok(())
}

/// The rows of a table in pages.
fn pages<Row>(mut rows: impl Iterator<Item = Row>) -> impl Iterator<Item = Vec<Row>> {
    iter::from_fn(move || {
        let page: Vec<_> = rows.by_ref().take(PAGE).collect();
        (!page.is_empty()).then_some(page)
    })
}

/// A table with the header and these rows.
fn laid_out<const WIDTH: usize>(columns: [Column; WIDTH], rows: Vec<[Cell; WIDTH]>) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled)
        .enforce_styling()
        .set_header(columns.map(|(name, _)| Cell::new(name).add_attribute(Attribute::Bold)))
        .add_rows(rows);
    for (column, (_, alignment)) in table.column_iter_mut().zip(columns) {
        column.set_padding((0, GAP)).set_cell_alignment(alignment);
    }
    if let Some(last) = table.column_mut(WIDTH - 1) {
        last.set_padding((0, 0));
    }
    table
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

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column; 2] = [
        ("NAME", CellAlignment::Left),
        ("NUMBER", CellAlignment::Right),
    ];

    fn written(names: &[String]) -> Vec<String> {
        let mut out = Vec::new();
        let rows = names.iter().map(|name| [Cell::new(name), Cell::new(7)]);
        write(&mut out, COLUMNS, rows).unwrap();
        let text = String::from_utf8(out).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn all_pages_are_aligned_below_one_header() {
        let longest = "the longest is on the second page";
        let mut names = vec!["short".to_owned(); 2 * PAGE + 1];
        names[PAGE] = longest.to_owned();
        let lines = written(&names);
        assert_eq!(lines.len(), names.len() + 1);
        let width = longest.len();
        let expected = |name: &str, number: &str| format!("{name:width$}  {number:>6}");
        assert!(lines[0].contains("NAME") && lines[0].contains("NUMBER"));
        assert_eq!(lines[1], expected("short", "7"));
        assert_eq!(lines[PAGE + 1], expected(longest, "7"));
        assert_eq!(lines[2 * PAGE + 1], expected("short", "7"));
    }

    #[test]
    fn a_table_without_rows_has_a_header() {
        assert_eq!(written(&[]).len(), 1);
    }
}
