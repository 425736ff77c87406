//! The watchdog: how long the host waits for the driver before it calls the wait a hang.
//!
//! Windows waits for ever for a request that a driver does not complete: the process cannot exit,
//! the device cannot be removed, the machine cannot shut down. Here that ends with a report.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crate::bugcheck::{self, BugCheck, DRIVER_VERIFIER_DETECTED_VIOLATION};

/// The host's own first parameter of a stop for something that does not end: "HAN".
const HANG: u64 = 0x48_414E;

/// In seconds. Windows itself gives up on the exit of a process after five minutes.
static TIMEOUT: AtomicU64 = AtomicU64::new(300);

/// Sets the timeout of all waits that begin from now on.
pub fn set_timeout(seconds: u64) {
    TIMEOUT.store(seconds, Ordering::Relaxed);
}

/// The timeout.
#[must_use]
pub fn timeout() -> Duration {
    Duration::from_secs(TIMEOUT.load(Ordering::Relaxed))
}

/// Stops the machine, because `what` has not happened before the timeout. `details` are lines that
/// say more.
pub fn stop(what: &str, details: &str) -> ! {
    stop_after(timeout(), what, details)
}

/// Waits as a call that never returns, and stops the machine after the timeout with the reason `why`.
pub(crate) fn wait_for_ever(why: &str) -> ! {
    thread::sleep(timeout());
    stop(
        &format!("the call has not returned: {}", why.trim_end()),
        "",
    )
}

fn stop_after(time: Duration, what: &str, details: &str) -> ! {
    let seconds = time.as_secs();
    bugcheck::stop(BugCheck {
        code: DRIVER_VERIFIER_DETECTED_VIOLATION,
        parameters: [HANG, seconds, 0, 0],
        rule: format!("{what}, in {seconds} seconds{details}"),
    })
}

/// Runs `work`, and stops the machine if that takes twice the timeout: a wait within `work` has
/// stopped it with a better report by then.
pub fn watch<R>(what: &'static str, work: impl FnOnce() -> R) -> R {
    let (ended, end) = mpsc::channel::<()>();
    let watcher = thread::Builder::new().name("watchdog".to_owned());
    let watcher = watcher.spawn(move || {
        let time = timeout() * 2;
        if end.recv_timeout(time) == Err(RecvTimeoutError::Timeout) {
            stop_after(time, what, "");
        }
    });
    let result = work();
    drop(ended);
    if let Ok(watcher) = watcher {
        // The watcher returns nothing.
        let _ = watcher.join();
    }
    result
}
