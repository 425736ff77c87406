//! A command and signals.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus};
use std::thread;

use rustix::io::retry_on_intr;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;

/// Runs a command to its end, whatever signals come meanwhile.
///
/// What the terminal sends (`SIGINT` at Ctrl-C, `SIGQUIT`, `SIGHUP`) the command gets as well as
/// routectl. `SIGTERM` comes for routectl alone, and is passed on.
pub(super) fn run(command: &mut Command) -> io::Result<ExitStatus> {
    // Handlers, which the command does not inherit, as it would inherit that signals are ignored.
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGQUIT, SIGTERM])?;
    let mut child = command.spawn()?;
    let id = Pid::from_child(&child);
    let caught = signals.handle();
    thread::scope(|scope| {
        scope.spawn(|| {
            for signal in &mut signals {
                if signal == SIGTERM {
                    // It may have ended just now.
                    let _ = kill_process(id, Signal::TERM);
                }
            }
        });
        // It stays a zombie, and its number its own, until no signal is passed on any more.
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
