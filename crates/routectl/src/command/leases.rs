//! `routectl leases`

use std::io::{self, Write};
use std::time::Duration;

use comfy_table::{Cell, CellAlignment, Color};
use ipforward::abi::DEFAULT_COMPARTMENT;
use ipforward::{Access, Guard, GuardState, LeaseInfo, Route, RouteWithMetric};
use serde::Serialize;

use crate::cli::Cli;
use crate::error::CommandError;
use crate::output::table::{self, Column};
use crate::output::{
    CommandOutput, JsonRoute, destination_cell, metric, next_hop_cell, write_json,
};

const COLUMNS: [Column; 9] = [
    ("DESTINATION", CellAlignment::Left),
    ("NEXT HOP", CellAlignment::Left),
    ("DEV", CellAlignment::Right),
    ("METRIC", CellAlignment::Right),
    ("PROCESS", CellAlignment::Right),
    ("HANDLE", CellAlignment::Right),
    ("SHARED", CellAlignment::Left),
    ("GUARD", CellAlignment::Left),
    ("DISPLACED", CellAlignment::Left),
];

/// The leases of all handles, ordered by route.
#[derive(Debug)]
pub(super) struct LeaseList(Vec<LeaseInfo>);

#[derive(Debug, Serialize)]
struct JsonLease {
    /// The route as its owner requested it.
    route: JsonRoute,
    owner: JsonOwner,
    shared: bool,
    /// The network compartment of the route; 1 is the default one.
    compartment: u32,
    /// `null` if it has no guard.
    guard: Option<JsonGuard>,
    /// The route that the driver restores when the last lease ends; `null` if there is none.
    displaced: Option<JsonRoute>,
}

#[derive(Debug, Serialize)]
struct JsonOwner {
    process_id: u32,
    handle: u64,
    /// True if the handle is closed and the driver could not remove the route yet.
    closed: bool,
}

#[derive(Debug, Serialize)]
struct JsonGuard {
    state: &'static str,
    /// Milliseconds until it acts; `null` if it does not wait.
    delay: Option<u128>,
    times: u32,
}

pub(super) fn run(cli: &Cli) -> Result<LeaseList, CommandError> {
    let mut leases = super::open(cli, Access::ReadOnly)?.leases()?;
    leases.sort_by_key(|lease| {
        let route = &lease.route;
        let interface = (route.interface.index(), route.interface.luid());
        let next_hop = route.next_hop.address();
        (route.destination, interface, next_hop, lease.owner.handle)
    });
    Ok(LeaseList(leases))
}

impl CommandOutput for LeaseList {
    fn write_text(&self, out: &mut dyn Write) -> io::Result<()> {
        table::write(out, COLUMNS, self.0.iter().map(cells))
    }

    fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        let leases: Vec<_> = self.0.iter().map(JsonLease::from).collect();
        write_json(out, &leases)
    }
}

fn cells(lease: &LeaseInfo) -> [Cell; 9] {
    let (route, owner) = (&lease.route, &lease.owner);
    let process = Cell::new(owner.process_id);
    [
        destination_cell(route),
        next_hop_cell(route),
        Cell::new(interface(lease)).fg(Color::Cyan),
        Cell::new(metric(route.metric)),
        if owner.is_closed {
            process.fg(Color::Red)
        } else {
            process
        },
        Cell::new(owner.handle),
        Cell::new(if lease.shared { "yes" } else { "no" }),
        guard_cell(lease.guard),
        Cell::new(lease.displaced.as_ref().map_or_else(dash, displaced)),
    ]
}

/// The interface, and its network compartment if that is not the default one.
fn interface(lease: &LeaseInfo) -> String {
    let interface = lease.route.interface;
    match lease.compartment {
        DEFAULT_COMPARTMENT => interface.to_string(),
        other => format!("{interface} (compartment {other})"),
    }
}

fn dash() -> String {
    "-".to_owned()
}

/// The members of the displaced route; its key is that of the leased one.
fn displaced(route: &Route) -> String {
    format!("metric {} {}", metric(route.metric), route.protocol)
}

fn guard_cell(guard: Option<Guard>) -> Cell {
    let Some(Guard { state, .. }) = guard else {
        return Cell::new(dash());
    };
    Cell::new(guard_text(state)).fg(match state {
        GuardState::Holding => Color::Green,
        GuardState::InterfaceReplaced | GuardState::GaveUp => Color::Red,
        _ => Color::Yellow,
    })
}

/// The state of a guard in a table.
pub(super) fn guard_text(state: GuardState) -> String {
    let seconds = |time: Duration| format!("{:.1}s", time.as_secs_f64());
    match state {
        GuardState::BackingOff(time) => format!("back in {}", seconds(time)),
        GuardState::Cooldown(time) => format!("cooldown for {}", seconds(time)),
        state => name(state).replace('_', " "),
    }
}

/// The name of a state in JSON.
const fn name(state: GuardState) -> &'static str {
    match state {
        GuardState::Holding => "holding",
        GuardState::Checking => "checking",
        GuardState::BackingOff(_) => "backing_off",
        GuardState::Cooldown(_) => "cooldown",
        GuardState::WaitsForInterface => "waits_for_interface",
        GuardState::InterfaceReplaced => "interface_replaced",
        GuardState::GaveUp => "gave_up",
        _ => "other",
    }
}

impl From<&LeaseInfo> for JsonLease {
    fn from(lease: &LeaseInfo) -> Self {
        let json = |route: &Route| JsonRoute::from(&RouteWithMetric::new(*route, None));
        Self {
            route: json(&lease.route),
            owner: JsonOwner {
                process_id: lease.owner.process_id,
                handle: lease.owner.handle,
                closed: lease.owner.is_closed,
            },
            shared: lease.shared,
            compartment: lease.compartment,
            guard: lease.guard.map(JsonGuard::from),
            displaced: lease.displaced.as_ref().map(json),
        }
    }
}

impl From<Guard> for JsonGuard {
    fn from(guard: Guard) -> Self {
        let delay = match guard.state {
            GuardState::BackingOff(time) | GuardState::Cooldown(time) => Some(time.as_millis()),
            _ => None,
        };
        Self {
            state: name(guard.state),
            delay,
            times: guard.times,
        }
    }
}
