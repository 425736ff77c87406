//! Guard events of this device's leases, printed on the error output while a command runs.
//!
//! The standard output belongs to the command.

use std::ffi::OsString;
use std::io::{self, Write};
use std::thread;

use ipforward::{Device, Error, Event, EventKind, GuardState, RouteKey, Watch, WatchFilter};
use serde::Serialize;

use super::child;
use super::event_key::event_key;
use super::event_time;
use crate::cli::Cli;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::output::{JsonKey, NoOutput, write_json_line};

/// The guards of a device, while a command runs.
#[derive(Debug)]
pub(super) struct GuardMonitor<'a> {
    device: &'a Device,
    json: bool,
    /// `None` if no lease is guarded, or if the driver refused to watch.
    watch: Option<Watch>,
}

/// A guard event as one line of JSON.
#[derive(Debug, Serialize)]
struct JsonGuardEvent {
    /// The time at which routectl received the event, in UTC.
    time: String,
    event: &'static str,
    /// The key of the route; `null` if events were lost.
    key: Option<JsonKey>,
}

impl<'a> GuardMonitor<'a> {
    /// Begins to keep the guard events of the device, if its leases will be `guarded`. If the driver
    /// refuses, prints a warning: the leases do not depend on it.
    pub(super) fn begin(cli: &Cli, device: &'a Device, guarded: bool) -> Self {
        let watch = guarded.then(|| device.watch(&WatchFilter::new().only_guards()));
        let watch = watch.transpose().unwrap_or_else(|error| {
            warn(&error);
            None
        });
        Self {
            device,
            json: cli.json,
            watch,
        }
    }

    /// Runs a command and prints the events until it ends. The exit code is that of the command,
    /// unless the command succeeded and a guard gave up.
    pub(super) fn run(mut self, command: &[OsString]) -> Result<NoOutput, CommandError> {
        let Some(watch) = self.watch.take() else {
            return child::run(command).map(NoOutput);
        };
        let cancel_handle = watch.cancel_handle();
        let json = self.json;
        let (exit, is_suspect) = thread::scope(|scope| {
            let printer = scope.spawn(|| print_events(self.device, watch, json));
            let exit = child::run(command);
            cancel_handle.cancel();
            // The thread does not panic; if it did, the leases would tell.
            (exit, printer.join().unwrap_or(true))
        });
        let exit = exit?;
        if !is_suspect {
            return Ok(NoOutput(exit));
        }
        let routes = self.given_up()?;
        if routes.is_empty() {
            return Ok(NoOutput(exit));
        }
        let reported = CommandError::GuardGaveUp { routes }.report(json);
        Ok(NoOutput(if exit == Exit::Command(0) {
            reported
        } else {
            exit
        }))
    }

    /// The routes that the driver does not restore any more.
    fn given_up(&self) -> Result<Vec<RouteKey>, Error> {
        let leases = self.device.leases()?;
        Ok(leases
            .iter()
            .filter(|lease| lease.owner.is_me)
            .filter(|lease| {
                lease
                    .guard
                    .is_some_and(|guard| guard.state == GuardState::GaveUp)
            })
            .map(|lease| lease.route.key())
            .collect())
    }
}

/// Prints the events until the watch is cancelled. Returns whether a guard may have given up.
fn print_events(device: &Device, mut watch: Watch, json: bool) -> bool {
    let mut is_suspect = false;
    let mut print = |event: Result<Event, Error>| match event {
        Ok(event) => {
            is_suspect |= matches!(event.kind, EventKind::GuardGaveUp(_) | EventKind::Resync);
            // If the error output is closed, the events cannot be reported.
            drop(write(device, &event, json));
        }
        Err(error) => warn(&error),
    };
    watch.by_ref().for_each(&mut print);
    // The events since the watch was cancelled.
    match watch.poll() {
        Ok(events) => events.into_iter().map(Ok).for_each(&mut print),
        Err(error) => print(Err(error)),
    }
    is_suspect
}

fn write(device: &Device, event: &Event, json: bool) -> io::Result<()> {
    let time = event_time();
    let (event, key) = (event.kind.name(), event_key(device, &event.kind));
    if json {
        let key = key.as_ref().map(JsonKey::from);
        return write_json_line(
            &mut io::stderr().lock(),
            &JsonGuardEvent { time, event, key },
        );
    }
    let event = event.replace('_', " ");
    let mut out = anstream::stderr().lock();
    match key {
        Some(key) => writeln!(out, "{time} guard {event} {key}"),
        None => writeln!(out, "{time} guard {event}: events were lost"),
    }
}

fn warn(error: &Error) {
    let _ = writeln!(
        anstream::stderr(),
        "warning: guard events are not shown: {error}"
    );
}
