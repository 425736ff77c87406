//! Running a command, with signals.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus};
use std::thread;

use rustix::io::retry_on_intr;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;

/// Runs a command to its end; signals do not end routectl before.
///
/// The terminal sends its signals (`SIGINT` at Ctrl-C, `SIGQUIT`, `SIGHUP`) to both processes.
/// `SIGTERM` reaches routectl only, which forwards it.
pub(super) fn run(command: &mut Command) -> io::Result<ExitStatus> {
    // Handlers: the command would inherit ignored signals, but not handlers.
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGQUIT, SIGTERM])?;
    let mut child = command.spawn()?;
    let id = Pid::from_child(&child);
    let caught = signals.handle();
    thread::scope(|scope| {
        scope.spawn(|| {
            for signal in &mut signals {
                if signal == SIGTERM {
                    // The command may have just ended.
                    let _ = kill_process(id, Signal::TERM);
                }
            }
        });
        // WNOWAIT keeps the zombie, so that its process ID is not reused while signals are forwarded.
        let ended = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        let waited = retry_on_intr(|| waitid(WaitId::Pid(id), ended));
        caught.close();
        waited
    })?;
    child.wait()
}

/// The signal that ended a command.
pub(super) fn signal(status: ExitStatus) -> Option<i32> {
    status.signal()
}
