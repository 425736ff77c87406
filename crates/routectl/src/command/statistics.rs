//! `routectl statistics`

use std::io::{self, Write};

use comfy_table::{Cell, CellAlignment};
use ipforward::Access;
use ipforward::abi::{Counters, Losses, Statistics};
use serde::Serialize;

use crate::cli::Cli;
use crate::error::CommandError;
use crate::output::table::{self, Column};
use crate::output::{CommandOutput, write_json};

const COLUMNS: [Column; 3] = [
    ("COUNTER", CellAlignment::Left),
    ("TOTAL", CellAlignment::Right),
    ("HANDLE", CellAlignment::Right),
];

/// The driver's counters.
#[derive(Debug, Serialize)]
pub(super) struct CounterReport {
    total: JsonCounters,
    handle: JsonCounters,
    losses: JsonLosses,
}

#[derive(Debug, Serialize)]
struct JsonCounters {
    requests: u64,
    refused: u64,
    routes_created: u64,
    routes_set: u64,
    routes_deleted: u64,
    snapshots: u64,
    interfaces_set: u64,
}

/// What the driver lost; the names are those of the contract.
#[derive(Debug, Serialize)]
struct JsonLosses {
    leases_left: u64,
    guards_given_up: u64,
    event_overflows: u64,
    change_overflows: u64,
    watches_not_parked: u64,
    failed_registrations: u64,
    tables_leaked: u64,
    compartments_not_left: u64,
    settings_left: u64,
}

pub(super) fn run(cli: &Cli) -> Result<CounterReport, CommandError> {
    let statistics = super::open(cli, Access::ReadOnly)?.statistics()?;
    Ok(CounterReport::from(statistics))
}

impl From<Statistics> for CounterReport {
    fn from(statistics: Statistics) -> Self {
        Self {
            total: statistics.total.into(),
            handle: statistics.handle.into(),
            losses: statistics.losses.into(),
        }
    }
}

impl From<Counters> for JsonCounters {
    fn from(counters: Counters) -> Self {
        Self {
            requests: counters.requests,
            refused: counters.refused,
            routes_created: counters.routes_created,
            routes_set: counters.routes_set,
            routes_deleted: counters.routes_deleted,
            snapshots: counters.snapshots,
            interfaces_set: counters.interfaces_set,
        }
    }
}

impl From<Losses> for JsonLosses {
    fn from(losses: Losses) -> Self {
        Self {
            leases_left: losses.leases_left,
            guards_given_up: losses.guards_given_up,
            event_overflows: losses.event_overflows,
            change_overflows: losses.change_overflows,
            watches_not_parked: losses.watches_not_parked,
            failed_registrations: losses.failed_registrations,
            tables_leaked: losses.tables_leaked,
            compartments_not_left: losses.compartments_not_left,
            settings_left: losses.settings_left,
        }
    }
}

impl JsonLosses {
    /// The counters with their names.
    const fn rows(&self) -> [(&'static str, u64); 9] {
        [
            ("leases left", self.leases_left),
            ("guards given up", self.guards_given_up),
            ("event overflows", self.event_overflows),
            ("change overflows", self.change_overflows),
            ("watches not parked", self.watches_not_parked),
            ("failed registrations", self.failed_registrations),
            ("tables leaked", self.tables_leaked),
            ("compartments not left", self.compartments_not_left),
            ("settings left", self.settings_left),
        ]
    }
}

impl CommandOutput for CounterReport {
    fn write_text(&self, out: &mut dyn Write) -> io::Result<()> {
        let (total, handle) = (&self.total, &self.handle);
        let rows = [
            ("requests", total.requests, handle.requests),
            ("refused", total.refused, handle.refused),
            (
                "routes created",
                total.routes_created,
                handle.routes_created,
            ),
            ("routes changed", total.routes_set, handle.routes_set),
            (
                "routes deleted",
                total.routes_deleted,
                handle.routes_deleted,
            ),
            ("snapshots", total.snapshots, handle.snapshots),
            (
                "interfaces changed",
                total.interfaces_set,
                handle.interfaces_set,
            ),
        ];
        let cells = rows
            .map(|(name, total, handle)| [Cell::new(name), Cell::new(total), Cell::new(handle)]);
        let losses = self.losses.rows();
        let lost = losses.map(|(name, total)| [Cell::new(name), Cell::new(total), Cell::new("")]);
        table::write(out, COLUMNS, cells.into_iter().chain(lost))
    }

    fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        write_json(out, self)
    }
}
