//! Errors of commands: their text, their JSON object and their exit code.

#[cfg(windows)]
mod device_node;
mod json;

use std::fmt;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use ipforward::EntryFailure;
use ipforward::{
    AddressFamily, Destination, Device, DriverError, Error, Interface, IpNet, Reason, Route,
    RouteKey, TransportError,
};

use crate::diagnosis::{Hint, JsonWarning, RouteDiagnosis, Warning};
use crate::exit::Exit;
use crate::import::{ImportError, RejectedLine, write_lines};
use crate::output::write_json;
use crate::owner::OwnerError;
use crate::selftest::SelftestError;
use crate::spec::{NoInterface, PartialKey, RouteFileError, SpecError};

#[cfg(windows)]
pub(crate) use device_node::DeviceNodeError;
pub(crate) use json::JsonError;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const CAUSE: Style = AnsiColor::Yellow.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    /// clap rejected the arguments, or they ask for help.
    #[error("{}", first_line(.0))]
    Arguments(clap::Error),
    /// The description of the route is invalid.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// No route matches the description.
    #[error("no route {key}")]
    NoRoute {
        key: PartialKey,
        /// The routes to the same prefix.
        candidates: Vec<Route>,
    },
    /// Several routes match the description.
    #[error("{} routes match {key}: expected the next hop and the interface of one of them", candidates.len())]
    SeveralRoutes {
        key: PartialKey,
        candidates: Vec<Route>,
    },
    /// The device did not open, or a call that concerns no route failed.
    #[error(transparent)]
    Device(#[from] Error),
    /// A call for a route, or for the destination of a packet, failed.
    #[error("{subject}: {}", without_route(error))]
    Call {
        error: Error,
        /// The route or the destination.
        subject: String,
        route: Box<Route>,
        diagnosis: Option<Box<RouteDiagnosis>>,
    },
    /// A call for an interface failed.
    #[error("interface {interface}, {family}: {error}")]
    Interface {
        error: Error,
        interface: Interface,
        family: &'static str,
    },
    /// An operation on the device node failed.
    #[cfg(windows)]
    #[error(transparent)]
    DeviceNode(#[from] DeviceNodeError),
    /// A file of routes is invalid.
    #[error(transparent)]
    RouteFile(#[from] RouteFileError),
    /// A file cannot be imported.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// `--lease` or `--guard` with a file that deletes a route.
    #[error(
        "cannot lease {key}, which the file deletes: expected a file without deletions, or no \
         --lease and no --guard"
    )]
    LeaseOfDeletion { key: RouteKey },
    /// The record of an owner cannot be used.
    #[error(transparent)]
    Owner(#[from] OwnerError),
    /// Guards stopped restoring their routes while a command ran.
    #[error("the guard gave up: another program keeps removing or changing {}", .routes.iter().copied().collect::<ListedRoutes>())]
    GuardGaveUp { routes: Vec<RouteKey> },
    /// A command did not start.
    #[error("cannot run {program}: {error}")]
    Spawn { program: String, error: io::Error },
    /// `top` without a terminal.
    #[error(
        "standard output is not a terminal: expected one; for a file or a pipe, use `routectl watch`"
    )]
    NoTerminal,
    /// `top` with `--json`.
    #[error("`routectl top` prints no JSON: expected no --json; use `routectl --json watch`")]
    ScreenAsJson,
    /// A self-test could not run, or could not report.
    #[error(transparent)]
    Selftest(#[from] SelftestError),
    /// The output could not be written.
    #[error("cannot write the output: {0}")]
    Output(io::Error),
}

impl CommandError {
    /// The error of a call for a route, with the driver's diagnosis.
    pub(crate) fn of_route(device: &Device, error: Error, route: &Route) -> Self {
        let diagnosis = RouteDiagnosis::of(device, &error, route);
        Self::call(error, route.key().to_string(), *route, diagnosis)
    }

    /// The error of a call for one family on an interface.
    pub(crate) const fn of_interface(
        error: Error,
        family: AddressFamily,
        interface: Interface,
    ) -> Self {
        let family = match family {
            AddressFamily::IPV6 => "IPv6",
            _ => "IPv4",
        };
        Self::Interface {
            error,
            interface,
            family,
        }
    }

    /// True if there is no such route.
    pub(crate) fn is_absence(&self) -> bool {
        let reason = self.device_error().and_then(Error::reason);
        matches!(self, Self::NoRoute { .. }) || reason == Some(Reason::NotFound)
    }

    /// The error of a best-route search. Diagnoses the host route to the address.
    pub(crate) fn of_destination(device: &Device, error: Error, to: &Destination) -> Self {
        let interface = to.interface.unwrap_or(Interface::Index(0));
        let route = Route::new(IpNet::from(to.address), interface);
        let diagnosis = to
            .interface
            .and_then(|_| RouteDiagnosis::of(device, &error, &route))
            .filter(|diagnosis| !diagnosis.is_local);
        Self::call(error, to.to_string(), route, diagnosis)
    }

