//! A run that takes too long hangs.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use super::say;

/// A run that takes longer hangs.
const TIME_LIMIT: Duration = Duration::from_secs(20);

/// Kills a host that hangs, so that whoever waits for it goes on, and fails.
pub(super) struct Watchdog {
    food: mpsc::Sender<()>,
}

impl Watchdog {
    pub(super) fn start(host: u32, scenario: &'static str) -> Self {
        let (food, fed) = mpsc::channel();
        thread::spawn(move || {
            loop {
                match fed.recv_timeout(TIME_LIMIT) {
                    Ok(()) => {}
                    Err(RecvTimeoutError::Disconnected) => return,
                    Err(RecvTimeoutError::Timeout) => break,
                }
            }
            say(&format!("{scenario} hangs: the host is killed"));
            // It may have ended by itself just now.
            let _ = std::process::Command::new("kill")
                .args(["-KILL", &host.to_string()])
                .status();
        });
        Self { food }
    }

    pub(super) fn feed(&self) {
        // If nobody is hungry any more, the host is dead already.
        let _ = self.food.send(());
    }
}
