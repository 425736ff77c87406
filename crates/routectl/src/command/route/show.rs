//! `routectl route show`

use std::cmp::Ordering;
use std::collections::HashMap;
use std::io::{self, Write};

use comfy_table::Cell;
use ipforward::{Access, Device, Error, Interface, Metrics, NextHop, Route, RouteWithMetric};
use serde::Serialize;

use super::route_use::{self, STATE, Unused};
use super::tree;
use crate::cli::{Cli, RouteFilter, ShowArguments};
use crate::error::CommandError;
use crate::output::table;
use crate::output::{
    CommandOutput, JsonList, JsonRoute, ROUTE_COLUMNS, route_cells, write_json, write_route,
};
use crate::progress::RouteBar;

/// The routes that pass a filter, and why the stack does not use some.
#[derive(Debug)]
pub(in crate::command) struct ShownRoutes {
    routes: Vec<(RouteWithMetric, Option<Unused>)>,
    form: TextForm,
}

/// How routes are printed as text.
#[derive(Debug)]
enum TextForm {
    Table,
    /// Nested by containment of prefixes.
    Tree,
    /// A file for `apply`, with the aliases of interfaces.
    File(HashMap<Interface, Option<String>>),
}

#[derive(Debug, Serialize)]
struct JsonShownRoute {
    #[serde(flatten)]
    route: JsonRoute,
    in_use: bool,
    /// `null` if the route is in use.
    unused_because: Option<&'static str>,
}

pub(super) fn run(cli: &Cli, arguments: &ShowArguments) -> Result<ShownRoutes, CommandError> {
    let mut shown = ShownRoutes::read(cli, &arguments.filter)?;
    if arguments.tree {
        shown.form = TextForm::Tree;
    }
    Ok(if arguments.toml {
        shown.into_file(cli)
    } else {
        shown
    })
}

impl ShownRoutes {
    /// The routes that pass the filter, sorted: the order of the stack has no meaning.
    pub(in crate::command) fn read(cli: &Cli, filter: &RouteFilter) -> Result<Self, CommandError> {
        let dev = filter.interface(cli)?;
        let device = super::open(cli, Access::ReadOnly)?;
        let mut routes = read_routes(&device, filter)?;
        let interfaces = match device.interfaces(filter.table()) {
            Err(Error::Refused { .. }) => Vec::new(),
            interfaces => interfaces?,
        };
        let metrics: Metrics = interfaces.iter().collect();
        for (entry, _) in &mut routes {
            *entry = metrics.with_metric(entry.route);
        }
        routes.sort_unstable_by(|(one, _), (other, _)| order(one, other));
        // A route that is not shown can be the better one.
        route_use::find_unused(&mut routes, &interfaces);
        routes.retain(|(entry, _)| filter.passes(&entry.route, dev));
        Ok(Self {
            routes,
            form: TextForm::Table,
        })
    }

    /// Leaves out the other routes.
    pub(in crate::command) fn retain(&mut self, is_kept: impl Fn(&Route) -> bool) {
        self.routes.retain(|(entry, _)| is_kept(&entry.route));
    }

    /// The routes as a file for `apply`.
    pub(in crate::command) fn into_file(mut self, cli: &Cli) -> Self {
        let names = cli.interface_names();
        let mut aliases = HashMap::new();
        for (entry, _) in &self.routes {
            let interface = entry.route.interface;
            let alias = aliases.entry(interface);
            alias.or_insert_with(|| names.alias(interface));
        }
        self.form = TextForm::File(aliases);
        self
    }

    /// The column STATE is there if a route is not in use.
    fn write_table(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.routes.iter().all(|(_, unused)| unused.is_none()) {
            let rows = self.routes.iter().map(|(entry, _)| route_cells(entry));
            return table::write(out, ROUTE_COLUMNS, rows);
        }
        let rows = self.routes.iter().map(|(entry, unused)| {
            let state = Cell::new(unused.map_or("", Unused::state));
            with_last(route_cells(entry), state)
        });
        table::write(out, with_last(ROUTE_COLUMNS, STATE), rows)
    }

    fn write_file(
        &self,
        out: &mut dyn Write,
        aliases: &HashMap<Interface, Option<String>>,
    ) -> io::Result<()> {
        for (place, (entry, _)) in self.routes.iter().enumerate() {
            if place > 0 {
                writeln!(out)?;
            }
            let alias = aliases.get(&entry.route.interface);
            write_route(out, &entry.route, alias.and_then(Option::as_deref))?;
        }
        Ok(())
    }
}

impl CommandOutput for ShownRoutes {
    fn write_text(&self, out: &mut dyn Write) -> io::Result<()> {
        match &self.form {
            TextForm::Table => self.write_table(out),
            TextForm::Tree => tree::write(out, &self.routes),
            TextForm::File(aliases) => self.write_file(out, aliases),
        }
    }

    fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        let rows = self.routes.iter().map(|(entry, unused)| JsonShownRoute {
            route: JsonRoute::from(entry),
            in_use: unused.is_none(),
            unused_because: unused.map(Unused::name),
        });
        write_json(out, &JsonList(rows))
    }
}

/// All routes of the families of a filter, without what is known of them later. Shows a bar while it
/// reads many.
fn read_routes(
    device: &Device,
    filter: &RouteFilter,
) -> Result<Vec<(RouteWithMetric, Option<Unused>)>, Error> {
    let mut routes = Vec::new();
    let mut bar = None;
    device.visit_routes(filter.table(), |page, total| {
        if routes.is_empty() {
            routes.reserve_exact(total as usize);
        }
        routes.extend(
            page.iter()
                .map(|route| (RouteWithMetric::new(*route, None), None)),
        );
        bar.get_or_insert_with(|| RouteBar::new("reading", total as usize))
            .set_done(routes.len());
    })?;
    Ok(routes)
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
