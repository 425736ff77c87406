//! Routes as an aligned table.

use std::io::{self, Write};
use std::net::IpAddr;

use comfy_table::{Attribute, Cell, CellAlignment, Color, ContentArrangement, Table, presets};
use ipforward::{NextHop, Route};

const COLUMNS: [(&str, CellAlignment); 7] = [
    ("DESTINATION", CellAlignment::Left),
    ("NEXT HOP", CellAlignment::Left),
    ("DEV", CellAlignment::Right),
    ("METRIC", CellAlignment::Right),
    ("PROTOCOL", CellAlignment::Left),
    ("ORIGIN", CellAlignment::Left),
    ("AGE", CellAlignment::Right),
];

/// Writes the routes, one a line, under a header.
pub(super) fn write(out: &mut dyn Write, routes: &[Route]) -> io::Result<()> {
    let mut table = Table::new();
    table
        .load_preset(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled)
        .enforce_styling()
        .set_header(COLUMNS.map(|(name, _)| Cell::new(name).add_attribute(Attribute::Bold)))
        .add_rows(routes.iter().map(cells));
    for (column, (_, alignment)) in table.column_iter_mut().zip(COLUMNS) {
        column.set_padding((0, 2)).set_cell_alignment(alignment);
    }
    if let Some(last) = table.column_mut(COLUMNS.len() - 1) {
        last.set_padding((0, 0));
    }
    writeln!(out, "{}", table.trim_fmt())
}

/// The colours are those of `ip -color route`.
fn cells(route: &Route) -> [Cell; 7] {
    let next_hop = Cell::new(route.next_hop);
    [
        Cell::new(route.destination).fg(family_color(route.destination.addr())),
        match route.next_hop {
            NextHop::OnLink => next_hop,
            NextHop::Gateway { address, .. } => next_hop.fg(family_color(address)),
        },
        Cell::new(route.interface).fg(Color::Cyan),
        Cell::new(metric(route.metric)),
        Cell::new(route.protocol),
        Cell::new(route.origin),
        Cell::new(age(route.age)),
    ]
}

const fn family_color(address: IpAddr) -> Color {
    match address {
        IpAddr::V4(_) => Color::Magenta,
        IpAddr::V6(_) => Color::Blue,
    }
}

fn metric(metric: u32) -> String {
    if metric == Route::METRIC_UNSPECIFIED {
        "-".to_owned()
    } else {
        metric.to_string()
    }
}

/// An age in its two largest units.
fn age(seconds: u32) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, _) => format!("{minutes}m{:02}s", seconds % 60),
        (0, ..) => format!("{hours}h{:02}m", minutes % 60),
        _ => format!("{days}d{:02}h", hours % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_has_its_two_largest_units() {
        for (seconds, expected) in [
            (0, "0s"),
            (59, "59s"),
            (60, "1m00s"),
            (3_599, "59m59s"),
            (3_600, "1h00m"),
            (86_399, "23h59m"),
            (86_400, "1d00h"),
            (u32::MAX, "49710d06h"),
        ] {
            assert_eq!(age(seconds), expected);
        }
    }
}
