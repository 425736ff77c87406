//! `routectl watch`

use std::io::{self, ErrorKind, Write};

use ipforward::{Access, Event, EventKind, RouteKey, RouteWithMetric, WatchFilter};
use serde::Serialize;

use crate::arguments::{Arguments, WatchArguments, asked_family};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{JsonKey, JsonRoute, Silent};

/// An event as JSON: one line.
#[derive(Debug, Serialize)]
struct JsonEvent {
    event: &'static str,
    sequence: u64,
    made_by_me: bool,
    /// The keys of the route; `null` if it is about none.
    key: Option<JsonKey>,
    /// The route as it is; `null` if it is gone.
    route: Option<JsonRoute>,
}

/// Prints events as they come, until routectl is interrupted or nobody reads them any more.
pub(super) fn run(arguments: &Arguments, said: &WatchArguments) -> Result<Silent, Failure> {
    let mut filter = WatchFilter::new().family(asked_family(said.family));
    if let Some(prefix) = said.inside {
        filter = filter.inside(prefix);
    }
    let device = super::open(arguments, Access::ReadOnly)?;
    for event in device.watch(&filter)? {
        match print(&event?, arguments.json) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => break,
            printed => printed.map_err(Failure::Output)?,
        }
    }
    Ok(Silent(Exit::Success))
}

/// Prints one event at once.
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

/// What happened, in a word.
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
