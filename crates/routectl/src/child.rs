//! A command that runs while routes are held.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

use std::ffi::OsString;
use std::process::{Command, ExitStatus};

use crate::exit::Exit;
use crate::failure::Failure;
#[cfg(unix)]
use unix as system;
#[cfg(windows)]
use windows as system;

/// Runs a command and waits for its end; what it ends with is what routectl ends with.
///
/// Who interrupts routectl interrupts the command. routectl waits on, for the command may need the
/// routes to clean up.
pub(crate) fn run(command: &[OsString]) -> Result<Exit, Failure> {
    let (program, arguments) = command
        .split_first()
        .unwrap_or((const { &OsString::new() }, &[]));
    let status = system::run(Command::new(program).args(arguments)).map_err(|error| {
        let program = program.display().to_string();
        Failure::Command { program, error }
    })?;
    Ok(Exit::Command(code(status)))
}

/// The code that a command ended with; as in a shell, 128 and the signal that ended it.
fn code(status: ExitStatus) -> i32 {
    status
        .code()
        .or_else(|| system::signal(status).map(|signal| 128 + signal))
        .unwrap_or(1)
}
