//! One line of `routectl watch`.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use ipforward::{Event, EventKind, GuardOwner, LeaseOwner, Route, RouteWithMetric};
use serde::Serialize;

use super::WatchedTable;
use super::reads::SharedReads;
use crate::command::event_key::event_key;
use crate::command::event_time;
use crate::command::interface_states::{DifferenceKind, InterfaceDifference};
use crate::output::{JsonIpInterface, JsonKey, JsonRoute, MemberChange, write_json_line};

const TIME: Style = Style::new().dimmed();

/// What a line tells.
#[derive(Debug)]
pub(super) struct WatchLine {
    name: &'static str,
    subject: LineSubject,
    /// `None` for a line that routectl found by reading the table.
    sequence: Option<u64>,
    made_by_me: bool,
    guard: Option<GuardOwner>,
    style: Style,
}

/// What a line is about.
#[derive(Debug)]
enum LineSubject {
    /// A route, or lost events.
    Route(EventKind),
    Interface(InterfaceDifference),
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
    /// The route; `null` if it did not exist any more when routectl read the event.
    route: Option<JsonRoute>,
    /// The handles that lease the route now.
    owners: Vec<JsonHandle>,
    /// The handle that guards the route; `null` for an event that is not of a guard.
    guard: Option<JsonHandle>,
    /// The interface as it is now, or as it was before it was removed; `null` for an event of a route.
    interface: Option<JsonIpInterface>,
    /// The members of the interface that changed.
    changes: Vec<MemberChange>,
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
            subject: LineSubject::Route(event.kind),
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
            subject: LineSubject::Route(EventKind::Added(route)),
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
            subject: LineSubject::Route(kind),
            sequence: None,
            made_by_me: false,
            guard: None,
            style: style(&kind),
        }
    }

    /// A difference of an interface, and the event that reported it.
    pub(super) const fn interface(difference: InterfaceDifference, sequence: Option<u64>) -> Self {
        let style = match difference.kind {
            DifferenceKind::Added | DifferenceKind::Connected => AnsiColor::Green.on_default(),
            DifferenceKind::Changed(_) => AnsiColor::Yellow.on_default(),
            DifferenceKind::Removed | DifferenceKind::Disconnected => AnsiColor::Red.on_default(),
        };
        Self {
            name: difference.name(),
            subject: LineSubject::Interface(difference),
            sequence,
            made_by_me: false,
            guard: None,
            style,
        }
    }

    /// The route of the line, if it exists.
    fn route(&self) -> Option<&Route> {
        match &self.subject {
            LineSubject::Route(kind) => kind.route(),
            LineSubject::Interface(_) => None,
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
    table: &WatchedTable,
    reads: &SharedReads,
    line: &WatchLine,
) -> io::Result<()> {
    let owners = owners(reads, line);
    if table.json {
        return write_json_line(out, &JsonLine::new(table, line, owners));
    }
    let (time, style) = (event_time(), line.style);
    let name = line.name.replace('_', " ");
    write!(out, "{TIME}{time}{TIME:#} {style}{name}{style:#}")?;
    match &line.subject {
        LineSubject::Route(kind) => write_route(out, table, kind)?,
        LineSubject::Interface(difference) => {
            write!(out, " {difference}")?;
            if let Some(alias) = table.names.alias(difference.interface.interface) {
                write!(out, " ({alias})")?;
            }
        }
    }
    if let [first, rest @ ..] = owners {
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

/// Writes what follows the name of an event of a route.
fn write_route(out: &mut impl Write, table: &WatchedTable, kind: &EventKind) -> io::Result<()> {
    match (kind.route(), event_key(&table.device, kind)) {
        (Some(route), _) => write!(out, " {route}"),
        (None, Some(key)) if kind.is_of_missing_route() => write!(out, " {key}, which is gone"),
        (None, Some(key)) => write!(out, " {key}"),
        (None, None) => write!(out, ": events were lost; the changes since then follow"),
    }
}

/// The handles that lease the route of a line.
fn owners<'a>(reads: &'a SharedReads, line: &WatchLine) -> &'a [LeaseOwner] {
    match (line.route(), line.guard) {
        (Some(route), None) => reads.owners(route),
        _ => &[],
    }
}

impl JsonLine {
    fn new(table: &WatchedTable, line: &WatchLine, owners: &[LeaseOwner]) -> Self {
        let handle = |handle, process_id| JsonHandle { handle, process_id };
        let (key, difference) = match &line.subject {
            LineSubject::Route(kind) => (event_key(&table.device, kind), None),
            LineSubject::Interface(difference) => (None, Some(difference)),
        };
        let route = line.route().copied();
        let changes = difference.map_or(&[][..], InterfaceDifference::changes);
        Self {
            time: event_time(),
            event: line.name,
            sequence: line.sequence,
            made_by_me: line.made_by_me,
            key: key.as_ref().map(JsonKey::from),
            route: route.map(|route| JsonRoute::from(&RouteWithMetric::new(route, None))),
            owners: owners
                .iter()
                .map(|owner| handle(owner.handle, owner.process_id))
                .collect(),
            guard: line
                .guard
                .map(|owner| handle(owner.handle, owner.process_id)),
            interface: difference.map(|difference| {
                let row = &difference.interface;
                JsonIpInterface::new(row, table.names.alias(row.interface))
            }),
            changes: changes.to_vec(),
        }
    }
}
