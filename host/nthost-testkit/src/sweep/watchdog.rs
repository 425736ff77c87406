//! Ends a run that hangs.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::print_line;

/// A run that takes longer hangs, even on a busy computer.
const TIME_LIMIT: Duration = Duration::from_mins(2);

/// Kills a host that hangs; then the scenario fails, because its calls do.
pub(super) struct Watchdog {
    sender: mpsc::Sender<()>,
}

impl Watchdog {
    pub(super) fn start(host: u32, scenario: &str) -> Self {
        let scenario = scenario.to_owned();
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            loop {
                match receiver.recv_timeout(TIME_LIMIT) {
                    Ok(()) => {}
                    Err(RecvTimeoutError::Disconnected) => return,
                    Err(RecvTimeoutError::Timeout) => break,
                }
            }
            print_line(&format!("{scenario} hangs: the host is killed"));
            if let Ok(id) = i32::try_from(host) {
                // The host may have ended in the meantime.
                let _ = kill(Pid::from_raw(id), Signal::SIGKILL);
            }
        });
        Self { sender }
    }

    /// Begins the time limit anew.
    pub(super) fn reset(&self) {
        // The receiver is gone once the host has been killed.
        let _ = self.sender.send(());
    }
}
