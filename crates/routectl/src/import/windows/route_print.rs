//! Output of Windows' `route print` in any language.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};

use ipforward::{NextHop, Route};

use super::printed_row::{
    PrintedRow, index_bases, is_damaged_row, is_whole_row, lacks_gateway, row,
};
use crate::import::address::is_host;
use crate::import::line::{Line, LineError};
use crate::import::line_change::{InterfaceRef, LineChange, Metric, Verb};
use crate::import::line_kind::LeftOut;
use crate::import::parsed::Parsed;
use crate::import::score::Score;
use crate::import::system_routes::{Maker, SystemMetric, SystemRoutes, TableRow};

/// How surely a line is of `route print`.
pub(in crate::import) fn score(line: &str) -> Score {
    let words: Vec<_> = line.split_whitespace().collect();
    if line.trim_start().starts_with("=====") {
        Score::LIKELY
    } else if is_whole_row(&words) {
        Score::SURE
    } else {
        Score::NONE
    }
}

/// Parses all rows of both tables; skips titles and the list of interfaces.
pub(in crate::import) fn parse(text: &str) -> Parsed {
    let mut parsed = Parsed::default();
    let mut rows = Vec::new();
    let bases = index_bases(text);
    let mut lines = text.lines().zip(1..).peekable();
    while let Some((text, number)) = lines.next() {
        let mut line = Line::new(number, text);
        // After a long prefix, the gateway is on the next line.
        if lacks_gateway(&line.words())
            && let Some((gateway, _)) = lines.next_if(|(next, _)| is_gateway_line(next))
        {
            line = Line::new(number, &format!("{text} {}", gateway.trim()));
        }
        match row(&line, bases) {
            Some(Ok(row)) => rows.push(without_own_gateway(row)),
            Some(Err(error)) => parsed.reject(&line, error),
            None if is_damaged_row(&line.words()) => {
                let expected = "destination, mask, gateway, interface and metric, or index, metric, \
                                IPv6 prefix and gateway";
                parsed.reject(&line, LineError::new("incomplete row", expected));
            }
            None => parsed.leave_out(&line, LeftOut::Noise),
        }
    }
    add_rows(&mut parsed, &rows);
    parsed
}

/// True for a line that has only a gateway.
fn is_gateway_line(line: &str) -> bool {
    let is_text = !line.trim_end().ends_with([':', '=']);
    line.starts_with([' ', '\t']) && is_text && line.split_whitespace().count() <= 3
}

/// Older systems print the own address as the gateway of an on-link route.
fn without_own_gateway(row: PrintedRow) -> PrintedRow {
    let own = match row.dev {
        Some(InterfaceRef::Address(own)) => Some(own),
        _ => None,
    };
    PrintedRow {
        next_hop: match row.next_hop.address() {
            Some(gateway) if Some(gateway) == own => NextHop::OnLink,
            _ => row.next_hop,
        },
        ..row
    }
}

fn add_rows(parsed: &mut Parsed, rows: &[PrintedRow]) {
    let metrics = InterfaceMetrics::of(rows);
    let table_row = |row: &PrintedRow| TableRow {
        prefix: row.prefix,
        dev: row.dev.clone(),
        is_on_link: row.next_hop == NextHop::OnLink,
        metric: metrics.system_metric(row),
    };
    let table: Vec<_> = rows.iter().map(table_row).collect();
    let mut system = SystemRoutes::of(&table);
    system.add_addresses(rows.iter().filter_map(own_address));
    for (row, table_row) in rows.iter().zip(&table) {
        let maker = if is_loopback_of_own_address(row, rows) {
            Maker::System
        } else {
            system.maker(table_row)
        };
        let is_also_active = || {
            let mut others = rows.iter().filter(|other| other.is_active);
            others.any(|other| is_same(row, other))
        };
        if maker == Maker::System {
            parsed.leave_out(&row.line, LeftOut::SystemRoute);
        } else if row.is_active || !is_also_active() {
            let mut change = change(row, &metrics, rows);
            change.system_route_if = maker.condition();
            parsed.changes.push(change);
        }
    }
}

/// The interface column of an IPv4 row has an own address.
fn own_address(row: &PrintedRow) -> Option<(InterfaceRef, IpAddr)> {
    match row.dev {
        Some(ref dev @ InterfaceRef::Address(address)) => Some((dev.clone(), address)),
        _ => None,
    }
}

