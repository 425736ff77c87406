//! How a command fails: the words, the JSON object and the exit code.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use ipforward::abi::NtStatus;
use ipforward::{Error, Route, RouteKey};
use serde::Serialize;

use crate::exit::Exit;
use crate::remedy::Remedy;
use crate::words::WordsError;

const ERROR: Style = AnsiColor::Red.on_default().bold();
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
    /// A call about a route failed.
    #[error("{key}: {error}", key = .route.key())]
    Route { error: Error, route: Box<Route> },
    /// The answer could not be written.
    #[error("cannot write the answer: {0}")]
    Output(io::Error),
}

/// A failure as JSON.
#[derive(Debug, Serialize)]
struct JsonFailure {
    error: String,
    /// The symbolic name of the status.
    status: Option<&'static str>,
    /// The number of the status, as the documentation writes it.
    code: Option<String>,
    /// The Win32 error that stands for the status in user mode.
    win32: Option<u32>,
    remedy: Option<String>,
}

/// What a failed call was about.
pub(crate) trait Subject {
    fn route(self) -> Route;
}

impl Subject for Route {
    fn route(self) -> Route {
        self
    }
}

impl Subject for RouteKey {
    fn route(self) -> Route {
        Route::new(self.destination, self.interface).via(self.next_hop)
    }
}

impl Failure {
    /// The failure of a call about a route.
    pub(crate) fn about(error: Error, subject: impl Subject) -> Self {
        Self::Route {
            error,
            route: Box::new(subject.route()),
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

    fn write_text(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "{ERROR}error{ERROR:#}: {self}")?;
        match self.remedy() {
            Some(remedy) => writeln!(out, "{HELP}help{HELP:#}: {remedy}"),
            None => Ok(()),
        }
    }

    fn write_json(&self, out: &mut impl Write) -> io::Result<()> {
        let refusal = self.device_error().and_then(Error::refusal);
        let status = refusal.and_then(ipforward::Refusal::status);
        let failure = JsonFailure {
            error: self.to_string(),
            status: status.and_then(NtStatus::names).map(|names| names.name),
            code: status.map(|status| format!("0x{:08X}", status.bits())),
            win32: refusal.and_then(ipforward::Refusal::win32),
            remedy: self.remedy().map(|remedy| remedy.to_string()),
        };
        crate::output::write_json(out, &failure)
    }

    fn device_error(&self) -> Option<&Error> {
        match self {
            Self::Device(error) | Self::Route { error, .. } => Some(error),
            Self::Arguments(_) | Self::Words(_) | Self::Output(_) => None,
        }
    }

    fn remedy(&self) -> Option<Remedy> {
        match self {
            Self::Device(error) => Remedy::of(error, None),
            Self::Route { error, route } => Remedy::of(error, Some(route)),
            Self::Arguments(_) | Self::Words(_) => Some(Remedy::ReadHelp),
            Self::Output(_) => None,
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Arguments(error) if !error.use_stderr() => Exit::Success,
            Self::Arguments(_) | Self::Words(_) => Exit::Usage,
            Self::Device(error) | Self::Route { error, .. } => exit_of(error),
            Self::Output(_) => Exit::Refused,
        }
    }
}

fn exit_of(error: &Error) -> Exit {
    match error {
        Error::DeviceNotFound { .. }
        | Error::Unreachable { .. }
        | Error::HostGone { .. }
        | Error::VersionMismatch { .. } => Exit::NoDevice,
        Error::AccessDenied { .. } => Exit::NoAccess,
        _ => match error.status() {
            Some(NtStatus::NOT_FOUND | NtStatus::OBJECT_NAME_NOT_FOUND) => Exit::NotFound,
            Some(NtStatus::ACCESS_DENIED) => Exit::NoAccess,
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
