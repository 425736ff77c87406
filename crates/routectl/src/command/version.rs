//! `routectl version`

use std::io::{self, Write};

use ipforward::Access;
use ipforward::abi::Version;
use ipforward::abi::version::{
    CAPABILITY_APPLY, CAPABILITY_BEST_ROUTE, CAPABILITY_GUARD, CAPABILITY_INTERFACES,
    CAPABILITY_LEASES, CAPABILITY_ROUTES, CAPABILITY_STATISTICS, CAPABILITY_TABLES,
    CAPABILITY_WATCH,
};
use serde::Serialize;

use crate::cli::Cli;
use crate::error::CommandError;
use crate::output::{CommandOutput, write_json};

/// The names of capabilities.
const CAPABILITIES: &[(u64, &str)] = &[
    (CAPABILITY_ROUTES, "routes"),
    (CAPABILITY_TABLES, "tables"),
    (CAPABILITY_BEST_ROUTE, "best_route"),
    (CAPABILITY_STATISTICS, "statistics"),
    (CAPABILITY_APPLY, "apply"),
    (CAPABILITY_LEASES, "leases"),
    (CAPABILITY_WATCH, "watch"),
    (CAPABILITY_GUARD, "guard"),
    (CAPABILITY_INTERFACES, "interfaces"),
];

#[derive(Debug, Serialize)]
pub(super) struct Versions {
    routectl: &'static str,
    driver: String,
    abi: u32,
    table_rows_max: u32,
    batch_entries_max: u32,
    leases_per_handle_max: u32,
    ring_events: u32,
    capabilities: Vec<&'static str>,
}

pub(super) fn run(cli: &Cli) -> Result<Versions, CommandError> {
    let version = super::open(cli, Access::ReadOnly)?.version()?;
    Ok(Versions::from(version))
}

impl From<Version> for Versions {
    fn from(version: Version) -> Self {
        let [major, minor, patch] = version.driver_version;
        Self {
            routectl: env!("CARGO_PKG_VERSION"),
            driver: format!("{major}.{minor}.{patch}"),
            abi: version.abi_version,
            table_rows_max: version.table_rows_max,
            batch_entries_max: version.batch_entries_max,
            leases_per_handle_max: version.leases_per_handle_max,
            ring_events: version.ring_events,
            capabilities: CAPABILITIES
                .iter()
                .filter(|(bit, _)| version.capabilities & bit != 0)
                .map(|(_, name)| *name)
                .collect(),
        }
    }
}

impl CommandOutput for Versions {
    fn write_text(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "routectl {}", self.routectl)?;
        writeln!(out, "driver {}, contract {}", self.driver, self.abi)?;
        writeln!(out, "capabilities {}", self.capabilities.join(", "))
    }

    fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        write_json(out, self)
    }
}