    /// The error of an entry of a batch, with the driver's diagnosis of its route.
    pub(crate) fn of_entry(failure: &EntryFailure, route: &Route) -> Self {
        Self::of_entries(failure, route, &ListedRoutes::from(route.key()))
    }

    /// The error of several entries of a batch that failed as that of this route did.
    pub(crate) fn of_entries(failure: &EntryFailure, route: &Route, routes: &ListedRoutes) -> Self {
        let error = failure.into_error();
        let diagnosis = failure
            .diagnosis
            .is_fault()
            .then(|| RouteDiagnosis::of_driver(failure.diagnosis, *route));
        Self::call(error, routes.to_string(), *route, diagnosis)
    }

    fn call(
        error: Error,
        subject: String,
        route: Route,
        diagnosis: Option<RouteDiagnosis>,
    ) -> Self {
        Self::Call {
            error,
            subject,
            route: Box::new(route),
            diagnosis: diagnosis.map(Box::new),
        }
    }

    /// Prints the error on the error output; prints help on the output that clap chooses.
    pub(crate) fn report(&self, json: bool) -> Exit {
        let printed = match self {
            Self::Arguments(error) if !json || !error.use_stderr() => error.print(),
            _ if json => write_json(&mut io::stderr().lock(), &JsonError::from(self)),
            _ => self.write_text(&mut anstream::stderr().lock()),
        };
        // If the error output is closed, the error cannot be reported.
        drop(printed);
        self.exit()
    }

    pub(crate) fn write_text(&self, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
        writeln!(out, "{ERROR}error{ERROR:#}: {self}")?;
        write_lines(out, self.lines())?;
        for candidate in self.candidates() {
            writeln!(out, "  {candidate}")?;
        }
        if let Some(diagnosis) = self.diagnosis() {
            write_cause(out, diagnosis)?;
        }
        match self.hint() {
            Some(hint) => write_hint(out, &hint),
            None => Ok(()),
        }
    }

    fn device_error(&self) -> Option<&Error> {
        match self {
            Self::Device(error)
            | Self::Call { error, .. }
            | Self::Interface { error, .. }
            | Self::Spec(SpecError::Device(error))
            | Self::RouteFile(RouteFileError::Route {
                error: SpecError::Device(error),
                ..
            })
            | Self::Owner(OwnerError::Device(error))
            | Self::Import(ImportError::Device(error)) => Some(error),
            _ => None,
        }
    }

    fn win32(&self) -> Option<u32> {
        #[cfg(windows)]
        if let Self::DeviceNode(error) = self {
            return error.win32();
        }
        let driver_error = self.device_error().and_then(Error::driver_error);
        driver_error.and_then(DriverError::win32)
    }

    /// The lines of a file that cannot be imported.
    fn lines(&self) -> &[RejectedLine] {
        match self {
            Self::Import(ImportError::Lines { lines, .. }) => lines,
            _ => &[],
        }
    }

    /// The routes that the user may have meant.
    fn candidates(&self) -> &[Route] {
        match self {
            Self::NoRoute { candidates, .. } | Self::SeveralRoutes { candidates, .. } => candidates,
            _ => &[],
        }
    }

    /// The name that no interface has, if that is the error.
    const fn no_interface(&self) -> Option<&NoInterface> {
        match self {
            Self::Spec(SpecError::NoInterface(error))
            | Self::RouteFile(RouteFileError::Route {
                error: SpecError::NoInterface(error),
                ..
            })
            | Self::Import(ImportError::NoInterface { error, .. }) => Some(error),
            _ => None,
        }
    }

    fn diagnosis(&self) -> Option<&RouteDiagnosis> {
        match self {
            Self::Call { diagnosis, .. } => diagnosis.as_deref(),
            _ => None,
        }
    }

    fn hint(&self) -> Option<Hint> {
        if let Self::Call {
            error,
            route,
            diagnosis,
            ..
        } = self
        {
            return Hint::of_call(error, route, diagnosis.as_deref());
        }
        if let Some(error) = self.device_error() {
            return Hint::of(error);
        }
        if self.no_interface().is_some() {
            return Some(Hint::ListInterfaces);
        }
        match self {
            #[cfg(windows)]
            Self::DeviceNode(error) => error.hint().map(Hint::Text),
            Self::NoRoute { candidates, .. } if candidates.is_empty() => Some(Hint::ListRoutes),
            Self::NoRoute { .. } | Self::SeveralRoutes { .. } => Some(Hint::ChooseRoute),
            Self::Arguments(_)
            | Self::Spec(_)
            | Self::RouteFile(_)
            | Self::LeaseOfDeletion { .. } => Some(Hint::ReadHelp),
            Self::Import(_) => Some(Hint::ReadFormats),
            Self::GuardGaveUp { .. } => Some(Hint::FindRival),
            Self::Selftest(SelftestError::NoLoopback) => Some(Hint::ListInterfaces),
            Self::Device(_)
            | Self::Call { .. }
            | Self::Interface { .. }
            | Self::Owner(_)
            | Self::Spawn { .. }
            | Self::NoTerminal
            | Self::ScreenAsJson
            | Self::Selftest(_)
            | Self::Output(_) => None,
        }
    }

