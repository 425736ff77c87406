//! Running a command while routes are leased.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

use std::ffi::OsString;
use std::process::{Command, ExitStatus};

use crate::error::CommandError;
use crate::exit::Exit;
#[cfg(unix)]
use unix as system;
#[cfg(windows)]
use windows as system;

/// Runs a command, waits for its end and returns its exit code as that of routectl.
///
/// An interrupt of routectl also interrupts the command. routectl keeps waiting: the command may
/// need the routes to clean up.
pub(crate) fn run(command: &[OsString]) -> Result<Exit, CommandError> {
    let (program, arguments) = command
        .split_first()
        .unwrap_or((const { &OsString::new() }, &[]));
    let status = system::run(Command::new(program).args(arguments)).map_err(|error| {
        let program = program.display().to_string();
        CommandError::Spawn { program, error }
    })?;
    Ok(Exit::Command(code(status)))
}

/// The exit code of a command; as in a shell, 128 plus the signal that ended it.
fn code(status: ExitStatus) -> i32 {
    status
        .code()
        .or_else(|| system::signal(status).map(|signal| 128 + signal))
        .unwrap_or(1)
}