/// Older systems print a route through loopback to each own address.
fn is_loopback_of_own_address(row: &PrintedRow, rows: &[PrintedRow]) -> bool {
    let own = Some(InterfaceRef::Address(row.prefix.addr()));
    row.dev == Some(InterfaceRef::Address(Ipv4Addr::LOCALHOST.into()))
        && row.next_hop == NextHop::OnLink
        && is_host(row.prefix)
        && rows.iter().any(|other| other.dev == own)
}

/// True if a persistent row is also in the table of active routes.
fn is_same(persistent: &PrintedRow, active: &PrintedRow) -> bool {
    (persistent.prefix, persistent.next_hop) == (active.prefix, active.next_hop)
        && (persistent.dev.is_none() || persistent.dev == active.dev)
}

fn change(row: &PrintedRow, metrics: &InterfaceMetrics, rows: &[PrintedRow]) -> LineChange {
    let of_interface = metrics.of_row(row);
    LineChange {
        next_hop: Some(row.next_hop),
        dev: row.dev.clone().or_else(|| interface_of_gateway(row, rows)),
        metric: row.metric.map(|metric| match of_interface {
            Some(of_interface) if row.is_active && metric >= of_interface => {
                Metric::Own(metric - of_interface)
            }
            _ if row.is_active => Metric::Complete(metric),
            _ => Metric::Own(metric),
        }),
        ..LineChange::new(&row.line, Verb::Replace, row.prefix)
    }
}

/// The interface of the active routes with the same gateway: a persistent row has none.
fn interface_of_gateway(row: &PrintedRow, rows: &[PrintedRow]) -> Option<InterfaceRef> {
    let has_gateway = |other: &&PrintedRow| {
        row.next_hop != NextHop::OnLink && other.next_hop == row.next_hop && other.dev.is_some()
    };
    let mut found = rows.iter().filter(has_gateway).map(|other| &other.dev);
    let first = found.next()?;
    found.all(|other| other == first).then(|| first.clone())?
}

/// The metrics of the interfaces of the system that printed the tables: the routes to own addresses,
/// to multicast and to broadcast have the metric 256 besides.
///
/// Older systems print one metric, which their own routes of an interface share.
struct InterfaceMetrics {
    of_interfaces: HashMap<(String, bool), u32>,
    of_old_systems: HashMap<(String, bool), u32>,
}

impl InterfaceMetrics {
    fn of(rows: &[PrintedRow]) -> Self {
        let shown = rows.iter().filter_map(|row| {
            let address = row.prefix.addr();
            let is_own = row.dev == Some(InterfaceRef::Address(address));
            let is_of_system = row.next_hop == NextHop::OnLink
                && (is_own && is_host(row.prefix)
                    || address.is_multicast()
                    || address == IpAddr::V4(Ipv4Addr::BROADCAST));
            let metric = row.metric?.checked_sub(Route::METRIC_DEFAULT)?;
            is_of_system.then_some((Self::key(row)?, metric))
        });
        let old = rows
            .iter()
            .filter(|row| is_loopback_of_own_address(row, rows));
        let old = old.filter_map(|row| Some(((row.prefix.addr().to_string(), false), row.metric?)));
        Self {
            of_interfaces: shown.collect(),
            of_old_systems: old.collect(),
        }
    }

    fn key(row: &PrintedRow) -> Option<(String, bool)> {
        Some((row.dev.as_ref()?.name(), row.prefix.addr().is_ipv6()))
    }

    fn of_row(&self, row: &PrintedRow) -> Option<u32> {
        self.of_interfaces.get(&Self::key(row)?).copied()
    }

    fn system_metric(&self, row: &PrintedRow) -> SystemMetric {
        let old = Self::key(row).and_then(|key| self.of_old_systems.get(&key));
        match (row.metric, self.of_row(row)) {
            (Some(metric), None) if Some(&metric) == old => SystemMetric::Yes,
            (Some(complete), Some(of_interface)) => {
                if complete.checked_sub(of_interface) == Some(Route::METRIC_DEFAULT) {
                    SystemMetric::Yes
                } else {
                    SystemMetric::No
                }
            }
            // Less than 256: not even an interface with metric 0 makes it the system's.
            (Some(complete), None) if complete < Route::METRIC_DEFAULT => SystemMetric::No,
            _ => SystemMetric::Unknown,
        }
    }
}
