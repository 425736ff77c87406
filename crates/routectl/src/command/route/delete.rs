//! `routectl route delete`

use std::io::{self, Write};

use ipforward::{Access, Route, RouteKey};

use super::find::find;
use crate::cli::Cli;
use crate::error::CommandError;
use crate::output::{CommandOutput, JsonKey, write_json};
use crate::spec::{self, RouteArguments};

/// The key of the deleted route.
#[derive(Debug)]
pub(super) struct Deleted(RouteKey);

/// Deletes the only route that the arguments describe.
pub(super) fn run(cli: &Cli, arguments: &RouteArguments) -> Result<Deleted, CommandError> {
    let key = spec::key(arguments, &cli.interface_names())?;
    let device = super::open(cli, Access::ReadWrite)?;
    let key = find(&device, &key)?;
    device.delete_route(&key).map_err(|error| {
        let route = Route::new(key.destination, key.interface).via(key.next_hop);
        CommandError::of_route(&device, error, &route)
    })?;
    Ok(Deleted(key))
}

impl CommandOutput for Deleted {
    fn write_text(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "deleted {}", self.0)
    }

    fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        write_json(out, &JsonKey::from(&self.0))
    }
}
