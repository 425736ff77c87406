//! `routectl statistics`

use std::io::{self, Write};

use comfy_table::{Cell, CellAlignment};
use ipforward::Access;
use ipforward::abi::{Counters, Statistics};
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
}

#[derive(Debug, Serialize)]
struct JsonCounters {
    requests: u64,
    refused: u64,
    routes_created: u64,
    routes_set: u64,
    routes_deleted: u64,
    snapshots: u64,
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
        }
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
        ];
        let cells = rows
            .map(|(name, total, handle)| [Cell::new(name), Cell::new(total), Cell::new(handle)]);
        table::write(out, COLUMNS, cells)
    }

    fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        write_json(out, self)
    }
}
