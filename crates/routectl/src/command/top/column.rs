//! The columns of the routes: as many as fit the terminal.

use super::row::TopRow;
use crate::output::metric;

/// The blanks between two columns.
const GAP: usize = 2;

/// A column of the routes.
struct TopColumn {
    title: &'static str,
    is_number: bool,
    /// The column with the lowest rank is left out first.
    rank: u8,
    cell: fn(&TopRow) -> String,
}

const COLUMNS: [TopColumn; 7] = [
    TopColumn {
        title: "DESTINATION",
        is_number: false,
        rank: 7,
        cell: |row| row.route.destination.to_string(),
    },
    TopColumn {
        title: "NEXT HOP",
        is_number: false,
        rank: 3,
        cell: |row| row.route.next_hop.to_string(),
    },
    TopColumn {
        title: "DEV",
        is_number: true,
        rank: 4,
        cell: TopRow::interface,
    },
    TopColumn {
        title: "METRIC",
        is_number: true,
        rank: 2,
        cell: |row| metric(row.route.metric),
    },
    TopColumn {
        title: "PROTOCOL",
        is_number: false,
        rank: 1,
        cell: |row| row.route.protocol.to_string(),
    },
    TopColumn {
        title: "PROCESS",
        is_number: true,
        rank: 5,
        cell: TopRow::processes,
    },
    TopColumn {
        title: "GUARD",
        is_number: false,
        rank: 6,
        cell: TopRow::guards,
    },
];

/// A column of the frame.
pub(super) struct ShownColumn {
    column: &'static TopColumn,
    width: usize,
}

/// The columns that fit a width together.
pub(super) fn fitting(rows: &[TopRow], width: usize) -> Vec<ShownColumn> {
    let mut columns: Vec<_> = COLUMNS.iter().map(|column| shown(column, rows)).collect();
    while columns.len() > 1 && total(&columns) > width {
        let lowest = columns.iter().map(|shown| shown.column.rank).min();
        columns.retain(|shown| Some(shown.column.rank) != lowest);
    }
    columns
}

fn shown(column: &'static TopColumn, rows: &[TopRow]) -> ShownColumn {
    let length = |row| (column.cell)(row).chars().count();
    let longest = rows.iter().map(length).max().unwrap_or_default();
    ShownColumn {
        column,
        width: longest.max(column.title.len()),
    }
}

fn total(columns: &[ShownColumn]) -> usize {
    let cells: usize = columns.iter().map(|shown| shown.width).sum();
    cells + GAP * columns.len().saturating_sub(1)
}

/// The cells of a route in these columns.
pub(super) fn line(columns: &[ShownColumn], row: &TopRow) -> String {
    let cells: Vec<_> = columns
        .iter()
        .map(|shown| shown.aligned(&(shown.column.cell)(row)))
        .collect();
    cells.join(&" ".repeat(GAP))
}

impl ShownColumn {
    pub(super) fn title(&self) -> String {
        self.aligned(self.column.title)
    }

    fn aligned(&self, text: &str) -> String {
        let width = self.width;
        if self.column.is_number {
            format!("{text:>width$}")
        } else {
            format!("{text:<width$}")
        }
    }
}
