//! `routectl route delete`

use std::io::{self, Write};

use ipforward::{Access, Route, RouteKey};

use crate::arguments::{Arguments, RouteArguments};
use crate::failure::Failure;
use crate::names::Names;
use crate::output::{Answer, JsonKey, write_json};
use crate::words;

/// The key of a route that is gone.
#[derive(Debug)]
pub(super) struct Deleted(RouteKey);

pub(super) fn run(arguments: &Arguments, words: &RouteArguments) -> Result<Deleted, Failure> {
    let key = words::key(words, &Names::new(arguments))?;
    let device = super::open(arguments, Access::ReadWrite)?;
    device.delete_route(&key).map_err(|error| {
        let route = Route::new(key.destination, key.interface).via(key.next_hop);
        Failure::about(&device, error, &route)
    })?;
    Ok(Deleted(key))
}

impl Answer for Deleted {
    fn write_text(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "deleted {}", self.0)
    }

    fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        write_json(out, &JsonKey::from(&self.0))
    }
}
