//! `routectl route show`

use std::cmp::Ordering;
use std::io::{self, Write};

use comfy_table::{Cell, CellAlignment};
use ipforward::{Access, Error, NextHop, RouteWithMetric};
use serde::Serialize;

use super::route_use::{self, Unused};
use crate::cli::{Cli, ShowArguments};
use crate::error::CommandError;
use crate::output::table::{self, Column};
use crate::output::{CommandOutput, JsonRoute, ROUTE_COLUMNS, route_cells, write_json};

const STATE: Column = ("STATE", CellAlignment::Left);

/// The routes that pass the filter, and why the stack does not use some.
#[derive(Debug)]
pub(super) struct ShownRoutes(Vec<(RouteWithMetric, Option<Unused>)>);

#[derive(Debug, Serialize)]
struct JsonShownRoute {
    #[serde(flatten)]
    route: JsonRoute,
    in_use: bool,
    /// `null` if the route is in use.
    unused_because: Option<&'static str>,
}

/// The routes that pass the filter, sorted: the order of the stack has no meaning.
pub(super) fn run(cli: &Cli, filter: &ShowArguments) -> Result<ShownRoutes, CommandError> {
    let names = cli.interface_names();
    let dev = filter.dev.as_deref().map(|name| names.dev(name));
    let dev = dev.transpose()?;
    let device = super::open(cli, Access::ReadOnly)?;
    let routes = device.routes_with_metrics(filter.table())?;
    let interfaces = match device.interfaces(filter.table()) {
        Err(Error::Refused { .. }) => Vec::new(),
        interfaces => interfaces?,
    };
    // A route that is not shown can be the better one.
    let unused = route_use::unused(&routes, &interfaces);
    let mut shown: Vec<_> = routes.into_iter().zip(unused).collect();
    shown.retain(|(entry, _)| filter.passes(&entry.route, dev));
    shown.sort_by(|(one, _), (other, _)| order(one, other));
    Ok(ShownRoutes(shown))
}

impl CommandOutput for ShownRoutes {
    /// The column STATE is there if a route is not in use.
    fn write_text(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.0.iter().all(|(_, unused)| unused.is_none()) {
            let rows = self.0.iter().map(|(entry, _)| route_cells(entry));
            return table::write(out, ROUTE_COLUMNS, rows);
        }
        let rows = self.0.iter().map(|(entry, unused)| {
            let state = Cell::new(unused.map_or("", Unused::state));
            with_last(route_cells(entry), state)
        });
        table::write(out, with_last(ROUTE_COLUMNS, STATE), rows)
    }

    fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        let rows = self.0.iter().map(|(entry, unused)| JsonShownRoute {
            route: JsonRoute::from(entry),
            in_use: unused.is_none(),
            unused_because: unused.map(Unused::name),
        });
        write_json(out, &rows.collect::<Vec<_>>())
    }
}

/// The array with one more element at its end.
fn with_last<T>(array: [T; 8], last: T) -> [T; 9] {
    let [first, second, third, fourth, fifth, sixth, seventh, eighth] = array;
    [
        first, second, third, fourth, fifth, sixth, seventh, eighth, last,
    ]
}

/// Sorts by destination, then the better route first, then by the rest of the key.
fn order(one: &RouteWithMetric, other: &RouteWithMetric) -> Ordering {
    let key = |entry: &RouteWithMetric| {
        let route = &entry.route;
        let scope_id = match route.next_hop {
            NextHop::Gateway { scope_id, .. } => scope_id,
            NextHop::OnLink => 0,
        };
        (
            route.destination,
            entry.complete_metric().unwrap_or(u64::MAX),
            route.metric,
            route.interface.index(),
            route.interface.luid(),
            route.next_hop.address(),
            scope_id,
        )
    };
    key(one).cmp(&key(other))
}
