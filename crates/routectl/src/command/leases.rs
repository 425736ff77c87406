//! `routectl leases`

use std::io::{self, Write};
use std::time::Duration;

use comfy_table::{Cell, CellAlignment, Color};
use ipforward::abi::DEFAULT_COMPARTMENT;
use ipforward::{
    Access, Guard, GuardState, Interface, InterfaceLease, LeaseInfo, LeaseOwner, Route,
    RouteWithMetric, SettingValues,
};
use serde::Serialize;

use crate::cli::Cli;
use crate::error::CommandError;
use crate::output::table::{self, Column};
use crate::output::{
    CommandOutput, JsonInterface, JsonRoute, destination_cell, family_name, metric, next_hop_cell,
    write_json,
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

const INTERFACE_COLUMNS: [Column; 6] = [
    ("DEV", CellAlignment::Right),
    ("FAMILY", CellAlignment::Left),
    ("PROCESS", CellAlignment::Right),
    ("HANDLE", CellAlignment::Right),
    ("SETTINGS", CellAlignment::Left),
    ("BEFORE", CellAlignment::Left),
];

/// The leases of all handles.
#[derive(Debug)]
pub(super) struct LeaseList {
    /// Ordered by route.
    routes: Vec<LeaseInfo>,
    /// Ordered by interface.
    interfaces: Vec<InterfaceLease>,
}

#[derive(Debug, Serialize)]
struct JsonLeases {
    routes: Vec<JsonLease>,
    interfaces: Vec<JsonInterfaceLease>,
}

/// A lease of settings of an interface.
#[derive(Debug, Serialize)]
struct JsonInterfaceLease {
    #[serde(flatten)]
    interface: JsonInterface,
    family: &'static str,
    owner: JsonOwner,
    /// The network compartment of the interface; 1 is the default one.
    compartment: u32,
    /// The leased settings.
    settings: JsonSettings,
    /// The values that the driver puts back.
    before: JsonSettings,
}

/// Settings of an interface; `null` for each one that is not leased.
#[derive(Debug, Serialize)]
struct JsonSettings {
    automatic_metric: Option<bool>,
    metric: Option<u32>,
    default_routes: Option<bool>,
}

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
    let device = super::open(cli, Access::ReadOnly)?;
    let mut routes = device.leases()?;
    routes.sort_by_key(|lease| {
        let route = &lease.route;
        let interface = (route.interface.index(), route.interface.luid());
        let next_hop = route.next_hop.address();
        (route.destination, interface, next_hop, lease.owner.handle)
    });
    let mut interfaces = device.interface_leases()?;
    interfaces.sort_by_key(|lease| {
        let interface = (lease.interface.index(), lease.interface.luid());
        (interface, lease.family.0)
    });
    Ok(LeaseList { routes, interfaces })
}

impl CommandOutput for LeaseList {
    fn write_text(&self, out: &mut dyn Write) -> io::Result<()> {
        let are_routes = !self.routes.is_empty();
        if are_routes || self.interfaces.is_empty() {
            table::write(out, COLUMNS, self.routes.iter().map(cells))?;
        }
        if self.interfaces.is_empty() {
            return Ok(());
        }
        if are_routes {
            writeln!(out)?;
        }
        let rows = self.interfaces.iter().map(interface_cells);
        table::write(out, INTERFACE_COLUMNS, rows)
    }

    fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        let leases = JsonLeases {
            routes: self.routes.iter().map(JsonLease::from).collect(),
            interfaces: self
                .interfaces
                .iter()
                .map(JsonInterfaceLease::from)
                .collect(),
        };
        write_json(out, &leases)
    }
}

fn cells(lease: &LeaseInfo) -> [Cell; 9] {
    let (route, owner) = (&lease.route, &lease.owner);
    [
        destination_cell(route),
        next_hop_cell(route),
        interface_cell(route.interface, lease.compartment),
        Cell::new(metric(route.metric)),
        process_cell(owner),
        Cell::new(owner.handle),
        Cell::new(if lease.shared { "yes" } else { "no" }),
        guard_cell(lease.guard),
        Cell::new(lease.displaced.as_ref().map_or_else(dash, displaced)),
    ]
}

fn interface_cells(lease: &InterfaceLease) -> [Cell; 6] {
    [
        interface_cell(lease.interface, lease.compartment),
        Cell::new(family_name(lease.family)),
        process_cell(&lease.owner),
        Cell::new(lease.owner.handle),
        Cell::new(lease.settings),
        Cell::new(lease.before),
    ]
}

/// The interface, and its network compartment if that is not the default one.
fn interface_cell(interface: Interface, compartment: u32) -> Cell {
    let text = match compartment {
        DEFAULT_COMPARTMENT => interface.to_string(),
        other => format!("{interface} (compartment {other})"),
    };
    Cell::new(text).fg(Color::Cyan)
}

/// The process; in red if its handle is closed and the lease has not ended yet.
fn process_cell(owner: &LeaseOwner) -> Cell {
    let process = Cell::new(owner.process_id);
    if owner.is_closed {
        process.fg(Color::Red)
    } else {
        process
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
            owner: JsonOwner::from(&lease.owner),
            shared: lease.shared,
            compartment: lease.compartment,
            guard: lease.guard.map(JsonGuard::from),
            displaced: lease.displaced.as_ref().map(json),
        }
    }
}

impl From<&InterfaceLease> for JsonInterfaceLease {
    fn from(lease: &InterfaceLease) -> Self {
        Self {
            interface: lease.interface.into(),
            family: family_name(lease.family),
            owner: JsonOwner::from(&lease.owner),
            compartment: lease.compartment,
            settings: lease.settings.into(),
            before: lease.before.into(),
        }
    }
}

impl From<SettingValues> for JsonSettings {
    fn from(settings: SettingValues) -> Self {
        Self {
            automatic_metric: settings.automatic_metric,
            metric: settings.metric,
            default_routes: settings.default_routes,
        }
    }
}

impl From<&LeaseOwner> for JsonOwner {
    fn from(owner: &LeaseOwner) -> Self {
        Self {
            process_id: owner.process_id,
            handle: owner.handle,
            closed: owner.is_closed,
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
