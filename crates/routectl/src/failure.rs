//! How a command fails: the words, the JSON object and the exit code.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use ipforward::abi::{NtStatus, Operation};
use ipforward::batch::EntryFailure;
use ipforward::{Destination, Device, Error, Interface, IpNet, Reason, Route, RouteKey};
use serde::Serialize;

use crate::cause::Cause;
use crate::exit::Exit;
use crate::import::{ImportError, LineError};
use crate::output::JsonCause;
use crate::remedy::Remedy;
use crate::route_file::RouteFileError;
use crate::words::WordsError;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const CAUSE: Style = AnsiColor::Yellow.on_default().bold();
const HELP: Style = AnsiColor::Cyan.on_default().bold();

/// Why a command did not do its work.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The arguments make no command, or ask for help.
    #[error("{}", first_line(.0))]
    Arguments(clap::Error),
    /// The words of the command make no route.
    #[error(transparent)]
    Words(#[from] WordsError),
    /// The device did not open, or a call about no route failed.
    #[error(transparent)]
    Device(#[from] Error),
    /// A call about a route, or about where a packet goes, failed.
    #[error("{subject}: {error}")]
    Call {
        error: Error,
        /// What it was about.
        subject: String,
        route: Box<Route>,
        cause: Option<Box<Cause>>,
    },
    /// Windows did not do what was asked with the device node.
    #[cfg(windows)]
    #[error(transparent)]
    Node(#[from] crate::command::NodeError),
    /// A file with routes makes none.
    #[error(transparent)]
    File(#[from] RouteFileError),
    /// A file of another format makes none.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// A route that is deleted is to be leased.
    #[error(
        "{key} is to be deleted, and what is gone cannot be leased: right would be a file without \
         deletions, or no --lease and no --guard"
    )]
    NoLease { key: RouteKey },
    /// A command to run did not start.
    #[error("cannot run {program}: {error}")]
    Command { program: String, error: io::Error },
    /// The answer could not be written.
    #[error("cannot write the answer: {0}")]
    Output(io::Error),
}

/// A failure as JSON.
#[derive(Debug, Serialize)]
pub(crate) struct JsonFailure {
    error: String,
    /// The symbolic name of the status.
    status: Option<&'static str>,
    /// The number of the status, as the documentation writes it.
    code: Option<String>,
    /// The Win32 error that stands for the status in user mode.
    win32: Option<u32>,
    /// The rule that the route breaks.
    cause: Option<JsonCause>,
    remedy: Option<String>,
    /// The lines of a file that are wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    lines: Vec<LineError>,
}

impl From<&Failure> for JsonFailure {
    fn from(failure: &Failure) -> Self {
        let driver_error = failure.device_error().and_then(Error::driver_error);
        let status = driver_error.and_then(ipforward::DriverError::status);
        Self {
            error: failure.to_string(),
            status: status.and_then(NtStatus::names).map(|names| names.name),
            code: status.map(|status| format!("0x{:08X}", status.bits())),
            win32: failure.win32(),
            cause: failure.cause().map(JsonCause::from),
            remedy: failure.remedy().map(|remedy| remedy.to_string()),
            lines: failure.lines().to_vec(),
        }
    }
}

impl Failure {
    /// The failure of a call about a route, with what the driver says of it.
    pub(crate) fn about(device: &Device, error: Error, route: &Route) -> Self {
        let cause = Cause::of(device, &error, route);
        Self::call(error, route.key().to_string(), *route, cause)
    }

    /// The failure of the search for a route. The host route to the address stands for it.
    pub(crate) fn on_the_way_to(device: &Device, error: Error, to: &Destination) -> Self {
        let interface = to.interface.unwrap_or(Interface::Index(0));
        let route = Route::new(IpNet::from(to.address), interface);
        let cause = to
            .interface
            .and_then(|_| Cause::of(device, &error, &route))
            .filter(|cause| !cause.guessed);
        Self::call(error, to.to_string(), route, cause)
    }

    /// The failure of an entry of a batch, with what the driver says of its route.
    pub(crate) fn of_entry(failure: &EntryFailure, route: &Route) -> Self {
        let error = Error::Refused {
            operation: Operation::Apply,
            driver_error: failure.driver_error,
        };
        let cause = failure
            .diagnosis
            .is_fault()
            .then(|| Cause::told(failure.diagnosis, *route));
        Self::call(error, route.key().to_string(), *route, cause)
    }

    fn call(error: Error, subject: String, route: Route, cause: Option<Cause>) -> Self {
        Self::Call {
            error,
            subject,
            route: Box::new(route),
            cause: cause.map(Box::new),
        }
    }

    /// Tells the failure on the error output; help goes where it was asked for.
    pub(crate) fn report(&self, json: bool) -> Exit {
        let told = match self {
            Self::Arguments(error) if !json || !error.use_stderr() => error.print(),
            _ if json => self.write_json(&mut io::stderr().lock()),
            _ => self.write_text(&mut anstream::stderr().lock()),
        };
        // There is nobody left to tell that telling failed.
        drop(told);
        self.exit()
    }

    pub(crate) fn write_text(&self, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
        writeln!(out, "{ERROR}error{ERROR:#}: {self}")?;
        for line in self.lines() {
            line.write_text(out)?;
        }
        if let Some(cause) = self.cause() {
            write_cause(out, cause)?;
        }
        match self.remedy() {
            Some(remedy) => write_remedy(out, &remedy),
            None => Ok(()),
        }
    }

    fn write_json(&self, out: &mut impl Write) -> io::Result<()> {
        crate::output::write_json(out, &JsonFailure::from(self))
    }

    fn device_error(&self) -> Option<&Error> {
        match self {
            Self::Device(error)
            | Self::Call { error, .. }
            | Self::Words(WordsError::Device(error))
            | Self::File(RouteFileError::Route {
                error: WordsError::Device(error),
                ..
            })
            | Self::Import(ImportError::Device(error)) => Some(error),
            _ => None,
        }
    }

    fn win32(&self) -> Option<u32> {
        #[cfg(windows)]
        if let Self::Node(error) = self {
            return error.win32();
        }
        let driver_error = self.device_error().and_then(Error::driver_error);
        driver_error.and_then(ipforward::DriverError::win32)
    }

    /// The lines of a file that are wrong.
    fn lines(&self) -> &[LineError] {
        match self {
            Self::Import(ImportError::Lines { lines, .. }) => lines,
            _ => &[],
        }
    }

    fn cause(&self) -> Option<&Cause> {
        match self {
            Self::Call { cause, .. } => cause.as_deref(),
            _ => None,
        }
    }

    fn remedy(&self) -> Option<Remedy> {
        if let Self::Call {
            error,
            route,
            cause,
            ..
        } = self
        {
            return Remedy::of_call(error, route, cause.as_deref());
        }
        if let Some(error) = self.device_error() {
            return Remedy::of(error);
        }
        match self {
            #[cfg(windows)]
            Self::Node(error) => error.remedy().map(Remedy::Words),
            Self::Arguments(_)
            | Self::Words(_)
            | Self::File(_)
            | Self::Import(ImportError::Map(_))
            | Self::NoLease { .. } => Some(Remedy::ReadHelp),
            Self::Import(_) => Some(Remedy::ReadFormats),
            Self::Device(_) | Self::Call { .. } | Self::Command { .. } | Self::Output(_) => None,
        }
    }

    fn exit(&self) -> Exit {
        if let Some(error) = self.device_error() {
            return exit_of(error);
        }
        match self {
            Self::Arguments(error) if !error.use_stderr() => Exit::Success,
            Self::Arguments(_)
            | Self::Words(_)
            | Self::File(_)
            | Self::Import(_)
            | Self::NoLease { .. } => Exit::Usage,
            Self::Command { error, .. } if error.kind() == io::ErrorKind::NotFound => {
                Exit::NotFound
            }
            #[cfg(windows)]
            Self::Node(error) => error.exit(),
            Self::Device(_) | Self::Call { .. } | Self::Command { .. } | Self::Output(_) => {
                Exit::Refused
            }
        }
    }
}

/// Tells the rule and the member that breaks it.
pub(crate) fn write_cause(out: &mut (impl Write + ?Sized), cause: &Cause) -> io::Result<()> {
    let label = if cause.guessed {
        "probable cause"
    } else {
        "cause"
    };
    write!(out, "{CAUSE}{label}{CAUSE:#}: {cause}")?;
    match cause.diagnosis.member() {
        Some(member) => writeln!(out, " ({member})"),
        None => writeln!(out),
    }
}

/// Tells what to do.
pub(crate) fn write_remedy(out: &mut (impl Write + ?Sized), remedy: &Remedy) -> io::Result<()> {
    writeln!(out, "{HELP}help{HELP:#}: {remedy}")
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

/// What clap says first; the rest is usage.
fn first_line(error: &clap::Error) -> String {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}
