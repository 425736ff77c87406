//! Output of one route and of a table of routes.

use std::io::{self, Write};
use std::net::IpAddr;

use comfy_table::{Cell, CellAlignment, Color};
use ipforward::{NextHop, Route, RouteWithMetric};

use super::json::JsonRoute;
use super::table::{self, Column};
use super::{CommandOutput, write_json};

pub(crate) const COLUMNS: [Column; 8] = [
    ("DESTINATION", CellAlignment::Left),
    ("NEXT HOP", CellAlignment::Left),
    ("DEV", CellAlignment::Right),
    ("METRIC", CellAlignment::Right),
    ("TOTAL", CellAlignment::Right),
    ("PROTOCOL", CellAlignment::Left),
    ("ORIGIN", CellAlignment::Left),
    ("AGE", CellAlignment::Right),
];

impl CommandOutput for RouteWithMetric {
    fn write_text(&self, out: &mut dyn Write) -> io::Result<()> {
        table::write(out, COLUMNS, [cells(self)])?;
        let members = nondefault_members(&self.route);
        if members.is_empty() {
            return Ok(());
        }
        writeln!(out, "{members}")
    }

    fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        write_json(out, &JsonRoute::from(self))
    }
}

/// Members without a column that differ from the defaults, as arguments of `route set`.
fn nondefault_members(route: &Route) -> String {
    let defaults = Route::new(route.destination, route.interface)
        .metric(route.metric)
        .protocol(route.protocol);
    let differences = defaults.differences(route);
    let members: Vec<_> = differences
        .iter()
        .map(|(_, member)| format!("{} {}", member.keyword, member.value))
        .collect();
    members.join(", ")
}

/// The cells have the colors of `ip -color route`.
pub(crate) fn cells(entry: &RouteWithMetric) -> [Cell; 8] {
    let route = &entry.route;
    [
        destination_cell(route),
        next_hop_cell(route),
        interface_cell(route),
        Cell::new(metric(route.metric)),
        Cell::new(complete_metric(entry)),
        Cell::new(route.protocol),
        Cell::new(route.origin),
        Cell::new(age(route.age)),
    ]
}

pub(crate) fn destination_cell(route: &Route) -> Cell {
    Cell::new(route.destination).fg(family_color(route.destination.addr()))
}

pub(crate) fn next_hop_cell(route: &Route) -> Cell {
    let cell = Cell::new(route.next_hop);
    match route.next_hop {
        NextHop::OnLink => cell,
        NextHop::Gateway { address, .. } => cell.fg(family_color(address)),
    }
}

pub(crate) fn interface_cell(route: &Route) -> Cell {
    Cell::new(route.interface).fg(Color::Cyan)
}

pub(crate) const fn family_color(address: IpAddr) -> Color {
    match address {
        IpAddr::V4(_) => Color::Magenta,
        IpAddr::V6(_) => Color::Blue,
    }
}

/// The route's own metric, or a dash if the stack chooses it.
pub(crate) fn metric(metric: u32) -> String {
    if metric == Route::METRIC_UNSPECIFIED {
        "-".to_owned()
    } else {
        metric.to_string()
    }
}

/// The complete metric, or a question mark if it is unknown.
pub(crate) fn complete_metric(entry: &RouteWithMetric) -> String {
    entry
        .complete_metric()
        .map_or_else(|| "?".to_owned(), |metric| metric.to_string())
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