    fn exit(&self) -> Exit {
        if let Some(error) = self.device_error() {
            return exit_of(error);
        }
        if self.no_interface().is_some() {
            return Exit::NotFound;
        }
        match self {
            Self::Arguments(error) if !error.use_stderr() => Exit::Success,
            Self::NoRoute { .. } => Exit::NotFound,
            Self::Arguments(_)
            | Self::SeveralRoutes { .. }
            | Self::Spec(_)
            | Self::RouteFile(_)
            | Self::Import(_)
            | Self::NoTerminal
            | Self::ScreenAsJson
            | Self::LeaseOfDeletion { .. } => Exit::Usage,
            Self::Spawn { error, .. } if error.kind() == io::ErrorKind::NotFound => Exit::NotFound,
            Self::GuardGaveUp { .. } => Exit::GuardGaveUp,
            Self::Selftest(error) => match error {
                SelftestError::NoLoopback => Exit::NotFound,
                SelftestError::NoCase(_) => Exit::Usage,
                SelftestError::Junit { .. } => Exit::Refused,
            },
            #[cfg(windows)]
            Self::DeviceNode(error) => error.exit(),
            Self::Device(_)
            | Self::Call { .. }
            | Self::Interface { .. }
            | Self::Owner(_)
            | Self::Spawn { .. }
            | Self::Output(_) => Exit::Refused,
        }
    }
}

/// Prints the broken rule and the member that breaks it.
pub(crate) fn write_cause(
    out: &mut (impl Write + ?Sized),
    diagnosis: &RouteDiagnosis,
) -> io::Result<()> {
    let label = if diagnosis.is_local {
        "probable cause"
    } else {
        "cause"
    };
    write!(out, "{CAUSE}{label}{CAUSE:#}: {diagnosis}")?;
    match diagnosis.diagnosis.member() {
        Some(member) => writeln!(out, " ({member})"),
        None => writeln!(out),
    }
}

pub(crate) fn write_hint(out: &mut (impl Write + ?Sized), hint: &Hint) -> io::Result<()> {
    writeln!(out, "{HINT}hint{HINT:#}: {hint}")
}

pub(crate) fn write_warning(out: &mut (impl Write + ?Sized), warning: &Warning) -> io::Result<()> {
    writeln!(out, "{CAUSE}warning{CAUSE:#}: {warning}")
}

/// Prints warnings on the error output. Does nothing if there are none.
pub(crate) fn report_warnings(warnings: &[Warning], json: bool) {
    let printed = match warnings {
        [] => Ok(()),
        _ if json => {
            let warnings: Vec<_> = warnings.iter().map(JsonWarning::from).collect();
            let value = serde_json::json!({ "warnings": warnings });
            write_json(&mut io::stderr().lock(), &value)
        }
        _ => {
            let mut out = anstream::stderr().lock();
            warnings
                .iter()
                .try_for_each(|warning| write_warning(&mut out, warning))
        }
    };
    // If the error output is closed, warnings cannot be reported.
    drop(printed);
}

fn exit_of(error: &Error) -> Exit {
    match error {
        Error::DeviceNotFound { .. }
        | Error::Unreachable { .. }
        | Error::HostGone { .. }
        | Error::VersionMismatch { .. } => Exit::NoDevice,
        _ => match error.reason() {
            Some(Reason::NotFound | Reason::Unreachable) => Exit::NotFound,
            Some(Reason::AccessDenied) => Exit::NoAccess,
            _ => Exit::Refused,
        },
    }
}

/// The first of many routes, and the number of the others.
#[derive(Debug, Default)]
pub(crate) struct ListedRoutes {
    first: Vec<RouteKey>,
    more: usize,
}

impl ListedRoutes {
    /// Adds a route.
    pub(crate) fn push(&mut self, route: RouteKey) {
        const SHOWN: usize = 3;
        if self.first.len() < SHOWN {
            self.first.push(route);
        } else {
            self.more += 1;
        }
    }
}

impl From<RouteKey> for ListedRoutes {
    fn from(route: RouteKey) -> Self {
        [route].into_iter().collect()
    }
}

impl FromIterator<RouteKey> for ListedRoutes {
    fn from_iter<T: IntoIterator<Item = RouteKey>>(routes: T) -> Self {
        let mut listed = Self::default();
        routes.into_iter().for_each(|route| listed.push(route));
        listed
    }
}

impl fmt::Display for ListedRoutes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first: Vec<_> = self.first.iter().map(RouteKey::to_string).collect();
        formatter.write_str(&first.join(", "))?;
        match self.more {
            0 => Ok(()),
            more => write!(formatter, " and {more} more"),
        }
    }
}

/// The text of an error of which the command prints the route and the cause on its own.
fn without_route(error: &Error) -> String {
    match error {
        Error::Refused {
            operation,
            driver_error,
            ..
        } => Error::from_transport(*operation, TransportError::Refused(*driver_error)).to_string(),
        other => other.to_string(),
    }
}

/// The first line of clap's error; the rest is usage.
fn first_line(error: &clap::Error) -> String {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}
