//! `routectl watch`

mod line;

use std::collections::HashMap;
use std::io::{ErrorKind, Write};

use ipforward::{Access, Device, Event, EventKind, IpNet, Route, Watch, WatchFilter};

use crate::cli::{Cli, WatchArguments};
use crate::error::CommandError;
use crate::exit::Exit;
use crate::output::NoOutput;
use crate::spec::family_or_both;
use line::{WatchLine, write};

/// Prints events until routectl is interrupted or the reader closes the pipe.
pub(super) fn run(cli: &Cli, arguments: &WatchArguments) -> Result<NoOutput, CommandError> {
    let family = family_or_both(arguments.family);
    let mut filter = WatchFilter::new().family(family).all_guards();
    if let Some(prefix) = arguments.inside {
        filter = filter.inside(prefix);
    }
    let device = super::open(cli, Access::ReadOnly)?;
    let mut watch = device.watch(&filter)?;
    let mut watched = WatchedTable {
        device,
        json: cli.json,
        inside: arguments.inside,
        routes: HashMap::new(),
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
    json: bool,
    inside: Option<IpNet>,
    /// The routes by their keys as text.
    routes: HashMap<String, Route>,
}

impl WatchedTable {
    fn follow(&mut self, watch: &mut Watch, with_table: bool) -> Result<(), CommandError> {
        for route in self.read(watch)? {
            if with_table {
                self.print(&WatchLine::present(route))?;
            }
            self.routes.insert(route.key().to_string(), route);
        }
        while let Some(event) = watch.next().transpose()? {
            self.print(&WatchLine::event(&event))?;
            if event.kind == EventKind::Resync {
                self.resync(watch)?;
            } else {
                self.update(&event);
            }
        }
        Ok(())
    }

    /// The watched routes.
    fn read(&self, watch: &mut Watch) -> Result<Vec<Route>, CommandError> {
        let mut routes = watch.snapshot()?;
        let inside = self.inside;
        routes.retain(|route| inside.is_none_or(|prefix| prefix.contains(&route.destination)));
        routes.sort_by_key(|route| route.destination);
        Ok(routes)
    }

    fn update(&mut self, event: &Event) {
        let key = event.kind.key().map(|key| key.to_string());
        match (event.kind, key) {
            (EventKind::Removed(_), Some(key)) => {
                self.routes.remove(&key);
            }
            (kind, Some(key)) => {
                if let Some(route) = kind.route() {
                    self.routes.insert(key, *route);
                }
            }
            _ => {}
        }
    }

    /// Reads the table again, and prints the changes that the lost events were about.
    fn resync(&mut self, watch: &mut Watch) -> Result<(), CommandError> {
        let before = std::mem::take(&mut self.routes);
        let routes = self.read(watch)?;
        self.routes = routes
            .iter()
            .map(|route| (route.key().to_string(), *route))
            .collect();
        let is_gone = |(key, _): &(&String, &Route)| !self.routes.contains_key(*key);
        let removed = before.iter().filter(is_gone).map(|(_, route)| route.key());
        let mut removed: Vec<_> = removed.collect();
        removed.sort_by_key(|key| key.destination);
        for key in removed {
            self.print(&WatchLine::missed(EventKind::Removed(key)))?;
        }
        for route in routes {
            match before.get(&route.key().to_string()) {
                None => self.print(&WatchLine::missed(EventKind::Added(route)))?,
                Some(old) if old.differences(&route).is_empty() => {}
                Some(_) => self.print(&WatchLine::missed(EventKind::Changed(route)))?,
            }
        }
        Ok(())
    }

    /// Prints one line and flushes the output.
    fn print(&self, line: &WatchLine) -> Result<(), CommandError> {
        let mut out = anstream::stdout().lock();
        write(&mut out, &self.device, line, self.json)
            .and_then(|()| out.flush())
            .map_err(CommandError::Output)
    }
}
