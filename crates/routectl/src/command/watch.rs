//! `routectl watch`

use std::io::{self, ErrorKind, Write};

use ipforward::{
    Access, Device, Event, EventKind, GuardOwner, RouteKey, RouteWithMetric, WatchFilter,
};
use serde::Serialize;

use super::event_key::event_key;
use crate::cli::{Cli, WatchArguments};
use crate::error::CommandError;
use crate::exit::Exit;
use crate::output::{JsonKey, JsonRoute, NoOutput, write_json_line};
use crate::spec::family_or_both;

/// An event as one line of JSON.
#[derive(Debug, Serialize)]
struct JsonEvent {
    event: &'static str,
    sequence: u64,
    made_by_me: bool,
    /// The key of the route; `null` for an event without a route.
    key: Option<JsonKey>,
    /// The route as it is now; `null` if it does not exist any more.
    route: Option<JsonRoute>,
    /// The handle that guards the route; `null` for an event that is not of a guard.
    guard: Option<JsonGuardOwner>,
}

#[derive(Debug, Serialize)]
struct JsonGuardOwner {
    handle: u64,
    process_id: u32,
}

/// Prints events until routectl is interrupted or the reader closes the pipe.
pub(super) fn run(cli: &Cli, arguments: &WatchArguments) -> Result<NoOutput, CommandError> {
    let family = family_or_both(arguments.family);
    let mut filter = WatchFilter::new().family(family).all_guards();
    if let Some(prefix) = arguments.inside {
        filter = filter.inside(prefix);
    }
    let device = super::open(cli, Access::ReadOnly)?;
    for event in device.watch(&filter)? {
        match print(&device, &event?, cli.json) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => break,
            printed => printed.map_err(CommandError::Output)?,
        }
    }
    Ok(NoOutput(Exit::Success))
}

/// Prints one event and flushes the output.
fn print(device: &Device, event: &Event, json: bool) -> io::Result<()> {
    let key = event_key(device, &event.kind);
    let mut out = anstream::stdout().lock();
    if json {
        write_json_line(&mut out, &JsonEvent::new(event, key.as_ref()))?;
    } else {
        write_text(&mut out, event, key.as_ref())?;
    }
    out.flush()
}

fn write_text(out: &mut impl Write, event: &Event, key: Option<&RouteKey>) -> io::Result<()> {
    let name = event.kind.name().replace('_', " ");
    match (event.kind.route(), key) {
        (Some(route), _) => write!(out, "{name} {route}")?,
        (None, Some(key)) => write!(out, "{name} {key}")?,
        (None, None) if event.kind == EventKind::Resync => write!(out, "{name}: events were lost")?,
        (None, None) => write!(out, "{name}")?,
    }
    match event.guard_owner {
        Some(GuardOwner {
            handle, process_id, ..
        }) => writeln!(out, " (guard of handle {handle}, process {process_id})"),
        None => writeln!(out),
    }
}

impl JsonEvent {
    fn new(event: &Event, key: Option<&RouteKey>) -> Self {
        let route = event.kind.route().copied();
        Self {
            event: event.kind.name(),
            sequence: event.sequence,
            made_by_me: event.made_by_me,
            key: key.map(JsonKey::from),
            route: route.map(|route| JsonRoute::from(&RouteWithMetric::new(route, None))),
            guard: event.guard_owner.map(|owner| JsonGuardOwner {
                handle: owner.handle,
                process_id: owner.process_id,
            }),
        }
    }
}
