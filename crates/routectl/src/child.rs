//! A command that runs while routes are held.

use std::ffi::OsString;
use std::process::{Command, ExitStatus};

use crate::exit::Exit;
use crate::failure::Failure;

/// Runs a command and waits for its end; what it ends with is what routectl ends with.
pub(crate) fn run(command: &[OsString]) -> Result<Exit, Failure> {
    let (program, arguments) = command
        .split_first()
        .unwrap_or((const { &OsString::new() }, &[]));
    let status = Command::new(program)
        .args(arguments)
        .status()
        .map_err(|error| Failure::Command {
            program: program.display().to_string(),
            error,
        })?;
    Ok(Exit::Command(code(status)))
}

/// The code that a command ended with; as in a shell, 128 and the signal that ended it.
fn code(status: ExitStatus) -> i32 {
    status
        .code()
        .or_else(|| signal(status).map(|signal| 128 + signal))
        .unwrap_or(1)
}

/// The signal that ended a command.
#[cfg(unix)]
fn signal(status: ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

/// There are no signals.
#[cfg(not(unix))]
const fn signal(_: ExitStatus) -> Option<i32> {
    None
}
