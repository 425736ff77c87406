//! One line of `routectl watch`.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use ipforward::{
    Device, Event, EventKind, GuardOwner, LeaseInfo, LeaseOwner, Route, RouteKey, RouteWithMetric,
};
use serde::Serialize;

use crate::command::event_key::event_key;
use crate::command::event_time;
use crate::output::{JsonKey, JsonRoute, write_json_line};

const TIME: Style = Style::new().dimmed();

/// What a line tells.
#[derive(Debug)]
pub(super) struct WatchLine {
    name: &'static str,
    kind: EventKind,
    /// `None` for a line that routectl found by reading the table.
    sequence: Option<u64>,
    made_by_me: bool,
    guard: Option<GuardOwner>,
    style: Style,
}

/// A line as JSON.
#[derive(Debug, Serialize)]
struct JsonLine {
    /// The time at which routectl received the event, in UTC.
    time: String,
    event: &'static str,
    /// `null` if routectl read the table instead: at the start, or after lost events.
    sequence: Option<u64>,
    made_by_me: bool,
    /// The key of the route; `null` for an event without a route.
    key: Option<JsonKey>,
    /// The route as it is now; `null` if it does not exist any more.
    route: Option<JsonRoute>,
    /// The handles that lease the route now.
    owners: Vec<JsonHandle>,
    /// The handle that guards the route; `null` for an event that is not of a guard.
    guard: Option<JsonHandle>,
}

#[derive(Debug, Serialize)]
struct JsonHandle {
    handle: u64,
    process_id: u32,
}

impl WatchLine {
    /// An event.
    pub(super) fn event(event: &Event) -> Self {
        Self {
            name: event.kind.name(),
            kind: event.kind,
            sequence: Some(event.sequence),
            made_by_me: event.made_by_me,
            guard: event.guard_owner,
            style: style(&event.kind),
        }
    }

    /// A route that exists at the start.
    pub(super) const fn present(route: Route) -> Self {
        Self {
            name: "present",
            kind: EventKind::Added(route),
            sequence: None,
            made_by_me: false,
            guard: None,
            style: Style::new(),
        }
    }

    /// A change whose event was lost.
    pub(super) fn missed(kind: EventKind) -> Self {
        Self {
            name: kind.name(),
            kind,
            sequence: None,
            made_by_me: false,
            guard: None,
            style: style(&kind),
        }
    }
}

/// The style of the name of an event.
const fn style(kind: &EventKind) -> Style {
    match kind {
        EventKind::Added(_) => AnsiColor::Green.on_default(),
        EventKind::Changed(_) => AnsiColor::Yellow.on_default(),
        EventKind::Removed(_) => AnsiColor::Red.on_default(),
        EventKind::GuardRestored(_) => AnsiColor::Cyan.on_default(),
        _ => AnsiColor::Red.on_default().bold(),
    }
}

/// Writes a line.
pub(super) fn write(
    out: &mut impl Write,
    device: &Device,
    line: &WatchLine,
    json: bool,
) -> io::Result<()> {
    let key = event_key(device, &line.kind);
    let owners = owners(device, line);
    if json {
        return write_json_line(out, &JsonLine::new(line, key.as_ref(), &owners));
    }
    let (time, style) = (event_time(), line.style);
    let name = line.name.replace('_', " ");
    write!(out, "{TIME}{time}{TIME:#} {style}{name}{style:#}")?;
    match (line.kind.route(), key) {
        (Some(route), _) => write!(out, " {route}")?,
        (None, Some(key)) => write!(out, " {key}")?,
        (None, None) if line.kind == EventKind::Resync => {
            write!(out, ": events were lost; the changes since then follow")?;
        }
        (None, None) => {}
    }
    if let [first, rest @ ..] = owners.as_slice() {
        write!(out, " (leased by process {}", first.process_id)?;
        for owner in rest {
            write!(out, ", {}", owner.process_id)?;
        }
        out.write_all(b")")?;
    }
    match line.guard {
        Some(GuardOwner {
            handle, process_id, ..
        }) => writeln!(out, " (guard of handle {handle}, process {process_id})"),
        None => writeln!(out),
    }
}

/// The handles that lease the route of a line. A driver that lists no leases shows none.
fn owners(device: &Device, line: &WatchLine) -> Vec<LeaseOwner> {
    let (Some(route), None) = (line.kind.route(), line.guard) else {
        return Vec::new();
    };
    let leases = device.leases().unwrap_or_default();
    let key = route.key();
    let is_of_route = |lease: &&LeaseInfo| lease.route.key().is_same(&key);
    let leases = leases.iter().filter(is_of_route);
    leases.map(|lease| lease.owner).collect()
}

impl JsonLine {
    fn new(line: &WatchLine, key: Option<&RouteKey>, owners: &[LeaseOwner]) -> Self {
        let route = line.kind.route().copied();
        Self {
            time: event_time(),
            event: line.name,
            sequence: line.sequence,
            made_by_me: line.made_by_me,
            key: key.map(JsonKey::from),
            route: route.map(|route| JsonRoute::from(&RouteWithMetric::new(route, None))),
            owners: owners
                .iter()
                .map(|owner| JsonHandle {
                    handle: owner.handle,
                    process_id: owner.process_id,
                })
                .collect(),
            guard: line.guard.map(|owner| JsonHandle {
                handle: owner.handle,
                process_id: owner.process_id,
            }),
        }
    }
}
