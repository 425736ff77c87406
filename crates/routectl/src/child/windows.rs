//! A command and the console.

use std::io;
use std::process::{Command, ExitStatus};
use std::thread;

use windows_sys::Win32::Foundation::TRUE;
use windows_sys::Win32::System::Console::{CTRL_BREAK_EVENT, CTRL_C_EVENT, SetConsoleCtrlHandler};
use windows_sys::core::BOOL;

/// Runs a command to its end, whatever happens to the console meanwhile.
///
/// The console tells the command of Ctrl-C, Ctrl-Break and its own end as well as routectl.
pub(super) fn run(command: &mut Command) -> io::Result<ExitStatus> {
    // A handler, which the command does not inherit, as it would inherit that Ctrl-C is ignored.
    // SAFETY: `stay` is a function of this program, which is there to its end.
    if unsafe { SetConsoleCtrlHandler(Some(stay), TRUE) } == 0 {
        return Err(io::Error::last_os_error());
    }
    command.status()
}

/// There are no signals.
pub(super) const fn signal(_: ExitStatus) -> Option<i32> {
    None
}

/// `HANDLER_ROUTINE`: routectl goes on. When the console is closed, or the user or the system
/// leaves, it would be ended as soon as this returns, and is given some seconds if it does not.
unsafe extern "system" fn stay(event: u32) -> BOOL {
    if ![CTRL_C_EVENT, CTRL_BREAK_EVENT].contains(&event) {
        loop {
            thread::park();
        }
    }
    TRUE
}
