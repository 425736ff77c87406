//! `routectl route delete`

use std::io::{self, Write};

use ipforward::{Access, Device, Route, RouteKey};

use super::find::find;
use crate::cli::{Cli, DeleteArguments};
use crate::error::CommandError;
use crate::output::{CommandOutput, JsonKey, write_json};
use crate::spec::{self, PartialKey};

/// The key of the deleted route.
#[derive(Debug)]
pub(super) enum Deleted {
    Route(RouteKey),
    /// There was none.
    Absent(PartialKey),
}

/// Deletes the only route that the arguments describe.
pub(super) fn run(cli: &Cli, arguments: &DeleteArguments) -> Result<Deleted, CommandError> {
    let given = spec::key(&arguments.route, &cli.interface_names())?;
    let device = super::open(cli, Access::ReadWrite)?;
    match delete(&device, &given) {
        Err(error) if arguments.absent_ok && error.is_absence() => Ok(Deleted::Absent(given)),
        deleted => deleted.map(Deleted::Route),
    }
}

fn delete(device: &Device, key: &PartialKey) -> Result<RouteKey, CommandError> {
    let key = find(device, key)?;
    device.delete_route(&key).map_err(|error| {
        let route = Route::new(key.destination, key.interface).via(key.next_hop);
        CommandError::of_route(device, error, &route)
    })?;
    Ok(key)
}

impl CommandOutput for Deleted {
    fn write_text(&self, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Route(key) => writeln!(out, "deleted {key}"),
            Self::Absent(key) => writeln!(out, "no route {key}; nothing was changed"),
        }
    }

    fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Route(key) => write_json(out, &JsonKey::from(key)),
            Self::Absent(_) => write_json(out, &None::<JsonKey>),
        }
    }
}
