//! `routectl watch`

use std::io::{self, ErrorKind, Write};

use ipforward::{Access, Event, EventKind, RouteKey, RouteWithMetric, WatchFilter};
use serde::Serialize;

use crate::cli::{Cli, WatchArguments};
use crate::error::CommandError;
use crate::exit::Exit;
use crate::output::{JsonKey, JsonRoute, NoOutput};
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
}

/// Prints events until routectl is interrupted or the reader closes the pipe.
pub(super) fn run(cli: &Cli, arguments: &WatchArguments) -> Result<NoOutput, CommandError> {
    let mut filter = WatchFilter::new().family(family_or_both(arguments.family));
    if let Some(prefix) = arguments.inside {
        filter = filter.inside(prefix);
    }
    let device = super::open(cli, Access::ReadOnly)?;
    for event in device.watch(&filter)? {
        match print(&event?, cli.json) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => break,
            printed => printed.map_err(CommandError::Output)?,
        }
    }
    Ok(NoOutput(Exit::Success))
}

/// Prints one event and flushes the output.
fn print(event: &Event, json: bool) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    if json {
        serde_json::to_writer(&mut out, &JsonEvent::from(event))?;
        writeln!(out)?;
    } else {
        write_text(&mut out, event)?;
    }
    out.flush()
}

fn write_text(out: &mut impl Write, event: &Event) -> io::Result<()> {
    let name = name(event.kind);
    match event.kind {
        EventKind::Added(route) | EventKind::Changed(route) | EventKind::GuardRestored(route) => {
            writeln!(out, "{name} {route}")
        }
        EventKind::Removed(key) | EventKind::GuardGaveUp(key) => writeln!(out, "{name} {key}"),
        EventKind::Resync => writeln!(out, "{name}: events were lost"),
        _ => writeln!(out, "{name}"),
    }
}

impl From<&Event> for JsonEvent {
    fn from(event: &Event) -> Self {
        let (key, route): (Option<RouteKey>, _) = match event.kind {
            EventKind::Added(route)
            | EventKind::Changed(route)
            | EventKind::GuardRestored(route) => (Some(route.key()), Some(route)),
            EventKind::Removed(key) | EventKind::GuardGaveUp(key) => (Some(key), None),
            _ => (None, None),
        };
        Self {
            event: name(event.kind),
            sequence: event.sequence,
            made_by_me: event.made_by_me,
            key: key.as_ref().map(JsonKey::from),
            route: route.map(|route| JsonRoute::from(&RouteWithMetric::new(route, None))),
        }
    }
}

/// The name of an event.
const fn name(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Added(_) => "added",
        EventKind::Changed(_) => "changed",
        EventKind::Removed(_) => "removed",
        EventKind::GuardRestored(_) => "restored",
        EventKind::GuardGaveUp(_) => "gave_up",
        EventKind::Resync => "resync",
        _ => "other",
    }
}
