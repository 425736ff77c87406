//! `routectl watch`

mod line;
mod reads;

use std::collections::BTreeMap;
use std::io::{ErrorKind, Write};

use ipforward::{
    Access, AddressFamily, Device, Event, EventKind, IpNet, Route, Watch, WatchFilter,
};

use super::interface_states::InterfaceStates;
use super::route_id::{RouteId, follow_event};
use crate::cli::{Cli, WatchArguments};
use crate::error::CommandError;
use crate::exit::Exit;
use crate::output::NoOutput;
use crate::spec::{InterfaceNames, family_or_both};
use line::{WatchLine, write};
use reads::SharedReads;

/// Prints events until routectl is interrupted or the reader closes the pipe.
pub(super) fn run(cli: &Cli, arguments: &WatchArguments) -> Result<NoOutput, CommandError> {
    let family = family_or_both(arguments.family);
    let mut filter = WatchFilter::new().family(family).all_guards();
    match arguments.inside {
        Some(prefix) => filter = filter.inside(prefix),
        None => filter = filter.interfaces(),
    }
    let device = super::open(cli, Access::ReadOnly)?;
    let mut watch = device.watch(&filter)?;
    let mut watched = WatchedTable {
        device,
        names: cli.interface_names(),
        json: cli.json,
        family,
        inside: arguments.inside,
        routes: BTreeMap::new(),
        interfaces: None,
    };
    match watched.follow(&mut watch, arguments.table) {
        Err(CommandError::Output(error)) if error.kind() == ErrorKind::BrokenPipe => {}
        followed => followed?,
    }
    Ok(NoOutput(Exit::Success))
}

/// The watched part of the table, as it was after the last event.
#[derive(Debug)]
struct WatchedTable {
    device: Device,
    names: InterfaceNames,
    json: bool,
    family: AddressFamily,
    inside: Option<IpNet>,
    routes: BTreeMap<RouteId, Route>,
    /// `None` if interfaces are not watched.
    interfaces: Option<InterfaceStates>,
}

impl WatchedTable {
    fn follow(&mut self, watch: &mut Watch, with_table: bool) -> Result<(), CommandError> {
        self.routes = self.read(watch)?;
        if self.inside.is_none() {
            let interfaces = self.device.interfaces(self.family)?;
            self.interfaces = Some(InterfaceStates::new(&interfaces));
        }
        if with_table {
            let reads = SharedReads::new(&self.device, self.routes.keys().copied());
            for route in self.routes.values() {
                self.print(&reads, &WatchLine::present(*route))?;
            }
        }
        while let Some(event) = watch.next().transpose()? {
            // What stands behind a resync is covered by the tables that are read then.
            let is_resync = event.kind == EventKind::Resync;
            let more = if is_resync { Vec::new() } else { watch.poll()? };
            let events: Vec<_> = std::iter::once(event).chain(more).collect();
            let routes = events.iter().filter_map(|event| event.kind.route());
            let reads = SharedReads::new(&self.device, routes.map(RouteId::from));
            for event in &events {
                self.take(watch, &reads, event)?;
            }
        }
        Ok(())
    }

    /// The watched routes.
    fn read(&self, watch: &mut Watch) -> Result<BTreeMap<RouteId, Route>, CommandError> {
        let is_inside = |route: &Route| {
            let inside = self.inside;
            inside.is_none_or(|prefix| prefix.contains(&route.destination))
        };
        let routes = watch.snapshot()?.into_iter().filter(is_inside);
        Ok(routes.map(|route| (RouteId::from(&route), route)).collect())
    }

    /// Prints an event, and updates the copy of the table.
    fn take(
        &mut self,
        watch: &mut Watch,
        reads: &SharedReads,
        event: &Event,
    ) -> Result<(), CommandError> {
        if let EventKind::InterfaceChanged(_) = event.kind {
            return self.compare_interfaces(reads, Some(event.sequence));
        }
        self.print(reads, &WatchLine::event(event))?;
        if event.kind == EventKind::Resync {
            return self.resync(watch);
        }
        follow_event(&mut self.routes, &event.kind);
        Ok(())
    }

    /// Reads the tables again, and prints the changes that the lost events were about.
    fn resync(&mut self, watch: &mut Watch) -> Result<(), CommandError> {
        let routes = self.read(watch)?;
        let before = std::mem::replace(&mut self.routes, routes);
        let has_changed = |(id, route): &(&RouteId, &Route)| {
            let old = before.get(id);
            old.is_none_or(|old| !old.differences(route).is_empty())
        };
        let changed = self.routes.iter().filter(has_changed);
        let reads = SharedReads::new(&self.device, changed.map(|(id, _)| *id));
        for (id, route) in &before {
            if !self.routes.contains_key(id) {
                let removed = EventKind::Removed(route.key());
                self.print(&reads, &WatchLine::missed(removed))?;
            }
        }
        for (id, route) in &self.routes {
            match before.get(id) {
                None => self.print(&reads, &WatchLine::missed(EventKind::Added(*route)))?,
                Some(old) if old.differences(route).is_empty() => {}
                Some(_) => self.print(&reads, &WatchLine::missed(EventKind::Changed(*route)))?,
            }
        }
        self.compare_interfaces(&reads, None)
    }

    /// Prints how the interfaces differ from what was read before.
    fn compare_interfaces(
        &mut self,
        reads: &SharedReads,
        sequence: Option<u64>,
    ) -> Result<(), CommandError> {
        let Some(states) = &mut self.interfaces else {
            return Ok(());
        };
        let differences = states.update(reads.interfaces(self.family)?);
        for difference in differences {
            self.print(reads, &WatchLine::interface(difference, sequence))?;
        }
        Ok(())
    }

    /// Prints one line and flushes the output.
    fn print(&self, reads: &SharedReads, line: &WatchLine) -> Result<(), CommandError> {
        let mut out = anstream::stdout().lock();
        write(&mut out, self, reads, line)
            .and_then(|()| out.flush())
            .map_err(CommandError::Output)
    }
}
