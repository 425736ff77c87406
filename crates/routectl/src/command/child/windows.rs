//! Running a command, with console events.

use std::io;
use std::process::{Command, ExitStatus};
use std::thread;

use windows_sys::Win32::Foundation::TRUE;
use windows_sys::Win32::System::Console::{CTRL_BREAK_EVENT, CTRL_C_EVENT, SetConsoleCtrlHandler};
use windows_sys::core::BOOL;

/// Runs a command to its end; console events do not end routectl before.
///
/// The console sends Ctrl-C, Ctrl-Break and its close event to both processes.
pub(super) fn run(command: &mut Command) -> io::Result<ExitStatus> {
    // A handler: the command would inherit an ignored Ctrl-C, but not a handler.
    // SAFETY: `stay` is a function of this program, valid until its end.
    if unsafe { SetConsoleCtrlHandler(Some(stay), TRUE) } == 0 {
        return Err(io::Error::last_os_error());
    }
    command.status()
}

/// Windows has no signals.
pub(super) const fn signal(_: ExitStatus) -> Option<i32> {
    None
}

/// `HANDLER_ROUTINE` that keeps routectl running. At a close, logoff or shutdown event Windows ends
/// the process as soon as this returns, or after some seconds if it does not.
unsafe extern "system" fn stay(event: u32) -> BOOL {
    if ![CTRL_C_EVENT, CTRL_BREAK_EVENT].contains(&event) {
        loop {
            thread::park();
        }
    }
    TRUE
}
